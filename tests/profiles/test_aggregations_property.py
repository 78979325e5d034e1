"""Random histories: the statement and an independent reference agree on every field, at any later moment."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from aggregations_reference import Place, Purchase, add_profile, add_purchase, as_wire, reference, shown
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omneo_api.commerce.locations.models import Location, LocationAddress
from omneo_api.configuration.regions import Region
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.aggregations import service
from omneo_api.profiles.profile import merging

pytestmark = pytest.mark.anyio

START = datetime(2019, 2, 26, 22, 30, tzinfo=UTC)
ZONES = ["UTC", "Australia/Melbourne", "America/Los_Angeles", "Asia/Kathmandu", "Pacific/Kiritimati"]
STREET = {"address_line_1": "1 Test St", "city": "Town", "postcode": "1"}
ADDRESSES = [
    {"country": "Australia", "iso": "AU", "iso_state": "VIC", "state": "Victoria"},
    {"country": "Australia", "iso": "AUS", "iso_state": None, "state": "Victoria"},
    {"country": "New Zealand", "iso": "nz", "iso_state": "AUK", "state": "Auckland"},
    {"country": "Atlantis", "iso": None, "iso_state": None, "state": "Deep"},
]
EDGES = [0, 1, 2, 90, 91, 181, 364, 365, 366, 367, 368, 730, 731, 732]
PLACES: dict[int, dict[int, Place]] = {}
REGIONS = {"AU": "anz", "AUS": "anz", "nz": "anz"}

# Few distinct moments, around midnights, leap days and whole years, so that days, ties and window edges are met often.
moments = st.builds(
    lambda days, minutes: START + timedelta(days=days, minutes=minutes),
    st.one_of(st.sampled_from([0, 1, 2, 3, 364, 365, 366, 367, 368, 730, 731]), st.integers(0, 900)),
    st.sampled_from([0, 0, 0, 15, 90]),
)
money = st.one_of(st.integers(-2, 3).map(Decimal), st.decimals(-300, 900, places=4, allow_nan=False))
purchases = st.builds(
    Purchase,
    at=moments,
    total=money,
    timezone=st.sampled_from(ZONES),
    rate=st.one_of(st.none(), st.decimals("0.01", "3", places=8, allow_nan=False)),
    original=st.one_of(st.none(), money),
    location=st.one_of(st.none(), st.integers(0, 4)),
    systems=st.lists(st.sampled_from(["pos", "WEB", "erp", "a,b", 'q"x']), max_size=2, unique=True),
    void=st.sampled_from([None, None, None, None, "void", "superseded", "deleted"]),
    discounts=st.lists(
        st.builds(lambda amount: {"amount": amount}, st.one_of(st.integers(0, 50), st.sampled_from(["7.25", 0.5]))),
        max_size=2,
    ),
)


async def lay_places(session):
    """Four locations with an address and one without; only Australia and New Zealand are in a region."""
    region = await session.insert(Region, {"name": "ANZ", "handle": "anz"})
    await session.execute(
        Statement("UPDATE countries SET region_id = :region::bigint WHERE iso_2 IN ('AU', 'NZ')"), region=region.id
    )
    places = {}
    for address in [*ADDRESSES, None]:
        number = (await session.insert(Location, {"name": "Shop"})).id
        places[number] = Place()
        if address is not None:
            await session.insert(LocationAddress, {"location_id": number, **STREET, **address})
            known = {name: address[name] for name in ("country", "iso", "iso_state")}
            places[number] = Place(**known, region=REGIONS.get(address["iso"]))
    return places


def set_clock(shop, moment):
    shop.tenant = replace(shop.tenant, clock_offset=moment - datetime.now(UTC))


async def answered(shop, profile):
    async with shop.database.reading(shop.tenant) as session:
        return session.now, json.loads(await service.reader.text(session, profile))


def wire(facts):
    return {name: as_wire(value) for name, value in facts.items()}


def numbers(facts):
    return {name: float(value) if type(value) in (int, float) else value for name, value in facts.items()}


@given(
    history=st.lists(purchases, max_size=14),
    joined=st.integers(-30, 900),
    at=st.integers(0, 3000),
    later=st.lists(st.one_of(st.integers(0, 40), st.integers(0, 800)), max_size=3),
    cut=st.integers(0, 14),
)
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_any_history_agrees_with_the_reference(shop, history, joined, at, later, cut):
    moment = START + timedelta(hours=8 * at, minutes=1)
    set_clock(shop, moment)
    async with shop.writing() as session:
        if shop.tenant.id not in PLACES:
            PLACES[shop.tenant.id] = await lay_places(session)
        known = PLACES[shop.tenant.id]
        for purchase in history:
            purchase.location = None if purchase.location is None else list(known)[purchase.location]
        since = START + timedelta(days=joined)
        profile = await add_profile(session, since)
        stranger = await add_profile(session, since)
        await add_purchase(session, stranger, Purchase(START, Decimal(7)))
        await add_purchase(session, None, Purchase(START, Decimal(7)))
        for purchase in history[:cut]:
            await add_purchase(session, profile, purchase)
        await service.recalculate(session, profile)
        for purchase in history[cut:]:
            await add_purchase(session, profile, purchase)
        await service.recalculate(session, profile)
        assert not await service.recalculate(session, profile)
    for wait in [0, *later]:
        moment += timedelta(days=wait)
        set_clock(shop, moment)
        now, answer = await answered(shop, profile)
        assert numbers(shown(answer)) == numbers(wire(reference(history, since, now, known)))
        assert answer["latest_shop_currency"] is None
    async with shop.writing() as session:
        assert await service.recalculate_many(session, [stranger, profile]) is not None
        assert await service.recalculate_many(session, [stranger, profile]) == []
    now, again = await answered(shop, profile)
    assert numbers(shown(again)) == numbers(wire(reference(history, since, now, known)))


@given(
    histories=st.lists(st.lists(purchases, max_size=5), min_size=2, max_size=4),
    joined=st.integers(-30, 900),
    winners=st.lists(st.integers(0, 3), min_size=3, max_size=3),
)
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
async def test_any_merges_agree_with_the_reference_of_all_purchases(shop, histories, joined, winners):
    """Several customers with purchases, returns and voids are merged one after the other, in any direction."""
    moment = START + timedelta(days=1000, minutes=1)
    set_clock(shop, moment)
    since = START + timedelta(days=joined)
    async with shop.writing() as session:
        if shop.tenant.id not in PLACES:
            PLACES[shop.tenant.id] = await lay_places(session)
        known = PLACES[shop.tenant.id]
        people = [(await add_profile(session, since), history) for history in histories]
        for profile, history in people:
            for purchase in history:
                purchase.location = None if purchase.location is None else list(known)[purchase.location]
                await add_purchase(session, profile, purchase)
            await service.recalculate(session, profile)
    while len(people) > 1:
        (one, first), (two, second), *rest = people
        source, destination = (two, one) if winners[len(rest)] % 2 else (one, two)
        async with shop.writing() as session:
            await merging.merge(session, source, destination)
        people = [(destination, first + second), *rest]
    profile, history = people[0]
    now, answer = await answered(shop, profile)
    assert numbers(shown(answer)) == numbers(wire(reference(history, since, now, known)))
    async with shop.writing() as session:
        assert not await service.recalculate(session, profile)
