"""Articles that a till describes with its sale: the catalogue learns what nobody has entered (commerce 2.3, 6.4)."""

import hashlib
import re
import unicodedata
from typing import Annotated, Any

from pydantic import PlainValidator, WithJsonSchema

from omneo_api.commerce.products.service import products
from omneo_api.foundation import fields
from omneo_api.foundation.operations import LARGEST_ID
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.foundation.validation import wrong

LONGEST_SLUG = 200

_PRODUCT = Statement(
    """
    SELECT id FROM (
        SELECT :id_rank::int AS rank, id FROM products WHERE id = :id::bigint AND deleted_at IS NULL
        UNION ALL
        SELECT 1, id FROM products WHERE external_id_key = lower(:external_id::text) AND deleted_at IS NULL
    ) found
    ORDER BY rank LIMIT 1
    """
)
_MAKE_PRODUCT = Statement(
    """
    INSERT INTO products (title, handle, external_id, brand, department, meta)
    VALUES (:title::text, :handle::text, :external_id::text, :brand::text, :department::text, :meta::jsonb)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_VARIANT = Statement("SELECT id FROM product_variants WHERE sku_key = lower(:sku::text) AND deleted_at IS NULL")
_MAKE_VARIANT = Statement(
    """
    INSERT INTO product_variants (product_id, sku, title, barcode, price)
    VALUES (:product_id::bigint, :sku::text, :title::text, :barcode::text, :price::numeric)
    ON CONFLICT DO NOTHING RETURNING id
    """
)
_MAKE_CATEGORY = Statement(
    """
    INSERT INTO product_categories (name, handle, parent_id)
    VALUES (:name::text, :handle::text, (SELECT id FROM product_categories WHERE handle_key = lower(:parent::text)))
    ON CONFLICT (tenant_id, handle_key) DO NOTHING
    """
)


def _reference(value: Any) -> int | str:
    """A product's own id as a number, or its external id as text."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if isinstance(value, str) and 0 < len(value.strip()) <= 255:
        return value.strip()
    raise wrong("is required." if value in (None, "") else "must be a string.")


class InlineVariant(fields.Body):
    product_id: Annotated[int | str, PlainValidator(_reference), WithJsonSchema({"type": ["integer", "string"]})]
    sku: fields.Text
    title: fields.Text
    brand: fields.Text
    category: fields.Text
    price: fields.Money
    barcode: fields.Text | None = None
    subcategory: fields.Text | None = None


def slug(text: str) -> str:
    """Words joined by hyphens, in letters and digits that a handle may have; never digits only."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    joined = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST_SLUG]
    if joined and not joined.isdigit():
        return joined
    return f"{joined or 'x'}-{_suffix(text)}"


def _suffix(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


async def found_or_made(session: Any, body: InlineVariant) -> int:
    """The id of the variant with that sku; it and its product are made where nobody has made them.

    Two sales that describe the same article at once share it: the unique keys let one make it, the other finds it.
    """
    found: int | None = await session.value(_VARIANT, sku=body.sku)
    if found is not None:
        return found
    product_id, new = await _product(session, body)
    await _categorised(session, body)
    values = {name: getattr(body, name) for name in ("sku", "title", "barcode", "price")}
    made: int | None = await session.value(_MAKE_VARIANT, product_id=product_id, **values)
    if made is None:
        return await found_or_made(session, body)
    session.outbox.audit("created", "ProductVariant", made, None, {"id": made, "product_id": product_id, **values})
    # A product that this very sale made tells all of its variants with its creation.
    announced = session.memory.setdefault("products made", set())
    if new:
        announced.add(product_id)
    elif product_id not in announced:
        await products.touched(session, product_id)
    return made


async def _product(session: Any, body: InlineVariant) -> tuple[int, bool]:
    """The product that is named, and whether it was made for this."""
    text = str(body.product_id)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None
    number = number if number is not None and number <= LARGEST_ID else None
    rank = 0 if isinstance(body.product_id, int) else 2
    values = {
        "title": body.title,
        "external_id": text,
        "brand": body.brand,
        "department": body.category,
        "meta": json_text({"subcategory": body.subcategory}).decode() if body.subcategory else None,
    }
    attempt = 0
    while True:
        found: int | None = await session.value(_PRODUCT, id_rank=rank, id=number, external_id=text)
        if found is not None:
            return found, False
        handle = f"{slug(body.title)}-{_suffix(text if not attempt else f'{text} {attempt}')}"
        made: int | None = await session.value(_MAKE_PRODUCT, handle=handle, **values)
        if made is not None:
            columns = {name: value for name, value in values.items() if value is not None}
            products.announce(session, made, {"handle": handle, **columns})
            return made, True
        attempt += 1


async def _categorised(session: Any, body: InlineVariant) -> None:
    handle = slug(body.category)
    await session.execute(_MAKE_CATEGORY, name=body.category, handle=handle, parent=None)
    if body.subcategory:
        below = f"{handle}.{slug(body.subcategory)}"
        await session.execute(_MAKE_CATEGORY, name=body.subcategory, handle=below, parent=handle)
