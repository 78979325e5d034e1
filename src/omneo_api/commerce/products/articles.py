"""An article of the catalogue as conditions and rates ask for it: in the shape of a line of a sale (automation 3.3)."""

from collections.abc import Mapping
from typing import Any

from omneo_api.foundation.statements import Statement

_PRODUCT = """
    json_build_object('id', p.id, 'title', p.title, 'handle', p.handle, 'external_id', p.external_id, 'type', p.type,
                      'status', p.status, 'brand', p.brand, 'department', p.department, 'description', p.description,
                      'tags', to_json(p.tags), 'meta', p.meta)
"""
_OF_PRODUCT = Statement(
    f"""
    SELECT json_build_object('product_id', p.id, 'department', p.department, 'product', {_PRODUCT})::text
    FROM products p WHERE p.id = :id::bigint AND p.deleted_at IS NULL
    """
)
_OF_VARIANT = {
    name: Statement(
        f"""
        SELECT json_build_object(
            'product_id', p.id, 'product_variant_id', v.id, 'name', v.title, 'sku', v.sku, 'item_sku', v.sku,
            'barcode', v.barcode, 'variant_external_id', v.external_id, 'price_current', trim_scale(v.price),
            'price_sell', trim_scale(coalesce(v.price_discounted, v.price)),
            'department', p.department, 'product_variant_description', v.description, 'product_options', v.options,
            'product', {_PRODUCT})::text
        FROM product_variants v JOIN products p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
        WHERE v.{name}_key = lower(:word::text) AND v.deleted_at IS NULL ORDER BY v.id LIMIT 1
        """
    )
    for name in ("sku", "barcode", "external_id")
}


async def product(session: Any, identifier: int) -> str | None:
    """The JSON text of a live product as a line shows it; None when there is none."""
    found: str | None = await session.value(_OF_PRODUCT, id=identifier)
    return found


async def variant(session: Any, name: str, word: str) -> str | None:
    """The same of the live variant with that `sku`, `barcode` or `external_id`."""
    found: str | None = await session.value(_OF_VARIANT[name], word=word)
    return found


def folded_words(*words: Any) -> frozenset[str]:
    """Words as they are compared; what is not known is no word."""
    return frozenset(str(word).lower() for word in words if word is not None and str(word))


def codes_of(line: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """What a line's article is called, by what the words denote, in a line of a sale or order or of this module."""
    owner, sold = line.get("product"), line.get("product_variant")
    known: Mapping[str, Any] = owner if isinstance(owner, Mapping) else {}
    variant: Mapping[str, Any] = sold if isinstance(sold, Mapping) else {}
    sku = (line.get("sku"), line.get("item_sku"), variant.get("sku"))
    named = folded_words(line.get("product_variant_id"), line.get("variant_external_id"), *sku)
    return {
        "product": folded_words(line.get("product_id"), *(known.get(name) for name in ("id", "external_id", "handle"))),
        "product_variant": named,
        "variant": named,
        "sku": folded_words(*sku),
        "barcode": folded_words(line.get("barcode"), variant.get("barcode")),
        "brand": folded_words(known.get("brand")),
        "department": folded_words(line.get("department"), known.get("department")),
    }
