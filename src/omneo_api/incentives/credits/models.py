"""Stored value used as payment, and its templates (incentives-value 7 and 8)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    CheckConstraint,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import (
    HasHandle,
    Resource,
    SoftDeleted,
    Tenanted,
    Value,
    belongs_to,
    lookup,
    unique,
    unique_live,
)
from omneo_api.foundation.relationships import single
from omneo_api.incentives.lots import Lot, Presentation
from omneo_api.platform.custom_fields.models import shown_fields


class CreditDefinition(Resource, HasHandle, Presentation, SoftDeleted):
    __tablename__ = "credit_definitions"
    __table_args__ = (
        belongs_to("regions", "region_id", ondelete="SET NULL (region_id)"),
        unique_live("uq_credit_definitions_handle", "handle_key"),
    )

    value: Mapped[Decimal | None] = mapped_column(Value)
    timezone: Mapped[str | None]
    release_period: Mapped[int | None] = mapped_column(Integer)
    release_period_type: Mapped[str | None]
    release_period_absolute_expiry: Mapped[str | None]
    is_releasable: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_archived: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    primary_colour: Mapped[str | None]
    secondary_colour: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)
    require_creator: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    require_assigned: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    require_security_code: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    credit_number_range_type: Mapped[str | None]
    credit_number_range_start: Mapped[str | None]
    credit_number_range_end: Mapped[str | None]
    credit_number_length: Mapped[int | None] = mapped_column(SmallInteger)
    security_code_type: Mapped[str | None]
    use_custom_numbers: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    release_target_id: Mapped[int | None] = mapped_column(BigInteger)
    remind_target_id: Mapped[int | None] = mapped_column(BigInteger)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))

    custom_fields = shown_fields("credit_definition", lambda: CreditDefinition)
    region = single("Region")


class CreditNumberSequence(Tenanted):
    """The last sequential number that a definition gave out; the one lock that credits of different profiles share."""

    __tablename__ = "credit_number_sequences"
    __table_args__ = (belongs_to("credit_definitions", "credit_definition_id"),)

    credit_definition_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    last_number: Mapped[Decimal] = mapped_column(Numeric(40, 0))


class Credit(Resource, Lot, SoftDeleted):
    """`profile_id` is null for a card that nobody owns. `failed_codes` and `codes_blocked_until` slow down guessing."""

    __tablename__ = "credits"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("profiles", "creator_profile_id"),
        belongs_to("credit_definitions", "credit_definition_id"),
        belongs_to("locations", "location_id"),
        unique("credit_number"),
        unique_live(
            "uq_credits_external_id",
            "external_id",
            "external_namespace",
            where="external_namespace IS NOT NULL AND deleted_at IS NULL",
            field="external_id",
        ),
        CheckConstraint("value_remaining >= 0 AND value_initial > 0", name="never_negative"),
        lookup("ix_credits_profile", "profile_id", "id"),
        lookup("ix_credits_open", "profile_id", "usable_until", where="value_remaining > 0 AND deleted_at IS NULL"),
        lookup("ix_credits_definition", "credit_definition_id"),
        lookup("ix_credits_recipient", "recipient_email", where="recipient_email IS NOT NULL"),
        *(
            lookup(
                f"ix_credits_notify_{kind}",
                f"notify_{kind}_at",
                where=f"notify_{kind}_at IS NOT NULL AND NOT coalesce(has_notified_{kind}, false)",
            )
            for kind in ("issue", "expiry", "release", "remind", "extend")
        ),
    )

    profile_id: Mapped[uuid.UUID | None]
    creator_profile_id: Mapped[uuid.UUID | None]
    staff_id: Mapped[uuid.UUID | None]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    credit_definition_id: Mapped[int]
    name: Mapped[str | None]
    timezone: Mapped[str | None]
    recipient_first_name: Mapped[str | None]
    recipient_email: Mapped[str | None]
    message: Mapped[str | None]
    released_at: Mapped[datetime | None]
    extended_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    external_namespace: Mapped[str | None]
    credit_number: Mapped[str | None]
    security_code: Mapped[str | None]
    failed_codes: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    codes_blocked_until: Mapped[datetime | None]
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    source_type: Mapped[str | None]
    locked: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    lock_expires_at: Mapped[datetime | None]
    has_notified_issue: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    has_notified_expiry: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    has_notified_release: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    has_notified_remind: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    has_notified_extend: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    notify_issue_at: Mapped[datetime | None]
    notify_expiry_at: Mapped[datetime | None]
    notify_release_at: Mapped[datetime | None]
    notify_remind_at: Mapped[datetime | None]
    notify_extend_at: Mapped[datetime | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)
    is_imported: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_system_generated: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    custom_fields = shown_fields("credit", lambda: Credit)
    definition = single("CreditDefinition")
    profile = single("Profile", on="Credit.profile_id == Profile.id")
