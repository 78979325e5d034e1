"""Shapes of validation rules (profiles 17)."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from omneo_api.foundation import fields
from omneo_api.foundation.fields import Body
from omneo_api.foundation.render import Read

Kind = Literal["email", "mobile", "name"]
Matching = Literal["exact", "domain", "prefix", "regex"]
Occasion = Literal["create", "update", "import", "all"]


class RuleValueRead(Read):
    id: int
    rule_id: int
    value: str
    is_active: bool
    created_at: datetime
    updated_at: datetime


class RuleRead(Read):
    id: int
    name: str
    type: Kind
    rule_type: Matching
    applies_to: Occasion
    pattern: str | None
    error_message: str | None
    priority: int | None
    is_active: bool
    effective_from: datetime | None
    effective_to: datetime | None
    created_by: str | None
    updated_by: str | None
    created_at: datetime
    updated_at: datetime
    values: list[RuleValueRead]


class RuleValueBody(Body):
    value: fields.Text
    is_active: fields.Bool = False


class RuleBody(Body):
    name: fields.Text
    type: Kind
    rule_type: Matching
    applies_to: Occasion
    pattern: Annotated[fields.LongText, Field(max_length=1000)] | None = None
    error_message: fields.Text | None = None
    priority: Annotated[fields.Int, Field(ge=-(2**31), le=2**31 - 1)] | None = None
    is_active: fields.Bool = True
    effective_from: fields.DateTime | None = None
    effective_to: fields.DateTime | None = None
    created_by: fields.Text | None = None
    updated_by: fields.Text | None = None
    values: Annotated[list[RuleValueBody], Field(max_length=1000)] | None = None
