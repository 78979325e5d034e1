"""When an assignment of a status ends (incentives-status 8.4, 10.4)."""

import calendar
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

LAST_SECOND = time(23, 59, 59)


def expires_at(status: Any, attached_at: datetime) -> datetime | None:
    """The last second of an assignment made at that moment, in UTC; None when the status does not expire.

    Days are counted in the status's time zone, UTC when it has none. An end beyond the calendar is no end.
    """
    if status.period_type is None:
        return None
    if status.period_type == "absolute_date":
        fixed: datetime | None = status.absolute_expiry
        return fixed
    if status.period is None:
        return None
    zone = ZoneInfo(status.timezone or "UTC")
    try:
        day = _last_day(attached_at.astimezone(zone).date(), status.period_type, status.period)
        return datetime.combine(day, LAST_SECOND, zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _last_day(start: date, kind: str, period: int) -> date:
    match kind:
        case "days":
            return start + timedelta(days=period)
        case "weeks":
            return start + timedelta(weeks=period)
        case "months":
            return _months_later(start, period)
        case "years":
            return _months_later(start, 12 * period)
        case "absolute_week":
            return start + timedelta(days=7 - start.isoweekday(), weeks=period)
        case _:
            return _month_end(_months_later(start.replace(day=1), period))


def _months_later(start: date, months: int) -> date:
    years, month = divmod(start.month - 1 + months, 12)
    first = date(start.year + years, month + 1, 1)
    return first.replace(day=min(start.day, _month_end(first).day))


def _month_end(day: date) -> date:
    return day.replace(day=calendar.monthrange(day.year, day.month)[1])
