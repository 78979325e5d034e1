"""Kinds of lists: `/lists/definitions` (lists A1)."""

from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import literal_column
from sqlalchemy.dialects.postgresql import JSON

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read, Sql
from omneo_api.incentives.inputs import Absolute, Definitions
from omneo_api.incentives.periods import PeriodType
from omneo_api.lists.models import ListDefinition

Offset = Annotated[fields.Int, Field(ge=0, le=1_000_000)]


def _nobody(_: Any) -> Any:
    """No organisation can be named yet."""
    return literal_column("NULL::json", JSON())


class ListDefinitionRead(Read):
    id: int
    name: str
    handle: str
    type: str
    icon: str | None
    cover: str | None
    short_description: str | None
    description: str | None
    allow_share: bool
    allow_quantity: bool
    allow_reserve: bool
    allow_custom_product: bool
    allow_edit: bool
    allow_new: bool
    allow_delete: bool
    timezone: str | None
    reservation_period: int | None
    reservation_period_type: PeriodType | None
    reservation_absolute_expiry: str | None
    reservation_reserved_target_id: int | None
    reservation_notify_reserved_offset_days: int | None
    reservation_notify_reserved_offset_hours: int | None
    reservation_expiry_target_id: int | None
    reservation_remind_target_id: int | None
    reservation_notify_remind_offset_days: int | None
    reservation_notify_remind_offset_hours: int | None
    meta: Any
    is_published: bool
    is_active: bool
    organisation: Annotated[dict[str, Any] | None, Sql(_nobody)]
    tags: list[str]


class ListDefinitionBody(fields.Body):
    name: fields.Text
    handle: fields.Handle
    type: fields.Text
    icon: fields.Url | None = None
    cover: fields.Url | None = None
    short_description: fields.LongText | None = None
    description: fields.LongText | None = None
    allow_share: fields.Bool = False
    allow_quantity: fields.Bool = False
    allow_reserve: fields.Bool = False
    allow_custom_product: fields.Bool = False
    allow_new: fields.Bool = True
    allow_edit: fields.Bool = True
    allow_delete: fields.Bool = True
    is_published: fields.Bool = True
    is_active: fields.Bool = True
    timezone: fields.Timezone | None = None
    reservation_period: Offset | None = None
    reservation_period_type: PeriodType | None = None
    reservation_absolute_expiry: Absolute | None = None
    reservation_reserved_target_id: fields.Int | None = None
    reservation_notify_reserved_offset_days: Offset | None = None
    reservation_notify_reserved_offset_hours: Offset | None = None
    reservation_expiry_target_id: fields.Int | None = None
    reservation_remind_target_id: fields.Int | None = None
    reservation_notify_remind_offset_days: Offset | None = None
    reservation_notify_remind_offset_hours: Offset | None = None
    meta: fields.Meta | None = None
    tags: fields.Tags = Field(default=[])


class ListDefinitions(Definitions):
    targets = ("reservation_reserved_target_id", "reservation_expiry_target_id", "reservation_remind_target_id")

    def check(self, values: dict[str, Any], current: Any | None, errors: dict[str, list[str]]) -> None:
        """An absolute period needs its date."""
        kind, moment = (
            values.get(name, getattr(current, name, None))
            for name in ("reservation_period_type", "reservation_absolute_expiry")
        )
        if kind is not None and kind.startswith("absolute_") and moment is None:
            errors["reservation_absolute_expiry"] = ["The reservation absolute expiry field is required."]


list_definitions = ListDefinitions(
    ListDefinition,
    ListDefinitionRead,
    ListDefinitionBody,
    name="ListDefinition",
    tag="List definitions",
    scope="list-definitions",
    path="/lists/definitions",
    aliases=("/list-definitions",),
    fixed=("handle",),
    listing={"search": ("name", "handle", "type")},
    example={"name": "Gift registry", "handle": "gift-registry", "type": "gift-registry", "allow_share": True},
)
