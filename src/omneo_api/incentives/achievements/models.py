"""Goals on a count: templates with levels, the counts, and how far each profile is (incentives-status 6 and 7)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Computed,
    Index,
    Integer,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import (
    NOW,
    HasHandle,
    Moment,
    Numbered,
    Resource,
    SoftDeleted,
    belongs_to,
    lookup,
    unique,
    unique_live,
)
from omneo_api.foundation.relationships import several, single


class AchievementDefinition(Resource, HasHandle, SoftDeleted):
    """`revision` counts the changes of what scoring depends on: progress of an older revision is looked at again."""

    __tablename__ = "achievement_definitions"
    __table_args__ = (
        belongs_to("regions", "region_id", ondelete="SET NULL (region_id)"),
        unique_live("uq_achievement_definitions_handle", "handle_key"),
    )

    name: Mapped[str]
    description: Mapped[str | None]
    internal_notes: Mapped[str | None]
    type: Mapped[str | None]
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    is_published: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    display_level: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    display_option: Mapped[str | None] = mapped_column(Text, server_default=text("'visible'"))
    short_description: Mapped[str | None]
    long_description: Mapped[str | None]
    terms_conditions: Mapped[str | None]
    earn_instructions: Mapped[str | None]
    icon: Mapped[str | None]
    image_url: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    period: Mapped[str | None]
    timezone: Mapped[str | None]
    enable_annual_earn_cycle: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    region_id: Mapped[int | None]
    currency: Mapped[str | None]
    revision: Mapped[int] = mapped_column(Integer, server_default=text("0"))

    region = single("Region")
    levels = several(
        "AchievementLevel",
        on="AchievementDefinition.id == AchievementLevel.achievement_definition_id",
        where="AchievementLevel.deleted_at.is_(None)",
        order_by="AchievementLevel.trigger, AchievementLevel.id",
    )


class AchievementLevel(Numbered, SoftDeleted):
    """A threshold. A level that was taken out of its definition stays for those who hold it."""

    __tablename__ = "achievement_levels"
    __table_args__ = (
        belongs_to("achievement_definitions", "achievement_definition_id"),
        unique_live("uq_achievement_levels_trigger", "achievement_definition_id", "trigger", field="levels"),
        CheckConstraint("trigger >= 1 AND repeat_interval >= 1", name="positive"),
        CheckConstraint("NOT repeats OR repeat_interval IS NOT NULL", name="interval"),
    )

    achievement_definition_id: Mapped[int]
    name: Mapped[str | None]
    display_number: Mapped[int]
    description: Mapped[str | None]
    trigger: Mapped[int]
    repeats: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    repeat_interval: Mapped[int | None] = mapped_column(BigInteger)
    allow_multiple_earn: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    meta: Mapped[Any | None] = mapped_column(JSONB)


class AchievementProgress(Resource):
    """How far one profile is with one definition, as of `as_of`.

    `cycle` is the moment at which the cycle in force began (the beginning of time where there are no cycles), `total`
    the sum of its counts, which may be negative. A level that is held is kept as an occurrence: the level's id, and the
    number and trigger of this repetition. `due_at` is the next moment at which time alone changes something.
    """

    __tablename__ = "achievement_progress"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("achievement_definitions", "definition_id"),
        *(belongs_to("achievement_levels", f"{place}_level_id") for place in ("current", "prev", "next")),
        unique("profile_id", "definition_id", field="definition_id"),
        lookup("ix_achievement_progress_due", "due_at", where="due_at IS NOT NULL"),
        lookup("ix_achievement_progress_definition", "definition_id", "id"),
    )

    profile_id: Mapped[uuid.UUID]
    definition_id: Mapped[int]
    revision: Mapped[int] = mapped_column(Integer)
    as_of: Mapped[datetime]
    due_at: Mapped[datetime | None]
    cycle: Mapped[datetime]
    total: Mapped[int]
    current_credit: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    prev_credit: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    used_score: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    current_score: Mapped[int] = mapped_column(
        BigInteger, Computed("greatest(0, current_credit + total)", persisted=True), sort_order=95
    )
    current_level_id: Mapped[int | None]
    current_number: Mapped[int | None]
    current_trigger: Mapped[int | None]
    prev_level_id: Mapped[int | None]
    prev_number: Mapped[int | None]
    prev_trigger: Mapped[int | None]
    next_level_id: Mapped[int | None]
    next_number: Mapped[int | None]
    next_trigger: Mapped[int | None]
    achieved_at: Mapped[datetime | None]
    anniversary_at: Mapped[datetime | None]

    definition = single("AchievementDefinition")
    profile = single("Profile")


class AchievementPoint(Resource):
    """A count. `cycle` is the one that it counts in: null until it begins, or if that cycle was over before it came."""

    __tablename__ = "achievement_points"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("achievement_definitions", "definition_id"),
        CheckConstraint("count <> 0", name="counts"),
        Index(
            "ix_achievement_points_profile",
            "tenant_id",
            "profile_id",
            "definition_id",
            text("issued_at DESC"),
            text("id DESC"),
        ),
        lookup(
            "ix_achievement_points_expiry", "profile_id", "definition_id", "expires_at", where="expires_at IS NOT NULL"
        ),
    )

    profile_id: Mapped[uuid.UUID]
    definition_id: Mapped[int]
    count: Mapped[int]
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    cycle: Mapped[datetime | None]
    source_type: Mapped[str | None]
    source_id: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)

    profile = single("Profile")


class AchievementUnlock(Numbered):
    """An occurrence of a level reached in a cycle: once, and that is what this table's key guarantees.

    `repetition` is 0 for the level itself. `is_told` says whether an event announced it.
    """

    __tablename__ = "achievement_unlocks"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("achievement_definitions", "definition_id"),
        belongs_to("achievement_levels", "level_id"),
        unique("profile_id", "definition_id", "level_id", "repetition", "cycle", name="uq_achievement_unlocks_once"),
    )

    profile_id: Mapped[uuid.UUID]
    definition_id: Mapped[int]
    level_id: Mapped[int]
    repetition: Mapped[int]
    cycle: Mapped[datetime]
    trigger: Mapped[int]
    is_told: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
