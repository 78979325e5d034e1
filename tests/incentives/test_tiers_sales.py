"""What sales, reactions and merges do to tiers, and what the world is told of it."""

from typing import Any

import pytest
from tiers_club import COUNTER, Club, held

pytestmark = pytest.mark.anyio


def argument(name: str, value: Any) -> dict[str, Any]:
    return {"name": name, "value": value, "is_dynamic": isinstance(value, dict)}


async def trigger(shop: Any, event: str, kind: str, **arguments: Any) -> None:
    action = {"name": kind, "arguments": [argument(name, value) for name, value in arguments.items()]}
    await shop.post("/triggers", {"name": event, "trigger": event, "actions": [action]})


def sale(who: str | None, total: float, **more: Any) -> dict[str, Any]:
    lines = [{"name": "Scarf", "quantity": 1, "price_current": total, "price_sell": total, "external_id": "L-1"}]
    return {
        "profile_id": who,
        "total": total,
        "transacted_at": "2024-03-01 10:00:00",
        "timezone": "UTC",
        "external_id": f"E-{next(COUNTER)}",
        "items": lines,
        **more,
    }


@pytest.fixture
async def club(shop: Any, jobs: Any) -> Club:
    made = await Club(shop).opened("S")
    await made.on("2024-03-01 12:00:00")
    await trigger(shop, "transaction.created", "tier-point.create", definition=made.point, value={"var": "total"})
    return made


async def test_a_sale_and_everything_that_happens_to_it_later(club: Club, jobs: Any) -> None:
    shop = club.shop
    who, other = await club.member("S"), await club.member("S")
    bought = (await shop.post("/transactions", sale(who, 649.5, receipt_ref="R-1")))["data"]
    assert "tier_points" not in bought
    await jobs()
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"]) == ("silver", 650)
    (point,) = (await shop.get(f"/profiles/{who}/tiers/points"))["data"]
    assert (point["value"], point["issued_at"], point["source_type"]) == (650, "2024-03-01 10:00:00", "transaction")
    assert (point["source"]["id"], point["source"]["total"]) == (bought["id"], 649.5)
    assert point["source"]["items"][0]["name"] == "Scarf"
    shown = (await shop.get(f"/transactions/{bought['id']}?include=tier_points"))["data"]["tier_points"]
    assert shown == [{key: value for key, value in point.items() if key != "source"} | {"status": "active"}]
    listed = (await shop.get("/transactions?include=tier_points"))["data"]
    assert [row["tier_points"] for row in listed] == [shown]
    for query in (
        f"source=transaction&identifier_type=id&identifier={bought['id']}",
        f"source=transaction&identifier_type=external_id&identifier={bought['external_id'].lower()}",
        "source=transaction&identifier_type=receipt_ref&identifier=r-1",
    ):
        found = (await shop.get(f"/profiles/{who}/tiers/points/by-source?{query}"))["data"]
        assert [row["id"] for row in found] == [point["id"]], query
        assert (await shop.get(f"/profiles/{other}/tiers/points/by-source?{query}"))["data"] == []
    # A return lowers the total and takes nothing.
    await shop.post("/transactions", sale(who, -200, linked_receipt_ref="R-1"))
    await jobs()
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"], told["current_progress"]) == ("silver", 450, -200)
    # A void takes the points back at once.
    await shop.put(f"/transactions/{bought['id']}", {"is_void": True})
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"], told["current_credit"]) == ("silver", -200, 0)
    await shop.get(f"/tiers/points/{point['id']}", 404)
    await jobs()
    assert (await club.tiers(who))["total_points_12m"] == -200
    assert (await club.events(who, "tier-point%")).count("tier-point.deleted") == 1
    assert await club.events(who, "transaction.tier-points.issued") == ["transaction.tier-points.issued"] * 2


async def test_supersession_claims_and_back_dated_sales(club: Club, jobs: Any) -> None:
    shop = club.shop
    who, other = await club.member("S"), await club.member("S")
    first = sale(who, 700)
    await shop.post("/transactions/update-create", first)
    await jobs()
    assert held(await club.tiers(who)) == "silver"
    await shop.post("/transactions/update-create", first, status=200)
    await shop.post("/transactions/update-create", {**first, "total": 1600})
    await jobs()
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"]) == ("gold", 1600)
    # A sale that was nobody's is dated on its own day when it is given to somebody.
    loose = (await shop.post("/transactions", sale(None, 500, transacted_at="2023-05-01 10:00:00")))["data"]
    await jobs()
    await shop.put(f"/transactions/{loose['id']}", {"profile_id": other})
    await jobs()
    told = await club.tiers(other)
    assert (held(told), told["next_progress_change_at"]) == ("silver", "2024-04-30 23:59:59")
    # Moved to another customer, its points move: what the first had taken stays until the anniversary.
    await shop.put(f"/transactions/{loose['id']}", {"profile_id": who})
    assert (await club.tiers(other))["total_points_12m"] == 0
    await jobs()
    assert [held(await club.tiers(one)) for one in (other, who)] == ["silver", "gold"]
    assert (await club.tiers(who))["total_points_12m"] == 2100
    await shop.get(f"/profiles/{who}/transactions/{loose['id']}/unattach")
    assert (await club.tiers(who))["total_points_12m"] == 1600
    # Too old for the belt: it counts for nothing.
    await shop.post("/transactions", sale(other, 5000, transacted_at="2022-05-01 10:00:00"))
    await jobs()
    assert ((await club.tiers(other))["total_points_12m"], held(await club.tiers(other))) == (0, "silver")


