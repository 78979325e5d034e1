"""Which rate applies (commerce 11.2), and the rates themselves."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import orjson
from sqlalchemy import bindparam, false

from omneo_api.automation import json_logic
from omneo_api.commerce.products.articles import folded_words
from omneo_api.commerce.rates.models import Rate
from omneo_api.commerce.rates.schemas import RateBody, RateRead
from omneo_api.configuration.detaching import told_of
from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid
from omneo_api.foundation.operations import LARGEST_ID
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement

ANYTHING = ""
"""The type of a code of which nobody said what it denotes."""

_CANDIDATES = Statement(
    """
    SELECT * FROM rates
    WHERE handle_key = lower(:handle::text) AND is_published AND NOT is_archived
      AND (start_time IS NULL OR start_time <= omneo_now()) AND (end_time IS NULL OR end_time >= omneo_now())
      AND (code_key IS NULL OR is_default
           OR code_key = ANY (ARRAY(SELECT lower(code) FROM unnest(:codes::text[]) AS code)))
    ORDER BY id
    """
)
_LOCATION = Statement(
    """
    SELECT l.id, l.external_id, l.external_code, coalesce(c.iso_2, upper(a.iso)) AS country, c.region_id
    FROM locations l
    LEFT JOIN location_addresses a ON a.tenant_id = l.tenant_id AND a.location_id = l.id
    LEFT JOIN countries c ON c.tenant_id = a.tenant_id AND upper(a.iso) IN (c.iso_2, c.iso_3)
    WHERE l.id = :id::bigint LIMIT 1
    """
)
_NAMED_LOCATION = Statement(
    """
    SELECT id FROM (
        SELECT 1 AS rank, id FROM locations WHERE external_code = :word::text AND deleted_at IS NULL
        UNION ALL
        SELECT 2, id FROM locations WHERE external_id_key = lower(:word::text) AND deleted_at IS NULL
        UNION ALL
        SELECT 3, id FROM locations WHERE id = :id::bigint AND deleted_at IS NULL
    ) found ORDER BY rank, id LIMIT 1
    """
)
_KNOWN = {
    "location_id": Statement("SELECT 1 FROM locations WHERE id = :id::bigint AND deleted_at IS NULL"),
    "region_id": Statement("SELECT 1 FROM regions WHERE id = :id::bigint"),
}
_CONTEXT = Statement(lambda: one_json(rows_json(RateRead, Rate).where(Rate.id == bindparam("id"))))
_OF_REGION = Statement(
    "SELECT * FROM rates WHERE region_id = :region::bigint AND NOT is_archived ORDER BY id FOR UPDATE"
)


@dataclass(frozen=True, slots=True)
class Facts:
    """Where and what was bought.

    codes: by what they denote (`sku`, `brand`, `product`, `department` …) the words that a rate's `code` may equal.
    words: how a rate may name the location besides its id.
    """

    codes: Mapping[str, frozenset[str]] = field(default_factory=dict)
    location_id: int | None = None
    words: frozenset[str] = frozenset()
    region_id: int | None = None
    country: str | None = None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A chosen rate: its multiplier, its row, and the issue period (count, type, date) of what it earns."""

    id: int
    rate: Decimal
    row: Any

    @property
    def issue_period(self) -> tuple[int | None, str | None, str | None] | None:
        if self.row.issue_period_type is None:
            return None
        return self.row.issue_period, self.row.issue_period_type, self.row.issue_absolute_expiry


async def located(session: Any, facts: Facts, location_id: int) -> Facts:
    """The facts with what is known of a location: how it is named, its country and region."""
    row = await session.row(_LOCATION, id=location_id)
    if row is None:
        return facts
    return replace(
        facts,
        location_id=row.id,
        words=folded_words(row.external_code, row.external_id, row.id),
        country=facts.country or row.country,
        region_id=facts.region_id or row.region_id,
    )


async def find_location(session: Any, word: str) -> int | None:
    """The live location with that external code, else external id, else id."""
    number = int(word) if word.isascii() and word.isdigit() and len(word) < 20 else None
    found: int | None = await session.value(
        _NAMED_LOCATION, word=word, id=number if number is not None and number <= LARGEST_ID else None
    )
    return found


async def estimate(
    session: Any,
    handle: str,
    facts: Facts,
    *,
    profile: Mapping[str, Any] | None = None,
    product: Mapping[str, Any] | None = None,
    lookup: Callable[[str], Any] | None = None,
    prefer: str | None = None,
) -> Estimate | None:
    """Chooses the rate of a handle for a purchase; None where no rate applies and none is the default.

    profile and product: what the rates' conditions are asked of; `lookup` answers the names of the latter in the place
    of `product`. prefer: the `rate_priority`, `product` or `profile`.
    """
    codes = sorted({word for words in facts.codes.values() for word in words})
    rows = await session.rows(_CANDIDATES, handle=handle, codes=codes)
    fitting = [
        (row, matched)
        for row in rows
        if (matched := _matched(row, facts)) is not None and _holds(row, profile or {}, product or {}, lookup)
    ]
    if fitting:
        chosen, _ = max(fitting, key=lambda found: _rank(found[0], found[1], prefer))
    else:
        defaults = [row for row in rows if row.is_default]
        if not defaults:
            return None
        chosen = max(defaults, key=lambda row: _rank(row, 0, None))
    return Estimate(chosen.id, chosen.rate, chosen)


