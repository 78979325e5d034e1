"""The variants of a product: found by id, then by sku, written with the product or alone (commerce 6.2, 6.4)."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from omneo_api.commerce.products.bodies import NewVariant, VariantChange, dumped
from omneo_api.commerce.products.models import ProductVariant
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.errors import Errors, Invalid, NotFound, already_taken
from omneo_api.foundation.fields import sent
from omneo_api.foundation.statements import Statement

_INVOLVED = Statement(
    """
    SELECT * FROM product_variants
    WHERE deleted_at IS NULL
      AND (product_id = :product::bigint
           OR sku_key = ANY (ARRAY(SELECT lower(sku) FROM unnest(:skus::text[]) AS sku)))
    ORDER BY id FOR UPDATE
    """
)
_LOCK = Statement(
    "SELECT * FROM product_variants WHERE id = :id::bigint AND product_id = :product::bigint AND deleted_at IS NULL"
    " FOR UPDATE"
)


@dataclass(slots=True)
class Written:
    """What a write of variants came to: whether anything changed, and the products that variants were taken from."""

    changed: bool = False
    former: set[int] = field(default_factory=set)


@dataclass(slots=True)
class _Plan:
    """New rows, and changed rows with what changes in them."""

    made: list[dict[str, Any]] = field(default_factory=list)
    changed: list[tuple[Any, dict[str, Any]]] = field(default_factory=list)
    kept: set[int] = field(default_factory=set)


async def write(
    session: Any,
    product_id: int,
    given: Sequence[VariantChange],
    *,
    archive: bool = False,
    take: bool = False,
    priced: bool = True,
) -> Written:
    """Writes the given variants of a locked product; those not named stay, or are archived.

    take: a sku that lives under another product moves here with its variant; without it that is refused.
    priced: a variant that is new must have a price. Raises: Invalid with keys such as `variants.0.sku`.
    """
    skus = [body.sku for body in given if "sku" in body.model_fields_set]
    involved = await session.rows(_INVOLVED, product=product_id, skus=skus)
    plan = await _planned(session, product_id, given, involved, take=take, priced=priced)
    written = Written()
    if archive:
        for row in involved:
            if row.product_id == product_id and row.id not in plan.kept:
                await remove(session, row)
                written.changed = True
    for row, changes in plan.changed:
        if row.product_id != product_id:
            written.former.add(row.product_id)
            changes["product_id"] = product_id
        written.changed |= await _change(session, row, changes)
    for values in plan.made:
        await _make(session, product_id, values)
        written.changed = True
    return written


async def _planned(
    session: Any, product_id: int, given: Sequence[VariantChange], involved: Sequence[Any], *, take: bool, priced: bool
) -> _Plan:
    own = {row.id: row for row in involved if row.product_id == product_id}
    holders = {row.sku.lower(): row for row in involved}
    plan, errors = _Plan(), Errors()
    named: set[str] = set()
    for place, body in enumerate(given):
        values = dumped(sent(body))
        identifier, sku = values.pop("id", None), values.get("sku")
        holder = holders.get(sku.lower()) if sku is not None else None
        row = own.get(identifier) or holder
        foreign = holder is not None and holder.product_id != product_id
        if sku is not None:
            if sku.lower() in named or (foreign and not take) or (holder is not None and row is not holder):
                errors[f"variants.{place}.sku"] = [already_taken(f"variants.{place}.sku")]
            named.add(sku.lower())
        if row is None:
            errors |= _missing(place, values, priced=priced)
        elif row.id in plan.kept:
            errors.setdefault(f"variants.{place}.id", [already_taken(f"variants.{place}.id")])
        if "tags" in values:
            values["tags"] = await register_tags(session, values["tags"] or [])
        if row is None:
            plan.made.append(values)
        else:
            plan.kept.add(row.id)
            plan.changed.append((row, values))
    if errors:
        raise Invalid(errors)
    return plan


def _missing(place: int, values: dict[str, Any], *, priced: bool) -> Errors:
    required = [name for name, info in NewVariant.model_fields.items() if info.is_required()]
    return {
        f"variants.{place}.{name}": [f"The variants.{place}.{name} field is required."]
        for name in required
        if values.get(name) is None and (priced or name != "price")
    }


async def _make(session: Any, product_id: int, values: dict[str, Any]) -> int:
    columns = {**_columns(values), "product_id": product_id}
    identifier: int = (await session.insert(ProductVariant, columns)).id
    session.outbox.audit("created", "ProductVariant", identifier, None, {"id": identifier, **columns})
    return identifier


async def _change(session: Any, row: Any, values: dict[str, Any]) -> bool:
    changes = {name: value for name, value in _columns(values).items() if value != getattr(row, name)}
    if not changes:
        return False
    await session.update(ProductVariant, {"id": row.id}, {**changes, "updated_at": session.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "ProductVariant", row.id, old, changes)
    return True


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    """Values with the empty form of what is never null."""
    empty: dict[str, Any] = {
        name: [] for name in ("options", "tags", "images") if name in values and values[name] is None
    }
    return {**values, **empty}


async def add(session: Any, product_id: int, body: VariantChange) -> int:
    """Adds one variant to a locked product; answers its id. Raises: Invalid for a sku that is taken."""
    values = dumped(sent(body))
    values.pop("id", None)
    values["tags"] = await register_tags(session, values.get("tags") or [])
    return await _make(session, product_id, values)


async def locked(session: Any, product_id: int, identifier: int) -> Any:
    """The live variant of that product, locked. Raises: NotFound."""
    row = await session.row(_LOCK, id=identifier, product=product_id)
    if row is None:
        raise NotFound
    return row


async def change(session: Any, row: Any, body: VariantChange) -> bool:
    """Applies what was sent to one locked variant; False when nothing differs. Raises: Invalid."""
    values = dumped(sent(body))
    values.pop("id", None)
    if "tags" in values:
        values["tags"] = await register_tags(session, values["tags"] or [])
    return await _change(session, row, values)


async def remove(session: Any, row: Any) -> None:
    """Takes a locked variant out of the catalogue; sales keep showing it."""
    await session.update(ProductVariant, {"id": row.id}, {"deleted_at": session.now})
    session.outbox.audit("deleted", "ProductVariant", row.id, {"sku": row.sku, "product_id": row.product_id})
