"""What goes in and out of code pools (commerce 10.4)."""

from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read

Pool = Literal["benefit_definition", "point_definition", "reward_definition"]


class AllocationRead(Read):
    id: int
    definition_id: int
    definition_type: Pool
    code: str
    name: str | None
    external_id: str | None
    value: Decimal | None
    valid_from: datetime | None
    valid_to: datetime | None
    allocated_at: datetime | None
    meta: Any
    created_at: datetime | None
    updated_at: datetime | None


class AllocationBody(fields.Body):
    """A code that carries `allocated_at` was given elsewhere and is given to nobody here."""

    code: fields.Text
    name: fields.Text | None = None
    value: fields.Money | None = None
    external_id: fields.Text | None = None
    valid_from: fields.DateTime | None = None
    valid_to: fields.DateTime | None = None
    allocated_at: fields.DateTime | None = None
    meta: fields.Meta | None = None


class PoolKey(fields.Body):
    """Which pool codes are loaded into: the definition's kind and id."""

    id: fields.Int
    type: Pool
