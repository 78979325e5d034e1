"""The batch worker, and the end of old batches."""

import uuid

from omneo_api.foundation.database import Actor
from omneo_api.foundation.jobs import JobContext, periodic, task
from omneo_api.platform.batches import applying, service

# Rows that were accepted must be applied in the end, so an outage is waited out for half a day before it is given up.
PATIENCE = (5, 10, 30, 60, *(300,) * 12, *(1800,) * 24)


@task(service.TASK, delays=PATIENCE)
async def run(job: JobContext, batch_id: str, token_name: str | None = None) -> None:
    await applying.run(job.database, job.tenant, uuid.UUID(batch_id), token_name)


@periodic("platform.batches.prune", cron="17 3 * * *")
async def prune(job: JobContext) -> None:
    await job.write(Actor(), service.prune)
