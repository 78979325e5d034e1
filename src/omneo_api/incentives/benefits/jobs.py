"""Time passing for benefits that nobody touches. Importing this module also registers what other rooms ask of them."""

from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, periodic
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.benefits import batch, clock, redeeming

ACTOR = Actor(url="job:benefits")
REGISTERED = (batch, redeeming)


@periodic("benefits.turn", cron="* * * * *")
async def turn(job: JobContext) -> None:
    """Tells of benefits that became redeemable, and of balances without those that expired, since the last time."""
    for due in clock.SWEEPS:

        async def portion(session: WriteSession, due: Statement = due) -> int:
            return await clock.sweep(session, due)

        while await job.write(ACTOR, portion):
            continue
