"""The rules of credits: issue, change, lock, hand over, extend (incentives-value 8)."""

import uuid
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import bindparam, select

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Invalid, NotFound, already_taken, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events, periods
from omneo_api.incentives.account import Account, Held, load, open_account, ownerless_account
from omneo_api.incentives.credits import numbers
from omneo_api.incentives.credits.models import Credit, CreditDefinition
from omneo_api.incentives.credits.schemas import CreditBody
from omneo_api.incentives.lots import ENDED, stored_columns
from omneo_api.incentives.rewards.service import Errors, account_of, choose_definition
from omneo_api.platform.custom_fields import service as custom_fields

_definition = select(*CreditDefinition.__table__.c)
_LIVE = CreditDefinition.deleted_at.is_(None)
_BY_ID = Statement(_definition.where(CreditDefinition.id == bindparam("id"), _LIVE))
_ANY_BY_ID = Statement(_definition.where(CreditDefinition.id == bindparam("id")))
_BY_HANDLE = Statement(_definition.where(CreditDefinition.handle_key == bindparam("handle"), _LIVE))
_BY_TYPE = Statement(
    _definition.where(CreditDefinition.type == bindparam("type"), _LIVE, ~CreditDefinition.is_archived)
    .order_by(CreditDefinition.id)
    .limit(1)
)
_STATE = Statement(
    select(*stored_columns(Credit)).where(Credit.id == bindparam("id"), Credit.deleted_at.is_(None)).with_for_update()
)
_OWNER = Statement("SELECT profile_id FROM credits WHERE id = :id::bigint AND deleted_at IS NULL")
_ANY = Statement(select(*stored_columns(Credit)).where(Credit.id == bindparam("id")))
_PROFILE = Statement("SELECT 1 FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL")
_PLACE = Statement(
    """
    SELECT id FROM locations
    WHERE deleted_at IS NULL AND (id = :id::bigint OR external_id_key = lower(:external_id::text)
                                  OR external_code = :external_code::text)
    ORDER BY id LIMIT 1
    """
)
_PAIR_TAKEN = Statement(
    """
    SELECT 1 FROM credits WHERE external_id = :external_id::text AND external_namespace = :namespace::text
      AND deleted_at IS NULL AND id <> :id::bigint
    """
)
_EXTENDABLE = Statement(
    """
    SELECT c.id, c.timezone, c.expires_at, d.extend_days FROM credits c
    JOIN credit_definitions d ON d.tenant_id = c.tenant_id AND d.id = c.credit_definition_id
    WHERE c.id = ANY (:ids::bigint[]) AND c.profile_id = :profile::uuid AND c.deleted_at IS NULL
      AND c.extended_at IS NULL AND c.expires_at IS NOT NULL AND d.is_extendable
    ORDER BY c.id
    """
)
_GIFTS = Statement(
    """
    SELECT c.id FROM credits c
    JOIN credit_definitions d ON d.tenant_id = c.tenant_id AND d.id = c.credit_definition_id AND d.is_reassignable
    WHERE c.recipient_email = :email::text AND c.deleted_at IS NULL AND c.value_remaining = c.value_initial
      AND c.profile_id IS DISTINCT FROM :profile::uuid
      AND (c.profile_id IS NULL OR c.profile_id = c.creator_profile_id)
    ORDER BY c.id
    """
)
_GIFTS_OF = Statement(
    "SELECT DISTINCT recipient_email AS email FROM credits"
    " WHERE recipient_email = ANY (:emails::text[]) AND deleted_at IS NULL ORDER BY 1"
)
COLUMNS = tuple(column.key for column in Credit.__table__.c)


async def find_definition(session: Any, reference: int | str, *, live: bool = True) -> Any | None:
    """A definition's row by id or handle."""
    if isinstance(reference, int):
        return await session.row(_BY_ID if live else _ANY_BY_ID, id=reference)
    return await session.row(_BY_HANDLE, handle=reference.lower())


