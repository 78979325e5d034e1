"""Lists and single reads of transactions and their lines, and the grouped view (commerce 1.2, 2.2, 4.2)."""

from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, Text, and_, bindparam, cast, exists, false, func, select

from omneo_api.commerce.orders.models import Order
from omneo_api.commerce.transactions.models import COUNTER, RecordedTransaction, TransactionItem, TransactionState
from omneo_api.commerce.transactions.schemas import TransactionItemRead, TransactionRead, annotated
from omneo_api.foundation.calls import Answer, Call, Owner, one
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.models import lit
from omneo_api.foundation.pagination import Links, flat_envelope, parse_page
from omneo_api.foundation.query import Filter, Listing, unfiltered
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.redemptions.expressions import transaction_redemption_id
from omneo_api.profiles.scope import alive


def not_deleted(row: Any) -> Any:
    return row.void_kind.is_distinct_from(lit("deleted"))


def not_superseded(row: Any) -> Any:
    return row.void_kind.is_distinct_from(lit("superseded"))


class TransactionListing(Listing):
    """Knows the size of plain lists, of all transactions and of a profile's, from counters."""

    def _total(self, form: tuple[Any, ...], scope: tuple[Any, ...], where: list[Any]) -> Any:
        owned = len(scope) == 1 and getattr(scope[0], "__func__", None) is Reader._owned  # noqa: SLF001
        if form[0] or form[1] or form[2] or (scope and not owned):
            return super()._total(form, scope, where)
        if not owned:
            return func.omneo_count(lit(COUNTER))
        owner = cast(bindparam("owner", type_=TransactionState.profile_id.type), Text)
        return func.omneo_count(lit(f"{COUNTER}:").concat(owner))


NAMED = {
    "systems.handle": Filter(path=("systems", "handle")),
    "tags.handle": Filter(path=("tags", "handle")),
    "location.name": Filter(path=("location", "name")),
    "profile.identities.identifier": Filter(path=("profile", "identities", "identifier")),
}
"""What sales and orders are filtered by besides their own columns."""
LINE_FILTERS = (
    "id",
    "external_id",
    "name",
    "sku",
    "variant_external_id",
    "quantity",
    "price_current",
    "price_sell",
    "price_original",
    "price_margin",
    "price_tax",
    "is_void",
    "department",
    "order_id",
)
"""What the lines of both are filtered by."""

listing = TransactionListing(
    TransactionRead,
    RecordedTransaction,
    filters=(
        "id",
        "external_id",
        "profile_id",
        "total",
        "total_original",
        "rounding",
        "margin",
        "deliver_at",
        "transacted_at",
        "timezone",
        "receipt_is_email",
        "receipt_ref",
        "linked_receipt_ref",
        "location_id",
        "type",
        "status",
        "order_number",
        "need_action",
        "is_void",
    ),
    extra={
        "redemption_id": Filter(expression=transaction_redemption_id),
        **NAMED,
    },
    order=("-transacted_at", "-id"),
    live=not_deleted,
    unless={"is_void": not_superseded},
    custom_field="custom_fields",
)
reader = Reader(listing)

_noted_meta = annotated("meta").expression


def _order_external_id(item: Any) -> Any:
    """What the sale calls its order, else what the order that it is linked to is called."""
    sale, order = RecordedTransaction.__table__.alias(), Order.__table__.alias()
    linked = and_(order.c.tenant_id == sale.c.tenant_id, order.c.id == sale.c.order_id)
    return (
        select(func.coalesce(sale.c.external_order_id, order.c.external_id, type_=Text()))
        .select_from(sale.outerjoin(order, linked))
        .where(sale.c.tenant_id == item.tenant_id, sale.c.id == item.transaction_id)
        .correlate(item)
        .scalar_subquery()
    )


