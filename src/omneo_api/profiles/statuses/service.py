"""Attaching and taking away statuses (incentives-status 10.3, 10.4). Callers hold the profile's lock."""

import uuid
from collections.abc import Sequence
from typing import Any

from omneo_api.foundation.statements import Statement
from omneo_api.profiles.statuses.expiry import expires_at
from omneo_api.profiles.statuses.models import ProfileStatus

_NAMED = Statement(
    """
    SELECT s.id, s.handle_key, s.period, s.period_type, s.absolute_expiry, s.timezone
    FROM statuses s WHERE s.handle_key = ANY (:handles::text[]) AND s.deleted_at IS NULL
    ORDER BY array_position(:handles::text[], s.handle_key)
    """
)
_HELD = Statement(
    """
    SELECT ps.id, ps.status_id, ps.expires_at, s.handle, s.handle_key,
           ps.expires_at IS NULL OR ps.expires_at > omneo_now() AS is_active
    FROM profile_statuses ps JOIN statuses s ON s.tenant_id = ps.tenant_id AND s.id = ps.status_id
    WHERE ps.profile_id = :profile::uuid AND ps.removed_at IS NULL ORDER BY ps.id
    """
)
_RANKED = Statement(
    """
    SELECT s.handle, EXISTS (
        SELECT 1 FROM profile_statuses ps
        WHERE ps.tenant_id = s.tenant_id AND ps.status_id = s.id AND ps.profile_id = :profile::uuid
          AND ps.removed_at IS NULL AND (ps.expires_at IS NULL OR ps.expires_at > omneo_now())) AS is_held
    FROM statuses s WHERE s.group_handle = :group::text AND s.deleted_at IS NULL
    ORDER BY CASE WHEN :descending::boolean THEN -s.sort_order::bigint ELSE s.sort_order END NULLS LAST, s.id
    """
)
_REMOVE = Statement(
    "UPDATE profile_statuses SET removed_at = omneo_now(), updated_at = omneo_now() WHERE id = ANY (:ids::bigint[])"
)


async def ranked(session: Any, profile_id: uuid.UUID, group: str, *, descending: bool) -> list[Any]:
    """The statuses of a group (handle, is_held) from the highest on, which is that of the greatest `sort_order`.

    descending: otherwise the least `sort_order` is the highest. A status without one ranks last.
    """
    rows: list[Any] = await session.rows(_RANKED, profile=profile_id, group=group, descending=descending)
    return rows


async def replace(session: Any, profile_id: uuid.UUID, handles: Sequence[str]) -> bool:
    """Makes the set what `handles` names; kept ones keep their expiry. True when something changed."""
    return await _make(session, profile_id, handles, whole=True)


async def attach(session: Any, profile_id: uuid.UUID, handles: Sequence[str]) -> bool:
    """Adds statuses, keeps the rest; handles that are no status are left out. True when something changed."""
    return await _make(session, profile_id, handles, whole=False)


async def detach(session: Any, profile_id: uuid.UUID, handles: Sequence[str]) -> bool:
    """Takes away the statuses of those handles that the profile holds. True when something changed."""
    gone = {handle.lower() for handle in handles}
    held = [row for row in await session.rows(_HELD, profile=profile_id) if row.handle_key in gone]
    return await _remove(session, profile_id, held)


async def _make(session: Any, profile_id: uuid.UUID, handles: Sequence[str], *, whole: bool) -> bool:
    wanted = list(dict.fromkeys(handle.lower() for handle in handles if handle))
    named = await session.rows(_NAMED, handles=wanted) if wanted else []
    held = await session.rows(_HELD, profile=profile_id)
    active = {row.status_id for row in held if row.is_active}
    missing = [status for status in named if status.id not in active]
    known = {status.id for status in named}
    again = {status.id for status in missing}
    gone = [row for row in held if row.status_id in again or (whole and row.status_id not in known)]
    changed = await _remove(session, profile_id, gone)
    for status in missing:
        values = {
            "profile_id": profile_id,
            "status_id": status.id,
            "attached_at": session.now,
            "expires_at": expires_at(status, session.now),
        }
        identifier = (await session.insert(ProfileStatus, values)).id
        session.outbox.audit("created", "ProfileStatus", identifier, None, {"id": identifier, **values}, profile_id)
    return changed or bool(missing)


async def _remove(session: Any, profile_id: uuid.UUID, rows: Sequence[Any]) -> bool:
    if rows:
        await session.execute(_REMOVE, ids=[row.id for row in rows])
    for row in rows:
        old = {"id": row.id, "status": row.handle, "expires_at": row.expires_at}
        session.outbox.audit("deleted", "ProfileStatus", row.id, old, None, profile_id)
    return bool(rows)
