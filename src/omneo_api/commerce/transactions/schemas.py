"""What goes out of transactions (commerce 1.1, 2.1) and the snapshots of their events (automation 3.3)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import create_model
from sqlalchemy import Text, cast, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONB

from omneo_api.commerce.locations.schemas import ShortLocation
from omneo_api.commerce.products.schemas import ProductVariantRead
from omneo_api.commerce.transactions import articles
from omneo_api.commerce.transactions.articles import SoldProduct
from omneo_api.commerce.transactions.models import TransactionItemAnnotation, TransactionState
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Included, Read, Source, Sql
from omneo_api.incentives.points.expressions import lots_of_sale
from omneo_api.incentives.points.schemas import PointRead
from omneo_api.incentives.redemptions.expressions import (
    reversed_redemptions,
    transaction_redemption,
    transaction_redemption_id,
)
from omneo_api.incentives.tiers.points.expressions import TransactionTierPoint, points_of_sale
from omneo_api.platform.custom_fields.shapes import ShownCustomField
from omneo_api.profiles.profile.schemas import ProfileContext, StaffRead

NOTHING = Sql(lambda _: literal_column("NULL::json", JSONB()))
NO_ROWS = Sql(lambda _: literal_column("'[]'::json", JSONB()))


def annotated(column: str, otherwise: Any = None) -> Sql:
    """A column of a line's annotation; `otherwise` where the line has none."""

    def expression(item: Any) -> Any:
        note = TransactionItemAnnotation.__table__.alias()
        found = (
            select(note.c[column])
            .where(note.c.tenant_id == item.tenant_id, note.c.item_id == item.id)
            .correlate(item)
            .scalar_subquery()
        )
        return found if otherwise is None else func.coalesce(found, otherwise(item), type_=note.c[column].type)

    return Sql(expression)


def _order(item: Any) -> Any:
    state = TransactionState.__table__.alias()
    same = (state.c.tenant_id == item.tenant_id, state.c.transaction_id == item.transaction_id)
    return select(state.c.order_id).where(*same).correlate(item).scalar_subquery()


def _local(row: Any) -> Any:
    zoned = func.timezone(row.timezone, row.transacted_at)
    return cast(func.left(cast(zoned, Text), lit(19)), Text)


def _converted(row: Any) -> Any:
    return func.round(row.total * row.currency_rate, lit(2), type_=row.total.type)


class TransactionProfile(Read):
    email: str | None


# One of its keys is a word of Python, so this shape cannot be written as a class.
CurrencyValueRead = create_model(
    "CurrencyValueRead",
    __base__=Read,
    **{  # type: ignore[call-overload]
        "id": (int, ...),
        "from": (Annotated[str, Source("from_currency")], ...),
        "to": (Annotated[str, Source("to_currency")], ...),
        "rate": (Decimal, ...),
        "total": (Decimal, ...),
        "created_at": (datetime, ...),
        "updated_at": (Annotated[datetime, Source("created_at")], ...),
    },
)


class TransactionCustomField(ShownCustomField):
    """A custom field of a transaction."""


class ItemTransaction(Read):
    transacted_at: datetime
    receipt_ref: str | None
    external_id: str | None


class TransactionLine(Read):
    """A line without what its transaction says."""

    id: int
    external_id: str | None
    name: str
    transaction_id: int
    product_id: Annotated[int | None, Sql(articles.product_id)]
    product: Annotated[SoldProduct | None, Sql(articles.product)]
    product_variant_id: Annotated[int | None, annotated("product_variant_id")]
    product_variant: Annotated[ProductVariantRead | None, Sql(articles.variant)]
    sku: str | None
    variant_external_id: str | None
    is_void: bool
    is_return: bool
    quantity: Decimal
    price_current: Decimal | None
    price_sell: Decimal | None
    price_original: Decimal | None
    price_margin: Decimal | None
    price_tax: Decimal | None
    discounts: list[Any] | dict[str, Any] | None
    department: str | None
    meta: Annotated[dict[str, Any] | list[Any] | None, annotated("meta")]
    product_images: Annotated[list[dict[str, Any]], Sql(articles.images)]
    order_id: Annotated[int | None, Sql(_order)]
    pivot: Annotated[list[Any] | dict[str, Any], NO_ROWS]
    created_at: datetime
    updated_at: Annotated[datetime, annotated("updated_at", lambda item: item.created_at)]


