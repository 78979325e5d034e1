"""Pools of codes: loading, listing, counting, and giving each code once (commerce 10.4)."""

import asyncio

import pytest

from omneo_api.commerce.allocations.service import give

pytestmark = pytest.mark.anyio


@pytest.fixture
async def member(shop):
    return (await shop.post("/profiles", {"email": "codes@example.com"}))["data"]["id"]


async def define(shop, kind, **values):
    body = {"name": kind, "handle": f"pool-{kind}", "period": 30, **values}
    if kind == "rewards":
        body |= {"type": "other", "value": 10}
    return (await shop.post(f"/{kind}/definitions", body))["data"]["id"]


async def load(shop, jobs, kind, identifier, rows):
    body = {"definition": {"id": str(identifier), "type": kind}, "allocations": rows}
    answer = await shop.post("/allocations/batch.json", body, status=200)
    assert answer == {"message": "Queued for processing.", "batch_id": answer["batch_id"]}
    await jobs()
    return (await shop.get(f"/batches/{answer['batch_id']}?include=items"))["data"]


async def test_the_life_of_a_pool(shop, other_shop, jobs, member):
    definition = await define(shop, "benefits")
    counted = f"/allocations/{definition}/count"
    assert (await shop.get(counted))["data"] == {"all": 0, "redeemed": 0, "remaining": 0, "group": []}
    rows = [
        {"code": "A-1", "value": 5, "name": "Five", "external_id": "X-1", "meta": {"a": 1}, "valid_from": "2020-01-01"},
        {"code": "a-1", "value": "7.50"},
        {"code": "A-1", "value": 9},
        {"value": 1},
        {"code": "OLD", "valid_to": "2020-01-01"},
        {"code": "NEW", "valid_from": "2099-01-01"},
        {"code": "TAKEN", "value": 5, "allocated_at": "2024-05-06 07:08:09"},
    ]
    batch = await load(shop, jobs, "benefit_definition", definition, rows)
    assert (batch["success_count"], batch["failed_count"]) == (5, 2)
    failed = [item["error"] for item in batch["items"] if item["status"] == "failed"]
    assert failed == ["The code has already been taken.", "The code field is required."]
    listed = (await shop.get("/allocations"))["data"]
    first = listed[0]
    assert first == {
        "id": first["id"],
        "definition_id": int(definition),
        "definition_type": "benefit_definition",
        "code": "A-1",
        "name": "Five",
        "external_id": "X-1",
        "value": 5,
        "valid_from": "2020-01-01 00:00:00",
        "valid_to": None,
        "allocated_at": None,
        "meta": {"a": 1},
        "created_at": first["created_at"],
        "updated_at": first["updated_at"],
    }
    assert [row["code"] for row in listed] == ["A-1", "a-1", "OLD", "NEW", "TAKEN"]
    body = {"benefit_definition_id": definition, "timezone": "UTC"}
    made = [(await shop.post(f"/profiles/{member}/benefits", body))["data"] for _ in range(3)]
    assert [one["redeem_code_pos"] for one in made] == ["A-1", "a-1", None]
    assert (await shop.get(counted))["data"] == {
        "all": 5,
        "redeemed": 3,
        "remaining": 2,
        "group": {
            "redeemd": [{"value": 5, "count": 2}, {"value": 7.5, "count": 1}],
            "remaining": [{"value": None, "count": 2}],
            "redeemed": [{"value": 5, "count": 2}, {"value": 7.5, "count": 1}],
        },
    }
    shown = (await shop.get(f"/benefits/definitions/{definition}"))["data"]
    assert (shown["total_allocations"], shown["total_allocations_remaining"]) == (5, 2)

    async def found(**query):
        params = {f"filter[{name}]": value for name, value in query.items()}
        return [row["code"] for row in (await shop.get("/allocations", params=params))["data"]]

    assert await found(allocated_id=made[0]["id"], allocated_type="benefit") == ["A-1"]
    assert await found(profile_id=member) == ["A-1", "a-1"]
    assert await found(value="7.5", definition_type="benefit_definition") == ["a-1"]
    assert await found(external_id="x-1") == ["A-1"]
    assert await found(allocated_at="null") == ["OLD", "NEW"]
    assert await found(valid_to="2020-01-01") == ["OLD"]
    await other_shop.get(counted, status=404)
    await shop.get("/allocations/999999999/count", status=404)
    for method in ("PUT", "DELETE", "GET"):
        await shop.call(method, f"/allocations/{first['id']}", status=404)


