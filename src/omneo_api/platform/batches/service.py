"""Batches: rows stored durably with the request, applied one by one by the worker, each with its result.

A domain registers with `@processor` how one row is applied, checks its envelope with `envelope` and stores the rows
with `queue`. Each row is applied in a transaction of its own that also marks its item and counts it, so whatever dies
when, a row takes effect exactly once and the counters equal the items.
"""

import asyncio
import random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from psycopg import DataError, InterfaceError, OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure
from pydantic import Field, create_model

from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer, bare, data
from omneo_api.foundation.constraints import INTEGRITY, as_invalid
from omneo_api.foundation.database import Actor, Database, Tenant, WriteSession
from omneo_api.foundation.errors import ApiError, Conflict, Invalid, NotFound, Unavailable, selected_is_invalid
from omneo_api.foundation.logs import log_failure
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.platform.batches.models import Batch
from omneo_api.platform.batches.schemas import BatchRead, ReportedItem

TASK = "platform.batches.run"
LARGEST = 1000
ATTEMPTS = 12
CONTENDED = (DeadlockDetected, SerializationFailure, LockNotAvailable)
ERROR_LENGTH = 2000
KEPT_DAYS = 90

WITH_ITEMS = frozenset({"items"})
reader = Reader(Listing(BatchRead, Batch, order=("created_at",), extra={"uuid": Filter(path=("id",))}))


@dataclass(frozen=True, slots=True)
class BatchRun:
    """The batch that a row belongs to, as its processor sees it."""

    id: uuid.UUID
    entity_type: str
    import_job_id: int | None = None
    context: dict[str, Any] = field(default_factory=dict)


Applied = tuple[object | None, str | None]
Apply = Callable[[WriteSession, dict[str, Any], BatchRun], Awaitable[Applied | None]]

_PROCESSORS: dict[str, Apply] = {}


def processor(name: str) -> Callable[[Apply], Apply]:
    """Registers how one row of the batches of that entity type (or processor) is applied.

    The function gets a session in the row's own transaction, the row as it was sent, and the batch; it answers
    (entity id, external id) of what it made or changed, or None. What it raises fails the row and leaves no trace.
    """

    def register(apply: Apply) -> Apply:
        if name in _PROCESSORS:
            raise ValueError(f"two processors of {name}")
        _PROCESSORS[name] = apply
        return apply

    return register


# Import jobs live in another room, which says here how to tell whether one exists.
ImportJobKnown = Callable[[Any, int], Awaitable[bool]]
_IMPORT_JOBS: list[ImportJobKnown] = []


def import_jobs_known_by(check: ImportJobKnown) -> ImportJobKnown:
    """Registers the look-up of import jobs; until one is, no import job exists."""
    _IMPORT_JOBS[:] = [check]
    return check


async def _require_import_job(session: Any, identifier: int | None) -> None:
    if identifier is None:
        return
    if not _IMPORT_JOBS or not await _IMPORT_JOBS[0](session, identifier):
        raise Invalid.field("import_job_id", selected_is_invalid("import_job_id"))


# Queueing -------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class BatchBody:
    """A checked envelope: the rows as they were sent, and the import job they report to."""

    rows: list[dict[str, Any]]
    import_job_id: int | None


_ENVELOPES: dict[tuple[str, type[fields.Body]], type[fields.Body]] = {}


class AnyRow(fields.Body):
    """A row of which nothing is checked before it is applied."""


def envelope_schema(key: str, row: type[fields.Body] = AnyRow) -> type[fields.Body]:
    """The body schema of a batch endpoint: 1 to 1000 rows under `key`, and `import_job_id`."""
    if (key, row) not in _ENVELOPES:
        rows = Annotated[list[row], Field(min_length=1, max_length=LARGEST)]  # type: ignore[valid-type]
        _ENVELOPES[key, row] = create_model(
            f"{row.__name__}Batch{key.title()}",
            __base__=fields.Body,
            **{key: (rows, ...), "import_job_id": (fields.Int | None, None)},  # type: ignore[call-overload]
        )
    return _ENVELOPES[key, row]


