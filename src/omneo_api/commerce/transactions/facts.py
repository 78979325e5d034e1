"""Whether what is sent equals what was recorded: purchase facts never change (commerce 1.6)."""

from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.commerce.products.matching import catalogue_sku, match
from omneo_api.commerce.transactions.bodies import LINE_FACTS, SCALAR_FACTS
from omneo_api.commerce.transactions.resolution import Resolved
from omneo_api.foundation.errors import Conflict, Errors, spoken
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.redemptions import links

IMMUTABLE = (
    "Transactions are immutable. Void the transaction, send the corrected sale to transactions/update-create, or keep "
    "what may still change in an order."
)
HEADER_OF = """
    SELECT t.*, v.from_currency, v.to_currency, v.rate, s.order_id AS linked_order_id
    FROM transactions t JOIN transaction_states s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
    LEFT JOIN transaction_currency_values v ON v.transaction_id = t.id
    WHERE t.id {}
    """
LINES_OF = """
    SELECT i.*, a.product_variant_id, a.meta, coalesce(a.tags, '{{}}') AS tags, v.sku_key AS variant_sku_key
    FROM transaction_items i LEFT JOIN transaction_item_annotations a ON a.item_id = i.id
    LEFT JOIN product_variants v ON v.id = a.product_variant_id
    WHERE i.transaction_id {} ORDER BY i.id
    """
HEADER = Statement(HEADER_OF.format("= :id::bigint"))
LINES = Statement(LINES_OF.format("= :id::bigint"))
REFERENCES = ("location_id", "staff_id", "systems", "currency_value", "organisation_id", "redemption_id")
OPTIONAL_LINE_KEYS = frozenset({"name", "quantity", "is_void"})

Pairs = list[tuple[dict[str, Any], Any]]


def immutable(errors: Errors) -> Conflict:
    """The 409 that names every fact that would change."""
    return Conflict(IMMUTABLE, errors)


def unchangeable(name: str) -> Errors:
    return {name: [f"The {spoken(name)} of a transaction cannot be changed."]}


def _same(first: Any, second: Any) -> bool:
    """Equality by value, in which null, absent and empty are one."""
    empty: tuple[Any, ...] = (None, [], {})
    return (first in empty and second in empty) or first == second


def _repeats(name: str, sent: Any, header: Any) -> bool:
    """Whether a fact is as recorded; an order may also be the one linked since, whose number was taken over."""
    if name == "order_id" and sent == header.linked_order_id:
        return True
    if name == "order_number" and sent is None and header.order_id is not None:
        return True
    return _same(sent, getattr(header, name))


async def differences(
    session: Any, identifier: int, values: Mapping[str, Any], found: Resolved
) -> tuple[Errors, Pairs]:
    """What of a request's facts differs from the stored ones, and which sent line is which stored line.

    `found` is what the request's references come to.
    """
    header = await session.row(HEADER, id=identifier)
    redemption_id = await links.redemption_of(session, identifier) if "redemption_id" in values else None
    lines = await session.rows(LINES, id=identifier) if "items" in values else []
    await find_articles(session, values.get("items") or [])
    return compared(values, found, header, lines, redemption_id)


def compared(
    values: Mapping[str, Any], found: Resolved, header: Any, lines: list[Any], redemption_id: int | None = None
) -> tuple[Errors, Pairs]:
    """The same with what is stored: the row of `HEADER`, the rows of `LINES` and the redemption."""
    errors: Errors = {}
    for name in SCALAR_FACTS:
        if name in values and not _repeats(name, values[name], header):
            errors |= unchangeable(name)
    for name in REFERENCES:
        if name in values and not _refers(name, values[name], header, found, redemption_id):
            errors |= unchangeable(name)
    pairs: Pairs = []
    if "items" in values:
        matched = _matched(values["items"] or [], lines)
        if matched is None:
            errors |= unchangeable("items")
        else:
            pairs = matched
    return errors, pairs


