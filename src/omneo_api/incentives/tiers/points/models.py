"""Tier points: dated amounts that drive tiers and nothing else (incentives-status 2)."""

import uuid
from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, Date
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Moment, Resource, SoftDeleted, belongs_to, lookup, unique_live
from omneo_api.foundation.relationships import single


class TierPoint(Resource, SoftDeleted):
    """`issued_on` is the day that places the point in every window, `counts_from` the moment from which it counts.

    `transaction_id` is the sale behind the source, also where the source is one of its lines; `external_key` names what
    produced the point, so that it is produced once.
    """

    __tablename__ = "tier_points"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("point_definitions", "point_definition_id"),
        unique_live(
            "uq_tier_points_external_key", "external_key", where="external_key IS NOT NULL AND deleted_at IS NULL"
        ),
        CheckConstraint("value <> 0", name="not_nothing"),
        lookup("ix_tier_points_profile", "profile_id", "id"),
        lookup("ix_tier_points_dated", "profile_id", "issued_on", where="deleted_at IS NULL"),
        lookup("ix_tier_points_pending", "profile_id", "counts_from", where="deleted_at IS NULL"),
        lookup("ix_tier_points_transaction", "transaction_id", where="transaction_id IS NOT NULL"),
        lookup("ix_tier_points_source", "source_type", "source_id", where="source_id IS NOT NULL"),
        lookup("ix_tier_points_definition", "point_definition_id"),
    )

    profile_id: Mapped[uuid.UUID]
    point_definition_id: Mapped[int]
    value: Mapped[int]
    issued_at: Mapped[datetime]
    accrued_at: Mapped[datetime | None]
    issued_on: Mapped[date] = mapped_column(Date, Computed("(timezone('UTC', issued_at))::date", persisted=True))
    counts_from: Mapped[datetime] = mapped_column(Moment, Computed("greatest(issued_at, accrued_at)", persisted=True))
    source_type: Mapped[str | None]
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    transaction_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    external_key: Mapped[str | None]

    profile = single("Profile")
