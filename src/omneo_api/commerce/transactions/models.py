"""Completed purchases (commerce 1 and 2).

`transactions`, `transaction_items` and `transaction_payments` hold purchase facts: the application's role can insert
there and nothing else. What legitimately happens later stands beside them: voids and order links (insert-only too),
assignments, annotations, external references and item links (small and mutable).
"""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from omneo_api.foundation.models import (
    NOW,
    Moment,
    Money,
    Numbered,
    Tenanted,
    belongs_to,
    folded,
    lookup,
    unique,
)


class Transaction(Numbered):
    """The facts of one sale or return, written once."""

    __tablename__ = "transactions"
    insert_only = True
    __table_args__ = (
        belongs_to("locations", "location_id"),
        lookup("ix_transactions_transacted_at", "transacted_at", "id"),
        lookup("ix_transactions_location", "location_id", "transacted_at"),
        lookup("ix_transactions_external_id", "external_id_key"),
        lookup("ix_transactions_order_number", "order_number"),
        lookup("ix_transactions_external_order", "external_order_id"),
    )

    external_id: Mapped[str | None]
    external_id_key: Mapped[str | None] = folded("external_id")
    total: Mapped[Decimal] = mapped_column(Money)
    total_original: Mapped[Decimal | None] = mapped_column(Money)
    rounding: Mapped[Decimal | None] = mapped_column(Money)
    margin: Mapped[Decimal | None] = mapped_column(Money)
    tender: Mapped[str | None]
    systems: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    transacted_at: Mapped[datetime]
    timezone: Mapped[str]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    staff_id: Mapped[uuid.UUID | None]
    fees: Mapped[Any | None] = mapped_column(JSONB)
    currency: Mapped[str | None]
    currency_id: Mapped[int | None] = mapped_column(BigInteger)
    currency_rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    currency_value: Mapped[Any | None] = mapped_column(JSONB)
    type: Mapped[str | None]
    order_number: Mapped[str | None]
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    external_order_id: Mapped[str | None]
    organisation_id: Mapped[int | None] = mapped_column(BigInteger)
    deliver_at: Mapped[datetime | None]
    payments: Mapped[Any | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    items = relationship("TransactionItem", lazy="raise", viewonly=True, order_by="TransactionItem.id")
    state = relationship("TransactionState", lazy="raise", viewonly=True, uselist=False)
    location = relationship("Location", lazy="raise", viewonly=True, uselist=False)


class TransactionItem(Numbered):
    """One line of a sale, written with it."""

    __tablename__ = "transaction_items"
    insert_only = True
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        lookup("ix_transaction_items_transaction", "transaction_id", "id"),
    )

    transaction_id: Mapped[int]
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
    sent_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    department: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    transaction = relationship("Transaction", lazy="raise", viewonly=True, uselist=False)
    annotation = relationship("TransactionItemAnnotation", lazy="raise", viewonly=True, uselist=False)


class TransactionState(Tenanted):
    """What may still change about a transaction, one row each: its owner, its annotations and whether it is void.

    `void_kind` is void, superseded or deleted; the history of voids is in `transaction_voids`.
    """

    __tablename__ = "transaction_states"
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        belongs_to("profiles", "profile_id"),
        lookup("ix_transaction_states_profile", "profile_id", "transacted_at", "transaction_id"),
        lookup("ix_transaction_states_receipt", "receipt_ref_key"),
    )

    transaction_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    profile_id: Mapped[uuid.UUID | None]
    claimed_at: Mapped[datetime | None]
    claim_id: Mapped[int | None] = mapped_column(BigInteger)
    transacted_at: Mapped[datetime]
    void_kind: Mapped[str | None]
    successor_id: Mapped[int | None] = mapped_column(BigInteger)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    receipt_is_email: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    receipt_ref: Mapped[str | None]
    receipt_ref_key: Mapped[str | None] = folded("receipt_ref")
    linked_receipt_ref: Mapped[str | None]
    receipt_email: Mapped[str | None]
    need_action: Mapped[bool | None] = mapped_column(Boolean)
    status: Mapped[str | None]
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    profile = relationship("Profile", lazy="raise", viewonly=True, uselist=False)


class TransactionVoid(Numbered):
    """That a transaction stopped counting: voided, superseded by another, or deleted."""

    __tablename__ = "transaction_voids"
    insert_only = True
    __table_args__ = (belongs_to("transactions", "transaction_id"), unique("transaction_id", "kind"))

    transaction_id: Mapped[int]
    kind: Mapped[str]
    successor_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class TransactionRef(Tenanted):
    """The slot that a transaction holds in a source system: at most one living transaction per (system, external id)."""

    __tablename__ = "transaction_external_refs"
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        lookup("ix_transaction_external_refs_transaction", "transaction_id"),
    )

    system: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id_key: Mapped[str] = mapped_column(Text, primary_key=True)
    transaction_id: Mapped[int]


class TransactionItemAnnotation(Tenanted):
    """What may still change about a line: its meta, its tags, and the catalogue variant it was found to be."""

    __tablename__ = "transaction_item_annotations"
    __table_args__ = (
        belongs_to("transaction_items", "item_id"),
        lookup("ix_item_annotations_variant", "product_variant_id"),
    )

    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    product_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    achievement_counted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
