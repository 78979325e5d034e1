"""Earn-rate multipliers (commerce 11.2)."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Boolean, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, Value, belongs_to, folded, lookup
from omneo_api.foundation.relationships import single


class Rate(Resource):
    """How many points a unit earns where and for whom; `handle` is that of the point definition it applies to.

    An archived rate goes with its region; one that is in force leaves it before (`rates.service`).
    """

    __tablename__ = "rates"
    __table_args__ = (
        belongs_to("locations", "location_id"),
        belongs_to("regions", "region_id", ondelete="CASCADE"),
        lookup("ix_rates_handle", "handle_key", "code_key", where="NOT is_archived"),
    )

    handle: Mapped[str]
    type: Mapped[str]
    code: Mapped[str | None]
    name: Mapped[str | None]
    rate: Mapped[Decimal] = mapped_column(Value)
    location: Mapped[str | None]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    region_id: Mapped[int | None] = mapped_column(BigInteger)
    country_iso_2: Mapped[str | None]
    profile_conditions: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    product_conditions: Mapped[Any | None] = mapped_column(JSONB(none_as_null=True))
    start_time: Mapped[datetime | None]
    end_time: Mapped[datetime | None]
    issue_period: Mapped[int | None] = mapped_column(BigInteger)
    issue_period_type: Mapped[str | None]
    issue_absolute_expiry: Mapped[str | None]
    earn_instructions: Mapped[str | None]
    internal_notes: Mapped[str | None]
    priority: Mapped[int | None] = mapped_column(BigInteger)
    is_default: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_published: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_archived: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    handle_key: Mapped[str] = folded("handle")
    code_key: Mapped[str | None] = folded("code")

    location_object = single("Location")
    region = single("Region")
