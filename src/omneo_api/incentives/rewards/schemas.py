"""What goes in and out of rewards and their definitions (incentives-value 2 and 3)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator
from sqlalchemy import Boolean, DateTime, func

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read, Sql
from omneo_api.incentives.balances.expressions import is_expired, reward_available
from omneo_api.incentives.inputs import (
    Count,
    Days,
    DefinitionBody,
    Handle,
    HourOfDay,
    Hours,
    NoticeDays,
    RegionShort,
    Value,
)
from omneo_api.incentives.periods import PeriodType

RewardType = Literal[
    "activation",
    "anniversary",
    "birthday",
    "bonus",
    "campaign",
    "customer-service",
    "reactivation",
    "spend",
    "staff",
    "system-adjustment",
    "tier",
    "achievement",
    "status",
    "points",
    "referral",
    "other",
]


class RewardDefinitionRead(Read):
    id: int
    name: str
    handle: str
    region_id: int | None
    region: RegionShort | None
    currency: str | None
    period: int | None
    period_type: PeriodType
    absolute_expiry: str | None
    description: str | None
    short_description: str | None
    long_description: str | None
    terms_conditions: str | None
    earn_instructions: str | None
    icon: str | None
    image_url: str | None
    issue_target_id: int | None
    expiry_target_id: int | None
    extend_target_id: int | None
    notify_issue_offset: int | None
    notify_expiry_offset: int | None
    notify_schedule_offset: int | None
    notify_issue_offset_days: int | None
    notify_issue_offset_hour: int | None
    notify_remind_offset_days: int | None
    notify_remind_offset_hour: int | None
    notify_extend_offset_days: int | None
    notify_extend_offset_hour: int | None
    internal_notes: str | None
    type: RewardType
    value: Decimal | None
    max_value: Decimal | None
    is_extendable: bool
    is_assignable: bool
    is_reassignable: bool
    is_published: bool
    extend_days: int | None
    tags: list[str]
    created_at: datetime
    updated_at: datetime


class RewardDefinitionBody(DefinitionBody):
    """`notes` is the old name of `internal_notes`."""

    name: fields.Text
    handle: Handle
    period: Count
    period_type: PeriodType = "days"
    value: Value
    type: RewardType
    notify_issue_offset: Hours | None = None
    notify_expiry_offset: Hours | None = None
    notify_extend_offset_days: NoticeDays | None = None
    notify_extend_offset_hour: HourOfDay | None = None

    @model_validator(mode="before")
    @classmethod
    def _old_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "notes" in data and "internal_notes" not in data:
            return {**data, "internal_notes": data["notes"]}
        return data


def local_time(column: str) -> Sql:
    """A moment of the lot as its own wall shows it."""
    return Sql(lambda lot: func.timezone(lot.timezone, getattr(lot, column), type_=DateTime))


class RewardRead(Read):
    id: int
    profile_id: uuid.UUID
    timezone: str | None
    value_initial: Decimal
    value_remaining: Decimal
    has_notified_issue: bool | None
    has_notified_expiry: bool | None
    has_notified_extend: bool | None
    issued_at: datetime
    expires_at: datetime
    is_expired: Annotated[bool, Sql(is_expired)]
    is_active: Annotated[bool, Sql(lambda reward: func.coalesce(reward_available(reward), False, type_=Boolean))]
    issued_local_at: Annotated[datetime, local_time("issued_at")]
    expires_local_at: Annotated[datetime | None, local_time("expires_at")]
    notify_issue_at: datetime | None
    notify_expiry_at: datetime | None
    extended_at: datetime | None
    definition: RewardDefinitionRead
    source_type: str | None
    source_id: int | None
    meta: Any
    external_id: str | None
    created_at: datetime
    updated_at: datetime


class RewardBody(fields.Body):
    """`profile_id` and `timezone` are required; a naive moment is wall time in `timezone`."""

    profile_id: fields.Uuid | None = None
    timezone: fields.Timezone | None = None
    reward_definition_id: fields.Int | None = None
    reward_definition_handle: fields.Text | None = None
    value_initial: Value | None = None
    value_remaining: Value | None = None
    issued_at: fields.NaiveOrAwareDateTime | None = None
    expires_at: fields.NaiveOrAwareDateTime | None = None
    external_id: fields.Text | None = None
    meta: fields.Meta | None = None


class OwnRewardBody(RewardBody):
    """Below a profile, whose reward it becomes whatever the body says."""

    @model_validator(mode="before")
    @classmethod
    def _of_the_path(cls, data: Any) -> Any:
        return {name: value for name, value in data.items() if name != "profile_id"} if isinstance(data, dict) else data


class RewardUpdate(fields.Body):
    """An administrative adjustment; a naive `expires_at` is UTC. `value_remaining` may exceed `value_initial`."""

    value_initial: Value = Field(default=None, validate_default=False)  # type: ignore[assignment]
    value_remaining: Value = Field(default=None, validate_default=False)  # type: ignore[assignment]
    expires_at: fields.DateTime = Field(default=None, validate_default=False)  # type: ignore[assignment]
    meta: fields.Meta | None = None


class ExtendBody(fields.Body):
    """Exactly one of `extend_days` and `extend_date`; neither means the definition's own days."""

    profile_id: fields.Uuid
    ids: list[fields.Int]
    extend_days: Days | None = None
    extend_date: fields.DateTime | None = None
