"""Ties and limits that random histories seldom meet, and what calculating costs."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from aggregations_reference import Purchase, add_profile, add_purchase

from omneo_api.commerce.locations.models import Location, LocationAddress
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.aggregations import service
from omneo_api.profiles.aggregations.calculation import sql
from omneo_api.profiles.aggregations.models import STORED

pytestmark = pytest.mark.anyio

NOON = datetime(2024, 5, 1, 12, tzinfo=UTC)


async def calculated(shop, joined, *purchases):
    async with shop.writing() as session:
        profile = await add_profile(session, joined)
        for purchase in purchases:
            await add_purchase(session, profile, purchase)
        await service.recalculate(session, profile)
    return profile, (await shop.get(f"/profiles/{profile}/aggregations"))["data"]


async def places(shop, count):
    async with shop.writing() as session:
        return [(await session.insert(Location, {"name": f"Shop {number}"})).id for number in range(count)]


@pytest.mark.parametrize("later", [0, 1])
async def test_a_tie_goes_to_where_the_latest_purchase_was(shop, later):
    pair = await places(shop, 2)
    first, last = pair if later else pair[::-1]
    history = [Purchase(NOON, Decimal(5), location=first), Purchase(NOON, Decimal(5), location=last)]
    _, answer = await calculated(shop, NOON, *history)
    for name in ("most_transacted", "latest_transacted", "most_spend", "most_spend_12m"):
        assert answer[f"{name}_location"]["id"] == last
    assert answer["transacted_locations"] == [str(number) for number in sorted(pair)]


async def test_a_place_only_of_returns_is_still_the_most_spent_at(shop):
    first, last = await places(shop, 2)
    history = [
        Purchase(NOON - timedelta(days=366), Decimal(900), location=first),
        Purchase(NOON, Decimal(-5), location=last),
        Purchase(NOON + timedelta(hours=1), Decimal(8)),
    ]
    _, answer = await calculated(shop, NOON, *history)
    assert answer["most_spend_location"]["id"] == first
    assert answer["most_spend_12m_location"]["id"] == last
    assert answer["latest_transacted_location"] is None


@pytest.mark.parametrize(
    ("days", "name"),
    [(0, "JN"), (90, "JN"), (91, "JC"), (365, "JC"), (366, "J1"), (730, "J1"), (731, "J2"), (1096, "J3"), (-5, "JN")],
)
async def test_the_class_of_membership(shop, days, name):
    today = datetime.now(UTC).replace(hour=12, minute=0)
    _, answer = await calculated(shop, today - timedelta(days=days))
    assert answer["dimension_join"] == name
    stored = await shop.sql("SELECT dimension_join FROM profile_aggregations WHERE tenant_id = %s", shop.tenant.id)
    assert stored == [(name,)]


@pytest.mark.parametrize(("gap", "name"), [(29, "FH"), (30, "FL")])
async def test_the_class_of_frequency(shop, gap, name):
    history = [Purchase(NOON + timedelta(days=gap * number), Decimal(1)) for number in range(3)]
    assert (await calculated(shop, NOON, *history))[1]["dimension_frequency"] == name
    assert (await calculated(shop, NOON, *history[:2]))[1]["dimension_frequency"] == "F2"


async def test_a_purchase_dated_ahead_counts_from_its_day_on(shop):
    now = datetime.now(UTC)
    history = [Purchase(now - timedelta(days=1), Decimal(10)), Purchase(now + timedelta(days=2), Decimal(5))]
    profile, answer = await calculated(shop, now, *history)
    assert (answer["spend_all"], answer["spend_12m_now"], answer["days_since_last_purchase"]) == (15, 10, 0)
    await shop.advance(days=3)
    answer = (await shop.get(f"/profiles/{profile}/aggregations"))["data"]
    assert (answer["spend_12m_now"], answer["days_since_last_purchase"]) == (15, 1)


BULK = Statement(
    """
    WITH sold AS (
        INSERT INTO transactions (total, total_original, transacted_at, timezone, location_id, systems)
        SELECT 1 + n % 90, CASE WHEN n % 2 = 0 THEN 120 END,
               '2021-01-01'::timestamptz + n * (interval '1000 days' / :count::int), 'Australia/Melbourne',
               :place::bigint, '{pos}'
        FROM generate_series(1, :count::int) AS n
        RETURNING id, transacted_at
    ), lines AS (
        INSERT INTO transaction_items (transaction_id, name, quantity) SELECT id, 'Line', 1 FROM sold
    )
    INSERT INTO transaction_states (transaction_id, profile_id, transacted_at)
    SELECT id, :profile::uuid, transacted_at FROM sold
    """
)


async def crowd(shop, people, each):
    """So many customers with so many purchases; answers the last one."""
    place = (await places(shop, 1))[0]
    async with shop.writing() as session:
        address = {
            "address_line_1": "x",
            "city": "x",
            "state": "x",
            "postcode": "x",
            "country": "Australia",
            "iso": "AU",
        }
        await session.insert(LocationAddress, {"location_id": place, **address})
        for _ in range(people):
            profile = await add_profile(session, NOON)
            await session.execute(BULK, count=each, profile=profile, place=place)
    await shop.sql("ANALYZE transactions, transaction_states, transaction_items, profiles")
    return profile


async def test_a_calculation_reads_its_own_purchases_by_index(shop):
    profile = await crowd(shop, 400, 25)
    async with shop.writing() as session:
        await service.recalculate(session, profile)
        explain = Statement("EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) " + sql("= (SELECT :profile::uuid)"))
        plan = [row[0] for row in await session.rows(explain, profile=profile)]
    scans = [line.strip(" ->") for line in plan if "Scan" in line and " on " in line]
    for table in ("transaction_states", "transactions", "transaction_items", "profiles"):
        mine = [scan for scan in scans if f" on {table} " in scan]
        assert mine, table
        assert all("Index" in scan for scan in mine), mine
    assert any("ix_transaction_states_profile" in scan for scan in scans)


async def test_one_statement_calculates_and_one_reads(shop, statements):
    profile, _ = await calculated(shop, NOON, Purchase(NOON, Decimal(5)))
    async with shop.writing() as session:
        with statements() as run:
            await service.recalculate(session, profile)
        assert len(run) == 1
        with statements() as run:
            assert await service.recalculate_many(session, [profile]) == []
        assert len(run) == 2
    with statements() as run:
        await shop.get(f"/profiles/{profile}/aggregations")
    assert len(run) == 1


async def test_many_at_once_equal_each_alone(shop):
    profile = await crowd(shop, 6, 7)
    everyone = [row[0] for row in await shop.sql("SELECT id FROM profiles WHERE tenant_id = %s", shop.tenant.id)]
    rows = f"SELECT profile_id, {', '.join(STORED)} FROM profile_aggregations WHERE tenant_id = %s ORDER BY 1"
    async with shop.writing() as session:
        assert sorted(await service.recalculate_many(session, everyone)) == sorted(everyone)
    together = await shop.sql(rows, shop.tenant.id)
    await shop.sql("DELETE FROM profile_aggregations WHERE tenant_id = %s", shop.tenant.id)
    async with shop.writing() as session:
        for one in everyone:
            assert await service.recalculate(session, one)
    assert await shop.sql(rows, shop.tenant.id) == together
    assert profile in everyone
