"""A profile's standing as it is read: the stored row with its neighbouring levels and the figures of this moment."""

from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, Boolean, Integer, Text, and_, literal_column, select, true
from sqlalchemy.dialects.postgresql import UUID

from omneo_api.foundation.models import Base, Moment
from omneo_api.foundation.relationships import single
from omneo_api.incentives.tiers.definitions.models import TierDefinition
from omneo_api.incentives.tiers.points.models import TierPoint
from omneo_api.incentives.tiers.standing import figures as f
from omneo_api.incentives.tiers.standing.models import TierStanding

_LOWEST = """
    (SELECT td.id FROM tier_definitions td WHERE td.program = s.program AND td.deleted_at IS NULL
     ORDER BY td.value_min, td.id LIMIT 1)
"""
_COLUMNS: dict[str, tuple[str, Any]] = {
    "tenant_id": ("s.tenant_id", Integer()),
    "id": ("s.id", BigInteger()),
    "profile_id": ("s.profile_id", UUID(as_uuid=True)),
    "is_own": (f"s.program = {f.program_of('s.profile_id')}", Boolean()),
    "is_placed": ("s.is_placed OR l.id IS NULL AND n.id IS NULL", Boolean()),
    "tier_id": ("s.tier_id", BigInteger()),
    "next_id": ("n.id", BigInteger()),
    "prev_id": ("l.prev_id", BigInteger()),
    "is_floor": ("coalesce(l.is_floor, false)", Boolean()),
    "current_credit": (f.credit("l", "g"), BigInteger()),
    "current_progress": (f.progress("l", "g"), BigInteger()),
    "current_remain": (f.remain("l", "g"), BigInteger()),
    "next_progress": ("CASE WHEN n.id IS NULL THEN 0 ELSE g.rolling END", BigInteger()),
    "next_remain": ("CASE WHEN n.id IS NOT NULL THEN greatest(n.value_min - g.rolling, 0) END", BigInteger()),
    "total_points_12m": ("CASE WHEN l.id IS NULL AND n.id IS NULL THEN 0 ELSE g.rolling END", BigInteger()),
    "total_points_achievement": ("CASE WHEN l.id IS NULL THEN 0 ELSE g.achievement END", BigInteger()),
    "next_progress_change_at": (
        f"CASE WHEN l.id IS NOT NULL OR n.id IS NOT NULL THEN {f.end_of(f'(g.oldest + {f.YEAR})::date - 1')} END",
        Text(),
    ),
    "anniversary_at": (f.end_of("s.anniversary_on"), Text()),
    "maintained_at": (f.start_of("s.maintained_on"), Text()),
    "assigned_at": ("s.assigned_at", Moment),
    "achieved_at": (f.start_of("s.achieved_on"), Text()),
    "created_at": ("s.created_at", Moment),
    "updated_at": ("s.updated_at", Moment),
}
_WHOSE = ("s.profile_id", f.TODAY, "s")
_standing = TierStanding.__table__.alias("s")
_held, _next = TierDefinition.__table__.alias("l"), TierDefinition.__table__.alias("n")
_sums = (
    select(*(literal_column(sql).label(name) for name, sql in f.summed(*_WHOSE).items()))
    .select_from(TierPoint.__table__.alias("p"))
    .where(literal_column(f"({f.counted(*_WHOSE)})", Boolean))
    .lateral("g")
)
_joined = (
    _standing.outerjoin(_held, and_(_held.c.tenant_id == _standing.c.tenant_id, _held.c.id == _standing.c.tier_id))
    .outerjoin(
        _next,
        and_(
            _next.c.tenant_id == _standing.c.tenant_id,
            _next.c.id == literal_column(f"CASE WHEN s.tier_id IS NULL THEN {_LOWEST} ELSE l.next_id END", BigInteger),
        ),
    )
    .outerjoin(_sums, true())
)


class TierProgress(Base):
    """The view. Standings in programs that are not the profile's any more are in it too, but not its own (`is_own`).

    The join of the sums is left, so that the planner drops it for readers that show no figures.
    """

    __table__ = (
        select(*(literal_column(f"({sql})", kind).label(name) for name, (sql, kind) in _COLUMNS.items()))
        .select_from(_joined)
        .subquery("tier_progress")
    )
    if TYPE_CHECKING:
        id: Any
        tenant_id: Any
        profile_id: Any
        is_own: Any
        tier_id: Any
        is_placed: Any

    __mapper_args__ = {"primary_key": [__table__.c.tenant_id, __table__.c.id]}


def _level(column: str) -> Any:
    return single("TierDefinition", on=f"TierProgress.{column} == TierDefinition.id")


TierProgress.current_tier = _level("tier_id")
TierProgress.next_tier = _level("next_id")
TierProgress.prev_tier = _level("prev_id")
TierProgress.profile = single("Profile", on="TierProgress.profile_id == Profile.id")
