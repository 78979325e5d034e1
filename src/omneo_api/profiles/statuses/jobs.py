"""Batches of statuses and tags, and the end of statuses that have run out (incentives-status 10.2, 10.4, 11)."""

import uuid
from typing import Any

from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.database import Actor
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import validate
from omneo_api.foundation.jobs import JobContext, periodic
from omneo_api.foundation.statements import Statement
from omneo_api.platform.batches.service import Applied, BatchRun, processor
from omneo_api.profiles.profile import service as profiles
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile
from omneo_api.profiles.statuses import service
from omneo_api.profiles.statuses.routes import StatusRow, TagRow

_DUE = Statement(
    """
    SELECT DISTINCT profile_id FROM profile_statuses
    WHERE expires_at <= omneo_now() AND removed_at IS NULL AND expired_at IS NULL ORDER BY profile_id LIMIT 200
    """
)
_LOCK = Statement("SELECT id FROM profiles WHERE id = ANY (:ids::uuid[]) ORDER BY id FOR UPDATE")
_END = Statement(
    """
    UPDATE profile_statuses SET expired_at = omneo_now(), updated_at = omneo_now()
    WHERE profile_id = ANY (:ids::uuid[]) AND expires_at <= omneo_now() AND removed_at IS NULL AND expired_at IS NULL
    """
)
_LIVE = Statement("SELECT id FROM profiles WHERE id = ANY (:ids::uuid[]) AND deleted_at IS NULL")


async def _locked(session: Any, profile_id: uuid.UUID) -> Any:
    try:
        return await lock_profile(session, profile_id)
    except NotFound:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id")) from None


@processor("profile.statuses.attach")
async def attach_statuses(session: Any, row: dict[str, Any], _batch: BatchRun) -> Applied:
    body = validate(StatusRow, row)
    await _locked(session, body.profile_id)
    if await service.attach(session, body.profile_id, body.statuses):
        await touched(session, body.profile_id)
    return body.profile_id, None


@processor("profile.statuses.detach")
async def detach_statuses(session: Any, row: dict[str, Any], _batch: BatchRun) -> Applied:
    body = validate(StatusRow, row)
    await _locked(session, body.profile_id)
    if await service.detach(session, body.profile_id, body.statuses):
        await touched(session, body.profile_id)
    return body.profile_id, None


@processor("profile.tags.attach")
async def attach_tags(session: Any, row: dict[str, Any], _batch: BatchRun) -> Applied:
    body = validate(TagRow, row)
    current = await _locked(session, body.profile_id)
    tags = list(dict.fromkeys([*current.tags, *await register_tags(session, body.tags)]))
    await profiles.set_columns(session, body.profile_id, {"tags": tags})
    return body.profile_id, None


@processor("profile.tags.detach")
async def detach_tags(session: Any, row: dict[str, Any], _batch: BatchRun) -> Applied:
    body = validate(TagRow, row)
    current = await _locked(session, body.profile_id)
    gone = set(body.tags)
    await profiles.set_columns(session, body.profile_id, {"tags": [tag for tag in current.tags if tag not in gone]})
    return body.profile_id, None


@periodic("profiles.expire_statuses", cron="*/15 * * * *")
async def expire(job: JobContext) -> None:
    """Marks assignments that have run out, and tells once per profile that its statuses changed."""
    while True:
        async with job.database.writing(job.tenant, Actor()) as session:
            ids = [row.profile_id for row in await session.rows(_DUE)]
            if not ids:
                return
            await session.rows(_LOCK, ids=ids)
            await session.execute(_END, ids=ids)
            for row in await session.rows(_LIVE, ids=ids):
                await touched(session, row.id)
