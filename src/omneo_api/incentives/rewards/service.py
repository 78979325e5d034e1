"""The rules of rewards: issue, adjust, extend, delete (incentives-value 3)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select

from omneo_api.commerce.allocations.service import give, has_codes, pool_of
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Invalid, NotFound, already_taken, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events, periods
from omneo_api.incentives import notices as notifying
from omneo_api.incentives.account import Account, Held, load, open_account
from omneo_api.incentives.lots import ENDED, OPEN, stored_columns
from omneo_api.incentives.rewards.models import Reward, RewardDefinition
from omneo_api.incentives.rewards.schemas import RewardBody

Errors = dict[str, list[str]]


def _definition(*where: Any) -> Any:
    codes = has_codes("reward_definition", RewardDefinition).label("has_codes")
    return select(*RewardDefinition.__table__.c, codes).where(*where)


_ANY_BY_ID = Statement(lambda: _definition(RewardDefinition.id == bindparam("id")))
_BY_ID = Statement(lambda: _definition(RewardDefinition.id == bindparam("id"), RewardDefinition.deleted_at.is_(None)))
_BY_HANDLE = Statement(
    lambda: _definition(RewardDefinition.handle_key == bindparam("handle"), RewardDefinition.deleted_at.is_(None))
)
_STATE = Statement(select(*stored_columns(Reward)).where(Reward.id == bindparam("id"), Reward.deleted_at.is_(None)))
_TAKEN = Statement("SELECT 1 FROM rewards WHERE external_id_key = lower(:external_id::text) AND deleted_at IS NULL")
_EXTENDABLE = Statement(
    """
    SELECT r.id, r.timezone, r.expires_at, d.extend_days FROM rewards r
    JOIN reward_definitions d ON d.tenant_id = r.tenant_id AND d.id = r.reward_definition_id
    WHERE r.id = ANY (:ids::bigint[]) AND r.profile_id = :profile::uuid AND r.deleted_at IS NULL
      AND r.extended_at IS NULL AND d.is_extendable
    ORDER BY r.id
    """
)


async def find_definition(session: Any, reference: int | str, *, live: bool = True) -> Any | None:
    """A definition's row by id or handle."""
    if isinstance(reference, int):
        return await session.row(_BY_ID if live else _ANY_BY_ID, id=reference)
    return await session.row(_BY_HANDLE, handle=reference.lower())


pool_of("reward_definition", find_definition)


async def choose_definition(session: Any, body: Any, field: str, find: Any, errors: Errors) -> Any | None:
    """The definition that a body names by id, by handle, or by both when they agree; what is wrong is noted."""
    by_id, by_handle = getattr(body, f"{field}_id"), getattr(body, f"{field}_handle")
    if by_id is None and by_handle is None:
        errors[f"{field}_id"] = [f"The {field.replace('_', ' ')} id field is required."]
        return None
    found = await find(session, by_id) if by_id is not None else None
    if by_id is not None and found is None:
        errors[f"{field}_id"] = [selected_is_invalid(f"{field}_id")]
    if by_handle is not None:
        named = await find(session, by_handle)
        if named is None or (found is not None and named.id != found.id):
            errors[f"{field}_handle"] = [selected_is_invalid(f"{field}_handle")]
        found = named
    return found


def in_zone(moment: datetime | None, timezone: str | None) -> datetime | None:
    """A naive moment is wall time in `timezone`; one with a zone says itself what it means."""
    if moment is None:
        return None
    try:
        return (moment if moment.tzinfo else moment.replace(tzinfo=ZoneInfo(timezone or "UTC"))).astimezone(UTC)
    except OverflowError:
        raise Invalid({"expires_at": ["The expires at field must be a valid date."]}) from None


async def account_of(session: Any, profile_id: uuid.UUID, field: str = "profile_id") -> Account:
    """The account of a profile that a body names. Raises: Invalid when there is none."""
    try:
        account = await open_account(session, profile_id)
    except NotFound:
        raise Invalid.field(field, selected_is_invalid(field)) from None
    if account.profile.profile_type == "deleted":
        raise Invalid.field(field, selected_is_invalid(field))
    return account