def batch_body(body: Mapping[str, Any], key: str, row: type[fields.Body] = AnyRow) -> BatchBody:
    """Checks what must be answered at once: the array under `key`, its length, and each row's shape by `row`.

    `row` is the create schema, or its `partial` twin where an absent key shall fail the row alone.
    Raises: Invalid with keys such as `rewards.0.value_initial`.
    """
    checked = fields.validate(envelope_schema(key, row), body)
    return BatchBody(list(body[key]), checked.import_job_id)  # type: ignore[attr-defined]


def queued(batch_id: uuid.UUID, status: int = 200) -> Answer:
    """The bare answer of most batch endpoints."""
    return bare({"message": "Queued for processing.", "batch_id": batch_id}, status)


def queued_data(batch_id: uuid.UUID, status: int = 202, message: str = "Queued for processing.") -> Answer:
    """The same under `data`, as profiles, identities, statuses and tags answer."""
    return data({"message": message, "batch_id": batch_id}, status)


_STORE = Statement(
    """
    WITH batch AS (
        INSERT INTO batches (import_job_id, entity_type, processor, context, executed, total_count)
        SELECT :import_job_id::bigint, :entity_type::text, :processor::text, :context::json, true, :total::int
        RETURNING id
    ), stored AS (
        INSERT INTO batch_items (batch_id, external_id, payload)
        SELECT batch.id,
               CASE WHEN json_typeof(r.payload) = 'object' THEN left(r.payload ->> 'external_id', 255) END, r.payload
        FROM batch, json_array_elements(:rows::json) WITH ORDINALITY AS r (payload, place)
        ORDER BY r.place
    )
    SELECT id FROM batch
    """
)


async def queue(
    session: WriteSession,
    entity_type: str,
    rows: Sequence[Mapping[str, Any]],
    import_job_id: int | None = None,
    context: Mapping[str, Any] | None = None,
    *,
    processor: str | None = None,
) -> uuid.UUID:
    """Stores the rows and the job that applies them in this transaction; answers the batch's id.

    processor: the registered name when it differs from the entity type (two actions on one kind of record).
    Raises: Invalid for an unknown import job.
    """
    name = processor or entity_type
    if name not in _PROCESSORS:
        raise LookupError(f"no processor of {name}")
    await _require_import_job(session, import_job_id)
    identifier: uuid.UUID = await session.value(
        _STORE,
        import_job_id=import_job_id,
        entity_type=entity_type,
        processor=name,
        context=json_text(dict(context)).decode() if context else None,
        total=len(rows),
        rows=json_text(list(rows)).decode(),
    )
    session.outbox.audit("created", "Batch", identifier, None, {"entity_type": entity_type, "total_count": len(rows)})
    session.outbox.defer(PendingJob(TASK, {"tenant": session.tenant.handle, "batch_id": str(identifier)}))
    return identifier


# Applying -------------------------------------------------------------------------------------------------------------

_BATCH = Statement("SELECT id, entity_type, processor, import_job_id, context FROM batches WHERE id = :id::uuid")
_PENDING = Statement(
    "SELECT id, payload FROM batch_items WHERE batch_id = :id::uuid AND status = 'pending' ORDER BY id"
)
# A row's transaction waits for no disk: should its last moments be lost in a power cut, the mark is lost with the
# effect and the row is applied again. The job's own end is written durably, after all of them.
_MARK = Statement(
    """
    WITH marked AS (
        UPDATE batch_items SET status = :status::text, error = :error::text, entity_id = :entity_id::text,
               external_id = coalesce(:external_id::text, external_id), payload = NULL, updated_at = omneo_now()
        WHERE id = :item::bigint AND status = 'pending'
        RETURNING batch_id
    )
    UPDATE batches SET success_count = success_count + (:status::text = 'success')::int,
           failed_count = failed_count + (:status::text = 'failed')::int, updated_at = omneo_now()
    FROM marked WHERE batches.id = marked.batch_id
    RETURNING set_config('synchronous_commit', 'off', true)
    """
)


