"""Dollar lots with an expiry, and their templates (incentives-value 2 and 3)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, CheckConstraint, Integer, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import (
    HasHandle,
    Resource,
    SoftDeleted,
    Value,
    belongs_to,
    folded,
    lookup,
    unique_live,
)
from omneo_api.foundation.relationships import single
from omneo_api.incentives.lots import Lot, Presentation


class RewardDefinition(Resource, HasHandle, Presentation, SoftDeleted):
    __tablename__ = "reward_definitions"
    __table_args__ = (
        belongs_to("regions", "region_id", ondelete="SET NULL (region_id)"),
        unique_live("uq_reward_definitions_handle", "handle_key"),
        CheckConstraint("value >= 0 AND period >= 0 AND max_value >= 0", name="not_negative"),
    )

    value: Mapped[Decimal] = mapped_column(Value)
    notify_issue_offset: Mapped[int | None] = mapped_column(Integer)
    notify_expiry_offset: Mapped[int | None] = mapped_column(Integer)
    notify_extend_offset_days: Mapped[int | None] = mapped_column(Integer)
    notify_extend_offset_hour: Mapped[int | None] = mapped_column(SmallInteger)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))

    region = single("Region")


class Reward(Resource, Lot, SoftDeleted):
    """`value_remaining` may stand above `value_initial` after an administrative adjustment."""

    __tablename__ = "rewards"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("reward_definitions", "reward_definition_id"),
        unique_live(
            "uq_rewards_external_id",
            "external_id_key",
            where="external_id_key IS NOT NULL AND deleted_at IS NULL",
            field="external_id",
        ),
        CheckConstraint("value_remaining >= 0 AND value_initial >= 0", name="never_negative"),
        CheckConstraint("expires_at IS NOT NULL", name="expires"),
        lookup("ix_rewards_profile", "profile_id", "id"),
        lookup("ix_rewards_open", "profile_id", "usable_until", where="value_remaining > 0 AND deleted_at IS NULL"),
        lookup("ix_rewards_definition", "reward_definition_id"),
        lookup("ix_rewards_source", "source_type", "source_id", where="source_id IS NOT NULL"),
        *(
            lookup(
                f"ix_rewards_notify_{kind}",
                f"notify_{kind}_at",
                where=f"notify_{kind}_at IS NOT NULL AND NOT coalesce(has_notified_{kind}, false)",
            )
            for kind in ("issue", "expiry", "extend")
        ),
    )

    profile_id: Mapped[uuid.UUID]
    reward_definition_id: Mapped[int]
    timezone: Mapped[str | None]
    has_notified_issue: Mapped[bool | None] = mapped_column(Boolean)
    has_notified_expiry: Mapped[bool | None] = mapped_column(Boolean)
    has_notified_extend: Mapped[bool | None] = mapped_column(Boolean)
    notify_issue_at: Mapped[datetime | None]
    notify_expiry_at: Mapped[datetime | None]
    notify_extend_at: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    source_type: Mapped[str | None]
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    external_id: Mapped[str | None]
    external_id_key: Mapped[str | None] = folded("external_id")

    definition = single("RewardDefinition")
    profile = single("Profile")
