"""`/tiers/points` and the tier points of a profile (incentives-status 2.2)."""

from typing import Any, Literal

from sqlalchemy import ARRAY, BigInteger, Text, and_, any_, bindparam

from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.fields import partial, sent, validate
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.inputs import with_profile
from omneo_api.incentives.tiers.points import service
from omneo_api.incentives.tiers.points.models import TierPoint
from omneo_api.incentives.tiers.points.schemas import BatchTierPoint, TierPointBody, TierPointChange, TierPointRead
from omneo_api.platform.batches.service import BatchRun, batch_body, envelope_schema, processor, queue, queued
from omneo_api.profiles.scope import of_profile

PROCESSOR = "tier-point"
FILTERS = ("id", "profile_id", "issued_at", "point_definition_id", "source_id", "source_type", "value")
EXAMPLE = {
    "profile_id": "5b0d2c1e-6a42-4f0e-9a55-0c7e5c1f2a10",
    "point_definition_id": 7,
    "value": 650,
    "issued_at": "2024-02-15 04:20:00",
}
listing = Listing(TierPointRead, TierPoint, filters=FILTERS, order=("-id",))
reader = Reader(listing)
routes = Routes("Tier points")
own = Routes("Tier points")


@routes.get("/tiers/points", "read-tier-points", listing=listing, envelope="page", answers=TierPointRead)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List tier points, newest first"""
    return await reader.browse(session, call, owner)


@routes.post("/tiers/points", "create-tier-points", answers=TierPointRead, example=EXAMPLE)
async def create(session: Any, body: TierPointBody) -> Answer:
    """Give a profile a tier point; its tier is right when this answers"""
    identifier = await service.create(session, body)
    return created(await reader.text(session, identifier))


@processor(PROCESSOR)
async def apply(session: Any, row: dict[str, Any], _: BatchRun) -> tuple[int, None]:
    return await service.create(session, validate(TierPointBody, await with_profile(session, row))), None


@routes.post(
    "/tiers/points/batch.json",
    "create-tier-points",
    body=envelope_schema("points", partial(BatchTierPoint)),
    envelope="bare",
    success=200,
    aliases=("/tiers/points/batch",),
    example={"points": [EXAMPLE]},
)
async def batch(session: Any, call: Call) -> Answer:
    """Queue up to 1000 tier points to be given one by one"""
    asked = batch_body(call.body, "points", partial(BatchTierPoint))
    return queued(await queue(session, PROCESSOR, asked.rows, asked.import_job_id))


@routes.get("/tiers/points/{id}", "read-tier-points", answers=TierPointRead)
async def show(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read a tier point"""
    return await reader.show(session, call, id, owner)


@routes.put("/tiers/points/{id}", "update-tier-points", body=partial(TierPointChange), answers=TierPointRead)
async def update(session: Any, body: Any, id: int) -> Answer:
    """Change the value, the dates or the meta of a tier point"""
    await service.change(session, id, sent(body))
    return one(await reader.text(session, id))


@routes.delete("/tiers/points/{id}", "delete-tier-points", envelope="none")
async def remove(session: Any, id: int) -> Answer:
    """Delete a tier point: it counts no more"""
    await service.remove(session, id)
    return NO_CONTENT


# By what earned them --------------------------------------------------------------------------------------------------


class BySource(fields.Body):
    """The query of by-source; `receipt_ref` names sales and, through them, their lines."""

    source: Literal["benefit", "transaction", "transaction_item"]
    identifier_type: Literal["id", "external_id", "receipt_ref"]
    identifier: fields.Text


_SALES = """
    SELECT t.id FROM transaction_states s JOIN transactions t ON t.tenant_id = s.tenant_id AND t.id = s.transaction_id
    WHERE s.profile_id = :profile::uuid AND s.void_kind IS DISTINCT FROM 'deleted' AND {key}
"""
_LINES = """
    SELECT i.id FROM transaction_states s
    JOIN transactions t ON t.tenant_id = s.tenant_id AND t.id = s.transaction_id
    JOIN transaction_items i ON i.tenant_id = t.tenant_id AND i.transaction_id = t.id
    WHERE s.profile_id = :profile::uuid AND s.void_kind IS DISTINCT FROM 'deleted' AND {key}
"""
_FIND = {
    ("transaction", "id"): Statement(_SALES.format(key="t.id::text = :key::text")),
    ("transaction", "external_id"): Statement(_SALES.format(key="t.external_id_key = lower(:key::text)")),
    ("transaction", "receipt_ref"): Statement(_SALES.format(key="s.receipt_ref_key = lower(:key::text)")),
    ("transaction_item", "id"): Statement(_LINES.format(key="i.id::text = :key::text")),
    ("transaction_item", "external_id"): Statement(_LINES.format(key="lower(i.external_id) = lower(:key::text)")),
    ("transaction_item", "receipt_ref"): Statement(_LINES.format(key="s.receipt_ref_key = lower(:key::text)")),
    ("benefit", "id"): Statement(
        "SELECT DISTINCT source_id AS id FROM tier_points WHERE profile_id = :profile::uuid AND deleted_at IS NULL"
        " AND source_type = 'benefit' AND source_id::text = :key::text"
    ),
    ("benefit", "external_id"): Statement(
        "SELECT id FROM benefits WHERE profile_id = :profile::uuid AND external_id_key = lower(:key::text)"
    ),
}


def _of_sources(point: Any) -> Any:
    ids = bindparam("sources", type_=ARRAY(BigInteger))
    return and_(point.source_type == bindparam("source", type_=Text), point.source_id == any_(ids))


@own.get("/tiers/points/by-source", "read-tier-points", listing=listing, envelope="list", answers=TierPointRead)
async def by_source(session: Any, call: Call, owner: Owner) -> Answer:
    """List what a sale, a line of one or a benefit of the profile earned

    `source` is benefit, transaction or transaction_item; `identifier_type` is id, external_id or receipt_ref. What is
    not found has no tier points.
    """
    asked = validate(BySource, {name: call.query.get(name) for name in BySource.model_fields if name in call.query})
    statement = _FIND.get((asked.source, asked.identifier_type))
    if statement is None:
        raise Invalid.field("identifier_type", "The selected identifier type is invalid.")
    ids = [row.id for row in await session.rows(statement, profile=owner.id, key=asked.identifier)]
    return await reader.browse(session, call, owner, "asked", (_of_sources,), source=asked.source, sources=ids)


def operations() -> list[Operation]:
    listed = routes.mounted("/profiles/{profile}", owner=of_profile, only=[("GET", "/tiers/points")])
    return [*routes.mounted(), *listed, *own.mounted("/profiles/{profile}", owner=of_profile)]
