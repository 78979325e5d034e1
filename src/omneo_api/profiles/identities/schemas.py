"""Shapes of identities (profiles 4)."""

import uuid
from datetime import datetime

from omneo_api.foundation.render import Read


class IdentityRead(Read):
    id: int
    handle: str
    identifier: str
    is_primary: bool
    is_active: bool
    merged_from: uuid.UUID | None
    profile_id: uuid.UUID
    created_at: datetime
    updated_at: datetime
