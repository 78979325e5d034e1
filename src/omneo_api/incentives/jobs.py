"""Time passing for those who do not call: lots that become spendable, that expire, or that are to be announced.

Balances never wait for these jobs; they write the statement and the events. Every portion is a transaction of its own
in which the lots' deadlines go as well, so a job that dies is begun again and nothing is told twice.
"""

import asyncio

from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, periodic
from omneo_api.incentives import notices, sweeping
from omneo_api.incentives.reminders.resource import remind_due

ACTOR = Actor(url="job:incentives")


@periodic("incentives.activate", cron="* * * * *")
async def activate(job: JobContext) -> None:
    """Tells of lots that became spendable since the last time."""
    await _sweep(job, "issued")


@periodic("incentives.expire", cron="* * * * *")
async def expire(job: JobContext) -> None:
    """Tells of lots that expired since the last time."""
    await _sweep(job, "expired")


async def _sweep(job: JobContext, cause: str) -> None:
    async with asyncio.TaskGroup() as lanes:
        for lane in range(len(sweeping.LANES)):
            lanes.create_task(_sweep_lane(job, cause, lane))


async def _sweep_lane(job: JobContext, cause: str, lane: int) -> None:
    for sweep in sweeping.sweeps(cause, lane):
        while await job.write(ACTOR, sweep.run):
            continue


@periodic("incentives.notify", cron="*/5 * * * *")
async def notify(job: JobContext) -> None:
    """Announces rewards, credits and benefits whose issue, release, expiry or extension is to be told by now."""
    for lot, kind in notices.KINDS:

        async def portion(session: WriteSession, lot: str = lot, kind: str = kind) -> int:
            return await notices.announce_due(session, lot, kind)

        while await job.write(ACTOR, portion):
            continue


@periodic("incentives.remind", cron="* * * * *")
async def remind(job: JobContext) -> None:
    """Sends the reminders that are due."""
    while await job.write(ACTOR, remind_due):
        continue
