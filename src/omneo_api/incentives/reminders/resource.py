"""Reminders: notes to operators by mail or chat, once or again and again (incentives-value 14)."""

import calendar
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Boolean, DateTime, Integer, Time, and_, func, or_, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.models import Resource, lookup
from omneo_api.foundation.render import Clock, Read, Sql
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.balances.expressions import NOW
from omneo_api.incentives.periods import add_days, add_months, at_local, local

ScheduleType = Literal["absolute", "period", "repeat"]
PeriodUnit = Literal["days", "weeks", "months", "years"]
RepeatUnit = Literal["daily", "weekly", "monthly"]
NEEDED = {
    "absolute": ("remind_at",),
    "period": ("period_unit", "period_value", "period_time_at"),
    "repeat": ("repeat_unit", "repeat_value", "repeat_time_at"),
}
MONTHLY = 31
PORTION = 200


class Reminder(Resource):
    """`remind_at` is wall time in `timezone`; `next_run_at` is the next moment at which the note is sent."""

    __tablename__ = "reminders"
    __table_args__ = (lookup("ix_reminders_due", "next_run_at", where="is_active AND next_run_at IS NOT NULL"),)

    note: Mapped[str]
    channel: Mapped[str]
    recipient: Mapped[str | None]
    schedule_type: Mapped[str]
    timezone: Mapped[str | None]
    remind_at: Mapped[datetime | None] = mapped_column(DateTime())
    period_unit: Mapped[str | None]
    period_value: Mapped[int | None] = mapped_column(Integer)
    period_time_at: Mapped[time | None] = mapped_column(Time)
    repeat_unit: Mapped[str | None]
    repeat_value: Mapped[int | None] = mapped_column(Integer)
    repeat_time_at: Mapped[time | None] = mapped_column(Time)
    expires_at: Mapped[datetime | None]
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    last_run_at: Mapped[datetime | None]
    next_run_at: Mapped[datetime | None]
    username: Mapped[str | None]


def _is_valid(reminder: Any) -> Any:
    """Active, not past, and still to be sent at least once."""
    runs = and_(reminder.expires_at > NOW, reminder.expires_at > reminder.next_run_at)
    ends = or_(reminder.expires_at.is_(None), runs)
    return func.coalesce(and_(reminder.is_active, reminder.next_run_at.isnot(None), ends), False, type_=Boolean)


COLUMNS = tuple(column.key for column in Reminder.__table__.c)


class ReminderRead(Read):
    id: int
    note: str
    channel: Literal["slack", "email"]
    recipient: str | None
    schedule_type: ScheduleType
    timezone: str | None
    remind_at: datetime | None
    period_unit: PeriodUnit | None
    period_value: int | None
    period_time_at: Annotated[time | None, Clock(5)]
    repeat_unit: RepeatUnit | None
    repeat_value: int | None
    repeat_time_at: Annotated[time | None, Clock(5)]
    expires_at: datetime | None
    is_active: bool
    is_valid: Annotated[bool, Sql(_is_valid)]
    username: str | None
    created_at: datetime
    updated_at: datetime


Several = Annotated[fields.Int, Field(ge=1, le=10_000)]


class ReminderBody(fields.Body):
    note: fields.LongText
    channel: Literal["slack", "email"]
    recipient: fields.Text | None = None
    schedule_type: ScheduleType
    timezone: fields.Timezone | None = None
    remind_at: fields.NaiveOrAwareDateTime | None = None
    period_unit: PeriodUnit | None = None
    period_value: Several | None = None
    period_time_at: fields.TimeOfDay | None = None
    repeat_unit: RepeatUnit | None = None
    repeat_value: Several | None = None
    repeat_time_at: fields.TimeOfDay | None = None
    expires_at: fields.DateTime | None = None
    is_active: fields.Bool = True
    username: fields.Text | None = None


