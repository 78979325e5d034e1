"""The rules of points: award, settle by the account, take back (incentives-value 5)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events, periods
from omneo_api.incentives.account import Account, Held, load, open_account
from omneo_api.incentives.lots import ENDED, PENDING
from omneo_api.incentives.points.models import Point, PointDefinition
from omneo_api.incentives.points.schemas import PointBody
from omneo_api.incentives.rewards.service import Errors, account_of, choose_definition

_definition = select(*PointDefinition.__table__.c)
_BY_ID = Statement(_definition.where(PointDefinition.id == bindparam("id"), PointDefinition.deleted_at.is_(None)))
_ANY_BY_ID = Statement(_definition.where(PointDefinition.id == bindparam("id")))
_BY_HANDLE = Statement(
    _definition.where(PointDefinition.handle_key == bindparam("handle"), PointDefinition.deleted_at.is_(None))
)
_OF_SOURCE = Statement(
    """
    SELECT id, profile_id, point_definition_id, value_initial FROM points
    WHERE source_type = ANY (:types::text[]) AND source_id = :source::bigint AND profile_id = :profile::uuid ORDER BY id
    """
)
_EARNED_KEY = Statement("SELECT id FROM points WHERE external_key = :key::text")


async def find_definition(session: Any, reference: int | str, *, live: bool = True) -> Any | None:
    """A definition's row by id or handle."""
    if isinstance(reference, int):
        return await session.row(_BY_ID if live else _ANY_BY_ID, id=reference)
    return await session.row(_BY_HANDLE, handle=reference.lower())


@dataclass(frozen=True, slots=True)
class ByRate:
    """The rate that made a value of points, and its issue period (count, type, date), which beats the definition's."""

    id: int
    shown: Any
    issue_period: tuple[int | None, str | None, str | None] | None = None


async def create(session: Any, profile_id: uuid.UUID | None, body: PointBody, by_rate: ByRate | None = None) -> int:
    """Awards (or deducts) points as a request asks; every wrong field is told at once. Raises: Invalid."""
    errors: Errors = {}
    if profile_id is None:
        errors["profile_id"] = ["The profile id field is required."]
    definition = await choose_definition(session, body, "point_definition", find_definition, errors)
    account = None
    if profile_id is not None:
        try:
            account = await account_of(session, profile_id)
        except Invalid as fault:
            errors.update(fault.errors)
    _check_values(body.value_initial, body.value_remaining, errors)
    moments = {"issued_at": body.issued_at, "accrued_at": body.accrued_at}
    values: dict[str, Any] = {}
    if account is not None and definition is not None:
        timezone = await setting(session, "client_timezone") or "UTC"
        period = by_rate.issue_period if by_rate is not None else None
        period = period or (definition.issue_period, definition.issue_period_type, definition.issue_absolute_expiry)
        values = _moments(moments, period, timezone, account.now)
        if body.expires_at is not None and body.expires_at <= values["issued_at"]:
            errors["expires_at"] = ["The expires at field must be a date after issued at."]
    if errors or account is None or definition is None:
        raise Invalid(errors)
    remaining = body.value_remaining if body.value_remaining is not None else body.value_initial
    values |= {
        "value_initial": body.value_initial,
        "value_remaining": remaining,
        "expires_at": body.expires_at,
        "description": body.description,
        "meta": body.meta,
    }
    if by_rate is not None:
        values |= {"rate_id": by_rate.id, "rate": by_rate.shown}
    lot = await _award(session, account, definition, values)
    account.settle()
    await account.flush()
    return lot.id


def _check_values(initial: Decimal | None, remaining: Decimal | None, errors: Errors) -> None:
    if initial is None:
        errors["value_initial"] = ["The value initial field is required."]
        return
    if initial == 0:
        errors["value_initial"] = ["The value initial field must not be 0."]
    if remaining is not None and not min(initial, Decimal(0)) <= remaining <= max(initial, Decimal(0)):
        errors["value_remaining"] = ["The value remaining field must be between 0 and value initial."]


def _moments(
    given: Mapping[str, datetime | None],
    period: tuple[int | None, str | None, str | None],
    timezone: str,
    now: datetime,
) -> dict[str, Any]:
    """When points were earned and from when on they can be spent."""
    accrued_at = given["accrued_at"] or given["issued_at"] or whole_second(now)
    issued_at = given["issued_at"] or periods.start_of_period(accrued_at, timezone, *period)
    return {"accrued_at": accrued_at, "issued_at": issued_at}


