"""`GET /profiles/{profile}/balances` (incentives-value 9.1)."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Numeric, and_, bindparam, case, func, or_, select, tuple_
from sqlalchemy.dialects.postgresql import UUID, distinct_on
from sqlalchemy.orm import aliased

from omneo_api.foundation.calls import Answer, Call, Owner, one
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.models import Moment, lit
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.render import one_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.balances import expressions
from omneo_api.incentives.balances.exchange import dollars_per_point, rate_to, to_system
from omneo_api.incentives.balances.expressions import ZERO
from omneo_api.incentives.balances.schemas import BalanceRead, asked_currency, balance_columns, balances_of
from omneo_api.incentives.credits.models import Credit
from omneo_api.incentives.ledger.models import Movement
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.rewards.models import Reward
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.scope import of_profile

routes = Routes("Balances")
WHOLE_SECOND = timedelta(microseconds=999_999)


def _owner() -> Any:
    return bindparam("profile", type_=UUID(as_uuid=True))


def _moment() -> Any:
    return bindparam("moment", type_=Moment)


def _lots_then() -> Any:
    """The newest movement of every lot that the profile ever had, up to the moment bound as `moment`."""
    mine, m = aliased(Movement), aliased(Movement)
    ever = select(mine.lot_kind, mine.lot_id).where(mine.profile_id == _owner(), mine.at <= _moment())
    currency = case(
        *(
            (m.lot_kind == kind, select(model.currency).where(model.id == m.lot_id).correlate(m).scalar_subquery())
            for kind, model in (("reward", Reward), ("point", Point), ("credit", Credit))
        ),
        else_=None,
    )
    newest = (
        select(m, currency.label("currency"))
        .ext(distinct_on(m.lot_kind, m.lot_id))
        .where(tuple_(m.lot_kind, m.lot_id).in_(ever), m.at <= _moment())
        .order_by(m.lot_kind, m.lot_id, m.id.desc())
        .subquery()
        .c
    )
    usable = and_(
        newest.profile_id == _owner(),
        newest.is_live,
        newest.remaining != lit(0),
        newest.opens_at <= _moment(),
        or_(newest.closes_at.is_(None), newest.closes_at >= func.date_trunc(lit("second"), _moment())),
        ~and_(newest.locked, or_(newest.locked_until.is_(None), newest.locked_until > _moment())),
    )
    return select(newest.lot_kind, newest.remaining, newest.currency).where(usable).cte("then_usable")


def _balances_then() -> Any:
    """The figures as they were: lots and their terms of that moment, valued at today's rates."""
    lots = _lots_then()

    def total(kind: str, value: Any) -> Any:
        return select(func.coalesce(func.sum(value), ZERO, type_=Numeric)).where(lots.c.lot_kind == kind)

    dollars = func.round(lots.c.remaining * to_system(lots.c.currency), lit(2), type_=Numeric)
    worth = total("point", lots.c.remaining * dollars_per_point(lots.c.currency)).scalar_subquery()
    figures = {
        "reward_balance": total("reward", dollars).scalar_subquery(),
        "credit_balance": total("credit", dollars).scalar_subquery(),
        "point_balance": total("point", lots.c.remaining).scalar_subquery(),
        "point_balance_dollars": func.trunc(func.greatest(worth, ZERO), lit(2), type_=Numeric),
        "benefit_balance": expressions.benefit_balance(Profile),
    }
    return balance_columns(BalanceRead, Profile, figures, Profile.id == _owner(), Profile.deleted_at.is_(None))


_NOW = Statement(lambda: one_json(balances_of()))
_THEN = Statement(lambda: one_json(_balances_then()))
_RATE = Statement(lambda: select(rate_to(asked_currency())))


async def rate_of(session: Any, code: str, field: str = "currency") -> Any:
    """How much of currency `code` one unit of the system's currency is. Raises: Invalid for an unknown code."""
    rate = await session.value(_RATE, currency=code)
    if rate is None:
        raise Invalid.field(field, selected_is_invalid(field))
    return rate


def _as_of(text: str) -> datetime:
    """A moment; one without a fraction means the whole second."""
    try:
        # A plus sign arrives as a blank: behind the seconds it can only have been the sign of an offset.
        moment = datetime.fromisoformat(text[:19] + text[19:].replace(" ", "+"))
        moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise Invalid.field("as_of", "The as of field must be a valid date.") from None
    return moment if moment.microsecond else moment + WHOLE_SECOND


async def balances_text(session: Any, profile_id: Any, currency: str | None = None) -> str:
    """The balances of a profile as they stand within this session. Raises: NotFound."""
    found: str | None = await session.value(_NOW, profile=profile_id, currency=currency)
    if found is None:
        raise NotFound
    return found


@routes.get("/balances", "read-profiles", answers=BalanceRead)
async def balances(session: Any, call: Call, owner: Owner) -> Answer:
    """Read a profile's balances.

    `currency` tells the dollar figures in another currency as well. `as_of` answers the balances of an earlier moment:
    what a read at that moment gave, valued at today's rates, with today's count of benefits.
    """
    code, then = _word(call, "currency"), _word(call, "as_of")
    if code is not None:
        await rate_of(session, code)
    if then is None:
        return one(await balances_text(session, owner.id, code))
    found = await session.value(_THEN, profile=owner.id, currency=code, moment=_as_of(then))
    if found is None:
        raise NotFound
    return one(found)


def _word(call: Call, name: str) -> str | None:
    value = call.query.get(name) if call.query_string else None
    text = value.strip() if isinstance(value, str) else ""
    if "\x00" in text:
        raise Invalid.field(name, selected_is_invalid(name))
    return text if text not in ("", "null", "undefined") else None


def operations() -> list[Operation]:
    return routes.mounted("/profiles/{profile}", owner=of_profile)
