"""Actions whose effects can be counted, and a worker process that can be held at a point and killed."""

import asyncio
import json
import os
import sys
from pathlib import Path
from typing import Any

from omneo_api import registry
from omneo_api.automation.actions.types import ActionFailed, Outcome, Step, action
from omneo_api.automation.reactions import service
from omneo_api.foundation.jobs import WorkerOptions, run_worker
from omneo_api.foundation.outbox import Context
from omneo_api.settings import Settings

registry.load()

QUICK = WorkerOptions(4, heartbeat=0.2, stalled_after=1, polling=0.2, grace=2, schedules=False)
HOLD = os.environ.get("TEST_HOLD_AT", "")
MARK = os.environ.get("TEST_MARK", "")
FAULTS: list[BaseException] = []


async def hold(point: str) -> None:
    """Says that the point is reached, and stays there."""
    if point == HOLD:
        await asyncio.to_thread(Path(MARK).write_text, point)
        await asyncio.sleep(600)


@action("test.effect", "word*", "pause", "profile_id")
async def effect(step: Step) -> Outcome:
    """Leaves an audit row"""
    word = step.arguments["word"]
    await hold(f"{word}:before")
    if step.scope.profile_id is not None:
        await step.profile()
    values = {"word": word, "event": step.scope.event, "n": step.scope.context.get("n")}
    step.session.outbox.audit("created", "Effect", step.owner_id, None, values, step.scope.profile_id)
    await step.session.outbox.flush(step.session)
    await asyncio.sleep(step.arguments.get("pause") or 0)
    await hold(f"{word}:inside")
    return Outcome.created("effect", word)


@action("test.emit", "event*", "profile_id")
async def emit(step: Step) -> Outcome:
    """Causes an event"""
    profile = step.arguments.get("profile_id") or step.scope.profile_id
    context = Context(text=json.dumps({"profile_id": profile}, default=str))
    step.session.outbox.emit(step.arguments["event"], "custom", step.history_id, context, profile)
    return Outcome()


@action("test.reward", "value")
async def reward(step: Step) -> Outcome:
    """Makes a thing that later actions see"""
    text = f'{{"id":5,"value_initial":{step.arguments["value"]}}}'
    return Outcome.created("reward", 5, text)


@action("test.fail", "how")
async def fail(step: Step) -> Outcome:
    """Fails after an effect"""
    step.session.outbox.audit("created", "Effect", step.owner_id, None, {"word": "half"})
    if step.arguments.get("how") == "data":
        raise ActionFailed("no such thing")
    if step.arguments.get("how") == "constraint":
        await step.session.outbox.flush(step.session)
        await step.session.connection.execute("INSERT INTO systems (handle) VALUES ('twice'), ('twice')")
    if FAULTS:
        raise FAULTS.pop()
    return Outcome()


def _held_steps() -> None:
    original, chain = service._step, service.run_chain
    counted = 0

    async def step(session: Any, run: Any) -> bool:
        nonlocal counted
        await hold(f"step{counted}")
        counted += 1
        return await original(session, run)

    async def run_chain(job: Any, run: Any) -> None:
        await chain(job, run)
        await hold("end")

    service._step, service.run_chain = step, run_chain  # type: ignore[assignment]


if __name__ == "__main__":
    _held_steps()
    asyncio.run(run_worker(Settings(), sys.argv[1], QUICK))
