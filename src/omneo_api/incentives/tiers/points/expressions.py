"""The tier points of a sale, as transactions show them (commerce 1.1)."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from sqlalchemy import Text, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.foundation.models import Moment
from omneo_api.foundation.render import EMPTY_LIST, Read, Sql, rendered_columns
from omneo_api.incentives.tiers.points.models import TierPoint

NOW = select(literal_column("omneo_now()", Moment)).scalar_subquery()
Status = Literal["active", "pending"]


def status_of(point: Any) -> Any:
    """Whether the point counts at this moment."""
    pending, active = (literal_column(f"'{word}'", Text) for word in ("pending", "active"))
    return case((point.counts_from > NOW, pending), else_=active)


class TransactionTierPoint(Read):
    """A tier point without its source."""

    id: int
    profile_id: uuid.UUID
    point_definition_id: int
    value: int
    status: Annotated[Status | None, Sql(status_of)]
    source_type: str | None
    source_id: int | None
    meta: dict[str, Any] | list[Any] | None
    accrued_at: datetime | None
    issued_at: datetime
    created_at: datetime
    updated_at: datetime


def points_of_sale(transaction: Any) -> Any:
    """The live tier points of a transaction and its lines: an array."""
    point = aliased(TierPoint)
    mine = (point.transaction_id == transaction.id, point.deleted_at.is_(None))
    rows = select(*rendered_columns(TransactionTierPoint, point)).select_from(point).where(*mine)
    told = rows.order_by(point.id).correlate(transaction).subquery()
    return func.coalesce(select(func.json_agg(told.table_valued())).scalar_subquery(), EMPTY_LIST, type_=JSONB)
