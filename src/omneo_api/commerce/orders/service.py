"""The life of an order: made, changed as often as its source says, deleted (commerce 5.4)."""

import uuid
from collections.abc import Mapping
from typing import Any

from psycopg.errors import SerializationFailure

from omneo_api.commerce.orders import events, lines
from omneo_api.commerce.orders import links as sales
from omneo_api.commerce.orders.bodies import COLUMNS
from omneo_api.commerce.orders.models import Order
from omneo_api.commerce.transactions.resolution import ORDERS, Resolved, as_uuid, look, resolve, slots_of
from omneo_api.configuration.settings.service import SEEDS
from omneo_api.foundation.errors import Invalid, NotFound, already_taken, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.ledger import service as ledger
from omneo_api.incentives.redemptions import links as redemptions
from omneo_api.platform.custom_fields import service as custom_fields
from omneo_api.profiles.scope import lock_profile

_ZONE = Statement(
    """
    SELECT coalesce((SELECT timezone FROM locations WHERE id = :location_id::bigint),
                    (SELECT value FROM settings WHERE handle_key = 'client_timezone'), :otherwise::text)
    """
)
_OWNER = Statement("SELECT profile_id FROM orders WHERE id = :id::bigint AND deleted_at IS NULL")
_LOCK_PROFILES = Statement("SELECT id FROM profiles WHERE id = ANY (:ids::uuid[]) ORDER BY id FOR UPDATE")
_LOCK = Statement("SELECT * FROM orders WHERE id = :id::bigint AND deleted_at IS NULL FOR UPDATE")
_TAKEN = Statement(
    "SELECT 1 FROM order_external_refs WHERE system = ANY (:slots::text[])"
    " AND external_id_key = lower(:external_id::text) AND order_id <> :id::bigint"
)
_TAKE_SLOTS = Statement(
    "INSERT INTO order_external_refs (system, external_id_key, order_id)"
    " SELECT slot, lower(:external_id::text), :id::bigint FROM unnest(:slots::text[]) AS slot"
)
_FREE_SLOTS = Statement("DELETE FROM order_external_refs WHERE order_id = :id::bigint")


# Making ---------------------------------------------------------------------------------------------------------------


async def create(session: Any, values: Mapping[str, Any], profile_id: uuid.UUID | None = None) -> int:
    """Makes an order from a checked body's values, below a profile as that profile's; answers its id.

    Raises: NotFound for an unknown `profile_id`; Invalid for references that do not exist and for an external id that
    is taken.
    """
    if profile_id is not None:
        await lock_profile(session, profile_id)
        values = {**_of_nobody(values), "profile_id": str(profile_id)}
    resolved = await resolve(session, values, ORDERS)
    redemption_id = values.get("redemption_id")
    if redemption_id is not None and resolved.profile_id is None:
        resolved.profile_id = await redemptions.redeemer(session, redemption_id)
        await session.rows(_LOCK_PROFILES, ids=[resolved.profile_id])
    columns = {name: values[name] for name in COLUMNS if name in values} | _references(resolved)
    if columns.get("timezone") is None:
        columns["timezone"] = await session.value(
            _ZONE, location_id=resolved.location_id, otherwise=SEEDS["client_timezone"][1]
        )
    columns |= {"currency_id": resolved.currency_id, "currency_rate": resolved.currency_rate}
    external_id = values.get("external_id")
    if external_id is not None:
        await sales.hold_reference(session, external_id)
    identifier: int = (await session.insert(Order, columns)).id
    given = values.get("items") or []
    await lines.write(session, identifier, given)
    if values.get("custom_fields"):
        await custom_fields.keep(session, "order", identifier, values["custom_fields"])
    if redemption_id is not None:
        await redemptions.attach_order(session, redemption_id, identifier, resolved.profile_id)
    if external_id is not None:
        await _take(session, identifier, external_id, resolved.systems)
    if resolved.profile_id is not None:
        await ledger.record_transaction(
            session, resolved.profile_id, identifier, values["total"], "Order", kind="order"
        )
    new = {**columns, "id": identifier, "items": len(given)}
    session.outbox.audit("created", "Order", identifier, None, new, resolved.profile_id)
    events.emit(session, "created", identifier, resolved.profile_id)
    return identifier


def _of_nobody(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in ("profile_id", "profile_id_handle")}


def _references(resolved: Resolved) -> dict[str, Any]:
    names = ("profile_id", "location_id", "staff_id", "systems", "tags")
    return {name: getattr(resolved, name) for name in names}


async def _take(session: Any, identifier: int, external_id: str, systems: list[str]) -> None:
    """Gives an order its slots and the sales that waited for it; the reference is held."""
    await session.execute(_TAKE_SLOTS, id=identifier, external_id=external_id, slots=slots_of(systems))
    await sales.adopt(session, identifier, external_id)


