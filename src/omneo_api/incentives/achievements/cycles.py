"""Where the cycles of a count begin and end (incentives-status 7.3, rules 5 and 6), as pure functions."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Literal

from omneo_api.incentives.periods import LAST_SECOND, add_days, add_months, at_local, local

Period = Literal["daily", "weekly", "fortnightly", "monthly", "yearly"]

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
"""The cycle of those that have none, and the first of those that begin with the first count."""
SOME_MONDAY = date(2024, 1, 1)
FORTNIGHT = 14


def day_of(moment: datetime, zone: str) -> date:
    """The local day; at the ends of the calendar, where no zone can be asked, the day in UTC."""
    try:
        return local(moment, zone).date()
    except OverflowError:
        return moment.date()


def _first_day(day: date, period: str, anchor: date) -> date:
    match period:
        case "weekly":
            return day - timedelta(days=day.weekday())
        case "fortnightly":
            return day - timedelta(days=(day - anchor).days % FORTNIGHT)
        case "monthly":
            return day.replace(day=1)
        case "yearly":
            return day.replace(month=1, day=1)
        case _:
            return day


def _next_day(first: date, period: str) -> date:
    match period:
        case "weekly":
            return add_days(first, 7)
        case "fortnightly":
            return add_days(first, FORTNIGHT)
        case "monthly":
            return add_months(first, 1)
        case "yearly":
            return add_months(first, 12)
        case _:
            return add_days(first, 1)


def period_around(moment: datetime, period: str, zone: str, starts_at: datetime | None) -> tuple[datetime, datetime]:
    """The first moment of the period that a moment lies in, and the first one of the period after it.

    Fortnights are counted from the day of `starts_at`, or from a fixed Monday.
    """
    anchor = SOME_MONDAY if starts_at is None else day_of(starts_at, zone)
    first = _first_day(day_of(moment, zone), period, anchor)
    return at_local(first, time(), zone), at_local(_next_day(first, period), time(), zone)


def anniversary(day: date, zone: str) -> datetime:
    """The last second of a year that begins on that day: the end of the same day next year."""
    return at_local(add_months(day, 12), LAST_SECOND, zone)
