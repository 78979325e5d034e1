"""What goes in and out of benefits and their definitions (incentives-status 8 and 9)."""

import json
import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator
from sqlalchemy import Text, cast

from omneo_api.automation import json_logic
from omneo_api.commerce.allocations.service import total_codes, unused_codes
from omneo_api.foundation import fields
from omneo_api.foundation.fields import Keep
from omneo_api.foundation.render import Read, Sql
from omneo_api.foundation.validation import to_datetime, to_meta, wrong
from omneo_api.incentives.balances.expressions import is_expired
from omneo_api.incentives.benefits import expressions
from omneo_api.incentives.inputs import Absolute, Count, Handle, HourOfDay, NoticeDays, RegionShort, TemplateBody
from omneo_api.incentives.periods import PeriodType

BenefitType = Literal["discount", "value", "competition", "event", "gift", "voucher", "bonus", "other", "spend"]
Uses = Annotated[fields.Int, Field(ge=1, le=2**31 - 1)]
Worth = Annotated[fields.Money, Field(ge=0)]
MOST_IDS = 1000
DATE_ONLY = 10


def _condition(value: Any) -> dict[str, Any] | list[Any] | None:
    if isinstance(value, str):
        try:
            value = json.loads(value) if value.strip() else None
        except (ValueError, RecursionError):
            raise wrong("must be an array.") from None
    if value is None:
        return None
    if not isinstance(value, dict) and value != []:
        raise wrong("must be an array.")
    fault = json_logic.check_size(value)
    if fault is not None or "\\u0000" in json.dumps(value, default=str):
        raise wrong("format is invalid.") if fault is None else wrong("is nested too deeply or too large.")
    return to_meta(value)


Condition = Annotated[
    dict[str, Any] | None,
    Keep.VERBATIM,
    PlainValidator(_condition),
    WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "null"}]}),
]
"""A rule as an object, or as its JSON text; null, `{}`, `[]` and an empty text are no condition."""


def _in_utc(text: str) -> str:
    """A date as it is, a date-time in its wire form: benefits count their days in UTC."""
    return text if len(text) == DATE_ONLY else f"{to_datetime(text):%Y-%m-%d %H:%M:%S}"


class BenefitDefinitionRead(Read):
    id: Annotated[str, Sql(lambda definition: cast(definition.id, Text))]
    name: str
    handle: str
    external_id: str | None
    region_id: int | None
    region: RegionShort | None
    currency: str | None
    type: BenefitType | None
    value: Decimal | None
    campaign: str | None
    same_campaign_count: Annotated[int, Sql(expressions.same_campaign)]
    period: int
    period_type: PeriodType
    absolute_expiry: str | None
    end_at: datetime | None
    description: str | None
    internal_notes: str | None
    meta: Any
    short_description: str | None
    long_description: str | None
    terms_conditions: str | None
    earn_instructions: str | None
    redeem_instructions_store: str | None
    redeem_instructions_online: str | None
    redeem_code_pos: str | None
    redeem_code_online: str | None
    icon: str | None
    image_url: str | None
    max_redemptions: int | None
    is_extendable: bool
    is_assignable: bool
    is_reassignable: bool
    is_published: bool
    is_archived: bool
    allow_user_redeem: bool
    tags: list[str]
    is_claimable: bool
    is_reclaimable: bool
    claim_period_start_at: datetime | None
    claim_period_end_at: datetime | None
    claim_condition: Any
    claim_timeframe: Any
    view_condition: Any
    visibility_condition: Any
    max_global_redemptions: int | None
    total_global_redemptions: Annotated[int, Sql(lambda definition: expressions.tallied("redeemed", definition))]
    total_global_redemptions_remaining: Annotated[int | None, Sql(expressions.global_remaining)]
    total_global_created: Annotated[int, Sql(lambda definition: expressions.tallied("created", definition))]
    notify_schedule_offset: int | None
    notify_issue_offset_days: int | None
    notify_issue_offset_hour: int | None
    notify_remind_offset_days: int | None
    notify_remind_offset_hour: int | None
    notify_extend_offset_days: int | None
    notify_extend_offset_hour: int | None
    issue_target_id: int | None
    remind_target_id: int | None
    extend_target_id: int | None
    total_allocations: Annotated[int | None, Sql(lambda definition: total_codes("benefit_definition", definition))]
    total_allocations_remaining: Annotated[
        int | None, Sql(lambda definition: unused_codes("benefit_definition", definition))
    ]
    force_allocation: bool
    created_at: datetime
    updated_at: datetime


