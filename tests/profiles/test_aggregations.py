"""Aggregations over HTTP (profiles 10)."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from aggregations_reference import Purchase, add_profile, add_purchase

from omneo_api.commerce.locations.models import Location
from omneo_api.configuration.regions import Region
from omneo_api.foundation.statements import Statement
from omneo_api.foundation.validation import timezones
from omneo_api.profiles.addresses.models import Address
from omneo_api.profiles.aggregations import service
from omneo_api.profiles.connections.models import Connection, ConnectionDefinition
from omneo_api.profiles.scope import lock_profile
from omneo_api.profiles.statuses.models import ProfileStatus, Status

pytestmark = pytest.mark.anyio

ORDER = [
    "profile_id",
    "shop_days",
    "spend_12m",
    "spend_12m_now",
    "spend_all",
    "spend_atv_12m",
    "spend_atv_all",
    "discount_avg",
    "spend_first_date",
    "spend_last_date",
    "first_shop_date",
    "latest_shop_date",
    "first_shop_days",
    "second_shop_date",
    "second_shop_days",
    "previous_shop_date",
    "latest_shop_days",
    "average_shop_days",
    "total_shop_days",
    "at_risk_date",
    "shop_count",
    "dimension_frequency",
    "dimension_recency",
    "dimension_join",
    "channel",
    "latest_shop_spend",
    "latest_shop_currency",
    "purchased_brands",
    "store_join",
    "most_transacted_location",
    "latest_transacted_location",
    "most_spend_location",
    "most_spend_12m_location",
    "transacted_locations",
    "likely_country",
    "likely_country_score",
    "likely_country_iso",
    "likely_country_iso_score",
    "likely_state_iso",
    "likely_state_iso_score",
    "likely_region",
    "likely_region_score",
    "total_referred",
    "top_historic_status",
    "atv",
    "purchase_frequency",
    "days_since_last_purchase",
    "preferred_channel",
    "preferred_location_id",
    "lifecycle_stage",
]


async def person(shop, joined=None):
    async with shop.writing() as session:
        return await add_profile(session, joined or session.now)


async def buy(shop, profile, *purchases):
    async with shop.writing() as session:
        for purchase in purchases:
            await add_purchase(session, profile, purchase)
        return await service.recalculate(session, profile)


async def read(shop, profile):
    return (await shop.get(f"/profiles/{profile}/aggregations"))["data"]


async def read_past_the_tokens_life(shop, profile):
    async with shop.database.reading(shop.tenant) as session:
        return json.loads(await service.reader.text(session, profile))


def ago(**delta):
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**delta)


async def test_nothing_is_known_before_the_first_calculation(shop, other_shop):
    profile = await person(shop)
    answer = await read(shop, profile)
    assert list(answer) == ORDER
    counts = {"shop_count": 0, "total_shop_days": 0, "total_referred": 0, "dimension_join": "JN"}
    assert answer == dict.fromkeys(ORDER) | counts | {"profile_id": str(profile)}
    await other_shop.get(f"/profiles/{profile}/aggregations", status=404)
    await shop.get("/profiles/8f2f6a43-12ab-4f9e-9a44-08a1f2f0a000/aggregations", status=404)


async def test_a_calculation_of_nothing_gives_zeros(shop):
    profile = await person(shop)
    answer = (await shop.get(f"/profiles/{profile}/aggregations/calculate"))["data"]
    assert list(answer) == ORDER
    assert [answer[name] for name in ("spend_all", "spend_12m", "spend_12m_now", "spend_atv_all", "atv")] == [0] * 5
    assert (answer["dimension_frequency"], answer["dimension_recency"]) == ("F0", "RO")
    assert answer["lifecycle_stage"] == "never_shopped"
    assert answer["purchased_brands"] == answer["transacted_locations"] == []
    assert answer["shop_days"] is answer["first_shop_date"] is answer["discount_avg"] is answer["channel"] is None
    assert await read(shop, profile) == answer


async def test_the_contracts_example_of_days(shop):
    """Ten days from 2023-05-01 to 2025-03-09: an average of 68, a gap of 75.3, at risk on 2025-09-29."""
    joined = datetime(2023, 4, 2, 12, tzinfo=UTC)
    profile = await person(shop, joined)
    days = [(2023, 5, 1), (2023, 6, 20), (2023, 8, 1), (2023, 9, 1), (2023, 10, 1), (2024, 1, 1), (2024, 5, 1)]
    days += [(2024, 9, 1), (2025, 2, 1), (2025, 3, 9)]
    await buy(shop, profile, *(Purchase(datetime(*day, 1, tzinfo=UTC), Decimal("98.02")) for day in days))
    answer = await read(shop, profile)
    expected = {
        "first_shop_date": "2023-05-01",
        "first_shop_days": 29,
        "second_shop_date": "2023-06-20",
        "second_shop_days": 50,
        "previous_shop_date": "2025-02-01",
        "latest_shop_date": "2025-03-09",
        "latest_shop_days": 36,
        "average_shop_days": 68,
        "purchase_frequency": 68,
        "shop_days": 75.3,
        "at_risk_date": "2025-09-29",
        "total_shop_days": 10,
        "shop_count": 10,
        "dimension_frequency": "FL",
        "spend_all": 980.2,
        "spend_atv_all": 98.02,
        "spend_12m": 392.08,
        "latest_shop_spend": 98.02,
    }
    assert {name: answer[name] for name in expected} == expected


async def test_a_day_of_returns_only_is_no_shop(shop):
    profile = await person(shop)
    await buy(
        shop,
        profile,
        Purchase(datetime(2024, 1, 1, tzinfo=UTC), Decimal(100)),
        Purchase(datetime(2024, 1, 5, tzinfo=UTC), Decimal(-40)),
        Purchase(datetime(2024, 1, 9, tzinfo=UTC), Decimal(20)),
        Purchase(datetime(2024, 1, 9, 1, tzinfo=UTC), Decimal(-20)),
    )
    answer = await read(shop, profile)
    assert (answer["shop_count"], answer["total_shop_days"], answer["spend_all"]) == (1, 3, 60)
    assert answer["spend_atv_all"] == 30
    assert answer["shop_days"] is None
    assert answer["average_shop_days"] == 3
    assert answer["latest_shop_spend"] == 0


async def test_the_day_is_that_of_the_shops_timezone(shop):
    profile = await person(shop)
    night = datetime(2024, 7, 1, 13, 30, tzinfo=UTC)
    await buy(
        shop, profile, *(Purchase(night, Decimal(1), zone) for zone in ("Australia/Melbourne", "Pacific/Auckland"))
    )
    answer = await read(shop, profile)
    assert (answer["first_shop_date"], answer["latest_shop_date"]) == ("2024-07-01", "2024-07-02")
    assert answer["spend_first_date"] == answer["spend_last_date"] == "2024-07-01 13:30:00"


async def test_foreign_money_counts_in_base_currency_and_voids_not_at_all(shop):
    profile = await person(shop)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    await buy(
        shop,
        profile,
        Purchase(moment, Decimal("10.05"), rate=Decimal("0.5")),
        Purchase(moment, Decimal("10.05"), rate=Decimal("0.5")),
        Purchase(moment, Decimal(999), void="void"),
        Purchase(moment, Decimal(999), void="superseded"),
        Purchase(moment, Decimal(999), void="deleted"),
    )
    answer = await read(shop, profile)
    assert (answer["spend_all"], answer["shop_count"]) == (10.06, 1)


async def test_discounts_come_from_the_undiscounted_total_or_the_lines(shop):
    profile = await person(shop)
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    await buy(
        shop,
        profile,
        Purchase(moment, Decimal(80), original=Decimal(100)),
        Purchase(
            moment, Decimal(60), discounts=[{"amount": 30}, {"amount": "10", "reason_desc": "x"}, {"amount": None}]
        ),
        Purchase(moment, Decimal(0), original=Decimal(50)),
        Purchase(moment, Decimal(50)),
        Purchase(moment, Decimal(-50), original=Decimal(-100)),
        Purchase(moment, Decimal(0)),
    )
    assert (await read(shop, profile))["discount_avg"] == 40


async def test_what_depends_on_today_is_right_without_a_write(shop):
    profile = await person(shop, ago(days=80))
    await buy(
        shop, profile, Purchase(ago(days=360), Decimal(100)), Purchase(ago(days=80), Decimal(30), systems=["POS"])
    )
    before = await shop.sql("SELECT * FROM profile_aggregations WHERE profile_id = %s", profile)
    answer = await read(shop, profile)
    assert (answer["spend_12m"], answer["spend_12m_now"], answer["channel"]) == (130, 130, "CF")
    assert (answer["dimension_recency"], answer["dimension_join"], answer["lifecycle_stage"]) == ("RC", "JN", "new")
    assert (answer["first_shop_days"], answer["days_since_last_purchase"]) == (0, 80)
    await shop.advance(days=20)
    answer = await read(shop, profile)
    assert (answer["spend_12m"], answer["spend_12m_now"]) == (130, 30)
    assert (answer["dimension_recency"], answer["dimension_join"], answer["lifecycle_stage"]) == ("RS", "JC", "active")
    assert answer["days_since_last_purchase"] == 100
    await shop.advance(days=120)
    answer = await read(shop, profile)
    assert (answer["dimension_recency"], answer["lifecycle_stage"], answer["spend_12m_now"]) == ("RA", "lapsing", 30)
    await shop.advance(days=500)
    answer = await read_past_the_tokens_life(shop, profile)
    assert (answer["dimension_recency"], answer["dimension_join"]) == ("RI", "J1")
    assert (answer["lifecycle_stage"], answer["spend_12m_now"], answer["spend_12m"]) == ("lapsed", 0, 130)
    assert await shop.sql("SELECT * FROM profile_aggregations WHERE profile_id = %s", profile) == before


async def events(shop):
    found = await shop.sql(
        "SELECT entity_id FROM events WHERE tenant_id = %s AND name = 'aggregation.updated' ORDER BY id", shop.tenant.id
    )
    return [row[0] for row in found]


async def test_only_a_change_is_an_event(shop):
    profile = await person(shop, ago(days=10))
    purchase = Purchase(ago(days=1), Decimal(10))
    assert await buy(shop, profile, purchase)
    assert await events(shop) == [str(profile)]
    assert not await buy(shop, profile)
    await shop.get(f"/profiles/{profile}/aggregations/calculate")
    assert len(await events(shop)) == 1
    await shop.sql("UPDATE transaction_states SET void_kind = 'void' WHERE transaction_id = %s", purchase.id)
    assert await buy(shop, profile)
    assert len(await events(shop)) == 2
    answer = await read(shop, profile)
    assert (answer["spend_all"], answer["shop_count"], answer["latest_shop_date"]) == (0, 0, None)


async def test_passing_time_is_noticed_by_the_nightly_refresh(shop):
    profile, other = await person(shop, ago(days=10)), await person(shop, ago(days=10))
    await buy(shop, profile, Purchase(ago(days=1), Decimal(10)))
    await buy(shop, other, Purchase(ago(days=1), Decimal(10)))
    async with shop.writing() as session:
        assert await service.refresh_due(session) == 0
    await shop.advance(days=81)
    async with shop.writing() as session:
        assert await service.refresh_due(session, most=1) == 1
        assert await service.refresh_due(session) == 1
        assert await service.refresh_due(session) == 0
    assert sorted(await events(shop)) == sorted([str(profile), str(other)] * 2)
    stored = await shop.sql("SELECT dimension_join FROM profile_aggregations WHERE profile_id = %s", profile)
    assert stored == [("JC",)]


async def test_a_migration_puts_facts_until_the_next_calculation(shop):
    profile = await person(shop, ago(days=10))
    async with shop.writing() as session:
        place = (await session.insert(Location, {"name": "Fitzroy"})).id
    body = {
        "spend_all": 980.2,
        "shop_count": 10,
        "spend_12m_now": 310,
        "dimension_join": "J3",
        "total_referred": 4,
        "most_spend_location_id": place,
        "store_join_location_id": place,
        "purchased_brands": ["Tern"],
        "spend_last_date": "2025-03-09T01:20:00Z",
        "latest_shop_date": "2025-03-09",
        "unknown": 1,
    }
    answer = (await shop.put(f"/profiles/{profile}/aggregations", body))["data"]
    assert (answer["spend_all"], answer["atv"], answer["shop_count"]) == (980.2, None, 10)
    assert (answer["spend_12m_now"], answer["dimension_join"], answer["total_referred"]) == (310, "J3", 4)
    assert answer["most_spend_location"]["name"] == answer["store_join"]["name"] == "Fitzroy"
    assert (answer["purchased_brands"], answer["spend_last_date"]) == (["Tern"], "2025-03-09 01:20:00")
    assert (await shop.put(f"/profiles/{profile}/aggregations", body))["data"] == answer
    audits = await shop.sql("SELECT event, auditable_type, profile_id FROM audits WHERE tenant_id = %s", shop.tenant.id)
    assert audits.count(("updated", "Aggregation", profile)) == 1
    assert len(await events(shop)) == 1
    calculated = (await shop.get(f"/profiles/{profile}/aggregations/calculate"))["data"]
    assert (calculated["spend_all"], calculated["spend_12m_now"], calculated["total_referred"]) == (0, 0, 0)
    assert (calculated["dimension_join"], calculated["store_join"]) == ("JN", None)


async def test_a_put_is_checked(shop):
    profile = await person(shop)
    body = {"most_spend_location_id": 12345, "latest_transacted_location_id": 12345}
    refused = await shop.put(f"/profiles/{profile}/aggregations", body, status=422)
    assert refused["errors"] == {
        "most_spend_location_id": ["The selected most spend location id is invalid."],
        "latest_transacted_location_id": ["The selected latest transacted location id is invalid."],
    }
    refused = await shop.put(f"/profiles/{profile}/aggregations", {"shop_count": None, "discount_avg": 101}, status=422)
    assert set(refused["errors"]) == {"shop_count", "discount_avg"}
    assert (await read(shop, profile))["spend_all"] is None


async def test_currency_status_and_home(shop):
    profile = await person(shop, ago(days=10))
    async with shop.writing() as session:
        names = [("gold", 2), ("silver", 1), ("none", None)]
        made = [
            (await session.insert(Status, {"name": name, "handle": name, "sort_order": rank})).id
            for name, rank in names
        ]
        for status in made:
            row = {"profile_id": profile, "status_id": status, "removed_at": session.now}
            await session.insert(ProfileStatus, row)
        home = {"profile_id": profile, "address_line_1": "x", "country": "New Zealand", "iso": "NZ", "iso_state": "AUK"}
        await session.insert(Address, {**home, "is_default": True})
        region = await session.insert(Region, {"name": "ANZ", "handle": "anz"})
        await session.execute(
            Statement("UPDATE countries SET region_id = :region::bigint WHERE iso_2 = 'NZ'"), region=region.id
        )
    dollars = (await shop.post("/currencies", {"from": "NZD", "to": "AUD", "rate": 0.92}))["data"]
    empty = await read(shop, profile)
    assert empty["likely_country"] is empty["top_historic_status"] is None
    await buy(shop, profile, Purchase(ago(days=2), Decimal(10)))
    await shop.sql(
        "INSERT INTO transactions (tenant_id, total, transacted_at, timezone, currency_id, currency, currency_rate)"
        " VALUES (%s, 100, now() - interval '1 day', 'UTC', %s, 'NZD', 0.92)",
        shop.tenant.id,
        dollars["id"],
    )
    await shop.sql(
        "INSERT INTO transaction_states (tenant_id, transaction_id, profile_id, transacted_at)"
        " SELECT tenant_id, id, %s, transacted_at FROM transactions WHERE tenant_id = %s AND currency_id IS NOT NULL",
        profile,
        shop.tenant.id,
    )
    assert await buy(shop, profile)
    answer = await read(shop, profile)
    assert answer["latest_shop_currency"] == dollars
    assert (answer["spend_all"], answer["latest_shop_spend"]) == (102, 92)
    assert answer["top_historic_status"]["handle"] == "silver"
    likely = ("likely_country", "likely_country_iso", "likely_state_iso", "likely_region")
    assert [answer[name] for name in likely] == ["New Zealand", "NZ", "AUK", "anz"]
    assert [answer[f"{name}_score"] for name in likely] == [None] * 4


async def test_a_location_that_moves_takes_its_customers_along(shop, jobs):
    profile = await person(shop, ago(days=10))
    place = (await shop.post("/locations", {"name": "x", "phone": "1"}))["data"]["id"]
    await buy(shop, profile, Purchase(ago(days=2), Decimal(10), location=place))
    address = {"address_line_1": "x", "city": "x", "postcode": "1", "state": "x", "country": "Fiji", "iso": "FJ"}
    await shop.put(f"/locations/{place}", {"address": address})
    await jobs()
    answer = await read(shop, profile)
    assert (answer["likely_country"], answer["likely_country_iso_score"]) == ("Fiji", 100)
    seen = []
    region = (await shop.post("/regions", {"name": "P", "handle": "p", "countries": [{"iso_2": "FJ"}]}))["data"]["id"]
    for countries in (None, [], [{"iso_2": "FJ"}], ()):
        if countries == ():
            await shop.delete(f"/regions/{region}")
        elif countries is not None:
            await shop.put(f"/regions/{region}", {"countries": countries})
        await jobs()
        seen.append((await read(shop, profile))["likely_region"])
    assert seen == ["p", None, "p", None]
    await shop.put(f"/locations/{place}", {"address": {"country": "Tonga"}})
    await jobs()
    assert (await read(shop, profile))["likely_country"] == "Tonga"
    await shop.put(f"/locations/{place}", {"address": None})
    await jobs()
    answer = await read(shop, profile)
    assert answer["likely_country"] is answer["likely_country_score"] is None
    assert answer["most_transacted_location"]["id"] == answer["preferred_location_id"] == place


async def test_a_batch_calculates_and_puts(shop, jobs):
    first, second = await person(shop), await person(shop)
    async with shop.writing() as session:
        await add_purchase(session, first, Purchase(ago(days=2), Decimal(10)))
    rows = [
        {"profile_id": str(first)},
        {"profile_id": str(second), "spend_all": 7},
        {"profile_id": "8f2f6a43-12ab-4f9e-9a44-08a1f2f0a000"},
        {"profile_id": str(second), "shop_count": -1},
    ]
    answer = await shop.post("/profile/aggregations/batch.json", {"profiles": rows}, status=200)
    await jobs()
    items = (await shop.get(f"/batches/{answer['batch_id']}"))["data"]["items"]
    assert [(item["status"], item["entity_id"]) for item in items] == [
        ("success", str(first)),
        ("success", str(second)),
        ("failed", None),
        ("failed", None),
    ]
    assert items[2]["error"] == "The selected profile id is invalid."
    assert ((await read(shop, first))["spend_all"], (await read(shop, second))["spend_all"]) == (10, 7)
    refused = await shop.post("/profile/aggregations/batch.json", {"profiles": [{"spend_all": 1}]}, status=422)
    assert set(refused["errors"]) == {"profiles.0.profile_id"}


async def test_putting_needs_an_administrator(shop, jobs):
    profile = await person(shop)
    await shop.sql("UPDATE user_roles SET role_id = 4 WHERE tenant_id = %s", shop.tenant.id)
    shop.app.gate.forget()
    refused = await shop.put(f"/profiles/{profile}/aggregations", {"spend_all": 1}, status=403)
    assert refused == {"message": "This action is unauthorized."}
    row = {"profile_id": str(profile)}
    await shop.post("/profile/aggregations/batch.json", {"profiles": [row, row | {"spend_all": 1}]}, status=403)
    await shop.post("/profile/aggregations/batch.json", {"profiles": [row]}, status=200)
    assert len(await jobs()) == 1
    assert (await read(shop, profile))["spend_all"] == 0


async def test_calculations_at_once_end_with_the_sum_of_all(shop):
    profile = await person(shop)

    async def sale():
        async with shop.writing() as session:
            await lock_profile(session, profile)
            await add_purchase(session, profile, Purchase(session.now, Decimal(1)))
            assert await service.recalculate(session, profile)

    await asyncio.gather(*(sale() for _ in range(12)))
    assert (await read(shop, profile))["spend_all"] == 12


async def test_referrals_are_counted_when_read(shop):
    profile, friend = await person(shop), await person(shop)
    async with shop.writing() as session:
        for kind in ("referral", "partner"):
            row = {"name": kind, "handle": kind, "type": kind}
            definition = (await session.insert(ConnectionDefinition, row)).id
            for status in ("accepted", "rejected", "rejected"):
                made = {"definition_id": definition, "connector_id": profile, "connected_id": friend, "status": status}
                await session.insert(Connection, made)
    assert (await read(shop, profile))["total_referred"] == 0
    for who, count in ((profile, 1), (friend, 0)):
        answer = (await shop.get(f"/profiles/{who}/aggregations/calculate"))["data"]
        assert answer["total_referred"] == count
    await shop.sql("UPDATE connections SET deleted_at = now() WHERE tenant_id = %s", shop.tenant.id)
    assert (await read(shop, profile))["total_referred"] == 0


async def test_every_timezone_that_is_accepted_has_its_days_in_the_database(shop):
    known = {row[0] for row in await shop.sql("SELECT name FROM pg_timezone_names")}
    assert timezones() <= known
