"""What a purchase would earn: the purchase is recorded, reacted to, and taken back (commerce 1.8).

So the answer is that of the real run by construction. What was written goes with a savepoint, what was to be told with
the outbox; sequences move on, and the customer is locked meanwhile.
"""

import uuid
from typing import Annotated, Any

import orjson
from psycopg import Rollback
from pydantic import Field

from omneo_api.automation.reactions import estimate as reactions
from omneo_api.automation.reactions.service import Occasion
from omneo_api.commerce.transactions import events, service
from omneo_api.commerce.transactions.bodies import Reference
from omneo_api.commerce.transactions.resolution import as_uuid, look
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.outbox import Context, Outbox
from omneo_api.foundation.statements import Statement

BY_SALE, BY_LINE = "transaction.created", "transaction-item.created"

_BY_ANY_IDENTITY = Statement(
    "SELECT i.profile_id FROM identities i JOIN profiles p ON p.tenant_id = i.tenant_id AND p.id = i.profile_id"
    " WHERE i.identifier_key = lower(:identifier::text) AND i.is_active AND i.is_live AND p.deleted_at IS NULL"
    " ORDER BY i.id LIMIT 1"
)
_LINES = Statement("SELECT id FROM transaction_items WHERE transaction_id = :id::bigint ORDER BY id")


class EstimateLine(fields.Body):
    name: fields.Text
    price_sell: fields.Money
    price_current: fields.Money | None = None
    quantity: fields.Money | None = None
    sku: fields.Text | None = None
    product_variant_sku: fields.Text | None = None


class EstimateBody(fields.Body):
    """A purchase that is not made; `items` must be there for a trigger on lines."""

    trigger_id: fields.Int
    total: fields.Money
    transacted_at: fields.DateTime
    timezone: fields.Timezone | None = None
    profile_id: Reference | None = None
    profile_id_handle: fields.Text | None = None
    location_id: Reference | None = None
    items: Annotated[list[EstimateLine], Field(max_length=1000)] | None = None


def _take_back() -> None:
    raise Rollback


async def estimate(session: Any, body: EstimateBody) -> Any:
    """What each action of the trigger would give: by action, or by action for each line where the trigger is on lines.

    Raises: NotFound for an unknown trigger, profile or location, Invalid for a trigger that reacts to something else.
    """
    plan = await reactions.plan_of(session, body.trigger_id)
    if plan is None:
        raise NotFound
    profile_id = await _profile(session, body)
    if body.location_id is not None and (await look(session, {"location_id": body.location_id})).location_id is None:
        raise NotFound
    if plan.event not in (BY_SALE, BY_LINE) or not plan.is_active:
        raise Invalid.field("trigger_id", selected_is_invalid("trigger_id"))
    if plan.event == BY_LINE and not body.items:
        raise Invalid.field("items", "The items field is required.")
    values = await _purchase(session, body, profile_id)
    actor, outbox, followers = session.actor, session.outbox, dict(session.after_commit)
    found: Any = None
    try:
        async with session.savepoint():
            session.outbox = Outbox()
            found = await _gains(session, plan, values, profile_id)
            _take_back()
    finally:
        session.actor, session.outbox = actor, outbox
        session.memory.clear()
        session.after_commit.clear()
        session.after_commit.update(followers)
    return found


async def _gains(session: Any, plan: reactions.Plan, values: dict[str, Any], profile_id: uuid.UUID | None) -> Any:
    identifier = await service.create(session, values)
    if plan.event == BY_SALE:
        return await _gained(
            session, plan, "transaction", identifier, profile_id, Context(events.CONTEXT, {"id": identifier})
        )
    return [
        await _gained(
            session, plan, "transaction-item", row.id, profile_id, Context(events.ITEM_CONTEXT, {"id": row.id})
        )
        for row in await session.rows(_LINES, id=identifier)
    ]


async def _gained(
    session: Any, plan: reactions.Plan, kind: str, identifier: int, profile_id: uuid.UUID | None, context: Context
) -> dict[str, Any]:
    occasion = Occasion(plan.event, kind, str(identifier), profile_id, None)
    return await reactions.gains(session, plan, occasion, orjson.loads(await context.render(session) or "{}"))


async def _purchase(session: Any, body: EstimateBody, profile_id: uuid.UUID | None) -> dict[str, Any]:
    """The values of a purchase as `told` makes them of a checked body."""
    values: dict[str, Any] = {
        "total": body.total,
        "transacted_at": body.transacted_at,
        "timezone": body.timezone or await setting(session, "client_timezone") or "UTC",
        "items": [_line(line) for line in body.items or []],
    }
    if profile_id is not None:
        values["profile_id"] = str(profile_id)
    if body.location_id is not None:
        values["location_id"] = body.location_id
    return values


def _line(line: EstimateLine) -> dict[str, Any]:
    values = {name: value for name, value in fields.sent(line).items() if value is not None}
    return {"quantity": 1, "price_current": line.price_sell, **values}


async def _profile(session: Any, body: EstimateBody) -> uuid.UUID | None:
    """The profile that is named: as its handle says, else by id, e-mail or any identity. Raises: NotFound."""
    reference = body.profile_id
    if reference is None:
        return None
    named = {"profile_id": reference, "profile_id_handle": body.profile_id_handle}
    found = (await look(session, named)).profile_id if body.profile_id_handle or as_uuid(reference) else None
    if found is None and body.profile_id_handle is None:
        found = (await look(session, named | {"profile_id_handle": "email"})).profile_id
        found = found or await session.value(_BY_ANY_IDENTITY, identifier=reference)
    if found is None:
        raise NotFound
    return found
