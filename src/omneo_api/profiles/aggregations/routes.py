"""Aggregations over HTTP (profiles 10), below `/profiles/{profile}`."""

from typing import Any

from omneo_api.foundation.calls import Answer, Call, Owner, one
from omneo_api.foundation.errors import Invalid, NotFound, Unauthorized, selected_is_invalid
from omneo_api.foundation.fields import sent, validate
from omneo_api.foundation.operations import Routes
from omneo_api.platform.batches.service import BatchRun, batch_body, envelope_schema, processor, queue, queued
from omneo_api.profiles.aggregations import jobs, service
from omneo_api.profiles.aggregations.schemas import AggregationBody, AggregationRead, AggregationRow
from omneo_api.profiles.scope import lock_profile

routes = Routes("Aggregations")
batches = Routes("Aggregations")
__all__ = ["batches", "jobs", "routes"]


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


@processor("aggregation")
async def apply(session: Any, row: dict[str, Any], _: BatchRun) -> tuple[str, None]:
    profile = validate(AggregationRow, row).profile_id
    values = sent(validate(AggregationBody, row))
    try:
        if values:
            await service.put(session, profile, values)
        else:
            await lock_profile(session, profile)
            await service.recalculate(session, profile)
    except NotFound:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id")) from None
    return str(profile), None


@batches.post(
    "/profile/aggregations/batch.json",
    "update-profiles",
    body=envelope_schema("profiles", AggregationRow),
    envelope="bare",
    success=200,
    aliases=("/profile/aggregations/batch",),
    example={"profiles": [{"profile_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10"}]},
)
async def batch(session: Any, call: Call) -> Answer:
    """Calculate or put the aggregations of many profiles in the background

    A row with `profile_id` alone calculates; one with values puts them, which only an administrator may.
    """
    asked = batch_body(call.body, "profiles", AggregationRow)
    if not call.who.is_admin and any(AggregationBody.model_fields.keys() & row for row in asked.rows):
        raise Unauthorized
    return queued(await queue(session, "aggregation", asked.rows, asked.import_job_id))
