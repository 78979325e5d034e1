"""What went wrong in public elsewhere must not happen here; each test says it in a sentence."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import UUID

import anyio
import pytest
from sqlalchemy import bindparam

from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.redemptions import service
from omneo_api.incentives.redemptions.schemas import RedeemBody
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import ProfileRead

pytestmark = pytest.mark.anyio

PROFILE = Statement(lambda: one_json(rows_json(ProfileRead, Profile).where(Profile.id == bindparam("id"))))


def after(**delta):
    return (datetime.now(UTC) + timedelta(**delta)).strftime("%Y-%m-%d %H:%M:%S")


async def test_an_expired_or_deleted_lot_is_never_spent(till):
    """Elsewhere a redeem took its value from a lot that had expired or been voided while its row still held value."""
    profile = await till.profile()
    gone = await till.reward(profile, 10)
    old = await till.reward(profile, 20, expires_at=after(minutes=5))
    points = await till.points(profile, 500, expires_at=after(minutes=5))
    late = await till.credit(profile, 30, expires_at=after(minutes=5))
    void, dropped = await till.credit(profile, 40), await till.credit(profile, 50)
    await till.shop.delete(f"/rewards/{gone['id']}")
    await till.shop.delete(f"/credits/{dropped['id']}")
    await till.shop.put(f"/profiles/{profile}/credits/{void['id']}", {"is_void": True})
    await till.shop.advance(minutes=6)
    everything = {"strategies": ["rewards", "points", "credits"]}
    assert "amount" in await till.redeem(profile, 1, status=422, **everything)
    named = f"/profiles/{profile}/credits"
    for card, status, field in ((late, 422, "credit"), (void, 422, "amount"), (dropped, 404, None)):
        told = await till.shop.post(f"{named}/{card['id']}/redeem", {"amount": 1}, status=status)
        assert field is None or field in told["errors"]
    assert (await till.left("rewards", old["id"]), await till.left("points", points["id"])) == (20, 500)
    assert await till.left("credits", late["id"]) == 30
    assert await till.figures(profile) == (0, 0, 0, 0)
    assert (await till.balances(profile))["credit_balance"] == 0
    assert (await till.shop.get("/redemptions"))["meta"]["total"] == 0


@pytest.mark.parametrize("told_by", ["job", "next call", "nobody"])
async def test_a_spent_credit_that_expires_does_not_collapse_the_balance(till, told_by):
    """Elsewhere the expiry of a lot took its first value from the balance again, although it had been spent."""
    profile = await till.profile()
    soon, everything = after(minutes=5), {"strategies": ["rewards", "points", "credits"]}
    for expires_at in (soon, None):
        await till.reward(profile, 30, **({"expires_at": expires_at} if expires_at else {}))
        await till.points(profile, 1000, expires_at=expires_at)
        await till.credit(profile, 20, expires_at=expires_at)
    await till.redeem(profile, 30, strategies=["rewards"])
    await till.redeem(profile, 10, strategies=["points"])
    await till.redeem(profile, 15.5, strategies=["credits"])
    await till.shop.advance(minutes=6)
    if told_by == "job":
        await till.tick()
    elif told_by == "next call":
        assert (await till.redeem(profile, 5, **everything))["total"] == 5
    told, spent = await till.balances(profile), 5 if told_by == "next call" else 0
    figures = (told["reward_balance"], told["point_balance"], told["credit_balance"])
    assert figures == (30 - spent, 1000, 20)
    last = (await till.ledger(profile))[0]
    assert (last["dollar_balance"], last["point_balance"]) == (30 - spent, 1000)
    assert not [line for line in await till.ledger(profile) if "expired" in line["description"]]


async def test_a_refund_does_not_revive_an_expired_point(till):
    """Elsewhere the reversal of a spending made points spendable again that had expired in the meantime."""
    profile = await till.profile()
    lot = await till.points(profile, 1000, expires_at=after(minutes=5))
    done = await till.redeem(profile, 4)
    await till.shop.advance(minutes=6)
    await till.tick()
    await till.shop.post(f"/redemptions/{done['id']}/reversal")
    assert await till.left("points", lot["id"]) == 1000
    assert (await till.figures(profile))[1] == 0
    told = [(line["description"], line["point_value"]) for line in await till.ledger(profile)]
    assert told[:2] == [("Points expired", -400), ("Redemption reversed", 400)]
    await till.tick()
    assert (await till.figures(profile))[1] == 0


async def test_the_reversal_of_a_lot_that_was_spent_when_it_expired_tells_both_lines(till):
    """Elsewhere a lot that held nothing at its expiry was not noticed, and came back alive."""
    profile = await till.profile()
    lot = await till.reward(profile, 10, expires_at=after(minutes=5))
    done = await till.redeem(profile, 10)
    await till.shop.advance(minutes=6)
    await till.shop.post(f"/redemptions/{done['id']}/reversal")
    assert await till.left("rewards", lot["id"]) == 10
    assert await till.figures(profile) == (0, 0, 0, 0)
    told = [(line["description"], line["dollar_value"]) for line in await till.ledger(profile)]
    assert told == [
        ("Reward expired", -10),
        ("Redemption reversed", 10),
        ("Reward redeemed", -10),
        ("Reward issued", 10),
    ]


async def test_the_profile_and_the_balances_tell_one_truth(till):
    """Elsewhere a balance column drifted from the sum of its lots; here both are sums of the same lots."""
    profile = await till.profile()
    await till.reward(profile, 12.5, expires_at=after(minutes=5))
    await till.points(profile, 999.9)
    await till.credit(profile, 7)
    for minutes in (0, 6):
        await till.shop.advance(minutes=minutes)
        told = await till.balances(profile)
        async with till.shop.database.reading(till.shop.tenant) as session:
            shown = json.loads(await session.value(PROFILE, id=profile))
        names = [name for name in told if name.endswith(("balance", "dollars"))]
        assert len(names) == 6
        assert {name: shown[name] for name in names} == {name: told[name] for name in names}


async def test_a_spending_in_flight_is_counted(till):
    """Elsewhere two tills read the same balance before either had written; here the second waits for the first."""
    profile = await till.profile()
    await till.reward(profile, 10)
    answers = []

    async def second():
        answers.append(await till.shop.call("POST", f"/profiles/{profile}/redeem", json={"amount": 10, "strict": True}))

    async with anyio.create_task_group() as tills, till.shop.writing() as session:
        await service.redeem(session, UUID(profile), RedeemBody(amount=Decimal(10), strict=True))
        tills.start_soon(second)
        await anyio.sleep(0.3)
        assert answers == []
        assert (await till.figures(profile))[0] == 10
    assert [answer.status_code for answer in answers] == [422]
    assert (await till.figures(profile))[0] == 0


async def test_a_retried_top_up_is_paid_once(till):
    """Elsewhere a client that lost the answer and asked again was given the value twice."""
    profile = await till.profile()
    await till.reward(profile, 10, external_id="top-up-1")
    await till.reward(profile, 10, external_id="Top-Up-1", status=422)
    body = {"profile_id": profile, "point_definition_id": await till.define("points"), "value_initial": 100}
    key = {"Idempotency-Key": "p-1"}
    first = await till.shop.post("/points", body, headers=key)
    assert await till.shop.post("/points", body, headers=key) == first
    assert await till.figures(profile) == (10, 100, 1, 11)
    reward = {"profile_id": profile, "timezone": "UTC", "external_id": "top-up-2"}
    reward["reward_definition_id"] = till.definitions["rewards"]
    key = {"Idempotency-Key": "p-2"}
    codes = []

    async def retry(path, sent, headers):
        codes.append((path, (await till.shop.call("POST", path, json=sent, headers=headers)).status_code))

    async with anyio.create_task_group() as clients:
        for _ in range(5):
            clients.start_soon(retry, "/points", body, key)
            clients.start_soon(retry, "/rewards", reward, {})
    assert {status for path, status in codes if path == "/points"} <= {201, 409}
    assert sorted(status for path, status in codes if path == "/rewards") == [201, 422, 422, 422, 422]
    assert await till.figures(profile) == (20, 200, 2, 22)


async def test_expiry_counts_before_its_job_has_run_and_the_job_may_run_again(till):
    """Elsewhere a late job left expired value in the balance, and a repeated one took it out twice."""
    profile = await till.profile()
    await till.reward(profile, 40, expires_at=after(minutes=5))
    await till.shop.advance(minutes=6)
    assert (await till.figures(profile))[0] == 0
    for _ in range(2):
        await till.tick()
    lines = await till.ledger(profile)
    assert [(line["description"], line["dollar_balance"]) for line in lines] == [
        ("Reward expired", 0),
        ("Reward issued", 40),
    ]


async def test_balances_as_they_were(till):
    """Elsewhere yesterday's balance could only be guessed from today's rows."""
    profile = await till.profile()
    definition = await till.define("rewards", is_extendable=True)
    reward = await till.reward(profile, 20, reward_definition_id=definition, expires_at=after(days=2))
    credit = await till.credit(profile, 50)
    await till.points(profile, 300, issued_at=after(days=1))
    seen = []

    async def look(**delta):
        told = await till.balances(profile)
        rows = await till.shop.sql("SELECT now() + clock_offset FROM tenants WHERE id = %s", till.shop.tenant.id)
        seen.append((rows[0][0].isoformat(), told))
        await till.shop.advance(**delta)

    await look(minutes=1)
    await till.redeem(profile, 5)
    await look(minutes=1)
    await till.shop.put(f"/credits/{credit['id']}", {"locked": True, "lock_expires_at": after(hours=1)})
    await look(hours=30)
    await look(minutes=1)
    await till.redeem(profile, 16)
    await look(days=2)
    await look(minutes=1)
    await till.shop.post(
        "/rewards/extend", {"profile_id": profile, "ids": [reward["id"]], "extend_days": 9}, status=200
    )
    await look(minutes=1)
    await till.shop.delete(f"/credits/{credit['id']}")
    await till.tick()
    for moment, told in seen:
        assert await till.balances(profile, as_of=moment) == told, moment
    assert len({str(told) for _, told in seen}) >= 5
    await till.shop.get(f"/profiles/{profile}/balances", params={"as_of": "yesterday"}, status=422)


async def test_a_purge_leaves_lots_to_end_in_their_time(till, jobs):
    """Elsewhere erasing a person stopped the clock of what they owned, and the books kept its value for ever."""
    profile = await till.profile()
    lot = await till.reward(profile, 40, expires_at=after(minutes=5))
    await till.shop.delete(f"/profiles/{profile}/purge")
    await jobs()
    await till.shop.advance(minutes=6)
    await till.tick()
    told = await till.shop.sql(
        "SELECT cause, dollar_balance FROM ledger_entries WHERE profile_id = %s ORDER BY id", profile
    )
    assert [(cause, float(balance)) for cause, balance in told] == [("issued", 40), ("expired", 0)]
    assert await till.left("rewards", lot["id"]) == 40
