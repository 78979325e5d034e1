"""Work on profiles in the background."""

from omneo_api.foundation.database import Actor
from omneo_api.foundation.jobs import JobContext, task
from omneo_api.profiles.profile import sync

FIRST = "00000000-0000-0000-0000-000000000000"


@task(sync.RESYNC)
async def run(job: JobContext, since: str | None = None) -> None:
    """Publishes every live profile that changed since then again, some hundred per transaction."""
    after = FIRST
    while True:
        async with job.database.writing(job.tenant, Actor()) as session:
            ids = await sync.page(session, since, after)
            for profile_id in ids:
                sync.resync(session, profile_id)
        if not ids:
            return
        after = str(ids[-1])
