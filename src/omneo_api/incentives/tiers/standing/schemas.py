"""What goes out of a profile's standing: the progress, and the short form that profiles show (incentives-status 3.1)."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import Text, func, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.foundation import fields
from omneo_api.foundation.render import Read, Sql, rendered_columns
from omneo_api.incentives.tiers.definitions.models import TierDefinition
from omneo_api.incentives.tiers.definitions.schemas import TierDefinitionRead
from omneo_api.incentives.tiers.standing.view import TierProgress


class TierProgressRead(Read):
    id: int
    profile_id: uuid.UUID
    current_tier: TierDefinitionRead | None
    next_tier: TierDefinitionRead | None
    prev_tier: TierDefinitionRead | None
    is_floor: bool
    current_credit: int
    current_progress: int
    current_remain: int
    next_progress: int
    next_remain: int | None
    total_points_12m: int
    total_points_achievement: int
    next_progress_change_at: datetime | None
    anniversary_at: datetime | None
    maintained_at: datetime | None
    assigned_at: datetime | None
    achieved_at: datetime | None
    created_at: datetime
    updated_at: datetime


def _of_level(column: str) -> Sql:
    def expression(progress: Any) -> Any:
        level = aliased(TierDefinition)
        found = select(getattr(level, column)).where(level.id == progress.tier_id)
        return found.correlate(progress).scalar_subquery()

    return Sql(expression)


class HeldTierRead(Read):
    """The tier that a profile holds, as the profile shows it."""

    id: Annotated[int, Sql(lambda progress: progress.tier_id)]
    profile_id: uuid.UUID
    name: Annotated[str, _of_level("name")]
    handle: Annotated[str, _of_level("handle")]
    anniversary_at: datetime | None
    maintained_at: datetime | None
    assigned_at: datetime | None
    achieved_at: datetime | None


def _held(profile: Any, progress: Any, *columns: Any) -> Any:
    return (
        select(*columns)
        .select_from(progress)
        .where(progress.profile_id == profile.id, progress.is_own, progress.tier_id.is_not(None))
        .correlate(profile)
    )


def tier_of(profile: Any) -> Any:
    """The `tier` of a profile: an object, or null."""
    progress = aliased(TierProgress)
    rows = _held(profile, progress, *rendered_columns(HeldTierRead, progress)).subquery()
    return select(func.row_to_json(rows.table_valued(), type_=JSONB)).scalar_subquery()


def tier_handle_of(profile: Any) -> Any:
    """The `tier_handle` of a profile, or null."""
    progress = aliased(TierProgress)
    level = aliased(TierDefinition)
    handle = select(level.handle).where(level.id == progress.tier_id).correlate(progress).scalar_subquery()
    return _held(profile, progress, handle.label("handle")).scalar_subquery().cast(Text)


class AssignBody(fields.Body):
    """`tier` is the handle of a level of the profile's program."""

    tier: fields.Text


class CalculateRow(fields.Body):
    profile_id: fields.Uuid