# Holding --------------------------------------------------------------------------------------------------------------


async def require(session: Any, identifier: int) -> None:
    """Raises: NotFound unless the order lives."""
    if await session.row(_OWNER, id=identifier) is None:
        raise NotFound


async def hold(session: Any, identifier: int) -> Any:
    """A living order, locked after its profile. Raises: NotFound."""
    return await lock(session, identifier)


async def lock(session: Any, identifier: int, *others: uuid.UUID | None, owner: uuid.UUID | None = None) -> Any:
    """A living order, locked after its profile and the `others`; it must be the `owner`'s, who must be alive.

    Raises: NotFound; SerializationFailure, which starts the request anew, when its profile changed meanwhile.
    """
    found = await session.row(_OWNER, id=identifier)
    if found is None or (owner is not None and found.profile_id != owner):
        raise NotFound
    profiles = sorted({profile for profile in (found.profile_id, *others) if profile is not None})
    if profiles:
        await session.rows(_LOCK_PROFILES, ids=profiles)
    if owner is not None:
        await lock_profile(session, owner)
    order = await session.row(_LOCK, id=identifier)
    if order is None:
        raise NotFound
    if order.profile_id != found.profile_id:
        raise SerializationFailure("the order changed its profile while it was being locked")
    return order


async def touched(session: Any, identifier: int, order: Any) -> None:
    """Notes that something a locked order shows has changed."""
    await session.update(Order, {"id": identifier}, {"updated_at": session.now})
    events.emit(session, "updated", identifier, order.profile_id)


# Changing -------------------------------------------------------------------------------------------------------------


async def change(session: Any, identifier: int, values: Mapping[str, Any], profile_id: uuid.UUID | None = None) -> None:
    """Applies what was sent to an order, below a profile to one of that profile's, who keeps it.

    Raises: NotFound; Invalid as for a new order.
    """
    if profile_id is not None or await _is_owner(session, identifier, values):
        values = _of_nobody(values)
    owners = [await _owner(session, values)]
    if values.get("redemption_id") is not None and owners == [None] and values.get("profile_id") is None:
        owners.append(await redemptions.redeemer(session, values["redemption_id"]))
    order = await lock(session, identifier, *owners, owner=profile_id)
    await _apply(session, order, values, owners[-1])


async def _is_owner(session: Any, identifier: int, values: Mapping[str, Any]) -> bool:
    """Whether a body repeats the id of the order's own profile, which may have been deleted since it was read."""
    if values.get("profile_id") is None or values.get("profile_id_handle") is not None:
        return False
    named = as_uuid(values["profile_id"])
    return named is not None and named == await session.value(_OWNER, id=identifier)


async def _owner(session: Any, values: Mapping[str, Any]) -> uuid.UUID | None:
    """Whom a body names. Raises: Invalid for an unknown profile."""
    if values.get("profile_id") is None:
        return None
    found = await look(session, values)
    if found.profile_id is None:
        raise Invalid.field("profile_id", selected_is_invalid("profile_id"))
    return found.profile_id


async def _apply(session: Any, order: Any, values: Mapping[str, Any], redeemer: uuid.UUID | None) -> None:
    identifier = order.id
    rows = await lines.stored(session, identifier) if "items" in values else []
    pairs = lines.match(values.get("items") or [], rows)
    referred = {name: value for name, value in values.items() if name != "external_id"}
    resolved = await resolve(session, {**referred, "items": lines.unresolved(pairs)}, ORDERS)
    changes = _changes(order, values, resolved)
    if order.profile_id is None and "profile_id" not in values and redeemer is not None:
        changes["profile_id"] = redeemer
    owner = changes.get("profile_id", order.profile_id)
    if "external_id" in changes or "systems" in changes:
        await _move(session, order, changes)
    touched = "items" in values and await lines.replace(session, identifier, pairs, rows, owner)
    touched |= await custom_fields.keep(session, "order", identifier, values.get("custom_fields") or [])
    touched |= "redemption_id" in values and await _redeem(session, identifier, values["redemption_id"], owner)
    if owner != order.profile_id:
        await _hand_over(session, order, owner, changes.get("total", order.total))
    if not changes and not touched:
        return
    await session.update(Order, {"id": identifier}, {**changes, "updated_at": session.now})
    if changes:
        old = {name: getattr(order, name) for name in changes}
        session.outbox.audit("updated", "Order", identifier, old, changes, owner or order.profile_id)
    events.emit(session, "updated", identifier, owner)


