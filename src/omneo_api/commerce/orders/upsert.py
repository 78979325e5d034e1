"""create-update: one order per external id, whoever sends it and however often (commerce 5.2, 12)."""

from collections.abc import Mapping
from typing import Any

from psycopg.errors import SerializationFailure, UniqueViolation

from omneo_api.commerce.orders import service
from omneo_api.commerce.orders.bodies import ChangedOrder, NewOrder, told
from omneo_api.commerce.transactions.resolution import slots_of
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import validate
from omneo_api.foundation.operations import LARGEST_ID
from omneo_api.foundation.statements import Statement

SLOT_KEY = "pk_order_external_refs"

_ONE_AT_A_TIME = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('orders ' || lower(:external_id::text), omneo_tenant()))"
)
_BY_EXTERNAL_ID = Statement(
    """
    SELECT order_id FROM order_external_refs WHERE external_id_key = lower(:external_id::text)
    ORDER BY (system = ANY (:slots::text[])) DESC, order_id DESC LIMIT 1
    """
)
_BY_ID = Statement("SELECT id FROM orders WHERE id = :id::bigint AND deleted_at IS NULL")


async def upsert(session: Any, raw: Mapping[str, Any], besides: Mapping[str, Any] | None = None) -> tuple[int, bool]:
    """Makes the order that a record describes, or changes it; answers its id, and whether it is new.

    `besides` are columns that the record says in another way. Raises: Invalid.
    """
    more = besides or {}
    values = told(validate(ChangedOrder, raw))
    found = await find(session, values, raw.get("id"))
    if found is not None:
        try:
            await service.change(session, found, {**values, **more})
        except NotFound:
            # It was deleted between the look-up and the lock.
            found = None
    if found is not None:
        return found, False
    try:
        return await service.create(session, {**told(validate(NewOrder, raw)), **more}), True
    except UniqueViolation as fault:
        if fault.diag.constraint_name != SLOT_KEY:
            raise
        # A plain create, which waits for nobody, took the slot meanwhile: the next attempt finds its order.
        raise SerializationFailure("the external id was taken meanwhile") from fault


async def find(session: Any, values: Mapping[str, Any], identifier: Any) -> int | None:
    """The order that a record means, by external id, then by id; those of one external id wait for each other."""
    external_id = values.get("external_id")
    if external_id is not None:
        await session.value(_ONE_AT_A_TIME, external_id=external_id)
        systems = [system for system in values.get("systems") or () if isinstance(system, str)]
        slots = slots_of(systems) if systems else []
        found: int | None = await session.value(_BY_EXTERNAL_ID, external_id=external_id, slots=slots)
        if found is not None:
            return found
    number = str(identifier or "")
    if number.isascii() and number.isdigit() and len(number) < 20 and int(number) <= LARGEST_ID:
        by_id: int | None = await session.value(_BY_ID, id=int(number))
        return by_id
    return None
