"""The rules of points: what may be awarded, and how a lot begins (incentives-value 5)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select

from omneo_api.commerce.allocations.service import give, has_codes, pool_of
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events, periods
from omneo_api.incentives.account import Account, Held, load
from omneo_api.incentives.points.models import Point, PointDefinition
from omneo_api.incentives.points.schemas import PointBody
from omneo_api.incentives.rewards.service import Errors, account_of, choose_definition


def _definition(*where: Any) -> Any:
    codes = has_codes("point_definition", PointDefinition).label("has_codes")
    return select(*PointDefinition.__table__.c, codes).where(*where)


_ANY_BY_ID = Statement(lambda: _definition(PointDefinition.id == bindparam("id")))
_BY_ID = Statement(lambda: _definition(PointDefinition.id == bindparam("id"), PointDefinition.deleted_at.is_(None)))
_BY_HANDLE = Statement(
    lambda: _definition(PointDefinition.handle_key == bindparam("handle"), PointDefinition.deleted_at.is_(None))
)


async def find_definition(session: Any, reference: int | str, *, live: bool = True) -> Any | None:
    """A definition's row by id or handle."""
    if isinstance(reference, int):
        return await session.row(_BY_ID if live else _ANY_BY_ID, id=reference)
    return await session.row(_BY_HANDLE, handle=reference.lower())


pool_of("point_definition", find_definition)


@dataclass(frozen=True, slots=True)
class ByRate:
    """The rate that made a value of points, and its issue period (count, type, date), which beats the definition's."""

    id: int
    shown: Any
    issue_period: tuple[int | None, str | None, str | None] | None = None


@dataclass(frozen=True, slots=True)
class Prepared:
    """Points that may be awarded: to whom, by which definition, and the values of the lot."""

    account: Account
    definition: Any
    values: dict[str, Any]


async def create(session: Any, profile_id: uuid.UUID | None, body: PointBody) -> int:
    """Awards (or deducts) points as a request asks; every wrong field is told at once. Raises: Invalid."""
    prepared = await prepare(session, profile_id, body)
    return await settled(session, prepared)


async def settled(session: Any, prepared: Prepared, cause: str = "issued") -> int:
    """Awards prepared points and settles debts with them; answers the lot's id."""
    lot = await award(session, prepared.account, prepared.definition, prepared.values, cause)
    prepared.account.settle()
    await prepared.account.flush()
    return lot.id


async def prepare(
    session: Any, profile_id: uuid.UUID | None, body: PointBody, by_rate: ByRate | None = None
) -> Prepared:
    """Checks what is to be awarded and opens the account. Raises: Invalid with every wrong field."""
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
    return Prepared(account, definition, values)


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
    session: Any, account: Account, definition: Any, values: Mapping[str, Any], cause: str = "issued"
) -> Held:
    """Adds a lot to an account that the caller settles and flushes; `cause` names its line in the statement."""
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
    if definition.has_codes and values["value_initial"] > 0 and cause != "adjusted":
        await give(session, "point_definition", definition.id, "point", row.id, account.profile_id)
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
    return await award(session, account, definition, values, cause="returned")
