"""What goes in and out of points and their definitions (incentives-value 4 and 5)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import Field
from sqlalchemy import Numeric, Text, case, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.commerce.transactions.models import Transaction, TransactionState
from omneo_api.foundation import fields
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, Sql, wire
from omneo_api.incentives.balances.exchange import worth_of_point
from omneo_api.incentives.balances.expressions import NOW, is_expired
from omneo_api.incentives.inputs import Absolute, Count, Currency, Handle, RegionShort
from omneo_api.incentives.periods import IssuePeriodType

Status = Literal["pending", "issued", "redeemed", "expired"]


class PointDefinitionRead(Read):
    id: int
    name: str
    handle: str
    region_id: int | None
    region: RegionShort | None
    currency: str | None
    description: str | None
    notes: str | None
    is_reassignable: bool
    issue_period: int | None
    issue_period_type: IssuePeriodType | None
    issue_absolute_expiry: str | None
    tags: list[str]
    created_at: datetime
    updated_at: datetime


class PointDefinitionBody(fields.Body):
    name: fields.Text
    handle: Handle
    region_id: fields.Int | None = None
    currency: Currency | None = None
    description: fields.LongText | None = None
    notes: fields.LongText | None = None
    is_reassignable: fields.Bool = False
    issue_period: Count | None = None
    issue_period_type: IssuePeriodType | None = None
    issue_absolute_expiry: Absolute | None = None
    tags: fields.Tags = Field(default=[])


def _worth(column: str) -> Sql:
    """Money of the definition's own currency: what of it is in the balance is converted there."""

    def expression(point: Any) -> Any:
        return func.trunc(getattr(point, column) * worth_of_point(point.currency), lit(2), type_=Numeric)

    return Sql(expression)


def _status(point: Any) -> Any:
    return case(
        (point.value_remaining == lit(0), literal_column("'redeemed'", Text)),
        (point.issued_at > NOW, literal_column("'pending'", Text)),
        (is_expired(point), literal_column("'expired'", Text)),
        else_=literal_column("'issued'", Text),
    )


def _source(point: Any) -> Any:
    """The sale that earned the points in a few words, or the id of whatever else did."""
    sale, state = aliased(Transaction), aliased(TransactionState)
    receipt = select(state.receipt_ref).where(state.transaction_id == sale.id).correlate(sale).scalar_subquery()
    told = (
        select(
            sale.id,
            sale.external_id,
            receipt.label("receipt_ref"),
            wire(sale.transacted_at).label("transacted_at"),
            wire(sale.total).label("total"),
        )
        .where(sale.id == point.source_id)
        .correlate(point)
        .subquery()
    )
    transaction = select(func.row_to_json(told.table_valued())).scalar_subquery()
    plain = func.json_build_object(lit("id"), point.source_id)
    sold = point.source_type == lit("transaction")
    return case((point.source_id.is_(None), None), (sold, func.coalesce(transaction, plain)), else_=plain).cast(JSON)


class PointRead(Read):
    id: int
    profile_id: uuid.UUID
    linked_profile_id: uuid.UUID | None
    value_initial: Decimal
    value_remaining: Decimal
    value_initial_currency: Annotated[Decimal | None, _worth("value_initial")]
    value_remaining_currency: Annotated[Decimal | None, _worth("value_remaining")]
    issued_at: datetime
    accrued_at: datetime
    expires_at: datetime | None
    status: Annotated[Status, Sql(_status)]
    definition: PointDefinitionRead
    source_type: str | None
    source: Annotated[dict[str, Any] | None, Sql(_source)]
    rate: Any
    description: str | None
    meta: Any
    created_at: datetime
    updated_at: datetime


class PointBody(fields.Body):
    """`profile_id`, a definition (by id or handle) and `value_initial` are required; naive moments are UTC."""

    profile_id: fields.Uuid | None = None
    point_definition_id: fields.Int | None = None
    point_definition_handle: fields.Text | None = None
    value_initial: fields.Money | None = None
    value_remaining: fields.Money | None = None
    issued_at: fields.DateTime | None = None
    accrued_at: fields.DateTime | None = None
    expires_at: fields.DateTime | None = None
    description: fields.LongText | None = None
    meta: fields.Meta | None = None
