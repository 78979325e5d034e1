"""Spendings, returns and reversals with what they took from which lot (incentives-value 10 and 11)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Index, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import NOW, Moment, Numbered, Tenanted, Value, belongs_to, folded, lookup
from omneo_api.foundation.relationships import several, single


class Redemption(Numbered):
    """One spending, return or reversal, written once. `profile_id` is whose it was when it happened."""

    __tablename__ = "redemptions"
    insert_only = True
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("locations", "location_id"),
        belongs_to("redemptions", "original_id"),
        CheckConstraint("type IN ('redeem', 'return', 'reversal')", name="type"),
        CheckConstraint("total >= 0 AND total_localised >= 0", name="never_negative"),
        CheckConstraint("(type = 'redeem') = (original_id IS NULL)", name="original"),
        Index(
            "uq_redemptions_reversal",
            "tenant_id",
            "original_id",
            unique=True,
            postgresql_where=text("type = 'reversal'"),
            info={"field": "redemption", "message": "The redemption has already been reversed."},
        ),
        lookup("ix_redemptions_original", "original_id", where="original_id IS NOT NULL"),
        lookup("ix_redemptions_transaction_external_id", "transaction_external_id_key"),
        lookup("ix_redemptions_transaction_receipt_ref", "transaction_receipt_ref_key"),
        lookup("ix_redemptions_external_id", "external_id"),
    )

    profile_id: Mapped[uuid.UUID]
    type: Mapped[str] = mapped_column(Text)
    total: Mapped[Decimal] = mapped_column(Value)
    total_localised: Mapped[Decimal] = mapped_column(Value)
    currency: Mapped[str | None]
    exchange_rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    original_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    external_id: Mapped[str | None]
    transaction_external_id: Mapped[str | None]
    transaction_receipt_ref: Mapped[str | None]
    transaction_external_id_key: Mapped[str | None] = folded("transaction_external_id")
    transaction_receipt_ref_key: Mapped[str | None] = folded("transaction_receipt_ref")
    redeem_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    items = several("RedemptionItem")
    state = single("RedemptionState")
    location = single("Location")


class RedemptionState(Tenanted):
    """What may still change about a redemption: its owner after a merge and the sale that it belongs to."""

    __tablename__ = "redemption_states"
    __table_args__ = (
        belongs_to("redemptions", "redemption_id"),
        belongs_to("profiles", "profile_id"),
        lookup("ix_redemption_states_profile", "profile_id", "redemption_id"),
        lookup("ix_redemption_states_transaction", "transaction_id", where="transaction_id IS NOT NULL"),
        lookup("ix_redemption_states_order", "order_id", where="order_id IS NOT NULL"),
    )

    redemption_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    profile_id: Mapped[uuid.UUID]
    transaction_id: Mapped[int | None] = mapped_column(BigInteger)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    profile = single("Profile")


class RedemptionItem(Numbered):
    """What one redemption took from (or gave to) one lot, in the lot's unit and in dollars of the system currency.

    `original_item_id` is set on items of returns and reversals: whose undoing they are.
    """

    __tablename__ = "redemption_items"
    insert_only = True
    __table_args__ = (
        belongs_to("redemptions", "redemption_id"),
        belongs_to("redemption_items", "original_item_id"),
        CheckConstraint("type IN ('reward', 'point', 'benefit', 'credit')", name="type"),
        CheckConstraint("value >= 0 AND dollar_value >= 0 AND count > 0", name="never_negative"),
        lookup("ix_redemption_items_redemption", "redemption_id", "id"),
        lookup("ix_redemption_items_subject", "type", "subject_id"),
        lookup("ix_redemption_items_original", "original_item_id", where="original_item_id IS NOT NULL"),
    )

    redemption_id: Mapped[int]
    type: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[int]
    value: Mapped[Decimal | None] = mapped_column(Value)
    dollar_value: Mapped[Decimal] = mapped_column(Value)
    count: Mapped[Decimal | None] = mapped_column(Numeric(12, 0))
    original_item_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    redemption = single("Redemption")
