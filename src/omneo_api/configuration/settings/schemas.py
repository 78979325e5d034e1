"""What goes in and out of settings."""

from datetime import datetime
from typing import Any, Literal

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read

Kind = Literal["string", "boolean", "integer", "float", "json"]


class SettingRead(Read):
    id: int
    handle: str
    value: str | None
    type: Kind
    created_at: datetime
    updated_at: datetime


class EnvironmentRead(Read):
    handle: str
    value: Any


class SettingBody(fields.Body):
    handle: fields.Handle
    type: Kind
    value: fields.Json


class SettingUpdate(fields.Body):
    type: Kind = "string"
    value: fields.Json = None
