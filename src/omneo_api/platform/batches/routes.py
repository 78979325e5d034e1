"""`/batches`: reading results, and reports of external loaders."""

from typing import Any
from uuid import UUID

import orjson

from omneo_api.foundation.calls import Answer, Call, created, one
from omneo_api.foundation.operations import Routes
from omneo_api.platform.batches import jobs, service
from omneo_api.platform.batches.schemas import BatchBody, BatchRead, NewBatchRead, ReportBody

routes = Routes("Batches")
__all__ = ["jobs", "routes"]
READ, WRITE = "read-imports", "create-imports"


@routes.get("/batches", READ, listing=service.reader.listing, answers=BatchRead, envelope="page")
async def browse(session: Any, call: Call) -> Answer:
    """List batches

    Oldest first, without items unless `include=items`.
    """
    return await service.reader.browse(session, call)


@routes.get("/batches/{uuid}", READ, answers=BatchRead)
async def show(session: Any, uuid: UUID) -> Answer:
    """Read a batch with its items in row order"""
    return one(await service.reader.text(session, uuid, include=service.WITH_ITEMS))


@routes.post("/batches", WRITE, answers=NewBatchRead, example={"entity_type": "reward"})
async def create(session: Any, body: BatchBody) -> Answer:
    """Create a batch that an external loader fills"""
    identifier = await service.create(session, body.entity_type, body.import_job_id)
    made = {"batch_id": identifier, "entity_type": body.entity_type, "import_job_id": body.import_job_id}
    return created(orjson.dumps(made).decode())


@routes.post(
    "/batches/{uuid}/items",
    WRITE,
    answers=BatchRead,
    success=200,
    permission="update",
    example={"items": [{"status": "success", "external_id": "A-1", "entity_id": "771"}]},
)
async def report(session: Any, body: ReportBody, uuid: UUID) -> Answer:
    """Report results of rows

    Nothing is executed: an item whose external or entity id the batch already has is updated, any other is added.
    """
    await service.report(session, uuid, body.items)
    return one(await service.reader.text(session, uuid, include=service.WITH_ITEMS))
