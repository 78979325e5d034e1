"""Lists and single reads of orders and their lines, and the grouped view (commerce 4.3, 5.2)."""

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Text, any_, bindparam, case, cast, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import UUID, aggregate_order_by

from omneo_api.commerce.orders.models import Order, OrderItem
from omneo_api.commerce.orders.schemas import OrderItemRead, OrderRead
from omneo_api.commerce.transactions.views import LINE_FILTERS, NAMED
from omneo_api.foundation.calls import Answer, Call, Owner
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.models import lit
from omneo_api.foundation.pagination import Links, flat_envelope, parse_page
from omneo_api.foundation.query import Filter, Listing, unfiltered
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import list_json, rows_json, wire
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.scope import alive

listing = Listing(
    OrderRead,
    Order,
    filters=(
        "id",
        "profile_id",
        "total",
        "rounding",
        "total_original",
        "margin",
        "external_id",
        "deliver_at",
        "transacted_at",
        "timezone",
        "receipt_is_email",
        "receipt_ref",
        "location_id",
        "type",
        "status",
        "order_number",
        "due_date",
    ),
    extra=NAMED,
    order=("-transacted_at", "-id"),
    custom_field="custom_fields",
)
reader = Reader(listing)

items = Listing(
    OrderItemRead,
    OrderItem,
    filters=LINE_FILTERS,
    extra={
        "discounts": Filter(expression=lambda item: cast(item.discounts, Text)),
        "meta": Filter(expression=lambda item: cast(item.meta, Text)),
    },
    order=("-id",),
)
item_reader = Reader(items, owned_by="order_id")

_BY_EXTERNAL_ID = Statement(
    "SELECT order_id FROM order_external_refs WHERE external_id_key = lower(:external_id::text)"
    " ORDER BY order_id DESC LIMIT 1"
)


@lru_cache
def order_is_there() -> Any:
    """The condition that the order whose lines are read (bound as `owner`) is not deleted."""
    same = Order.id == bindparam("owner", type_=BigInteger)
    return exists(select(lit(1)).where(same, Order.deleted_at.is_(None)))


async def by_external_id(session: Any, call: Call, external_id: str) -> Answer:
    """The newest order that holds this external id. Raises: NotFound."""
    identifier = await session.value(_BY_EXTERNAL_ID, external_id=external_id)
    if identifier is None:
        raise NotFound
    return await reader.show(session, call, identifier)


def _by_number() -> Any:
    owner = bindparam("owner", type_=UUID(as_uuid=True))
    mine = (
        select(Order.id, Order.order_number, Order.total, Order.updated_at, Order.transacted_at)
        .where(Order.profile_id == owner, Order.deleted_at.is_(None))
        .cte("mine")
    )
    newest_first = aggregate_order_by(mine.c.id, mine.c.transacted_at.desc(), mine.c.id.desc())
    alone = case((mine.c.order_number.is_(None), mine.c.id))
    grouped = (
        select(
            mine.c.order_number,
            func.array_agg(newest_first).label("ids"),
            func.count().label("number"),
            func.sum(mine.c.total, type_=mine.c.total.type).label("total"),
            func.max(mine.c.updated_at).label("updated_at"),
            func.max(mine.c.transacted_at).label("transacted_at"),
        )
        .group_by(mine.c.order_number, alone)
        .cte("grouped")
    )
    newest = literal_column("grouped.ids[1]", BigInteger())
    orders = (
        rows_json(OrderRead, Order)
        .where(Order.id == any_(grouped.c.ids))
        .order_by(Order.transacted_at.desc(), Order.id.desc())
        .correlate(grouped)
        .subquery()
    )
    page = (
        select(
            grouped.c.order_number,
            newest.label("order_id"),
            grouped.c.number.label("number_orders"),
            wire(grouped.c.total).label("total"),
            wire(grouped.c.updated_at).label("latest_updated_at"),
            wire(grouped.c.transacted_at).label("latest_transacted_at"),
            select(func.json_agg(orders.table_valued())).scalar_subquery().label("orders"),
        )
        .order_by(grouped.c.transacted_at.desc(), newest.desc())
        .limit(bindparam("page_limit", type_=BigInteger))
        .offset(bindparam("page_offset", type_=BigInteger))
    )
    total = select(func.count()).select_from(grouped).scalar_subquery()
    return select(total.label("total"), list_json(page).label("data"), alive().label("found"))


_GROUPED = Statement(_by_number)


async def grouped(session: Any, call: Call, owner: Owner) -> Answer:
    """A profile's orders by order number, newest first. Raises: NotFound for an unknown profile."""
    unfiltered(call.query)
    page = parse_page(call.query)
    row = await session.row(_GROUPED, owner=owner.id, page_limit=page.size, page_offset=page.offset)
    if not row.found:
        raise NotFound
    count = max(0, min(page.size, row.total - page.offset))
    return Answer(200, flat_envelope(row.data, row.total, page, Links(call.url, call.pairs, flat=True), count))
