"""Purchases that are applied later: the two queues, and batches (commerce 12)."""

from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.commerce.transactions import many, service, upsert
from omneo_api.commerce.transactions.bodies import NewTransaction, TransactionFields, told
from omneo_api.commerce.transactions.models import QueuedTransaction
from omneo_api.foundation.calls import Answer, Call, data
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.fields import validate
from omneo_api.foundation.jobs import JobContext, task
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.outbox import Context, PendingJob
from omneo_api.foundation.statements import Statement
from omneo_api.platform.batches.service import (
    AnyRow,
    BatchRun,
    Result,
    batch_body,
    envelope_schema,
    processor,
    queue,
    queued,
)

TASK = "commerce.transactions.queued"
ACCEPTED = data("OK")

routes = Routes("Transactions")
TransactionBatch = envelope_schema("transactions", AnyRow)


_TAKE = Statement("DELETE FROM transaction_queue WHERE id = :id::bigint RETURNING payload, creates")
_WHOSE = Statement("SELECT user_id, token_name FROM transaction_queue WHERE id = :id::bigint")
_RAW = Statement(
    """
    SELECT json_build_object(
        'id', id, 'payload', payload, 'profile_id', :profile_id::text, 'created_at', left(created_at::text, 19))::text
    FROM transaction_queue WHERE id = :id::bigint
    """
)


async def _accept(session: Any, call: Call, *, creates: bool) -> Answer:
    actor = session.actor
    values = {"payload": call.body, "creates": creates, "user_id": actor.user_id, "token_name": actor.token_name}
    row = await session.insert(QueuedTransaction, values)
    context = Context(_RAW, {"id": row.id, "profile_id": call.body.get("profile_id")})
    session.outbox.emit("transaction.received", "transaction-raw", row.id, context)
    arguments = {"tenant": session.tenant.handle, "queue_id": row.id}
    session.outbox.defer(PendingJob(TASK, arguments))
    return ACCEPTED


@routes.post("/transactions/queue", "create-transactions", envelope="message", success=200)
async def queue_upsert(session: Any, call: Call, body: TransactionFields) -> Answer:
    """Record or correct a transaction later"""
    del body
    return await _accept(session, call, creates=False)


@routes.post("/transactions/queue/create", "create-transactions", envelope="message", success=200)
async def queue_create(session: Any, call: Call, body: NewTransaction) -> Answer:
    """Record a transaction later, never correcting one"""
    del body
    return await _accept(session, call, creates=True)


@routes.post(
    "/transactions/batch.json",
    "create-transactions",
    aliases=("/transactions/batch",),
    body=TransactionBatch,
    envelope="bare",
    success=200,
)
async def batch(session: Any, call: Call, body: Any) -> Answer:
    """Record or correct up to 1000 transactions later

    Each row is applied as update-create does, alone and in the order sent; `/batches/{id}` tells the results.
    """
    del body
    checked = batch_body(call.body, "transactions", AnyRow)
    return queued(await queue(session, "transaction", checked.rows, checked.import_job_id))


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
            await service.create(session, told(validate(NewTransaction, taken.payload)))
        else:
            await upsert.upsert(session, taken.payload)

    await job.write(Actor(user_id=whose.user_id, token_name=whose.token_name, origin="api"), work)


async def _together(session: WriteSession, rows: Sequence[dict[str, Any]], batch: BatchRun) -> Sequence[Result]:
    del batch
    return await many.apply(session, [with_pieces(row) for row in rows])


@processor("transaction", most=many.MOST, together=_together)
async def apply(session: WriteSession, row: dict[str, Any], batch: BatchRun) -> tuple[int, str | None]:
    """One row of a batch; a line without a quantity is one piece."""
    del batch
    identifier, _ = await upsert.upsert(session, with_pieces(row))
    external_id = row.get("external_id")
    return identifier, None if external_id is None else str(external_id)


def with_pieces(row: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a batch with a quantity of 1 in each line that names none."""
    lines = row.get("items")
    if not isinstance(lines, list):
        return dict(row)
    return {**row, "items": [{"quantity": 1, **line} if isinstance(line, dict) else line for line in lines]}
