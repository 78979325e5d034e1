"""Orders over HTTP: global, and below a profile (commerce 4.3, 5.2)."""

from typing import Any

from omneo_api.commerce.orders import events, jobs, service, upsert, views
from omneo_api.commerce.orders.bodies import (
    ChangedOrder,
    ChangedOrderItem,
    NewOrder,
    NewOrderItem,
    told,
    told_line,
)
from omneo_api.commerce.orders.schemas import OrderGroupRead, OrderItemRead, OrderRead
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.profiles.scope import of_profile

READ, CREATE, UPDATE, DELETE = (f"{verb}-orders" for verb in ("read", "create", "update", "delete"))
EXAMPLE = {
    "external_id": "WEB-2201",
    "order_number": "2201",
    "profile_id": "ada@example.com",
    "profile_id_handle": "email",
    "total": 120,
    "status": "pending",
    "transacted_at": "2025-04-01 03:00:00",
    "timezone": "Australia/Perth",
    "systems": ["web"],
    "meta": {"shipping_address": {"city": "Perth"}},
    "items": [{"external_id": "L1", "name": "Rain Jacket", "quantity": 1, "price_current": 120, "price_sell": 120}],
}
LINE = {"name": "Rain Jacket", "sku": "RJ-M", "quantity": 1, "price_current": 120, "price_sell": 120}

routes = Routes("Orders")
family = Routes("Orders")
profile_only = Routes("Orders")


async def _told(session: Any, call: Call, identifier: int) -> str:
    return await views.reader.text(session, identifier, include=views.reader.includes(call))


# Global and below a profile -------------------------------------------------------------------------------------------


@family.get("/orders", READ, answers=OrderRead, envelope="page", listing=views.listing)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List orders

    Newest first.
    """
    return await views.reader.browse(session, call, owner)


@family.post("/orders", CREATE, answers=OrderRead, example=EXAMPLE)
async def create(session: Any, call: Call, owner: Owner, body: NewOrder) -> Answer:
    """Make an order"""
    identifier = await service.create(session, told(body), owner.id)
    return created(await _told(session, call, identifier))


@family.get("/orders/{id}", READ, answers=OrderRead)
async def show(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read an order"""
    return await views.reader.show(session, call, id, owner)


@family.put("/orders/{id}", UPDATE, answers=OrderRead, body=ChangedOrder, example={"status": "fulfilled"})
async def update(session: Any, call: Call, owner: Owner, body: Any, id: int) -> Answer:
    """Change an order

    `items` is the complete new set of lines; a line that is there already keeps its id.
    """
    await service.change(session, id, told(body), owner.id)
    return one(await _told(session, call, id))


@family.delete("/orders/{id}", DELETE, envelope="none")
async def delete(session: Any, owner: Owner, id: int) -> Answer:
    """Delete an order"""
    await service.delete(session, id, owner.id)
    return NO_CONTENT


@profile_only.get("/group_orders", READ, answers=OrderGroupRead, envelope="flat")
async def group(session: Any, call: Call, owner: Owner) -> Answer:
    """List orders by order number"""
    return await views.grouped(session, call, owner)


# Global ---------------------------------------------------------------------------------------------------------------


@routes.post(
    "/orders/create-update",
    CREATE,
    answers=OrderRead,
    aliases=("/orders/update-create",),
    body=ChangedOrder,
    success=(200, 201),
    example=EXAMPLE,
)
async def create_update(session: Any, call: Call, body: Any) -> Answer:
    """Make an order, or change the one that has its external id"""
    del body
    identifier, new = await upsert.upsert(session, call.body)
    text = await _told(session, call, identifier)
    return created(text) if new else one(text)


@routes.get("/orders/external/{external_id}", READ, answers=OrderRead)
async def show_external(session: Any, call: Call, external_id: str) -> Answer:
    """Read an order by its external id"""
    return await views.by_external_id(session, call, external_id)


@routes.post("/orders/{id}/resend", UPDATE, answers=OrderRead, success=200, permission="update")
async def resend(session: Any, call: Call, id: int) -> Answer:
    """Send an order to the webhooks again"""
    order = await service.lock(session, id)
    events.emit(session, "updated", id, order.profile_id)
    return one(await _told(session, call, id))


# Lines ----------------------------------------------------------------------------------------------------------------


@routes.get("/orders/{id}/items", READ, answers=OrderItemRead, envelope="page", listing=views.items)
async def browse_items(session: Any, call: Call, id: int) -> Answer:
    """List the lines of an order"""
    return await views.item_reader.browse(session, call, Owner(id, views.order_is_there))


@routes.post("/orders/{id}/items", UPDATE, answers=OrderItemRead, permission="update", example=LINE)
async def add_item(session: Any, body: NewOrderItem, id: int) -> Answer:
    """Add a line to an order"""
    item = await service.add_line(session, id, told_line(body))
    return created(await views.item_reader.text(session, item))


@routes.get("/orders/{id}/items/{item}", READ, answers=OrderItemRead)
async def show_item(session: Any, call: Call, id: int, item: int) -> Answer:
    """Read a line of an order"""
    return await views.item_reader.show(session, call, item, Owner(id, views.order_is_there))


@routes.put("/orders/{id}/items/{item}", UPDATE, answers=OrderItemRead, body=ChangedOrderItem, example={"quantity": 2})
async def update_item(session: Any, body: Any, id: int, item: int) -> Answer:
    """Change a line of an order"""
    await service.change_line(session, id, item, told_line(body))
    return one(await views.item_reader.text(session, item))


@routes.delete("/orders/{id}/items/{item}", UPDATE, envelope="none", permission="update")
async def delete_item(session: Any, id: int, item: int) -> Answer:
    """Remove a line of an order"""
    await service.remove_line(session, id, item)
    return NO_CONTENT


def operations() -> list[Operation]:
    """Every operation of this room below `/v3`."""
    below = "/profiles/{profile}"
    return [
        *routes.mounted(),
        *jobs.routes.mounted(),
        *family.mounted(),
        *family.mounted(below, owner=of_profile),
        *profile_only.mounted(below, owner=of_profile),
    ]
