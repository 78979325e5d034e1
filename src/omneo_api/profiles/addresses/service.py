"""The rules of addresses (profiles 5). Callers hold the profile's lock."""

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete

from omneo_api.foundation.errors import Errors
from omneo_api.foundation.fields import sent
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.platform.custom_fields import service as custom_fields
from omneo_api.platform.custom_fields.service import kind_of
from omneo_api.profiles.addresses.models import Address
from omneo_api.profiles.addresses.schemas import AddressContext
from omneo_api.profiles.custom_attributes.values import cast_value

_ROWS = Statement(
    "SELECT id, profile_id, name, type, phone, address_line_1, address_line_2, address_line_3, company, city, state,"
    " postcode, country, iso, iso_state, notes, external_id, is_default, meta FROM profile_addresses"
    " WHERE profile_id = :profile::uuid ORDER BY id"
)
_UNSET = Statement(
    "UPDATE profile_addresses SET is_default = false, updated_at = omneo_now()"
    " WHERE profile_id = :profile::uuid AND is_default AND id IS DISTINCT FROM :keep::bigint RETURNING id"
)
_PROMOTE = Statement(
    "UPDATE profile_addresses SET is_default = true, updated_at = omneo_now()"
    " WHERE id = (SELECT min(id) FROM profile_addresses WHERE profile_id = :profile::uuid) RETURNING id"
)
_DELETE = Statement(lambda: delete(Address).where(Address.id == bindparam("id", type_=BigInteger)))
_CONTEXT = Statement(
    lambda: one_json(rows_json(AddressContext, Address).where(Address.id == bindparam("id", type_=BigInteger)))
)


async def rows_of(session: Any, profile_id: uuid.UUID) -> list[Any]:
    """The profile's addresses as they are stored, by id."""
    rows: list[Any] = await session.rows(_ROWS, profile=profile_id)
    return rows


def check(items: Sequence[Any], path: str, errors: Errors) -> None:
    """Notes the custom fields of addresses whose value is not of their type."""
    for place, item in enumerate(items):
        for number, entry in enumerate(item.custom_fields or ()):
            cast_value(
                entry.type or kind_of(entry.value), entry.value, f"{path}.{place}.custom_fields.{number}.value", errors
            )


async def apply(session: Any, profile_id: uuid.UUID, items: Sequence[Any], *, created: bool = False) -> bool:
    """Creates or updates the addresses of a profile body; True when something changed."""
    changed = False
    rows = [] if created else await rows_of(session, profile_id)
    for item in items:
        row = _same(rows, item)
        if row is not None:
            changed |= await change(session, row, sent(item))
        else:
            await add(session, profile_id, sent(item))
            changed = True
            rows = await rows_of(session, profile_id)
    return changed


def _same(rows: Sequence[Any], item: Any) -> Any:
    if item.external_id is not None:
        found = next((row for row in rows if row.external_id == item.external_id), None)
        if found is not None:
            return found
    place = _place(item)
    return next((row for row in rows if _place(row) == place and item.external_id in (None, row.external_id)), None)


def _place(address: Any) -> tuple[str, ...]:
    parts = (address.address_line_1, address.postcode, address.city)
    return tuple((part or "").strip().lower() for part in parts)


async def add(session: Any, profile_id: uuid.UUID, values: dict[str, Any]) -> int:
    """Adds an address; the first one is the default unless the flag says otherwise. Answers its id."""
    entries = values.pop("custom_fields", None) or []
    columns = _prepared(values)
    if values.get("is_default") is None:
        columns["is_default"] = not await rows_of(session, profile_id)
    elif values["is_default"]:
        await _turn(session, _UNSET, profile_id, keep=None)
    columns = {"profile_id": profile_id, **columns}
    identifier: int = (await session.insert(Address, columns)).id
    await custom_fields.keep(session, "address", identifier, entries)
    session.outbox.audit("created", "Address", identifier, None, {"id": identifier, **columns}, profile_id)
    _emit(session, "created", identifier, profile_id)
    return identifier


async def change(session: Any, row: Any, values: dict[str, Any]) -> bool:
    """Applies sent values to a stored address; True when something changed."""
    entries = values.pop("custom_fields", None) or []
    columns = {name: value for name, value in _prepared(values).items() if value != getattr(row, name)}
    if columns.get("is_default", False) is None:
        del columns["is_default"]
    kept = await custom_fields.keep(session, "address", row.id, entries)
    if not columns and not kept:
        return False
    if columns.get("is_default"):
        await _turn(session, _UNSET, row.profile_id, keep=row.id)
    await session.update(Address, {"id": row.id}, {**columns, "updated_at": session.now})
    old = {name: getattr(row, name) for name in columns}
    session.outbox.audit("updated", "Address", row.id, old, columns, row.profile_id)
    _emit(session, "updated", row.id, row.profile_id)
    return True


async def remove(session: Any, row: Any) -> None:
    """Deletes an address; when it was the default, the oldest one left takes its place."""
    state = Context(text=await Context(_CONTEXT, {"id": row.id}).render(session))
    session.outbox.emit("profile.address.deleted", "address", row.id, state, row.profile_id)
    await custom_fields.drop(session, "address", row.id)
    await session.execute(_DELETE, id=row.id)
    if row.is_default:
        await _turn(session, _PROMOTE, row.profile_id)
    old = {name: value for name, value in row._asdict().items() if value is not None}
    session.outbox.audit("deleted", "Address", row.id, old, None, row.profile_id)


async def _turn(session: Any, statement: Statement, profile_id: uuid.UUID, **values: Any) -> None:
    """Takes the default from an address, or gives it to one, which is told of that one as well."""
    for row in await session.rows(statement, profile=profile_id, **values):
        _emit(session, "updated", row.id, profile_id)


def _prepared(values: dict[str, Any]) -> dict[str, Any]:
    columns = dict(values)
    country = columns.get("country")
    if isinstance(country, str) and len(country) == 2 and country.isalpha() and columns.get("iso") is None:
        columns["iso"] = country.upper()
    return columns


def _emit(session: Any, what: str, identifier: int, profile_id: uuid.UUID) -> None:
    context = Context(_CONTEXT, {"id": identifier})
    for name in (f"profile.address.{what}", f"address.{what}"):
        session.outbox.emit(name, "address", identifier, context, profile_id)
