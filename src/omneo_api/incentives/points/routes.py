"""`/points` and the points below a profile (incentives-value 5.2). Points are corrected by further points."""

from typing import Any

from omneo_api.foundation.calls import Answer, Call, Owner, created
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.incentives.points import service
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.points.schemas import PointBody, PointRead
from omneo_api.profiles.scope import of_profile

listing = Listing(
    PointRead,
    Point,
    extra={
        "rate_id": Filter(path=("rate_id",)),
        "source_id": Filter(path=("source_id",)),
        "point_definition_id": Filter(path=("point_definition_id",)),
        "definition.id": Filter(path=("definition", "id")),
        "definition.handle": Filter(path=("definition", "handle")),
        "definition.name": Filter(path=("definition", "name")),
        "meta": Filter(path=("meta",)),
    },
)
reader = Reader(listing)
linked_reader = Reader(listing, owned_by="linked_profile_id")
routes = Routes("Points")
linked = Routes("Points")


@routes.get("/points", "read-points", listing=listing, envelope="page", answers=PointRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List point lots, spent and expired ones too."""
    return await reader.browse(session, call, owner)


@routes.post(
    "/points",
    "create-points",
    answers=PointRead,
    example={"profile_id": "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710", "point_definition_id": 1, "value_initial": 150},
)
async def create(session: Any, body: PointBody) -> Answer:
    """Award points, or deduct them with a negative value."""
    identifier = await service.create(session, body.profile_id, body)
    return created(await reader.text(session, identifier))


@routes.get("/points/{point}", "read-points", answers=PointRead)
async def show(session: Any, call: Call, owner: Owner, point: int) -> Answer:
    """Read a point lot."""
    return await reader.show(session, call, point, owner)


@linked.get(
    "/linked_points", "read-points", listing=listing, envelope="page", answers=PointRead, aliases=("/linked/points",)
)
async def browse_linked(session: Any, call: Call, owner: Owner) -> Answer:
    """List the points that others earned by this profile's activity."""
    return await linked_reader.browse(session, call, owner)


def operations() -> list[Operation]:
    below = [("GET", "/points"), ("GET", "/points/{point}")]
    return [
        *routes.mounted(),
        *routes.mounted("/profiles/{profile}", owner=of_profile, only=below),
        *linked.mounted("/profiles/{profile}", owner=of_profile),
    ]
