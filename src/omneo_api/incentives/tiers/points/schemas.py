"""What goes in and out of tier points (incentives-status 2.1)."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from sqlalchemy import case, func, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.commerce.transactions.models import RecordedTransaction, TransactionItem
from omneo_api.commerce.transactions.schemas import TransactionItemRead, TransactionRead
from omneo_api.foundation import fields
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, Sql, rendered_columns
from omneo_api.foundation.validation import wrong
from omneo_api.incentives.inputs import Named
from omneo_api.incentives.tiers.definitions.schemas import MOST
from omneo_api.incentives.tiers.points.expressions import Status, status_of
from omneo_api.profiles.profile.schemas import ProfileContext

SOURCES: dict[str, tuple[type[Read], Any]] = {
    "transaction": (TransactionRead, RecordedTransaction),
    "transaction_item": (TransactionItemRead, TransactionItem),
}


def _source(point: Any) -> Any:
    """The sale or the line that earned the point, in full."""
    branches = []
    for kind, (schema, model) in SOURCES.items():
        subject = aliased(model)
        rows = select(*rendered_columns(schema, subject)).select_from(subject)
        told = rows.where(subject.id == point.source_id).correlate(point).subquery()
        branches.append(
            (point.source_type == lit(kind), select(func.row_to_json(told.table_valued())).scalar_subquery())
        )
    return case(*branches, else_=None).cast(JSON)


class TierPointRead(Read):
    id: int
    profile_id: uuid.UUID
    point_definition_id: int
    value: int
    issued_at: datetime
    accrued_at: datetime | None
    status: Annotated[Status, Sql(status_of)]
    source_type: str | None
    source_id: int | None
    source: Annotated[dict[str, Any] | None, Sql(_source)]
    meta: dict[str, Any] | list[Any] | None
    created_at: datetime
    updated_at: datetime


class TierPointContext(TierPointRead):
    """The root of tier-point events."""

    profile: ProfileContext


def _something(value: int) -> int:
    if value == 0:
        raise wrong("must not be 0.")
    return value


Amount = Annotated[fields.Int, Field(ge=-MOST, le=MOST), AfterValidator(_something)]


class TierPointBody(fields.Body):
    """`issued_at` must be sent; null means now."""

    profile_id: fields.Uuid
    point_definition_id: fields.Int
    value: Amount
    issued_at: fields.DateTime | None
    accrued_at: fields.DateTime | None = None
    meta: fields.Meta | None = None


class BatchTierPoint(Named, TierPointBody):
    """One row of a batch."""

    profile_id: fields.Text  # type: ignore[assignment]


class TierPointChange(fields.Body):
    value: Amount
    issued_at: fields.DateTime
    accrued_at: fields.DateTime | None = None
    meta: fields.Meta | None = None
