"""Time passing for tiers: anniversaries, points that begin to count, and levels that were deleted.

Every portion of profiles is one transaction; what is done is not due any more, so a job that dies is begun again and
nothing is told twice.
"""

import uuid
from datetime import UTC, datetime
from typing import Any

from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, periodic, task
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.tiers.definitions.resource import LOST_LEVEL
from omneo_api.incentives.tiers.standing import events, service
from omneo_api.incentives.tiers.standing.ladder import LOST, Told

ACTOR = Actor(url="job:tiers")
PORTION = 500
BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)

# A profile that somebody else holds is left for the next run; a standing in a program that is no more the profile's is
# not looked at again, for whoever moves the profile back calculates it.
_DUE = Statement(
    """
    WITH due AS MATERIALIZED (
        SELECT id, profile_id, due_at FROM tier_standings
        WHERE due_at <= (SELECT omneo_now()) AND (due_at, id) > (:after::timestamptz, :last::bigint)
        ORDER BY due_at, id LIMIT :most::int
    ), held AS MATERIALIZED (
        SELECT id FROM profiles WHERE id = ANY (ARRAY(SELECT DISTINCT profile_id FROM due)) AND deleted_at IS NULL
        ORDER BY id FOR UPDATE SKIP LOCKED
    )
    SELECT ARRAY(SELECT id FROM held) AS profiles, count(*) AS looked_at,
           (SELECT due_at FROM due ORDER BY due_at DESC, id DESC LIMIT 1) AS after,
           (SELECT id FROM due ORDER BY due_at DESC, id DESC LIMIT 1) AS last
    FROM due
    """
)
_FORGET = Statement(
    """
    UPDATE tier_standings SET due_at = NULL
    WHERE profile_id = ANY (:profiles::uuid[]) AND due_at <= (SELECT omneo_now())
    """
)
_HOLDERS = Statement(
    """
    SELECT DISTINCT s.profile_id FROM tier_standings s JOIN profiles p ON p.tenant_id = s.tenant_id AND p.id = s.profile_id
    WHERE s.tier_id = :tier::bigint AND p.deleted_at IS NULL
      AND (:after::uuid IS NULL OR s.profile_id > :after::uuid)
    ORDER BY s.profile_id LIMIT :most::int
    """
)
_LOCK = Statement(
    "SELECT id FROM profiles WHERE id = ANY (:profiles::uuid[]) AND deleted_at IS NULL ORDER BY id FOR UPDATE"
)
_LEFT_BEHIND = Statement(
    """
    UPDATE tier_standings SET tier_id = NULL, cycle_on = NULL, achieved_on = NULL, maintained_on = NULL,
        assigned_at = NULL, cycle_boundary_id = 0, achieved_boundary_id = 0, is_placed = false, due_at = NULL,
        updated_at = omneo_now()
    WHERE tier_id = :tier::bigint AND profile_id = ANY (:profiles::uuid[]) RETURNING id, profile_id
    """
)


@periodic("incentives.tiers.maintain", cron="10 * * * *")
async def maintain(job: JobContext) -> None:
    """Judges the anniversaries that have come and counts the points that count from now on.

    Hourly, so that a point of the afternoon is counted on its day; an anniversary is due from midnight on.
    """
    after, last = BEGINNING, 0
    while True:

        async def portion(session: WriteSession, after: datetime = after, last: int = last) -> Any:
            return await keep_up(session, after, last)

        looked = await job.write(ACTOR, portion)
        if not looked.looked_at:
            return
        after, last = looked.after, looked.last


async def keep_up(session: Any, after: datetime, last: int, most: int = PORTION) -> Any:
    """Calculates the profiles of a portion of due standings; answers how far it has looked."""
    looked = await session.row(_DUE, after=after, last=last, most=most)
    if looked.profiles:
        await service.present(session)
        await service.calculate(session, looked.profiles)
        await session.execute(_FORGET, profiles=looked.profiles)
    return looked


@task(LOST_LEVEL)
async def lost_level(job: JobContext, tier_id: int) -> None:
    """Measures everybody anew who holds a level that was deleted."""
    after: uuid.UUID | None = None
    while True:

        async def portion(session: WriteSession, after: uuid.UUID | None = after) -> uuid.UUID | None:
            return await leave_level(session, tier_id, after)

        after = await job.write(ACTOR, portion)
        if after is None:
            return


async def leave_level(session: Any, tier_id: int, after: uuid.UUID | None) -> uuid.UUID | None:
    """Takes a deleted level from a portion of its holders; answers the last of them, None when there was none.

    Who holds it in a program that went with its last level holds nothing there from now on.
    """
    holders: list[uuid.UUID] = [
        row.profile_id for row in await session.rows(_HOLDERS, tier=tier_id, after=after, most=PORTION)
    ]
    if not holders:
        return None
    locked = [row.id for row in await session.rows(_LOCK, profiles=holders)]
    await service.present(session)
    await service.calculate(session, locked)
    for row in await session.rows(_LEFT_BEHIND, tier=tier_id, profiles=locked):
        events.tell(session, row.id, row.profile_id, Told(LOST, tier_id, tier_id))
        session.outbox.audit("updated", "Tier", row.id, {"tier_id": tier_id}, {"tier_id": None}, row.profile_id)
    return holders[-1]
