"""Period arithmetic as a table; clocks change in Melbourne on 5 October 2025 (forward) and 5 April 2026 (back)."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from omneo_api.incentives.periods import NEVER, add_wall_days, end_of_period, local, start_of_period

MELBOURNE = "Australia/Melbourne"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("start", "zone", "count", "kind", "absolute", "end"),
    [
        ("2025-06-14 14:00:00", MELBOURNE, 30, "days", None, "2025-07-15 13:59:59"),
        ("2025-06-14 13:59:59", MELBOURNE, 30, "days", None, "2025-07-14 13:59:59"),
        ("2025-10-04 14:30:00", MELBOURNE, 0, "days", None, "2025-10-05 12:59:59"),
        ("2026-04-04 12:00:00", MELBOURNE, 1, "days", None, "2026-04-05 13:59:59"),
        ("2025-01-31 10:00:00", "UTC", 1, "months", None, "2025-02-28 23:59:59"),
        ("2024-02-29 10:00:00", "UTC", 1, "years", None, "2025-02-28 23:59:59"),
        ("2025-12-29 10:00:00", "UTC", 2, "weeks", None, "2026-01-12 23:59:59"),
        ("2025-06-18 10:00:00", "UTC", 0, "absolute_week", None, "2025-06-22 23:59:59"),
        ("2025-06-22 10:00:00", "UTC", 1, "absolute_week", None, "2025-06-29 23:59:59"),
        ("2025-12-15 10:00:00", "UTC", 2, "absolute_month", None, "2026-02-28 23:59:59"),
        ("2025-12-15 10:00:00", "UTC", None, "absolute_date", "2026-01-31", "2026-01-31 23:59:59"),
        ("2025-12-15 10:00:00", MELBOURNE, None, "absolute_date", "2026-01-31", "2026-01-31 12:59:59"),
        ("2025-12-15 10:00:00", MELBOURNE, 5, "absolute_date", "2026-01-31 08:00:00", "2026-01-31 08:00:00"),
        ("2025-12-15 10:00:00", "UTC", 2_000_000_000, "years", None, "9999-12-30 23:59:59"),
        ("2025-12-15 10:00:00", "UTC", 2_000_000_000, "absolute_week", None, "9999-12-30 23:59:59"),
    ],
)
def test_the_end_of_a_period(start, zone, count, kind, absolute, end):
    assert end_of_period(at(start), zone, count, kind, absolute) == at(end)


@pytest.mark.parametrize(
    ("start", "zone", "count", "kind", "absolute", "begin"),
    [
        ("2025-05-01 03:20:00", "UTC", 14, "days", None, "2025-05-15 03:20:00"),
        ("2025-10-04 03:20:00", MELBOURNE, 1, "days", None, "2025-10-05 03:20:00"),
        ("2025-05-01 03:20:00", "UTC", 36, "hours", None, "2025-05-02 15:20:00"),
        ("2025-01-31 03:20:00", "UTC", 1, "months", None, "2025-02-28 03:20:00"),
        ("2025-05-01 03:20:00", "UTC", None, None, None, "2025-05-01 03:20:00"),
        ("2025-06-18 10:00:00", "UTC", 0, "absolute_week", None, "2025-06-18 10:00:00"),
        ("2025-06-18 10:00:00", "UTC", 1, "absolute_week", None, "2025-06-23 00:00:00"),
        ("2025-06-18 10:00:00", MELBOURNE, 1, "absolute_month", None, "2025-06-30 14:00:00"),
        ("2025-06-18 10:00:00", MELBOURNE, None, "absolute_date", "2025-07-01", "2025-06-30 14:00:00"),
        ("2025-06-18 10:00:00", MELBOURNE, None, "absolute_date", "2025-07-01 09:00:00", "2025-07-01 09:00:00"),
    ],
)
def test_the_start_of_a_period(start, zone, count, kind, absolute, begin):
    assert start_of_period(at(start), zone, count, kind, absolute) == at(begin)


def test_a_period_that_never_ends_is_clamped():
    assert end_of_period(at("2025-01-01 00:00:00"), "UTC", None, "days", None) is None
    assert start_of_period(at("2025-01-01 00:00:00"), "UTC", 2_000_000_000, "hours", None) == NEVER


@given(st.integers(0, 400), st.integers(0, 4000))
def test_the_end_of_a_day_stays_the_end_of_a_day(days, hours):
    expiry = end_of_period(at("2025-01-01 00:00:00"), MELBOURNE, hours, "days", None)
    moved = local(add_wall_days(expiry, days, MELBOURNE), MELBOURNE)
    assert moved.strftime("%H:%M:%S") == "23:59:59"
    assert (moved.date() - local(expiry, MELBOURNE).date()).days == days
