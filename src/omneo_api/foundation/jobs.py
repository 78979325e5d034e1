"""Jobs: work that happens after the transaction that asked for it, at least once, in order where a lock says so.

A job is a row that `Outbox.defer` inserts in the transaction of the write; a worker runs it for the tenant that its
arguments name, with that tenant's clock as it then stands. A job whose process dies is taken again by another worker
within seconds, so every job must be able to run twice: its effects have unique keys or are settled by their state.

Transient failures are tried again after 10, 60 and 300 seconds; failures of the data are final at once.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeVar

from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate import exceptions as queue_errors
from procrastinate.job_context import JobContext as QueueContext
from procrastinate.jobs import DeleteJobCondition, Job
from procrastinate.manager import JobManager
from procrastinate.worker import Worker as QueueWorker
from psycopg import DataError, Error, IntegrityError
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from omneo_api.foundation.database import APPLICATION_ROLE, Actor, Database, Tenant, WriteSession
from omneo_api.foundation.errors import ApiError
from omneo_api.foundation.logs import log_failure, logger
from omneo_api.foundation.metrics import JOBS
from omneo_api.settings import Settings

RETRY_DELAYS = (10, 60, 300)
CONFLICTS = (DeadlockDetected, SerializationFailure, LockNotAvailable)
CONFLICT_ATTEMPTS = 12
MOST_STARTS = 50
CATCH_UP_SECONDS = 25 * 3600
SPREAD = "omneo.spread"

Result = TypeVar("Result")
Run = Callable[..., Awaitable[None]]


@dataclass(frozen=True, slots=True)
class JobContext:
    """What a job is told: its tenant, how often it was tried before, and for scheduled work the moment it was due."""

    database: Database
    tenant: Tenant
    job_id: int
    attempts: int = 0
    due: datetime | None = None

    async def write(self, actor: Actor, work: Callable[[WriteSession], Awaitable[Result]]) -> Result:
        """Runs `work` in a transaction of this tenant, again when PostgreSQL asks for it."""
        return await in_transaction(self.database, self.tenant, actor, work)


@dataclass(frozen=True, slots=True)
class Task:
    name: str
    run: Run
    queue: str
    delays: tuple[int, ...]
    cron: str | None = None


TASKS: dict[str, Task] = {}


def task(name: str, *, queue: str = "default", delays: tuple[int, ...] = RETRY_DELAYS) -> Callable[[Run], Run]:
    """Registers the coroutine function that runs the jobs of that name: `run(job, **arguments)`."""

    def register(run: Run) -> Run:
        TASKS[name] = Task(name, run, queue, delays)
        return run

    return register


def periodic(
    name: str, *, cron: str, queue: str = "default", delays: tuple[int, ...] = RETRY_DELAYS
) -> Callable[[Run], Run]:
    """The same for work that is due at every tick of a cron expression (real time, UTC), once per tenant: `run(job)`.

    A tick that nobody was there to see is caught up with when a worker starts, the latest one only.
    """

    def register(run: Run) -> Run:
        TASKS[name] = Task(name, run, queue, delays, cron)
        return run

    return register


def is_data_failure(fault: BaseException) -> bool:
    """Whether trying again cannot help: the input broke a rule or a constraint."""
    if isinstance(fault, ApiError):
        return fault.status < 500
    return isinstance(fault, DataError | IntegrityError)


async def in_transaction(
    database: Database, tenant: Tenant, actor: Actor, work: Callable[[WriteSession], Awaitable[Result]]
) -> Result:
    """Runs `work` in one transaction; a deadlock or serialisation failure rolls it back and starts it anew."""
    for attempt in range(CONFLICT_ATTEMPTS):
        try:
            async with database.writing(tenant, actor) as session:
                return await work(session)
        except CONFLICTS:
            if attempt == CONFLICT_ATTEMPTS - 1:
                raise
        await _back_off(attempt)
    raise AssertionError


async def _back_off(attempt: int) -> None:
    await asyncio.sleep(random.uniform(0, 0.005 * 2 ** min(attempt, 6)))  # noqa: S311


async def find_tenant(database: Database, handle: str) -> Tenant | None:
    """The tenant with its clock as it stands now."""
    async with database.unbound() as connection:
        cursor = await connection.execute("SELECT id, handle, clock_offset FROM tenants WHERE handle = %s", (handle,))
        row = await cursor.fetchone()
    return None if row is None else Tenant(row[0], row[1], row[2])


async def execute(
    database: Database, name: str, arguments: Mapping[str, Any], job_id: int = 0, attempts: int = 0
) -> None:
    """Runs one job for the tenant that its arguments name. Raises: whatever it fails with.

    The work of a tenant that is gone is done.
    """
    found = TASKS[name]
    values = dict(arguments)
    tenant = await find_tenant(database, values.pop("tenant"))
    if tenant is None:
        JOBS.labels(name, "orphaned").inc()
        return
    due = values.pop("due", None)
    moment = None if due is None else datetime.fromtimestamp(due, UTC) + tenant.clock_offset
    context = JobContext(database, tenant, job_id, attempts, moment)
    try:
        await _through_conflicts(found.run, context, values)
    except Exception as fault:
        JOBS.labels(name, "failed" if _delay(found, fault, attempts) is None else "retried").inc()
        log_failure(f"job {job_id} {name}", fault)
        raise
    JOBS.labels(name, "succeeded").inc()


async def _through_conflicts(run: Run, context: JobContext, values: dict[str, Any]) -> None:
    for attempt in range(CONFLICT_ATTEMPTS):
        try:
            return await run(context, **values)
        except CONFLICTS:
            if attempt == CONFLICT_ATTEMPTS - 1:
                raise
        await _back_off(attempt)
    return None


def _delay(found: Task, fault: BaseException, attempts: int) -> int | None:
    """Seconds until the next attempt, None when there is none."""
    if isinstance(fault, asyncio.CancelledError):
        return 0
    if is_data_failure(fault) or attempts >= len(found.delays):
        return None
    return found.delays[attempts]


# The worker ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class WorkerOptions:
    """How a worker works. Times are seconds; a worker is given up `stalled_after` its last heartbeat."""

    concurrency: int = 4
    queues: tuple[str, ...] | None = None
    heartbeat: float = 3.0
    stalled_after: float = 15.0
    polling: float = 2.0
    grace: float = 30.0
    keep_failed_days: int = 30
    schedules: bool = True


_TAKE_AGAIN = """
    UPDATE procrastinate_jobs j
    SET worker_id = NULL, abort_requested = false, status = CASE
        WHEN (SELECT count(*) FROM procrastinate_events e WHERE e.job_id = j.id AND e.type = 'started') >= %s
        THEN 'failed'::procrastinate_job_status ELSE 'todo'::procrastinate_job_status END
    WHERE status = 'doing' AND (
        worker_id IS NULL
        OR EXISTS (SELECT 1 FROM procrastinate_workers w
                   WHERE w.id = j.worker_id AND w.last_heartbeat < now() - %s * interval '1 second')
        OR worker_id = %s AND id = ANY (%s))
    RETURNING id
