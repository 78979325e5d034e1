"""Profiles over HTTP (profiles 1.3)."""

from typing import Any

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, data, one
from omneo_api.foundation.errors import NotFound, Unauthorized
from omneo_api.foundation.fields import partial, validate
from omneo_api.foundation.operations import Routes
from omneo_api.profiles.profile import custom_events, lookups, merging, service, sync
from omneo_api.profiles.profile.bodies import (
    AvailabilityBody,
    CustomEventBody,
    KeyBody,
    LoserBody,
    MergeBody,
    ProfileBody,
    PublicBody,
    TypeBody,
)
from omneo_api.profiles.profile.reading import listing, read_filters, reader, text_of
from omneo_api.profiles.profile.schemas import ProfileRead
from omneo_api.profiles.scope import require_profile

ProfileUpdate = partial(ProfileBody)
EXAMPLE = {
    "email": "ines.varga@example.com",
    "first_name": "Ines",
    "last_name": "Varga",
    "mobile_phone": "0412 000 111",
    "identities": [{"handle": "loyalty-card", "identifier": "CARD-77120", "is_primary": True}],
    "tags": ["vip-event"],
}
PAIR = {"type": "loyalty-card", "id": "CARD-77120"}

routes = Routes("Profiles")
"""The family of all profiles."""
own = Routes("Profiles")
"""What stands below one profile's own address."""


@routes.get("/profiles", "read-profiles", envelope="page", answers=ProfileRead, listing=listing)
async def browse(session: Any, call: Call) -> Answer:
    """List profiles"""
    await read_filters(session, call)
    return await reader.browse(session, call)


@routes.post("/profiles", "create-profiles", answers=ProfileRead, example=EXAMPLE)
async def create(session: Any, body: ProfileBody) -> Answer:
    """Create a profile"""
    return created(await text_of(session, await service.create(session, body)))


@routes.post("/profiles/search-id", "read-profiles", answers=ProfileRead, success=200, reads=True, example=PAIR)
async def search_id(session: Any, body: KeyBody) -> Answer:
    """Read the profile that a pair of type and id names"""
    found = await lookups.by_key(session, body)
    if found is None:
        raise NotFound
    return one(await text_of(session, found))


@routes.post("/profiles/exists", "read-profiles", success=200, reads=True, example=PAIR)
async def exists(session: Any, body: KeyBody) -> Answer:
    """Read the id of the profile that a pair of type and id names"""
    found = await lookups.by_key(session, body)
    if found is None:
        raise NotFound
    return data({"id": found})


@routes.post("/profiles/availability", "read-profiles", success=200, reads=True, example={"email": "ines@example.com"})
async def availability(session: Any, body: AvailabilityBody) -> Answer:
    """Tell whether an e-mail address or a mobile number is free"""
    return data(await lookups.availability(session, body))


@routes.post("/profiles/sync", "create-profiles", success=(200, 201), answers=ProfileRead, envelope="message")
async def synchronise(session: Any, call: Call) -> Answer:
    """Create or update one profile, or publish profiles again

    A body with `email`, `mobile_phone` or `identities` is one profile; an empty one, or one with `updated_at` or
    `since`, queues that the profiles changed since then are published again.
    """
    if not sync.is_upsert(call.body):
        sync.queue(session, call.body)
        return data({"message": "Profiles queued for sync."})
    body = validate(ProfileBody, call.body)
    profile_id, new = await sync.upsert(session, body)
    if not new:
        sync.resync(session, profile_id)
    return one(await text_of(session, profile_id), 201 if new else 200)


@own.get("", "read-profiles", answers=ProfileRead)
async def show(session: Any, owner: Owner) -> Answer:
    """Read a profile"""
    return one(await text_of(session, owner.id))


@own.put("", "update-profiles", answers=ProfileRead, body=ProfileUpdate, example={"first_name": "Inez"})
async def update(session: Any, owner: Owner, body: Any) -> Answer:
    """Update a profile"""
    await service.change(session, owner.id, body)
    return one(await text_of(session, owner.id))


@own.delete("", "delete-profiles", envelope="none")
async def delete(session: Any, owner: Owner) -> Answer:
    """Delete a profile

    Its data is kept and can be restored; its e-mail address, number and identities are free.
    """
    await service.delete(session, owner.id)
    return NO_CONTENT


@own.post("/restore", "delete-profiles", answers=ProfileRead, success=200)
async def restore(session: Any, call: Call, owner: Owner) -> Answer:
    """Restore a deleted profile"""
    if not call.who.is_admin:
        raise Unauthorized
    await service.restore(session, owner.id)
    return one(await text_of(session, owner.id))


@own.put("/update-type", "update-profiles", answers=ProfileRead, example={"profile_type": "incomplete"})
async def update_type(session: Any, owner: Owner, body: TypeBody) -> Answer:
    """Change the type of a profile"""
    await service.set_columns(session, owner.id, {"profile_type": body.profile_type})
    return one(await text_of(session, owner.id))


@own.put("/public", "update-profiles", answers=ProfileRead, example={"is_public": True})
async def publish(session: Any, owner: Owner, body: PublicBody) -> Answer:
    """Show or hide a staff profile on public surfaces"""
    await service.set_columns(session, owner.id, {"is_public": body.is_public})
    return one(await text_of(session, owner.id))


@own.get("/resync", "read-profiles", answers=ProfileRead, reads=False)
async def resync(session: Any, owner: Owner) -> Answer:
    """Publish a profile again as it stands"""
    await require_profile(session, owner.id)
    sync.resync(session, owner.id)
    return one(await text_of(session, owner.id))


@own.post("/custom-event", "update-profiles", answers=ProfileRead, success=200, example={"event": "survey.completed"})
async def custom_event(session: Any, owner: Owner, body: CustomEventBody) -> Answer:
    """Fire a custom event for a profile"""
    await require_profile(session, owner.id)
    custom_events.fire(session, owner.id, body.event, body.context)
    return one(await text_of(session, owner.id))


@routes.post(
    "/profiles/merge",
    "update-profiles",
    answers=ProfileRead,
    success=200,
    example={
        "source_profile_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10",
        "destination_profile_id": "a1c2d3e4-0000-4000-8000-000000000001",
    },
)
async def merge(session: Any, body: MergeBody) -> Answer:
    """Merge one profile into another; answers the one that stays"""
    await merging.merge(session, body.source_profile_id, body.destination_profile_id)
    return one(await text_of(session, body.destination_profile_id))


@own.post(
    "/merge",
    "update-profiles",
    answers=ProfileRead,
    success=200,
    example={"loser_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10"},
)
async def merge_into(session: Any, owner: Owner, body: LoserBody) -> Answer:
    """Merge another profile into this one"""
    await merging.merge(session, body.loser_id, owner.id)
    return one(await text_of(session, owner.id))
