"""Which order a sale fulfils (commerce 1.4): by its id, or by its external reference in either order of arrival.

A sale that names a reference and the order that has it wait for each other, so that the later one sees the earlier.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.foundation.statements import Statement

_BY_ID = Statement("SELECT id, order_number FROM orders WHERE id = :id::bigint AND deleted_at IS NULL FOR SHARE")
_NAMED = "hashtextextended('order ' || lower(:external_id::text), omneo_tenant())"
_SALE_COMES = Statement(f"SELECT pg_advisory_xact_lock_shared({_NAMED})")
_ORDER_COMES = Statement(f"SELECT pg_advisory_xact_lock({_NAMED})")
_BY_REFERENCE = Statement(
    """
    SELECT o.id, o.order_number FROM order_external_refs r
    JOIN orders o ON o.tenant_id = r.tenant_id AND o.id = r.order_id AND o.deleted_at IS NULL
    WHERE r.external_id_key = lower(:external_id::text)
    ORDER BY (r.system = ANY (:slots::text[])) DESC, o.id DESC LIMIT 1 FOR SHARE OF o
    """
)
_ADOPT = Statement(
    """
    UPDATE transaction_states s SET order_id = :id::bigint FROM transactions t
    WHERE t.tenant_id = s.tenant_id AND t.id = s.transaction_id
      AND t.external_order_id_key = lower(:external_id::text)
      AND s.order_id IS NULL AND s.void_kind IS DISTINCT FROM 'deleted'
    """
)
_LET_GO = Statement("UPDATE transaction_states SET order_id = NULL WHERE order_id = :id::bigint")


async def order_of(session: Any, values: Mapping[str, Any], slots: Sequence[str]) -> Any | None:
    """The `id` and `order_number` of the living order that a sale names, held until the transaction ends.

    An `order_id` wins over an `external_order_id`, of which the order in one of the sale's own `slots` comes first.
    """
    if values.get("order_id") is not None:
        return await session.row(_BY_ID, id=values["order_id"])
    external_id = values.get("external_order_id")
    if external_id is None:
        return None
    await session.value(_SALE_COMES, external_id=external_id)
    return await session.row(_BY_REFERENCE, external_id=external_id, slots=list(slots))


async def hold_reference(session: Any, external_id: str) -> None:
    """Makes sales that name this reference wait until the order that takes it is there."""
    await session.value(_ORDER_COMES, external_id=external_id)


async def adopt(session: Any, order_id: int, external_id: str) -> int:
    """Links the sales that named this reference before the order came; answers how many. The reference is held."""
    adopted: int = await session.execute(_ADOPT, id=order_id, external_id=external_id)
    return adopted


async def let_go(session: Any, order_id: int) -> None:
    """Ends the links of a deleted order; its sales keep the reference that they came with."""
    await session.execute(_LET_GO, id=order_id)
