"""The catalogue: products and the variants that are sold (commerce 6)."""

from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import (
    HasHandle,
    Money,
    Resource,
    SoftDeleted,
    belongs_to,
    folded,
    lookup,
    unique,
    unique_live,
)
from omneo_api.foundation.relationships import several, single
from omneo_api.platform.custom_fields.models import shown_fields


class ProductCategory(Resource, HasHandle):
    """A word by which tills group articles; what lists and interactions name by `product_category_id`."""

    __tablename__ = "product_categories"
    __table_args__ = (belongs_to("product_categories", "parent_id"), unique("handle_key"))

    name: Mapped[str]
    parent_id: Mapped[int | None] = mapped_column(BigInteger)


class ProductVariant(Resource, SoftDeleted):
    """What has a price and is sold. One that is deleted or archived stays for the sales that refer to it."""

    __tablename__ = "product_variants"
    __table_args__ = (
        belongs_to("products", "product_id"),
        unique_live("uq_product_variants_sku", "sku_key"),
        lookup("ix_product_variants_product", "product_id", "position", "id"),
        lookup("ix_product_variants_external_id", "external_id_key", where="external_id IS NOT NULL"),
        lookup("ix_product_variants_barcode", "barcode_key", where="barcode IS NOT NULL"),
    )

    product_id: Mapped[int]
    sku: Mapped[str]
    title: Mapped[str | None]
    external_id: Mapped[str | None]
    barcode: Mapped[str | None]
    handle: Mapped[str | None]
    web_url: Mapped[str | None]
    description: Mapped[str | None]
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    price: Mapped[Decimal | None] = mapped_column(Money)
    price_discounted: Mapped[Decimal | None] = mapped_column(Money)
    price_comparison: Mapped[Decimal | None] = mapped_column(Money)
    price_cost: Mapped[Decimal | None] = mapped_column(Money)
    available_quantity: Mapped[int | None] = mapped_column(BigInteger)
    images: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    options: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    sku_key: Mapped[str] = folded("sku")
    external_id_key: Mapped[str | None] = folded("external_id")
    barcode_key: Mapped[str | None] = folded("barcode")

    product = single("Product")


class Product(Resource, HasHandle, SoftDeleted):
    """`brand` and `department` are words of the shop; they may name a brand or department that is on record."""

    __tablename__ = "products"
    __table_args__ = (
        unique_live("uq_products_handle", "handle_key"),
        unique_live("uq_products_external_id", "external_id_key"),
        lookup("ix_products_brand", "brand_key", where="deleted_at IS NULL"),
    )

    title: Mapped[str]
    external_id: Mapped[str | None]
    type: Mapped[str | None]
    status: Mapped[str] = mapped_column(Text, server_default=text("'active'"))
    brand: Mapped[str | None]
    department: Mapped[str | None]
    description: Mapped[str | None]
    web_url: Mapped[str | None]
    currency: Mapped[str | None]
    position: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    images: Mapped[Any] = mapped_column(JSONB, server_default=text("'[]'"))
    systems: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    channels: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    external_id_key: Mapped[str | None] = folded("external_id")
    brand_key: Mapped[str | None] = folded("brand")
    department_key: Mapped[str | None] = folded("department")

    variants = several(
        "ProductVariant",
        on="Product.id == ProductVariant.product_id",
        where="ProductVariant.deleted_at.is_(None)",
        order_by="ProductVariant.position, ProductVariant.id",
    )
    custom_fields = shown_fields("product", lambda: Product)
