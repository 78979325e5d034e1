"""Transactions over HTTP: global, and below a profile (commerce 1.2, 1.3, 2.2)."""

from typing import Any

from omneo_api.commerce.transactions import events, facts, jobs, service, upsert, views
from omneo_api.commerce.transactions.bodies import (
    EventTrigger,
    ItemFields,
    NewTransaction,
    TransactionFields,
    told,
)
from omneo_api.commerce.transactions.estimate import EstimateBody, estimate
from omneo_api.commerce.transactions.schemas import TransactionItemRead, TransactionRead
from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, data, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.scope import of_profile

READ, CREATE, UPDATE, DELETE = (f"{verb}-transactions" for verb in ("read", "create", "update", "delete"))
EXAMPLE = {
    "external_id": "POS-77120",
    "profile_id": "ada@example.com",
    "profile_id_handle": "email",
    "location_id": "S12",
    "total": 80.5,
    "total_original": 95,
    "transacted_at": "2025-03-02 01:10:00",
    "timezone": "Australia/Melbourne",
    "systems": ["pos"],
    "receipt_ref": "R-5512",
    "currency": "AUD",
    "payments": ["EFTPOS"],
    "items": [{"name": "Wool Scarf", "sku": "SC-GRN", "quantity": 1, "price_current": 95, "price_sell": 80.5}],
}

routes = Routes("Transactions")
family = Routes("Transactions")
profile_only = Routes("Transactions")
_ITEMS_OF = Statement("SELECT id FROM transaction_items WHERE transaction_id = :id::bigint ORDER BY id")
_TRANSACTION_OF = Statement("SELECT transaction_id FROM transaction_items WHERE id = :id::bigint")


async def _told(session: Any, call: Call, identifier: int) -> str:
    return await views.reader.text(session, identifier, include=views.reader.includes(call))


# Global and below a profile -------------------------------------------------------------------------------------------


@family.get("/transactions", READ, answers=TransactionRead, envelope="page", listing=views.listing)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List transactions

    Newest first. Superseded ones are hidden unless `filter[is_void]=1`.
    """
    return await views.reader.browse(session, call, owner)


@family.get("/transactions/{id}", READ, answers=TransactionRead)
async def show(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Read a transaction"""
    return await views.reader.show(session, call, id, owner)


# Below a profile ------------------------------------------------------------------------------------------------------


@profile_only.get("/find-transactions", READ, answers=TransactionRead, listing=views.listing)
async def find(session: Any, call: Call, owner: Owner) -> Answer:
    """Read the newest transaction that matches"""
    return await views.first(session, call, owner)


@profile_only.get("/group_transactions", READ, envelope="flat")
async def group(session: Any, call: Call, owner: Owner) -> Answer:
    """List transactions by order number"""
    return await views.grouped(session, call, owner)


async def unattach(session: Any, call: Call, owner: Owner, id: int) -> Answer:
    """Take a transaction away from its profile"""
    await service.unattach(session, id, owner.id)
    return one(await _told(session, call, id))


for method in ("GET", "POST"):
    profile_only.add(
        method,
        "/transactions/{id}/unattach",
        unattach,
        UPDATE,
        answers=TransactionRead,
        reads=False,
        success=200,
        permission="update",
    )


# Global ---------------------------------------------------------------------------------------------------------------


@routes.post("/transactions", CREATE, answers=TransactionRead, example=EXAMPLE)
async def create(session: Any, call: Call, body: NewTransaction) -> Answer:
    """Record a transaction"""
    identifier = await service.create(session, told(body))
    return created(await _told(session, call, identifier))


@routes.post(
    "/transactions/update-create",
    CREATE,
    answers=TransactionRead,
    aliases=("/transactions/sync",),
    success=(200, 201),
    example=EXAMPLE,
)
async def update_create(session: Any, call: Call, body: TransactionFields) -> Answer:
    """Record a transaction, or the correction of one

    The same external id and the same facts: 200, annotations are applied. Different facts: the old transaction is
    superseded by a new one, 201.
    """
    del body
    identifier, new = await upsert.upsert(session, call.body)
    text = await _told(session, call, identifier)
    return created(text) if new else one(text)


@routes.post(
    "/transactions/incentive-estimate",
    CREATE,
    success=200,
    example={
        "trigger_id": 1,
        "profile_id": "ada@example.com",
        "total": 80.5,
        "transacted_at": "2025-03-02 01:10:00",
        "timezone": "Australia/Melbourne",
        "items": [{"name": "Wool Scarf", "price_sell": 80.5}],
    },
)
async def incentive_estimate(session: Any, body: EstimateBody) -> Answer:
    """Tell what a purchase would earn by a trigger

    Nothing is recorded. By action for a trigger on `transaction.created`; for one on `transaction-item.created` a list
    with the same for each line.
    """
    return data(await estimate(session, body))


