"""Product lists: templates, the lists of profiles, items, share codes and what was bought of them (lists A)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, CheckConstraint, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import (
    HasHandle,
    Numbered,
    Resource,
    SoftDeleted,
    Timed,
    belongs_to,
    lookup,
    unique,
    unique_live,
)
from omneo_api.foundation.relationships import several, single
from omneo_api.platform.custom_fields.models import shown_fields


class ListDefinition(Resource, HasHandle, SoftDeleted):
    """A kind of list. One that is deleted stays in force for the lists that were made from it."""

    __tablename__ = "list_definitions"
    __table_args__ = (unique_live("uq_list_definitions_handle", "handle_key"),)

    name: Mapped[str]
    type: Mapped[str]
    icon: Mapped[str | None]
    cover: Mapped[str | None]
    short_description: Mapped[str | None]
    description: Mapped[str | None]
    allow_share: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    allow_quantity: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    allow_reserve: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    allow_custom_product: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    allow_new: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    allow_edit: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    allow_delete: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_published: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    timezone: Mapped[str | None]
    reservation_period: Mapped[int | None] = mapped_column(Integer)
    reservation_period_type: Mapped[str | None]
    reservation_absolute_expiry: Mapped[str | None]
    reservation_reserved_target_id: Mapped[int | None]
    reservation_notify_reserved_offset_days: Mapped[int | None] = mapped_column(Integer)
    reservation_notify_reserved_offset_hours: Mapped[int | None] = mapped_column(Integer)
    reservation_expiry_target_id: Mapped[int | None]
    reservation_remind_target_id: Mapped[int | None]
    reservation_notify_remind_offset_days: Mapped[int | None] = mapped_column(Integer)
    reservation_notify_remind_offset_hours: Mapped[int | None] = mapped_column(Integer)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))


class ProductList(Resource, HasHandle, SoftDeleted):
    """A profile's list; its handle is unique among the live lists of the profile."""

    __tablename__ = "product_lists"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("list_definitions", "list_definition_id"),
        belongs_to("locations", "location_id"),
        unique_live("uq_product_lists_handle", "profile_id", "handle_key", field="handle"),
        lookup("ix_product_lists_profile", "profile_id", "id"),
        lookup("ix_product_lists_definition", "list_definition_id"),
    )

    profile_id: Mapped[uuid.UUID]
    list_definition_id: Mapped[int | None] = mapped_column(BigInteger)
    name: Mapped[str]
    description: Mapped[str | None]
    sort_order: Mapped[int | None] = mapped_column(BigInteger)
    custom_date: Mapped[datetime | None]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    staff_id: Mapped[uuid.UUID | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)

    profile = single("Profile")
    definition = single("ListDefinition")
    location = single("Location")
    staff = single("Profile", on="ProductList.staff_id == Profile.id")
    items = several("ProductListItem", order_by="ProductListItem.position.asc().nulls_last(), ProductListItem.id")
    shares = several("ProductListShare")
    custom_fields = shown_fields("product_list", lambda: ProductList)


class ProductListItem(Resource):
    """A line: a variant, a product, a category or an article in the customer's own words."""

    __tablename__ = "product_list_items"
    __table_args__ = (
        belongs_to("product_lists", "product_list_id", ondelete="CASCADE"),
        belongs_to("product_variants", "product_variant_id"),
        belongs_to("products", "product_id"),
        belongs_to("product_categories", "product_category_id"),
        belongs_to("custom_products", "custom_product_id"),
        belongs_to("locations", "location_id"),
        CheckConstraint("quantity >= 1", name="quantity"),
        lookup("ix_product_list_items_list", "product_list_id", "position", "id"),
        lookup("ix_product_list_items_product", "product_id", where="product_id IS NOT NULL"),
    )

    product_list_id: Mapped[int]
    product_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    product_category_id: Mapped[int | None] = mapped_column(BigInteger)
    custom_product_id: Mapped[int | None] = mapped_column(BigInteger)
    quantity: Mapped[int] = mapped_column(BigInteger, server_default=text("1"))
    position: Mapped[int | None] = mapped_column(BigInteger)
    status: Mapped[str | None]
    source: Mapped[str | None]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)

    product_list = single("ProductList")
    product_variant = single(
        "ProductVariant",
        on="ProductListItem.product_variant_id == ProductVariant.id",
        where="ProductVariant.deleted_at.is_(None)",
    )
    product = single("Product", on="ProductListItem.product_id == Product.id", where="Product.deleted_at.is_(None)")
    product_category = single("ProductCategory")
    custom_product = single("CustomProduct")
    location = single("Location")


class ProductListShare(Resource):
    """A code by which others read a list; the code is all they need, so it cannot be guessed."""

    __tablename__ = "product_list_shares"
    __table_args__ = (
        belongs_to("product_lists", "product_list_id", ondelete="CASCADE"),
        unique("handle"),
        lookup("ix_product_list_shares_list", "product_list_id", "id"),
    )

    product_list_id: Mapped[int]
    handle: Mapped[str]

    product_list = single("ProductList")


class ProductListPurchase(Numbered, Timed):
    """That a line of a sale bought an item of a list."""

    __tablename__ = "product_list_purchases"
    __table_args__ = (
        belongs_to("product_list_items", "product_list_item_id", ondelete="CASCADE"),
        belongs_to("transaction_items", "transaction_item_id"),
        unique("transaction_item_id", "product_list_item_id", field="product_list_item_id"),
        lookup("ix_product_list_purchases_item", "product_list_item_id", "id"),
    )

    product_list_item_id: Mapped[int]
    transaction_item_id: Mapped[int]