@pytest.mark.parametrize(
    ("body", "keys"),
    [
        ({}, {"definition", "allocations"}),
        ({"definition": {"id": "x", "type": "credit_definition"}, "allocations": []}, None),
        (
            {"definition": {"id": 10**9, "type": "benefit_definition"}, "allocations": [{"code": "A"}]},
            {"definition.id"},
        ),
        ({"definition": {"id": 10**9, "type": "reward_definition"}, "allocations": [{"code": "A"}]}, {"definition.id"}),
        ({"definition": {"id": 10**9, "type": "point_definition"}, "allocations": [{"code": "A"}]}, {"definition.id"}),
        ({"definition": {"id": 1, "type": "point_definition"}, "allocations": [{}] * 1001}, {"allocations"}),
    ],
)
async def test_what_is_refused_at_once(shop, body, keys):
    errors = (await shop.post("/allocations/batch", body, status=422))["errors"]
    assert set(errors) == (keys or {"definition.id", "definition.type", "allocations"})
    if keys == {"definition.id"}:
        assert errors == {"definition.id": ["The selected definition.id is invalid."]}


async def test_rewards_and_points_take_codes_too(shop, jobs, member):
    """Deductions take none; an empty pool stops nothing."""
    reward, point = await define(shop, "rewards"), await define(shop, "points")
    await load(shop, jobs, "reward_definition", reward, [{"code": "R-1"}])
    await load(shop, jobs, "point_definition", point, [{"code": "P-1"}])
    rewards = [
        (await shop.post(f"/profiles/{member}/rewards", {"reward_definition_id": reward, "timezone": "UTC"}))["data"]
        for _ in range(2)
    ]
    points = [
        (await shop.post("/points", {"profile_id": member, "point_definition_id": point, "value_initial": value}))[
            "data"
        ]
        for value in (-5, 10, 10)
    ]
    rows = await shop.sql(
        "SELECT code, allocated_type, allocated_id, profile_id::text FROM allocations WHERE tenant_id = %s ORDER BY id",
        shop.tenant.id,
    )
    assert rows == [("R-1", "reward", rewards[0]["id"], member), ("P-1", "point", points[1]["id"], member)]


async def test_a_code_that_fails_its_taker_goes_to_the_next(shop, jobs, member):
    """The taker of the last code rolls back while others wait for it: one of them gets it, nobody is refused early."""
    definition = await define(shop, "benefits", force_allocation=True)
    await load(shop, jobs, "benefit_definition", definition, [{"code": "ONLY"}])
    body = {"benefit_definition_id": definition, "timezone": "UTC", "profile_id": member}

    async def hold():
        async with shop.writing() as session:
            given = await give(session, "benefit_definition", int(definition), "benefit", 10**9, member)
            assert given.code == "ONLY"
            await asyncio.sleep(0.3)
            raise RuntimeError("the taker fails")

    async def wait():
        await asyncio.sleep(0.1)
        return await shop.call("POST", "/benefits", json=body)

    failed, answer = await asyncio.gather(hold(), wait(), return_exceptions=True)
    assert (str(failed), answer.status_code) == ("the taker fails", 201)
    assert answer.json()["data"]["redeem_code_online"] == "ONLY"
    assert (await shop.call("POST", "/benefits", json=body)).status_code == 422


async def test_codes_stay_given_after_merge_and_erasure(shop, jobs, member):
    definition = await define(shop, "benefits")
    await load(shop, jobs, "benefit_definition", definition, [{"code": "M-1"}, {"code": "M-2"}])
    path = {"benefit_definition_id": definition, "timezone": "UTC"}
    made = (await shop.post(f"/profiles/{member}/benefits", path))["data"]
    winner = (await shop.post("/profiles", {"email": "winner@example.com"}))["data"]["id"]
    merge = {"source_profile_id": member, "destination_profile_id": winner}
    await shop.post("/profiles/merge", merge, status=200)
    assert (await shop.get(f"/benefits/{made['id']}"))["data"]["profile_id"] == winner
    assert (await shop.get(f"/profiles/{winner}/balances"))["data"]["benefit_balance"] == 1
    codes = await shop.get("/allocations", params={"filter[profile_id]": winner})
    assert [row["code"] for row in codes["data"]] == ["M-1"]
    await shop.delete(f"/profiles/{winner}/purge")
    await jobs()
    assert (await shop.get(f"/allocations/{definition}/count"))["data"]["redeemed"] == 1
    kept = (await shop.get(f"/benefits/{made['id']}"))["data"]
    assert (kept["profile_id"], kept["redeem_code_pos"]) == (winner, "M-1")
