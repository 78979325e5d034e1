"""The articles that a profile bought, each with how often and how many (commerce 4.1)."""

import dataclasses
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    ARRAY,
    DateTime,
    Numeric,
    Text,
    bindparam,
    case,
    cast,
    func,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID, aggregate_order_by

from omneo_api.commerce.locations.models import Location
from omneo_api.commerce.products.models import Product, ProductVariant
from omneo_api.commerce.products.schemas import ProductVariantRead
from omneo_api.commerce.transactions.models import (
    Transaction,
    TransactionItem,
    TransactionItemAnnotation,
    TransactionState,
)
from omneo_api.foundation.calls import Answer, Call, Owner
from omneo_api.foundation.conditions import array_compare, compare
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import Filter, Listing, windowed
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import Read, list_json, rendered_columns, wire
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.scope import of_profile

MEASURES = ("count", "purchase_qty", "refund_qty", "latest_transacted_at")


class BoughtProduct(Read):
    """Sums over all variants of the product."""

    refund_qty: Decimal
    purchase_qty: Decimal


class PurchasedVariantRead(ProductVariantRead):
    """A variant with what the profile's lines of it add up to; `countt` repeats `count` for old clients."""

    count: int
    countt: int
    purchase_qty: Decimal
    refund_qty: Decimal
    latest_transacted_at: datetime
    product: BoughtProduct
    location_types: str | None


def _of_product(column: str) -> Any:
    def expression(variant: Any) -> Any:
        same = (Product.tenant_id == variant.tenant_id, Product.id == variant.product_id)
        return select(getattr(Product, column)).where(*same).correlate(variant).scalar_subquery()

    return expression


def _tagged(variant: Any, operator: str, parameter: str) -> Any:
    """The tags of the variant and of its product."""
    tags = func.array_cat(variant.tags, _of_product("tags")(variant), type_=ARRAY(Text))
    return array_compare(tags, operator, parameter)


def _searched(variant: Any) -> Any:
    pattern = bindparam("search_pattern", type_=Text)
    own = [getattr(variant, name).ilike(pattern) for name in ("sku", "barcode", "title", "external_id")]
    return or_(*own, *(cast(_of_product(name)(variant), Text).ilike(pattern) for name in ("title", "brand")))


LINE_FILTERS: Mapping[str, Any] = {
    "transacted_at": TransactionState.transacted_at,
    "location_id": Transaction.location_id,
}
"""Filters of lines: they decide what is counted. The others decide which variants are shown."""