async def test_a_void_before_the_reaction_leaves_nothing_and_an_overdue_tier_follows_the_sale(
    club: Club, jobs: Any
) -> None:
    shop = club.shop
    who = await club.member("S")
    quick = (await shop.post("/transactions", sale(who, 900)))["data"]
    await shop.put(f"/transactions/{quick['id']}", {"is_void": True})
    await jobs()
    assert ((await club.tiers(who))["total_points_12m"], held(await club.tiers(who))) == (0, "bronze")
    await club.earn(who, 600, "2024-03-01 09:00:00")
    await club.on("2025-03-02 12:00:00")
    assert (held(await club.tiers(who)), await club.events(who, "tier.lost")) == ("silver", [])
    await shop.post("/transactions", sale(who, 10, transacted_at="2025-03-02 10:00:00"))
    assert (held(await club.tiers(who)), await club.events(who, "tier.lost")) == ("bronze", ["lost"])


async def test_a_recalculation_measures_the_tier_as_of_now(club: Club, jobs: Any) -> None:
    shop = club.shop
    who = await club.member("S")
    bought = (await shop.post("/transactions", sale(who, 600)))["data"]
    await jobs()
    line = bought["items"][0]["id"]
    level = (await shop.get("/tiers/definitions?filter[handle]=gold-S"))["data"][0]["id"]
    await shop.put(f"/tiers/definitions/{level}", {"value_min": 600})
    assert held(await club.tiers(who)) == "silver"
    await shop.post(f"/transactions/{bought['id']}/event-trigger", {"event": "transaction.sync"}, status=200)
    assert held(await club.tiers(who)) == "silver"
    for _ in range(2):
        await shop.post(f"/transactions/{bought['id']}/event-trigger", {"event": "transaction.recalculate"}, status=200)
    told = await club.tiers(who)
    assert (held(told), told["total_points_12m"]) == ("gold", 600)
    assert await club.events(who) == ["achieved", "achieved", "achieved"]
    await club.on("2025-03-02 12:00:00")
    await shop.put(f"/transactions/items/{line}", {})
    assert (held(await club.tiers(who)), (await club.events(who))[3:]) == ("bronze", ["lost"])


async def test_lines_and_other_customers_earn_once_each(club: Club, jobs: Any) -> None:
    shop = club.shop
    who, friend = await club.member("S"), await club.member("S")
    await trigger(
        shop,
        "transaction-item.created",
        "Create Tier Points",
        point_definition_id=club.point,
        value=600,
        profile_id=friend,
        issued_at="2024-03-01 11:00:00",
    )
    await trigger(shop, "transaction-item.created", "tier-point.create", definition=club.point, value=0)
    handle = (await shop.get(f"/points/definitions/{club.point}"))["data"]["handle"]
    await shop.post("/rates", {"name": "Double", "handle": handle, "type": "brand", "rate": 2.5, "is_default": True})
    rated = {"definition": club.point, "value": {"var": "price_sell"}, "check_rate": True}
    await trigger(shop, "transaction-item.created", "tier-point.create", **rated)
    bought = (await shop.post("/transactions", sale(who, 100)))["data"]
    await jobs()
    await jobs(scheduled=True)
    assert [(await club.tiers(one))["total_points_12m"] for one in (who, friend)] == [350, 600]
    query = "source=transaction_item&identifier_type=external_id&identifier=L-1"
    assert (await shop.get(f"/profiles/{friend}/tiers/points/by-source?{query}"))["data"] == []
    own = (await shop.get(f"/profiles/{who}/tiers/points/by-source?{query}"))["data"]
    assert [(row["value"], row["source_type"]) for row in own] == [(250, "transaction_item")]
    (point,) = (await shop.get(f"/profiles/{friend}/tiers/points"))["data"]
    assert (point["source_type"], point["source"]["transaction_id"]) == ("transaction_item", bought["id"])
    await shop.delete(f"/transactions/{bought['id']}")
    assert [(await club.tiers(one))["total_points_12m"] for one in (who, friend)] == [0, 0]
    for wrong in ("", "source=sale&identifier_type=id&identifier=1", "source=transaction&identifier_type=id"):
        await shop.get(f"/profiles/{who}/tiers/points/by-source?{wrong}", 422)
    benefit = "source=benefit&identifier_type"
    for key in ("id", "external_id"):
        assert (await shop.get(f"/profiles/{who}/tiers/points/by-source?{benefit}={key}&identifier=1"))["data"] == []
    answer = await shop.get(f"/profiles/{who}/tiers/points/by-source?{benefit}=receipt_ref&identifier=1", 422)
    assert list(answer["errors"]) == ["identifier_type"]


