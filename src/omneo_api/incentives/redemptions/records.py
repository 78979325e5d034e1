"""Writing redemptions with their items, and what hangs on one: audit row and events."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, bindparam

from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.incentives.account import Account, Held
from omneo_api.incentives.redemptions.models import Redemption
from omneo_api.incentives.redemptions.schemas import RedemptionRead


@dataclass(slots=True)
class Item:
    """One line of a redemption: what was taken from (or given to) a lot, in its unit and in dollars."""

    type: str
    subject_id: int
    value: Decimal | None
    dollar_value: Decimal
    count: Decimal | None = Decimal(1)
    original_item_id: int | None = None
    lot: Held | None = None


_REDEMPTION = Statement(
    """
    WITH made AS (
        INSERT INTO redemptions (profile_id, type, total, total_localised, currency, exchange_rate, location_id,
                                 original_id, meta, external_id, transaction_external_id, transaction_receipt_ref,
                                 redeem_at, created_at)
        VALUES (:profile_id::uuid, :type::text, :total::numeric, :total_localised::numeric, :currency::text,
                :exchange_rate::numeric, :location_id::bigint, :original_id::bigint, :meta::jsonb, :external_id::text,
                :transaction_external_id::text, :transaction_receipt_ref::text, :redeem_at::timestamptz,
                :created_at::timestamptz)
        RETURNING id
    ), stated AS (
        INSERT INTO redemption_states (redemption_id, profile_id, transaction_id, updated_at)
        SELECT id, :profile_id::uuid, :transaction_id::bigint, :created_at::timestamptz FROM made
    )
    SELECT id FROM made
    """
)
_ITEMS = Statement(
    """
    INSERT INTO redemption_items
        (redemption_id, type, subject_id, value, dollar_value, count, original_item_id, created_at)
    SELECT :redemption_id::bigint, i.type, i.subject_id, i.value, i.dollar_value, i.count, i.original_item_id,
           :created_at::timestamptz
    FROM unnest(:type::text[], :subject_id::bigint[], :value::numeric[], :dollar_value::numeric[], :count::numeric[],
                :original_item_id::bigint[])
         WITH ORDINALITY AS i (type, subject_id, value, dollar_value, count, original_item_id, place)
    ORDER BY i.place RETURNING id
    """
)
_CONTEXT = Statement(
    lambda: one_json(rows_json(RedemptionRead, Redemption).where(Redemption.id == bindparam("id", type_=BigInteger)))
)
DEFAULTS: dict[str, Any] = {
    "currency": None,
    "exchange_rate": None,
    "location_id": None,
    "original_id": None,
    "meta": None,
    "external_id": None,
    "transaction_external_id": None,
    "transaction_receipt_ref": None,
    "transaction_id": None,
}


async def insert_redemption(session: Any, account: Account, values: Mapping[str, Any]) -> int:
    """Writes the record; `values` are its columns, `type`, `total` and `total_localised` at least."""
    columns = {
        **DEFAULTS,
        "profile_id": account.profile_id,
        "redeem_at": account.now,
        "created_at": account.now,
        **values,
    }
    meta = columns["meta"]
    stored = {**columns, "meta": None if meta is None else json_text(meta).decode()}
    identifier: int = await session.value(_REDEMPTION, **stored)
    shown = {name: value for name, value in columns.items() if value is not None}
    session.outbox.audit("created", "Redemption", identifier, None, {"id": identifier, **shown}, account.profile_id)
    announce(session, identifier, account.profile_id)
    return identifier


async def insert_items(session: Any, account: Account, redemption_id: int, items: Sequence[Item]) -> list[int]:
    """Writes the lines in order and answers their ids."""
    names = ("type", "subject_id", "value", "dollar_value", "count", "original_item_id")
    columns = {name: [getattr(item, name) for item in items] for name in names}
    rows = await session.rows(_ITEMS, redemption_id=redemption_id, created_at=account.now, **columns)
    return sorted(row.id for row in rows)


def announce(session: Any, redemption_id: int, profile_id: uuid.UUID) -> None:
    context = Context(_CONTEXT, {"id": redemption_id})
    session.outbox.emit("redemption.created", "redemption", redemption_id, context, profile_id)
