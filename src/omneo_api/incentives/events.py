"""The events of lots and balances, with what they carry (automation 2 and 3.3)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import BigInteger, Numeric, bindparam, func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.commerce.allocations.models import Allocation
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import Read, Sql, one_json, rendered_columns, rows_json, wire
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.balances.schemas import BalanceRead, balances_of
from omneo_api.incentives.benefits.models import Benefit
from omneo_api.incentives.benefits.schemas import BenefitRead
from omneo_api.incentives.credits.models import Credit
from omneo_api.incentives.credits.schemas import CreditRead
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.points.schemas import PointRead
from omneo_api.incentives.redemptions.models import Redemption, RedemptionState
from omneo_api.incentives.rewards.models import Reward
from omneo_api.incentives.rewards.schemas import RewardRead, local_time
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import ProfileContext


def _holder(figures: Any) -> Any:
    """The whole profile of a one-row selection of figures."""
    profile = aliased(Profile)
    rows = select(*rendered_columns(ProfileContext, profile)).where(profile.id == figures.profile_id).subquery()
    return select(func.row_to_json(rows.table_valued(), type_=JSON)).scalar_subquery()


class BalanceContext(BalanceRead):
    profile_id: uuid.UUID
    profile: Annotated[dict[str, Any] | None, Sql(_holder)]


def _redemption(_: Any) -> Any:
    """The redemption bound as `redemption`, in a few words."""
    found, state = aliased(Redemption), aliased(RedemptionState)
    transaction = select(state.transaction_id).where(state.redemption_id == found.id).correlate(found)
    told = (
        select(
            found.id,
            found.type,
            wire(found.total).label("total"),
            wire(found.total_localised).label("total_localised"),
            transaction.scalar_subquery().label("transaction_id"),
            wire(found.created_at).label("created_at"),
        )
        .where(found.id == bindparam("redemption", type_=BigInteger))
        .subquery()
    )
    return select(func.row_to_json(told.table_valued(), type_=JSON)).scalar_subquery()


def _redeemed_value(_: Any) -> Any:
    return bindparam("redeemed_value", type_=Numeric)


class RewardContext(RewardRead):
    profile: ProfileContext | None


class CreditContext(CreditRead):
    profile: ProfileContext | None


class RewardRedeemed(RewardContext):
    redeemed_value: Annotated[Decimal, Sql(_redeemed_value)]
    redemption: Annotated[dict[str, Any], Sql(_redemption)]


class CreditRedeemed(CreditContext):
    redeemed_value: Annotated[Decimal, Sql(_redeemed_value)]
    redemption: Annotated[dict[str, Any], Sql(_redemption)]


def _point_wall(column: str) -> Sql:
    """Points have no zone of their own: the wall is that of UTC."""
    return Sql(lambda point: getattr(point, column))


class PointContext(PointRead):
    profile: ProfileContext | None
    issued_local_at: Annotated[str, _point_wall("issued_at")]
    expires_local_at: Annotated[str | None, _point_wall("expires_at")]


class BenefitContext(BenefitRead):
    profile: ProfileContext | None
    issued_local_at: Annotated[datetime, local_time("issued_at")]
    expires_local_at: Annotated[datetime | None, local_time("expires_at")]


class BenefitRedeemed(BenefitContext):
    redemption: Annotated[dict[str, Any], Sql(_redemption)]


def _code(_: Any) -> Any:
    """The code bound as `allocation`, in a few words."""
    found = aliased(Allocation)
    told = (
        select(found.id, found.code, found.definition_type.label("type"))
        .where(found.id == bindparam("allocation", type_=BigInteger))
        .subquery()
    )
    return select(func.row_to_json(told.table_valued(), type_=JSON)).scalar_subquery()


class BenefitAllocated(BenefitContext):
    allocation: Annotated[dict[str, Any], Sql(_code)]


SHAPES: dict[str, tuple[type[Read], Any]] = {
    "reward": (RewardContext, Reward),
    "point": (PointContext, Point),
    "credit": (CreditContext, Credit),
    "benefit": (BenefitContext, Benefit),
}


def _by_id(schema: type[Read], model: Any) -> Statement:
    return Statement(lambda: one_json(rows_json(schema, model).where(model.id == bindparam("id", type_=BigInteger))))


_CONTEXTS = {kind: _by_id(schema, model) for kind, (schema, model) in SHAPES.items()}
_REDEEMED = {
    "reward": _by_id(RewardRedeemed, Reward),
    "credit": _by_id(CreditRedeemed, Credit),
    "benefit": _by_id(BenefitRedeemed, Benefit),
}
_ALLOCATED = _by_id(BenefitAllocated, Benefit)
_BALANCE = Statement(lambda: one_json(balances_of(BalanceContext)))


def lot(session: Any, name: str, kind: str, identifier: int, profile_id: uuid.UUID | None) -> None:
    """Emits `name` with the lot as it stands when the transaction ends."""
    session.outbox.emit(name, kind, identifier, Context(_CONTEXTS[kind], {"id": identifier}), profile_id)


async def gone(session: Any, kind: str, identifier: int, profile_id: uuid.UUID | None) -> None:
    """Emits `….deleted` with the lot as it was."""
    state = Context(text=await Context(_CONTEXTS[kind], {"id": identifier}).render(session))
    session.outbox.emit(f"{kind}.deleted", kind, identifier, state, profile_id)


def changed(session: Any, kind: str, identifier: int, profile_id: uuid.UUID | None) -> None:
    lot(session, f"{kind}.updated", kind, identifier, profile_id)


def expired(session: Any, kind: str, identifier: int, profile_id: uuid.UUID | None) -> None:
    """Points have no event of that name: they are updated."""
    if kind == "reward":
        lot(session, "reward.expired", kind, identifier, profile_id)
    else:
        changed(session, kind, identifier, profile_id)


def redeemed(
    session: Any, kind: str, identifier: int, profile_id: uuid.UUID | None, *, value: Decimal, redemption_id: int
) -> None:
    """Emits `….redeemed` for rewards, credits and benefits; the lot's update is told as well."""
    if kind in _REDEEMED:
        values = {"id": identifier, "redeemed_value": value, "redemption": redemption_id}
        session.outbox.emit(f"{kind}.redeemed", kind, identifier, Context(_REDEEMED[kind], values), profile_id)
    changed(session, kind, identifier, profile_id)


def allocated(session: Any, benefit_id: int, profile_id: uuid.UUID, allocation_id: int) -> None:
    """Emits that a code of a pool became a benefit's."""
    context = Context(_ALLOCATED, {"id": benefit_id, "allocation": allocation_id})
    session.outbox.emit("benefit.code.allocated", "benefit", benefit_id, context, profile_id)


def balance(session: Any, profile_id: uuid.UUID) -> None:
    """At most one per transaction: an event of that name is only kept once."""
    session.outbox.emit(
        "balance.updated", "balance", profile_id, Context(_BALANCE, {"profile": profile_id}), profile_id
    )
