"""Rates over HTTP (commerce 11.2)."""

from decimal import Decimal
from functools import cache
from typing import Any

import orjson
from sqlalchemy import Text, bindparam, cast, func, select
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.orm.relationships import RelationshipProperty

from omneo_api.commerce.products import articles
from omneo_api.commerce.products.articles import folded_words
from omneo_api.commerce.rates import service
from omneo_api.commerce.rates.models import Rate
from omneo_api.commerce.rates.schemas import (
    CalculateBody,
    EstimateBody,
    ProductEstimateBody,
    RateEstimateRead,
    RateRead,
    VariantEstimateBody,
)
from omneo_api.commerce.rates.service import ANYTHING, Facts, rates
from omneo_api.foundation.calls import Answer, Call, one
from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.foundation.query import like_pattern
from omneo_api.foundation.render import one_json, rows_json, wire
from omneo_api.foundation.statements import Statement

routes = Routes("Rates")

_SHORT = Statement(lambda: one_json(rows_json(RateEstimateRead, Rate).where(Rate.id == bindparam("id"))))
_REGION = Statement("SELECT id FROM regions WHERE handle_key = lower(:handle::text)")
_COUNTRY = Statement("SELECT iso_2 FROM countries WHERE upper(:code::text) IN (iso_2, iso_3) LIMIT 1")


@routes.post(
    "/rates/calculate",
    "read-rate",
    envelope="bare",
    success=200,
    permission="read",
    reads=True,
    example={"handle": "points", "type": "sku", "code": "SC-GRN", "price": 95},
)
async def calculate(session: Any, body: CalculateBody) -> Answer:
    """Calculate what a price earns"""
    codes = {} if body.code is None else {(body.type or ANYTHING).lower(): folded_words(body.code)}
    facts = Facts(codes, words=folded_words(body.location))
    if body.location is not None and (found := await service.find_location(session, body.location)) is not None:
        facts = await service.located(session, facts, found)
    chosen = await service.estimate(session, body.handle, facts)
    total = Decimal(0) if chosen is None else body.price * chosen.rate
    return Answer(200, f'{{"total":{_plain(total)}}}'.encode())


def _plain(number: Decimal) -> str:
    """A JSON number without trailing zeros."""
    text = format(number, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


@cache
def _distinct(attribute: str) -> Statement:
    column = getattr(Rate, attribute)
    values = (
        select(wire(column).label(attribute))
        .where(Rate.is_archived.is_(False), column.is_not(None))
        .where(cast(column, Text).ilike(bindparam("pattern", type_=Text)))
        .distinct()
        .order_by(wire(column))
        .subquery()
    )
    return Statement(select(func.coalesce(cast(func.json_agg(values.table_valued()), Text), "[]")))


def _is_column(name: str) -> bool:
    found = getattr(Rate, name, None)
    plain = isinstance(found, QueryableAttribute) and not isinstance(found.property, RelationshipProperty)
    return name in RateRead.model_fields and plain


@routes.get("/rates/searchAttributes/{attribute}", "read-rate", envelope="bare")
async def search_attributes(session: Any, call: Call, attribute: str) -> Answer:
    """List the distinct values of one attribute of the rates

    `filter[search]` (or `search`) narrows them to those that contain it.
    """
    if not _is_column(attribute):
        raise Invalid.field("attribute", selected_is_invalid("attribute"))
    asked = call.query.get("filter")
    words = asked.get("search") if isinstance(asked, dict) else call.query.get("search")
    pattern = like_pattern(words.strip() if isinstance(words, str) else "")
    text: str = await session.value(_distinct(attribute), pattern=pattern)
    return Answer(200, text.encode())


async def _facts(session: Any, body: EstimateBody, codes: dict[str, frozenset[str]], errors: Errors) -> Facts:
    """Raises: Invalid for a location or region that does not exist, beside the errors that are known already."""
    region_id = None
    if body.region is not None:
        region_id = await session.value(_REGION, handle=body.region)
        if region_id is None:
            errors["region"] = [selected_is_invalid("region")]
    country = None
    if body.country is not None:
        country = await session.value(_COUNTRY, code=body.country) or body.country.upper()
    facts = Facts(codes, region_id=region_id, country=country)
    if body.location_id is not None:
        facts = await service.located(session, facts, body.location_id)
        if facts.location_id is None:
            errors["location_id"] = [selected_is_invalid("location_id")]
    if errors:
        raise Invalid(errors)
    return facts


async def _estimate(session: Any, body: EstimateBody, name: str, found: str | None) -> Answer:
    """`found` is the article that the field `name` names. Raises: Invalid."""
    errors: Errors = {} if found is not None else {name: [selected_is_invalid(name)]}
    described = orjson.loads(found or "{}")
    facts = await _facts(session, body, articles.codes_of(described), errors)
    chosen = await service.estimate(session, body.definition, facts, product=described)
    return one("null" if chosen is None else await session.value(_SHORT, id=chosen.id))


OPTIONS: dict[str, Any] = {"answers": RateEstimateRead, "success": 200, "permission": "read", "reads": True}


@routes.post("/rates/estimate/product", "read-rate", example={"definition": "points", "product_id": 501}, **OPTIONS)
async def estimate_product(session: Any, body: ProductEstimateBody) -> Answer:
    """Tell which rate a product would earn by"""
    return await _estimate(session, body, "product_id", await articles.product(session, body.product_id))


@routes.post(
    "/rates/estimate/product-variant", "read-rate", example={"definition": "points", "sku": "SC-GRN"}, **OPTIONS
)
async def estimate_variant(session: Any, body: VariantEstimateBody) -> Answer:
    """Tell which rate a variant would earn by"""
    for name in ("sku", "barcode", "external_id"):
        word = getattr(body, name)
        if word is not None:
            return await _estimate(session, body, name, await articles.variant(session, name, word))
    raise Invalid.field("sku", "The sku field is required.")


def operations() -> list[Operation]:
    """Every operation of this room below `/v3`."""
    return routes.mounted() + rates.routes().mounted()
