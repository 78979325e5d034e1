"""Limits of benefits hold, and no code is given twice, whoever comes at the same time."""

import asyncio

import pytest
from entitlements import balance, define, issue, load, read

pytestmark = pytest.mark.anyio


async def codes_of(shop, calls):
    """The status codes of calls that are all under way at once, over real connections."""
    answers = await asyncio.gather(*(shop.call("POST", path, json=body) for path, body in calls))
    return [answer.status_code for answer in answers]


async def test_forty_redeems_of_seven_uses(till):
    profile = await till.profile()
    benefit = await issue(till, profile, await define(till, max_redemptions=7))
    path = f"/profiles/{profile}/benefits/{benefit['id']}/redeem"
    mixed = [(path, {}), (f"/profiles/{profile}/redeem", {"benefits": [{"id": benefit["id"]}]})] * 20
    codes = await codes_of(till.shop, mixed)
    assert (codes.count(201), codes.count(422)) == (7, 33)
    assert ((await read(till, benefit))["redemptions_remaining"], await balance(till, profile)) == (0, 0)
    assert len([line for line in await till.ledger(profile) if line["description"] == "Benefit redeemed"]) == 7


async def test_forty_profiles_on_a_limit_of_nine(till):
    """The limit is changed while they come: nobody gets in by the old one."""
    definition = await define(till, max_redemptions=None, max_global_redemptions=9)
    profiles = [await till.profile() for _ in range(8)]
    made = [await issue(till, profile, definition) for profile in profiles]
    paths = [f"/profiles/{one['profile_id']}/benefits/{one['id']}/redeem" for one in made]
    codes = await codes_of(till.shop, [(path, {}) for path in paths * 5])
    assert (codes.count(201), codes.count(422)) == (9, 31)
    shown = (await till.shop.get(f"/benefits/definitions/{definition['id']}"))["data"]
    assert (shown["total_global_redemptions"], shown["total_global_redemptions_remaining"]) == (9, 0)
    free = await define(till, max_redemptions=None)
    made = [await issue(till, profile, free) for profile in profiles]
    calls = [(f"/profiles/{one['profile_id']}/benefits/{one['id']}/redeem", {}) for one in made * 4]
    limit = till.shop.put(f"/benefits/definitions/{free['id']}", {"max_global_redemptions": 5})
    (codes, _) = await asyncio.gather(codes_of(till.shop, calls), limit)
    after = (await till.shop.get(f"/benefits/definitions/{free['id']}"))["data"]
    assert after["total_global_redemptions"] == codes.count(201)
    assert set(await codes_of(till.shop, calls[:8])) == ({422} if codes.count(201) >= 5 else {201, 422})


async def test_parallel_claims_and_an_exhausted_pool(till, jobs):
    shop, profile = till.shop, await till.profile()
    once = await define(till, is_claimable=True)
    body = {"definition": once["handle"], "timezone": "UTC"}
    paths = [f"/profiles/{profile}/benefits/{word}" for word in ("claim", "claim-redeem", f"{once['id']}/claim")]
    codes = await codes_of(shop, [(path, body) for path in paths * 8])
    assert (codes.count(201), codes.count(422)) == (1, 23)
    pool = await define(till, is_claimable=True, force_allocation=True)
    await load(till, jobs, pool, [f"K-{number}" for number in range(10)])
    profiles = [await till.profile() for _ in range(10)]
    body = {"definition": pool["id"], "timezone": "UTC"}
    given = {"benefit_definition_id": pool["id"], "timezone": "UTC"}
    calls = [(f"/profiles/{one}/benefits/claim", body) for one in profiles] * 2
    calls += [("/benefits", {**given, "profile_id": one}) for one in profiles]
    codes = await codes_of(shop, calls)
    assert (codes.count(201), codes.count(422)) == (10, 20)
    rows = (await shop.get("/benefits", params={"filter[benefit_definition_id]": pool["id"], "page[size]": 50}))["data"]
    assert sorted(one["redeem_code_pos"] for one in rows) == [f"K-{number}" for number in range(10)]
    assert rows[0]["definition"]["total_allocations_remaining"] == 0


async def test_reversals_of_one_redemption_give_its_use_back_once(till):
    profile = await till.profile()
    benefit = await issue(till, profile, await define(till, max_redemptions=2))
    done = await till.shop.post(f"/profiles/{profile}/benefits/{benefit['id']}/redeem", {"count": 2})
    number = done["data"]["id"]
    calls = [(f"/redemptions/{number}/reversal", {}), (f"/redemptions/{number}/benefit/return", {"count": 2})] * 4
    codes = await codes_of(till.shop, calls)
    assert (codes.count(201), codes.count(422)) == (1, 7)
    assert (await read(till, benefit))["redemptions_remaining"] == 2
