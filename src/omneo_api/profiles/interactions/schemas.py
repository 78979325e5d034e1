"""Shapes of interactions (profiles 16)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationInfo, field_validator, model_validator
from sqlalchemy import BigInteger, case, cast, func, literal_column
from sqlalchemy.dialects.postgresql import JSONB

from omneo_api.commerce.locations.schemas import LocationRead
from omneo_api.foundation import fields
from omneo_api.foundation.fields import Body, FieldError
from omneo_api.foundation.render import Read, Sql
from omneo_api.foundation.validation import wrong
from omneo_api.profiles.identities.schemas import IdentityRead
from omneo_api.profiles.profile.schemas import ProfileContext, ProfileRead

Action = Literal["broadcast", "disclose", "feedback", "product", "reach", "refer", "service", "visit", "view"]
Channel = Literal["app", "email", "location", "push", "sms", "social", "support", "website"]
ObjectType = Literal[
    "profile",
    "product",
    "transaction",
    "reward",
    "benefit",
    "point",
    "user",
    "tenant",
    "list",
    "listItem",
    "target",
    "automation",
    "trigger",
    "aggregation",
    "comms_attribute",
    "appearance_attribute",
    "webhook",
    "identity",
    "tier",
    "address",
    "location",
    "product_variant",
    "benefit_definition",
    "reward_definition",
    "tier_definition",
    "transaction_item",
    "order",
    "redemption",
    "tier_point",
    "interaction",
    "status",
    "organisation",
    "role_definition",
    "credit_definition",
    "credit",
    "product_list_reservation",
    "appointment_definition",
    "appointment",
    "question",
    "questionnaire",
    "questionnaire_answer",
    "questionnaire_submission",
    "rating",
    "custom_attribute",
    "connection",
]


def _object_id(row: Any) -> Any:
    """Digits are shown as a number, everything else as text."""
    return case(
        (
            row.interacted_id.regexp_match(literal_column("'^[0-9]{1,18}$'")),
            func.to_jsonb(cast(row.interacted_id, BigInteger)),
        ),
        else_=func.to_jsonb(row.interacted_id, type_=JSONB),
    )


class InteractionRead(Read):
    id: int
    action: Action
    channel: Channel
    signal: int
    name: str
    namespace: str
    description: str | None
    url: str | None
    duration: Decimal | None
    latitude: Decimal | None
    longitude: Decimal | None
    interacted_at: datetime
    interacted_type: str | None
    interacted_id: Annotated[int | str | None, Sql(_object_id)]
    profile_id: uuid.UUID
    profile: ProfileRead | None
    identity: IdentityRead | None
    location_id: int | None
    location: LocationRead | None
    product_id: int | None
    product_variant_id: int | None
    product_category_id: int | None
    staff_id: uuid.UUID | None
    organisation: Annotated[dict[str, Any] | None, Sql(lambda _: literal_column("NULL::json", JSONB))]
    tags: list[str]
    meta: dict[str, Any] | list[Any] | None
    created_at: datetime
    updated_at: datetime


class InteractionContext(InteractionRead):
    """What subscribers of `interaction.created` see."""

    profile: ProfileContext | None


class Identifier(Body):
    handle: fields.Text
    id: fields.Text


class InteractionBody(Body):
    action: Action
    channel: Channel
    signal: Annotated[fields.Int, Field(ge=-1, le=1)]
    name: fields.Text
    namespace: fields.Text
    description: fields.LongText | None = None
    url: Annotated[fields.LongText, Field(max_length=2048)] | None = None
    duration: fields.Number | None = None
    latitude: fields.Number | None = None
    longitude: fields.Number | None = None
    location_id: fields.Int | None = None
    product_id: fields.Int | None = None
    product_variant_id: fields.Int | None = None
    product_category_id: fields.Int | None = None
    staff_id: fields.Uuid | None = None
    tags: fields.Tags | None = None
    meta: fields.Meta | None = None


class InteractionCreate(InteractionBody):
    """`identifier` is an identity as `{handle, id}`, or an identifier of whatever handle."""

    identifier: Identifier | fields.Text | None = None
    profile_id: Annotated[fields.Uuid | None, Field(validate_default=True)] = None
    interacted_at: fields.DateTime | None = None
    interacted_type: ObjectType | None = None
    interacted_id: fields.Text | None = None

    @field_validator("profile_id")
    @classmethod
    def _named(cls, value: uuid.UUID | None, info: ValidationInfo) -> uuid.UUID | None:
        if value is None and info.data.get("identifier", "") is None:
            raise wrong("is required.")
        return value

    @model_validator(mode="after")
    def _whole(self) -> "InteractionCreate":
        if (self.interacted_type is None) != (self.interacted_id is None):
            missing = "interacted_type" if self.interacted_type is None else "interacted_id"
            raise FieldError({missing: "The {field} field is required."})
        return self