async def award(
    session: Any,
    *,
    profile_id: uuid.UUID,
    definition: int | str,
    value: Decimal,
    accrued_at: datetime | None = None,
    issued_at: datetime | None = None,
    expires_at: datetime | None = None,
    issue_period: tuple[int | None, str | None, str | None] | None = None,
    linked_profile_id: uuid.UUID | None = None,
    rate_id: int | None = None,
    rate: Any = None,
    source_type: str | None = None,
    source_id: int | None = None,
    external_key: str | None = None,
    description: str | None = None,
    meta: Any = None,
) -> int:
    """Awards points on behalf of a sale, a reaction or an achievement; answers the lot's id.

    `value` may be negative. `issue_period` (count, type, date) is the rate's and beats the definition's. A repeated
    `external_key` answers the lot that it made the first time. Raises: Invalid.
    """
    found = await find_definition(session, definition)
    if found is None:
        raise Invalid.field("point_definition_id", "The selected point definition id is invalid.")
    account = await account_of(session, profile_id)
    if external_key is not None:
        made: int | None = await session.value(_EARNED_KEY, key=external_key)
        if made is not None:
            await account.flush()
            return made
    timezone = await setting(session, "client_timezone") or "UTC"
    period = issue_period or (found.issue_period, found.issue_period_type, found.issue_absolute_expiry)
    values = {
        **_moments({"accrued_at": accrued_at, "issued_at": issued_at}, period, timezone, account.now),
        "value_initial": value,
        "value_remaining": value,
        "expires_at": expires_at,
        "linked_profile_id": linked_profile_id,
        "rate_id": rate_id,
        "rate": rate,
        "source_type": source_type,
        "source_id": source_id,
        "external_key": external_key,
        "description": description,
        "meta": meta,
    }
    lot = await _award(session, account, found, values)
    account.settle()
    await account.flush()
    return lot.id


async def _award(
    session: Any, account: Account, definition: Any, values: Mapping[str, Any], cause: str = "issued"
) -> Held:
    columns = {
        **values,
        "profile_id": account.profile_id,
        "point_definition_id": definition.id,
        "currency": definition.currency,
    }
    row = await session.insert(Point, columns)
    (lot,) = await load(session, "point", [row.id])
    account.add(lot)
    account.start(lot, cause)
    events.lot(session, "point.created", "point", row.id, account.profile_id)
    shown = {name: value for name, value in columns.items() if value is not None}
    session.outbox.audit("created", "Point", row.id, None, {"id": row.id, **shown}, account.profile_id)
    return lot


async def reissue(session: Any, account: Account, old: Held, value: Decimal, redemption_id: int) -> Held:
    """A new lot for returned points: as many as were burnt, spendable at once, the old expiry when it is to come."""
    definition = await find_definition(session, old.definition_id, live=False)
    moment = whole_second(account.now)
    values = {
        "value_initial": value,
        "value_remaining": value,
        "accrued_at": moment,
        "issued_at": moment,
        "expires_at": old.expires_at if old.expires_at is not None and old.expires_at > moment else None,
        "source_type": "redemption",
        "source_id": redemption_id,
    }
    return await _award(session, account, definition, values, cause="returned")


async def take_back(
    session: Any, profile_id: uuid.UUID, transaction_id: int, item_ids: list[int] | None = None
) -> None:
    """Takes back what a sale earned: pending lots are emptied, the rest is met by one debt per definition.

    `item_ids` are the sale's lines, whose points are taken back with it. Repeating it changes nothing.
    """
    account = await open_account(session, profile_id)
    rows = await session.rows(_OF_SOURCE, types=["transaction"], source=transaction_id, profile=profile_id)
    for item_id in item_ids or []:
        rows += await session.rows(_OF_SOURCE, types=["transaction_item"], source=item_id, profile=profile_id)
    owed: dict[int, Decimal] = {}
    for row in rows:
        lot = account.lots.get(("point", row.id))
        if lot is not None and lot.phase == PENDING:
            account.move(lot, "void", -lot.value)
            account.set_phase(lot, ENDED)
            events.changed(session, "point", lot.id, profile_id)
        elif not await session.value(_EMPTIED, id=row.id):
            owed[row.point_definition_id] = owed.get(row.point_definition_id, Decimal(0)) + row.value_initial
    moment = whole_second(account.now)
    for definition_id, value in sorted(owed.items()):
        if value > 0:
            values = {
                "value_initial": -value,
                "value_remaining": -value,
                "accrued_at": moment,
                "issued_at": moment,
                "source_type": "transaction",
                "source_id": transaction_id,
            }
            await _award(session, account, await find_definition(session, definition_id, live=False), values, "deleted")
    account.settle()
    await account.flush()


_EMPTIED = Statement(
    "SELECT 1 FROM movements WHERE lot_kind = 'point' AND lot_id = :id::bigint AND kind = 'void' LIMIT 1"
)


def announce_transaction_points(session: Any, profile_id: uuid.UUID, transaction_id: int, context: Context) -> None:
    """Tells that a sale's points were created; the context is the transaction with its points."""
    session.outbox.emit("transaction.points.issued", "transaction", transaction_id, context, profile_id)
