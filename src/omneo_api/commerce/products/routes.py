"""The catalogue over HTTP (commerce 6.3, 12)."""

from typing import Any

from omneo_api.commerce.products import service, variants
from omneo_api.commerce.products.bodies import QueuedProductBody, SingleVariant, VariantChange, WholeProduct
from omneo_api.commerce.products.schemas import ProductRead, ProductVariantRead
from omneo_api.commerce.products.service import of_product, products, variant_listing, variant_reader
from omneo_api.commerce.waiting import ACCEPTED, accept, applies
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, created, one
from omneo_api.foundation.database import WriteSession
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.platform.batches.service import BatchRun, batch_body, envelope_schema, processor, queue, queued

READ, CREATE, UPDATE = (f"{verb}-products" for verb in ("read", "create", "update"))

routes = Routes("Products")


@routes.post(
    "/products/create-update",
    CREATE,
    answers=ProductRead,
    aliases=("/products/update-create",),
    success=(200, 201),
    example={**products.example, "variants": [{"sku": "SC-GRN", "price": 95, "position": 0}]},
)
async def create_update(session: Any, call: Call, body: WholeProduct) -> Answer:
    """Create a product, or bring the one with its external id or handle to this state"""
    del body
    identifier, new = await service.upsert(session, call.body, "whole")
    text = await products.reader.text(session, identifier)
    return created(text) if new else one(text)


@routes.post("/products/queue", CREATE, envelope="message", success=200, example={"external_id": "P501", "title": "A"})
async def enqueue(session: Any, call: Call, body: QueuedProductBody) -> Answer:
    """Create or update a product later"""
    del body
    await accept(session, "product", call.body)
    return ACCEPTED


@applies("product")
async def apply_queued(session: WriteSession, payload: dict[str, Any], creates: bool) -> None:
    """Brings one product to the state of a queued record."""
    del creates
    await service.upsert(session, payload, "queued")


@processor("product")
async def apply(session: WriteSession, row: dict[str, Any], _: BatchRun) -> tuple[int, str | None]:
    """One row of a batch."""
    identifier, _new = await service.upsert(session, row, "batched")
    external_id = row.get("external_id")
    return identifier, None if external_id is None else str(external_id)


@routes.post(
    "/products/batch.json",
    CREATE,
    aliases=("/products/batch",),
    body=envelope_schema("products"),
    envelope="bare",
    success=200,
    example={"products": [{"handle": "wool-scarf", "title": "Wool Scarf", "brand": "Northline"}]},
)
async def batch(session: Any, call: Call) -> Answer:
    """Create or update up to 1000 products in the background

    A record is matched by `external_id`, then `handle`, which it must have; `/batches/{id}` tells the results.
    """
    asked = batch_body(call.body, "products")
    return queued(await queue(session, "product", asked.rows, asked.import_job_id))


# Variants -------------------------------------------------------------------------------------------------------------


@routes.get("/products/variants", READ, answers=ProductVariantRead, envelope="page", listing=variant_listing)
async def browse_all(session: Any, call: Call) -> Answer:
    """List the variants of all products"""
    return await variant_reader.browse(session, call)


@routes.get("/products/{id:int}/variants", READ, answers=ProductVariantRead, envelope="list", listing=variant_listing)
async def browse(session: Any, call: Call, id: int) -> Answer:
    """List the variants of a product"""
    return await variant_reader.browse(session, call, of_product(id), "all")


@routes.post(
    "/products/{id:int}/variants",
    UPDATE,
    answers=ProductVariantRead,
    permission="update",
    example={"sku": "SC-RED", "title": "Wool Scarf / Red", "price": 95},
)
async def create(session: Any, id: int, body: SingleVariant) -> Answer:
    """Add a variant to a product"""
    await products.locked(session, str(id))
    identifier = await variants.add(session, id, body)
    await products.touched(session, id)
    return created(await variant_reader.text(session, identifier))


@routes.get("/products/{id:int}/variants/{variant}", READ, answers=ProductVariantRead)
async def show(session: Any, id: int, variant: int) -> Answer:
    """Read a variant of a product"""
    return one(await variant_reader.text(session, variant, owner=of_product(id)))


@routes.put("/products/{id:int}/variants/{variant}", UPDATE, answers=ProductVariantRead, example={"price": 90})
async def update(session: Any, body: VariantChange, id: int, variant: int) -> Answer:
    """Update a variant of a product"""
    await products.locked(session, str(id))
    row = await variants.locked(session, id, variant)
    if await variants.change(session, row, body):
        await products.touched(session, id)
    return one(await variant_reader.text(session, variant))


@routes.delete("/products/{id:int}/variants/{variant}", UPDATE, envelope="none", permission="update")
async def delete(session: Any, id: int, variant: int) -> Answer:
    """Delete a variant of a product"""
    await products.locked(session, str(id))
    await variants.remove(session, await variants.locked(session, id, variant))
    await products.touched(session, id)
    return NO_CONTENT


def operations() -> list[Operation]:
    """Every operation of this room below `/v3`."""
    return routes.mounted() + products.routes().mounted()
