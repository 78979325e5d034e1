"""Dates over HTTP, below one profile (profiles 8)."""

from typing import Any

from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer, Call, Owner, one
from omneo_api.foundation.errors import Errors, Invalid, NotFound
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.profiles.dates import service
from omneo_api.profiles.dates.models import ProfileDate
from omneo_api.profiles.dates.schemas import DateRead
from omneo_api.profiles.profile.bodies import DateBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile

EXAMPLE = {"date": "2019-06-08", "handle": "anniversary", "relationship": "Partner", "name": "Wedding day"}
reader = Reader(Listing(DateRead, ProfileDate))
routes = Routes("Attributes")


class DateOfPerson(DateBody):
    """A date on its own names whose it is."""

    relationship: fields.Text


@routes.get("/attributes/dates", "read-profiles", envelope="list", answers=DateRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the dates of a profile"""
    return await reader.browse(session, call, owner, "all")


@routes.put("/attributes/dates", "update-profiles", answers=DateRead, example=EXAMPLE)
async def put(session: Any, owner: Owner, body: DateOfPerson) -> Answer:
    """Set the date of a handle and a relationship"""
    await lock_profile(session, owner.id)
    errors: Errors = {}
    await service.check(session, [body], "", errors)
    if errors:
        raise Invalid(errors)
    identifier, changed = await service.put(session, owner.id, body)
    if changed:
        await touched(session, owner.id, announced=False)
    return one(await reader.text(session, identifier))


@routes.delete("/attributes/dates/{id}", "update-profiles", envelope="list", answers=DateRead, success=200)
async def delete(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Delete a date; answers those that are left"""
    await lock_profile(session, owner.id)
    if not await service.remove(session, owner.id, id):
        raise NotFound
    await touched(session, owner.id, announced=False)
    return await reader.browse(session, call, owner, "all")