def _matched(row: Any, facts: Facts) -> int | None:
    """How many of a rate's restrictions the purchase meets; None when it fails one."""
    met = 0
    if row.location_id is not None or row.location is not None:
        if not _is_there(row, facts):
            return None
        met += 1
    for mine, asked in ((row.region_id, facts.region_id), (row.country_iso_2, facts.country)):
        if mine is not None:
            if mine != asked:
                return None
            met += 1
    if row.code is not None:
        words = facts.codes.get(row.type.lower(), frozenset()) | facts.codes.get(ANYTHING, frozenset())
        if row.code.lower() not in words:
            return None
        met += 1
    return met


def _is_there(row: Any, facts: Facts) -> bool:
    """Whether a rate's location is that of the purchase, by id, or by word where one of the two is known by no id."""
    if row.location_id is not None and facts.location_id is not None:
        return bool(row.location_id == facts.location_id)
    return row.location is not None and row.location.lower() in facts.words


def _holds(
    row: Any, profile: Mapping[str, Any], product: Mapping[str, Any], lookup: Callable[[str], Any] | None
) -> bool:
    passed, _ = json_logic.met(row.profile_conditions, profile, lookup=_of(profile, "profile"))
    if passed:
        passed, _ = json_logic.met(row.product_conditions, product, lookup=lookup or _of(product, "product"))
    return passed


def _of(data: Mapping[str, Any], name: str) -> Callable[[str], Any]:
    """Names of the object itself, and the object's own name."""

    def lookup(root: str) -> Any:
        if root in data:
            return data[root]
        if root == name:
            return data
        raise LookupError(root)

    return lookup


def _rank(row: Any, matched: int, prefer: str | None) -> tuple[int, bool, bool, int, int]:
    conditioned = {"product": row.product_conditions, "profile": row.profile_conditions}.get(prefer or "")
    return matched, bool(conditioned), row.priority is not None, row.priority or 0, -row.id


def rounded(value: Decimal) -> Decimal:
    """To whole points, half away from zero."""
    return value.quantize(Decimal(1), rounding=ROUND_HALF_UP)


async def shown(session: Any, chosen: Estimate) -> Any:
    """The rate's representation, as a point keeps it."""
    return orjson.loads(await Context(_CONTEXT, {"id": chosen.id}).render(session) or "null")


class Rates(PlainResource):
    """Rates are addressed by id: several may have one handle. A deleted rate is archived."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self.reader = Reader(self.listing)

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Raises: Invalid for a location or region that does not exist, and for an end before the start."""
        errors: Errors = {}
        for name, known in _KNOWN.items():
            named = values.get(name)
            kept = current is not None and named == getattr(current, name)
            if named is not None and not kept and await session.value(known, id=named) is None:
                errors[name] = [selected_is_invalid(name)]

        def held(name: str) -> Any:
            return values[name] if name in values else getattr(current, name, None)

        if held("start_time") is not None and held("end_time") is not None and held("end_time") < held("start_time"):
            errors["end_time"] = ["The end time field must be a date after or equal to start time."]
        if held("issue_period_type") == "absolute_date" and held("issue_absolute_expiry") is None:
            errors["issue_absolute_expiry"] = ["The issue absolute expiry field is required."]
        if errors:
            raise Invalid(errors)
        return await _placed(session, values, current)

    async def remove(self, session: Any, current: Any) -> None:
        await session.update(Rate, {"id": current.id}, {"is_archived": True, "updated_at": session.now})
        session.outbox.audit("deleted", self.name, current.id, {"is_archived": False}, {"is_archived": True})
        self._emit(session, "updated", current.id)


async def _placed(session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
    """`location` and `location_id` name one place: where only one of them changes, the other follows."""

    def changes(name: str) -> bool:
        return name in values and values[name] != getattr(current, name, None)

    if changes("location") and not changes("location_id"):
        word = values["location"]
        return {**values, "location_id": None if word is None else await find_location(session, word)}
    if current is not None and changes("location_id") and not changes("location"):
        return {**values, "location": None}
    return values


rates = Rates(
    Rate,
    RateRead,
    RateBody,
    name="Rate",
    scope="rate",
    path="/rates",
    event="rate",
    listing={"live": lambda rate: rate.is_archived == false(), "search": ("name", "handle", "code")},
    example={"handle": "points", "type": "brand", "code": "Northline", "name": "Double", "rate": 2},
)


@told_of("regions")
async def _leave_region(session: Any, region_id: int) -> None:
    """A rate outlives its region, but not in force: without its region it would apply everywhere."""
    for rate in await session.rows(_OF_REGION, region=region_id):
        await rates.change(session, rate, {"region_id": None, "is_published": False})
