"""Point lots and their templates (incentives-value 4 and 5)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, CheckConstraint, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import HasHandle, Resource, SoftDeleted, belongs_to, lookup, unique_live
from omneo_api.foundation.relationships import single
from omneo_api.incentives.lots import Lot


class PointDefinition(Resource, HasHandle, SoftDeleted):
    __tablename__ = "point_definitions"
    __table_args__ = (
        belongs_to("regions", "region_id", ondelete="SET NULL (region_id)"),
        unique_live("uq_point_definitions_handle", "handle_key"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    notes: Mapped[str | None]
    is_reassignable: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    region_id: Mapped[int | None]
    currency: Mapped[str | None]
    issue_period: Mapped[int | None] = mapped_column(Integer)
    issue_period_type: Mapped[str | None]
    issue_absolute_expiry: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))

    region = single("Region")


class Point(Resource, Lot):
    """A negative lot is a deduction; it is settled against positive lots of its definition.

    `rate` is the rate that produced the value, as it was then; `external_key` names what produced the lot, so that it
    is produced once.
    """

    __tablename__ = "points"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("point_definitions", "point_definition_id"),
        unique_live("uq_points_external_key", "external_key", where="external_key IS NOT NULL"),
        CheckConstraint(
            "CASE WHEN value_initial > 0 THEN value_remaining BETWEEN 0 AND value_initial"
            " ELSE value_initial < 0 AND value_remaining BETWEEN value_initial AND 0 END",
            name="one_sign",
        ),
        lookup("ix_points_profile", "profile_id", "id"),
        lookup("ix_points_linked", "linked_profile_id", "id", where="linked_profile_id IS NOT NULL"),
        lookup("ix_points_open", "profile_id", "usable_until", where="value_remaining <> 0"),
        lookup("ix_points_definition", "point_definition_id"),
        lookup("ix_points_source", "source_type", "source_id", where="source_id IS NOT NULL"),
    )

    profile_id: Mapped[uuid.UUID]
    point_definition_id: Mapped[int]
    linked_profile_id: Mapped[uuid.UUID | None]
    accrued_at: Mapped[datetime]
    rate_id: Mapped[int | None] = mapped_column(BigInteger)
    rate: Mapped[Any | None] = mapped_column(JSONB)
    source_type: Mapped[str | None]
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    description: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)
    external_key: Mapped[str | None]

    definition = single("PointDefinition")
    profile = single("Profile")
