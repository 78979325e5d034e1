"""The rules of counting: accepting a count, following the clock and merging profiles (incentives-status 7)."""

import uuid
from typing import Any

from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.achievements import standings
from omneo_api.incentives.achievements.models import AchievementPoint
from omneo_api.incentives.achievements.schemas import AchievementPointBody
from omneo_api.incentives.achievements.scoring import MOST_CROSSED, Count
from omneo_api.profiles.scope import lock_profile

PORTION = 100

_BY_HANDLE = Statement(
    "SELECT id FROM achievement_definitions WHERE handle_key = lower(:handle::text) AND deleted_at IS NULL"
)
_DUE = Statement(
    """
    WITH due AS MATERIALIZED (
        SELECT profile_id FROM achievement_progress WHERE due_at <= omneo_now() ORDER BY due_at LIMIT :most::bigint
    )
    SELECT id FROM profiles WHERE id = ANY (ARRAY(SELECT DISTINCT profile_id FROM due)) AND deleted_at IS NULL
    ORDER BY id FOR UPDATE SKIP LOCKED
    """
)
_UNREVIEWED = Statement(
    """
    WITH due AS MATERIALIZED (
        SELECT p.profile_id FROM achievement_progress p
        JOIN achievement_definitions d ON d.tenant_id = p.tenant_id AND d.id = p.definition_id
        JOIN profiles o ON o.tenant_id = p.tenant_id AND o.id = p.profile_id AND o.deleted_at IS NULL
        WHERE p.definition_id = :definition::bigint AND p.revision <> d.revision ORDER BY p.id LIMIT :most::bigint
    )
    SELECT id FROM profiles WHERE id = ANY (ARRAY(SELECT profile_id FROM due)) AND deleted_at IS NULL
    ORDER BY id FOR UPDATE
    """
)


async def find_definition(session: Any, reference: int | str) -> int | None:
    """The id of a live definition by id or handle."""
    if isinstance(reference, str):
        reference = await session.value(_BY_HANDLE, handle=reference) or 0
    found = await standings.definition(session, int(reference))
    return None if found is None else int(found.id)


async def add(
    session: Any,
    profile_id: uuid.UUID,
    body: AchievementPointBody,
    *,
    source_type: str | None = None,
    source_id: str | None = None,
    shown_only: bool = False,
) -> int:
    """Accepts a count for a profile and answers the point's id; every wrong field is told at once.

    shown_only: whether definitions that customers never see are unknown. Raises: NotFound for the profile, Invalid.
    """
    await lock_profile(session, profile_id)
    now = session.now
    issued_at = body.issued_at or now.replace(microsecond=0)
    found = await standings.definition(session, body.definition_id)
    if found is not None and shown_only and found.display_option == "internal":
        found = None
    errors: Errors = {}
    if found is None:
        errors["definition_id"] = [selected_is_invalid("definition_id")]
    elif not _within(found, now):
        errors["definition_id"] = ["The selected definition id is not active."]
    if body.expires_at is not None and body.expires_at <= issued_at:
        errors["expires_at"] = ["The expires at field must be a date after issued at."]
    if errors or found is None:
        raise Invalid(errors)
    stored = await standings.load(session, profile_id, found, now)
    standing = stored.standing
    before = len(standing.happened)
    held = standing.held.trigger if standing.held else 0
    if standing.rules.number_crossed(held, standing.score + body.count) > MOST_CROSSED:
        raise Invalid.field("count", f"The count field must not reach more than {MOST_CROSSED} levels at once.")
    count = Count(body.count, issued_at, body.expires_at)
    standing.take(count)
    values = {
        "profile_id": profile_id,
        "definition_id": found.id,
        "count": count.count,
        "issued_at": issued_at,
        "expires_at": body.expires_at,
        "cycle": count.cycle,
        "source_type": source_type,
        "source_id": source_id,
        "meta": body.meta,
    }
    identifier: int = (await session.insert(AchievementPoint, values)).id
    shown = {name: value for name, value in values.items() if value is not None and name != "cycle"}
    session.outbox.audit("created", "AchievementPoint", identifier, None, {"id": identifier, **shown}, profile_id)
    await standings.save(session, stored, body.count, before)
    return identifier


