"""Orders that are applied later: the two queues, and batches (commerce 12)."""

from typing import Any

from omneo_api.commerce.orders import service, upsert
from omneo_api.commerce.orders.bodies import ChangedOrder, ImportedOrder, NewOrder, told
from omneo_api.commerce.transactions.jobs import with_pieces
from omneo_api.commerce.waiting import ACCEPTED, accept, applies
from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.database import WriteSession
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.operations import Routes
from omneo_api.platform.batches.service import AnyRow, BatchRun, batch_body, envelope_schema, processor, queue, queued

routes = Routes("Orders")
OrderBatch = envelope_schema("orders", AnyRow)


@routes.post("/orders/queue", "create-orders", envelope="message", body=ChangedOrder, success=200)
async def queue_upsert(session: Any, call: Call, body: Any) -> Answer:
    """Make or change an order later"""
    del body
    await accept(session, "order", call.body)
    return ACCEPTED


@routes.post("/orders/queue/create", "create-orders", envelope="message", success=200)
async def queue_create(session: Any, call: Call, body: NewOrder) -> Answer:
    """Make an order later, never changing one"""
    del body
    await accept(session, "order", call.body, creates=True)
    return ACCEPTED


@routes.post(
    "/orders/batch.json",
    "create-orders",
    aliases=("/orders/batch",),
    body=OrderBatch,
    envelope="bare",
    success=200,
)
async def batch(session: Any, call: Call, body: Any) -> Answer:
    """Make or change up to 1000 orders later

    Each row is applied as create-update does, alone and in the order sent; `/batches/{id}` tells the results.
    """
    del body
    checked = batch_body(call.body, "orders", AnyRow)
    return queued(await queue(session, "order", checked.rows, checked.import_job_id))


@applies("order")
async def apply_queued(session: WriteSession, payload: dict[str, Any], creates: bool) -> None:
    """Makes or changes one queued order."""
    if creates:
        await service.create(session, told(validate(NewOrder, payload)))
    else:
        await upsert.upsert(session, payload)


@processor("order")
async def apply(session: WriteSession, row: dict[str, Any], batch: BatchRun) -> tuple[int, str | None]:
    """One row of a batch; a line without a quantity is one piece, and an import may say when it was claimed."""
    del batch
    imported = sent(validate(ImportedOrder, row))
    identifier, _ = await upsert.upsert(session, with_pieces(row), imported)
    external_id = row.get("external_id")
    return identifier, None if external_id is None else str(external_id)
