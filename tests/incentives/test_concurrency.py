"""Nothing is spent twice, whoever comes at the same time (the acceptance list of the contract)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

pytestmark = pytest.mark.anyio


async def status(shop, method, path, body=None):
    return (await shop.call(method, path, json=body)).status_code


async def test_a_hundred_redeems_of_one_reward(till):
    profile = await till.profile()
    reward = await till.reward(profile, 100)
    redeem = [
        status(till.shop, "POST", f"/profiles/{profile}/redeem", {"amount": 10, "strict": True}) for _ in range(100)
    ]
    codes = await asyncio.gather(*redeem)
    assert (codes.count(201), codes.count(422)) == (10, 90)
    assert await till.left("rewards", reward["id"]) == 0
    assert (await till.figures(profile))[0] == 0
    lines = await till.ledger(profile)
    assert len(lines) == 11
    assert sum(line["dollar_value"] for line in lines) == 0
    assert sorted(line["dollar_balance"] for line in lines) == list(range(0, 101, 10))


async def test_lenient_redeems_never_overspend(till):
    profile = await till.profile()
    await till.reward(profile, 35)
    await till.points(profile, 6001)
    answers = await asyncio.gather(
        *(till.shop.call("POST", f"/profiles/{profile}/redeem", json={"amount": 7.77}) for _ in range(30))
    )
    totals = [answer.json()["data"]["total"] for answer in answers if answer.status_code == 201]
    assert {answer.status_code for answer in answers} == {201, 422}
    assert round(sum(totals), 2) == 95.01
    assert await till.figures(profile) == (0, 0, 0, 0)


async def test_redeem_against_delete_and_adjustment(till):
    profile = await till.profile()
    reward = await till.reward(profile, 50)
    await asyncio.gather(
        *(status(till.shop, "POST", f"/profiles/{profile}/redeem", {"amount": 5}) for _ in range(8)),
        *(status(till.shop, "PUT", f"/rewards/{reward['id']}", {"value_remaining": value}) for value in (30, 20)),
        status(till.shop, "DELETE", f"/rewards/{reward['id']}"),
    )
    assert (await till.figures(profile))[0] == 0
    assert sum(line["dollar_value"] for line in await till.ledger(profile)) == 0


async def test_two_reversals_and_a_return_of_one_redemption(till):
    profile = await till.profile()
    await till.reward(profile, 50)
    for other in ("reversal", "return"):
        done = await till.redeem(profile, 10)
        codes = await asyncio.gather(
            status(till.shop, "POST", f"/redemptions/{done['id']}/reversal"),
            status(till.shop, "POST", f"/redemptions/{done['id']}/{other}"),
        )
        assert sorted(codes) == [201, 422]
    assert (await till.figures(profile))[0] == 50


async def test_parallel_returns_give_back_no_more_than_was_spent(till):
    profile = await till.profile()
    await till.reward(profile, 25)
    await till.points(profile, 1000)
    done = await till.redeem(profile, 35)
    answers = await asyncio.gather(
        *(till.shop.call("POST", f"/redemptions/{done['id']}/return", json={"amount": 4}) for _ in range(15))
    )
    totals = [answer.json()["data"]["total"] for answer in answers if answer.status_code == 201]
    assert sum(totals) == 35
    assert (await till.figures(profile))[3] == 35


async def test_one_credit_spent_by_many(till):
    profile = await till.profile()
    credit = await till.credit(profile, 100)
    spend = [
        status(till.shop, "POST", f"/profiles/{profile}/credits/{credit['id']}/redeem", {"amount": 30})
        for _ in range(10)
    ]
    codes = await asyncio.gather(*spend)
    assert codes.count(201) == 3
    assert await till.left("credits", credit["id"]) == 10


async def test_two_transfers_leave_one_owner(till):
    giver, first, second = [await till.profile() for _ in range(3)]
    definition = await till.define("credits", is_reassignable=True)
    credit = await till.credit(giver, 40, credit_definition_id=definition)
    await asyncio.gather(
        *(
            status(till.shop, "PUT", f"/credits/{credit['id']}", {"profile_id": heir})
            for heir in (first, second, giver) * 3
        )
    )
    held = [(await till.balances(profile))["credit_balance"] for profile in (giver, first, second)]
    assert sorted(held) == [0, 0, 40]


async def test_a_lock_is_taken_once(till):
    profile = await till.profile()
    credit = await till.credit(profile, 40)
    lock = [status(till.shop, "PUT", f"/credits/{credit['id']}", {"locked": True}) for _ in range(6)]
    codes = await asyncio.gather(*lock)
    assert (codes.count(200), codes.count(422)) == (1, 5)
    assert (await till.balances(profile))["credit_balance"] == 0


async def test_sequential_numbers_under_load_are_unique(till):
    definition = await till.define(
        "credits",
        credit_number_range_type="sequential",
        credit_number_range_start="998",
        credit_number_range_end="1020",
        credit_number_length=6,
    )
    taken = await till.credit(None, 5, credit_definition_id=definition, credit_number="001001")
    assert taken["credit_number"] == "001001"
    made = await asyncio.gather(*(till.credit(None, 5, credit_definition_id=definition) for _ in range(22)))
    numbers = sorted(credit["credit_number"] for credit in made)
    assert numbers == sorted(f"{n:06}" for n in range(998, 1021) if n != 1001)
    await till.credit(None, 5, credit_definition_id=definition, status=422)


async def test_jobs_running_with_redeems_write_no_line_twice(till):
    profile = await till.profile()
    soon = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S")
    for place in range(6):
        await till.reward(profile, 10, issued_at=soon if place % 2 else None)
        await till.points(profile, 100, issued_at=soon if place % 2 else None)
    await till.shop.advance(minutes=6)
    await asyncio.gather(
        till.tick(),
        *(status(till.shop, "POST", f"/profiles/{profile}/redeem", {"amount": 7}) for _ in range(6)),
        till.tick(),
    )
    lines = await till.ledger(profile)
    assert len([line for line in lines if line["description"] in ("Reward issued", "Points issued")]) == 12
    assert (await till.figures(profile))[3] == 66 - 42


async def test_a_batch_sent_twice_issues_each_reward_once(till, jobs):
    profile = await till.profile("batch@example.com")
    definition = await till.define("rewards")
    rows = [
        {
            "profile_id": "Batch@example.com",
            "profile_id_handle": "email",
            "timezone": "UTC",
            "reward_definition_id": definition,
            "external_id": f"B-{number}",
        }
        for number in range(500)
    ]
    for _ in range(2):
        answer = await till.shop.post("/rewards/batch.json", {"rewards": rows}, status=200)
        assert set(answer) == {"message", "batch_id"}
        await jobs()
    assert (await till.shop.get("/rewards"))["meta"]["total"] == 500
    assert (await till.figures(profile))[0] == 5000
    await till.shop.post("/rewards/batch.json", {"rewards": []}, status=422)
    await till.shop.post("/rewards/batch.json", {"rewards": rows * 3}, status=422)


async def test_redeems_across_the_second_in_which_a_lot_expires(till):
    """Each is wholly before or not at all: what was spent was spent by then, the rest is told as expired once."""
    profile = await till.profile()
    end = (datetime.now(UTC) + timedelta(seconds=3)).replace(microsecond=0)
    lot = await till.reward(profile, 10_000, expires_at=end.strftime("%Y-%m-%d %H:%M:%S"))
    codes = []

    async def spend():
        while 422 not in codes:
            codes.append(await status(till.shop, "POST", f"/profiles/{profile}/redeem", {"amount": 1, "strict": True}))
            if len(codes) % 7 == 0:
                await till.tick()

    await asyncio.gather(*(spend() for _ in range(6)))
    assert set(codes) == {201, 422}
    assert datetime.now(UTC) > end
    made = await till.shop.sql(
        "SELECT count(*), max(redeem_at) FROM redemptions WHERE tenant_id = %s", till.shop.tenant.id
    )
    (count, latest), spent = made[0], codes.count(201)
    assert (count, await till.left("rewards", lot["id"])) == (spent, 10_000 - spent)
    assert latest < end + timedelta(seconds=1)
    await till.tick()
    told = [line["dollar_value"] for line in await till.ledger(profile) if line["description"] == "Reward expired"]
    assert told == [-(10_000 - spent)]
    assert (await till.figures(profile))[0] == 0


async def test_a_sweep_tells_those_who_listen_and_keeps_the_order_of_balances(till):
    """Many lots of many profiles end in one transaction: each line continues its profile's own balance."""
    soon = (datetime.now(UTC) + timedelta(minutes=5)).strftime("%Y-%m-%d %H:%M:%S")
    profiles = [await till.profile() for _ in range(4)]
    for place, profile in enumerate(profiles):
        for value in range(1, 4 + place):
            await till.reward(profile, value, expires_at=soon)
        await till.reward(profile, 50)
        await till.points(profile, 100, expires_at=soon)
    await till.shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, 'reward.expired', 'trigger', 1)",
        till.shop.tenant.id,
    )
    await till.shop.advance(minutes=6)
    for _ in range(2):
        await asyncio.gather(till.tick(), till.tick())
    for place, profile in enumerate(profiles):
        lines = await till.ledger(profile)
        expired = [line["dollar_value"] for line in lines if line["description"] == "Reward expired"]
        assert sorted(expired) == [-value for value in range(3 + place, 0, -1)]
        assert (lines[0]["dollar_balance"], lines[0]["point_balance"]) == (50, 0)
    heard = await till.shop.sql(
        "SELECT e.profile_id::text, count(*) FROM events e JOIN event_contexts c ON c.event_id = e.id"
        " WHERE e.tenant_id = %s AND e.name = 'reward.expired' GROUP BY 1",
        till.shop.tenant.id,
    )
    assert dict(heard) == {profile: 3 + place for place, profile in enumerate(profiles)}