def _within(definition: Any, now: Any) -> bool:
    return (definition.starts_at is None or definition.starts_at <= now) and (
        definition.ends_at is None or now <= definition.ends_at
    )


# Time -----------------------------------------------------------------------------------------------------------------


async def follow_clock(session: Any) -> int:
    """Closes cycles, and begins and ends counts, whose moment has come; answers how many profiles it looked at.

    A profile that somebody else holds is left for the next time.
    """
    return await _follow(session, await session.rows(_DUE, most=PORTION))


async def review(session: Any, definition_id: int) -> int:
    """Applies a changed definition to those who count for it; answers how many profiles it looked at."""
    return await _follow(session, await session.rows(_UNREVIEWED, definition=definition_id, most=PORTION))


async def _follow(session: Any, profiles: list[Any]) -> int:
    for profile in profiles:
        for stored in await standings.overdue(session, profile.id, session.now):
            await standings.save(session, stored)
    return len(profiles)


# Merging --------------------------------------------------------------------------------------------------------------

_OF = Statement(
    "SELECT definition_id FROM achievement_progress WHERE profile_id = :profile::uuid ORDER BY definition_id"
)
_MOVE_ONE = tuple(
    Statement(
        f"UPDATE {table} SET profile_id = :winner::uuid"
        " WHERE profile_id = :loser::uuid AND definition_id = :definition::bigint"
    )
    for table in ("achievement_progress", "achievement_points", "achievement_unlocks")
)
_JOIN_POINTS = Statement(
    """
    UPDATE achievement_points SET profile_id = :winner::uuid,
           cycle = CASE WHEN cycle = :old::timestamptz THEN :new::timestamptz ELSE cycle END
    WHERE profile_id = :loser::uuid AND definition_id = :definition::bigint
    """
)
_JOIN_UNLOCKS = Statement(
    """
    INSERT INTO achievement_unlocks
        (profile_id, definition_id, level_id, repetition, cycle, trigger, is_told, created_at)
    SELECT :winner::uuid, definition_id, level_id, repetition,
           CASE WHEN cycle = :old::timestamptz THEN :new::timestamptz ELSE cycle END, trigger, is_told, created_at
    FROM achievement_unlocks WHERE profile_id = :loser::uuid AND definition_id = :definition::bigint
    ON CONFLICT DO NOTHING
    """
)
_FORGET = tuple(
    Statement(f"DELETE FROM {table} WHERE profile_id = :loser::uuid AND definition_id = :definition::bigint")
    for table in ("achievement_unlocks", "achievement_progress")
)


async def merge(session: Any, loser: uuid.UUID, winner: uuid.UUID) -> None:
    """Gives the counts of one profile to the other; the caller holds both locks.

    Where both were on the way, counts are added, the higher level is kept, and what that reaches anew is told.
    """
    for row in await session.rows(_OF, profile=loser):
        ids = {"loser": loser, "winner": winner, "definition": row.definition_id}
        found = await standings.definition(session, row.definition_id, deleted=True)
        gone = await standings.load(session, loser, found, session.now)
        stays = await standings.load(session, winner, found, session.now)
        if stays.row is None:
            for statement in _MOVE_ONE:
                await session.execute(statement, **ids)
            continue
        await standings.save(session, gone)
        cycle = gone.standing.cycle
        stays.standing.join(gone.standing)
        cycles = {"old": cycle, "new": stays.standing.cycle}
        await session.execute(_JOIN_POINTS, **ids, **cycles)
        await session.execute(_JOIN_UNLOCKS, **ids, **cycles)
        for statement in _FORGET:
            await session.execute(statement, **ids)
        await standings.save(session, stays)
