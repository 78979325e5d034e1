"""Points: awards, pending lots, debts, definitions (incentives-value 4 and 5)."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from omneo_api.incentives import hooks

pytestmark = pytest.mark.anyio


async def test_a_lot_as_it_is_told(till):
    profile = await till.profile()
    definition = await till.define("points", notes="1 per $")
    body = {"profile_id": profile, "point_definition_id": definition, "value_initial": "150.1", "meta": {"test": True}}
    made = (await till.shop.post("/points", body | {"issued_at": "2024-01-01 00:00:00"}))["data"]
    assert list(made) == [
        "id",
        "profile_id",
        "linked_profile_id",
        "value_initial",
        "value_remaining",
        "value_initial_currency",
        "value_remaining_currency",
        "issued_at",
        "accrued_at",
        "expires_at",
        "status",
        "definition",
        "source_type",
        "source",
        "rate",
        "description",
        "meta",
        "created_at",
        "updated_at",
    ]
    assert (made["issued_at"], made["accrued_at"], made["status"]) == ("2024-01-01 00:00:00",) * 2 + ("issued",)
    assert (made["value_remaining"], made["value_initial_currency"]) == (150.1, 1.5)
    assert (await till.shop.get(f"/points/{made['id']}"))["data"] == made
    assert (await till.shop.get(f"/profiles/{profile}/points"))["data"] == [made]
    for method in ("PUT", "DELETE"):
        await till.shop.call(method, f"/points/{made['id']}", status=405)
    wrong = [
        {"value_initial": 0},
        {"value_initial": "many"},
        {"value_initial": 5, "value_remaining": 6},
        {"value_initial": 5, "expires_at": "2000-01-01"},
    ]
    for values in wrong:
        await till.shop.post("/points", body | values, status=422)


async def test_pending_points_count_from_their_issue_on(till):
    profile = await till.profile()
    definition = await till.define("points", issue_period=14, issue_period_type="days")
    lot = await till.points(profile, 100, point_definition_id=definition)
    assert lot["status"] == "pending"
    assert await till.figures(profile) == (0, 0, 0, 0)
    assert await till.ledger(profile) == []
    await till.shop.advance(days=14, minutes=1)
    assert (await till.figures(profile))[1] == 100
    await till.tick()
    assert [line["point_value"] for line in await till.ledger(profile)] == [100]
    await till.tick()
    assert len(await till.ledger(profile)) == 1


async def test_points_that_become_spendable_pay_a_debt_by_the_job(till):
    profile = await till.profile()
    soon = (datetime.now(UTC) + timedelta(minutes=5)).isoformat()
    lot = await till.points(profile, 100, issued_at=soon)
    debt = await till.points(profile, -30)
    await till.shop.advance(minutes=6)
    assert (await till.figures(profile))[1] == 70
    await till.tick()
    assert [await till.left("points", found["id"]) for found in (lot, debt)] == [70, 0]


async def test_a_sale_that_stopped_counting_takes_its_points_back_once(till, jobs):
    profile, shop = await till.profile(), till.shop
    definition = await till.define("points", issue_period=1, issue_period_type="days")
    spendable = await till.define("points")
    for chosen in (definition, spendable):
        arguments = [{"name": "definition", "value": chosen}, {"name": "points", "value": 150}]
        action = {"name": "Create Points", "arguments": arguments}
        await shop.post("/triggers", {"name": "t", "trigger": "transaction.created", "actions": [action]})
    line = {"name": "Scarf", "quantity": 1, "price_current": 150, "price_sell": 150}
    body = {"profile_id": profile, "external_id": "T-1", "total": 150, "items": [line]}
    body |= {"transacted_at": "2026-03-01 03:00:00", "timezone": "UTC"}
    sale = (await shop.post("/transactions", body))["data"]["id"]
    await jobs()
    await till.redeem(profile, 1)
    assert (await till.figures(profile))[1] == 50
    told = (await shop.get("/points", params={"filter[source_type]": "transaction"}))["data"]
    assert [point["source"]["external_id"] for point in told] == ["T-1", "T-1"]
    for _ in range(2):
        async with shop.writing() as session:
            await hooks.on_transaction_voided(session, sale, UUID(profile), "void")
    assert (await till.figures(profile))[1] == -100
    await shop.advance(days=2)
    assert (await till.figures(profile))[1] == -100
    sales = [line for line in await till.ledger(profile) if line["type"] == "transaction"]
    assert [(line["description"], line["dollar_value"]) for line in sales] == [
        ("Transaction voided", -150),
        ("Transaction", 150),
    ]
