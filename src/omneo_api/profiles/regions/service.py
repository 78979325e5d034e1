"""The rules of a profile's regions (profiles 14). Callers hold the profile's lock."""

import uuid
from collections.abc import Sequence
from typing import Any

from omneo_api.foundation.errors import Errors, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import hooks
from omneo_api.profiles.regions.models import ProfileRegion

_KNOWN = Statement(
    "SELECT id, handle_key FROM regions WHERE id = ANY (:ids::bigint[]) OR handle_key = ANY (:handles::text[])"
)
_ROWS = Statement(
    "SELECT id, region_id, country, state, is_active, profile_id FROM profile_regions"
    " WHERE profile_id = :profile::uuid ORDER BY id"
)
_CLEAR = Statement(
    "UPDATE profile_regions SET is_active = false, updated_at = omneo_now()"
    " WHERE profile_id = :profile::uuid AND is_active AND region_id <> :keep::bigint"
)
_DELETE = Statement("DELETE FROM profile_regions WHERE id = :id::bigint")


async def rows_of(session: Any, profile_id: uuid.UUID) -> dict[int, Any]:
    """The profile's regions by the region's id."""
    return {row.region_id: row for row in await session.rows(_ROWS, profile=profile_id)}


async def resolve(session: Any, items: Sequence[Any], paths: Sequence[str], errors: Errors) -> list[int]:
    """The region ids that the items name by id or handle; unknown ones are noted under their paths."""
    if not items:
        return []
    ids = [item.region_id or item.id for item in items if item.region_id or item.id]
    handles = [item.handle.lower() for item in items if item.handle]
    rows = await session.rows(_KNOWN, ids=ids, handles=handles)
    by_id, by_handle = {row.id for row in rows}, {row.handle_key: row.id for row in rows}
    found = []
    for item, path in zip(items, paths, strict=True):
        named = item.region_id or item.id
        known = named if named in by_id else None if named else by_handle.get((item.handle or "").lower())
        if known is None:
            errors.setdefault(path, [selected_is_invalid(path)])
        found.append(known or 0)
    return found


async def attach(session: Any, profile_id: uuid.UUID, region_id: int, values: dict[str, Any]) -> bool:
    """Attaches a region or updates it; a first region is active unless the flag says otherwise.

    At most one is active: a new active one takes the mark from the others. True when something changed.
    """
    rows = await rows_of(session, profile_id)
    row = rows.get(region_id)
    columns: dict[str, Any] = {name: values[name] for name in ("country", "state", "is_active") if name in values}
    if columns.get("is_active", False) is None:
        del columns["is_active"]
    if row is None:
        columns.setdefault("is_active", not rows)
        columns = {"profile_id": profile_id, "region_id": region_id, **columns}
    else:
        columns = {name: value for name, value in columns.items() if value != getattr(row, name)}
        if not columns:
            return False
    if columns.get("is_active"):
        await session.execute(_CLEAR, profile=profile_id, keep=region_id)
    if row is None:
        identifier = (await session.insert(ProfileRegion, columns)).id
        session.outbox.audit("created", "ProfileRegion", identifier, None, {"id": identifier, **columns}, profile_id)
    else:
        await session.update(ProfileRegion, {"id": row.id}, {**columns, "updated_at": session.now})
        old = {name: getattr(row, name) for name in columns}
        session.outbox.audit("updated", "ProfileRegion", row.id, old, columns, profile_id)
    await hooks.on_profile_program(session, profile_id)
    return True


async def detach(session: Any, row: Any) -> None:
    await session.execute(_DELETE, id=row.id)
    old = {"id": row.id, "region_id": row.region_id, "is_active": row.is_active}
    session.outbox.audit("deleted", "ProfileRegion", row.id, old, None, row.profile_id)
    await hooks.on_profile_program(session, row.profile_id)