async def create(session: Any, profile_id: uuid.UUID | None, body: RewardBody) -> int:
    """Issues a reward as a request asks; every wrong field is told at once. Raises: Invalid."""
    errors: Errors = {}
    if profile_id is None:
        errors["profile_id"] = ["The profile id field is required."]
    if body.timezone is None:
        errors["timezone"] = ["The timezone field is required."]
    definition = await choose_definition(session, body, "reward_definition", find_definition, errors)
    account = None
    if profile_id is not None:
        try:
            account = await account_of(session, profile_id)
        except Invalid as fault:
            errors.update(fault.errors)
    moments = {
        name: in_zone(moment, body.timezone)
        for name, moment in (("issued_at", body.issued_at), ("expires_at", body.expires_at))
    }
    values = {
        "timezone": body.timezone or "UTC",
        "value_initial": body.value_initial,
        "value_remaining": body.value_remaining,
        "external_id": body.external_id,
        "meta": body.meta,
        **moments,
    }
    prepared = await _prepare(session, definition, values, account.now if account else session.now, errors)
    if errors or account is None:
        raise Invalid(errors)
    identifier = await _issue(session, account, definition, prepared)
    await account.flush()
    return identifier


async def issue(
    session: Any,
    *,
    profile_id: uuid.UUID,
    definition: int | str,
    timezone: str | None = None,
    value_initial: Decimal | None = None,
    value_remaining: Decimal | None = None,
    issued_at: datetime | None = None,
    expires_at: datetime | None = None,
    external_id: str | None = None,
    meta: Any = None,
    source_type: str | None = None,
    source_id: int | None = None,
) -> int:
    """Issues a reward on behalf of a reaction, a tier or an achievement; answers its id.

    Moments are aware. Raises: Invalid for an unknown profile, a definition that is unknown or not assignable, a value
    or moment that breaks a rule, a taken `external_id`.
    """
    found = await find_definition(session, definition)
    if found is None or not found.is_assignable:
        raise Invalid.field("reward_definition_id", selected_is_invalid("reward_definition_id"))
    account = await account_of(session, profile_id)
    values = {
        "timezone": timezone or await setting(session, "client_timezone") or "UTC",
        "value_initial": value_initial,
        "value_remaining": value_remaining,
        "issued_at": issued_at,
        "expires_at": expires_at,
        "external_id": external_id,
        "meta": meta,
    }
    errors: Errors = {}
    prepared = await _prepare(session, found, values, account.now, errors)
    if errors:
        raise Invalid(errors)
    identifier = await _issue(session, account, found, {**prepared, "source_type": source_type, "source_id": source_id})
    await account.flush()
    return identifier


async def _prepare(
    session: Any, definition: Any, values: Mapping[str, Any], now: datetime, errors: Errors
) -> dict[str, Any]:
    """The columns of a new reward with their defaults; what is wrong is noted."""
    initial = values["value_initial"] if values["value_initial"] is not None or not definition else definition.value
    remaining = values["value_remaining"] if values["value_remaining"] is not None else initial
    issued_at = values["issued_at"] or whole_second(now)
    expires_at = values["expires_at"]
    if definition is not None and expires_at is None:
        expires_at = default_expiry(definition, issued_at, values["timezone"])
    if initial is not None:
        if definition and definition.max_value is not None and initial > definition.max_value:
            most = format(definition.max_value.normalize(), "f")
            errors["value_initial"] = [f"The value initial field must not be greater than {most}."]
        if remaining > initial:
            most = format(initial.normalize(), "f")
            errors["value_remaining"] = [f"The value remaining field must not be greater than {most}."]
    if expires_at is not None and expires_at <= issued_at:
        errors["expires_at"] = ["The expires at field must be a date after issued at."]
    if values["external_id"] is not None and await session.value(_TAKEN, external_id=values["external_id"]):
        errors["external_id"] = [already_taken("external_id")]
    return {
        **values,
        "value_initial": initial,
        "value_remaining": remaining,
        "issued_at": issued_at,
        "expires_at": expires_at,
    }


def default_expiry(definition: Any, issued_at: datetime, timezone: str) -> datetime:
    """The last second of the local day on which the definition's period ends."""
    expiry = periods.end_of_period(
        issued_at, timezone, definition.period or 0, definition.period_type, definition.absolute_expiry
    )
    return expiry or periods.NEVER


