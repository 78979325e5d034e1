"""The rules of identities (profiles 4). Callers hold the profile's lock."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, select

from omneo_api.foundation.errors import Errors, NotFound, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.identities.context import IdentityContext
from omneo_api.profiles.identities.models import Identity

EXISTS = "The identity already exists."

_BY_PAIRS = Statement(
    """
    SELECT u.place::int - 1 AS place, i.id, i.profile_id
    FROM unnest(:handles::text[], :identifiers::text[]) WITH ORDINALITY u (handle, identifier, place)
    JOIN identities i ON i.handle_key = lower(u.handle) AND i.identifier_key = lower(u.identifier) AND i.is_live
    """
)
_OF_PROFILE = Statement(
    "SELECT id, handle, identifier, is_primary, is_active, profile_id FROM identities"
    " WHERE profile_id = :profile::uuid ORDER BY id"
)
_BY_HANDLE = Statement(
    """
    SELECT id, handle, identifier, is_primary, is_active, profile_id FROM identities
    WHERE profile_id = :profile::uuid AND (handle_key = lower(:handle::text) OR id = :id::bigint)
    ORDER BY (handle_key = lower(:handle::text)) DESC, is_active DESC, id DESC LIMIT 1
    """
)
_DEMOTE = Statement(
    "UPDATE identities SET is_primary = false, updated_at = omneo_now()"
    " WHERE profile_id = :profile::uuid AND is_primary AND id IS DISTINCT FROM :keep::bigint"
)
_DELETE = Statement(lambda: delete(Identity).where(Identity.id == bindparam("id", type_=BigInteger)))
_CONTEXT = Statement(
    lambda: one_json(rows_json(IdentityContext, Identity).where(Identity.id == bindparam("id", type_=BigInteger)))
)
_HANDLES = Statement(lambda: select(Identity.handle).where(Identity.is_live).distinct().order_by(Identity.handle))


async def owners(session: Any, pairs: Sequence[tuple[str, str]]) -> dict[int, Any]:
    """Which of the (handle, identifier) pairs are taken: place in the list → row with `id` and `profile_id`."""
    if not pairs:
        return {}
    handles, identifiers = [pair[0] for pair in pairs], [pair[1] for pair in pairs]
    return {row.place: row for row in await session.rows(_BY_PAIRS, handles=handles, identifiers=identifiers)}


async def check(session: Any, items: Sequence[Any], own: uuid.UUID | None, path: str, errors: Errors) -> None:
    """Notes the identities of a profile body that belong to somebody else, or come twice."""
    taken = await owners(session, [(item.handle, item.identifier) for item in items])
    mine = {row.id for row in await session.rows(_OF_PROFILE, profile=own)} if own is not None else set()
    note_clashes(items, taken, own, mine, path, errors)


def note_clashes(
    items: Sequence[Any], taken: Mapping[int, Any], own: uuid.UUID | None, mine: set[int], path: str, errors: Errors
) -> None:
    """The same of what `owners` found for the items; mine: the ids of the profile's own identities."""
    seen: set[tuple[str, str]] = set()
    for place, item in enumerate(items):
        pair = (item.handle.lower(), item.identifier.lower())
        owner = taken.get(place)
        named = item.id if own is not None else None
        clash = owner is not None and (owner.profile_id != own or (named is not None and owner.id != named))
        if clash or (pair in seen and (own is None or named is not None)):
            errors.setdefault(f"{path}.{place}.identifier", [EXISTS])
        if named is not None and named not in mine:
            errors.setdefault(f"{path}.{place}.id", [selected_is_invalid(f"{path}.{place}.id")])
        seen.add(pair)


async def apply(session: Any, profile_id: uuid.UUID, items: Sequence[Any], *, created: bool = False) -> bool:
    """Creates or updates the identities of a profile body; True when something changed."""
    rows = [] if created else await session.rows(_OF_PROFILE, profile=profile_id)
    by_id = {row.id: row for row in rows}
    by_pair = {(row.handle.lower(), row.identifier.lower()): row for row in rows}
    changed = False
    for item in items:
        values = sent(item)
        named = values.pop("id", None)
        row = by_id.get(named) or by_pair.get((item.handle.lower(), item.identifier.lower()))
        if row is None:
            await add(session, profile_id, values)
            changed = True
        else:
            changed |= await change(session, row, values)
    return changed


async def add(session: Any, profile_id: uuid.UUID, values: dict[str, Any]) -> int:
    """Adds an identity; a primary one takes the mark from the others. Answers its id."""
    columns = {"profile_id": profile_id, **values}
    if values.get("is_primary"):
        await session.execute(_DEMOTE, profile=profile_id, keep=None)
    identifier: int = (await session.insert(Identity, columns)).id
    tell_added(session, identifier, columns)
    return identifier


def tell_added(session: Any, identifier: int, columns: Mapping[str, Any]) -> None:
    """Notes audit row and event of a new identity."""
    profile_id = columns["profile_id"]
    session.outbox.audit("created", "Identity", identifier, None, {"id": identifier, **columns}, profile_id)
    session.outbox.emit("identity.created", "identity", identifier, Context(_CONTEXT, {"id": identifier}), profile_id)


async def change(session: Any, row: Any, values: dict[str, Any]) -> bool:
    """Applies identifier and flags; the handle stays. True when something changed."""
    changes = {
        name: value
        for name, value in values.items()
        if name in ("identifier", "is_active", "is_primary") and value != getattr(row, name)
    }
    if not changes:
        return False
    if changes.get("is_primary"):
        await session.execute(_DEMOTE, profile=row.profile_id, keep=row.id)
    await session.update(Identity, {"id": row.id}, {**changes, "updated_at": session.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "Identity", row.id, old, changes, row.profile_id)
    return True


async def remove(session: Any, row: Any) -> None:
    await session.execute(_DELETE, id=row.id)
    old = {"id": row.id, "handle": row.handle, "identifier": row.identifier, "is_primary": row.is_primary}
    session.outbox.audit("deleted", "Identity", row.id, old, None, row.profile_id)


async def by_handle(session: Any, profile_id: uuid.UUID, handle: str) -> Any:
    """The profile's identity of that handle: the newest active one, else the newest; digits may be an id.

    Raises: NotFound.
    """
    number = int(handle) if handle.isascii() and handle.isdigit() and len(handle) < 19 else None
    row = await session.row(_BY_HANDLE, profile=profile_id, handle=handle, id=number)
    if row is None:
        raise NotFound
    return row


async def by_id(session: Any, profile_id: uuid.UUID, identifier: int) -> Any:
    """The profile's identity of that id. Raises: NotFound."""
    rows = await session.rows(_OF_PROFILE, profile=profile_id)
    row = next((row for row in rows if row.id == identifier), None)
    if row is None:
        raise NotFound
    return row


async def handles(session: Any) -> list[str]:
    """Every handle in use."""
    return [row.handle for row in await session.rows(_HANDLES)]
