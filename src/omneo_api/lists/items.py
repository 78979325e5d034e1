"""The rules of list items (lists A3). Callers hold the lock of the list."""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from omneo_api.commerce.custom_products import custom_products
from omneo_api.foundation.errors import Errors, Invalid, NotFound
from omneo_api.foundation.fields import sent
from omneo_api.foundation.statements import Statement
from omneo_api.lists import events
from omneo_api.lists.models import ProductListItem
from omneo_api.lists.references import REFERENCES, resolve
from omneo_api.lists.schemas import MOST_ITEMS, CustomItemBody, ItemBody

PLAIN = ("quantity", "position", "status", "source", "meta")
PRODUCT = ("product_variant_id", "product_id", "product_category_id", "custom_product_id")

_ITEMS = Statement("SELECT * FROM product_list_items WHERE product_list_id = :list::bigint ORDER BY id FOR UPDATE")
_ITEM = Statement(
    "SELECT * FROM product_list_items WHERE product_list_id = :list::bigint AND id = :id::bigint FOR UPDATE"
)
_HOW_MANY = Statement("SELECT count(*) FROM product_list_items WHERE product_list_id = :list::bigint")
_DELETE = Statement("DELETE FROM product_list_items WHERE id = ANY (:ids::bigint[])")


@dataclass(frozen=True, slots=True)
class Held:
    """A locked list with what its definition allows."""

    id: int
    profile_id: uuid.UUID
    row: Any
    allow_quantity: bool = True
    allow_custom_product: bool = False
    allow_share: bool = False
    allow_edit: bool = True
    allow_delete: bool = True


def _quantity(held: Held, body: Any, path: str, errors: Errors) -> int:
    quantity: int = body.quantity or 1
    if quantity > 1 and not held.allow_quantity:
        errors[f"{path}quantity"] = [f"The {path}quantity field must not be greater than 1."]
    return quantity


def _columns(held: Held, body: Any, path: str, errors: Errors) -> dict[str, Any]:
    given = sent(body)
    columns = {name: given[name] for name in PLAIN if name in given}
    if "quantity" in columns:
        columns["quantity"] = _quantity(held, body, path, errors)
    return columns


def _named(body: ItemBody) -> bool:
    return any(getattr(body, name) is not None for name in (*REFERENCES, "product_category_id"))


def _require_reference(body: ItemBody, path: str, errors: Errors) -> None:
    if not _named(body):
        errors.setdefault(f"{path}product_variant_id", [f"The {path}product variant id field is required."])


async def locked(session: Any, held: Held, identifier: int) -> Any:
    """An item of the list, locked. Raises: NotFound."""
    row = await session.row(_ITEM, list=held.id, id=identifier)
    if row is None:
        raise NotFound
    return row


async def add(session: Any, held: Held, body: ItemBody) -> int:
    """Puts a product on the list. Raises: Invalid."""
    errors: Errors = {}
    _require_reference(body, "", errors)
    (meant,) = await resolve(session, [body], [""], errors)
    columns = _columns(held, body, "", errors)
    await _check_room(session, held, 1, errors)
    if errors:
        raise Invalid(errors)
    return await _insert(session, held, {**columns, **meant})


async def add_custom(session: Any, held: Held, body: CustomItemBody) -> int:
    """Puts an article in the customer's own words on the list. Raises: Invalid."""
    errors: Errors = {}
    if not held.allow_custom_product:
        errors["list_definition_id"] = ["The selected list definition id does not allow custom products."]
    columns = _columns(held, body, "", errors)
    await _check_room(session, held, 1, errors)
    if errors:
        raise Invalid(errors)
    article = {name: value for name, value in sent(body).items() if name not in PLAIN}
    made = await custom_products.insert(session, article)
    return await _insert(session, held, {**columns, "custom_product_id": made})


async def _check_room(session: Any, held: Held, more: int, errors: Errors) -> None:
    if await session.value(_HOW_MANY, list=held.id) + more > MOST_ITEMS:
        errors.setdefault("items", [f"The items field must not have more than {MOST_ITEMS} items."])


async def _insert(session: Any, held: Held, columns: dict[str, Any]) -> int:
    values = {"product_list_id": held.id, **columns}
    identifier: int = (await session.insert(ProductListItem, values)).id
    shown = {name: value for name, value in values.items() if value is not None}
    session.outbox.audit("created", "ProductListItem", identifier, None, {"id": identifier, **shown}, held.profile_id)
    events.item(session, "created", identifier, held.profile_id)
    return identifier


async def change(session: Any, held: Held, row: Any, body: ItemBody) -> bool:
    """Applies what was sent; a new reference puts another product in its place. Raises: Invalid."""
    errors: Errors = {}
    (meant,) = await resolve(session, [body], [""], errors)
    columns = _columns(held, body, "", errors)
    if errors:
        raise Invalid(errors)
    return await _apply(session, held, row, {**columns, **meant})


async def _apply(session: Any, held: Held, row: Any, columns: dict[str, Any]) -> bool:
    changes = {name: value for name, value in columns.items() if value != getattr(row, name)}
    if not changes:
        return False
    await session.update(ProductListItem, {"id": row.id}, {**changes, "updated_at": session.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "ProductListItem", row.id, old, changes, held.profile_id)
    events.item(session, "updated", row.id, held.profile_id)
    return True


async def remove(session: Any, held: Held, rows: Sequence[Any]) -> None:
    await session.execute(_DELETE, ids=[row.id for row in rows])
    for row in rows:
        old = {name: value for name in (*PRODUCT, *PLAIN) if (value := getattr(row, name)) is not None}
        session.outbox.audit("deleted", "ProductListItem", row.id, {"id": row.id, **old}, None, held.profile_id)


async def replace(session: Any, held: Held, bodies: Sequence[ItemBody], *, only_update: bool = False) -> bool:
    """Makes the list's items what was sent: known ids are updated, others added, the rest removed.

    only_update: nothing is added or removed; an item is named by its id or by its product.
    True when something changed. Raises: Invalid, and then nothing is written.
    """
    errors: Errors = {}
    paths = [f"items.{place}." for place in range(len(bodies))]
    rows = {row.id: row for row in await session.rows(_ITEMS, list=held.id)}
    meant = await resolve(session, bodies, paths, errors)
    plans: list[tuple[Any | None, dict[str, Any]]] = []
    free = dict(rows)
    for body, columns, path in zip(bodies, meant, paths, strict=True):
        row = free.get(body.id) if body.id is not None else None
        if row is None and body.id is None and only_update and columns:
            row = next((one for one in free.values() if _same_product(one, columns)), None)
        if row is None and (body.id is not None or only_update):
            errors[f"{path}id"] = [f"The selected {path}id is invalid."]
        elif row is None:
            _require_reference(body, path, errors)
        else:
            del free[row.id]
        plans.append((row, {**_columns(held, body, path, errors), **columns}))
    if errors:
        raise Invalid(errors)
    changed = False
    if free and not only_update:
        await remove(session, held, list(free.values()))
        changed = True
    for row, columns in plans:
        if row is None:
            await _insert(session, held, columns)
            changed = True
        else:
            changed |= await _apply(session, held, row, columns)
    return changed


def _same_product(row: Any, columns: dict[str, Any]) -> bool:
    names = [name for name in PRODUCT if columns.get(name) is not None]
    return bool(names) and all(getattr(row, name) == columns[name] for name in names)
