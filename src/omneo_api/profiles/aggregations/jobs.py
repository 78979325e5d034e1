"""What changes aggregations without a purchase: the passing of time, and a location that moved."""

from typing import Any

from omneo_api.foundation.database import Actor
from omneo_api.foundation.jobs import JobContext, periodic, task
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.aggregations import service

CHUNK = 500

_CUSTOMERS = Statement(
    """
    SELECT DISTINCT s.profile_id FROM transactions t
    JOIN transaction_states s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
    WHERE t.location_id = :location::bigint AND s.void_kind IS NULL AND s.profile_id IS NOT NULL
    ORDER BY s.profile_id
    """
)


@periodic("profiles.aggregations.refresh", cron="41 2 * * *")
async def refresh(job: JobContext) -> None:
    """Tells subscribers of facts that today changed; each pass leaves fewer due, so it ends."""

    async def some(session: Any) -> int:
        return await service.refresh_due(session, CHUNK)

    while await job.write(Actor(), some) == CHUNK:
        pass


@task("profiles.aggregations.location")
async def location(job: JobContext, location_id: int) -> None:
    """Calculates anew for everybody who bought at a location whose country or state changed."""
    async with job.database.reading(job.tenant) as session:
        customers = [row.profile_id for row in await session.rows(_CUSTOMERS, location=location_id)]
    for start in range(0, len(customers), CHUNK):
        some = customers[start : start + CHUNK]

        async def calculate(session: Any, profiles: Any = some) -> Any:
            return await service.recalculate_many(session, profiles)

        await job.write(Actor(), calculate)
