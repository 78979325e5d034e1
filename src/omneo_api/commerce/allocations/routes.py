"""`/allocations` (commerce 10.4). Codes are loaded by batch and given at issue; nothing else changes them."""

from typing import Annotated, Any

from pydantic import Field

from omneo_api.commerce.allocations import service
from omneo_api.commerce.allocations.models import Allocation
from omneo_api.commerce.allocations.schemas import AllocationBody, AllocationRead, PoolKey
from omneo_api.foundation import fields
from omneo_api.foundation.calls import Answer, Call, one
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.platform.batches.service import LARGEST, AnyRow, queue, queued

listing = Listing(
    AllocationRead,
    Allocation,
    extra={
        "allocated_id": Filter(path=("allocated_id",)),
        "allocated_type": Filter(path=("allocated_type",)),
        "profile_id": Filter(path=("profile_id",)),
        "meta": Filter(path=("meta",)),
    },
)
reader = Reader(listing)
routes = Routes("Allocations")


class AllocationsBody(fields.Body):
    """Up to 1000 codes for the pool of one definition."""

    definition: PoolKey
    allocations: Annotated[list[AllocationBody], Field(min_length=1, max_length=LARGEST)]
    import_job_id: fields.Int | None = None


class _Envelope(fields.Body):
    """What is checked at once; each code is checked when it is loaded."""

    definition: PoolKey
    allocations: Annotated[list[AnyRow], Field(min_length=1, max_length=LARGEST)]
    import_job_id: fields.Int | None = None


@routes.get("/allocations", "read-allocations", listing=listing, envelope="page", answers=AllocationRead)
async def browse(session: Any, call: Call) -> Answer:
    """List codes, given ones too."""
    return await reader.browse(session, call)


@routes.post(
    "/allocations/batch.json",
    "create-allocations",
    envelope="bare",
    success=200,
    aliases=("/allocations/batch",),
    body=AllocationsBody,
    example={
        "definition": {"id": "12", "type": "benefit_definition"},
        "allocations": [{"code": "WX-0001", "value": 5}, {"code": "WX-0002", "value": 5}],
    },
)
async def batch(session: Any, call: Call) -> Answer:
    """Queue up to 1000 codes to be loaded one by one."""
    asked = fields.validate(_Envelope, call.body)
    pool = asked.definition
    await service.require_pool(session, pool.type, pool.id)
    context = {"type": pool.type, "id": pool.id}
    return queued(await queue(session, "allocation", call.body["allocations"], asked.import_job_id, context))


@routes.get("/allocations/{definition}/count", "read-allocations")
async def count(session: Any, definition: int) -> Answer:
    """Count a benefit definition's codes, in all and by value."""
    return one(await service.counts(session, definition))


def operations() -> list[Operation]:
    return routes.mounted()