async def create(session: Any, owner_id: uuid.UUID | None, values: dict[str, Any], body: CreditBody) -> int:
    """Issues a credit as a request asks; every wrong field is told at once. Raises: Invalid."""
    errors: Errors = {}
    if owner_id is not None:
        values["profile_id"] = owner_id
        if body.amount is not None or body.type is not None:
            await _short_form(session, values, body, errors)
    definition = None
    if values.get("credit_definition") is not None:
        definition = values["credit_definition"]
    elif "type" not in errors:
        definition = await choose_definition(session, body, "credit_definition", find_definition, errors)
    if definition is not None:
        if definition.is_archived:
            errors["credit_definition_id"] = [selected_is_invalid("credit_definition_id")]
        if definition.require_creator and values.get("creator_profile_id") is None:
            errors["creator_profile_id"] = ["The creator profile id field is required."]
        if definition.require_assigned and values.get("profile_id") is None:
            errors["profile_id"] = ["The profile id field is required."]
    await _check_references(session, values, errors)
    owner = values.get("profile_id") or values.get("creator_profile_id")
    account = None
    try:
        account = await account_of(session, owner) if owner is not None else await ownerless_account(session)
    except Invalid as fault:
        errors.update(fault.errors)
    columns = await _columns(session, definition, values, account.now if account else session.now, errors)
    if errors or account is None:
        raise Invalid(errors)
    columns["profile_id"] = owner
    identifier = await _issue(session, account, definition, columns)
    await custom_fields.keep(session, "credit", identifier, values.get("custom_fields") or [])
    await account.flush()
    return identifier


async def _short_form(session: Any, values: dict[str, Any], body: CreditBody, errors: Errors) -> None:
    if body.amount is not None:
        values["value_initial"] = body.amount
    if body.note is not None:
        values.setdefault("message", body.note)
    if body.type is not None and body.credit_definition_id is None and body.credit_definition_handle is None:
        kind = {"promotional": "allowance"}.get(body.type, body.type)
        values["credit_definition"] = await session.row(_BY_TYPE, type=kind)
        if values["credit_definition"] is None:
            errors["type"] = [selected_is_invalid("type")]


async def _check_references(session: Any, values: dict[str, Any], errors: Errors) -> None:
    for name in ("creator_profile_id", "staff_id"):
        if values.get(name) is not None and await session.value(_PROFILE, id=values[name]) is None:
            errors[name] = [selected_is_invalid(name)]
    for name in ("location_id", "location_external_id", "location_external_code"):
        reference = values.get(name)
        if reference is None:
            continue
        asked = {"id": None, "external_id": None, "external_code": None, name.removeprefix("location_"): reference}
        found = await session.value(_PLACE, **asked)
        if found is None:
            errors[name] = [selected_is_invalid(name)]
        values["location_id"] = found


async def _columns(
    session: Any, definition: Any, values: Mapping[str, Any], now: datetime, errors: Errors
) -> dict[str, Any]:
    """The columns of a new credit with their defaults; what is wrong is noted."""
    initial = values.get("value_initial")
    if initial is None and definition is not None:
        initial = definition.value or None
    remaining = values.get("value_remaining")
    remaining = initial if remaining is None else remaining
    if initial is None:
        errors["value_initial"] = ["The value initial field is required."]
    else:
        _check_values(definition, initial, remaining, errors)
    issued_at = values.get("issued_at") or whole_second(now)
    timezone = values.get("timezone")
    columns = {name: values[name] for name in COLUMNS if name in values}
    columns |= {"value_initial": initial, "value_remaining": remaining, "issued_at": issued_at}
    number = values.get("credit_number")
    if number is not None and await numbers.is_taken(session, number):
        errors["credit_number"] = [already_taken("credit_number")]
    await _check_pair(session, columns.get("external_id"), columns.get("external_namespace"), 0, errors)
    if definition is None:
        return columns
    zone = await zone_of(session, timezone, definition)
    columns.setdefault("name", definition.name)
    columns["timezone"] = timezone or definition.timezone
    if values.get("expires_at") is None:
        period = (definition.period, definition.period_type, definition.absolute_expiry)
        columns["expires_at"] = periods.end_of_period(issued_at, zone, *period)
    elif values["expires_at"] <= issued_at:
        errors["expires_at"] = ["The expires at field must be a date after issued at."]
    if values.get("released_at") is None and definition.is_releasable and definition.release_period_type is not None:
        period = (
            definition.release_period,
            definition.release_period_type,
            definition.release_period_absolute_expiry,
        )
        columns["released_at"] = periods.start_of_period(issued_at, zone, *period)
    if number is None and definition.use_custom_numbers:
        errors["credit_number"] = ["The credit number field is required."]
    elif number is None and not errors:
        columns["credit_number"] = await numbers.number_for(session, definition)
    if definition.require_security_code and values.get("security_code") is None:
        columns["security_code"] = numbers.code_for(definition)
    return columns


