"""Applying the rows of a batch: many in one transaction, which also marks their items and counts them.

So whatever dies when, a row takes effect exactly once and the counters equal the items. A group of which one row breaks
is undone and halved until the row stands alone: the others are applied, and its error is that of a single call.
"""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from psycopg import DataError, InterfaceError, OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from omneo_api.foundation.constraints import INTEGRITY, as_invalid
from omneo_api.foundation.database import Actor, Database, Tenant, WriteSession
from omneo_api.foundation.errors import ApiError, Conflict, Invalid, Unavailable
from omneo_api.foundation.logs import log_failure
from omneo_api.foundation.statements import Statement
from omneo_api.platform.batches.service import PROCESSORS, Alone, BatchRun, Processor, Result

ATTEMPTS = 12
CONTENDED = (DeadlockDetected, SerializationFailure, LockNotAvailable)
GONE = (OperationalError, InterfaceError, Unavailable)
ERROR_LENGTH = 2000

_BATCH = Statement("SELECT id, entity_type, processor, import_job_id, context FROM batches WHERE id = :id::uuid")
_PENDING = Statement(
    "SELECT id, payload FROM batch_items WHERE batch_id = :id::uuid AND status = 'pending' ORDER BY id"
)
# These transactions wait for no disk: should their last moments be lost in a power cut, the marks are lost with the
# effects and the rows are applied again. The job's own end is written durably, after all of them.
_TAKE = Statement(
    """
    SELECT id, set_config('synchronous_commit', 'off', true) FROM batch_items
    WHERE id = ANY (:ids::bigint[]) AND status = 'pending' ORDER BY id FOR UPDATE
    """
)
_MARK = Statement(
    """
    WITH marked AS (
        UPDATE batch_items i
        SET status = r.status, error = r.error, entity_id = r.entity_id,
            external_id = coalesce(r.external_id, i.external_id), payload = NULL, updated_at = omneo_now()
        FROM unnest(:ids::bigint[], :statuses::text[], :errors::text[], :entity_ids::text[], :external_ids::text[])
             AS r (id, status, error, entity_id, external_id)
        WHERE i.id = r.id
        RETURNING i.batch_id, i.status
    ), counted AS (
        SELECT batch_id, count(*) FILTER (WHERE status = 'success') AS success,
               count(*) FILTER (WHERE status = 'failed') AS failed
        FROM marked GROUP BY batch_id
    )
    UPDATE batches b SET success_count = b.success_count + c.success, failed_count = b.failed_count + c.failed,
           updated_at = omneo_now()
    FROM counted c WHERE b.id = c.batch_id
    """
)


