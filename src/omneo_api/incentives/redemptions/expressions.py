"""What a transaction or an order shows of its redemptions, as JSON expressions (incentives-value 10.7)."""

from typing import Any

from sqlalchemy import and_, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.commerce.locations.models import Location
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import rendered_columns, wire
from omneo_api.incentives.redemptions.models import Redemption, RedemptionItem, RedemptionState
from omneo_api.incentives.redemptions.schemas import RedemptionItemRead


def _shown(link: str, entity: Any, *, reversed_: bool) -> Any:
    """Selects the redemptions of a sale in the short form that the sale shows."""
    redemption, state, undoing = aliased(Redemption), aliased(RedemptionState), aliased(Redemption)
    place, item = aliased(Location), aliased(RedemptionItem)
    where = (
        select(place.id, place.name, place.external_id)
        .where(place.id == redemption.location_id)
        .correlate(redemption)
        .subquery()
    )
    lines = (
        select(*rendered_columns(RedemptionItemRead, item))
        .select_from(item)
        .where(item.redemption_id == redemption.id)
        .order_by(item.id)
        .correlate(redemption)
        .subquery()
    )
    undone = exists(
        select(lit(1))
        .where(undoing.original_id == redemption.id, undoing.type == lit("reversal"))
        .correlate(redemption)
    )
    return (
        select(
            redemption.id,
            redemption.type,
            wire(redemption.total).label("total"),
            wire(redemption.total_localised).label("total_localised"),
            redemption.location_id,
            select(func.row_to_json(where.table_valued())).scalar_subquery().label("location"),
            func.coalesce(
                select(func.json_agg(lines.table_valued())).scalar_subquery(), literal_column("'[]'::json")
            ).label("items"),
        )
        .select_from(redemption)
        .join(state, and_(state.tenant_id == redemption.tenant_id, state.redemption_id == redemption.id))
        .where(getattr(state, link) == entity.id, undone if reversed_ else ~undone)
        .order_by(redemption.id.desc())
        .correlate(entity)
    )


def transaction_redemption(transaction: Any) -> Any:
    """The `redemption` of a transaction: an object, or null."""
    rows = _shown("transaction_id", transaction, reversed_=False).limit(lit(1)).subquery()
    return select(func.row_to_json(rows.table_valued(), type_=JSONB)).scalar_subquery()


def reversed_redemptions(transaction: Any) -> Any:
    """The redemptions of a transaction that were reversed: an array."""
    rows = _shown("transaction_id", transaction, reversed_=True).subquery()
    return func.coalesce(
        select(func.json_agg(rows.table_valued())).scalar_subquery(), literal_column("'[]'::json"), type_=JSONB
    )


def order_redemption(order: Any) -> Any:
    """The `redemption` of an order: an object, or null."""
    rows = _shown("order_id", order, reversed_=False).limit(lit(1)).subquery()
    return select(func.row_to_json(rows.table_valued(), type_=JSONB)).scalar_subquery()


def transaction_redemption_id(transaction: Any) -> Any:
    """The id of the redemption that a transaction shows, or null."""
    rows = _shown("transaction_id", transaction, reversed_=False).limit(lit(1)).subquery()
    return select(rows.c.id).scalar_subquery()


def order_redemption_id(order: Any) -> Any:
    """The id of the redemption that an order shows, or null."""
    rows = _shown("order_id", order, reversed_=False).limit(lit(1)).subquery()
    return select(rows.c.id).scalar_subquery()
