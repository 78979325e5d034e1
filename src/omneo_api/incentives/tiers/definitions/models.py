"""Levels of tier programs (incentives-status 1)."""

from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, CheckConstraint, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import HasHandle, Resource, SoftDeleted, belongs_to, lookup, unique_live
from omneo_api.foundation.relationships import single

GLOBAL = 0
"""The program of everybody whose region has none of its own; a region's program has the region's id."""


class TierDefinition(Resource, HasHandle, SoftDeleted):
    """One level. What follows from the whole ladder (floor, neighbours) is written with every change of the ladder.

    `flagged_floor` is what was asked for, `is_floor` what holds. A deleted level keeps its program, not its region.
    """

    __tablename__ = "tier_definitions"
    __table_args__ = (
        belongs_to("regions", "region_id"),
        unique_live("uq_tier_definitions_handle", "handle_key"),
        unique_live("uq_tier_definitions_value_min", "program", "value_min", field="value_min"),
        lookup("ix_tier_definitions_region", "region_id", where="region_id IS NOT NULL"),
        CheckConstraint("value_min >= 0 AND (value_maintain IS NULL OR value_maintain >= 0)", name="thresholds"),
    )

    name: Mapped[str]
    program: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    value_min: Mapped[int]
    value_maintain: Mapped[int | None]
    flagged_floor: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_floor: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    next_id: Mapped[int | None] = mapped_column(BigInteger)
    prev_id: Mapped[int | None] = mapped_column(BigInteger)
    is_assignable: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    disable_credit: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    internal_notes: Mapped[str | None]
    description: Mapped[str | None]
    short_description: Mapped[str | None]
    long_description: Mapped[str | None]
    terms_conditions: Mapped[str | None]
    earn_instructions: Mapped[str | None]
    icon: Mapped[str | None]
    image_url: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    region_id: Mapped[int | None]

    region = single("Region")