def _refers(name: str, sent: Any, header: Any, found: Resolved, redemption_id: int | None) -> bool:
    if name == "systems":
        return {system.lower() for system in found.systems} == {system.lower() for system in header.systems}
    if name == "currency_value":
        stored = (header.from_currency, header.to_currency, header.rate)
        return stored == ((sent.from_, sent.to, sent.rate) if sent is not None else (None, None, None))
    if name == "redemption_id":
        return bool(sent == redemption_id)
    stored_id = getattr(header, name)
    if sent is None or stored_id is None:
        return sent is None and stored_id is None
    if str(stored_id) == str(sent).lower():
        return True
    return name != "organisation_id" and getattr(found, name) == stored_id


def _matched(sent: list[dict[str, Any]], stored: list[Any]) -> Pairs | None:
    """Pairs the lines one to one; None when they are not the same lines."""
    if len(sent) != len(stored):
        return None
    left = list(stored)
    pairs: Pairs = []
    for line in sent:
        found = counterpart(line, left)
        if found is None:
            return None
        left.remove(found)
        pairs.append((line, found))
    return pairs


def counterpart(line: Mapping[str, Any], left: list[Any]) -> Any | None:
    """The stored line among those `left` that a sent line equals (commerce 1.6)."""
    by_id = next((row for row in left if line.get("id") is not None and row.id == line["id"]), None)
    if by_id is not None:
        return by_id if _equal_line(line, by_id) else None
    external_id = line.get("external_id")
    if external_id is not None and any(row.external_id == external_id for row in left):
        return next((row for row in left if row.external_id == external_id and _equal_line(line, row)), None)
    return next((row for row in left if _alike(line, row) and _equal_line(line, row)), None)


def _alike(line: Mapping[str, Any], row: Any) -> bool:
    article = line.get("sku") == row.sku or (
        line.get("product_variant_id") is not None and _variant_equals(line["product_variant_id"], row)
    )
    return article and all(line.get(name) == getattr(row, name) for name in ("name", "quantity", "price_sell"))


def _variant_equals(sent: Any, row: Any) -> bool:
    return sent in (row.sent_variant_id, row.product_variant_id)


async def find_articles(session: Any, lines: Sequence[dict[str, Any]]) -> None:
    """Puts the variant that a sent line means today under its `article`, where a sku of the catalogue names it."""
    asked = [line for line in lines if catalogue_sku(line) is not None]
    if asked:
        for line, found in zip(asked, await match(session, asked), strict=True):
            line["article"] = found.by_word


def _means_another(line: Mapping[str, Any], row: Any) -> bool:
    """Whether a line names another article by a sku of the catalogue than it was recorded with.

    What the catalogue did not know then, and what it has lost since, makes no other sale of one that is sent again.
    """
    sku = catalogue_sku(line)
    if sku is None or row.product_variant_id is None or row.variant_sku_key == sku.lower():
        return False
    found = line.get("article", line.get("variant_id"))
    if found is not None:
        return bool(found != row.product_variant_id)
    return bool((line.get("sku") or "").lower() != row.variant_sku_key)


def _equal_line(line: Mapping[str, Any], row: Any) -> bool:
    return not _differing(line, row)


def _differing(line: Mapping[str, Any], row: Any) -> list[str]:
    names = [
        name
        for name in LINE_FACTS
        if name in line
        and not (line[name] is None and name in OPTIONAL_LINE_KEYS)
        and not _same(line[name], getattr(row, name))
    ]
    if line.get("product_variant_id") is not None and not _variant_equals(line["product_variant_id"], row):
        names.append("product_variant_id")
    if _means_another(line, row):
        names.append("product_variant_sku" if line.get("product_variant_sku") is not None else "product_variant")
    return names


def line_differences(line: Mapping[str, Any], row: Any) -> Errors:
    """What of a line's facts differs from the stored ones."""
    return {name: [f"The {spoken(name)} of a transaction item cannot be changed."] for name in _differing(line, row)}