class _Run:
    """One run of one batch: whose rows, on whose behalf, and how they are applied."""

    def __init__(
        self, database: Database, tenant: Tenant, batch: BatchRun, chosen: Processor, token_name: str | None
    ) -> None:
        self.database, self.tenant, self.batch, self.processor = database, tenant, batch, chosen
        self.actor = Actor(token_name=token_name, origin="import" if batch.import_job_id else "api")
        self.size = chosen.most

    async def all(self, items: Sequence[Any]) -> None:
        """Applies the items in their order, in groups as large as went well lately."""
        place = 0
        while place < len(items):
            tried = min(self.size, len(items) - place)
            done = await self.group(items[place : place + tried])
            self.size = min(2 * tried, self.processor.most) if done == tried else done
            place += done

    async def group(self, items: Sequence[Any]) -> int:
        """Applies the first of the items, at least one; answers how many. Raises: what says that the database is gone.

        A group that fails is applied in halves.
        """
        if len(items) == 1 or not isinstance(items[0].payload, dict):
            await self.single(items[0])
            return 1
        try:
            done, alone = await self._together(items)
        except CONTENDED:
            await self._halves(items)
            return len(items)
        except GONE:
            raise
        except Exception:  # noqa: BLE001 - the row that broke is told when it is applied alone
            await self._halves(items)
            return len(items)
        for item in alone:
            await self.single(item)
        return done

    async def _halves(self, items: Sequence[Any]) -> None:
        half = len(items) // 2
        for part in (items[:half], items[half:]):
            place = 0
            while place < len(part):
                place += await self.group(part[place:])

    async def _together(self, items: Sequence[Any]) -> tuple[int, list[Any]]:
        """Applies what can be applied at once; answers how many items are dealt with, and those to be applied alone."""
        async with self.database.writing(self.tenant, self.actor) as session:
            taken = {row.id for row in await session.rows(_TAKE, ids=[item.id for item in items])}
            waiting = [item for item in items if item.id in taken and isinstance(item.payload, dict)]
            odd = [item for item in items if item.id in taken and not isinstance(item.payload, dict)]
            if not waiting:
                return len(items), odd
            run = self.processor.together or self._one_by_one
            results = await run(session, [item.payload for item in waiting], self.batch)
            await session.outbox.flush(session)
            dealt = list(zip(waiting, results, strict=False))
            alone = [item for item, result in dealt if isinstance(result, Alone)]
            await _mark(session, [(item, result) for item, result in dealt if not isinstance(result, Alone)])
        if len(dealt) == len(waiting):
            return len(items), sorted((*alone, *odd), key=lambda item: item.id)
        end = next(place for place, item in enumerate(items) if item is waiting[len(dealt)])
        return end, sorted((*alone, *(item for item in odd if item in items[:end])), key=lambda item: item.id)

    async def _one_by_one(
        self, session: WriteSession, rows: Sequence[dict[str, Any]], batch: BatchRun
    ) -> Sequence[Result]:
        results: list[Result] = []
        for row in rows:
            results.append(await self.processor.apply(session, row, batch))
            # What is told of a row shows the state that this row led to, not one after it.
            await session.outbox.flush(session)
        return results

    async def single(self, item: Any) -> None:
        """Applies one item in a transaction of its own, its failure in another."""
        try:
            await _persisting(lambda: self._succeed(item))
        except GONE:
            raise
        except Exception as fault:  # noqa: BLE001 - a row that breaks in a way nobody foresaw must not stop the others
            failure = fault
            await _persisting(lambda: self._fail(item, failure))

    async def _succeed(self, item: Any) -> None:
        if not isinstance(item.payload, dict):
            raise Invalid.field("body", "The row must be an object.")
        async with self.database.writing(self.tenant, self.actor) as session:
            if await session.row(_TAKE, ids=[item.id]) is None:
                return
            result = await self.processor.apply(session, item.payload, self.batch)
            await session.outbox.flush(session)
            await _mark(session, [(item, result)])

    async def _fail(self, item: Any, fault: Exception) -> None:
        async with self.database.writing(self.tenant, self.actor) as session:
            if await session.row(_TAKE, ids=[item.id]) is not None:
                await _mark(session, [(item, fault)])


async def run(database: Database, tenant: Tenant, batch_id: uuid.UUID, token_name: str | None = None) -> None:
    """Applies the batch's pending rows in the order sent; harmless when repeated or run twice at a time.

    token_name: by which the batch was queued; what its rows make and their audit rows name it.
    Raises: OperationalError, InterfaceError, Unavailable when the database is not there (the job is tried again).
    """
    async with database.reading(tenant) as session:
        batch = await session.row(_BATCH, id=batch_id)
        pending = await session.rows(_PENDING, id=batch_id) if batch is not None else []
    if batch is None:
        return
    about = BatchRun(batch.id, batch.entity_type, batch.import_job_id, batch.context or {})
    await _Run(database, tenant, about, PROCESSORS[batch.processor], token_name).all(pending)


async def _mark(session: WriteSession, dealt: Sequence[tuple[Any, Result]]) -> None:
    errors = [_readable(result) if isinstance(result, Exception) else None for _, result in dealt]
    made = [(None, None) if isinstance(result, Exception) else result or (None, None) for _, result in dealt]
    await session.execute(
        _MARK,
        ids=[item.id for item, _ in dealt],
        statuses=["success" if error is None else "failed" for error in errors],
        errors=errors,
        entity_ids=[None if entity is None else str(entity) for entity, _ in made],
        external_ids=[external_id for _, external_id in made],
    )


async def _persisting(attempt: Callable[[], Awaitable[None]]) -> None:
    for tried in range(ATTEMPTS - 1):
        try:
            await attempt()
        except CONTENDED:
            await asyncio.sleep(random.uniform(0, 0.005 * 2 ** min(tried, 6)))  # noqa: S311
        else:
            return
    await attempt()


def _readable(fault: Exception) -> str:
    """What went wrong with a row, in the words of the single call's error."""
    if isinstance(fault, INTEGRITY):
        fault = as_invalid(fault)
    if isinstance(fault, Invalid) or (isinstance(fault, Conflict) and fault.errors):
        return " ".join(text for texts in (fault.errors or {}).values() for text in texts)[:ERROR_LENGTH]
    if isinstance(fault, ApiError):
        return fault.message
    if isinstance(fault, DataError):
        return "A value is out of range."
    log_failure("batch", fault)
    return ApiError.message
