"""The six figures of a profile as SQL expressions, summed over the lots that are spendable at this moment.

A lot is usable during the very second of its `expires_at`. Each sum walks a partial index of unspent lots that are not
past, so its cost does not grow with what the profile has spent or let expire.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, Integer, Numeric, and_, cast, func, literal_column, or_, select
from sqlalchemy.orm import aliased

from omneo_api.foundation.models import Moment, lit
from omneo_api.incentives.balances.exchange import dollars_per_point, to_system
from omneo_api.incentives.credits.models import Credit
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.rewards.models import Reward

Now = ColumnElement[Any]
ZERO = literal_column("0::numeric", Numeric)
# Row-level security lets only leakproof conditions into an index; adding an interval is not, the result of a
# subselect is. So moments are subselects, and the walk begins at the lots that are not past.
NOW: Now = select(literal_column("omneo_now()", Moment)).scalar_subquery()
CountBenefits = Callable[[Any], ColumnElement[Any]]
_benefits: list[CountBenefits] = []


def count_benefits_with(expression: CountBenefits) -> None:
    """Tells how a profile's redeemable benefits are counted: an integer expression over a profile."""
    _benefits[:] = [expression]


def this_second(now: Now) -> Now:
    return select(func.date_trunc(lit("second"), now, type_=Moment)).scalar_subquery()


def unexpired(lot: Any, now: Now = NOW) -> ColumnElement[bool]:
    return lot.usable_until >= this_second(now)  # type: ignore[no-any-return]


def is_expired(lot: Any, now: Now = NOW) -> ColumnElement[bool]:
    return lot.usable_until < this_second(now)  # type: ignore[no-any-return]


def reward_available(reward: Any, now: Now = NOW) -> ColumnElement[bool]:
    return and_(
        reward.value_remaining > lit(0), reward.deleted_at.is_(None), reward.issued_at <= now, unexpired(reward, now)
    )


def point_available(point: Any, now: Now = NOW) -> ColumnElement[bool]:
    return and_(point.value_remaining != lit(0), point.issued_at <= now, unexpired(point, now))


def effectively_locked(credit: Any, now: Now = NOW) -> ColumnElement[bool]:
    return and_(credit.locked, or_(credit.lock_expires_at.is_(None), credit.lock_expires_at > now))


def credit_available(credit: Any, now: Now = NOW) -> ColumnElement[bool]:
    """Whether a credit is in its owner's balance and in pooled spending."""
    return and_(
        credit.value_remaining > lit(0),
        credit.deleted_at.is_(None),
        credit.issued_at <= now,
        or_(credit.released_at.is_(None), credit.released_at <= now),
        unexpired(credit, now),
        ~effectively_locked(credit, now),
    )


def _sum(value: Any, lot: Any, available: ColumnElement[bool], profile: Any) -> ColumnElement[Any]:
    total = select(func.coalesce(func.sum(value), ZERO, type_=Numeric))
    return total.where(lot.profile_id == profile.id, available).correlate(profile).scalar_subquery()


def _dollars(lot: Any) -> ColumnElement[Any]:
    return func.round(lot.value_remaining * to_system(lot.currency), lit(2), type_=Numeric)


def reward_balance(profile: Any) -> ColumnElement[Any]:
    reward = aliased(Reward)
    return _sum(_dollars(reward), reward, reward_available(reward), profile)


def credit_balance(profile: Any) -> ColumnElement[Any]:
    credit = aliased(Credit)
    return _sum(_dollars(credit), credit, credit_available(credit), profile)


def point_balance(profile: Any) -> ColumnElement[Any]:
    point = aliased(Point)
    return _sum(point.value_remaining, point, point_available(point), profile)


def point_balance_dollars(profile: Any) -> ColumnElement[Any]:
    """Truncated to cents, so that a balance that is shown can be spent in full; a debt is worth nothing."""
    point = aliased(Point)
    worth = _sum(point.value_remaining * dollars_per_point(point.currency), point, point_available(point), profile)
    return func.trunc(func.greatest(worth, ZERO), lit(2), type_=Numeric)


def benefit_balance(profile: Any) -> ColumnElement[Any]:
    """How many of the profile's benefits can be redeemed now; none while no benefits are installed."""
    return _benefits[0](profile) if _benefits else cast(lit(0), Integer)


def combined_balance_dollars(profile: Any) -> ColumnElement[Any]:
    return reward_balance(profile) + point_balance_dollars(profile)
