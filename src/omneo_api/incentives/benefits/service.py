"""The rules of benefits: issue, change, extend, delete (incentives-status 9.4)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, any_, bindparam, select

from omneo_api.commerce.allocations.service import give
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events, periods
from omneo_api.incentives import notices as notifying
from omneo_api.incentives.account import Account
from omneo_api.incentives.benefits.clock import catch_up, open_benefits, phase_at, tell_issued
from omneo_api.incentives.benefits.definitions import find_definition
from omneo_api.incentives.benefits.models import Benefit, BenefitDefinition
from omneo_api.incentives.benefits.schemas import BenefitBody, ExtendBody
from omneo_api.incentives.lots import OPEN, stored_columns
from omneo_api.incentives.rewards.service import Errors, account_of, choose_definition

EXHAUSTED = "The benefit definition has no codes left."
FIELD = "benefit_definition_id"

_STATE = Statement(select(*stored_columns(Benefit)).where(Benefit.id == bindparam("id"), Benefit.deleted_at.is_(None)))
_ISSUED = Statement(
    """
    INSERT INTO benefit_tallies AS t (benefit_definition_id, slot, created)
    VALUES (:definition::bigint, pg_backend_pid() % 16, 1)
    ON CONFLICT (tenant_id, benefit_definition_id, slot) DO UPDATE SET created = t.created + 1
    """
)
_EXTENDABLE = Statement(
    select(*stored_columns(Benefit), BenefitDefinition.is_extendable)
    .join(
        BenefitDefinition,
        (BenefitDefinition.tenant_id == Benefit.tenant_id) & (BenefitDefinition.id == Benefit.benefit_definition_id),
    )
    .where(
        Benefit.id == any_(bindparam("ids", type_=ARRAY(BigInteger))),
        Benefit.profile_id == bindparam("profile"),
        Benefit.deleted_at.is_(None),
    )
    .order_by(Benefit.id)
)


def left(row: Any) -> int | None:
    """How often a benefit may still be redeemed by its own limit; None without one."""
    return None if row.max_redemptions is None else row.max_redemptions - row.redeemed


# Issue ----------------------------------------------------------------------------------------------------------------


async def create(session: Any, profile_id: uuid.UUID | None, body: BenefitBody) -> int:
    """Issues a benefit as a request asks; every wrong field is told at once. Raises: Invalid."""
    errors: Errors = {}
    if profile_id is None:
        errors["profile_id"] = ["The profile id field is required."]
    if body.timezone is None:
        errors["timezone"] = ["The timezone field is required."]
    definition = await choose_definition(session, body, "benefit_definition", find_definition, errors)
    field = FIELD if body.benefit_definition_id is not None else "benefit_definition_handle"
    if definition is not None and field not in errors:
        refused = _unissuable(definition, field)
        errors |= {field: [refused]} if refused else {}
    account = None
    if profile_id is not None:
        try:
            account = await account_of(session, profile_id)
        except Invalid as fault:
            errors.update(fault.errors)
    if errors or account is None or definition is None:
        raise Invalid(errors)
    names = ("timezone", "value", "issued_at", "expires_at", "external_id", "meta")
    identifier = await grant(session, account, definition, {name: getattr(body, name) for name in names}, field)
    await account.flush()
    return identifier


def _unissuable(definition: Any, field: str) -> str | None:
    if definition.is_archived:
        return selected_is_invalid(field)
    return EXHAUSTED if definition.force_allocation and not definition.has_codes else None


async def issue(
    session: Any,
    *,
    profile_id: uuid.UUID,
    definition: int | str,
    timezone: str | None = None,
    value: Any = None,
    issued_at: datetime | None = None,
    expires_at: datetime | None = None,
    external_id: str | None = None,
    meta: Any = None,
    source_type: str | None = None,
    source_id: int | None = None,
) -> int:
    """Issues a benefit on behalf of a reaction, a tier or an achievement; answers its id.

    Moments are aware. Raises: Invalid for an unknown profile, a definition that is unknown, archived or not assignable,
    and one that needs a code and has none left.
    """
    found = await find_definition(session, definition)
    if found is None or not found.is_assignable or found.is_archived:
        raise Invalid.field(FIELD, selected_is_invalid(FIELD))
    account = await account_of(session, profile_id)
    values = {
        "timezone": timezone or await setting(session, "client_timezone") or "UTC",
        "value": value,
        "issued_at": issued_at,
        "expires_at": expires_at,
        "external_id": external_id,
        "meta": meta,
        "source_type": source_type,
        "source_id": source_id,
    }
    identifier = await grant(session, account, found, values)
    await account.flush()
    return identifier


def default_expiry(definition: Any, issued_at: datetime) -> datetime | None:
    """The last second (UTC) of the definition's period, or of its offer if that ends earlier."""
    ends = periods.end_of_period(
        issued_at, "UTC", definition.period, definition.period_type, definition.absolute_expiry
    )
    return min((end for end in (ends, definition.end_at) if end is not None), default=None)


