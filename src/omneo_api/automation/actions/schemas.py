"""Actions as they are sent and shown (automation 6.1)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import Text, cast

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read, Source, Sql


class ActionRead(Read):
    id: int
    uuid: Annotated[str, Source("type")]
    references_id: int
    reference_id: Annotated[str, Sql(lambda action: cast(action.references_id, Text))]
    name: str
    sort_order: int
    description: str | None
    notes: str | None
    arguments: list[dict[str, Any]]
    created_at: datetime
    updated_at: datetime


class ArgumentBody(fields.Body):
    """An argument; a dynamic value is JSON Logic over the event's context, any other is passed on as it is."""

    name: fields.Text
    value: fields.Json = None
    is_dynamic: fields.Bool | None = None


class ActionBody(fields.Body):
    """An action; its type stands in `uuid`, or in `name`."""

    name: fields.Text
    uuid: fields.Text | None = None
    sort_order: fields.Int | None = None
    description: fields.LongText | None = None
    notes: fields.LongText | None = None
    arguments: Annotated[list[ArgumentBody], Field(max_length=1000)] | None = None
