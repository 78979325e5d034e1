"""The regions of a profile over HTTP (profiles 14)."""

from typing import Any

from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner
from omneo_api.foundation.errors import Errors, Invalid, NotFound
from omneo_api.foundation.fields import Body, sent
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.profiles.profile.bodies import RegionItem
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.regions import service
from omneo_api.profiles.regions.models import ProfileRegion
from omneo_api.profiles.regions.schemas import ProfileRegionRead
from omneo_api.profiles.scope import lock_profile

reader = Reader(Listing(ProfileRegionRead, ProfileRegion, filters=("country", "state", "is_active")))
routes = Routes("Profile regions")


class RegionAttachment(Body):
    region_id: fields.Int
    country: fields.Text | None = None
    state: fields.Text | None = None
    is_active: fields.Bool | None = None


class RegionUpdate(Body):
    country: fields.Text | None = None
    state: fields.Text | None = None
    is_active: fields.Bool | None = None


async def _whole(session: Any, call: Call, owner: Owner, status: int = 200) -> Answer:
    answer = await reader.browse(session, call, owner, "all")
    return Answer(status, answer.body)


@routes.get("/regions", "read-profiles", envelope="list", answers=ProfileRegionRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the regions of a profile"""
    return await _whole(session, call, owner)


@routes.get("/regions/{region}", "read-profiles", answers=ProfileRegionRead)
async def show(session: Any, call: Call, owner: Owner, region: int) -> Answer:
    """Read a region of a profile"""
    row = (await service.rows_of(session, owner.id)).get(region)
    if row is None:
        raise NotFound
    return await reader.show(session, call, row.id, owner)


@routes.post("/regions", "update-profiles", envelope="list", answers=ProfileRegionRead, example={"region_id": 3})
async def attach(session: Any, call: Call, owner: Owner, body: RegionAttachment) -> Answer:
    """Attach a region to a profile; answers all of them"""
    await lock_profile(session, owner.id)
    errors: Errors = {}
    item = RegionItem(**sent(body))
    await service.resolve(session, [item], ["region_id"], errors)
    if errors:
        raise Invalid(errors)
    if await service.attach(session, owner.id, body.region_id, sent(body)):
        await touched(session, owner.id)
    return await _whole(session, call, owner, 201)


@routes.put(
    "/regions/{region}", "update-profiles", envelope="list", answers=ProfileRegionRead, example={"is_active": True}
)
async def update(session: Any, call: Call, owner: Owner, region: int, body: RegionUpdate) -> Answer:
    """Change a region of a profile; answers all of them"""
    await lock_profile(session, owner.id)
    if region not in await service.rows_of(session, owner.id):
        raise NotFound
    if await service.attach(session, owner.id, region, sent(body)):
        await touched(session, owner.id)
    return await _whole(session, call, owner)


@routes.delete("/regions/{region}", "update-profiles", envelope="none")
async def detach(session: Any, owner: Owner, region: int) -> Answer:
    """Take a region from a profile"""
    await lock_profile(session, owner.id)
    row = (await service.rows_of(session, owner.id)).get(region)
    if row is None:
        raise NotFound
    await service.detach(session, row)
    await touched(session, owner.id)
    return NO_CONTENT