def _changes(order: Any, values: Mapping[str, Any], resolved: Resolved) -> dict[str, Any]:
    """The columns whose sent values differ from the stored ones; a rate stays frozen until the currency changes."""
    new = {name: values[name] for name in COLUMNS if name in values}
    keys = {"profile_id", "location_id", "staff_id", "systems", "tags"} & values.keys()
    new |= {name: value for name, value in _references(resolved).items() if name in keys}
    if new.get("currency", order.currency) != order.currency or values.get("currency_value") is not None:
        new |= {"currency_id": resolved.currency_id, "currency_rate": resolved.currency_rate}
    return {name: value for name, value in new.items() if value != getattr(order, name)}


async def _move(session: Any, order: Any, changes: Mapping[str, Any]) -> None:
    """Gives an order the slots of its new external id or systems. Raises: Invalid when one is taken."""
    external_id = changes.get("external_id", order.external_id)
    systems = changes.get("systems", order.systems)
    await session.execute(_FREE_SLOTS, id=order.id)
    if external_id is None:
        return
    await sales.hold_reference(session, external_id)
    if await session.value(_TAKEN, id=order.id, external_id=external_id, slots=slots_of(systems)):
        raise Invalid.field("external_id", already_taken("external_id"))
    await _take(session, order.id, external_id, systems)


async def _redeem(session: Any, identifier: int, redemption_id: int | None, owner: uuid.UUID | None) -> bool:
    """Makes a redemption the order's, or none; False when it is so already. Raises: Invalid."""
    if redemption_id == await redemptions.redemption_of_order(session, identifier):
        return False
    await redemptions.detach_order(session, identifier)
    if redemption_id is not None:
        await redemptions.attach_order(session, redemption_id, identifier, owner)
    return True


async def _hand_over(session: Any, order: Any, owner: uuid.UUID | None, total: Any) -> None:
    """Tells the statements of both profiles that an order changed its owner; their locks are held."""
    if order.profile_id is not None:
        await _undo(session, order, "unassigned")
    if owner is not None:
        await ledger.record_transaction(session, owner, order.id, total, "Order", kind="order")


async def _undo(session: Any, order: Any, what: str) -> None:
    told = await ledger.told(session, "order", order.id)
    await ledger.record_transaction(session, order.profile_id, order.id, -told, f"Order {what}", kind="order")


async def delete(session: Any, identifier: int, profile_id: uuid.UUID | None = None) -> None:
    """Hides an order; its slots, its sales and its redemption are let go. Raises: NotFound."""
    order = await lock(session, identifier, owner=profile_id)
    await session.update(Order, {"id": identifier}, {"deleted_at": session.now})
    await session.execute(_FREE_SLOTS, id=identifier)
    await sales.let_go(session, identifier)
    await redemptions.detach_order(session, identifier)
    await custom_fields.drop(session, "order", identifier)
    if order.profile_id is not None:
        await _undo(session, order, "deleted")
    old = {name: value for name in COLUMNS if (value := getattr(order, name)) is not None}
    session.outbox.audit("deleted", "Order", identifier, old, None, order.profile_id)


# Lines ----------------------------------------------------------------------------------------------------------------


async def add_line(session: Any, identifier: int, line: dict[str, Any]) -> int:
    """Adds a line to an order; answers its id. Raises: NotFound, Invalid for an unknown variant."""
    order = await lock(session, identifier)
    await _resolve_line(session, line)
    [item] = await lines.write(session, identifier, [line])
    lines.audit_new(session, identifier, item, line, order.profile_id)
    await touched(session, identifier, order)
    return item


async def change_line(session: Any, identifier: int, item: int, line: dict[str, Any]) -> None:
    """Applies what was sent to a line of an order. Raises: NotFound, Invalid for an unknown variant."""
    order, row = await _line(session, identifier, item)
    if lines.unresolved([(line, row)]) != [{}]:
        await _resolve_line(session, line)
    if await lines.change(session, line, row, order.profile_id):
        await touched(session, identifier, order)


async def remove_line(session: Any, identifier: int, item: int) -> None:
    """Removes a line of an order. Raises: NotFound."""
    order, row = await _line(session, identifier, item)
    await lines.remove(session, row, order.profile_id)
    await touched(session, identifier, order)


async def _line(session: Any, identifier: int, item: int) -> tuple[Any, Any]:
    order = await lock(session, identifier)
    row = next((row for row in await lines.stored(session, identifier) if row.id == item), None)
    if row is None:
        raise NotFound
    return order, row


async def _resolve_line(session: Any, line: dict[str, Any]) -> None:
    try:
        await resolve(session, {"items": [line]}, ORDERS)
    except Invalid as fault:
        own = {path.removeprefix("items.0."): texts for path, texts in fault.errors.items()}
        raise Invalid({path: [text.replace("items.0.", "") for text in texts] for path, texts in own.items()}) from None
