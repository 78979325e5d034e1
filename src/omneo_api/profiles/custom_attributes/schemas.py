"""Shapes of custom attributes (profiles 9)."""

import uuid
from datetime import datetime
from typing import Any, Literal

from omneo_api.foundation.render import Read

AttributeType = Literal["string", "integer", "float", "boolean", "json", "array"]


class CustomAttributeRead(Read):
    id: int
    profile_id: uuid.UUID
    namespace: str
    handle: str
    type: AttributeType
    value: Any
    created_at: datetime
    updated_at: datetime
