"""The rules of dates (profiles 8). Callers hold the profile's lock."""

import uuid
from collections.abc import Sequence
from typing import Any

from omneo_api.foundation.errors import Errors, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.dates.models import ProfileDate
from omneo_api.profiles.profile import events

_BY_KEY = Statement(
    "SELECT id, profile_id, date, name, handle, relationship, role, is_recurring, recurring_schedule,"
    " description, note, meta FROM profile_dates WHERE profile_id = :profile::uuid AND handle = :handle::text"
    " AND relationship_key = coalesce(:relationship::text, '')"
)
_BY_ID = Statement(
    "SELECT id, profile_id, date, handle, relationship, name FROM profile_dates"
    " WHERE profile_id = :profile::uuid AND id = :id::bigint"
)
_DELETE = Statement("DELETE FROM profile_dates WHERE id = :id::bigint")
_LINKS = Statement(
    "SELECT profile_id, relationship, role FROM profile_date_links WHERE attributes_date_id = :date::bigint ORDER BY id"
)
_UNLINK = Statement("DELETE FROM profile_date_links WHERE attributes_date_id = :date::bigint")
_INSERT_LINKS = Statement(
    """
    INSERT INTO profile_date_links (attributes_date_id, profile_id, relationship, role)
    SELECT :date::bigint, l.profile, l.relation, l.role
    FROM unnest(:profiles::uuid[], :relations::text[], :roles::text[])
         WITH ORDINALITY AS l (profile, relation, role, place)
    ORDER BY l.place
    """
)
_LIVE = Statement("SELECT id FROM profiles WHERE id = ANY (:ids::uuid[]) AND deleted_at IS NULL")


async def check(session: Any, items: Sequence[Any], path: str, errors: Errors) -> None:
    """Notes links to profiles that do not exist; `path` is the list's, or empty for a single date."""
    wanted = {link.profile_id for item in items for link in item.links or ()}
    if not wanted:
        return
    live = {row.id for row in await session.rows(_LIVE, ids=list(wanted))}
    for place, item in enumerate(items):
        for number, link in enumerate(item.links or ()):
            if link.profile_id not in live:
                key = f"{path}.{place}.links.{number}.profile_id" if path else f"links.{number}.profile_id"
                errors[key] = [selected_is_invalid(key)]


async def apply(session: Any, profile_id: uuid.UUID, items: Sequence[Any]) -> bool:
    """Upserts the dates of a profile body; others stay. True when something changed."""
    changed = False
    for item in items:
        changed |= (await put(session, profile_id, item))[1]
    return changed


async def put(session: Any, profile_id: uuid.UUID, item: Any) -> tuple[int, bool]:
    """Stores a date under its handle and relationship; answers its id and whether something changed."""
    values = sent(item)
    links = values.pop("links", None)
    if values.get("is_recurring", False) is None:
        values["is_recurring"] = False
    row = await session.row(_BY_KEY, profile=profile_id, handle=item.handle, relationship=item.relationship)
    if row is None:
        columns = {"profile_id": profile_id, **values}
        identifier: int = (await session.insert(ProfileDate, columns)).id
        session.outbox.audit("created", "DateAttribute", identifier, None, {"id": identifier, **columns}, profile_id)
        changed = True
    else:
        identifier = row.id
        changed = await _change(session, row, values)
    if links is not None and await _link(session, identifier, links):
        changed = True
    if changed:
        old = {"date": row.date, "name": row.name, "relationship": row.relationship} if row is not None else None
        _emit(session, profile_id, item.handle, {"date": item.date, "name": item.name}, old)
    return identifier, changed


async def _change(session: Any, row: Any, values: dict[str, Any]) -> bool:
    changes = {name: value for name, value in values.items() if value != getattr(row, name)}
    if changes:
        await session.update(ProfileDate, {"id": row.id}, {**changes, "updated_at": session.now})
        old = {name: getattr(row, name) for name in changes}
        session.outbox.audit("updated", "DateAttribute", row.id, old, changes, row.profile_id)
    return bool(changes)


async def _link(session: Any, date: int, links: Sequence[Any]) -> bool:
    wanted = [(link.profile_id, link.relationship, link.role) for link in links]
    stored = [(row.profile_id, row.relationship, row.role) for row in await session.rows(_LINKS, date=date)]
    if wanted == stored:
        return False
    await session.execute(_UNLINK, date=date)
    if wanted:
        profiles, relations, roles = (list(column) for column in zip(*wanted, strict=True))
        await session.execute(_INSERT_LINKS, date=date, profiles=profiles, relations=relations, roles=roles)
    return True


async def remove(session: Any, profile_id: uuid.UUID, identifier: int) -> bool:
    """Deletes a date with its links; False when the profile has none of that id."""
    row = await session.row(_BY_ID, profile=profile_id, id=identifier)
    if row is None:
        return False
    await session.execute(_DELETE, id=identifier)
    old = {"id": row.id, "date": row.date, "handle": row.handle, "relationship": row.relationship}
    session.outbox.audit("deleted", "DateAttribute", row.id, old, None, profile_id)
    _emit(session, profile_id, row.handle, None, {"date": row.date, "name": row.name})
    return True


def _emit(session: Any, profile_id: uuid.UUID, handle: str, value: Any, old: Any) -> None:
    events.attribute_updated(session, profile_id, "dates", handle=handle, value=value, old_value=old)
