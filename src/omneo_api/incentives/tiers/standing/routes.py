"""`/profiles/{profile}/tiers` and the calculation of many (incentives-status 3.2)."""

from typing import Any

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, one
from omneo_api.foundation.database import ReadSession
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import validate
from omneo_api.foundation.operations import NeedsWriting, Operation, Routes
from omneo_api.incentives.tiers.standing import service
from omneo_api.incentives.tiers.standing.schemas import AssignBody, CalculateRow, TierProgressRead
from omneo_api.platform.batches.service import BatchRun, batch_body, envelope_schema, processor, queue, queued
from omneo_api.profiles.scope import of_profile

routes = Routes("Tiers")
batches = Routes("Tiers")
PROCESSOR = "tier"


@routes.get("/tiers", "read-profiles", answers=TierProgressRead)
async def show(session: Any, owner: Owner) -> Answer:
    """Read the tier of a profile and how far it is to the next

    The figures are those of this moment. A profile that was never measured is placed first.
    """
    try:
        return one(await service.reader.text(session, owner.id, owner=owner))
    except NotFound:
        if isinstance(session, ReadSession):
            raise NeedsWriting from None
    await service.place(session, owner.id)
    return await _progress(session, owner)


@routes.get("/tiers/calculate", "read-profiles", answers=TierProgressRead, reads=False)
async def calculate(session: Any, owner: Owner) -> Answer:
    """Calculate the tier of a profile now

    Anniversaries that have come are judged first, then the highest level that is reached is taken.
    """
    await service.place(session, owner.id)
    return await _progress(session, owner)


@routes.post("/tiers/assign", "update-profiles", answers=TierProgressRead, success=200, example={"tier": "gold"})
async def assign(session: Any, owner: Owner, body: AssignBody) -> Answer:
    """Give a profile a tier by hand"""
    await service.assign(session, owner.id, body.tier)
    return await _progress(session, owner)


@routes.delete("/tiers", "update-profiles", envelope="none")
async def remove(session: Any, owner: Owner) -> Answer:
    """Forget the tier of a profile; the next read places it afresh"""
    await service.drop(session, owner.id)
    return NO_CONTENT


async def _progress(session: Any, owner: Owner) -> Answer:
    return one(await service.reader.text(session, owner.id, owner=owner))


@processor(PROCESSOR)
async def apply(session: Any, row: dict[str, Any], _: BatchRun) -> tuple[str, None]:
    """Calculates one profile; repeating it changes nothing. Raises: Invalid."""
    profile_id = validate(CalculateRow, row).profile_id
    try:
        await service.place(session, profile_id)
    except NotFound:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id")) from None
    return str(profile_id), None


@batches.post(
    "/profile/tiers/calculate/batch.json",
    "update-profiles",
    body=envelope_schema("profiles", CalculateRow),
    envelope="bare",
    success=201,
    aliases=("/profile/tiers/calculate/batch",),
    example={"profiles": [{"profile_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10"}]},
)
async def batch(session: Any, call: Call) -> Answer:
    """Calculate the tiers of many profiles in the background"""
    asked = batch_body(call.body, "profiles", CalculateRow)
    return queued(await queue(session, PROCESSOR, asked.rows, asked.import_job_id), 201)


def operations() -> list[Operation]:
    return [*routes.mounted("/profiles/{profile}", owner=of_profile), *batches.mounted()]