"""
_DOING = "SELECT id FROM procrastinate_jobs WHERE status = 'doing' AND worker_id = %s"
_PRUNE = """
    DELETE FROM procrastinate_jobs j
    WHERE status IN ('succeeded', 'failed', 'cancelled', 'aborted')
      AND NOT EXISTS (SELECT 1 FROM procrastinate_events e
                      WHERE e.job_id = j.id AND e.at > now() - %s * interval '1 day')
"""
_SPREAD = """
    INSERT INTO procrastinate_jobs (queue_name, task_name, args, lock, queueing_lock)
    SELECT %s, %s, jsonb_build_object('tenant', handle, 'due', %s::bigint), %s || handle, %s || handle
    FROM tenants ORDER BY id
    ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
"""


class _Retry(BaseRetryStrategy):
    def __init__(self, found: Task) -> None:
        self.found = found

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        delay = _delay(self.found, exception, job.attempts)
        return None if delay is None else RetryDecision(retry_in={"seconds": delay})


class _Queue(JobManager):
    async def fetch_job(self, queues: Iterable[str] | None, worker_id: int) -> Job | None:
        """Two workers can take two jobs of one lock in the same instant.

        The database lets one of them have its job; the other finds nothing this time.
        """
        try:
            return await super().fetch_job(queues, worker_id)
        except queue_errors.UniqueViolation:
            return None


class _Loop(QueueWorker):
    """The library's worker, which looks for the next job of a lock as soon as the one before it is done."""

    async def _persist_job_status(self, *args: Any, **options: Any) -> None:
        """Records how a job ended. One whose end could not be recorded is taken again by the guard."""
        try:
            await super()._persist_job_status(*args, **options)
        except queue_errors.ConnectorException as fault:
            logger.warning("the end of a job was not recorded", kind=type(fault.__cause__ or fault).__name__)
        self._new_job_event.set()

    def running(self) -> set[int]:
        return {context.job.id for context in self._running_jobs.values() if context.job.id is not None}