def next_run(held: dict[str, Any], zone: str, created: datetime, after: datetime) -> datetime | None:
    """The first moment later than `after` at which a reminder is due; None when there is none."""
    start = local(created, zone).date()
    if held["schedule_type"] == "absolute":
        wall = held["remind_at"]
        due = at_local(wall.date(), wall.time(), zone)
        return due if due > after else None
    if held["schedule_type"] == "period":
        count, unit = held["period_value"], held["period_unit"]
        months = {"months": 1, "years": 12}.get(unit)
        day = add_months(start, count * months) if months else add_days(start, count * (7 if unit == "weeks" else 1))
        due = at_local(day, held["period_time_at"], zone)
        return due if due > after else None
    count, day = held["repeat_value"], local(after, zone).date()
    for _ in range(max(count, MONTHLY) + 2):
        matches = {
            "daily": (day - start).days % count == 0,
            "weekly": day.isoweekday() == count,
            "monthly": day.day == min(count, calendar.monthrange(day.year, day.month)[1]),
        }[held["repeat_unit"]]
        due = at_local(day, held["repeat_time_at"], zone)
        if matches and due > after:
            return due
        day += timedelta(days=1)
    return None


class Reminders(PlainResource):
    """What a schedule needs is required with it; a moment that is past cannot be chosen."""

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        zone = values.get("timezone", getattr(current, "timezone", None))
        zone = zone or await setting(session, "client_timezone") or "UTC"
        if isinstance(values.get("remind_at"), datetime) and values["remind_at"].tzinfo is not None:
            values = {**values, "remind_at": local(values["remind_at"], zone).replace(tzinfo=None)}
        held: dict[str, Any] = {name: values.get(name, getattr(current, name, None)) for name in COLUMNS}
        kind: str = held["schedule_type"]
        errors = {
            name: [f"The {name.replace('_', ' ')} field is required."] for name in NEEDED[kind] if held[name] is None
        }
        if held["channel"] == "email" and held["recipient"] is None:
            errors["recipient"] = ["The recipient field is required."]
        most = {"weekly": 7, "monthly": MONTHLY}.get(held["repeat_unit"] or "")
        if kind == "repeat" and most and held["repeat_value"] is not None and held["repeat_value"] > most:
            errors["repeat_value"] = [f"The repeat value field must not be greater than {most}."]
        if errors:
            raise Invalid(errors)
        scheduled = any(name in values for name in (*NEEDED[kind], "schedule_type", "timezone"))
        woken = bool(values.get("is_active")) and current is not None and not current.is_active
        if current is not None and not scheduled and not woken:
            return values
        due = next_run(held, zone, current.created_at if current else session.now, session.now)
        if due is None and kind == "absolute" and (current is None or "remind_at" in values):
            raise Invalid.field("remind_at", "The remind at field must be a date in the future.")
        return {**values, "next_run_at": due}


reminders = Reminders(
    Reminder,
    ReminderRead,
    ReminderBody,
    name="Reminder",
    scope="settings",
    path="/reminders",
    paging="all",
    scopes={"create": "update-settings", "delete": "update-settings"},
    listing={"search": ("note",)},
    example={
        "note": "Check the birthday rewards",
        "channel": "email",
        "recipient": "ops@example.com",
        "schedule_type": "repeat",
        "repeat_unit": "weekly",
        "repeat_value": 1,
        "repeat_time_at": "09:00",
    },
)

Deliver = Callable[[Any, Any], Awaitable[None]]
_deliveries: list[Deliver] = []
_DUE = Statement(
    f"""
    SELECT * FROM reminders WHERE is_active AND next_run_at <= (SELECT omneo_now())
    ORDER BY next_run_at, id LIMIT {PORTION} FOR UPDATE SKIP LOCKED
    """
)


def deliver_with(deliver: Deliver) -> None:
    """Tells how a note is sent: `deliver(session, reminder row)`, within the transaction that marks it as sent."""
    _deliveries[:] = [deliver]


async def remind_due(session: Any) -> int:
    """Sends the notes that are due, each occurrence once; answers how many. Nothing is sent while nobody can."""
    if not _deliveries:
        return 0
    rows = await session.rows(_DUE)
    default = await setting(session, "client_timezone") or "UTC"
    for row in rows:
        if row.expires_at is None or row.expires_at > session.now:
            await _deliveries[0](session, row)
        due = next_run(dict(row._asdict()), row.timezone or default, row.created_at, session.now.astimezone(UTC))
        await session.update(Reminder, {"id": row.id}, {"last_run_at": row.next_run_at, "next_run_at": due})
    return len(rows)
