"""Tier points: their life, their list, what earned them, and the tier that follows in the same answer."""

import asyncio
from typing import Any

import pytest
from tiers_club import Club, held

pytestmark = pytest.mark.anyio


@pytest.fixture
async def club(shop: Any) -> Club:
    return await Club(shop).opened("S")


async def test_the_life_of_a_tier_point(club: Club) -> None:
    shop = club.shop
    await club.on("2024-02-15 04:20:00")
    who = await club.member("S")
    made = await club.earn(who, 650, "2024-02-15 04:20:00", meta={"why": "welcome"})
    assert {**made, "id": 0, "created_at": "", "updated_at": ""} == {
        "id": 0,
        "profile_id": who,
        "point_definition_id": club.point,
        "value": 650,
        "issued_at": "2024-02-15 04:20:00",
        "accrued_at": None,
        "status": "active",
        "source_type": None,
        "source_id": None,
        "source": None,
        "meta": {"why": "welcome"},
        "created_at": "",
        "updated_at": "",
    }
    assert held(await club.tiers(who)) == "silver"
    path = f"/tiers/points/{made['id']}"
    assert (await shop.get(path))["data"] == made
    same = await shop.put(path, {"value": 650, "issued_at": "2024-02-15T04:20:00Z", "meta": {"why": "welcome"}})
    assert same["data"] == made
    changed = (await shop.put(path, {"value": 1600, "accrued_at": None, "profile_id": "ignored"}))["data"]
    assert changed["value"] == 1600
    assert held(await club.tiers(who)) == "gold"
    await shop.put(path, {"meta": None})
    await shop.delete(path)
    await shop.delete(path, 404)
    await shop.get(path, 404)
    await shop.put(path, {"value": 5}, 404)
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"], told["current_credit"]) == ("gold", 0, 0)
    assert await club.events(who, "tier%") == [
        "achieved",
        "tier-point.created",
        "achieved",
        "tier-point.updated",
        "achieved",
        "tier-point.updated",
        "tier-point.deleted",
        "progressed",
    ]
    assert (await shop.get(f"/profiles/{who}/points"))["data"] == []
    rows = await shop.sql(
        "SELECT event, auditable_type FROM audits WHERE profile_id = %s AND auditable_type LIKE 'Tier%%' ORDER BY id",
        who,
    )
    kept = [("updated", "Tier"), ("created", "Tier"), ("updated", "Tier")]
    kept.extend((event, "TierPoint") for event in ("created", "updated", "updated", "deleted"))
    assert sorted(rows) == sorted(kept)


WRONG: list[tuple[dict[str, Any], set[str]]] = [
    ({}, {"profile_id", "point_definition_id", "value", "issued_at"}),
    ({"value": 0}, {"value"}),
    ({"value": 1.5}, {"value"}),
    ({"value": "many"}, {"value"}),
    ({"value": 10**13}, {"value"}),
    ({"issued_at": "someday"}, {"issued_at"}),
    ({"accrued_at": "never"}, {"accrued_at"}),
    (
        {"profile_id": "5b0d2c1e-6a42-4f0e-9a55-0c7e5c1f2a10", "point_definition_id": 10**9},
        {"profile_id", "point_definition_id"},
    ),
]


async def test_what_a_tier_point_may_not_be(club: Club) -> None:
    who = await club.member("S")
    whole = {"profile_id": who, "point_definition_id": club.point, "value": 10, "issued_at": None}
    for body, fields in WRONG:
        answer = await club.shop.post("/tiers/points", {**whole, **body} if body else {}, status=422)
        assert set(answer["errors"]) == fields, body
    assert (await club.shop.get(f"/profiles/{who}/tiers/points"))["data"] == []


async def test_a_pending_point_counts_from_its_moment_on_and_the_daily_job_takes_the_tier(club: Club) -> None:
    await club.on("2024-03-01 08:00:00")
    who = await club.member("S")
    first = await club.earn(who, 300, "2024-03-02 15:00:00")
    second = await club.earn(who, 400, None, accrued_at="2024-03-05 10:00:00")
    assert (first["status"], second["status"]) == ("pending", "pending")
    assert (await club.tiers(who))["total_points_12m"] == 0
    await club.on("2024-03-02 15:10:00")
    await club.daily()
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"], told["next_remain"]) == ("bronze", 300, 200)
    await club.on("2024-03-05 10:00:01")
    assert (held(await club.tiers(who)), (await club.tiers(who))["total_points_12m"]) == ("bronze", 700)
    await club.daily()
    told = await club.tiers(who)
    assert (held(told), told["achieved_at"], told["current_credit"]) == ("silver", "2024-03-05 00:00:00", 200)
    assert await club.events(who) == ["achieved", "progressed", "progressed", "achieved"]
    assert (await club.shop.get(f"/tiers/points/{second['id']}"))["data"]["status"] == "active"


