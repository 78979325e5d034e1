"""Levels, programs and floors; what others got wrong in public; and what is there when nothing is."""

from typing import Any

import pytest
from tiers_club import COUNTER, Club, held

pytestmark = pytest.mark.anyio

EVERYTHING = {
    "is_floor": False,
    "value_maintain": 400,
    "is_assignable": True,
    "disable_credit": False,
    "internal_notes": None,
    "description": None,
    "short_description": "Second level",
    "long_description": "<p>Silver members</p>",
    "terms_conditions": None,
    "icon": None,
    "image_url": "https://cdn.example.com/silver.png",
    "earn_instructions": "Collect 500 points in a year",
    "tags": ["core"],
    "meta": None,
    "region_id": None,
    "region": None,
}


async def level(shop: Any, handle: str, value_min: int, status: int = 201, **more: Any) -> Any:
    body = {"name": handle.title(), "handle": handle, "value_min": value_min, **more}
    answer = await shop.post("/tiers/definitions", body, status=status)
    return answer["data"] if status == 201 else answer["errors"]


async def handles(shop: Any, query: str = "") -> list[str]:
    return [row["handle"] for row in (await shop.get(f"/tiers/definitions{query}"))["data"]]


async def test_definitions_and_their_filters(shop: Any) -> None:
    made = await level(shop, "silver", 500, **EVERYTHING)
    assert made == {
        "id": made["id"],
        "name": "Silver",
        "handle": "silver",
        **EVERYTHING,
        "is_floor": True,
        "value_min": 500,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    bronze = await level(shop, "bronze", 0)
    assert (bronze["is_floor"], bronze["value_maintain"], bronze["is_assignable"]) == (True, None, False)
    assert (await shop.get("/tier-definitions/SILVER"))["data"]["is_floor"] is False
    for body, fields in (
        ({}, {"name", "handle", "value_min"}),
        ({"name": "x", "handle": "a b", "value_min": 1}, {"handle"}),
        ({"name": "x", "handle": "x", "value_min": -1, "value_maintain": 2.5}, {"value_min", "value_maintain"}),
        ({"name": "x", "handle": "Silver", "value_min": 7}, {"handle"}),
        ({"name": "x", "handle": "x", "value_min": 500}, {"value_min"}),
        ({"name": "x", "handle": "x", "value_min": 7, "is_floor": None}, {"is_floor"}),
        ({"name": "x", "handle": "x", "value_min": 1, "region_id": 10**9}, {"region_id"}),
    ):
        assert set((await shop.post("/tiers/definitions", body, status=422))["errors"]) == fields, body
    path = f"/tiers/definitions/{made['id']}"
    same = (await shop.put(path, {"handle": "ignored", "value_min": 500}))["data"]
    assert (same["handle"], same["updated_at"]) == ("silver", made["updated_at"])
    changed = (await shop.put(path, {"value_min": 600, "value_maintain": None, "is_floor": True, "meta": {"a": 1}}))[
        "data"
    ]
    assert (changed["value_min"], changed["value_maintain"], changed["is_floor"]) == (600, None, True)
    assert (await shop.get(f"/tiers/definitions/{bronze['id']}"))["data"]["is_floor"] is False
    await shop.put(f"/tiers/definitions/{bronze['id']}", {"is_floor": True})
    assert (await shop.get(path))["data"]["is_floor"] is False
    await shop.put(f"/tiers/definitions/{bronze['id']}", {"is_floor": False})
    assert (await shop.get(f"/tiers/definitions/{bronze['id']}"))["data"]["is_floor"] is True
    gold = await level(shop, "gold", 100)
    assert await handles(shop) == ["bronze", "gold", "silver"]
    for query, expected in (
        ("?filter[value_min][gte]=100&sort=-value_min", ["silver", "gold"]),
        ("?filter[is_assignable]=1", ["silver"]),
        ("?filter[period]=12&filter[handle]=gold,bronze", ["bronze", "gold"]),
        ("?filter[period]=6", []),
        ("?filter[region_id]=null&filter[search]=old", ["gold"]),
    ):
        assert await handles(shop, query) == expected, query
    await shop.get("/tiers/definitions?filter[is_floor]=1", 400)
    await shop.delete(f"/tiers/definitions/{gold['id']}")
    await shop.get(f"/tiers/definitions/{gold['id']}", 404)
    await level(shop, "gold", 100)


async def test_programs_belong_to_regions_and_who_moves_is_placed_there(shop: Any) -> None:
    club = await Club(shop).opened("S")
    await level(shop, "member", 0)
    await level(shop, "star", 100, is_assignable=True)
    await level(
        shop, "distant", 500, region_id=(await shop.post("/regions", {"name": "F", "handle": "f"}))["data"]["id"]
    )
    empty = (await shop.post("/regions", {"name": "Empty", "handle": "empty"}))["data"]["id"]
    who = await club.member(region_id=empty)
    await club.earn(who, 600)
    first = await club.tiers(who)
    assert (held(first), first["next_tier"], first["next_progress"], first["next_remain"]) == ("star", None, 0, None)
    await shop.post(f"/profiles/{who}/regions", {"region_id": club.regions["S"], "is_active": True})
    profile = (await shop.get(f"/profiles/{who}"))["data"]
    second = await club.tiers(who)
    assert (held(second), second["next_remain"], profile["tier_handle"]) == ("silver", 900, "silver-S")
    assert second["id"] != first["id"]
    assert list((await club.assign(who, "star", 422))["errors"]) == ["tier"]
    await shop.delete(f"/profiles/{who}/regions/{club.regions['S']}")
    assert (await club.tiers(who))["id"] == first["id"]
    assert await club.events(who) == ["achieved", "achieved", "achieved"]
    region = second["current_tier"]["region"]
    assert list(region) == ["id", "name", "handle", "is_default", "currency", "created_at", "updated_at"]
    kept = (await shop.delete(f"/regions/{club.regions['S']}", 422)).json()
    assert kept["errors"] == {"region": ["A region with tier definitions cannot be deleted."]}


async def test_a_floor_that_is_not_the_lowest_level(shop: Any) -> None:
    """Nobody above it falls below it, nobody below it is raised to it, and the lowest level is where a fall ends."""
    club = await Club(shop).opened()
    await club.on("2022-01-01")
    ladder = (("blue", 10, 20), ("green", 50, 60), ("red", 100, 100), ("gold", 600, 800))
    made = await club.ladder("F", ladder, is_assignable=True)
    await shop.put(f"/tiers/definitions/{made[2]['id']}", {"is_floor": True})
    high, low, lowest = [await club.member("F") for _ in range(3)]
    assert held(await club.tiers(low)) is None
    for who, value in ((high, 700), (low, 55), (lowest, 10)):
        await club.earn(who, value)
    await club.on("2023-01-01")
    await club.daily()
    told = {name: await club.tiers(who) for name, who in (("high", high), ("low", low), ("lowest", lowest))}
    assert {name: (held(row), row["is_floor"]) for name, row in told.items()} == {
        "high": ("red", True),
        "low": ("blue", False),
        "lowest": ("blue", False),
    }
    assert (told["high"]["current_credit"], told["high"]["current_remain"]) == (0, 0)
    assert (told["lowest"]["maintained_at"], told["lowest"]["anniversary_at"]) == (
        "2023-01-01 00:00:00",
        "2024-01-01 23:59:59",
    )
    assert await club.events(lowest) == ["achieved"]
    assert (await club.events(high), await club.events(low)) == (["achieved", "lost"], ["achieved", "lost"])


async def test_deleting_a_level_that_is_held_loses_it_by_a_job_and_never_breaks_a_read(shop: Any, jobs: Any) -> None:
    club = await Club(shop).opened("S")
    who = await club.member("S")
    await club.earn(who, 1700)
    held_id = (await club.tiers(who))["current_tier"]["id"]
    await shop.delete(f"/tiers/definitions/{held_id}")
    told = await club.tiers(who)
    assert (held(told), told["next_tier"]["handle"], told["prev_tier"]["handle"]) == ("gold", "platinum-S", "silver-S")
    assert (await shop.get(f"/profiles/{who}"))["data"]["tier_handle"] == "gold-S"
    await jobs()
    assert held(await club.tiers(who)) == "silver"
    rest = (await shop.get(f"/tiers/definitions?filter[region_id]={club.regions['S']}"))["data"]
    for row in rest:
        await shop.delete(f"/tiers/definitions/{row['id']}")
    await jobs()
    assert (await shop.get(f"/profiles/{who}"))["data"]["tier"] is None
    assert (await club.events(who))[-1] == "lost"
    left = await shop.sql("SELECT tier_id, due_at FROM tier_standings WHERE profile_id = %s AND program > 0", who)
    assert left == [(None, None)]


async def test_without_levels_there_is_an_empty_progress_that_fills_when_there_are_some(shop: Any) -> None:
    club = await Club(shop).opened()
    who = await club.member()
    await club.earn(who, 700)
    for told in (await club.tiers(who), await club.calculate(who)):
        assert {**told, "id": 0, "created_at": 0, "updated_at": 0} == {
            "id": 0,
            "profile_id": who,
            "current_tier": None,
            "next_tier": None,
            "prev_tier": None,
            "is_floor": False,
            "current_credit": 0,
            "current_progress": 0,
            "current_remain": 0,
            "next_progress": 0,
            "next_remain": None,
            "total_points_12m": 0,
            "total_points_achievement": 0,
            "next_progress_change_at": None,
            "anniversary_at": None,
            "maintained_at": None,
            "assigned_at": None,
            "achieved_at": None,
            "created_at": 0,
            "updated_at": 0,
        }
    assert await club.events(who) == []
    await level(shop, "silver", 500)
    assert held(await club.tiers(who)) == "silver"
    await shop.delete(f"/profiles/{who}/tiers")
    await shop.delete(f"/profiles/{who}/tiers", 404)
    assert (await shop.get(f"/profiles/{who}"))["data"]["tier"] is None
    assert held(await club.tiers(who)) == "silver"
    assert await club.events(who) == ["achieved", "lost", "achieved"]
    for path in ("tiers", "tiers/calculate", "tiers/points"):
        await shop.get(f"/profiles/5b0d2c1e-6a42-4f0e-9a55-0c7e5c1f2a10/{path}", 404)
    await shop.delete(f"/profiles/{who}")
    await shop.get(f"/profiles/{who}/tiers", 404)


async def test_a_read_is_one_statement(shop: Any, statements: Any) -> None:
    club = await Club(shop).opened("S")
    who = await club.member("S")
    await club.tiers(who)
    with statements() as run:
        await club.tiers(who)
    assert (
        len([sql for sql in run if "tier_standings" in sql]) == 1 == len([sql for sql in run if "tier_points" in sql])
    )


# What others got wrong in public ---------------------------------------------------------------------------------------


async def test_a_tier_is_raised_by_what_was_earned_not_by_the_balance(shop: Any) -> None:
    """A tier was raised by the balance of spendable points instead of by the tier points that were earned."""
    club = await Club(shop).opened("S")
    who = await club.member("S")
    body = {"profile_id": who, "point_definition_id": club.point, "value_initial": 5000}
    await shop.post("/points", body)
    assert held(await club.calculate(who)) == "bronze"
    await club.earn(who, 600)
    await shop.post(f"/profiles/{who}/redeem", {"amount": 50, "strategies": ["points"]})
    told = await club.calculate(who)
    assert (held(told), told["total_points_12m"]) == ("silver", 600)


async def test_of_two_levels_that_qualify_the_higher_is_taken_whatever_their_ids(shop: Any) -> None:
    """The wrong tier was picked between two whose thresholds are both met."""
    club = await Club(shop).opened()
    await club.ladder("odd", (("gold", 1000, 0), ("bronze", 0, 0), ("platinum", 2000, 0), ("silver", 500, 0)))
    who = await club.member("odd")
    await club.earn(who, 1200)
    told = await club.tiers(who)
    assert (held(told), told["next_tier"]["name"], told["prev_tier"]["name"]) == ("gold", "Platinum", "Silver")
    assert await club.events(who) == ["achieved", "achieved"]


async def test_the_rest_to_the_next_tier_comes_from_the_tier_points_of_the_profile_alone(shop: Any) -> None:
    """The units to the next tier were computed from another wallet: spendable points, or another customer's."""
    club = await Club(shop).opened("S")
    who, other = await club.member("S"), await club.member("S")
    await club.earn(who, 120)
    await club.earn(other, 333)
    await shop.post("/points", {"profile_id": who, "point_definition_id": club.point, "value_initial": 77})
    second = (await shop.post("/points/definitions", {"name": "B", "handle": f"b{next(COUNTER)}"}))["data"]["id"]
    await club.earn(who, 30, point_definition_id=second)
    told = await club.tiers(who)
    assert (told["next_remain"], told["next_progress"], told["total_points_12m"]) == (350, 150, 150)
    assert (await club.tiers(other))["next_remain"] == 167
