"""What changes aggregations without a purchase: time, a location or country that moved, a product's new brand."""

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

_OF_COUNTRIES = Statement(
    """
    SELECT DISTINCT s.profile_id FROM location_addresses a
    JOIN transactions t ON t.tenant_id = a.tenant_id AND t.location_id = a.location_id
    JOIN transaction_states s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
    WHERE upper(a.iso) = ANY (ARRAY(SELECT unnest(ARRAY[c.iso_2, c.iso_3]) FROM countries c
                                    WHERE c.iso_2 = ANY (:codes::text[])))
      AND s.void_kind IS NULL AND s.profile_id IS NOT NULL
    ORDER BY s.profile_id
    """
)

_BUYERS = Statement(
    """
    SELECT DISTINCT s.profile_id FROM product_variants v
    JOIN transaction_item_annotations n ON n.tenant_id = v.tenant_id AND n.product_variant_id = v.id
    JOIN transaction_items i ON i.tenant_id = n.tenant_id AND i.id = n.item_id
    JOIN transaction_states s ON s.tenant_id = i.tenant_id AND s.transaction_id = i.transaction_id
    WHERE v.product_id = :product::bigint AND s.void_kind IS NULL AND s.profile_id IS NOT NULL
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
    await _calculate(job, customers)


@task("profiles.aggregations.countries")
async def countries(job: JobContext, codes: list[str]) -> None:
    """Calculates anew for everybody who bought in countries that came into another region."""
    async with job.database.reading(job.tenant) as session:
        customers = [row.profile_id for row in await session.rows(_OF_COUNTRIES, codes=codes)]
    await _calculate(job, customers)


@task("profiles.aggregations.product")
async def product(job: JobContext, product_id: int) -> None:
    """Calculates anew for everybody who bought a product whose brand, or whose variants, are others now."""
    async with job.database.reading(job.tenant) as session:
        buyers = [row.profile_id for row in await session.rows(_BUYERS, product=product_id)]
    await _calculate(job, buyers)


async def _calculate(job: JobContext, profiles: list[Any]) -> None:
    for start in range(0, len(profiles), CHUNK):
        some = profiles[start : start + CHUNK]

        async def calculate(session: Any, chosen: Any = some) -> Any:
            return await service.recalculate_many(session, chosen)

        await job.write(Actor(), calculate)
