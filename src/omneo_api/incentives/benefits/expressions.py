"""What benefits and their definitions are at this moment, as SQL expressions (incentives-status 8.1 and 9.1)."""

from typing import Any

from sqlalchemy import BigInteger, Boolean, ColumnElement, Integer, and_, case, cast, func, or_, select
from sqlalchemy.orm import aliased

from omneo_api.foundation.models import lit
from omneo_api.incentives.balances.expressions import NOW, count_benefits_with, unexpired
from omneo_api.incentives.benefits.models import Benefit, BenefitDefinition, BenefitTally

ZERO: Any = lit(0)


def tallied(column: str, definition: Any) -> ColumnElement[Any]:
    """A counter of a definition, summed over its slots."""
    tally = aliased(BenefitTally)
    total = select(cast(func.coalesce(func.sum(getattr(tally, column)), ZERO), BigInteger))
    return total.where(tally.benefit_definition_id == definition.id).correlate(definition).scalar_subquery()


def global_remaining(definition: Any) -> ColumnElement[Any]:
    """How often the definition's benefits may still be redeemed by everybody together; null without a limit."""
    most = definition.max_global_redemptions
    left = func.greatest(most - tallied("redeemed", definition), ZERO)
    return case((most.is_(None), None), else_=cast(left, BigInteger))


def same_campaign(definition: Any) -> ColumnElement[Any]:
    """How many live definitions carry the same campaign, this one included; 0 without one."""
    other = aliased(BenefitDefinition)
    found = select(func.count()).select_from(other).where(other.campaign == definition.campaign)
    return found.where(other.deleted_at.is_(None)).correlate(definition).scalar_subquery()


def _global_left(benefit: Any) -> ColumnElement[Any]:
    definition = aliased(BenefitDefinition)
    left = select(global_remaining(definition)).where(definition.id == benefit.benefit_definition_id)
    return left.correlate(benefit).scalar_subquery()


def own_remaining(benefit: Any) -> ColumnElement[Any]:
    """How often the benefit may still be redeemed; null without a limit."""
    return cast(benefit.max_redemptions - benefit.redeemed, BigInteger)


def total_remaining(benefit: Any) -> ColumnElement[Any]:
    """The definition's remaining redemptions, or the benefit's own where the definition has no limit."""
    return func.coalesce(_global_left(benefit), own_remaining(benefit), type_=BigInteger)


def is_redeemable(benefit: Any, now: Any = NOW) -> ColumnElement[bool]:
    return and_(
        benefit.deleted_at.is_(None),
        benefit.issued_at <= now,
        unexpired(benefit, now),
        or_(benefit.max_redemptions.is_(None), benefit.redeemed < benefit.max_redemptions),
        func.coalesce(_global_left(benefit) > ZERO, True, type_=Boolean),
    )


def benefit_balance(profile: Any) -> ColumnElement[Any]:
    """How many of a profile's benefits can be redeemed now."""
    benefit = aliased(Benefit)
    found = select(cast(func.count(), Integer)).select_from(benefit)
    return found.where(benefit.profile_id == profile.id, is_redeemable(benefit)).correlate(profile).scalar_subquery()


count_benefits_with(benefit_balance)
