"""Following an erased person into what others remember."""

import uuid

from omneo_api.foundation.database import Actor
from omneo_api.foundation.jobs import JobContext, task
from omneo_api.profiles.erasure import memories, service


@task(service.ERASE)
async def run(job: JobContext, profile_id: str) -> None:
    async with job.database.writing(job.tenant, Actor()) as session:
        await memories.erase(session, uuid.UUID(profile_id))
