"""What goes out of orders (commerce 5.1, 5.3) and the snapshots of their events (automation 3.3)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import Integer, literal_column

from omneo_api.commerce.locations.schemas import ShortLocation
from omneo_api.commerce.orders.models import Order
from omneo_api.commerce.products.schemas import ProductVariantRead
from omneo_api.commerce.transactions import articles
from omneo_api.commerce.transactions.articles import SoldProduct
from omneo_api.commerce.transactions.schemas import (
    NOTHING,
    ItemTransaction,
    TransactionProfile,
    TransactionRead,
)
from omneo_api.foundation.render import Read, Source, Sql
from omneo_api.incentives.redemptions.expressions import order_redemption, order_redemption_id
from omneo_api.platform.custom_fields.shapes import ShownCustomField
from omneo_api.profiles.profile.schemas import ProfileContext, StaffRead

NO_NUMBER = Sql(lambda _: literal_column("NULL::bigint", Integer()))


def _owner(item: Any) -> Any:
    return _of_order(item, "profile_id")


def _void(item: Any) -> Any:
    return _of_order(item, "is_void")


def _of_order(item: Any, column: str) -> Any:
    order = Order.__table__.alias()
    same = (order.c.tenant_id == item.tenant_id, order.c.id == item.order_id)
    return order.select().with_only_columns(order.c[column]).where(*same).correlate(item).scalar_subquery()


class OrderLine(Read):
    """A line without what its order says."""

    id: int
    external_id: str | None
    name: str
    order_id: int
    product_id: Annotated[int | None, Sql(articles.product_id)]
    product: Annotated[SoldProduct | None, Sql(articles.product)]
    product_variant_id: int | None
    product_variant: Annotated[ProductVariantRead | None, Sql(articles.variant)]
    sku: str | None
    variant_external_id: str | None
    is_void: bool
    quantity: Decimal
    price_current: Decimal | None
    price_sell: Decimal | None
    price_original: Decimal | None
    price_margin: Decimal | None
    price_tax: Decimal | None
    discounts: list[Any] | dict[str, Any] | None
    department: str | None
    product_images: Annotated[list[dict[str, Any]], Sql(articles.images)]
    meta: dict[str, Any] | list[Any] | None
    created_at: datetime
    updated_at: datetime


class OrderItemRead(OrderLine):
    """A line. `transaction` repeats `order` for older clients."""

    order: ItemTransaction
    transaction: Annotated[ItemTransaction, Source("order")]
    transaction_id: Annotated[int | None, NO_NUMBER]


class OrderRead(Read):
    id: int
    external_id: str | None
    redemption: Annotated[dict[str, Any] | None, Sql(order_redemption)]
    profile_id: uuid.UUID | None
    profile: TransactionProfile | None
    location: ShortLocation | None
    meta: dict[str, Any] | list[Any] | None
    total: Decimal
    total_original: Decimal | None
    systems: list[str]
    rounding: Decimal | None
    margin: Decimal | None
    is_void: bool
    transacted_at: datetime
    timezone: str
    tags: list[str]
    transactions: list[TransactionRead]
    items: list[OrderItemRead]
    payments: list[Any] | None
    fees: list[Any] | dict[str, Any] | None
    receipt_is_email: bool
    receipt_ref: str | None
    claimed_at: datetime | None
    receipt_email: str | None
    staff: StaffRead | None
    currency_id: int | None
    currency_rate: Decimal | None
    currency: str | None
    type: str | None
    status: str | None
    order_number: str | None
    due_date: datetime | None
    organisation: Annotated[dict[str, Any] | None, NOTHING]
    custom_fields: list[ShownCustomField]
    created_at: datetime
    updated_at: datetime


class OrderGroupRead(Read):
    """The orders of one number."""

    order_number: str | None
    order_id: int
    number_orders: int
    total: Decimal
    latest_updated_at: datetime
    latest_transacted_at: datetime
    orders: list[OrderRead]


class ItemContextOrder(Read):
    meta: dict[str, Any] | list[Any] | None
    location: ShortLocation | None
    transacted_at: datetime


class OrderItemContext(articles.LineInEvents, OrderLine):
    """A line as subscribers see it."""

    profile_id: Annotated[uuid.UUID | None, Sql(_owner)]
    order: ItemContextOrder
    is_order_void: Annotated[bool, Sql(_void)]


class OrderContext(OrderRead):
    """The root of order events. `payment` is the webhooks' spelling of `payments`."""

    profile: ProfileContext | None  # type: ignore[assignment]
    redemption_id: Annotated[int | None, Sql(order_redemption_id)]
    location_id: int | None
    staff_id: uuid.UUID | None
    deliver_at: datetime | None
    payment: Annotated[list[Any] | None, Source("payments")]
    items: list[OrderItemContext]  # type: ignore[assignment]