def _check_values(definition: Any, initial: Decimal, remaining: Any, errors: Errors) -> None:
    if definition is not None and definition.max_value is not None and initial > definition.max_value:
        most = format(definition.max_value.normalize(), "f")
        errors["value_initial"] = [f"The value initial field must not be greater than {most}."]
    if remaining > initial:
        most = format(initial.normalize(), "f")
        errors["value_remaining"] = [f"The value remaining field must not be greater than {most}."]


async def _check_pair(session: Any, external_id: Any, namespace: Any, identifier: int, errors: Errors) -> None:
    if external_id is None or namespace is None:
        return
    if await session.value(_PAIR_TAKEN, external_id=external_id, namespace=namespace, id=identifier) is not None:
        errors["external_id"] = [already_taken("external_id")]


async def zone_of(session: Any, timezone: str | None, definition: Any) -> str:
    """The zone in which a credit's days are counted: its own, its definition's, the tenant's."""
    return timezone or definition.timezone or await setting(session, "client_timezone") or "UTC"


async def _notices(session: Any, definition: Any, credit: Mapping[str, Any]) -> dict[str, datetime | None]:
    """When the targets of a definition are to be told of a credit; None without a target or a moment.

    Credits have one offset before their end, that of the reminder, so expiry and extension are told with it.
    """
    d, zone = definition, await zone_of(session, credit.get("timezone"), definition)
    before = None
    if credit.get("expires_at") is not None:
        offsets = (None, d.notify_remind_offset_days, d.notify_remind_offset_hour)
        before = periods.notice_before(credit["expires_at"], zone, *offsets)
    issue = periods.notice_after(
        credit["issued_at"], zone, None, d.notify_issue_offset_days, d.notify_issue_offset_hour
    )
    is_offered = d.is_extendable and credit.get("extended_at") is None
    return {
        "notify_issue_at": issue if d.issue_target_id is not None else None,
        "notify_release_at": credit.get("released_at") if d.release_target_id is not None else None,
        "notify_expiry_at": before if d.expiry_target_id is not None else None,
        "notify_remind_at": before if d.remind_target_id is not None else None,
        "notify_extend_at": before if d.extend_target_id is not None and is_offered else None,
    }


