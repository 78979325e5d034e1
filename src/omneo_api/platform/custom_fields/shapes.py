"""How custom fields are shown inside the resources that show them as an array (orgs-platform B7)."""

from datetime import datetime
from typing import Any

from omneo_api.foundation.render import Read


class ShownCustomField(Read):
    namespace: str
    handle: str
    name: str | None
    type: str
    value: Any
    version: int
    is_index: bool
    created_at: datetime
    updated_at: datetime
