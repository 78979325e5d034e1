"""The one clock. Python asks `now(offset)`, SQL asks `omneo_now()`; both add the tenant's offset to real time.

A tenant's offset is zero in production. `omneo clock set|advance|reset` moves it for tests, and every rule that
depends on time (expiry, rolling windows, birthdays) moves with it.
"""

from datetime import UTC, datetime, timedelta

REAL_TIME = timedelta(0)


def now(offset: timedelta = REAL_TIME) -> datetime:
    """The tenant's present moment, aware UTC, to the microsecond."""
    return datetime.now(UTC) + offset


def whole_second(moment: datetime) -> datetime:
    """The moment as the wire shows it: fractions are cut, never rounded."""
    return moment.replace(microsecond=0)
