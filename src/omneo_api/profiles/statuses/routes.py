"""The statuses and tags of one profile over HTTP, and batches of both (incentives-status 10.2, 11)."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ARRAY, Text, any_, bindparam, cast, func, select
from sqlalchemy.dialects.postgresql import UUID

from omneo_api.configuration.tags import Tag, TagRead
from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import Body
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.render import list_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.platform.batches.service import batch_body, queue, queued_data
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.scope import lock_profile, require_profile
from omneo_api.profiles.statuses import service
from omneo_api.profiles.statuses.models import ProfileStatus, Status
from omneo_api.profiles.statuses.schemas import StatusRead, active

routes = Routes("Statuses")
batches = Routes("Statuses")
_OWNER = bindparam("owner", type_=UUID(as_uuid=True))


def _statuses() -> Any:
    rows = rows_json(StatusRead, Status).where(
        Status.id.in_(
            select(ProfileStatus.status_id).where(
                ProfileStatus.profile_id == _OWNER, ProfileStatus.removed_at.is_(None), active(ProfileStatus)
            )
        )
    )
    return select(list_json(rows.order_by(Status.sort_order.asc().nulls_last(), Status.id)))


def _tags() -> Any:
    mine = cast(select(Profile.tags).where(Profile.id == _OWNER).scalar_subquery(), ARRAY(Text))
    rows = rows_json(TagRead, Tag).where(Tag.handle == any_(mine))
    return select(list_json(rows.order_by(func.array_position(mine, Tag.handle, type_=Text))))


_STATUSES, _TAGS = Statement(_statuses), Statement(_tags)


class StatusesBody(Body):
    statuses: Annotated[list[fields.Text], Field(max_length=1000)]


class StatusRow(StatusesBody):
    profile_id: fields.Uuid


class TagRow(Body):
    profile_id: fields.Uuid
    tags: fields.Tags


@routes.get("/statuses", "read-profiles", envelope="list", answers=StatusRead)
async def browse_statuses(session: Any, owner: Owner) -> Answer:
    """List the active statuses of a profile, best rank first"""
    await require_profile(session, owner.id)
    return one(await session.value(_STATUSES, owner=owner.id))


@routes.post("/statuses", "update-profiles", envelope="list", answers=StatusRead, example={"statuses": ["vip"]})
async def attach(session: Any, owner: Owner, body: StatusesBody) -> Answer:
    """Attach statuses to a profile; answers all of them

    A handle that is no status is left out; one that is held keeps its expiry.
    """
    await lock_profile(session, owner.id)
    if await service.attach(session, owner.id, body.statuses):
        await touched(session, owner.id)
    return one(await session.value(_STATUSES, owner=owner.id), 201)


@routes.delete("/statuses/{handle}", "update-profiles", envelope="none")
async def detach(session: Any, owner: Owner, handle: str) -> Answer:
    """Take a status from a profile"""
    await lock_profile(session, owner.id)
    if not await service.detach(session, owner.id, [handle]):
        raise NotFound
    await touched(session, owner.id)
    return NO_CONTENT


@routes.get("/tags", "read-profiles", envelope="list", answers=TagRead)
async def browse_tags(session: Any, owner: Owner) -> Answer:
    """List the tags of a profile"""
    await require_profile(session, owner.id)
    return one(await session.value(_TAGS, owner=owner.id))


async def _queued(session: Any, call: Call, row: type[Body], entity: str, processor: str) -> Answer:
    checked = batch_body(call.body, "profiles", row)
    identifier = await queue(session, entity, checked.rows, checked.import_job_id, processor=processor)
    return queued_data(identifier)


_PATH = "/profile/status/batch.json"
_GONE = "/profile/status/remove/batch.json"
_TAG_PATH = "/profile/tags/batch.json"


@batches.post(_PATH, "update-profiles", envelope="message", success=202, aliases=("/profile/status/batch",))
async def attach_many(session: Any, call: Call) -> Answer:
    """Queue that statuses are attached to many profiles"""
    return await _queued(session, call, StatusRow, "profile", "profile.statuses.attach")


@batches.delete(_PATH, "update-profiles", envelope="message", success=202, aliases=("/profile/status/batch",))
async def detach_many(session: Any, call: Call) -> Answer:
    """Queue that statuses are taken from many profiles"""
    return await _queued(session, call, StatusRow, "profile", "profile.statuses.detach")


@batches.post(_GONE, "update-profiles", envelope="message", success=202, aliases=("/profile/status/remove/batch",))
async def detach_many_by_post(session: Any, call: Call) -> Answer:
    """Queue that statuses are taken from many profiles, for clients that send no body with DELETE"""
    return await _queued(session, call, StatusRow, "profile", "profile.statuses.detach")


@batches.post(_TAG_PATH, "update-profiles", envelope="message", success=202, aliases=("/profile/tags/batch",))
async def tag_many(session: Any, call: Call) -> Answer:
    """Queue that tags are added to many profiles"""
    return await _queued(session, call, TagRow, "profile", "profile.tags.attach")


@batches.delete(_TAG_PATH, "update-profiles", envelope="message", success=202, aliases=("/profile/tags/batch",))
async def untag_many(session: Any, call: Call) -> Answer:
    """Queue that tags are taken from many profiles"""
    return await _queued(session, call, TagRow, "profile", "profile.tags.detach")
