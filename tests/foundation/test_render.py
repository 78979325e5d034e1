"""The renderer against plain Python rendering of the same rows."""

import json
from datetime import UTC, date, datetime, time
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omneo_api.commerce.locations.models import (
    Location,
    LocationAddress,
    LocationNormalHours,
    LocationSpecialHours,
)
from omneo_api.commerce.locations.schemas import LocationRead
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.platform.custom_fields.models import CustomField

pytestmark = pytest.mark.anyio

TEXT = st.text(alphabet=st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=20)
MAYBE = st.none() | TEXT
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1)).map(lambda moment: moment.replace(tzinfo=UTC))  # noqa: DTZ001
TIMES = st.none() | st.times().map(lambda value: value.replace(microsecond=0))
DATES = st.none() | st.dates(date(1990, 1, 1), date(2090, 1, 1))
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)
DEGREES = st.none() | st.decimals(-90, 90, places=6)
STAMPS = {"created_at": MOMENTS, "updated_at": MOMENTS}

LOCATIONS = st.fixed_dictionaries(
    {
        "type": MAYBE,
        "name": MAYBE,
        "description": MAYBE,
        "is_published": st.booleans(),
        "tags": st.lists(TEXT, max_size=4),
        **STAMPS,
    }
)
ADDRESSES = st.fixed_dictionaries(
    {
        "address_line_1": TEXT,
        "city": TEXT,
        "state": TEXT,
        "postcode": TEXT,
        "country": TEXT,
        "latitude": DEGREES,
        "longitude": DEGREES,
        "meta": st.none() | st.dictionaries(TEXT, JSON, max_size=3),
        **STAMPS,
    }
)
NORMAL = st.fixed_dictionaries(
    {"day_of_week": st.sampled_from(["MON", "SUN"]), "open_at": TIMES, "close_at": TIMES, **STAMPS}
)
SPECIAL = st.fixed_dictionaries(
    {"name": MAYBE, "is_repeating": st.booleans(), "start_at": DATES, "end_at": DATES, **STAMPS}
)
FIELDS = st.dictionaries(st.tuples(TEXT, TEXT), JSON, max_size=4)


def plain(value, key=""):
    """One value as the wire shows it, in Python."""
    if isinstance(value, datetime):
        return f"{value.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
    if isinstance(value, date):
        return f"{value:%Y-%m-%d} 00:00:00" if key in ("start_at", "end_at") else f"{value:%Y-%m-%d}"
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    return value


def shown(row):
    return {key: plain(value, key) for key, value in row.items()}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    location=LOCATIONS,
    address=st.none() | ADDRESSES,
    normal=st.lists(NORMAL, max_size=3),
    special=st.lists(SPECIAL, max_size=2),
    fields=FIELDS,
)
async def test_a_rendered_row_equals_its_plain_rendering(shop, location, address, normal, special, fields):
    reader = Reader(Listing(LocationRead, Location))
    async with shop.writing() as session:
        identifier = (await session.insert(Location, location)).id
        if address is not None:
            await session.insert(LocationAddress, {"location_id": identifier, **address})
        for model, rows in ((LocationNormalHours, normal), (LocationSpecialHours, special)):
            for row in rows:
                await session.insert(model, {"location_id": identifier, **row})
        for (namespace, handle), value in fields.items():
            owner = {"owner_type": "location", "owner_id": str(identifier)}
            content = {"namespace": namespace, "handle": handle, "type": "json", "value": value}
            await session.insert(CustomField, owner | content)
        text = await reader.text(session, identifier)
    rendered = json.loads(text)
    assert list(rendered) == [name for name in LocationRead.model_fields if name != "departments"]
    assert {key: rendered[key] for key in location} == shown(location)
    if address is None:
        assert rendered["address"] is None
    else:
        assert {key: rendered["address"][key] for key in address} == shown(address)
    for name, rows in (("normal_hours", normal), ("special_hours", special)):
        assert [{key: row[key] for key in plain_row} for row, plain_row in zip(rendered[name], rows, strict=True)] == [
            shown(row) for row in rows
        ]
    grouped = {}
    for (namespace, handle), value in fields.items():
        grouped.setdefault(namespace, {})[handle] = value
    assert rendered["custom_fields"] == grouped


async def test_numbers_lose_their_trailing_zeros_and_keep_their_decimals(shop):
    reader = Reader(Listing(LocationRead, Location))
    async with shop.writing() as session:
        identifier = (await session.insert(Location, {"name": "x"})).id
        filler = dict.fromkeys(("address_line_1", "city", "state", "postcode", "country"), "x")
        values = {"latitude": Decimal("10.500000"), "longitude": Decimal("-7.000000")}
        await session.insert(LocationAddress, {"location_id": identifier, **filler, **values})
        text = await reader.text(session, identifier)
    assert '"latitude":10.5,"longitude":-7,' in text


async def test_one_read_is_one_statement(shop, statements):
    await shop.post("/regions", {"name": "A", "handle": "a", "countries": [{"iso_2": "AU"}, {"iso_2": "NZ"}]})
    for path in ("/regions", "/regions/a", "/countries?page[size]=100"):
        with statements() as run:
            await shop.get(path)
        assert len(run) == 1, run