def notices(
    definition: Any, issued_at: datetime, expires_at: datetime | None, timezone: str
) -> dict[str, datetime | None]:
    """When the targets of a definition are to be told; None without a target (or without an offset before expiry)."""
    d = definition

    def before(target: Any, days: int | None, hour: int | None) -> datetime | None:
        if target is None or expires_at is None:
            return None
        return periods.notice_before(expires_at, timezone, None, days, hour)

    told = periods.notice_after(issued_at, timezone, None, d.notify_issue_offset_days, d.notify_issue_offset_hour)
    return {
        "notify_issue_at": told if d.issue_target_id is not None else None,
        "notify_remind_at": before(d.remind_target_id, d.notify_remind_offset_days, d.notify_remind_offset_hour),
        "notify_extend_at": before(d.extend_target_id, d.notify_extend_offset_days, d.notify_extend_offset_hour),
    }


async def grant(session: Any, account: Account, definition: Any, values: Mapping[str, Any], field: str = FIELD) -> int:
    """Writes a benefit with its code, line and events; `values` as of `issue`, what is missing from the definition.

    The caller flushes the account. Raises: Invalid on `field` when a code is needed and none is left.
    """
    issued_at = values.get("issued_at") or whole_second(account.now)
    expires_at = values.get("expires_at") or default_expiry(definition, issued_at)
    phase = phase_at(issued_at, expires_at, account.now)
    columns = {
        **values,
        "profile_id": account.profile_id,
        "benefit_definition_id": definition.id,
        "issued_at": issued_at,
        "expires_at": expires_at,
        "value": definition.value if values.get("value") is None else values["value"],
        "max_redemptions": definition.max_redemptions,
        "phase": phase,
        **notices(definition, issued_at, expires_at, values["timezone"]),
    }
    identifier: int = (await session.insert(Benefit, columns)).id
    await session.execute(_ISSUED, definition=definition.id)
    events.lot(session, "benefit.created", "benefit", identifier, account.profile_id)
    columns |= await _allocate(session, account, definition, identifier, field)
    session.outbox.audit("created", "Benefit", identifier, None, {"id": identifier, **columns}, account.profile_id)
    if phase == OPEN:
        await tell_issued(session, [(account.profile_id, identifier, expires_at)])
        events.balance(session, account.profile_id)
    return identifier


async def _allocate(
    session: Any, account: Account, definition: Any, identifier: int, field: str
) -> dict[str, str | None]:
    """Takes a code of the definition's pool for a new benefit, if there is one."""
    code = None
    if definition.has_codes:
        code = await give(session, "benefit_definition", definition.id, "benefit", identifier, account.profile_id)
    if code is None:
        if definition.force_allocation:
            raise Invalid.field(field, EXHAUSTED)
        return {}
    codes: dict[str, str | None] = {"redeem_code_pos": code.code, "redeem_code_online": code.code}
    await session.update(Benefit, {"id": identifier}, codes)
    events.allocated(session, identifier, account.profile_id, code.id)
    return codes


# Change ---------------------------------------------------------------------------------------------------------------


async def locked(session: Any, identifier: int, owner_id: uuid.UUID | None) -> tuple[Account, Any]:
    """The account of a live benefit's profile, and the benefit's row under its lock. Raises: NotFound."""
    row = await session.row(_STATE, id=identifier)
    if row is None or (owner_id is not None and row.profile_id != owner_id):
        raise NotFound
    account = await open_benefits(session, row.profile_id)
    current = await session.row(_STATE, id=identifier)
    if current is None or current.profile_id != row.profile_id:
        raise NotFound
    return account, current