async def _rearmed(session: Any, definition: Any, row: Any, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The notices of a credit whose dates change; an end that moves is announced again."""
    dates = ("issued_at", "released_at", "expires_at", "extended_at")
    if not any(name in changes for name in dates):
        return {}
    held = {name: changes.get(name, getattr(row, name)) for name in (*dates, "timezone")}
    again = {"has_notified_expiry": False, "has_notified_remind": False} if "expires_at" in changes else {}
    return {**await _notices(session, definition, held), **again}


async def _issue(session: Any, account: Account, definition: Any, columns: Mapping[str, Any]) -> int:
    values = {
        **columns,
        "credit_definition_id": definition.id,
        "currency": definition.currency,
        **await _notices(session, definition, columns),
    }
    row = await session.insert(Credit, values)
    identifier: int = row.id
    (lot,) = await load(session, "credit", [identifier])
    account.add(lot)
    account.start(lot)
    events.lot(session, "credit.created", "credit", identifier, lot.profile_id)
    session.outbox.audit("created", "Credit", identifier, None, {"id": identifier, **values}, lot.profile_id)
    return identifier


async def reissue(session: Any, account: Account, old: Held, value: Decimal, redemption_id: int) -> Held:
    """A new credit for value that cannot go back to an expired or deleted one: its definition, a fresh period."""
    definition: Any = await find_definition(session, old.definition_id, live=False)
    row = await session.row(_ANY, id=old.id)
    issued_at = whole_second(account.now)
    zone = await zone_of(session, row.timezone, definition)
    columns = {
        "profile_id": account.profile_id,
        "creator_profile_id": row.creator_profile_id,
        "name": row.name,
        "timezone": row.timezone,
        "value_initial": value,
        "value_remaining": value,
        "issued_at": issued_at,
        "expires_at": periods.end_of_period(
            issued_at, zone, definition.period, definition.period_type, definition.absolute_expiry
        ),
        "credit_number": None if definition.use_custom_numbers else await numbers.number_for(session, definition),
        "security_code": numbers.code_for(definition) if definition.require_security_code else None,
        "source_type": "redemption",
        "source_id": redemption_id,
        "is_system_generated": True,
    }
    return account.lots["credit", await _issue(session, account, definition, columns)]


async def locked(session: Any, identifier: int, owner_id: uuid.UUID | None) -> tuple[Account, Any, Held]:
    """The account of a credit's owner (or of nobody), the credit's locked row and its lot. Raises: NotFound."""
    row = await session.row(_OWNER, id=identifier)
    if row is None or (owner_id is not None and row.profile_id != owner_id):
        raise NotFound
    account = await (open_account(session, row.profile_id) if row.profile_id else ownerless_account(session))
    current = await session.row(_STATE, id=identifier)
    if current is None or current.profile_id != row.profile_id:
        raise NotFound
    (lot,) = await load(session, "credit", [identifier])
    return account, current, account.add(lot)


async def require(session: Any, identifier: int) -> None:
    """Raises: NotFound for a credit that is not there."""
    if await session.row(_OWNER, id=identifier) is None:
        raise NotFound


async def touched(session: Any, identifier: int, held: tuple[Account, Any, Held]) -> None:
    """Tells that the custom fields of a credit changed, which is held as `locked` answers it."""
    account, row, _ = held
    await session.update(Credit, {"id": identifier}, {"updated_at": account.now})
    events.changed(session, "credit", identifier, row.profile_id)
    await account.flush()


async def change(session: Any, identifier: int, owner_id: uuid.UUID | None, values: dict[str, Any]) -> None:
    """Applies a PUT: details, values, terms, the lock and the owner. Raises: NotFound, Invalid."""
    heir = values.pop("profile_id", None) if owner_id is None else None
    if owner_id is not None:
        values.pop("profile_id", None)
    if heir is not None:
        await _hand_over(session, identifier, heir)
    account, row, lot = await locked(session, identifier, owner_id)
    errors: Errors = {}
    if values.pop("is_void", False):
        values |= {"value_remaining": Decimal(0), "locked": True, "lock_expires_at": None}
    elif values.get("locked") and lot.is_locked(account.now):
        errors["locked"] = ["The credit is already locked."]
    elif values.get("locked") and row.lock_expires_at is not None and row.lock_expires_at <= account.now:
        values.setdefault("lock_expires_at", None)
    await _check_references(session, values, errors)
    definition = await find_definition(session, lot.definition_id, live=False)
    initial = values.get("value_initial", row.value_initial)
    _check_values(definition, initial, values.get("value_remaining", row.value_remaining), errors)
    number = values.get("credit_number")
    if number is not None and number != row.credit_number and await numbers.is_taken(session, number):
        errors["credit_number"] = [already_taken("credit_number")]
    external_id, namespace = (values.get(name, getattr(row, name)) for name in ("external_id", "external_namespace"))
    await _check_pair(session, external_id, namespace, identifier, errors)
    if errors:
        raise Invalid(errors)
    changes = {name: values[name] for name in COLUMNS if name in values and values[name] != getattr(row, name)}
    kept = await custom_fields.keep(session, "credit", identifier, values.get("custom_fields") or [])
    if changes:
        await _apply(session, account, row, lot, changes, await _rearmed(session, definition, row, changes))
    elif kept:
        await touched(session, identifier, (account, row, lot))
    await account.flush()


TERMS = ("issued_at", "released_at", "expires_at", "locked", "lock_expires_at", "value_remaining")


async def _apply(
    session: Any, account: Account, row: Any, lot: Held, changes: dict[str, Any], noted: dict[str, Any]
) -> None:
    held = {name: changes.get(name, getattr(row, name)) for name in TERMS}
    if held["expires_at"] is not None and held["expires_at"] <= held["issued_at"]:
        raise Invalid.field("expires_at", "The expires at field must be a date after issued at.")
    if any(name in changes for name in TERMS):
        account.forget_balance(lot)
        lot.issued_at, lot.expires_at = held["issued_at"], held["expires_at"]
        lot.opens_at = max(held["issued_at"], held["released_at"] or held["issued_at"])
        lot.locked, lot.locked_until = held["locked"], held["lock_expires_at"]
        delta = held["value_remaining"] - lot.value
        account.move(lot, "adjust" if delta else "terms", delta)
        account.rephase(lot)
    columns = {name: value for name, value in changes.items() if name != "value_remaining"}
    if columns:
        await session.update(Credit, {"id": row.id}, {**columns, **noted, "updated_at": account.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "Credit", row.id, old, changes, row.profile_id)
    events.changed(session, "credit", row.id, row.profile_id)


async def _hand_over(session: Any, identifier: int, heir: uuid.UUID) -> None:
    """Moves a credit to another profile under the locks of both, the smaller id first. Raises: NotFound, Invalid."""
    row = await session.row(_OWNER, id=identifier)
    if row is None:
        raise NotFound
    if row.profile_id == heir:
        return
    accounts = {}
    for profile_id in sorted({heir} | ({row.profile_id} if row.profile_id else set())):
        accounts[profile_id] = (
            await account_of(session, heir) if profile_id == heir else await open_account(session, profile_id)
        )
    current = await session.row(_STATE, id=identifier)
    if current is None:
        raise NotFound
    definition: Any = await find_definition(session, current.credit_definition_id, live=False)
    free = current.profile_id is None or current.profile_id == current.creator_profile_id
    if current.profile_id != row.profile_id or not (definition.is_reassignable or free):
        raise Invalid.field("profile_id", "The credit cannot be moved to another profile.")
    await transfer(session, accounts.get(row.profile_id), accounts[heir], identifier)
    for account in accounts.values():
        await account.flush()


async def transfer(session: Any, giver: Account | None, heir: Account, identifier: int) -> None:
    """Makes a credit the heir's; both balances are announced."""
    (lot,) = await load(session, "credit", [identifier])
    if giver is not None:
        giver.forget_balance(giver.lots.pop(("credit", identifier), lot))
    old = lot.profile_id
    lot.profile_id = heir.profile_id
    heir.add(lot)
    heir.move(lot, "terms", Decimal(0))
    await session.update(Credit, {"id": identifier}, {"profile_id": heir.profile_id})
    session.outbox.audit(
        "updated", "Credit", identifier, {"profile_id": old}, {"profile_id": heir.profile_id}, heir.profile_id
    )
    events.changed(session, "credit", identifier, heir.profile_id)


async def claim_gifts(session: Any, profile_id: uuid.UUID, email: str) -> int:
    """Moves unspent gifts that name this address to the profile that now has it; answers how many."""
    found = await session.rows(_GIFTS, email=email.lower(), profile=profile_id)
    for row in found:
        await _hand_over(session, row.id, profile_id)
    return len(found)


async def claim_gifts_of(session: Any, owners: Mapping[str, uuid.UUID]) -> None:
    """The same for several profiles, by the address that each of them has now."""
    if owners:
        for row in await session.rows(_GIFTS_OF, emails=[email.lower() for email in owners]):
            await claim_gifts(session, owners[row.email], row.email)


async def remove(session: Any, identifier: int, owner_id: uuid.UUID | None) -> None:
    """Deletes a credit; what remained leaves the balance. Raises: NotFound."""
    account, row, lot = await locked(session, identifier, owner_id)
    await events.gone(session, "credit", identifier, row.profile_id)
    account.forget_balance(lot)
    lot.live = False
    account.move(lot, "void", Decimal(0))
    account.set_phase(lot, ENDED)
    await session.update(Credit, {"id": identifier}, {"deleted_at": account.now})
    await custom_fields.drop(session, "credit", identifier)
    session.outbox.audit("deleted", "Credit", identifier, dict(row._asdict()), None, row.profile_id)
    await account.flush()


async def extend(
    session: Any, profile_id: uuid.UUID, ids: Sequence[int], days: int | None, moment: datetime | None
) -> list[int]:
    """Extends what may be extended, once each; answers the ids that were. Raises: Invalid."""
    account = await account_of(session, profile_id)
    rows = await session.rows(_EXTENDABLE, ids=list(ids), profile=profile_id)
    lots = {lot.id: account.add(lot) for lot in await load(session, "credit", [row.id for row in rows])}
    zone = await setting(session, "client_timezone") or "UTC"
    for row, expires_at in periods.extended(rows, days, moment, zone):
        lot = lots[row.id]
        lot.expires_at = expires_at
        account.note(lot)
        account.rephase(lot)
        changes: dict[str, Any] = {"expires_at": expires_at, "extended_at": whole_second(account.now)}
        current: Any = await session.row(_ANY, id=lot.id)
        definition = await find_definition(session, lot.definition_id, live=False)
        changes |= await _rearmed(session, definition, current, changes)
        await session.update(Credit, {"id": lot.id}, changes)
        session.outbox.audit("updated", "Credit", lot.id, {"expires_at": row.expires_at}, changes, profile_id)
        events.changed(session, "credit", lot.id, profile_id)
    await account.flush()
    return [row.id for row in rows]