async def test_lists_filters_and_batches(club: Club, jobs: Any) -> None:
    shop = club.shop
    one, two = await club.member("S"), await club.member("S")
    rows = [
        {"profile_id": one, "point_definition_id": club.point, "value": value, "issued_at": day}
        for value, day in ((100, "2024-01-01"), (-20, "2024-02-01 10:00:00"))
    ]
    email = (await shop.get(f"/profiles/{two}"))["data"]["email"]
    rows += [{"profile_id": two, "point_definition_id": club.point, "value": 7}]
    by_email = {"profile_id": email, "profile_id_handle": "email"}
    rows += [{**by_email, "point_definition_id": club.point, "value": 7, "issued_at": None}]
    queued = await shop.post("/tiers/points/batch.json", {"points": rows}, status=200)
    assert queued["message"] == "Queued for processing."
    for wrong, key in (
        ([], "points"),
        ([rows[0], {**rows[0], "value": 1.5}], "points.1.value"),
        ([{**rows[0], "issued_at": "x"}], "points.0.issued_at"),
    ):
        errors = (await shop.post("/tiers/points/batch", {"points": wrong}, status=422))["errors"]
        assert list(errors) == [key]
    await jobs()
    batch = (await shop.get(f"/batches/{queued['batch_id']}"))["data"]
    assert (batch["success_count"], batch["failed_count"]) == (3, 1)
    values = [row["value"] for row in (await shop.get("/tiers/points"))["data"]]
    assert values == [7, -20, 100]
    own = await shop.get(f"/profiles/{one}/tiers/points?page[size]=1")
    assert ([row["value"] for row in own["data"]], own["meta"]["total"]) == ([-20], 2)
    for query, expected in (
        (f"filter[profile_id]={one}", [-20, 100]),
        ("filter[value][gt]=7", [100]),
        ("filter[issued_at]=2024-01-01", [100]),
        ("filter[source_type][nullable]=1&sort=value", [-20, 7, 100]),
        (f"filter[point_definition_id]={club.point + 1}", []),
    ):
        assert [row["value"] for row in (await shop.get(f"/tiers/points?{query}"))["data"]] == expected, query
    await shop.get("/tiers/points?filter[meta]=1", 400)
    calculated = await shop.post(
        "/profile/tiers/calculate/batch.json", {"profiles": [{"profile_id": one}, {"profile_id": two}]}
    )
    assert calculated["message"] == "Queued for processing."
    await shop.post("/profile/tiers/calculate/batch", {"profiles": [{"profile_id": "x"}]}, status=422)
    assert [job.error for job in await jobs()] == [None]


async def test_concurrent_writes_leave_the_right_tier_told_once(club: Club) -> None:
    """A dozen points that reach silver and gold together: each level is told once at most, and the sum is whole."""
    who = await club.member("S")
    await asyncio.gather(*(club.earn(who, 150) for _ in range(12)))
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"]) == ("gold", 1800)
    assert told["current_credit"] + told["current_progress"] == 300
    events = await club.events(who)
    assert (events.count("achieved"), events.count("progressed"), len(events)) == (3, 10, 13)
    stranger = (await club.shop.sql("INSERT INTO profiles (tenant_id) VALUES (%s) RETURNING id", club.shop.tenant.id))[
        0
    ][0]
    await club.shop.post("/tiers/definitions", {"name": "Any", "handle": "any", "value_min": 0})
    reads = await asyncio.gather(*(club.tiers(str(stranger)) for _ in range(8)))
    assert {row["id"] for row in reads} == {reads[0]["id"]}
    assert [held(row) for row in reads] == ["any"] * 8
    assert await club.events(str(stranger)) == ["achieved"]
    await asyncio.gather(*(club.calculate(str(stranger)) for _ in range(8)))
    assert await club.events(str(stranger)) == ["achieved"]
