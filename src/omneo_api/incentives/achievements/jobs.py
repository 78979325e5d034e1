"""Cycles that close without anybody counting, changed definitions, and rows of batches."""

from typing import Any

from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import validate
from omneo_api.foundation.jobs import JobContext, periodic, task
from omneo_api.incentives.achievements import service
from omneo_api.incentives.achievements.definitions import REVIEW
from omneo_api.incentives.achievements.schemas import OwnedCount
from omneo_api.incentives.inputs import with_profile
from omneo_api.platform.batches.service import Applied, BatchRun, processor

ACTOR = Actor(url="job:achievements")


@periodic("incentives.achievements.close", cron="*/5 * * * *")
async def close(job: JobContext) -> None:
    """Closes the cycles that are over and tells of the levels that were lost."""
    while await job.write(ACTOR, service.follow_clock):
        continue


@task(REVIEW)
async def review(job: JobContext, definition: int) -> None:
    """Applies a changed definition to everybody who counts for it."""

    async def portion(session: WriteSession) -> int:
        return await service.review(session, definition)

    while await job.write(ACTOR, portion):
        continue


@processor("achievement")
async def apply(session: WriteSession, row: dict[str, Any], _batch: BatchRun) -> Applied:
    """Counts one row. Raises: Invalid."""
    body = validate(OwnedCount, await with_profile(session, row))
    try:
        return await service.add(session, body.profile_id, body), None
    except NotFound:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id")) from None
