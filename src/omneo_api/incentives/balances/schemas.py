"""The six figures as an answer and as an event (incentives-value 9.1)."""

from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import Numeric, Text, bindparam, case, func, select
from sqlalchemy.dialects.postgresql import JSON, UUID

from omneo_api.configuration.currencies import Currency, CurrencyRead
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, Sql, rendered_columns
from omneo_api.incentives.balances import expressions
from omneo_api.incentives.balances.exchange import rate_to, system_currency
from omneo_api.profiles.profile.models import Profile


def _rate(figures: Any) -> Any:
    return func.coalesce(figures.rate, lit(1), type_=Numeric)


def _localised(figures: Any) -> Any:
    """The dollar figures in the asked currency: halves up, points truncated, as they would be spent."""
    rewards = func.round(figures.reward_balance * _rate(figures), lit(2))
    points = func.trunc(figures.point_balance_dollars * _rate(figures), lit(2))
    return func.json_build_object(
        lit("reward_balance"),
        func.trim_scale(rewards),
        lit("point_balance_dollars"),
        func.trim_scale(points),
        lit("combined_balance_dollars"),
        func.trim_scale(rewards + points),
        type_=JSON,
    )


class BalanceRead(Read):
    reward_balance: Decimal
    credit_balance: Decimal
    point_balance: Decimal
    point_balance_dollars: Decimal
    benefit_balance: int
    combined_balance_dollars: Annotated[
        Decimal, Sql(lambda figures: figures.reward_balance + figures.point_balance_dollars)
    ]
    localised: Annotated[dict[str, Decimal], Sql(_localised)]
    currency: Annotated[dict[str, Any] | None, Sql(lambda figures: figures.currency)]


def asked_currency() -> Any:
    return bindparam("currency", None, type_=Text)


def _pair() -> Any:
    """The currency row that turns the system's currency into the asked one, as an object."""
    forward = (Currency.from_code == system_currency()) & (Currency.to_code == asked_currency())
    backward = (Currency.to_code == system_currency()) & (Currency.from_code == asked_currency())
    row = (
        select(*rendered_columns(CurrencyRead, Currency))
        .where(forward | backward, asked_currency() != system_currency())
        .order_by(case((forward, lit(0)), else_=lit(1)))
        .limit(lit(1))
        .subquery()
    )
    return select(func.row_to_json(row.table_valued(), type_=JSON)).scalar_subquery()


FIGURES = {
    "reward_balance": expressions.reward_balance,
    "credit_balance": expressions.credit_balance,
    "point_balance": expressions.point_balance,
    "point_balance_dollars": expressions.point_balance_dollars,
    "benefit_balance": expressions.benefit_balance,
}


def balance_columns(schema: type[BalanceRead], source: Any, figures: dict[str, Any], *where: Any) -> Any:
    """A one-row selection of the shape; each figure is computed once (the offset keeps the planner from copying it)."""
    inner = (
        select(
            Profile.id.label("profile_id"),
            *(expression.label(name) for name, expression in figures.items()),
            rate_to(asked_currency()).label("rate"),
            _pair().label("currency"),
        )
        .select_from(source)
        .where(*where)
        .offset(lit(0))
        .subquery()
    )
    return select(*rendered_columns(schema, inner.c)).select_from(inner)


def balances_of(schema: type[BalanceRead] = BalanceRead) -> Any:
    """The balances of the live profile bound as `profile`, in the currency bound as `currency` (null: the system's)."""
    figures = {name: expression(Profile) for name, expression in FIGURES.items()}
    owner = Profile.id == bindparam("profile", type_=UUID(as_uuid=True))
    return balance_columns(schema, Profile, figures, owner, Profile.deleted_at.is_(None))
