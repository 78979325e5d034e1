"""Orders that are applied later: the two queues, and batches (commerce 12)."""

from typing import Any

from omneo_api.commerce.orders import service, upsert
from omneo_api.commerce.orders.bodies import ChangedOrder, ImportedOrder, NewOrder, told
from omneo_api.commerce.orders.models import QueuedOrder
from omneo_api.commerce.transactions.jobs import ACCEPTED, with_pieces
from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.jobs import JobContext, task
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.statements import Statement
from omneo_api.platform.batches.service import AnyRow, BatchRun, batch_body, envelope_schema, processor, queue, queued

TASK = "commerce.orders.queued"

routes = Routes("Orders")
OrderBatch = envelope_schema("orders", AnyRow)

_TAKE = Statement("DELETE FROM order_queue WHERE id = :id::bigint RETURNING payload, creates")
_WHOSE = Statement("SELECT user_id, token_name FROM order_queue WHERE id = :id::bigint")


async def _accept(session: Any, call: Call, *, creates: bool) -> Answer:
    actor = session.actor
    values = {"payload": call.body, "creates": creates, "user_id": actor.user_id, "token_name": actor.token_name}
    row = await session.insert(QueuedOrder, values)
    session.outbox.defer(PendingJob(TASK, {"tenant": session.tenant.handle, "queue_id": row.id}))
    return ACCEPTED


@routes.post("/orders/queue", "create-orders", envelope="message", body=ChangedOrder, success=200)
async def queue_upsert(session: Any, call: Call, body: Any) -> Answer:
    """Make or change an order later"""
    del body
    return await _accept(session, call, creates=False)


@routes.post("/orders/queue/create", "create-orders", envelope="message", success=200)
async def queue_create(session: Any, call: Call, body: NewOrder) -> Answer:
    """Make an order later, never changing one"""
    del body
    return await _accept(session, call, creates=True)


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


@task(TASK)
async def run(job: JobContext, queue_id: int) -> None:
    """Applies one queued record; harmless when repeated."""
    async with job.database.reading(job.tenant) as session:
        whose = await session.row(_WHOSE, id=queue_id)
    if whose is None:
        return

    async def work(session: WriteSession) -> None:
        taken = await session.row(_TAKE, id=queue_id)
        if taken is None:
            return
        if taken.creates:
            await service.create(session, told(validate(NewOrder, taken.payload)))
        else:
            await upsert.upsert(session, taken.payload)

    await job.write(Actor(user_id=whose.user_id, token_name=whose.token_name, origin="api"), work)


@processor("order")
async def apply(session: WriteSession, row: dict[str, Any], batch: BatchRun) -> tuple[int, str | None]:
    """One row of a batch; a line without a quantity is one piece, and an import may say when it was claimed."""
    del batch
    imported = sent(validate(ImportedOrder, row))
    identifier, _ = await upsert.upsert(session, with_pieces(row), imported)
    external_id = row.get("external_id")
    return identifier, None if external_id is None else str(external_id)
