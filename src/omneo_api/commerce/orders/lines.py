"""The lines of an order: written, matched with what is sent, changed and removed (commerce 5.3, 5.4)."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.commerce.orders.bodies import LINE_COLUMNS, VARIANT_KEYS
from omneo_api.commerce.orders.models import OrderItem
from omneo_api.commerce.transactions.recording import as_json
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.statements import Statement

_WRITE = Statement(
    """
    INSERT INTO order_items (
        order_id, external_id, name, quantity, price_current, price_sell, price_original, price_margin, price_tax,
        discounts, is_void, sku, variant_external_id, product_variant_id, department, meta, tags)
    SELECT :order_id::bigint, external_id, name, quantity, price_current, price_sell, price_original, price_margin,
           price_tax, discounts, coalesce(is_void, false), sku, variant_external_id, variant_id, department, meta,
           ARRAY(SELECT jsonb_array_elements_text(coalesce(tags, '[]')))
    FROM jsonb_to_recordset(:items::jsonb) AS line (
        external_id text, name text, quantity numeric, price_current numeric, price_sell numeric,
        price_original numeric, price_margin numeric, price_tax numeric, discounts jsonb, is_void boolean, sku text,
        variant_external_id text, variant_id bigint, department text, meta jsonb, tags jsonb)
    RETURNING id
    """
)
_STORED = Statement("SELECT * FROM order_items WHERE order_id = :order_id::bigint ORDER BY id")
_REMOVE = Statement("DELETE FROM order_items WHERE id = :id::bigint")

Pairs = list[tuple[dict[str, Any], Any | None]]


async def stored(session: Any, order_id: int) -> list[Any]:
    """The lines of an order as they stand."""
    rows: list[Any] = await session.rows(_STORED, order_id=order_id)
    return rows


async def write(session: Any, order_id: int, given: Sequence[dict[str, Any]]) -> list[int]:
    """Adds resolved lines; answers their ids in the order given."""
    if not given:
        return []
    for line in given:
        if line.get("tags"):
            line["tags"] = await register_tags(session, line["tags"])
    rows = await session.rows(_WRITE, order_id=order_id, items=as_json(given))
    return sorted(row.id for row in rows)


def match(given: Sequence[dict[str, Any]], rows: Sequence[Any]) -> Pairs:
    """Says for each line that is sent which stored line it is, or None for a new one; no stored line is taken twice.

    A line is known by its id, else by its external id, else by its variant or sku together with its name. What is
    known in a stronger way is settled first, so a weaker likeness takes nothing away.
    """
    found: list[Any | None] = [None] * len(given)
    left = list(rows)
    for same in (_same_id, _same_external_id, _same_article):
        for place, line in enumerate(given):
            if found[place] is None:
                found[place] = next((row for row in left if same(line, row)), None)
                if found[place] is not None:
                    left.remove(found[place])
    return list(zip(given, found, strict=True))


def _same_id(line: Mapping[str, Any], row: Any) -> bool:
    return line.get("id") is not None and bool(line["id"] == row.id)


def _same_external_id(line: Mapping[str, Any], row: Any) -> bool:
    return line.get("external_id") is not None and bool(line["external_id"] == row.external_id)


def _same_article(line: Mapping[str, Any], row: Any) -> bool:
    if line.get("external_id") is not None and row.external_id is not None:
        return False
    variant = line.get("product_variant_id")
    same = line.get("sku") == row.sku if variant is None else variant == row.product_variant_id
    return same and bool(line.get("name") == row.name)


def unresolved(pairs: Pairs) -> list[dict[str, Any]]:
    """The lines whose variant must be found, an empty one in the place of each that keeps the variant it has.

    A variant that was deleted since is found no more, but an order that is sent back as it was read stays as it is.
    """
    return [{} if row is not None and _keeps_variant(line, row) else line for line, row in pairs]


def _keeps_variant(line: Mapping[str, Any], row: Any) -> bool:
    """Whether a line says nothing new about its variant; one that was not found may be found today."""
    if line.get("product_variant_id") is not None:
        return bool(line["product_variant_id"] == row.product_variant_id)
    named = [name for name in VARIANT_KEYS if name in line]
    if named and row.product_variant_id is None:
        return False
    return all(line[name] == getattr(row, name, None) for name in named)


async def change(session: Any, line: Mapping[str, Any], row: Any, profile_id: uuid.UUID | None) -> bool:
    """Writes what differs of one stored line; False when nothing does."""
    new = {name: line[name] for name in LINE_COLUMNS if name in line}
    if new.get("tags"):
        new["tags"] = await register_tags(session, new["tags"])
    if not _keeps_variant(line, row):
        new["product_variant_id"] = line.get("variant_id")
    changes = {name: value for name, value in new.items() if value != getattr(row, name)}
    if not changes:
        return False
    await session.update(OrderItem, {"id": row.id}, {**changes, "updated_at": session.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "OrderItem", row.id, old, changes, profile_id)
    return True


async def remove(session: Any, row: Any, profile_id: uuid.UUID | None) -> None:
    """Deletes one stored line."""
    await session.execute(_REMOVE, id=row.id)
    old = {name: value for name in LINE_COLUMNS if (value := getattr(row, name)) is not None}
    session.outbox.audit("deleted", "OrderItem", row.id, {"order_id": row.order_id, **old}, None, profile_id)


async def replace(session: Any, order_id: int, pairs: Pairs, rows: Sequence[Any], profile_id: uuid.UUID | None) -> bool:
    """Makes the lines of an order those that were sent; False when they are already."""
    kept = {row.id for _, row in pairs if row is not None}
    changed = False
    for row in rows:
        if row.id not in kept:
            await remove(session, row, profile_id)
            changed = True
    for line, row in pairs:
        if row is not None:
            changed |= await change(session, line, row, profile_id)
    new = [line for line, row in pairs if row is None]
    for line, identifier in zip(new, await write(session, order_id, new), strict=True):
        audit_new(session, order_id, identifier, line, profile_id)
    return changed or bool(new)


def audit_new(
    session: Any, order_id: int, identifier: int, line: Mapping[str, Any], profile_id: uuid.UUID | None
) -> None:
    """Notes that a line was added to an order that was there."""
    told = {name: line[name] for name in LINE_COLUMNS if name in line}
    session.outbox.audit("created", "OrderItem", identifier, None, {"order_id": order_id, **told}, profile_id)
