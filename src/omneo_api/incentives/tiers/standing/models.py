"""Which tier a profile holds in a program, since when, and from when on its cycle counts (incentives-status 3, 4.2)."""

import uuid
from datetime import date, datetime

from sqlalchemy import BigInteger, Boolean, Computed, Date, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, lookup, unique
from omneo_api.foundation.relationships import single


class TierStanding(Resource):
    """One row per profile and program. Figures are not stored: they are sums over the tier points.

    Of the points of the day on which a cycle began, those with an id up to `cycle_boundary_id` belong to the cycle
    before; `achieved_boundary_id` says the same of the day on which the tier was taken. `is_placed` tells whether the
    profile was ever measured against levels. `due_at` is the moment at which time alone may change the tier: the day of
    the anniversary, or the first pending point; null where nothing is to come, or where the program is not the
    profile's any more.
    """

    __tablename__ = "tier_standings"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("tier_definitions", "tier_id"),
        unique("profile_id", "program"),
        lookup("ix_tier_standings_tier", "tier_id", "profile_id"),
        lookup("ix_tier_standings_due", "due_at", "id", where="due_at IS NOT NULL"),
        lookup("ix_tier_standings_anniversary", "anniversary_on"),
    )

    profile_id: Mapped[uuid.UUID]
    program: Mapped[int]
    tier_id: Mapped[int | None]
    cycle_on: Mapped[date | None] = mapped_column(Date)
    cycle_boundary_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    achieved_on: Mapped[date | None] = mapped_column(Date)
    achieved_boundary_id: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    maintained_on: Mapped[date | None] = mapped_column(Date)
    assigned_at: Mapped[datetime | None]
    anniversary_on: Mapped[date | None] = mapped_column(
        Date, Computed("(cycle_on + interval '1 year')::date", persisted=True)
    )
    is_placed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    due_at: Mapped[datetime | None]

    definition = single("TierDefinition")
    profile = single("Profile")
