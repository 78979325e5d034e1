"""Orders: purchases that may still change (commerce 5)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Numeric, Text, and_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from omneo_api.foundation.models import (
    NOW,
    Moment,
    Money,
    Resource,
    SoftDeleted,
    Tenanted,
    belongs_to,
    folded,
    lookup,
)
from omneo_api.foundation.relationships import several, single
from omneo_api.platform.custom_fields.models import shown_fields
from omneo_api.profiles.profile.models import Profile


class Order(Resource, SoftDeleted):
    """A purchase that is not final. Completed sales that fulfil it are linked from `transaction_states.order_id`."""

    __tablename__ = "orders"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("locations", "location_id"),
        lookup("ix_orders_profile", "profile_id", "transacted_at", "id", where="deleted_at IS NULL"),
        lookup("ix_orders_transacted_at", "transacted_at", "id", where="deleted_at IS NULL"),
        lookup("ix_orders_location", "location_id", "transacted_at"),
        lookup("ix_orders_external_id", "external_id_key"),
        lookup("ix_orders_order_number", "order_number"),
        lookup("ix_orders_receipt", "receipt_ref_key"),
    )

    external_id: Mapped[str | None]
    external_id_key: Mapped[str | None] = folded("external_id")
    profile_id: Mapped[uuid.UUID | None]
    total: Mapped[Decimal] = mapped_column(Money)
    total_original: Mapped[Decimal | None] = mapped_column(Money)
    rounding: Mapped[Decimal | None] = mapped_column(Money)
    margin: Mapped[Decimal | None] = mapped_column(Money)
    systems: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    is_void: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    transacted_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
    timezone: Mapped[str]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    staff_id: Mapped[uuid.UUID | None]
    payments: Mapped[Any | None] = mapped_column(JSONB)
    fees: Mapped[Any | None] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    receipt_is_email: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    receipt_ref: Mapped[str | None]
    receipt_ref_key: Mapped[str | None] = folded("receipt_ref")
    receipt_email: Mapped[str | None]
    claimed_at: Mapped[datetime | None]
    currency: Mapped[str | None]
    currency_id: Mapped[int | None] = mapped_column(BigInteger)
    currency_rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    type: Mapped[str | None]
    status: Mapped[str | None]
    order_number: Mapped[str | None]
    due_date: Mapped[datetime | None]
    organisation_id: Mapped[int | None] = mapped_column(BigInteger)
    deliver_at: Mapped[datetime | None]

    items = several("OrderItem")
    location = single("Location")
    profile = single("Profile")
    staff = single("Profile", on="Order.staff_id == Profile.id")
    custom_fields = shown_fields("order", lambda: Order)
    transactions = several(
        "RecordedTransaction",
        on="Order.id == RecordedTransaction.order_id",
        where=(
            "or_(RecordedTransaction.void_kind.is_(None), RecordedTransaction.void_kind == literal_column(\"'void'\"))"
        ),
        order_by="RecordedTransaction.transacted_at, RecordedTransaction.id",
    )


class OrderItem(Resource):
    """One line of an order. `product_variant_id` is the catalogue variant that it was found to be."""

    __tablename__ = "order_items"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        lookup("ix_order_items_order", "order_id", "id"),
        lookup("ix_order_items_variant", "product_variant_id", where="product_variant_id IS NOT NULL"),
    )

    order_id: Mapped[int]
    external_id: Mapped[str | None]
    name: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Money)
    price_current: Mapped[Decimal | None] = mapped_column(Money)
    price_sell: Mapped[Decimal | None] = mapped_column(Money)
    price_original: Mapped[Decimal | None] = mapped_column(Money)
    price_margin: Mapped[Decimal | None] = mapped_column(Money)
    price_tax: Mapped[Decimal | None] = mapped_column(Money)
    discounts: Mapped[Any | None] = mapped_column(JSONB)
    is_void: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    sku: Mapped[str | None]
    variant_external_id: Mapped[str | None]
    product_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    department: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))

    order = single("Order")
    profile = relationship(
        Profile,
        lazy="raise",
        viewonly=True,
        uselist=False,
        secondary=Order.__table__,
        primaryjoin=lambda: and_(
            OrderItem.tenant_id == foreign(Order.tenant_id), OrderItem.order_id == foreign(Order.id)
        ),
        secondaryjoin=lambda: and_(
            foreign(Order.tenant_id) == Profile.tenant_id, foreign(Order.profile_id) == Profile.id
        ),
    )


class OrderRef(Tenanted):
    """The slot that an order holds in a source system: one living order per (system, external id)."""

    __tablename__ = "order_external_refs"
    __table_args__ = (
        belongs_to("orders", "order_id"),
        lookup("ix_order_external_refs_order", "order_id"),
        lookup("ix_order_external_refs_external_id", "external_id_key"),
    )

    system: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id_key: Mapped[str] = mapped_column(Text, primary_key=True)
    order_id: Mapped[int]


OrderRef.__table__.primary_key.info["field"] = "external_id"  # type: ignore[attr-defined]
