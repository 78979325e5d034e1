"""Custom attributes over HTTP, below one profile (profiles 9)."""

from typing import Any

from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import Body, sent
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.profiles.custom_attributes import finding, service
from omneo_api.profiles.custom_attributes.models import CustomAttribute
from omneo_api.profiles.custom_attributes.schemas import AttributeType, CustomAttributeRead
from omneo_api.profiles.profile.bodies import CustomAttributeBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.profile.schemas import ProfileRead
from omneo_api.profiles.scope import lock_profile

KEY = "/attributes/custom/{namespace}:{handle}"
EXAMPLE = {"namespace": "beauty", "handle": "newsletter_score", "type": "integer", "value": 7}
listing = Listing(
    CustomAttributeRead,
    CustomAttribute,
    filters=("namespace", "handle", "type"),
    extra={"name": Filter(path=("handle",)), "value": Filter(path=("value_text",))},
    search=("namespace", "handle", "value_text"),
)
reader = Reader(listing)
routes = Routes("Attributes")
everybody = Routes("Attributes")


class CustomAttributeUpdate(Body):
    type: AttributeType = "string"
    value: fields.Json = None


@routes.get("/attributes/custom", "read-profiles", envelope="list", answers=CustomAttributeRead, listing=listing)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the custom attributes of a profile"""
    return await reader.browse(session, call, owner, "asked")


@routes.post("/attributes/custom", "update-profiles", answers=CustomAttributeRead, example=EXAMPLE)
async def create(session: Any, owner: Owner, body: CustomAttributeBody) -> Answer:
    """Add a custom attribute to a profile"""
    await lock_profile(session, owner.id)
    await service.create(session, owner.id, body)
    await touched(session, owner.id)
    row = await service.one(session, owner.id, body.namespace, body.handle)
    return created(await reader.text(session, row.id))


@routes.get(KEY, "read-profiles", answers=CustomAttributeRead)
async def show(session: Any, owner: Owner, namespace: str, handle: str) -> Answer:
    """Read a custom attribute"""
    row = await service.one(session, owner.id, namespace, handle)
    if row is None:
        raise NotFound
    return one(await reader.text(session, row.id, owner=owner))


@routes.put(KEY, "update-profiles", answers=CustomAttributeRead, example={"type": "integer", "value": 8})
async def put(session: Any, owner: Owner, namespace: str, handle: str, body: CustomAttributeUpdate) -> Answer:
    """Set a custom attribute"""
    await lock_profile(session, owner.id)
    if await service.upsert(session, owner.id, (namespace, handle), sent(body)):
        await touched(session, owner.id)
    row = await service.one(session, owner.id, namespace, handle)
    return one(await reader.text(session, row.id))


@routes.delete(KEY, "update-profiles", envelope="none")
async def delete(session: Any, owner: Owner, namespace: str, handle: str) -> Answer:
    """Delete a custom attribute"""
    await lock_profile(session, owner.id)
    row = await service.one(session, owner.id, namespace, handle)
    if row is None:
        raise NotFound
    await service.remove(session, row)
    await touched(session, owner.id)
    return NO_CONTENT


@everybody.get("/profiles/attributes/custom", "read-profiles", envelope="page", answers=ProfileRead)
async def find(session: Any, call: Call) -> Answer:
    """List the profiles whose custom attributes meet all conditions"""
    return await finding.browse(session, call)
