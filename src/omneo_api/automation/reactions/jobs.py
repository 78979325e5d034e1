"""The jobs of reactions: an event's triggers, the rest of a run, and the end of old histories (automation 14)."""

from omneo_api.automation.reactions import actions, profile_actions, service, tier_actions
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, periodic, task
from omneo_api.foundation.outbox import REACT_QUEUE, REACT_TASK
from omneo_api.foundation.statements import Statement

__all__ = ["actions", "profile_actions", "tier_actions"]

_PRUNE = Statement(
    """
    DELETE FROM action_histories WHERE id IN (
        SELECT id FROM action_histories
        WHERE state = 'done' AND created_at < omneo_now() - interval '90 days' LIMIT 5000)
    """
)


@task(REACT_TASK, queue=REACT_QUEUE)
async def react(job: JobContext, *, event_id: int) -> None:
    await service.react(job, event_id)


@task(service.RESUME_TASK, queue=REACT_QUEUE)
async def resume(job: JobContext, *, history_id: int) -> None:
    await service.resume(job, history_id)


@periodic("automation.prune-histories", cron="17 3 * * *")
async def prune(job: JobContext) -> None:
    """Old runs are forgotten, a few thousand in each transaction."""

    async def some(session: WriteSession) -> int:
        return await session.execute(_PRUNE)

    while await job.write(Actor(), some):
        pass