@dataclass(eq=False)
class Worker:
    """Runs jobs until it is stopped; survives the loss of its connections and takes over the jobs of dead workers."""

    database: Database
    options: WorkerOptions = field(default_factory=WorkerOptions)

    def __post_init__(self) -> None:
        self._stopping = asyncio.Event()
        self._loop: _Loop | None = None
        self._suspects: frozenset[int] = frozenset()
        connector = PsycopgConnector(
            conninfo=self.database.url,
            kwargs={"options": f"-c role={APPLICATION_ROLE} -c timezone=UTC -c application_name=omneo-worker"},
            min_size=1,
            max_size=self.options.concurrency + 2,
        )
        self._app = App(connector=connector, periodic_defaults={"max_delay": CATCH_UP_SECONDS})
        self._app.job_manager = _Queue(self._app.connector)
        for found in TASKS.values():
            self._register(found)
        logging.getLogger("procrastinate").setLevel(logging.CRITICAL)

    def _register(self, found: Task) -> None:
        async def run(context: QueueContext, /, **arguments: Any) -> None:
            job = context.job
            await execute(self.database, found.name, arguments, job.id or 0, job.attempts)

        async def spread(_context: QueueContext, timestamp: int) -> None:
            await self._spread(found, timestamp)

        self._app.task(name=found.name, queue=found.queue, pass_context=True, retry=_Retry(found))(run)
        if found.cron is not None:
            name = f"{SPREAD}:{found.name}"
            spreader = self._app.task(name=name, queue=found.queue, pass_context=True, retry=_Retry(found))(spread)
            if self.options.schedules:
                self._app.periodic(cron=found.cron, periodic_id=found.name)(spreader)

    async def _spread(self, found: Task, timestamp: int) -> None:
        key = f"{found.name}:"
        async with self.database.unbound() as connection:
            await connection.execute(_SPREAD, (found.queue, found.name, timestamp, key, key))

    async def open(self) -> None:
        await self.database.open()
        await self._app.open_async()

    async def close(self) -> None:
        await self._app.close_async()
        await self.database.close()

    def stop(self) -> None:
        """Asks to finish the running jobs (for `grace` seconds; then they are put back) and to return from `run`."""
        self._stopping.set()
        if self._loop is not None:
            self._loop.stop()  # type: ignore[no-untyped-call]

    async def run(self, *, signals: bool = False) -> None:
        """Runs jobs until `stop`; with `signals`, until SIGINT or SIGTERM."""
        guard = asyncio.create_task(self._guard())
        try:
            while not self._stopping.is_set():
                await self._run_loop(signals)
        finally:
            guard.cancel()
            await asyncio.gather(guard, return_exceptions=True)

    async def _run_loop(self, signals: bool) -> None:
        options = self.options
        self._loop = _Loop(
            app=self._app,
            queues=list(options.queues) if options.queues else None,
            concurrency=options.concurrency,
            fetch_job_polling_interval=options.polling,
            shutdown_graceful_timeout=options.grace,
            delete_jobs=DeleteJobCondition.SUCCESSFUL,
            install_signal_handlers=signals,
            update_heartbeat_interval=options.heartbeat,
            stalled_worker_timeout=options.stalled_after,
        )
        failed = False
        try:
            await self._loop.run()  # type: ignore[no-untyped-call]
        except (Error, queue_errors.ProcrastinateException, OSError) as fault:
            failed = True
            logger.warning("worker lost the queue and begins anew", kind=type(fault.__cause__ or fault).__name__)
        if signals and not failed:
            self._stopping.set()
        if not self._stopping.is_set():
            await asyncio.sleep(1)

    async def _guard(self) -> None:
        """Takes again what dead workers left, and what this one left when it could not record an outcome."""
        pause = max(0.2, self.options.stalled_after / 4)
        rounds = 0
        while True:
            try:
                await self._take_again()
                if rounds % 1000 == 0:
                    async with self.database.unbound() as connection:
                        await connection.execute(_PRUNE, (self.options.keep_failed_days,))
            except (Error, ApiError, OSError) as fault:
                logger.warning("stalled jobs not looked for", kind=type(fault.__cause__ or fault).__name__)
            rounds += 1
            await asyncio.sleep(pause)

    async def _take_again(self) -> None:
        loop = self._loop
        worker_id = loop.worker_id if loop is not None else None
        async with self.database.unbound() as connection:
            doing = {row[0] for row in await (await connection.execute(_DOING, (worker_id,))).fetchall()}
            forgotten = frozenset(doing - loop.running()) if loop is not None else frozenset[int]()
            values = (MOST_STARTS, self.options.stalled_after, worker_id, sorted(forgotten & self._suspects))
            self._suspects = forgotten
            taken = await (await connection.execute(_TAKE_AGAIN, values)).fetchall()
        for _ in taken:
            JOBS.labels("-", "taken again").inc()
        if taken and loop is not None:
            loop._new_job_event.set()  # noqa: SLF001 - the library has no other way to say that there is work


