"""Birthdays as SQL: computed when read, on the clock of the tenant, never stored (profiles 1.4).

Whoever was born on 29 February has the birthday on the 28th in common years. A day starts at 00:00 UTC.
"""

from typing import Any

from sqlalchemy import Date, DateTime, Integer, and_, case, cast, extract, func, literal_column, not_, or_

from omneo_api.foundation.models import lit

_NOW = func.timezone(lit("UTC"), func.omneo_now(), type_=DateTime())
_TODAY = cast(_NOW, Date)
_YEAR = cast(extract("year", _NOW), Integer)
_LAST_OF_FEBRUARY = lit(29)


def _is_leap(year: Any) -> Any:
    by_four, by_century, by_four_centuries = (func.mod(year, lit(number)) for number in (4, 100, 400))
    return and_(by_four == lit(0), or_(by_century != lit(0), by_four_centuries == lit(0)))


def on(year: Any, month: Any, day: Any) -> Any:
    """The day as a date; null unless all three parts are known."""
    leaps = and_(month == lit(2), day == _LAST_OF_FEBRUARY, not_(_is_leap(year)))
    real = case((leaps, lit(28)), else_=day)
    return func.make_date(cast(year, Integer), cast(month, Integer), cast(real, Integer), type_=Date)


def following(month: Any, day: Any) -> Any:
    """The next anniversary, today included."""
    this_year = on(_YEAR, month, day)
    return case((this_year >= _TODAY, this_year), else_=on(_YEAR + lit(1), month, day))


def latest(month: Any, day: Any) -> Any:
    """The last anniversary, today included."""
    this_year = on(_YEAR, month, day)
    return case((this_year <= _TODAY, this_year), else_=on(_YEAR - lit(1), month, day))


def days_until(month: Any, day: Any) -> Any:
    """Whole days from now until the next anniversary begins; a day that has begun does not count."""
    begun = case((cast(_NOW, Date) == _NOW, lit(0)), else_=lit(1))
    whole = cast(literal_column("0") + (following(month, day) - _TODAY), Integer) - begun
    return case((month.is_(None), None), else_=func.greatest(lit(0), whole, type_=Integer))


def days_since(month: Any, day: Any) -> Any:
    """Whole days since the last anniversary began."""
    return cast(_TODAY - latest(month, day), Integer)
