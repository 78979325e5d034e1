"""Important dates of a person and the other profiles they concern (profiles 8)."""

import uuid
from datetime import date
from typing import Any

from sqlalchemy import Boolean, Computed, Date, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, lookup, unique
from omneo_api.foundation.relationships import several


class ProfileDate(Resource):
    __tablename__ = "profile_dates"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        unique("profile_id", "handle", "relationship_key", name="uq_profile_dates_key", field="handle"),
    )

    profile_id: Mapped[uuid.UUID]
    date: Mapped[date] = mapped_column(Date)
    name: Mapped[str | None]
    handle: Mapped[str]
    relation: Mapped[str | None] = mapped_column("relationship", Text)
    role: Mapped[str | None]
    is_recurring: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    recurring_schedule: Mapped[str | None]
    description: Mapped[str | None]
    note: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)
    relationship_key: Mapped[str] = mapped_column(Text, Computed("coalesce(relationship, '')", persisted=True))

    links = several("DateLink")


class DateLink(Resource):
    """Another profile that a date concerns."""

    __tablename__ = "profile_date_links"
    __table_args__ = (
        belongs_to("profile_dates", "attributes_date_id", ondelete="CASCADE"),
        belongs_to("profiles", "profile_id"),
        lookup("ix_profile_date_links_date", "attributes_date_id", "id"),
        lookup("ix_profile_date_links_profile", "profile_id"),
    )

    attributes_date_id: Mapped[int]
    profile_id: Mapped[uuid.UUID]
    relation: Mapped[str | None] = mapped_column("relationship", Text)
    role: Mapped[str | None]
