"""What went wrong in public elsewhere must not happen here; each test says it in a sentence."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import bindparam

from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
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
    await till.shop.delete(f"/rewards/{gone['id']}")
    await till.shop.advance(minutes=6)
    assert "amount" in await till.redeem(profile, 1, status=422)
    assert (await till.left("rewards", old["id"]), await till.left("points", points["id"])) == (20, 500)
    assert await till.figures(profile) == (0, 0, 0, 0)


async def test_a_spent_credit_that_expires_does_not_collapse_the_balance(till):
    """Elsewhere the expiry of a lot took its first value from the balance again, although it had been spent."""
    profile = await till.profile()
    await till.reward(profile, 30, expires_at=after(minutes=5))
    await till.reward(profile, 50)
    await till.redeem(profile, 30)
    await till.shop.advance(minutes=6)
    await till.tick()
    assert (await till.figures(profile))[0] == 50
    assert (await till.ledger(profile))[0]["dollar_balance"] == 50


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
    await till.redeem(profile, 10, strict=True)
    assert "amount" in await till.redeem(profile, 10, status=422, strict=True)


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
