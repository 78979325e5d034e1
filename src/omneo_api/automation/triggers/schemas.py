"""Triggers as they are sent and shown (automation 5)."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from omneo_api.automation.actions.schemas import ActionBody, ActionRead
from omneo_api.foundation import fields
from omneo_api.foundation.render import Read


class TriggerRead(Read):
    id: int
    name: str
    trigger: str
    description: str | None
    notes: str | None
    is_active: bool
    actions: list[ActionRead]
    created_at: datetime
    updated_at: datetime


class TriggerBody(fields.Body):
    """A trigger; sent `actions` replace all that it has."""

    name: fields.Text
    trigger: fields.Text
    description: fields.LongText | None = None
    notes: fields.LongText | None = None
    is_active: fields.Bool | None = None
    actions: Annotated[list[ActionBody], Field(max_length=1000)] | None = None


class TestBody(fields.Body):
    """A context to try a trigger with."""

    __test__ = False

    context: Annotated[dict[str, Any], fields.Keep.INSIDE]


class TestedAction(Read):
    action_id: int
    handler: str
    arguments: dict[str, Any] | None
    result: dict[str, Any] | None
    status: str


class TestRead(Read):
    __test__ = False

    actions: list[TestedAction]