@routes.get("/transactions/external/{external_id}", READ, answers=TransactionRead)
async def show_external(session: Any, call: Call, external_id: str) -> Answer:
    """Read a transaction by its external id"""
    return await views.by_external_id(session, call, external_id)


@routes.put("/transactions/{id}", UPDATE, answers=TransactionRead, example={"tags": ["vip-day"], "need_action": False})
async def update(session: Any, call: Call, body: TransactionFields, id: int) -> Answer:
    """Annotate, assign or void a transaction

    Purchase facts never change: one that differs from what is stored is answered 409, and nothing is applied.
    """
    await service.change(session, id, told(body))
    return one(await _told(session, call, id))


@routes.delete("/transactions/{id}", DELETE, envelope="none")
async def delete(session: Any, id: int) -> Answer:
    """Void and hide a transaction"""
    await service.delete(session, id)
    return NO_CONTENT


@routes.post(
    "/transactions/{id}/resend",
    UPDATE,
    answers=TransactionRead,
    aliases=("/transactions/{id}resend",),
    success=200,
    permission="update",
)
async def resend(session: Any, call: Call, id: int) -> Answer:
    """Send a transaction to the webhooks again"""
    state = await service.lock(session, id)
    items = [row.id for row in await session.rows(_ITEMS_OF, id=id)]
    events.emit(session, "resent", id, state.profile_id)
    events.emit_items(session, "resent", items, state.profile_id)
    return one(await _told(session, call, id))


@routes.post("/transactions/{id}/event-trigger", UPDATE, answers=TransactionRead, success=200, permission="update")
async def event_trigger(session: Any, call: Call, body: EventTrigger, id: int) -> Answer:
    """Emit an event of a transaction again"""
    state = await service.lock(session, id)
    await service.trigger(session, state, body.event)
    return one(await _told(session, call, id))


# Lines ----------------------------------------------------------------------------------------------------------------


@routes.get("/transactions/{id}/items", READ, answers=TransactionItemRead, envelope="page", listing=views.items)
async def browse_items(session: Any, call: Call, id: int) -> Answer:
    """List the lines of a transaction"""
    return await views.item_reader.browse(session, call, Owner(id, views.transaction_is_there))


@routes.get("/transactions/{id}/items/{item}", READ, answers=TransactionItemRead)
async def show_item(session: Any, call: Call, id: int, item: int) -> Answer:
    """Read a line of a transaction"""
    return await views.item_reader.show(session, call, item, Owner(id, views.transaction_is_there))


async def _refuse(session: Any, id: int) -> Answer:
    await service.lock(session, id)
    raise facts.immutable(facts.unchangeable("items"))


@routes.post("/transactions/{id}/items", UPDATE, envelope="none", success=409)
async def add_item(session: Any, id: int) -> Answer:
    """Refuse a new line: lines are purchase facts"""
    return await _refuse(session, id)


@routes.delete("/transactions/{id}/items/{item}", UPDATE, envelope="none", success=409, permission="update")
async def delete_item(session: Any, id: int, item: int) -> Answer:
    """Refuse to delete a line: lines are purchase facts"""
    await views.item_reader.text(session, item, owner=Owner(id, views.transaction_is_there))
    return await _refuse(session, id)


@routes.put("/transactions/{id}/items/{item}", UPDATE, answers=TransactionItemRead)
async def update_item(session: Any, body: ItemFields, id: int, item: int) -> Answer:
    """Annotate a line of a transaction"""
    await service.change_line(session, id, item, fields.sent(body))
    return one(await views.item_reader.text(session, item, owner=Owner(id)))


async def _line(session: Any, item: int) -> tuple[int, Any]:
    identifier = await session.value(_TRANSACTION_OF, id=item)
    if identifier is None:
        raise NotFound
    return identifier, await service.lock(session, identifier)


@routes.put("/transactions/items/{item}", UPDATE, answers=TransactionItemRead)
async def recalculate_item(session: Any, item: int) -> Answer:
    """Evaluate again what a line does to its customer"""
    _, state = await _line(session, item)
    await service.relink(session, state, item)
    await service.recalculated(session, state, item)
    return one(await views.item_reader.text(session, item))


@routes.post("/transactions/items/{item}/resend", UPDATE, answers=TransactionItemRead, success=200, permission="update")
async def resend_item(session: Any, item: int) -> Answer:
    """Send a line to the webhooks again"""
    _, state = await _line(session, item)
    events.emit_items(session, "resent", [item], state.profile_id)
    return one(await views.item_reader.text(session, item))


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