class _Done(Exception):
    """Another worker has already finished the row: what this one did is rolled back."""


async def run(database: Database, tenant: Tenant, batch_id: uuid.UUID) -> None:
    """Applies the batch's pending rows in the order sent; harmless when repeated or run twice at a time.

    Raises: OperationalError, InterfaceError, Unavailable when the database is not there (the job is tried again).
    """
    async with database.reading(tenant) as session:
        batch = await session.row(_BATCH, id=batch_id)
        pending = await session.rows(_PENDING, id=batch_id) if batch is not None else []
    if batch is None:
        return
    apply = _PROCESSORS[batch.processor]
    about = BatchRun(batch.id, batch.entity_type, batch.import_job_id, batch.context or {})
    actor = Actor(origin="import" if batch.import_job_id else "api")
    for item in pending:
        await _apply(database, tenant, actor, apply, about, item)


async def _apply(database: Database, tenant: Tenant, actor: Actor, apply: Apply, batch: BatchRun, item: Any) -> None:
    try:
        await _persisting(lambda: _succeed(database, tenant, actor, apply, batch, item))
    except _Done:
        return
    except (OperationalError, InterfaceError, Unavailable):
        raise
    except Exception as fault:  # noqa: BLE001 - a row that breaks in a way nobody foresaw must not stop the others
        error = _readable(fault)
        await _persisting(lambda: _fail(database, tenant, actor, item, error))


async def _persisting(attempt: Callable[[], Awaitable[None]]) -> None:
    for tried in range(ATTEMPTS - 1):
        try:
            await attempt()
        except CONTENDED:
            await asyncio.sleep(random.uniform(0, 0.005 * 2 ** min(tried, 6)))  # noqa: S311
        else:
            return
    await attempt()


async def _succeed(database: Database, tenant: Tenant, actor: Actor, apply: Apply, batch: BatchRun, item: Any) -> None:
    if not isinstance(item.payload, dict):
        raise Invalid.field("body", "The row must be an object.")
    async with database.writing(tenant, actor) as session:
        entity_id, external_id = await apply(session, item.payload, batch) or (None, None)
        await session.outbox.flush(session)
        marked = await session.row(
            _MARK,
            item=item.id,
            status="success",
            error=None,
            entity_id=None if entity_id is None else str(entity_id),
            external_id=external_id,
        )
        if marked is None:
            raise _Done


async def _fail(database: Database, tenant: Tenant, actor: Actor, item: Any, error: str) -> None:
    async with database.writing(tenant, actor) as session:
        await session.row(_MARK, item=item.id, status="failed", error=error, entity_id=None, external_id=None)


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


# Reports of external loaders ------------------------------------------------------------------------------------------

_LOCK = Statement("SELECT id, executed, total_count, status FROM batches WHERE id = :id::uuid FOR UPDATE")
_KNOWN = Statement(
    "SELECT id, external_id, entity_id FROM batch_items WHERE batch_id = :batch::uuid"
    " AND (external_id = ANY (:external_ids::text[]) OR entity_id = ANY (:entity_ids::text[])) ORDER BY id"
)
_CHANGE = Statement(
    """
    UPDATE batch_items i SET status = r.status, error = r.error, updated_at = omneo_now(),
           external_id = coalesce(r.external_id, i.external_id), entity_id = coalesce(r.entity_id, i.entity_id)
    FROM unnest(:ids::bigint[], :statuses::text[], :external_ids::text[], :entity_ids::text[], :errors::text[])
         AS r (id, status, external_id, entity_id, error)
    WHERE i.id = r.id
    """
)
_ADD = Statement(
    """
    INSERT INTO batch_items (batch_id, status, external_id, entity_id, error)
    SELECT :batch::uuid, r.status, r.external_id, r.entity_id, r.error
    FROM unnest(:statuses::text[], :external_ids::text[], :entity_ids::text[], :errors::text[])
         WITH ORDINALITY AS r (status, external_id, entity_id, error, place)
    ORDER BY r.place
    """
)
_RECOUNT = Statement(
    """
    UPDATE batches b SET total_count = greatest(b.total_count, c.total), success_count = c.success,
           failed_count = c.failed, updated_at = omneo_now()
    FROM (SELECT count(*) AS total, count(*) FILTER (WHERE status = 'success') AS success,
                 count(*) FILTER (WHERE status = 'failed') AS failed
          FROM batch_items WHERE batch_id = :batch::uuid) c
    WHERE b.id = :batch::uuid
    """
)


