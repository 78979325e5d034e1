"""What units are worth in dollars of the system currency (incentives-value 9.2 and 9.3), as SQL expressions.

Rates are read by the statement that uses them, so a changed setting or currency row counts at once.
"""

from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Numeric, Text, case, cast, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from omneo_api.configuration.currencies import Currency
from omneo_api.configuration.settings.models import Setting
from omneo_api.configuration.settings.service import SEEDS
from omneo_api.foundation.models import lit

POINT = "POINT"
UNITY = literal_column("1::numeric", Numeric)


def _setting(handle: str) -> ColumnElement[Any]:
    held = select(Setting.value).where(Setting.handle_key == lit(handle)).scalar_subquery()
    return func.coalesce(func.nullif(held, literal_column("''")), lit(SEEDS[handle][1] or ""), type_=Text)


def system_currency() -> ColumnElement[Any]:
    """The code of the currency in which balances are told."""
    return _setting("currency")


def _pair(source: ColumnElement[Any], target: ColumnElement[Any]) -> ColumnElement[Any]:
    """The rate of the row source → target, or null."""
    pair = aliased(Currency)
    return select(pair.rate).where(pair.from_code == source, pair.to_code == target).scalar_subquery()


def row_of(code: Any) -> ColumnElement[Any]:
    """The id of the row system → code, else of the inverse row; null for a code that is null or in no row."""
    there, back = aliased(Currency), aliased(Currency)
    forward = select(there.id).where(there.from_code == system_currency(), there.to_code == code)
    inverse = select(back.id).where(back.from_code == code, back.to_code == system_currency())
    return func.coalesce(forward.scalar_subquery(), inverse.scalar_subquery(), type_=BigInteger)


def rate_to(code: Any) -> ColumnElement[Any]:
    """How much of currency `code` one unit of the system currency is: the row system → code, else the inverse row."""
    inverse = UNITY / _pair(code, system_currency())
    return case((code == system_currency(), UNITY), else_=func.coalesce(_pair(system_currency(), code), inverse))


def to_system(code: Any) -> ColumnElement[Any]:
    """What one unit of currency `code` (null: the system's) is worth in the system currency; 1 when no row says.

    The inverse row is taken as it is: a rate that is inverted twice is not itself any more, and halves round wrongly.
    """
    system = system_currency()
    told = func.coalesce(UNITY / _pair(system, code), _pair(code, system), UNITY)
    return case((or_(code.is_(None), code == system), UNITY), else_=told)


def worth_of_point(code: Any) -> ColumnElement[Any]:
    """What one point of a definition is worth in the definition's own currency `code` (null: the system's)."""
    base = cast(_setting("point_exchange_rate"), Numeric)
    point: ColumnElement[Any] = literal_column(f"'{POINT}'")
    return func.coalesce(_pair(point, func.coalesce(code, system_currency())), base, type_=Numeric)


def dollars_per_point(code: Any) -> ColumnElement[Any]:
    """What one point of a definition with currency `code` (null: the system's) is worth in the system currency."""
    return worth_of_point(code) * to_system(code)
