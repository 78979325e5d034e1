"""What goes in and out of tier definitions (incentives-status 1.1)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read
from omneo_api.incentives.inputs import Handle

MOST = 10**12
Threshold = Annotated[fields.Int, Field(ge=0, le=MOST)]


class FullRegion(Read):
    """A region as a tier definition shows it."""

    id: int
    name: str
    handle: str
    is_default: bool | None
    currency: str | None
    created_at: datetime
    updated_at: datetime


class TierDefinitionRead(Read):
    id: int
    name: str
    handle: str
    is_floor: bool
    value_min: int
    value_maintain: int | None
    is_assignable: bool
    disable_credit: bool
    internal_notes: str | None
    description: str | None
    short_description: str | None
    long_description: str | None
    terms_conditions: str | None
    earn_instructions: str | None
    icon: str | None
    image_url: str | None
    tags: list[str]
    meta: dict[str, Any] | list[Any] | None
    region_id: int | None
    region: FullRegion | None
    created_at: datetime
    updated_at: datetime


class TierDefinitionBody(fields.Body):
    name: fields.Text
    handle: Handle
    value_min: Threshold
    value_maintain: Threshold | None = None
    is_floor: fields.Bool | None = None
    is_assignable: fields.Bool | None = None
    disable_credit: fields.Bool | None = None
    internal_notes: fields.LongText | None = None
    description: fields.LongText | None = None
    short_description: fields.LongText | None = None
    long_description: fields.LongText | None = None
    terms_conditions: fields.LongText | None = None
    earn_instructions: fields.LongText | None = None
    icon: fields.Url | None = None
    image_url: fields.Url | None = None
    tags: fields.Tags = Field(default=[])
    meta: fields.Meta | None = None
    region_id: fields.Int | None = None
