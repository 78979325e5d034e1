"""The queue: a real worker in this process, and jobs deferred by real transactions."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

from omneo_api.foundation.database import Actor, Database
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.jobs import TASKS, JobContext, Worker, WorkerOptions, drain, periodic, task
from omneo_api.foundation.outbox import PendingJob

QUEUE = "test-jobs"
QUICK = WorkerOptions(4, queues=(QUEUE,), heartbeat=0.2, stalled_after=1, polling=0.2, grace=1, schedules=False)
DONE: list[Any] = []


@task("test.note", queue=QUEUE)
async def note(job: JobContext, *, word: str, pause: float = 0) -> None:
    await asyncio.sleep(pause)
    DONE.append((job.tenant.handle, word))


@task("test.flaky", queue=QUEUE, delays=(0, 0))
async def flaky(job: JobContext, *, times: int) -> None:
    DONE.append(job.attempts)
    if job.attempts < times:
        raise OSError("away")


@task("test.wrong", queue=QUEUE)
async def wrong(job: JobContext) -> None:
    DONE.append("wrong")
    raise Invalid.field("name", "The name field is required.")


@periodic("test.tick", cron="* * * * *", queue=QUEUE)
async def tick(job: JobContext) -> None:
    DONE.append((job.tenant.handle, job.due))


@pytest.fixture(autouse=True)
def nothing_done() -> Iterator[None]:
    DONE.clear()
    yield
    DONE.clear()


@asynccontextmanager
async def working(url: str, options: WorkerOptions = QUICK) -> AsyncIterator[Worker]:
    worker = Worker(Database(url, size=6), options)
    await worker.open()
    running = asyncio.create_task(worker.run())
    try:
        yield worker
    finally:
        worker.stop()
        await running
        await worker.close()


async def until(condition: Any, seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s: {DONE}"
        await asyncio.sleep(0.02)


async def defer(shop: Any, *jobs: PendingJob) -> None:
    async with shop.writing() as session:
        for job in jobs:
            session.outbox.defer(job)


def noting(shop: Any, word: str, lock: str | None = None, **arguments: Any) -> PendingJob:
    return PendingJob("test.note", {"tenant": shop.handle, "word": word, **arguments}, queue=QUEUE, lock=lock)


async def left(shop: Any) -> list[Any]:
    return await shop.sql(
        "SELECT task_name, status::text, attempts FROM procrastinate_jobs WHERE args->>'tenant' = %s ORDER BY id",
        shop.handle,
    )


async def test_a_rolled_back_write_leaves_no_job(shop: Any) -> None:
    async def fails() -> None:
        async with shop.writing() as session:
            session.outbox.defer(noting(shop, "never"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fails()
    assert await drain(shop.database, shop.handle) == []


async def test_a_worker_runs_jobs_in_the_order_of_their_lock(shop: Any) -> None:
    words = [str(number) for number in range(40)]
    async with working(shop.url):
        started = time.monotonic()
        await defer(shop, *[noting(shop, word, lock=f"{shop.handle}:one", pause=0.005) for word in words])
        await until(lambda: len(DONE) == 40)
        assert time.monotonic() - started < 6
    assert [word for _, word in DONE] == words
    assert await left(shop) == []


async def test_two_workers_share_jobs_of_many_locks_without_doubling(shop: Any) -> None:
    jobs = [noting(shop, f"{lock}-{place}", lock=f"{shop.handle}:{lock}") for place in range(15) for lock in range(6)]
    async with working(shop.url), working(shop.url):
        await asyncio.gather(*[defer(shop, job) for job in jobs[:30]], defer(shop, *jobs[30:]))
        await until(lambda: len(DONE) >= 90)
        await asyncio.sleep(0.3)
    assert sorted(word for _, word in DONE) == sorted(job.arguments["word"] for job in jobs)
    for lock in range(6):
        together = [f"{lock}-{place}" for place in range(5, 15)]
        assert [word for _, word in DONE if word in together] == together


async def test_transient_failures_are_tried_again_and_data_failures_are_final(shop: Any) -> None:
    await defer(shop, PendingJob("test.flaky", {"tenant": shop.handle, "times": 2}, queue=QUEUE))
    await defer(shop, PendingJob("test.wrong", {"tenant": shop.handle}, queue=QUEUE))
    async with working(shop.url):
        await until(lambda: len(DONE) == 4)
        await asyncio.sleep(0.5)
    assert sorted(map(str, DONE)) == ["0", "1", "2", "wrong"]
    assert await left(shop) == [("test.wrong", "failed", 1)]


async def test_a_job_that_never_succeeds_is_kept_as_failed(shop: Any) -> None:
    await defer(shop, PendingJob("test.flaky", {"tenant": shop.handle, "times": 9}, queue=QUEUE))
    async with working(shop.url):
        await until(lambda: len(DONE) == 3)
        await asyncio.sleep(0.5)
    assert DONE == [0, 1, 2]
    assert await left(shop) == [("test.flaky", "failed", 3)]


async def test_the_retries_wait_ten_sixty_and_three_hundred_seconds(shop: Any) -> None:
    @task("test.away", queue=QUEUE)
    async def away(job: JobContext) -> None:
        raise OSError("away")

    await defer(shop, PendingJob("test.away", {"tenant": shop.handle}, queue=QUEUE))
    for wait in (10, 60, 300):
        (ran,) = await drain(shop.database, shop.handle, scheduled=True)
        assert isinstance(ran.error, OSError)
        ((seconds,),) = await shop.sql(
            "SELECT extract(epoch FROM scheduled_at - now())::int FROM procrastinate_jobs WHERE args->>'tenant' = %s",
            shop.handle,
        )
        assert abs(seconds - wait) <= 1
        assert await drain(shop.database, shop.handle) == []
    await drain(shop.database, shop.handle, scheduled=True)
    assert await left(shop) == [("test.away", "failed", 4)]


async def test_a_failing_job_holds_back_those_behind_it_in_its_lock_and_no_others(shop: Any) -> None:
    lock = f"{shop.handle}:p"
    await defer(shop, PendingJob("test.flaky", {"tenant": shop.handle, "times": 1}, queue=QUEUE, lock=lock))
    await defer(shop, noting(shop, "behind", lock=lock), noting(shop, "beside"))
    await shop.sql(
        "UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 day' WHERE task_name = 'test.flaky'"
    )
    assert [ran.arguments.get("word") for ran in await drain(shop.database, shop.handle)] == ["beside"]
    await shop.sql("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE task_name = 'test.flaky'")
    await drain(shop.database, shop.handle)
    await drain(shop.database, shop.handle)
    assert DONE[1:] == [0, 1, (shop.handle, "behind")]


async def test_jobs_of_a_dead_worker_are_taken_again_within_seconds(shop: Any) -> None:
    await defer(shop, noting(shop, "left", lock=f"{shop.handle}:x"), noting(shop, "after", lock=f"{shop.handle}:x"))
    ((dead,),) = await shop.sql(
        "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '5 seconds') RETURNING id"
    )
    ((taken,),) = await shop.sql("SELECT id FROM procrastinate_fetch_job_v2(ARRAY[%s]::varchar[], %s)", QUEUE, dead)
    assert taken is not None
    started = time.monotonic()
    async with working(shop.url):
        await until(lambda: len(DONE) == 2)
        assert time.monotonic() - started < 4
    assert [word for _, word in DONE] == ["left", "after"]


async def test_a_worker_that_is_stopped_puts_back_what_does_not_end_in_time(shop: Any) -> None:
    await defer(shop, noting(shop, "slow", pause=30))
    async with working(shop.url):
        await asyncio.sleep(0.7)
    assert await left(shop) == [("test.note", "todo", 1)]
    assert DONE == []


async def test_a_worker_survives_the_loss_of_its_connections(shop: Any) -> None:
    async with working(shop.url):
        await defer(shop, noting(shop, "before"))
        await until(lambda: len(DONE) == 1)
        await shop.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE application_name = 'omneo-worker' AND datname = current_database()"
        )
        await defer(shop, noting(shop, "after"))
        await until(lambda: len(DONE) == 2, 30)
    assert [word for _, word in DONE] == ["before", "after"]


async def test_a_job_whose_end_was_not_recorded_is_taken_again(shop: Any, monkeypatch: Any) -> None:
    recorded, lost = JobManager.finish_job, []

    async def lose_the_first(self: Any, *args: Any, **options: Any) -> None:
        if not lost:
            lost.append(True)
            raise ConnectorException
        await recorded(self, *args, **options)

    monkeypatch.setattr(JobManager, "finish_job", lose_the_first)
    async with working(shop.url):
        await defer(shop, noting(shop, "again"))
        await until(lambda: len(DONE) == 2, 30)
    assert [word for _, word in DONE] == ["again", "again"]


async def test_a_schedule_runs_once_per_tenant_and_tick(shop: Any, other_shop: Any) -> None:
    worker = Worker(Database(shop.url, size=4), QUICK)
    await worker.open()
    for _ in range(2):
        await worker._spread(TASKS["test.tick"], 1_700_000_000)
    await worker.close()
    await shop.advance(days=3)
    first = await drain(shop.database, shop.handle)
    second = await drain(shop.database, other_shop.handle)
    assert len(first) == len(second) == 1
    (moved, _), (plain, _) = (DONE[0][1], 0), (DONE[1][1], 0)
    assert [handle for handle, _ in DONE] == [shop.handle, other_shop.handle]
    assert (moved - plain).total_seconds() == 3 * 86400


async def test_the_work_of_a_tenant_that_is_gone_is_dropped(shop: Any) -> None:
    await defer(shop, PendingJob("test.note", {"tenant": "gone-" + shop.handle, "word": "x"}, queue=QUEUE))
    (ran,) = await drain(shop.database, "gone-" + shop.handle)
    assert ran.error is None
    assert DONE == []


async def test_a_job_sees_the_clock_of_its_tenant_when_it_runs(shop: Any) -> None:
    seen = []

    @task("test.clock", queue=QUEUE)
    async def clock(job: JobContext) -> None:
        async def work(session: Any) -> None:
            seen.append(session.now)

        await job.write(Actor(), work)

    await defer(shop, PendingJob("test.clock", {"tenant": shop.handle}, queue=QUEUE))
    before = shop.tenant.clock_offset
    await shop.advance(days=10)
    await drain(shop.database, shop.handle)
    assert abs(seen[0].timestamp() - time.time() - 10 * 86400 - before.total_seconds()) < 5


async def test_work_that_already_waits_is_not_queued_again(shop: Any) -> None:
    def pending() -> PendingJob:
        key = f"once:{shop.handle}"
        return PendingJob("test.note", {"tenant": shop.handle, "word": "once"}, queue=QUEUE, queueing_lock=key)

    await defer(shop, pending(), pending())
    await asyncio.gather(defer(shop, pending()), defer(shop, pending(), noting(shop, "other")))
    assert sorted(ran.arguments["word"] for ran in await drain(shop.database, shop.handle)) == ["once", "other"]
    await defer(shop, pending())
    assert len(await drain(shop.database, shop.handle)) == 1
