"""Batches: rows stored durably with the request, applied by the worker (`applying`), each with its result.

A domain registers with `@processor` how one row is applied, checks its envelope with `envelope` and stores the rows
with `queue`.
"""

import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from pydantic import Field, create_model

from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer, bare, data
from omneo_api.foundation.database import WriteSession
from omneo_api.foundation.errors import Conflict, Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.platform.batches.models import Batch
from omneo_api.platform.batches.schemas import BatchRead, ReportedItem

TASK = "platform.batches.run"
LARGEST = 1000
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


class Alone(Exception):
    """As a row's result from `together`: it has to be applied in a transaction of its own, as a single call is."""


Result = Applied | Exception | None
Together = Callable[[WriteSession, Sequence[dict[str, Any]], BatchRun], Awaitable[Sequence[Result]]]


@dataclass(frozen=True, slots=True)
class Processor:
    """How the rows of a batch are applied: one, and several in one transaction.

    most: rows of one transaction. together: applies several at once and answers a result for each of the first ones, at
    least one; an exception fails that row alone, `Alone` puts it off until the others are committed. What it raises
    undoes all of them, and each is applied by `apply`. Without it, `apply` runs for one row after another.
    """

    apply: Apply
    most: int = 50
    together: Together | None = None


PROCESSORS: dict[str, Processor] = {}


def processor(name: str, *, most: int = 50, together: Together | None = None) -> Callable[[Apply], Apply]:
    """Registers how one row of the batches of that entity type (or processor) is applied.

    The function gets a session, the row as it was sent, and the batch; it answers (entity id, external id) of what it
    made or changed, or None. What it raises fails the row and leaves no trace. Its transaction may hold other rows of
    the batch, each with its own events and audit rows; `Processor` tells of `most` and `together`.
    """

    def register(apply: Apply) -> Apply:
        if name in PROCESSORS:
            raise ValueError(f"two processors of {name}")
        PROCESSORS[name] = Processor(apply, most, together)
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
    if name not in PROCESSORS:
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
    arguments = {
        "tenant": session.tenant.handle,
        "batch_id": str(identifier),
        "token_name": session.actor.token_name,
    }
    session.outbox.defer(PendingJob(TASK, arguments))
    return identifier


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
