"""When a staff profile is available (profiles 15)."""

import uuid
from datetime import date, time

from sqlalchemy import Boolean, Date, Time, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, lookup, unique


class ProfileNormalHours(Resource):
    __tablename__ = "profile_normal_hours"
    __table_args__ = (belongs_to("profiles", "profile_id"), unique("profile_id", "day_of_week"))

    profile_id: Mapped[uuid.UUID]
    day_of_week: Mapped[str]
    is_closed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    available_from: Mapped[time | None] = mapped_column(Time)
    available_until: Mapped[time | None] = mapped_column(Time)


class ProfileSpecialHours(Resource):
    __tablename__ = "profile_special_hours"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        lookup("ix_profile_special_hours_profile", "profile_id", "id"),
    )

    profile_id: Mapped[uuid.UUID]
    name: Mapped[str]
    start_at: Mapped[date] = mapped_column(Date)
    end_at: Mapped[date] = mapped_column(Date)
    is_repeating: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_closed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    available_from: Mapped[time | None] = mapped_column(Time)
    available_until: Mapped[time | None] = mapped_column(Time)
