"""The points that a sale earned, as its events show them (automation 3.3)."""

from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.commerce.transactions.models import TransactionItem
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, rendered_columns
from omneo_api.incentives.points.models import Point
from omneo_api.incentives.points.schemas import PointRead


def lots_of_sale(transaction: Any) -> Any:
    """The points that a transaction and its lines earned and have not lost: an array."""
    point, line = aliased(Point), aliased(TransactionItem)
    lines = select(line.id).where(line.transaction_id == transaction.id).correlate(transaction)
    of_sale = (point.source_type == lit("transaction")) & (point.source_id == transaction.id)
    of_line = (point.source_type == lit("transaction_item")) & point.source_id.in_(lines)
    rows = select(*rendered_columns(PointRead, point)).select_from(point)
    earned = rows.where(point.external_key.is_not(None), or_(of_sale, of_line))
    told = earned.order_by(point.id).correlate(transaction).subquery()
    return func.coalesce(select(func.json_agg(told.table_valued())).scalar_subquery(), EMPTY_LIST, type_=JSONB)