class Purchases(Listing):
    """One statement: the profile's lines added up by variant and product, and a page of the variants."""

    def _sorts(self, parameters: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
        text = parameters.get("sort")
        names = [part.strip() for part in text.split(",")] if isinstance(text, str) else []
        known = {*MEASURES, *self._scalars}
        return tuple((name.lstrip("-"), name.startswith("-")) for name in names if name.lstrip("-") in known)

    def _statement(
        self,
        form: tuple[Any, ...],
        scope: Any = (),
        found: Any = None,
        *,
        paged: bool = True,
        first: int | None = None,
    ) -> Statement:
        del scope
        conditions = list(enumerate(form[0]))
        counted = [
            compare(LINE_FILTERS[name], operator, f"f{place}")
            for place, (name, operator, _) in conditions
            if name in LINE_FILTERS
        ]
        shown = [
            self._clause(name, operator, f"f{place}", ProductVariant)
            for place, (name, operator, _) in conditions
            if name not in LINE_FILTERS
        ]
        if form[1]:
            shown.append(_searched(ProductVariant))
        if form[2]:
            shown.append(self._contained(ProductVariant))
        sums = _sums(counted)
        rows = (
            select(*rendered_columns(ProductVariantRead, ProductVariant), *_measures(sums))
            .select_from(ProductVariant)
            .join(sums, (sums.c.tenant_id == ProductVariant.tenant_id) & (sums.c.id == ProductVariant.id))
            .where(true(), *shown)
        )
        total = select(func.count()).select_from(rows.subquery()).scalar_subquery()
        order = form[3] or (("latest_transacted_at", True),)
        for name, descending in order:
            column = sums.c[name] if name in MEASURES else getattr(ProductVariant, name)
            rows = rows.order_by(column.desc().nulls_last() if descending else column.asc())
        rows = rows.order_by(ProductVariant.id)
        if paged:
            rows = windowed(rows, first)
        columns = [total.label("total"), list_json(rows).label("data")]
        return Statement(select(*columns, *([found.label("found")] if found is not None else [])))

    def _contained(self, entity: Any) -> Any:
        return entity.meta.op("@>")(cast(bindparam("contains", type_=Text), JSONB))


def _sums(counted: list[Any]) -> Any:
    """The lines of the owner (bound as `owner`) that count, added up by variant, with the sums of its product."""
    state, sale, item, note = TransactionState, Transaction, TransactionItem, TransactionItemAnnotation
    quantity = item.quantity
    zero = lit(0)
    bought = func.sum(case((quantity > zero, quantity), else_=zero), type_=Numeric)
    returned = func.sum(case((quantity < zero, -quantity), else_=zero), type_=Numeric)
    places = func.string_agg(Location.type.distinct(), aggregate_order_by(lit(","), Location.type))
    lines = (
        select(
            ProductVariant.tenant_id,
            ProductVariant.id,
            ProductVariant.product_id,
            func.count().label("count"),
            bought.label("purchase_qty"),
            returned.label("refund_qty"),
            func.max(state.transacted_at, type_=DateTime(timezone=True)).label("latest_transacted_at"),
            places.label("location_types"),
        )
        .select_from(state)
        .join(sale, (sale.tenant_id == state.tenant_id) & (sale.id == state.transaction_id))
        .join(item, (item.tenant_id == sale.tenant_id) & (item.transaction_id == sale.id))
        .join(note, (note.tenant_id == item.tenant_id) & (note.item_id == item.id))
        .join(
            ProductVariant,
            (ProductVariant.tenant_id == note.tenant_id) & (ProductVariant.id == note.product_variant_id),
        )
        .outerjoin(Location, (Location.tenant_id == sale.tenant_id) & (Location.id == sale.location_id))
        .where(
            state.profile_id == bindparam("owner", type_=UUID(as_uuid=True)),
            state.void_kind.is_(None),
            item.is_void.is_(False),
            *counted,
        )
        .group_by(ProductVariant.tenant_id, ProductVariant.id, ProductVariant.product_id)
        .subquery()
    )
    of_product = {
        f"product_{name}": func.sum(lines.c[name], type_=Numeric).over(partition_by=lines.c.product_id)
        for name in ("refund_qty", "purchase_qty")
    }
    return select(lines, *(column.label(name) for name, column in of_product.items())).subquery()


def _measures(sums: Any) -> list[Any]:
    both = [lit("refund_qty"), wire(sums.c.product_refund_qty), lit("purchase_qty"), wire(sums.c.product_purchase_qty)]
    return [
        sums.c.count,
        sums.c.count.label("countt"),
        wire(sums.c.purchase_qty).label("purchase_qty"),
        wire(sums.c.refund_qty).label("refund_qty"),
        wire(sums.c.latest_transacted_at).label("latest_transacted_at"),
        func.json_build_object(*both).label("product"),
        sums.c.location_types,
    ]


purchases = Purchases(
    ProductVariantRead,
    ProductVariant,
    filters=("product_id", "sku", "barcode", "title"),
    extra={
        "brand": Filter(expression=_of_product("brand")),
        "department": Filter(expression=_of_product("department")),
        "tags.handle": Filter(condition=_tagged, kind="text"),
        "transacted_at": Filter(path=("transacted_at",), kind="datetime", condition=lambda *_: true()),
        "location_id": Filter(path=("location_id",), kind="integer", condition=lambda *_: true()),
    },
    search=_searched,
)
reader = Reader(purchases)
routes = Routes("Transactions")


@routes.get(
    "/transaction-products", "read-transactions", answers=PurchasedVariantRead, envelope="page", listing=purchases
)
async def browse(session: Any, call: Call, owner: Owner) -> Answer:
    """List the articles that a profile bought

    The latest first. A plain `filter[transacted_at]` means at or after that moment.
    """
    asked = call.query.get("filter")
    if isinstance(asked, dict) and isinstance(asked.get("transacted_at"), str):
        since = {**asked, "transacted_at": {"gte": asked["transacted_at"]}}
        call = dataclasses.replace(call, _query={**call.query, "filter": since})
    return await reader.browse(session, call, owner)


def operations() -> list[Operation]:
    return routes.mounted("/profiles/{profile}", of_profile)