def notices(definition: Any, issued_at: datetime, expires_at: datetime, timezone: str) -> dict[str, datetime | None]:
    """When the targets of a definition are to be told; None without a target (or without an offset before expiry)."""
    d = definition
    return {
        "notify_issue_at": periods.notice_after(
            issued_at, timezone, d.notify_issue_offset, d.notify_issue_offset_days, d.notify_issue_offset_hour
        )
        if d.issue_target_id is not None
        else None,
        "notify_expiry_at": periods.notice_before(
            expires_at, timezone, d.notify_expiry_offset, d.notify_remind_offset_days, d.notify_remind_offset_hour
        )
        if d.expiry_target_id is not None
        else None,
        "notify_extend_at": periods.notice_before(
            expires_at, timezone, None, d.notify_extend_offset_days, d.notify_extend_offset_hour
        )
        if d.extend_target_id is not None
        else None,
    }


async def _issue(
    session: Any, account: Account, definition: Any, values: Mapping[str, Any], cause: str = "issued"
) -> int:
    planned = notices(definition, values["issued_at"], values["expires_at"], values["timezone"])
    columns = {
        **values,
        "profile_id": account.profile_id,
        "reward_definition_id": definition.id,
        "currency": definition.currency,
        **planned,
        **{name.replace("notify", "has_notified")[:-3]: False for name, moment in planned.items() if moment},
    }
    row = await session.insert(Reward, columns)
    identifier: int = row.id
    (lot,) = await load(session, "reward", [identifier])
    account.add(lot)
    account.start(lot, cause)
    events.lot(session, "reward.created", "reward", identifier, account.profile_id)
    session.outbox.audit("created", "Reward", identifier, None, {"id": identifier, **columns}, account.profile_id)
    if definition.has_codes:
        await give(session, "reward_definition", definition.id, "reward", identifier, account.profile_id)
    return identifier


async def reissue(session: Any, account: Account, old_id: int, value: Decimal, redemption_id: int) -> Held:
    """A new reward for returned value: the old one's definition (deleted or not) and zone, a fresh period."""
    old = await session.row(_ANY, id=old_id)
    definition = await find_definition(session, old.reward_definition_id, live=False)
    issued_at = whole_second(account.now)
    timezone = old.timezone or "UTC"
    values = {
        "timezone": old.timezone,
        "value_initial": value,
        "value_remaining": value,
        "issued_at": issued_at,
        "expires_at": default_expiry(definition, issued_at, timezone),
        "external_id": None,
        "meta": None,
        "source_type": "redemption",
        "source_id": redemption_id,
    }
    identifier = await _issue(session, account, definition, values, cause="returned")
    return account.lots["reward", identifier]


_ANY = Statement(select(*stored_columns(Reward)).where(Reward.id == bindparam("id")))


async def locked(session: Any, identifier: int, owner_id: uuid.UUID | None) -> tuple[Account, Any, Held]:
    """The account of a live reward's profile, the reward's row and its lot. Raises: NotFound."""
    row = await session.row(_STATE, id=identifier)
    if row is None or (owner_id is not None and row.profile_id != owner_id):
        raise NotFound
    account = await open_account(session, row.profile_id)
    current = await session.row(_STATE, id=identifier)
    if current is None or current.profile_id != row.profile_id:
        raise NotFound
    (lot,) = await load(session, "reward", [identifier])
    return account, current, account.add(lot)


