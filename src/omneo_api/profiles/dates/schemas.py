"""Shapes of dates (profiles 8)."""

import uuid
from datetime import date, datetime
from typing import Annotated, Any

from omneo_api.foundation.render import Read, Source


class DateLinkRead(Read):
    id: int
    attributes_date_id: int
    profile_id: uuid.UUID
    relationship: Annotated[str | None, Source("relation")]
    role: str | None
    created_at: datetime
    updated_at: datetime


class DateRead(Read):
    id: int
    profile_id: uuid.UUID
    date: date
    name: str | None
    handle: str
    relationship: Annotated[str | None, Source("relation")]
    role: str | None
    is_recurring: bool
    recurring_schedule: str | None
    description: str | None
    note: str | None
    meta: dict[str, Any] | list[Any] | None
    links: list[DateLinkRead]
    created_at: datetime
    updated_at: datetime
