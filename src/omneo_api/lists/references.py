"""Which product an item means: by id, sku, barcode, external id or custom field, all of which must agree (lists A3)."""

from collections.abc import Sequence
from typing import Any

from omneo_api.foundation.errors import Errors, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.lists.schemas import ItemBody

REFERENCES = (
    "product_variant_id",
    "product_variant_sku",
    "product_variant_barcode",
    "product_id",
    "external_id",
    "custom_field",
)

# One row per item; the newest live variant where a word matches several.
_FIND = Statement(
    """
    WITH asked AS MATERIALIZED (
        SELECT place, variant_id, lower(sku) AS sku, lower(barcode) AS barcode, product_id,
               lower(external_id) AS external_id, namespace, handle, value, category_id, location_id
        FROM unnest(:variant_ids::bigint[], :skus::text[], :barcodes::text[], :product_ids::bigint[],
                    :external_ids::text[], :namespaces::text[], :handles::text[], :values::text[],
                    :category_ids::bigint[], :location_ids::bigint[])
             WITH ORDINALITY AS a (variant_id, sku, barcode, product_id, external_id, namespace, handle, value,
                                   category_id, location_id, place)
    )
    SELECT
        (SELECT v.id FROM product_variants v WHERE v.id = a.variant_id AND v.deleted_at IS NULL) AS product_variant_id,
        (SELECT max(v.id) FROM product_variants v
         WHERE v.sku_key = a.sku AND v.deleted_at IS NULL) AS product_variant_sku,
        (SELECT max(v.id) FROM product_variants v
         WHERE v.barcode_key = a.barcode AND v.barcode IS NOT NULL AND v.deleted_at IS NULL)
            AS product_variant_barcode,
        (SELECT p.id FROM products p WHERE p.id = a.product_id AND p.deleted_at IS NULL) AS product_id,
        (SELECT max(v.id) FROM product_variants v
         WHERE v.external_id_key = a.external_id AND v.external_id IS NOT NULL AND v.deleted_at IS NULL)
            AS external_variant,
        (SELECT p.id FROM products p
         WHERE p.external_id_key = a.external_id AND p.deleted_at IS NULL) AS external_product,
        (SELECT max(p.id) FROM custom_fields f JOIN products p ON p.id::text = f.owner_id AND p.deleted_at IS NULL
         WHERE f.owner_type = 'product' AND f.namespace = a.namespace AND f.handle = a.handle
           AND f.value #>> '{}' = a.value) AS custom_field,
        (SELECT c.id FROM product_categories c WHERE c.id = a.category_id) AS product_category_id,
        (SELECT l.id FROM locations l WHERE l.id = a.location_id AND l.deleted_at IS NULL) AS location_id
    FROM asked a ORDER BY place
    """
)
_PARENTS = Statement("SELECT id, product_id FROM product_variants WHERE id = ANY (:ids::bigint[])")


def _field(text: str | None) -> tuple[str | None, str | None, str | None]:
    namespace, _, rest = (text or "").partition(":")
    handle, found, value = rest.partition(":")
    return (namespace, handle, value) if found else (None, None, None)


async def resolve(
    session: Any, items: Sequence[ItemBody], paths: Sequence[str], errors: Errors
) -> list[dict[str, Any]]:
    """The columns that each item's references mean; what is wrong is noted under the item's path.

    A path is a prefix such as `items.0.` or nothing. Keys that were not sent are not in the answer.
    """
    if not items:
        return []
    fields = [_field(item.custom_field) for item in items]
    rows = await session.rows(
        _FIND,
        variant_ids=[item.product_variant_id for item in items],
        skus=[item.product_variant_sku for item in items],
        barcodes=[item.product_variant_barcode for item in items],
        product_ids=[item.product_id for item in items],
        external_ids=[item.external_id for item in items],
        namespaces=[field[0] for field in fields],
        handles=[field[1] for field in fields],
        values=[field[2] for field in fields],
        category_ids=[item.product_category_id for item in items],
        location_ids=[item.location_id for item in items],
    )
    named = {value for row in rows for value in (*row[:3], row.external_variant) if value is not None}
    parents = {row.id: row.product_id for row in await session.rows(_PARENTS, ids=sorted(named))} if named else {}
    return [_meant(item, row, parents, path, errors) for item, row, path in zip(items, rows, paths, strict=True)]


def _meant(item: ItemBody, row: Any, parents: dict[int, int], path: str, errors: Errors) -> dict[str, Any]:
    columns: dict[str, Any] = {}
    for name in ("product_category_id", "location_id"):
        if name in item.model_fields_set:
            columns[name] = getattr(row, name)
            if getattr(item, name) is not None and columns[name] is None:
                errors[path + name] = [selected_is_invalid(path + name)]
    variant: int | None = None
    product: int | None = None
    for name in REFERENCES:
        if getattr(item, name) is None:
            continue
        meant_variant, meant_product = _one(name, row, parents)
        if meant_product is None:
            errors[path + name] = [selected_is_invalid(path + name)]
            continue
        apart = variant is not None and meant_variant is not None and variant != meant_variant
        if apart or (product is not None and product != meant_product):
            errors[path + name] = [selected_is_invalid(path + name)]
            continue
        variant, product = variant or meant_variant, meant_product
    if product is not None:
        columns |= {"product_variant_id": variant, "product_id": product, "custom_product_id": None}
    return columns


def _one(name: str, row: Any, parents: dict[int, int]) -> tuple[int | None, int | None]:
    """The variant and product that one reference means."""
    if name in ("product_id", "custom_field"):
        return None, getattr(row, name)
    variant = row.external_variant if name == "external_id" else getattr(row, name)
    if variant is None:
        return None, row.external_product if name == "external_id" else None
    return variant, parents[variant]
