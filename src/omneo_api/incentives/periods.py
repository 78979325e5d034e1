"""When a period that began at a moment ends or lets something begin (incentives-value 0), as pure functions."""

import calendar
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Literal
from zoneinfo import ZoneInfo

from omneo_api.foundation.errors import Invalid

PeriodType = Literal["days", "weeks", "months", "years", "absolute_date", "absolute_week", "absolute_month"]
IssuePeriodType = Literal[
    "hours", "days", "weeks", "months", "years", "absolute_date", "absolute_week", "absolute_month"
]

LAST_DAY = date(9999, 12, 30)
LAST_SECOND = time(23, 59, 59)
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)


def add_months(day: date, months: int) -> date:
    """The same day so many months later, or the last day of that month; never beyond year 9999."""
    place = day.year * 12 + day.month - 1 + months
    year, month = place // 12, place % 12 + 1
    if year > LAST_DAY.year:
        return LAST_DAY
    return date(year, month, min(day.day, calendar.monthrange(year, month)[1]))


def add_days(day: date, days: int) -> date:
    return LAST_DAY if days > (LAST_DAY - day).days else day + timedelta(days=days)


def local(moment: datetime, timezone: str) -> datetime:
    """The wall time of a moment."""
    return moment.astimezone(ZoneInfo(timezone))


def at_local(day: date, clock: time, timezone: str) -> datetime:
    """The UTC moment at which the wall shows that day and time; the first one when it shows them twice."""
    return datetime.combine(day, clock, ZoneInfo(timezone)).astimezone(UTC)


def read_absolute(value: str) -> tuple[datetime | None, date]:
    """An absolute value's moment (UTC unless it says otherwise), None when it is a date only, and its date."""
    moment = datetime.fromisoformat(value)
    if len(value) == 10:
        return None, moment.date()
    moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    return moment, moment.date()


def end_of_period(
    start: datetime, timezone: str, count: int | None, kind: str | None, absolute: str | None
) -> datetime | None:
    """The last second that lies within the period: the end of a local day; None without a period."""
    today = local(start, timezone).date()
    if kind == "absolute_date":
        if absolute is None:
            return None
        moment, day = read_absolute(absolute)
        return moment or at_local(day, LAST_SECOND, timezone)
    if count is None:
        return None
    return at_local(_last_day(today, count, kind or "days"), LAST_SECOND, timezone)


def _last_day(today: date, count: int, kind: str) -> date:
    match kind:
        case "weeks":
            return add_days(today, 7 * count)
        case "months":
            return add_months(today, count)
        case "years":
            return add_months(today, 12 * count)
        case "absolute_week":
            return add_days(today, 7 * count + 6 - today.weekday())
        case "absolute_month":
            month = add_months(today.replace(day=1), count)
            return month.replace(day=calendar.monthrange(month.year, month.month)[1]) if month < LAST_DAY else month
        case _:
            return add_days(today, count)


def start_of_period(
    start: datetime, timezone: str, count: int | None, kind: str | None, absolute: str | None
) -> datetime:
    """The moment from which something counts that was earned at `start`; `start` itself without a period."""
    if kind == "absolute_date" and absolute is not None:
        moment, day = read_absolute(absolute)
        return moment or at_local(day, time(), timezone)
    if kind is None or count is None:
        return start
    today = local(start, timezone).date()
    match kind:
        case "hours":
            return start + timedelta(hours=count) if count < (NEVER - start).total_seconds() / 3600 else NEVER
        case "days" | "weeks":
            days = count * (7 if kind == "weeks" else 1)
            return start + timedelta(days=days) if days < (NEVER - start).days else NEVER
        case "months" | "years":
            moved = add_months(start.date(), count * (12 if kind == "years" else 1))
            return datetime.combine(moved, start.timetz())
        case "absolute_week":
            return max(start, at_local(add_days(today, 7 * count - today.weekday()), time(), timezone))
        case _:
            return max(start, at_local(add_months(today.replace(day=1), count), time(), timezone))


def add_wall_days(moment: datetime, days: int, timezone: str) -> datetime:
    """The same wall time so many days later, so that the end of a day stays one across a change of clocks."""
    wall = local(moment, timezone)
    return at_local(add_days(wall.date(), days), wall.time(), timezone)


def notice_after(issued_at: datetime, timezone: str, hours: int | None, days: int | None, hour: int | None) -> datetime:
    """When to tell of an issue: hours after it, or a local hour some days after it, or at once."""
    if hours is not None:
        return issued_at + timedelta(hours=hours)
    if days is not None:
        return at_local(add_days(local(issued_at, timezone).date(), days), time(hour or 0), timezone)
    return issued_at


def notice_before(
    expires_at: datetime, timezone: str, hours: int | None, days: int | None, hour: int | None
) -> datetime | None:
    """When to tell of an expiry: hours before it, or a local hour some days before it; None without an offset."""
    if hours is not None:
        return expires_at - timedelta(hours=hours)
    if days is not None:
        return at_local(local(expires_at, timezone).date() - timedelta(days=days), time(hour or 0), timezone)
    return None


def extended(
    rows: Sequence[Any], days: int | None, moment: datetime | None, zone: str, *, only_later: bool = True
) -> Iterator[tuple[Any, datetime]]:
    """Each lot's row with the end that an extension gives it: whole days of its own zone, or the moment named.

    zone: for lots that have none. Raises: Invalid when both or neither are given, when days are added to no end, or
    (only_later) the end would not be later.
    """
    if days is not None and moment is not None:
        raise Invalid.field("extend_date", "The extend date field must not be sent together with extend days.")
    if days is None and moment is None and (not rows or any(row.extend_days is None for row in rows)):
        raise Invalid.field("extend_days", "The extend days field is required.")
    for row in rows:
        if moment is None and row.expires_at is None:
            raise Invalid.field("extend_days", "The extend days field must not be sent for what never expires.")
        end = moment or add_wall_days(row.expires_at, days or row.extend_days, row.timezone or zone)
        if only_later and end <= row.expires_at:
            raise Invalid.field("extend_date", "The extend date field must be a date after expires at.")
        yield row, end