async def adjust(session: Any, identifier: int, owner_id: uuid.UUID | None, values: Mapping[str, Any]) -> None:
    """Sets values, expiry or meta of a reward by hand; the difference is told when the reward is spendable."""
    account, row, lot = await locked(session, identifier, owner_id)
    changes = {name: value for name, value in values.items() if value != getattr(row, name)}
    if not changes:
        await account.flush()
        return
    expires_at = changes.get("expires_at", lot.expires_at)
    if expires_at <= row.issued_at:
        raise Invalid.field("expires_at", "The expires at field must be a date after issued at.")
    before, told = lot.value, lot.phase == OPEN
    lot.expires_at = expires_at
    delta = changes.get("value_remaining", before) - before
    if delta:
        account.move(lot, "adjust", delta)
    elif "expires_at" in changes:
        account.note(lot)
    ended = lot.is_expired(account.now)
    spendable = lot.opens_at <= account.now and not ended
    if told and spendable:
        account.tell(lot, "adjusted", await _next_occurrence(session, lot), delta)
    elif told and ended:
        account.set_phase(lot, ENDED)
        account.tell(lot, "expired", lot.cycle, -before)
    elif lot.phase == ENDED and spendable:
        account.set_phase(lot, OPEN)
        account.tell(lot, "adjusted", lot.cycle, lot.value)
    columns = {name: value for name, value in changes.items() if name != "value_remaining"}
    if "expires_at" in changes:
        definition = await find_definition(session, lot.definition_id, live=False)
        columns |= _rearmed(definition, row, expires_at, is_extended=row.extended_at is not None)
    if columns:
        await session.update(Reward, {"id": identifier}, {**columns, "updated_at": account.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "Reward", identifier, old, changes, row.profile_id)
    events.changed(session, "reward", identifier, row.profile_id)
    await account.flush()


_OCCURRENCES = Statement(
    "SELECT count(*) FROM movements WHERE lot_kind = :kind::text AND lot_id = :id::bigint AND kind = 'adjust'"
)


async def _next_occurrence(session: Any, lot: Held) -> int:
    """How often the lot was adjusted before: cycles (re-activations) count on their own, far above."""
    return -1 - int(await session.value(_OCCURRENCES, kind=lot.kind, id=lot.id))


def _rearmed(definition: Any, row: Any, expires_at: Any, *, is_extended: bool) -> dict[str, Any]:
    """A later expiry is announced again; what was extended is not offered an extension any more."""
    fresh = notices(definition, row.issued_at, expires_at, row.timezone or "UTC")
    return {
        "notify_expiry_at": fresh["notify_expiry_at"],
        "notify_extend_at": None if is_extended else fresh["notify_extend_at"],
        "has_notified_expiry": row.has_notified_expiry if fresh["notify_expiry_at"] is None else False,
    }


async def remove(session: Any, identifier: int, owner_id: uuid.UUID | None) -> None:
    """Deletes a reward: what remained leaves the balance, the history stays. Raises: NotFound."""
    account, row, lot = await locked(session, identifier, owner_id)
    await events.gone(session, "reward", identifier, row.profile_id)
    told = lot.phase == OPEN
    if told:
        account.set_phase(lot, ENDED)
        account.tell(lot, "deleted", lot.cycle, -lot.value)
    lot.phase = ENDED
    lot.live = False
    account.move(lot, "void", Decimal(0))
    await session.update(Reward, {"id": identifier}, {"deleted_at": account.now})
    session.outbox.audit("deleted", "Reward", identifier, dict(row._asdict()), None, row.profile_id)
    await account.flush()


async def extend(
    session: Any, profile_id: uuid.UUID, ids: Sequence[int], days: int | None, moment: datetime | None
) -> list[int]:
    """Extends what may be extended, once each; answers the ids that were. Raises: Invalid."""
    account = await account_of(session, profile_id)
    rows = await session.rows(_EXTENDABLE, ids=list(ids), profile=profile_id)
    lots = {lot.id: account.add(lot) for lot in await load(session, "reward", [row.id for row in rows])}
    for row, expires_at in periods.extended(rows, days, moment, "UTC"):
        await _extend(session, account, lots[row.id], expires_at)
    await account.flush()
    return [row.id for row in rows]


async def _extend(session: Any, account: Account, lot: Held, expires_at: datetime) -> None:
    old = lot.expires_at
    lot.expires_at = expires_at
    account.note(lot)
    if lot.phase == ENDED and lot.opens_at <= account.now and not lot.is_expired(account.now):
        account.set_phase(lot, OPEN)
        account.tell(lot, "extended", lot.cycle, lot.value)
    row = await session.row(_ANY, id=lot.id)
    definition = await find_definition(session, lot.definition_id, live=False)
    changes = {
        "expires_at": expires_at,
        "extended_at": whole_second(account.now),
        **_rearmed(definition, row, expires_at, is_extended=True),
    }
    await session.update(Reward, {"id": lot.id}, changes)
    session.outbox.audit("updated", "Reward", lot.id, {"expires_at": old}, changes, lot.profile_id)
    events.changed(session, "reward", lot.id, lot.profile_id)


async def trigger_target(session: Any, identifier: int, kind: str) -> bool:
    """Sends a notification of a reward again; False when its definition names no such target. Raises: NotFound."""
    row = await session.row(_STATE, id=identifier)
    if row is None:
        raise NotFound
    definition = await find_definition(session, row.reward_definition_id, live=False)
    return await notifying.send(session, getattr(definition, f"{kind}_target_id"), "reward", identifier)
