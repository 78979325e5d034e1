"""What goes in and out of credits and their definitions (incentives-value 7 and 8)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from omneo_api.foundation import fields
from omneo_api.foundation.render import Grouped, Read, Sql
from omneo_api.incentives.balances.exchange import row_of
from omneo_api.incentives.inputs import Absolute, Colour, Count, DefinitionBody, Handle, RegionShort, Value
from omneo_api.incentives.periods import PeriodType
from omneo_api.platform.custom_fields.service import CustomFieldItem
from omneo_api.platform.custom_fields.shapes import ShownCustomField

CreditType = Literal["gift_card", "store_credit", "refund", "allowance", "voucher", "other"]
RangeType = Literal["sequential", "random", "other"]
CodeType = Literal["pin4", "pin6", "alnum6", "other"]
Digits = Annotated[fields.Text, Field(pattern=r"^[0-9]+$", max_length=36)]
Positive = Annotated[fields.Dollars, Field(gt=0)]


def _currency_row(definition: Any) -> Any:
    """The id of the row that tells the rate between the system's currency and the definition's."""
    return row_of(definition.currency)


class CreditDefinitionRead(Read):
    id: int
    name: str
    handle: str
    region_id: int | None
    region: RegionShort | None
    currency: str | None
    currency_id: Annotated[int | None, Sql(_currency_row)]
    type: CreditType
    value: Decimal | None
    max_value: Decimal | None
    timezone: str | None
    period: int | None
    period_type: PeriodType
    absolute_expiry: str | None
    release_period: int | None
    release_period_type: PeriodType | None
    release_period_absolute_expiry: str | None
    is_releasable: bool
    is_archived: bool
    description: str | None
    short_description: str | None
    long_description: str | None
    terms_conditions: str | None
    earn_instructions: str | None
    internal_notes: str | None
    icon: str | None
    image_url: str | None
    primary_colour: str | None
    secondary_colour: str | None
    is_extendable: bool
    is_assignable: bool
    is_reassignable: bool
    is_published: bool
    extend_days: int | None
    require_creator: bool
    require_assigned: bool
    require_security_code: bool
    credit_number_range_type: RangeType | None
    credit_number_range_start: str | None
    credit_number_range_end: str | None
    credit_number_length: int | None
    security_code_type: CodeType | None
    use_custom_numbers: bool
    issue_target_id: int | None
    expiry_target_id: int | None
    release_target_id: int | None
    remind_target_id: int | None
    extend_target_id: int | None
    notify_schedule_offset: int | None
    notify_issue_offset_days: int | None
    notify_issue_offset_hour: int | None
    notify_remind_offset_days: int | None
    notify_remind_offset_hour: int | None
    meta: Any
    tags: list[str]
    custom_fields: list[ShownCustomField]
    created_at: datetime
    updated_at: datetime


class CreditDefinitionBody(DefinitionBody):
    """The type `promotional` of old guides is `allowance`."""

    name: fields.Text
    handle: Handle
    type: CreditType
    value: Value | None = None
    timezone: fields.Timezone | None = None
    period: Count | None = None
    period_type: PeriodType = "days"
    release_period: Count | None = None
    release_period_type: PeriodType | None = None
    release_period_absolute_expiry: Absolute | None = None
    is_releasable: fields.Bool = False
    is_archived: fields.Bool = False
    primary_colour: Colour | None = None
    secondary_colour: Colour | None = None
    require_creator: fields.Bool = False
    require_assigned: fields.Bool = False
    require_security_code: fields.Bool = False
    credit_number_range_type: RangeType | None = None
    credit_number_range_start: Digits | None = None
    credit_number_range_end: Digits | None = None
    credit_number_length: Annotated[fields.Int, Field(ge=1, le=36)] | None = None
    security_code_type: CodeType | None = None
    use_custom_numbers: fields.Bool = False
    release_target_id: fields.Int | None = None
    remind_target_id: fields.Int | None = None
    meta: fields.Meta | None = None
    custom_fields: list[CustomFieldItem] | None = None

    @model_validator(mode="before")
    @classmethod
    def _promotional(cls, data: Any) -> Any:
        if isinstance(data, dict) and data.get("type") == "promotional":
            return {**data, "type": "allowance"}
        return data


class CreditRead(Read):
    id: int
    profile_id: uuid.UUID | None
    creator_profile_id: uuid.UUID | None
    staff_id: uuid.UUID | None
    location_id: int | None
    name: str | None
    credit_definition_id: int
    timezone: str | None
    recipient_first_name: str | None
    recipient_email: str | None
    message: str | None
    issued_at: datetime
    expires_at: datetime | None
    released_at: datetime | None
    extended_at: datetime | None
    value_initial: Decimal
    value_remaining: Decimal
    external_id: str | None
    external_namespace: str | None
    credit_number: str | None
    security_code: str | None
    source_id: int | None
    source_type: str | None
    locked: bool
    lock_expires_at: datetime | None
    has_notified_issue: bool
    has_notified_expiry: bool
    has_notified_release: bool
    has_notified_remind: bool
    has_notified_extend: bool
    meta: Any
    is_imported: bool
    is_system_generated: bool
    custom_fields: Annotated[dict[str, Any], Grouped()]
    created_at: datetime
    updated_at: datetime
    definition: CreditDefinitionRead


class CreditUpdate(fields.Body):
    """`is_void` empties and locks a credit. Setting `locked` on a locked credit is refused."""

    profile_id: fields.Uuid | None = None
    creator_profile_id: fields.Uuid | None = None
    location_id: fields.Int | None = None
    location_external_id: fields.Text | None = None
    location_external_code: fields.Text | None = None
    recipient_first_name: fields.Text | None = None
    recipient_email: fields.Email | None = None
    message: fields.LongText | None = None
    issued_at: fields.DateTime = Field(default=None, validate_default=False)  # type: ignore[assignment]
    expires_at: fields.DateTime | None = None
    released_at: fields.DateTime | None = None
    extended_at: fields.DateTime | None = None
    value_initial: Positive = Field(default=None, validate_default=False)  # type: ignore[assignment]
    value_remaining: Value = Field(default=None, validate_default=False)  # type: ignore[assignment]
    external_id: fields.Text | None = None
    external_namespace: fields.Text | None = None
    credit_number: fields.Text | None = None
    security_code: fields.Text | None = None
    locked: fields.Bool = False
    lock_expires_at: fields.DateTime | None = None
    meta: fields.Meta | None = None
    is_imported: fields.Bool = False
    is_void: fields.Bool = False
    custom_fields: list[CustomFieldItem] | None = None

    @model_validator(mode="before")
    @classmethod
    def _not_as_told(cls, data: Any) -> Any:
        """Fields grouped as they are told are left as they are, so that a credit that was read can be sent back."""
        if isinstance(data, dict) and isinstance(data.get("custom_fields"), dict):
            return {name: value for name, value in data.items() if name != "custom_fields"}
        return data


class CreditBody(CreditUpdate):
    """A definition (by id or handle) is required, and a value unless the definition has one.

    Below a profile the short form `{amount, type, expires_at, note}` is accepted as well.
    """

    credit_definition_id: fields.Int | None = None
    credit_definition_handle: fields.Text | None = None
    staff_id: fields.Uuid | None = None
    name: fields.Text | None = None
    timezone: fields.Timezone | None = None
    source_id: fields.Int | None = None
    source_type: fields.Text | None = None
    issued_at: fields.DateTime | None = None  # type: ignore[assignment]
    value_initial: Positive | None = None  # type: ignore[assignment]
    value_remaining: Value | None = None  # type: ignore[assignment]
    amount: Positive | None = None
    type: fields.Text | None = None
    note: fields.LongText | None = None


class CreditRedeemBody(fields.Body):
    """`amount` is in `currency`, or in the system's."""

    amount: fields.Number
    currency: fields.Text | None = None
    security_code: fields.Text | None = None
    location_id: fields.Int | None = None
    meta: fields.Meta | None = None
    transaction_external_id: fields.Text | None = None
    transaction_receipt_ref: fields.Text | None = None
