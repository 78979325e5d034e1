"""Purchases that are applied later: the two queues, and batches (commerce 12)."""

from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.commerce.transactions import many, service, upsert
from omneo_api.commerce.transactions.bodies import NewTransaction, TransactionFields, told
from omneo_api.commerce.waiting import ACCEPTED, accept, applies
from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.database import WriteSession
from omneo_api.foundation.fields import validate
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.outbox import Context
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

routes = Routes("Transactions")
TransactionBatch = envelope_schema("transactions", AnyRow)


_RAW = Statement(
    """
    SELECT json_build_object(
        'id', id, 'payload', payload, 'profile_id', :profile_id::text, 'created_at', left(created_at::text, 19))::text
    FROM record_queue WHERE id = :id::bigint
    """
)


async def _accept(session: Any, call: Call, *, creates: bool) -> Answer:
    number = await accept(session, "transaction", call.body, creates=creates)
    context = Context(_RAW, {"id": number, "profile_id": call.body.get("profile_id")})
    session.outbox.emit("transaction.received", "transaction-raw", number, context)
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


@applies("transaction")
async def apply_queued(session: WriteSession, payload: dict[str, Any], creates: bool) -> None:
    """Records one queued purchase."""
    if creates:
        await service.create(session, told(validate(NewTransaction, payload)))
    else:
        await upsert.upsert(session, payload)


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