async def run_worker(settings: Settings, database_url: str, options: WorkerOptions | None = None) -> None:
    """One worker process: runs jobs and schedules until SIGINT or SIGTERM."""
    chosen = options or WorkerOptions(concurrency=settings.worker_concurrency)
    database = Database(database_url, read_url=settings.database_read_url, size=chosen.concurrency + 2)
    worker = Worker(database, chosen)
    await worker.open()
    try:
        await worker.run(signals=True)
    finally:
        await worker.close()


# In-process, for tests and commands ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ran:
    """One job that `drain` ran, with what it failed with."""

    task: str
    arguments: Mapping[str, Any]
    error: BaseException | None = None


_NEXT = """
    UPDATE procrastinate_jobs SET status = 'doing'
    WHERE id = (
        SELECT j.id FROM procrastinate_jobs j
        WHERE j.status = 'todo' AND j.args ->> 'tenant' = %s AND j.id <> ALL (%s)
          AND (%s OR j.scheduled_at IS NULL OR j.scheduled_at <= now())
          AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs o WHERE o.lock = j.lock AND (
              o.status = 'doing' OR o.status = 'todo' AND (o.priority, -o.id) > (j.priority, -j.id)))
        ORDER BY j.priority DESC, j.id LIMIT 1 FOR UPDATE SKIP LOCKED)
    RETURNING id, task_name, args, attempts
"""


async def drain(database: Database, tenant: str, *, scheduled: bool = False, most: int = 10_000) -> list[Ran]:
    """Runs the tenant's due jobs in this process, those that they defer included; with `scheduled`, later ones too.

    A job that fails is put back or kept as failed, as the worker does, and is not run twice in one call.
    """
    ran: list[Ran] = []
    failed: list[int] = []
    while len(ran) < most:
        async with database.unbound() as connection:
            row = await (await connection.execute(_NEXT, (tenant, failed, scheduled))).fetchone()
        if row is None:
            return ran
        identifier, name, arguments, attempts = row
        error: BaseException | None = None
        try:
            await execute(database, name, arguments, identifier, attempts)
        except Exception as fault:  # noqa: BLE001 - the caller judges
            error = fault
            failed.append(identifier)
        ran.append(Ran(name, arguments, error))
        await _settle(database, TASKS.get(name), identifier, attempts, error)
    raise RuntimeError(f"more than {most} jobs")


async def _settle(
    database: Database, found: Task | None, identifier: int, attempts: int, error: BaseException | None
) -> None:
    delay = None if error is None or found is None else _delay(found, error, attempts)
    async with database.unbound() as connection:
        if delay is not None:
            await connection.execute(
                "SELECT procrastinate_retry_job_v2(%s, now() + %s * interval '1 second', NULL, NULL, NULL)",
                (identifier, delay),
            )
        else:
            await connection.execute(
                "SELECT procrastinate_finish_job_v1(%s, %s::procrastinate_job_status, %s)",
                (identifier, "succeeded" if error is None else "failed", error is None),
            )
