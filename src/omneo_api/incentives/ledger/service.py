"""Writing a profile's statement: lines with running balances, each cause once (incentives-value 12)."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from omneo_api.foundation.statements import Statement

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line to be written. `occurrence` tells repetitions of one cause on one subject apart.

    The value of a transaction or order is told but is in no balance: only rewards and points move the running figures.
    """

    profile_id: uuid.UUID
    type: str
    subject_id: int | None
    cause: str
    occurrence: int
    description: str
    dollar_value: Decimal = ZERO
    point_value: Decimal = ZERO
    point_dollar_value: Decimal | None = None
    expires_at: datetime | None = None


_RECORD = Statement(
    """
    INSERT INTO ledger_entries (profile_id, type, subject_id, cause, occurrence, description, dollar_value,
                                dollar_balance, point_value, point_balance, point_dollar_value, expires_at)
    SELECT e.profile_id, e.type, e.subject_id, e.cause, e.occurrence, e.description, e.dollar_value,
           coalesce(last.dollar_balance, 0)
               + sum(CASE WHEN e.type = 'reward' THEN e.dollar_value ELSE 0 END) OVER running,
           e.point_value,
           coalesce(last.point_balance, 0) + sum(CASE WHEN e.type = 'point' THEN e.point_value ELSE 0 END) OVER running,
           e.point_dollar_value, e.expires_at
    FROM unnest(:profile_id::uuid[], :type::text[], :subject_id::bigint[], :cause::text[], :occurrence::bigint[],
                :description::text[], :dollar_value::numeric[], :point_value::numeric[], :point_dollar_value::numeric[],
                :expires_at::timestamptz[])
         WITH ORDINALITY AS e (profile_id, type, subject_id, cause, occurrence, description, dollar_value, point_value,
                               point_dollar_value, expires_at, place)
    LEFT JOIN LATERAL (
        SELECT l.dollar_balance, l.point_balance FROM ledger_entries l
        WHERE l.profile_id = e.profile_id ORDER BY l.id DESC LIMIT 1
    ) AS last ON true
    WHERE NOT EXISTS (
        SELECT 1 FROM ledger_entries k
        WHERE k.type = e.type AND k.subject_id = e.subject_id AND k.cause = e.cause AND k.occurrence = e.occurrence
    )
    WINDOW running AS (PARTITION BY e.profile_id ORDER BY e.place)
    ORDER BY e.place
    """
)


async def record(session: Any, entries: Sequence[Entry]) -> None:
    """Writes lines that are not written yet, in the order given. The caller holds the locks of their profiles."""
    if not entries:
        return
    fields = Entry.__dataclass_fields__
    await session.execute(_RECORD, **{name: [getattr(entry, name) for entry in entries] for name in fields})


async def record_transaction(
    session: Any,
    profile_id: uuid.UUID,
    transaction_id: int,
    total: Decimal,
    description: str = "Transaction",
    *,
    kind: str = "transaction",
) -> None:
    """Writes that a sale was recorded for a profile (its total), or undone (minus its total, another description).

    `kind` is transaction or order. The caller holds the profile's lock; the same assignment or undoing is told once,
    a later assignment to the same profile again.
    """
    seen = await session.value(_SEEN, type=kind, subject=transaction_id)
    last = await session.value(_LAST, type=kind, subject=transaction_id, profile=profile_id)
    if last is not None and last == description:
        return
    await record(session, [Entry(profile_id, kind, transaction_id, "recorded", seen, description, total)])


async def told(session: Any, kind: str, subject_id: int) -> Decimal:
    """What the statement says so far that a sale or an order is worth, whoever's it was: zero when it is undone."""
    total: Decimal = await session.value(_TOLD, type=kind, subject=subject_id)
    return total


_TOLD = Statement(
    "SELECT coalesce(sum(dollar_value), 0) FROM ledger_entries"
    " WHERE type = :type::text AND subject_id = :subject::bigint"
)
_SEEN = Statement("SELECT count(*) FROM ledger_entries WHERE type = :type::text AND subject_id = :subject::bigint")
_LAST = Statement(
    """
    SELECT description FROM ledger_entries
    WHERE type = :type::text AND subject_id = :subject::bigint AND profile_id = :profile::uuid ORDER BY id DESC LIMIT 1
    """
)
