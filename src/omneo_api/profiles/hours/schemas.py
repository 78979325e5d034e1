"""Shapes of a profile's hours (profiles 15)."""

from datetime import date, time
from typing import Annotated, Literal

from omneo_api.foundation.render import Clock, Read

Weekday = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]


class ProfileNormalHoursRead(Read):
    id: int
    day_of_week: Weekday
    is_closed: bool
    available_from: Annotated[time | None, Clock(8)]
    available_until: Annotated[time | None, Clock(8)]


class ProfileSpecialHoursRead(Read):
    id: int
    name: str
    start_at: date
    end_at: date
    is_repeating: bool
    is_closed: bool
    available_from: Annotated[time | None, Clock(8)]
    available_until: Annotated[time | None, Clock(8)]