async def test_reactions_assign_and_events_carry_what_they_promise(club: Club, jobs: Any) -> None:
    shop = club.shop
    for name in (
        "tier.achieved",
        "tier.lost",
        "tier.progressed",
        "tier-point.created",
        "transaction.tier-points.issued",
    ):
        await shop.post("/triggers", {"name": name, "trigger": name, "actions": []})
    await trigger(shop, "interaction.created", "tier.assign", tier={"var": "description"})
    who = await club.member("S")

    async def ask(tier: str) -> None:
        body = {"action": "view", "channel": "app", "signal": 1, "name": "n", "namespace": "s", "description": tier}
        await shop.post("/interactions", {**body, "profile_id": who})
        await jobs()

    await ask("platinum-S")
    first = await club.tiers(who)
    assert held(first) == "platinum"
    await club.on("2024-03-05")
    await ask(str(first["current_tier"]["id"]))
    await ask("nobody")
    assert await club.tiers(who) == first
    await ask("silver-S")
    await shop.post("/transactions", sale(who, 30))
    await jobs()
    outcomes = await shop.sql(
        "SELECT i.status FROM action_history_items i WHERE i.tenant_id = %s AND i.handler = 'tier.assign' ORDER BY i.id",
        shop.tenant.id,
    )
    assert [row[0] for row in outcomes] == ["success", "skipped", "failed", "success"]
    rows = await shop.sql(
        "SELECT e.name, c.context FROM events e JOIN event_contexts c ON c.event_id = e.id AND c.tenant_id = e.tenant_id"
        " WHERE e.profile_id = %s AND e.name LIKE ANY (ARRAY['tier%%', '%%issued']) ORDER BY e.id",
        who,
    )
    names = ("definition", "previous_definition", "new_definition")

    def level(found: Any) -> str | None:
        return found and found["name"]

    assert [(name, *(level(told.get(key)) for key in names)) for name, told in rows] == [
        ("tier.achieved", "Bronze", None, None),
        ("tier.achieved", "Platinum", "Bronze", None),
        ("tier.lost", "Platinum", "Platinum", "Silver"),
        ("tier-point.created", None, None, None),
        ("transaction.tier-points.issued", None, None, None),
        ("tier.progressed", "Silver", None, None),
    ]
    lost, point, issued, moved = rows[2][1], rows[3][1], rows[4][1], rows[5][1]
    assert (lost["profile_id"], lost["profile"]["tier_handle"], lost["current_tier"]["name"]) == (
        who,
        "silver-S",
        "Silver",
    )
    assert set(moved) == {*first, *names, "profile"}
    assert (point["value"], point["profile"]["id"], point["source"]["total"]) == (30, who, 30)
    assert [row["value"] for row in issued["tier_points"]] == [30]


async def test_a_merge_brings_the_points_and_the_survivor_keeps_its_standing(club: Club) -> None:
    shop = club.shop
    winner, loser = await club.member("S"), await club.member("S")
    await club.earn(winner, 400)
    await club.earn(loser, 450)
    await club.assign(loser, "gold-S")
    before = await club.tiers(winner)
    body = {"source_profile_id": loser, "destination_profile_id": winner}
    merged = (await shop.post("/profiles/merge", body, status=200))["data"]
    told = await club.tiers(winner)
    assert (told["id"], held(told), told["total_points_12m"], merged["tier_handle"]) == (
        before["id"],
        "silver",
        850,
        "silver-S",
    )
    assert await club.events(winner) == ["achieved", "progressed", "achieved"]
    assert len((await shop.get(f"/profiles/{winner}/tiers/points"))["data"]) == 2
    left = await shop.sql("SELECT count(*) FROM tier_standings WHERE profile_id = %s", loser)
    assert left == [(0,)]
    await shop.delete(f"/profiles/{winner}/purge")
    rows = await shop.sql(
        "SELECT (SELECT count(*) FROM tier_points WHERE profile_id = %s), count(*) FROM tier_standings WHERE profile_id = %s",
        winner,
        winner,
    )
    assert rows == [(0, 0)]
