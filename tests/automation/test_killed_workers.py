"""Worker processes that are killed at every point of a chain: nothing is lost, nothing happens twice."""

import asyncio
import json
import os
import random
import signal
import sys
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from effects import QUICK

from omneo_api.foundation.database import Actor
from omneo_api.foundation.outbox import Context

SCRIPT = Path(__file__).with_name("effects.py")
WORDS = ("one", "two", "three")
POINTS = [
    "step0",
    "one:before",
    "one:inside",
    "step1",
    "two:inside",
    "step2",
    "three:inside",
    "end",
]


async def start(shop: Any, hold: str = "", mark: Path | None = None) -> asyncio.subprocess.Process:
    environment = {**os.environ, "TEST_HOLD_AT": hold, "TEST_MARK": str(mark or "")}
    return await asyncio.create_subprocess_exec(
        sys.executable, str(SCRIPT), shop.url, env=environment, stderr=asyncio.subprocess.DEVNULL
    )


async def kill(process: asyncio.subprocess.Process) -> None:
    process.send_signal(signal.SIGKILL)
    await process.wait()


@asynccontextmanager
async def worker(shop: Any) -> AsyncIterator[asyncio.subprocess.Process]:
    process = await start(shop)
    try:
        yield process
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()


async def until(condition: Any, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not await condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        await asyncio.sleep(0.05)


async def trigger(shop: Any, event: str, pause: float = 0) -> int:
    actions = [
        {
            "name": "test.effect",
            "arguments": [{"name": "word", "value": word}, {"name": "pause", "value": pause}],
        }
        for word in WORDS
    ]
    return (await shop.post("/triggers", {"name": "t", "trigger": event, "actions": actions}))["data"]["id"]


async def emit(shop: Any, name: str, number: int, who: uuid.UUID | None) -> None:
    context = {"n": number, "profile_id": None if who is None else str(who)}
    async with shop.app.database.writing(shop.tenant, Actor()) as session:
        session.outbox.emit(name, "custom", number, Context(text=json.dumps(context)), who)


async def profile(shop: Any) -> uuid.UUID:
    ((identifier,),) = await shop.sql("INSERT INTO profiles (tenant_id) VALUES (%s) RETURNING id", shop.tenant.id)
    return identifier


async def effects(shop: Any) -> list[tuple[int, str, int]]:
    rows = await shop.sql(
        "SELECT auditable_id, new_values FROM audits WHERE tenant_id = %s AND auditable_type = 'Effect' ORDER BY id",
        shop.tenant.id,
    )
    return [(row[0], (new := json.loads(row[1]))["word"], new["n"]) for row in rows]


async def all_done(shop: Any) -> bool:
    rows = await shop.sql("SELECT 1 FROM procrastinate_jobs WHERE args->>'tenant' = %s", shop.handle)
    return not rows


@pytest.mark.parametrize("point", POINTS)
async def test_a_worker_killed_at_any_point_loses_and_doubles_nothing(shop: Any, tmp_path: Path, point: str) -> None:
    identifier = await trigger(shop, "x.y")
    await emit(shop, "x.y", 7, await profile(shop))
    mark = tmp_path / "mark"
    process = await start(shop, point, mark)

    async def reached() -> bool:
        return await asyncio.to_thread(mark.exists)

    try:
        await until(reached)
    finally:
        await kill(process)
    began = time.monotonic()
    async with worker(shop):
        await until(lambda: all_done(shop))
    assert time.monotonic() - began < 20
    assert await effects(shop) == [(identifier, word, 7) for word in WORDS]
    items = await shop.sql(
        "SELECT i.position, i.status FROM action_history_items i JOIN action_histories h"
        " ON h.tenant_id = i.tenant_id AND h.id = i.action_history_id"
        " WHERE i.tenant_id = %s AND h.state = 'done' ORDER BY 1",
        shop.tenant.id,
    )
    assert items == [(0, "success"), (1, "success"), (2, "success")]


async def test_two_workers_killed_at_random_leave_every_effect_once_and_in_order(shop: Any) -> None:
    seeded = random.Random(20251120)
    triggers = [await trigger(shop, "x.y", pause=0.01) for _ in range(2)]
    people = [await profile(shop) for _ in range(4)]
    owners = {}
    for number in range(48):
        owners[number] = number % 4
        await emit(shop, "x.y", number, people[number % 4])
    processes = [await start(shop), await start(shop)]
    try:
        for _ in range(6):
            await asyncio.sleep(seeded.uniform(1.2, 2.2))
            victim = seeded.randrange(2)
            await kill(processes[victim])
            processes[victim] = await start(shop)
        await until(lambda: all_done(shop), 80)
    finally:
        for process in processes:
            await kill(process)
    seen = await effects(shop)
    assert Counter(seen) == Counter(
        (owner, word, number) for owner in triggers for word in WORDS for number in range(48)
    )
    for person in range(4):
        mine = [(owner, word, number) for owner, word, number in seen if owners[number] == person]
        wanted = [(owner, word, number) for number in range(person, 48, 4) for owner in triggers for word in WORDS]
        assert mine == wanted


async def test_a_worker_told_to_stop_ends_its_step_and_leaves_the_rest(shop: Any) -> None:
    identifier = await trigger(shop, "x.y", pause=0.4)
    for number in range(3):
        await emit(shop, "x.y", number, None)
    async with worker(shop):

        async def begun() -> bool:
            return bool(await effects(shop))

        await until(begun)
    async with worker(shop):
        await until(lambda: all_done(shop))
    assert Counter(await effects(shop)) == Counter((identifier, word, n) for word in WORDS for n in range(3))
    assert QUICK.grace >= 2