class BenefitDefinitionBody(TemplateBody):
    """`max_redemptions` null is no limit, absent is 1. `notes` is the old name of `internal_notes`."""

    name: fields.Text
    handle: Handle
    external_id: fields.Text | None = None
    type: BenefitType | None = None
    value: Worth | None = None
    period: Count
    period_type: PeriodType = "days"
    absolute_expiry: Annotated[Absolute, AfterValidator(_in_utc)] | None = None
    end_at: fields.DateTime | None = None
    max_redemptions: Uses | None = 1
    max_global_redemptions: Count | None = None
    is_archived: fields.Bool = False
    allow_user_redeem: fields.Bool = True
    is_claimable: fields.Bool = False
    is_reclaimable: fields.Bool = False
    claim_period_start_at: fields.DateTime | None = None
    claim_period_end_at: fields.DateTime | None = None
    claim_condition: Condition = None
    claim_timeframe: fields.Meta | None = None
    view_condition: Condition = None
    visibility_condition: Condition = None
    campaign: fields.Text | None = None
    force_allocation: fields.Bool = False
    redeem_code_pos: fields.Text | None = None
    redeem_code_online: fields.Text | None = None
    redeem_instructions_store: fields.LongText | None = None
    redeem_instructions_online: fields.LongText | None = None
    notify_extend_offset_days: NoticeDays | None = None
    notify_extend_offset_hour: HourOfDay | None = None
    remind_target_id: fields.Int | None = None
    meta: fields.Meta | None = None

    @model_validator(mode="before")
    @classmethod
    def _old_name(cls, data: Any) -> Any:
        if isinstance(data, dict) and "notes" in data and "internal_notes" not in data:
            return {**data, "internal_notes": data["notes"]}
        return data


class BenefitRead(Read):
    id: int
    profile_id: uuid.UUID
    external_id: str | None
    expires_at: datetime | None
    issued_at: datetime
    is_expired: Annotated[bool, Sql(is_expired)]
    is_redeemable: Annotated[bool, Sql(expressions.is_redeemable)]
    redemptions_remaining: Annotated[int | None, Sql(expressions.own_remaining)]
    total_global_redemptions_remaining: Annotated[int | None, Sql(expressions.total_remaining)]
    definition: BenefitDefinitionRead
    timezone: str | None
    claimed_at: datetime | None
    meta: Any
    redeem_code_pos: str | None
    redeem_code_online: str | None
    value: Decimal | None
    combine_meta: Any
    is_combined: bool
    extended_at: datetime | None
    source_id: int | None
    source_type: str | None
    created_at: datetime
    updated_at: datetime


class BenefitBody(fields.Body):
    """`profile_id`, `timezone` and one way to name the definition are required; a naive moment is UTC."""

    profile_id: fields.Uuid | None = None
    benefit_definition_id: fields.Int | None = None
    benefit_definition_handle: fields.Text | None = None
    issued_at: fields.DateTime | None = None
    expires_at: fields.DateTime | None = None
    timezone: fields.Timezone | None = None
    value: Worth | None = None
    external_id: fields.Text | None = None
    meta: fields.Meta | None = None


class BatchBenefit(BenefitBody):
    """`profile_id_handle` makes `profile_id` an identifier of that handle: `email`, or the handle of an identity."""

    profile_id: fields.Text | None = None  # type: ignore[assignment]
    profile_id_handle: fields.Text | None = None


class BenefitUpdate(fields.Body):
    """What may be changed by hand; an expiry may lie in the past, and null is none."""

    expires_at: fields.DateTime | None = None
    external_id: fields.Text | None = None
    meta: fields.Meta | None = None
    redeem_code_online: fields.Text | None = None
    redeem_code_pos: fields.Text | None = None
    value: Worth | None = None


class ExtendBody(fields.Body):
    """Exactly one of `extend_days` and `extend_date`; the date may lie in the past."""

    profile_id: fields.Uuid
    ids: Annotated[list[fields.Int], Field(min_length=1, max_length=MOST_IDS)]
    extend_days: Annotated[fields.Int, Field(ge=1, le=100_000)] | None = None
    extend_date: fields.DateTime | None = None


class RedeemBenefitBody(fields.Body):
    count: Uses = 1


class ClaimOneBody(fields.Body):
    """What a claim may say when its path names the definition."""

    timezone: fields.Timezone | None = None
    external_id: fields.Text | None = None
    meta: fields.Meta | None = None


class ClaimBody(ClaimOneBody):
    """`definition` is a handle or an id."""

    definition: fields.Text
    timezone: fields.Timezone
