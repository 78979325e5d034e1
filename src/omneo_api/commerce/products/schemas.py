"""What goes out of the catalogue (commerce 6.1, 6.2)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from sqlalchemy import Numeric, Text, cast, func, literal_column, or_, select, true, type_coerce
from sqlalchemy.dialects.postgresql import JSON, JSONB, aggregate_order_by
from sqlalchemy.orm import aliased

from omneo_api.commerce.brands import Brand
from omneo_api.commerce.departments import Department
from omneo_api.commerce.products.models import ProductVariant
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, Sql
from omneo_api.platform.custom_fields.shapes import ShownCustomField

ProductType = Literal[
    "appointment",
    "simple",
    "configurable",
    "downloadable",
    "gift",
    "bundle",
    "voucher",
    "service",
    "subscription",
]
ProductStatus = Literal["new", "active", "rundown", "discontinued", "ranged", "deleted", "archived", "draft"]

LAST: Any = literal_column("'Infinity'::numeric", Numeric())


def _on_record(model: Any, column: str) -> Sql:
    """The handle of the record that a product's word names, by handle first, else by name."""

    def expression(product: Any) -> Any:
        record, word = aliased(model), getattr(product, column)
        return (
            select(record.handle)
            .where(
                record.tenant_id == product.tenant_id,
                record.deleted_at.is_(None),
                or_(record.handle_key == word, record.name_key == word),
            )
            .order_by((record.handle_key == word).desc(), record.id)
            .limit(lit(1))
            .correlate(product)
            .scalar_subquery()
        )

    return Sql(expression)


def _options(product: Any) -> Any:
    """The distinct values of each named option of the live variants, in the order of the options and the variants."""
    variant = aliased(ProductVariant)
    option = func.jsonb_array_elements(variant.options, type_=JSONB).table_valued("value", name="option")
    element = type_coerce(option.c.value, JSONB)
    name, value = element["name"].astext, element["value"].astext
    order = func.coalesce(cast(element["sort_order"].astext, Numeric), LAST)
    places = (order, variant.position, variant.id)
    distinct = (
        select(
            name.label("name"),
            value.label("value"),
            *(func.min(place).label(f"place{n}") for n, place in enumerate(places)),
        )
        .select_from(variant)
        .join(option, true())
        .where(
            variant.tenant_id == product.tenant_id,
            variant.product_id == product.id,
            variant.deleted_at.is_(None),
            name.is_not(None),
        )
        .group_by(name, value)
        .correlate(product)
        .subquery()
    )
    sorted_by = [distinct.c[f"place{n}"] for n in range(3)]
    named = (
        select(
            distinct.c.name,
            func.json_agg(aggregate_order_by(distinct.c.value, *sorted_by)).label("choices"),
            *(func.min(place).label(place.name) for place in sorted_by),
        )
        .group_by(distinct.c.name)
        .subquery()
    )
    sorted_names = [named.c[f"place{n}"] for n in range(3)]
    whole = select(func.json_object_agg(named.c.name, aggregate_order_by(named.c.choices, *sorted_names)))
    return func.coalesce(whole.scalar_subquery(), literal_column("'{}'::json", JSON()), type_=JSON)


class ProductVariantRead(Read):
    id: int
    product_id: int
    sku: str
    external_id: str | None
    barcode: str | None
    web_url: str | None
    handle: str | None
    title: str | None
    description: str | None
    position: int
    price: Decimal | None
    price_discounted: Decimal | None
    price_comparison: Decimal | None
    price_cost: Decimal | None
    available_quantity: int | None
    images: list[dict[str, Any]]
    meta: dict[str, Any] | list[Any] | None
    tags: list[str]
    options: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


class ProductRead(Read):
    id: int
    title: str
    handle: str
    type: ProductType | None
    external_id: str | None
    status: ProductStatus
    brand: str | None
    department: str | None
    link_brand: Annotated[str | None, _on_record(Brand, "brand_key")]
    link_department: Annotated[str | None, _on_record(Department, "department_key")]
    web_url: str | None
    description: str | None
    currency: str | None
    position: int
    images: list[dict[str, Any]]
    systems: list[str]
    channels: list[str]
    tags: list[str]
    options: Annotated[dict[str, list[str]], Sql(_options)]
    custom_fields: list[ShownCustomField]
    meta: Any
    organisation: Annotated[dict[str, Any] | None, Sql(lambda _: literal_column("NULL::json", JSON()))]
    variants: list[ProductVariantRead]
    created_at: datetime
    updated_at: datetime


class CategoryRead(Read):
    """A category as lists show it (commerce 6.4)."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime


def found_in(product: Any, pattern: Any) -> Any:
    """Whether a search's pattern is in a product's words or in those of its variants."""
    variant = aliased(ProductVariant)
    inside = (
        select(lit(1))
        .where(
            variant.tenant_id == product.tenant_id,
            variant.product_id == product.id,
            variant.deleted_at.is_(None),
            or_(*(getattr(variant, name).ilike(pattern) for name in ("sku", "barcode", "title"))),
        )
        .correlate(product)
        .exists()
    )
    own = ("title", "handle", "brand", "external_id", "description")
    return or_(*(cast(getattr(product, name), Text).ilike(pattern) for name in own), inside)