items = Listing(
    TransactionItemRead,
    TransactionItem,
    filters=LINE_FILTERS,
    extra={
        "discounts": Filter(expression=lambda item: cast(item.discounts, Text)),
        "achievement_counted": Filter(expression=annotated("achievement_counted", lambda _: false()).expression),
        "order_external_id": Filter(expression=_order_external_id),
        "meta": Filter(expression=lambda item: cast(_noted_meta(item), Text)),
    },
    order=("-id",),
    contained=_noted_meta,
)
item_reader = Reader(items, owned_by="transaction_id")

_GROUPED = Statement(
    """
    WITH mine AS MATERIALIZED (
        SELECT s.transaction_id, s.transacted_at, s.updated_at, t.order_number
        FROM transaction_states s JOIN transactions t ON t.id = s.transaction_id
        WHERE s.profile_id = :owner::uuid AND (s.void_kind IS NULL OR s.void_kind = 'void')
    ), grouped AS (
        SELECT order_number, (array_agg(transaction_id ORDER BY transacted_at DESC, transaction_id DESC))[1] AS newest,
               count(*) AS number, max(updated_at) AS updated_at, max(transacted_at) AS transacted_at
        FROM mine GROUP BY order_number, CASE WHEN order_number IS NULL THEN transaction_id END
    )
    SELECT
        (SELECT count(*) FROM grouped) AS total,
        (SELECT coalesce(json_agg(page), '[]')::text FROM (
            SELECT order_number, newest AS transaction_id, number AS number_transactions,
                   left(updated_at::text, 19) AS latest_updated_at,
                   left(transacted_at::text, 19) AS latest_transacted_at
            FROM grouped ORDER BY transacted_at DESC, newest DESC
            LIMIT :page_limit::bigint OFFSET :page_offset::bigint
        ) page) AS data,
        EXISTS (SELECT 1 FROM profiles WHERE id = :owner::uuid AND deleted_at IS NULL) AS found
    """
)
_BY_EXTERNAL_ID = Statement(
    "SELECT transaction_id FROM transaction_external_refs WHERE external_id_key = lower(:external_id::text)"
    " ORDER BY transaction_id DESC LIMIT 1"
)


@lru_cache
def transaction_is_there() -> Any:
    """The condition that the transaction whose lines are read (bound as `owner`) is not deleted."""
    same = TransactionState.transaction_id == bindparam("owner", type_=BigInteger)
    return exists(select(lit(1)).where(same, not_deleted(TransactionState)))


def _of_the_living(_: Any) -> Any:
    return alive()


async def first(session: Any, call: Call, owner: Owner) -> Answer:
    """The newest match of a list's filters as one object, never a superseded one. Raises: NotFound without a match."""
    query = listing.parse(call.query)
    form = (*query.form[:4], reader.includes(call))
    scope = (reader._owned, not_superseded, _of_the_living)  # noqa: SLF001
    statement = listing.statement(form, scope, None, paged=True)
    row = await session.row(statement, **query.values(), owner=owner.id, page_limit=1, page_offset=0)
    if row.data == "[]":
        raise NotFound
    return one(row.data[1:-1])


async def by_external_id(session: Any, call: Call, external_id: str) -> Answer:
    """The newest transaction that holds this external id. Raises: NotFound."""
    identifier = await session.value(_BY_EXTERNAL_ID, external_id=external_id)
    if identifier is None:
        raise NotFound
    return await reader.show(session, call, identifier)


async def grouped(session: Any, call: Call, owner: Owner) -> Answer:
    """A profile's purchases by order number, newest first. Raises: NotFound for an unknown profile."""
    unfiltered(call.query)
    page = parse_page(call.query)
    row = await session.row(_GROUPED, owner=owner.id, page_limit=page.size, page_offset=page.offset)
    if not row.found:
        raise NotFound
    count = max(0, min(page.size, row.total - page.offset))
    return Answer(200, flat_envelope(row.data, row.total, page, Links(call.url, call.pairs, flat=True), count))
