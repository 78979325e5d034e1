"""Locations over HTTP (commerce 9)."""

import dataclasses
from decimal import Decimal
from typing import Any

from omneo_api.commerce.locations import rosters, service
from omneo_api.commerce.locations.bodies import LocationProfileBody
from omneo_api.commerce.locations.rosters import of_location, roster
from omneo_api.commerce.locations.schemas import LocationProfileRead, LocationRead
from omneo_api.commerce.locations.service import locations
from omneo_api.foundation.calls import Answer, Call, Owner, created, one
from omneo_api.foundation.errors import Invalid, NotFound
from omneo_api.foundation.fields import sent
from omneo_api.foundation.operations import Operation, Routes, convert
from omneo_api.foundation.validation import to_decimal
from omneo_api.platform.batches.service import BatchRun, batch_body, envelope_schema, processor, queue, queued
from omneo_api.profiles.scope import of_profile

DEFAULT_RADIUS = Decimal(50)
HALF_WAY_ROUND = Decimal(20038)
KM_PER_DEGREE = Decimal("110.5")
ID_TYPES = {
    "id": "id",
    "external_id": "external_id_key",
    "external": "external_id_key",
    "external_code": "external_code",
    "handle": "handle_key",
}

routes = Routes("Locations")


@routes.get("/locations", "read-locations", listing=locations.listing, envelope="page", answers=LocationRead)
async def browse(session: Any, call: Call) -> Answer:
    """List locations

    `filter[near]=lat,lng`, with `filter[radius]=km` (50), answers the open ones within reach, nearest first, each with
    its `distance` in km.
    """
    asked = call.query.get("filter")
    if not isinstance(asked, dict) or "near" not in asked:
        return await locations.reader.browse(session, call)
    latitude, longitude, radius = _place(asked["near"], asked.get("radius"))
    others = {name: value for name, value in asked.items() if name not in ("near", "radius")}
    plain = dataclasses.replace(call, _query={**call.query, "filter": others})
    band = radius / KM_PER_DEGREE
    return await service.near.browse(
        session,
        plain,
        near_latitude=float(latitude),
        near_longitude=float(longitude),
        near_radius=float(radius),
        near_south=max(latitude - band, Decimal(-90)),
        near_north=min(latitude + band, Decimal(90)),
    )


def _place(near: Any, radius: Any) -> tuple[Decimal, Decimal, Decimal]:
    """Latitude, longitude and radius (km) as asked. Raises: Invalid."""
    parts = [_number(part) for part in str(near).split(",")]
    latitude, longitude = parts if len(parts) == 2 else (None, None)
    reach = DEFAULT_RADIUS if radius in (None, "") else _number(radius)
    errors = {}
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        errors["filter.near"] = ["The filter.near field must be a latitude and a longitude."]
    if reach is None or not 0 < reach <= HALF_WAY_ROUND:
        errors["filter.radius"] = ["The filter.radius field must be a number of kilometres."]
    if errors or latitude is None or longitude is None or reach is None:
        raise Invalid(errors)
    return latitude, longitude, reach


def _number(text: Any) -> Decimal | None:
    try:
        return to_decimal(str(text).strip())
    except ValueError:
        return None


@routes.get("/locations/{id_type}/{value}", "read-locations", answers=LocationRead)
async def find(session: Any, call: Call, id_type: str, value: str) -> Answer:
    """Find a location by another key

    `id_type` is `external_id` (or `external`), `external_code`, `handle` or `id`.
    """
    column = ID_TYPES.get(id_type)
    if column is None:
        raise NotFound
    if column == "id":
        return await locations.reader.show(session, call, str(convert(value, int)))
    key = value.lower() if column.endswith("_key") else value
    text = await locations.reader.text(session, key, column=column, include=locations.reader.includes(call))
    return one(text)


@processor("location")
async def apply(session: Any, row: dict[str, Any], _: BatchRun) -> tuple[int, str | None]:
    return await service.upsert(session, row)


@routes.post(
    "/locations/batch.json",
    "create-locations",
    body=envelope_schema("locations"),
    envelope="bare",
    success=200,
    aliases=("/locations/batch",),
    example={"locations": [{"external_id": "S12", "name": "Fitzroy", "phone": "0390000000"}]},
)
async def batch(session: Any, call: Call) -> Answer:
    """Create or update many locations in the background

    A record is matched by `id`, `external_id`, then `external_code`.
    """
    asked = batch_body(call.body, "locations")
    return queued(await queue(session, "location", asked.rows, asked.import_job_id))


@routes.get(
    "/locations/{id:int}/profiles",
    "read-locations",
    listing=roster.listing,
    envelope="page",
    answers=LocationProfileRead,
)
async def browse_roster(session: Any, call: Call, id: int) -> Answer:
    """List the profiles of a location"""
    return await rosters.at_location.browse(session, call, of_location(id))


@routes.post(
    "/locations/{id:int}/profiles",
    "create-locations",
    answers=LocationProfileRead,
    example={"profile_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10", "assignment_type": "staff"},
)
async def assign(session: Any, id: int, body: LocationProfileBody) -> Answer:
    """Assign a profile to a location"""
    return created(await roster.reader.text(session, await roster.assign(session, id, sent(body))))


of_a_profile = Routes("Location profiles")


@of_a_profile.get(
    "/location-profiles", "read-locations", listing=roster.listing, envelope="page", answers=LocationProfileRead
)
async def browse_profile(session: Any, call: Call, owner: Owner) -> Answer:
    """List the locations of a profile"""
    return await roster.reader.browse(session, call, owner)


def operations() -> list[Operation]:
    rooms = [routes, locations.routes(), roster.routes()]
    return [operation for room in rooms for operation in room.mounted()] + of_a_profile.mounted(
        "/profiles/{profile}", of_profile
    )
