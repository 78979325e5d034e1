"""Which lines of sales bought which items of lists (commerce 1.5, 2.2, 2.4)."""

import uuid
from collections.abc import Sequence
from typing import Any, Literal

from sqlalchemy import exists, not_, select

from omneo_api.commerce.transactions.models import TransactionState
from omneo_api.commerce.transactions.upsert import passed_on
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.models import lit
from omneo_api.foundation.statements import Statement
from omneo_api.lists import events
from omneo_api.lists.models import ProductListPurchase
from omneo_api.profiles.scope import lock_profile


class LinkBody(fields.Body):
    product_list_item_id: fields.Int
    type: Literal["link", "unlink"]


_LINE = Statement(
    """
    SELECT s.profile_id FROM transaction_items i
    JOIN transaction_states s ON s.tenant_id = i.tenant_id AND s.transaction_id = i.transaction_id
    WHERE i.id = :line::bigint AND s.void_kind IS DISTINCT FROM 'deleted'
    """
)
_ITEM = Statement(
    """
    SELECT i.id, l.profile_id, d.allow_share AND EXISTS
               (SELECT 1 FROM product_list_shares s WHERE s.tenant_id = l.tenant_id AND s.product_list_id = l.id)
               AS is_shared
    FROM product_list_items i
    JOIN product_lists l ON l.tenant_id = i.tenant_id AND l.id = i.product_list_id AND l.deleted_at IS NULL
    LEFT JOIN list_definitions d ON d.tenant_id = l.tenant_id AND d.id = l.list_definition_id
    WHERE i.id = :item::bigint
    """
)
_LINK = Statement(
    """
    INSERT INTO product_list_purchases (product_list_item_id, transaction_item_id)
    VALUES (:item::bigint, :line::bigint) ON CONFLICT DO NOTHING RETURNING id
    """
)
_UNLINK = Statement(
    "DELETE FROM product_list_purchases WHERE product_list_item_id = :item::bigint"
    " AND transaction_item_id = :line::bigint RETURNING id"
)


async def link(session: Any, line: int, body: LinkBody, profile_id: uuid.UUID | None = None) -> None:
    """Notes that a line bought an item, or that it did not; repeating it changes nothing.

    profile_id: whose line it must be; the list must be theirs or shared. Raises: NotFound, Invalid.
    """
    sold = await session.row(_LINE, line=line)
    if sold is None or (profile_id is not None and sold.profile_id != profile_id):
        raise NotFound
    found = await session.row(_ITEM, item=body.product_list_item_id)
    if profile_id is not None:
        if found is None or (found.profile_id != profile_id and not found.is_shared):
            raise NotFound
    elif found is None:
        raise Invalid.field("product_list_item_id", selected_is_invalid("product_list_item_id"))
    await lock_profile(session, found.profile_id)
    owner: uuid.UUID = found.profile_id
    key = {"item": found.id, "line": line}
    shown = {"product_list_item_id": found.id, "transaction_item_id": line}
    if body.type == "unlink":
        gone = await session.value(_UNLINK, **key)
        if gone is not None:
            session.outbox.audit("deleted", "ProductListPurchase", gone, {"id": gone, **shown}, None, owner)
        return
    made = await session.value(_LINK, **key)
    if made is not None:
        session.outbox.audit("created", "ProductListPurchase", made, None, {"id": made, **shown}, owner)
        events.bought(session, found.id, line, found.profile_id)


# Superseding ----------------------------------------------------------------------------------------------------------

_LINES = Statement(
    """
    SELECT i.id, i.external_id, i.name, i.quantity, i.price_sell,
           coalesce(a.product_variant_id::text, i.sku) AS article,
           i.transaction_id = :old::bigint AS is_old,
           EXISTS (SELECT 1 FROM product_list_purchases p
                   WHERE p.tenant_id = i.tenant_id AND p.transaction_item_id = i.id) AS is_linked
    FROM transaction_items i
    LEFT JOIN transaction_item_annotations a ON a.tenant_id = i.tenant_id AND a.item_id = i.id
    WHERE i.transaction_id = ANY (ARRAY[:old::bigint, :new::bigint]) ORDER BY i.id
    """
)
_PASS = Statement(
    """
    UPDATE product_list_purchases SET transaction_item_id = :new::bigint, updated_at = omneo_now()
    WHERE transaction_item_id = :old::bigint
    """
)


@passed_on
async def pass_on(session: Any, old: int, new: int) -> None:
    """The links of a superseded sale's lines go to the equal lines of its successor, one to one."""
    lines: Sequence[Any] = await session.rows(_LINES, old=old, new=new)
    free = [line for line in lines if not line.is_old]
    for line in lines:
        if not line.is_old or not line.is_linked:
            continue
        equal = next((one for one in free if _equal(line, one)), None)
        if equal is not None:
            free.remove(equal)
            await session.execute(_PASS, old=line.id, new=equal.id)


def _equal(old: Any, new: Any) -> bool:
    if old.external_id is not None and old.external_id == new.external_id:
        return True
    return all(getattr(old, name) == getattr(new, name) for name in ("article", "name", "quantity", "price_sell"))


# Lists of lines -------------------------------------------------------------------------------------------------------


def counting_line_of(owner: Any) -> Any:
    """The condition that a line counts and belongs to the profile bound as `owner`."""

    def condition(line: Any) -> Any:
        state = TransactionState
        mine = exists(
            select(lit(1)).where(
                state.tenant_id == line.tenant_id,
                state.transaction_id == line.transaction_id,
                state.profile_id == owner,
                state.void_kind.is_(None),
            )
        )
        return mine & not_(line.is_void)

    return condition


def assigned(line: Any) -> Any:
    return exists(
        select(lit(1)).where(
            ProductListPurchase.tenant_id == line.tenant_id, ProductListPurchase.transaction_item_id == line.id
        )
    )


def unassigned(line: Any) -> Any:
    return not_(assigned(line))


STATES = {"assigned": assigned, "unassigned": unassigned}
