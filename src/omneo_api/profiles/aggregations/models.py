"""The facts computed from a profile's transactions, one row per profile (profiles 10)."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Date, Integer, Numeric, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Money, Tenanted, Timed, belongs_to, lookup

Share = Numeric(5, 2)


class Aggregation(Tenanted, Timed):
    """What the last calculation found, and until when the part of it that depends on today stays right.

    `updated_at` is the moment from which the row holds, `refresh_at` the first moment at which the passing of time
    alone changes `spend_12m_now`, `dimension_recency` or `dimension_join` (null: never). `overrides` are values put by
    a migration for what is not stored here; the next calculation drops them.
    """

    __tablename__ = "profile_aggregations"
    __table_args__ = (
        belongs_to("profiles", "profile_id", ondelete="CASCADE"),
        lookup("ix_profile_aggregations_refresh", "refresh_at", where="refresh_at IS NOT NULL"),
    )

    profile_id: Mapped[uuid.UUID] = mapped_column(primary_key=True)
    shop_days: Mapped[Decimal | None] = mapped_column(Numeric(9, 1))
    spend_12m: Mapped[Decimal | None] = mapped_column(Money)
    spend_12m_now: Mapped[Decimal | None] = mapped_column(Money)
    spend_all: Mapped[Decimal | None] = mapped_column(Money)
    spend_atv_12m: Mapped[Decimal | None] = mapped_column(Money)
    spend_atv_all: Mapped[Decimal | None] = mapped_column(Money)
    discount_avg: Mapped[Decimal | None] = mapped_column(Share)
    spend_first_date: Mapped[datetime | None]
    spend_last_date: Mapped[datetime | None]
    first_shop_date: Mapped[date | None] = mapped_column(Date)
    latest_shop_date: Mapped[date | None] = mapped_column(Date)
    second_shop_date: Mapped[date | None] = mapped_column(Date)
    second_shop_days: Mapped[int | None] = mapped_column(Integer)
    previous_shop_date: Mapped[date | None] = mapped_column(Date)
    latest_shop_days: Mapped[int | None] = mapped_column(Integer)
    average_shop_days: Mapped[int | None] = mapped_column(Integer)
    total_shop_days: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    at_risk_date: Mapped[date | None] = mapped_column(Date)
    shop_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    dimension_frequency: Mapped[str | None]
    dimension_recency: Mapped[str | None]
    dimension_join: Mapped[str | None]
    channel: Mapped[str | None]
    latest_shop_spend: Mapped[Decimal | None] = mapped_column(Money)
    latest_shop_currency_id: Mapped[int | None] = mapped_column(BigInteger)
    purchased_brands: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    most_transacted_location_id: Mapped[int | None] = mapped_column(BigInteger)
    latest_transacted_location_id: Mapped[int | None] = mapped_column(BigInteger)
    most_spend_location_id: Mapped[int | None] = mapped_column(BigInteger)
    most_spend_12m_location_id: Mapped[int | None] = mapped_column(BigInteger)
    transacted_locations: Mapped[list[str] | None] = mapped_column(ARRAY(Text))
    likely_country: Mapped[str | None]
    likely_country_score: Mapped[Decimal | None] = mapped_column(Share)
    likely_country_iso: Mapped[str | None]
    likely_country_iso_score: Mapped[Decimal | None] = mapped_column(Share)
    likely_state_iso: Mapped[str | None]
    likely_state_iso_score: Mapped[Decimal | None] = mapped_column(Share)
    likely_region: Mapped[str | None]
    likely_region_score: Mapped[Decimal | None] = mapped_column(Share)
    refresh_at: Mapped[datetime | None]
    overrides: Mapped[dict[str, Any] | None] = mapped_column(JSONB)


_KEYS = frozenset({"tenant_id", "profile_id", "created_at", "updated_at"})
_BOOKKEEPING = frozenset({"refresh_at", "overrides"})
STORED = tuple(column.key for column in Aggregation.__table__.c if column.key not in _KEYS)
"""Everything that a calculation writes."""
SHOWN = tuple(name for name in STORED if name not in _BOOKKEEPING)
"""Of these, what the API shows: a difference here is an `aggregation.updated`."""
