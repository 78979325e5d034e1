"""Entitlements that are redeemed so many times, and their templates (incentives-status 8 and 9)."""

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
    Tenanted,
    Value,
    belongs_to,
    folded,
    lookup,
    unique_live,
)
from omneo_api.foundation.relationships import single
from omneo_api.incentives.lots import Dated, Template

LEFT = "(max_redemptions IS NULL OR redeemed < max_redemptions) AND deleted_at IS NULL"


class BenefitDefinition(Resource, HasHandle, Template, SoftDeleted):
    __tablename__ = "benefit_definitions"
    __table_args__ = (
        belongs_to("regions", "region_id", ondelete="SET NULL (region_id)"),
        unique_live("uq_benefit_definitions_handle", "handle_key"),
        CheckConstraint("value >= 0 AND period >= 0 AND max_global_redemptions >= 0", name="not_negative"),
        CheckConstraint("max_redemptions >= 1", name="redeemable_once_at_least"),
        lookup("ix_benefit_definitions_campaign", "campaign", where="campaign IS NOT NULL AND deleted_at IS NULL"),
    )

    external_id: Mapped[str | None]
    type: Mapped[str | None]
    value: Mapped[Decimal | None] = mapped_column(Value)
    end_at: Mapped[datetime | None]
    max_redemptions: Mapped[int | None] = mapped_column(Integer, server_default=text("1"))
    max_global_redemptions: Mapped[int | None] = mapped_column(Integer)
    is_archived: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    allow_user_redeem: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_claimable: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_reclaimable: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    claim_period_start_at: Mapped[datetime | None]
    claim_period_end_at: Mapped[datetime | None]
    claim_condition: Mapped[Any | None] = mapped_column(JSONB)
    claim_timeframe: Mapped[Any | None] = mapped_column(JSONB)
    view_condition: Mapped[Any | None] = mapped_column(JSONB)
    visibility_condition: Mapped[Any | None] = mapped_column(JSONB)
    campaign: Mapped[str | None]
    force_allocation: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    redeem_code_pos: Mapped[str | None]
    redeem_code_online: Mapped[str | None]
    redeem_instructions_store: Mapped[str | None]
    redeem_instructions_online: Mapped[str | None]
    notify_extend_offset_days: Mapped[int | None] = mapped_column(Integer)
    notify_extend_offset_hour: Mapped[int | None] = mapped_column(SmallInteger)
    remind_target_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))

    region = single("Region")


class BenefitTally(Tenanted):
    """How many benefits a definition issued and how often they were redeemed.

    Spread over slots, so that profiles do not queue for one row; where a definition has a limit over all profiles, its
    row is locked while the sum is read and added to.
    """

    __tablename__ = "benefit_tallies"
    __table_args__ = (belongs_to("benefit_definitions", "benefit_definition_id"),)

    benefit_definition_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    created: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    redeemed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))


class Benefit(Resource, Dated, SoftDeleted):
    """`max_redemptions` is the definition's at issue: later edits act on later issues only.

    `phase` says how far the ledger has followed the clock: pending, open, ended.
    """

    __tablename__ = "benefits"
    counted = "{row}.deleted_at IS NULL"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("benefit_definitions", "benefit_definition_id"),
        CheckConstraint("redeemed >= 0 AND redeemed <= max_redemptions", name="within_its_limit"),
        CheckConstraint("phase IN ('pending', 'open', 'ended')", name="phase"),
        lookup("ix_benefits_profile", "profile_id", "id"),
        lookup("ix_benefits_open", "profile_id", "usable_until", where=LEFT),
        lookup("ix_benefits_unended", "profile_id", where="phase <> 'ended' AND deleted_at IS NULL"),
        lookup("ix_benefits_claims", "profile_id", "benefit_definition_id", where="claimed_at IS NOT NULL"),
        lookup("ix_benefits_to_activate", "issued_at", where="phase = 'pending' AND deleted_at IS NULL"),
        lookup("ix_benefits_to_expire", "usable_until", where=f"phase = 'open' AND {LEFT}"),
        lookup("ix_benefits_definition", "benefit_definition_id", "id"),
        lookup("ix_benefits_external_id", "external_id_key", where="external_id_key IS NOT NULL"),
        lookup("ix_benefits_source", "source_type", "source_id", where="source_id IS NOT NULL"),
        lookup("ix_benefits_notify_issue", "notify_issue_at", where="NOT has_notified_issue"),
        lookup("ix_benefits_notify_remind", "notify_remind_at", where="NOT has_notified_remind"),
        lookup("ix_benefits_notify_extend", "notify_extend_at", where="NOT has_notified_extend"),
    )

    profile_id: Mapped[uuid.UUID]
    benefit_definition_id: Mapped[int]
    phase: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    external_id: Mapped[str | None]
    external_id_key: Mapped[str | None] = folded("external_id")
    extended_at: Mapped[datetime | None]
    claimed_at: Mapped[datetime | None]
    timezone: Mapped[str | None]
    value: Mapped[Decimal | None] = mapped_column(Value)
    max_redemptions: Mapped[int | None] = mapped_column(Integer)
    redeemed: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    redeem_code_pos: Mapped[str | None]
    redeem_code_online: Mapped[str | None]
    is_combined: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    combine_meta: Mapped[Any | None] = mapped_column(JSONB)
    source_type: Mapped[str | None]
    source_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    notify_issue_at: Mapped[datetime | None]
    notify_remind_at: Mapped[datetime | None]
    notify_extend_at: Mapped[datetime | None]
    has_notified_issue: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    has_notified_remind: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    has_notified_extend: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    definition = single("BenefitDefinition")
    profile = single("Profile")
