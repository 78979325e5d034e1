"""The shape of a profile's region (profiles 14)."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import select

from omneo_api.configuration.regions import Region
from omneo_api.foundation.render import Read, Source, Sql


def _of_region(column: str) -> Sql:
    def expression(entity: Any) -> Any:
        found = select(getattr(Region, column)).where(
            Region.tenant_id == entity.tenant_id, Region.id == entity.region_id
        )
        return found.correlate(entity).scalar_subquery()

    return Sql(expression)


class ProfileRegionRead(Read):
    """`id` is the region's own id, and the id in paths."""

    id: Annotated[int, Source("region_id")]
    name: Annotated[str, _of_region("name")]
    handle: Annotated[str, _of_region("handle")]
    country: str | None
    state: str | None
    is_active: bool
    created_at: datetime
    updated_at: datetime
