"""Interactions over HTTP: all of them, and one profile's to read and delete (profiles 16)."""

from typing import Any

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.fields import partial
from omneo_api.foundation.operations import Routes
from omneo_api.platform.batches.service import batch_body, queue, queued
from omneo_api.profiles.interactions import service
from omneo_api.profiles.interactions.schemas import InteractionBody, InteractionCreate, InteractionRead
from omneo_api.profiles.interactions.service import listing, reader

InteractionUpdate = partial(InteractionBody)
EXAMPLE = {
    "profile_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10",
    "action": "view",
    "channel": "website",
    "signal": 1,
    "name": "Viewed product page",
    "namespace": "web-engagement",
}
routes = Routes("Interactions")
own = Routes("Interactions")
"""What one profile's address offers: it reads and deletes."""


@routes.get("/interactions", "read-interactions", envelope="page", answers=InteractionRead, listing=listing)
async def browse(session: Any, call: Call) -> Answer:
    """List interactions"""
    return await reader.browse(session, call)


@routes.post("/interactions", "create-interactions", answers=InteractionRead, example=EXAMPLE)
async def create(session: Any, body: InteractionCreate) -> Answer:
    """Create an interaction"""
    return created(await reader.text(session, await service.create(session, body)))


@routes.post(
    "/interactions/batch.json",
    "create-interactions",
    success=200,
    envelope="bare",
    aliases=("/interactions/batch",),
    example={"interactions": [EXAMPLE]},
)
async def create_many(session: Any, call: Call) -> Answer:
    """Queue that interactions are created"""
    checked = batch_body(call.body, "interactions", InteractionCreate)
    return queued(await queue(session, "interaction", checked.rows, checked.import_job_id))


@routes.get("/interactions/{id}", "read-interactions", answers=InteractionRead)
async def show(session: Any, call: Call, id: int) -> Answer:
    """Read an interaction"""
    return await reader.show(session, call, id)


@routes.put("/interactions/{id}", "update-interactions", answers=InteractionRead, body=InteractionUpdate, example={})
async def update(session: Any, id: int, body: Any) -> Answer:
    """Change an interaction"""
    row = await service.locked(session, id)
    await reader.text(session, id)
    await service.change(session, row, body)
    return one(await reader.text(session, id))


@routes.delete("/interactions/{id}", "delete-interactions", envelope="none")
async def delete(session: Any, id: int) -> Answer:
    """Delete an interaction"""
    row = await service.locked(session, id)
    await reader.text(session, id)
    await service.remove(session, row)
    return NO_CONTENT


@own.get("/interactions", "read-interactions", envelope="page", answers=InteractionRead, listing=listing)
async def browse_own(session: Any, call: Call, owner: Owner) -> Answer:
    """List the interactions of a profile"""
    return await reader.browse(session, call, owner)


@own.get("/interactions/{id}", "read-interactions", answers=InteractionRead, aliases=("/interaction/{id}",))
async def show_own(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read an interaction of a profile"""
    return await reader.show(session, call, id, owner)


@own.delete("/interactions/{id}", "delete-interactions", envelope="none")
async def delete_own(session: Any, owner: Owner, id: int) -> Answer:
    """Delete an interaction of a profile"""
    row = await service.locked(session, id, owner.id)
    await reader.text(session, id, owner=owner)
    await service.remove(session, row)
    return NO_CONTENT
