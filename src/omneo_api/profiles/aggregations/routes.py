"""Aggregations over HTTP (profiles 10), below `/profiles/{profile}`."""

from typing import Any

from omneo_api.foundation.calls import Answer, Call, Owner, one
from omneo_api.foundation.errors import Unauthorized
from omneo_api.foundation.fields import sent
from omneo_api.foundation.operations import Routes
from omneo_api.profiles.aggregations import service
from omneo_api.profiles.aggregations.schemas import AggregationBody, AggregationRead
from omneo_api.profiles.scope import lock_profile

routes = Routes("Aggregations")


@routes.get("/aggregations", "read-profiles", answers=AggregationRead)
async def show(session: Any, owner: Owner) -> Answer:
    """Read a profile's aggregations"""
    return one(await service.reader.text(session, owner.id))


@routes.get("/aggregations/calculate", "read-profiles", answers=AggregationRead, reads=False)
async def calculate(session: Any, owner: Owner) -> Answer:
    """Calculate a profile's aggregations now"""
    await lock_profile(session, owner.id)
    await service.recalculate(session, owner.id)
    return one(await service.reader.text(session, owner.id))


@routes.put("/aggregations", "update-profiles", answers=AggregationRead, example={"spend_all": 980.2, "shop_count": 10})
async def put(session: Any, call: Call, owner: Owner, body: AggregationBody) -> Answer:
    """Put a profile's aggregations

    For migrations, by an administrator only: what is put holds until the next calculation.
    """
    if not call.who.is_admin:
        raise Unauthorized
    await service.put(session, owner.id, sent(body))
    return one(await service.reader.text(session, owner.id))
