"""Statuses and who holds them (incentives-status 10)."""

import uuid
from datetime import datetime

from sqlalchemy import Integer
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import NOW, HasHandle, Moment, Resource, SoftDeleted, belongs_to, lookup, unique_live
from omneo_api.foundation.relationships import single


class Status(Resource, HasHandle, SoftDeleted):
    """A relation of people to the brand. A lower `sort_order` ranks higher, null ranks last."""

    __tablename__ = "statuses"
    __table_args__ = (unique_live("uq_statuses_handle", "handle_key"),)

    name: Mapped[str]
    sort_order: Mapped[int | None] = mapped_column(Integer)
    group_handle: Mapped[str | None]
    group_name: Mapped[str | None]
    period: Mapped[int | None] = mapped_column(Integer)
    period_type: Mapped[str | None]
    absolute_expiry: Mapped[datetime | None]
    timezone: Mapped[str | None]
    code: Mapped[str | None]
    colour: Mapped[str | None]
    text_colour: Mapped[str | None]
    primary_colour: Mapped[str | None]
    secondary_colour: Mapped[str | None]
    description: Mapped[str | None]
    short_description: Mapped[str | None]
    long_description: Mapped[str | None]
    terms_conditions: Mapped[str | None]
    earn_instructions: Mapped[str | None]
    internal_notes: Mapped[str | None]
    icon: Mapped[str | None]
    image_url: Mapped[str | None]


class ProfileStatus(Resource):
    """One assignment. Taken away by hand it gets `removed_at` and stays as history; expired it is still shown."""

    __tablename__ = "profile_statuses"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("statuses", "status_id"),
        unique_live(
            "uq_profile_statuses_held", "profile_id", "status_id", where="removed_at IS NULL", field="statuses"
        ),
        lookup("ix_profile_statuses_profile", "profile_id", "id"),
        lookup("ix_profile_statuses_status", "status_id", "profile_id"),
        lookup("ix_profile_statuses_expiry", "expires_at", where="removed_at IS NULL AND expired_at IS NULL"),
    )

    profile_id: Mapped[uuid.UUID]
    status_id: Mapped[int]
    attached_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
    expires_at: Mapped[datetime | None]
    expired_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]

    status = single("Status")