async def adjust(session: Any, identifier: int, owner_id: uuid.UUID | None, values: Mapping[str, Any]) -> None:
    """Sets what may be set of a benefit by hand. Raises: NotFound."""
    account, row = await locked(session, identifier, owner_id)
    changes = {name: value for name, value in values.items() if value != getattr(row, name)}
    if changes:
        await _change(session, account, row, changes)
    await account.flush()


async def _change(session: Any, account: Account, row: Any, changes: dict[str, Any]) -> None:
    """Writes changes of a benefit; with a new expiry also what follows from it."""
    old = {name: getattr(row, name) for name in changes}
    columns = {**changes, "updated_at": session.now}
    if "expires_at" in changes:
        definition = await find_definition(session, row.benefit_definition_id, live=False)
        fresh = notices(definition, row.issued_at, changes["expires_at"], row.timezone or "UTC")
        columns |= {
            "phase": phase_at(row.issued_at, changes["expires_at"], account.now),
            "notify_remind_at": fresh["notify_remind_at"],
            "notify_extend_at": fresh["notify_extend_at"],
            "has_notified_remind": False,
            "has_notified_extend": False,
        }
    await session.update(Benefit, {"id": row.id}, columns)
    phase = columns.get("phase", row.phase)
    if phase == OPEN != row.phase:
        await tell_issued(session, [(row.profile_id, row.id, changes["expires_at"])])
    if (phase == OPEN) != (row.phase == OPEN) and left(row) != 0:
        events.balance(session, row.profile_id)
    session.outbox.audit("updated", "Benefit", row.id, old, changes, row.profile_id)
    events.changed(session, "benefit", row.id, row.profile_id)


async def remove(session: Any, identifier: int, owner_id: uuid.UUID | None) -> None:
    """Deletes a benefit; its history stays. Raises: NotFound."""
    account, row = await locked(session, identifier, owner_id)
    await events.gone(session, "benefit", identifier, row.profile_id)
    await session.update(Benefit, {"id": identifier}, {"deleted_at": session.now})
    if row.phase == OPEN and left(row) != 0:
        events.balance(session, row.profile_id)
    session.outbox.audit("deleted", "Benefit", identifier, dict(row._asdict()), None, row.profile_id)
    await account.flush()


class _Utc:
    """A benefit's row as the rule of extensions wants it: days are counted in UTC, the definition names none."""

    timezone = None
    extend_days = None

    def __init__(self, row: Any) -> None:
        self.row, self.expires_at = row, row.expires_at


async def extend(session: Any, body: ExtendBody) -> Sequence[int]:
    """Extends all of the benefits, or none; answers their ids in order. Raises: Invalid."""
    errors: Errors = {}
    account, rows = None, {}
    try:
        account = await account_of(session, body.profile_id)
    except Invalid as fault:
        errors.update(fault.errors)
    else:
        await catch_up(session, body.profile_id)
        rows = {row.id: row for row in await session.rows(_EXTENDABLE, ids=body.ids, profile=body.profile_id)}
        errors |= _inextensible(rows, body.ids)
    ends: list[Any] = []
    try:
        held = [_Utc(row) for row in rows.values()]
        ends = list(periods.extended(held, body.extend_days, body.extend_date, "UTC", only_later=False))
    except Invalid as fault:
        errors.update(fault.errors)
    if errors or account is None:
        raise Invalid(errors)
    for found, expires_at in ends:
        changes = {"expires_at": expires_at, "extended_at": whole_second(account.now)}
        await _change(session, account, found.row, changes)
    await account.flush()
    return sorted(rows)


def _inextensible(rows: Mapping[int, Any], ids: Sequence[int]) -> Errors:
    errors: Errors = {}
    for place, identifier in enumerate(ids):
        key = f"ids.{place}"
        if identifier not in rows:
            errors[key] = [selected_is_invalid(key)]
        elif not rows[identifier].is_extendable:
            errors[key] = ["The benefit cannot be extended."]
    return errors


async def trigger_target(session: Any, identifier: int, kind: str) -> bool:
    """Sends a notification of a benefit again; False when its definition names no such target. Raises: NotFound."""
    row = await session.row(_STATE, id=identifier)
    if row is None:
        raise NotFound
    definition = await find_definition(session, row.benefit_definition_id, live=False)
    return await notifying.send(session, getattr(definition, f"{kind}_target_id"), "benefit", identifier)