class TransactionItemRead(TransactionLine):
    transaction: ItemTransaction


class TransactionRead(Read):
    id: int
    external_id: str | None
    profile_id: uuid.UUID | None
    profile: TransactionProfile | None
    redemption: Annotated[dict[str, Any] | None, Sql(transaction_redemption)]
    reversed_redemptions: Annotated[list[Any], Sql(reversed_redemptions)]
    location: ShortLocation | None
    meta: dict[str, Any] | list[Any] | None
    total: Decimal
    total_original: Decimal | None
    total_converted: Annotated[Decimal | None, Sql(_converted)]
    rounding: Decimal | None
    margin: Decimal | None
    systems: list[str]
    is_void: bool
    transacted_at: datetime
    timezone: str
    tags: list[str]
    items: list[TransactionItemRead]
    payments: list[Any] | None
    fees: list[Any] | dict[str, Any] | None
    receipt_is_email: bool
    receipt_ref: str | None
    linked_receipt_ref: str | None
    receipt_email: str | None
    claimed_at: datetime | None
    staff: StaffRead | None
    currency: str | None
    currency_id: int | None
    currency_rate: Decimal | None
    currency_values: list[CurrencyValueRead]
    type: str | None
    status: str | None
    order_number: str | None
    order_id: int | None
    external_order_id: str | None
    need_action: bool | None
    organisation: Annotated[dict[str, Any] | None, NOTHING]
    custom_fields: list[TransactionCustomField]
    tier_points: Annotated[list[TransactionTierPoint], Included("read-tier-points"), Sql(points_of_sale)]
    created_at: datetime
    updated_at: datetime


def _owner(item: Any) -> Any:
    state = TransactionState.__table__.alias()
    same = (state.c.tenant_id == item.tenant_id, state.c.transaction_id == item.transaction_id)
    return select(state.c.profile_id).where(*same).correlate(item).scalar_subquery()


def _flag(item: Any) -> Any:
    state = TransactionState.__table__.alias()
    same = (state.c.tenant_id == item.tenant_id, state.c.transaction_id == item.transaction_id)
    return select(state.c.void_kind.is_not(None)).where(*same).correlate(item).scalar_subquery()


class TransactionContextLine(articles.LineInEvents, TransactionLine):
    """A line in the events of its transaction."""

    profile_id: Annotated[uuid.UUID | None, Sql(_owner)]
    is_transaction_void: Annotated[bool, Sql(_flag)]


class TransactionContext(TransactionRead):
    """The root of transaction events."""

    profile: ProfileContext | None  # type: ignore[assignment]
    redemption_id: Annotated[int | None, Sql(transaction_redemption_id)]
    location_id: int | None
    staff_id: uuid.UUID | None
    transacted_local_at: Annotated[str, Sql(_local)]
    deliver_at: datetime | None
    flattened_tags: Annotated[list[str], Source("tags")]
    items: list[TransactionContextLine]  # type: ignore[assignment]


class TransactionPointsContext(TransactionContext):
    """The root of `transaction.points.issued`."""

    points: Annotated[list[PointRead], Sql(lots_of_sale)]


class ItemContextTransaction(Read):
    id: int
    external_id: str | None
    meta: dict[str, Any] | list[Any] | None
    location: ShortLocation | None
    transacted_at: datetime
    receipt_ref: str | None
    total: Decimal


class TransactionItemContext(TransactionContextLine):
    """The root of transaction-item events."""

    transaction: ItemContextTransaction
