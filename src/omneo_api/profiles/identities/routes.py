"""Identities over HTTP: of one profile, and of all (profiles 4)."""

from typing import Any

from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, data, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import Body, sent, validate
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.profiles.identities import service
from omneo_api.profiles.identities.context import IdentityWithProfile
from omneo_api.profiles.identities.models import Identity
from omneo_api.profiles.identities.schemas import IdentityRead
from omneo_api.profiles.profile.bodies import IdentityBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.profile.reading import with_identifier
from omneo_api.profiles.profile.schemas import ProfileRead
from omneo_api.profiles.scope import lock_profile

FILTERS = ("handle", "identifier", "is_active", "is_primary")
listing = Listing(IdentityRead, Identity, filters=FILTERS, live=lambda identity: identity.is_live)
reader = Reader(listing)
everybody = Reader(
    Listing(
        IdentityWithProfile,
        Identity,
        filters=FILTERS,
        live=lambda identity: identity.is_live,
        search=("identifier", "handle"),
    )
)
EXAMPLE = {"handle": "loyalty-card", "identifier": "CARD-77120"}

routes = Routes("Identities")
"""The identities of one profile."""
all_identities = Routes("Identities")


class IdentityUpdate(Body):
    identifier: fields.Text = ""
    is_active: fields.Bool = True
    is_primary: fields.Bool = False


class PairQuery(Body):
    handle: fields.Text
    identifier: fields.Text


@routes.get("/identities", "read-profiles", envelope="list", answers=IdentityRead, listing=listing)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the identities of a profile"""
    return await reader.browse(session, call, owner, "all")


@routes.post("/identities", "update-profiles", answers=IdentityRead, example=EXAMPLE)
async def create(session: Any, owner: Owner, body: IdentityBody) -> Answer:
    """Add an identity to a profile"""
    await lock_profile(session, owner.id)
    identifier = await service.add(session, owner.id, sent(body))
    await touched(session, owner.id)
    return created(await reader.text(session, identifier))


async def _update(session: Any, owner: Owner, row: Any, body: IdentityUpdate) -> Answer:
    if await service.change(session, row, sent(body)):
        await touched(session, owner.id)
    return one(await reader.text(session, row.id))


async def _delete(session: Any, owner: Owner, row: Any) -> Answer:
    await service.remove(session, row)
    await touched(session, owner.id)
    return NO_CONTENT


@routes.get("/identities/{handle}", "read-profiles", answers=IdentityRead)
async def show(session: Any, owner: Owner, handle: str) -> Answer:
    """Read the identity of a handle

    Of several it is the newest active one. Digits that are no handle are taken as an id.
    """
    row = await service.by_handle(session, owner.id, handle)
    return one(await reader.text(session, row.id, owner=owner))


@routes.put("/identities/{handle}", "update-profiles", answers=IdentityRead, example={"is_primary": True})
async def update(session: Any, owner: Owner, handle: str, body: IdentityUpdate) -> Answer:
    """Change the identity of a handle"""
    await lock_profile(session, owner.id)
    return await _update(session, owner, await service.by_handle(session, owner.id, handle), body)


@routes.delete("/identities/{handle}", "update-profiles", envelope="none")
async def delete(session: Any, owner: Owner, handle: str) -> Answer:
    """Delete the identity of a handle"""
    await lock_profile(session, owner.id)
    return await _delete(session, owner, await service.by_handle(session, owner.id, handle))


@routes.get("/identities/id/{id}", "read-profiles", answers=IdentityRead)
async def show_by_id(session: Any, owner: Owner, id: int) -> Answer:
    """Read an identity by its id"""
    return one(await reader.text(session, id, owner=owner))


@routes.put("/identities/id/{id}", "update-profiles", answers=IdentityRead, example={"is_active": False})
async def update_by_id(session: Any, owner: Owner, id: int, body: IdentityUpdate) -> Answer:
    """Change an identity by its id"""
    await lock_profile(session, owner.id)
    return await _update(session, owner, await service.by_id(session, owner.id, id), body)


@routes.delete("/identities/id/{id}", "update-profiles", envelope="none")
async def delete_by_id(session: Any, owner: Owner, id: int) -> Answer:
    """Delete an identity by its id"""
    await lock_profile(session, owner.id)
    return await _delete(session, owner, await service.by_id(session, owner.id, id))


@all_identities.get(
    "/identities", "read-identities", envelope="page", answers=IdentityWithProfile, listing=everybody.listing
)
async def browse_all(session: Any, call: Call) -> Answer:
    """List the identities of all profiles"""
    return await everybody.browse(session, call)


@all_identities.get("/identities/handles", "read-identities", envelope="list")
async def handles(session: Any) -> Answer:
    """List the handles in use"""
    return data(await service.handles(session))


@all_identities.get("/identities/search", "read-identities", answers=IdentityRead)
async def search(session: Any, call: Call) -> Answer:
    """Read the identity of a handle and an identifier"""
    pair = validate(PairQuery, call.query)
    found = (await service.owners(session, [(pair.handle, pair.identifier)])).get(0)
    if found is None:
        raise NotFound
    return one(await reader.text(session, found.id))


@all_identities.get("/identities/search-profile/{identifier}", "read-identities", envelope="list", answers=ProfileRead)
async def search_profile(session: Any, identifier: str) -> Answer:
    """List the profiles that have an identity of that identifier, whatever its handle"""
    return one(await with_identifier(session, identifier))