async def create(session: WriteSession, entity_type: str, import_job_id: int | None) -> uuid.UUID:
    """A batch that an external loader fills itself. Raises: Invalid for an unknown import job."""
    await _require_import_job(session, import_job_id)
    values = {"entity_type": entity_type, "import_job_id": import_job_id}
    identifier: uuid.UUID = (await session.insert(Batch, values)).id
    session.outbox.audit("created", "Batch", identifier, None, values)
    return identifier


@dataclass(slots=True)
class _Line:
    """One reported item on its way to a new or (with `id`) a known row."""

    status: str
    external_id: str | None
    entity_id: str | None
    error: str | None
    id: int | None = None


async def report(session: WriteSession, batch_id: uuid.UUID, items: Sequence[ReportedItem]) -> None:
    """Notes results: an item known by its external id, else by its entity id, is updated, any other is added.

    Raises: NotFound, Conflict for a batch whose rows the server itself applies.
    """
    batch = await session.row(_LOCK, id=batch_id)
    if batch is None:
        raise NotFound
    if batch.executed:
        raise Conflict("The rows of this batch are applied by the server.")
    known = await session.rows(
        _KNOWN,
        batch=batch_id,
        external_ids=[item.external_id for item in items if item.external_id is not None],
        entity_ids=[item.entity_id for item in items if item.entity_id is not None],
    )
    lines = _merged(items, known)
    await _write_lines(session, _CHANGE, [line for line in lines if line.id is not None])
    await _write_lines(session, _ADD, [line for line in lines if line.id is None], batch_id)
    await session.execute(_RECOUNT, batch=batch_id)
    session.outbox.audit("updated", "Batch", batch_id, None, {"items": len(items)})


def _merged(items: Iterable[ReportedItem], known: Iterable[Any]) -> list[_Line]:
    by_external: dict[str, _Line] = {}
    by_entity: dict[str, _Line] = {}
    for row in known:
        line = _Line("", row.external_id, row.entity_id, None, row.id)
        if row.external_id:
            by_external.setdefault(row.external_id, line)
        if row.entity_id:
            by_entity.setdefault(row.entity_id, line)
    lines: dict[int, _Line] = {}
    for item in items:
        found = by_external.get(item.external_id or "") or by_entity.get(item.entity_id or "")
        line = found or _Line(item.status, item.external_id, item.entity_id, item.error)
        line.status, line.error = item.status, item.error
        line.external_id = item.external_id or line.external_id
        line.entity_id = item.entity_id or line.entity_id
        lines[id(line)] = line
        if line.external_id:
            by_external[line.external_id] = line
        if line.entity_id:
            by_entity[line.entity_id] = line
    return list(lines.values())


async def _write_lines(
    session: WriteSession, statement: Statement, lines: Sequence[_Line], batch_id: uuid.UUID | None = None
) -> None:
    if lines:
        await session.execute(
            statement,
            batch=batch_id,
            ids=[line.id for line in lines],
            statuses=[line.status for line in lines],
            external_ids=[line.external_id for line in lines],
            entity_ids=[line.entity_id for line in lines],
            errors=[line.error for line in lines],
        )


# Life -----------------------------------------------------------------------------------------------------------------

_FORGET = Statement(
    "DELETE FROM batches WHERE created_at < omneo_now() - make_interval(days => :days::int) AND status <> 'pending'"
)


async def prune(session: WriteSession) -> int:
    """Removes finished batches after their 90 days; answers how many."""
    return await session.execute(_FORGET, days=KEPT_DAYS)
