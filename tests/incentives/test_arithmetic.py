"""The worked arithmetic of the contract, through HTTP."""

from decimal import ROUND_DOWN, Decimal

import pytest

pytestmark = pytest.mark.anyio


async def test_rewards_are_consumed_by_their_expiry(till):
    profile = await till.profile()
    late = await till.reward(profile, 20, expires_at="2099-02-28 00:00:00")
    soon = await till.reward(profile, 10, expires_at="2099-01-31 00:00:00")
    done = await till.redeem(profile, 25)
    assert done["total"] == 25
    assert await till.left("rewards", soon["id"]) == 0
    assert await till.left("rewards", late["id"]) == 5
    told = (await till.shop.get(f"/redemptions/{done['id']}"))["data"]
    assert [(item["type_attributes"]["id"], item["value"]) for item in told["items"]] == [
        (soon["id"], 10),
        (late["id"], 15),
    ]
    assert done["balances"]["reward_balance"] == 5


@pytest.mark.parametrize(
    ("asked", "total", "left"),
    [
        ({"amount": 30}, 30, (0, 1000, 10, 10)),
        ({"amount": 30, "strategies": ["points", "rewards"]}, 30, (10, 0, 0, 10)),
        ({"amount": 30, "strategy": "points_rewards"}, 30, (10, 0, 0, 10)),
        ({"amount": 30, "strategy": ["points", "rewards", "points"]}, 30, (10, 0, 0, 10)),
        ({"amount": 50}, 40, (0, 0, 0, 0)),
        ({"amount": 40, "strict": True}, 40, (0, 0, 0, 0)),
        ({"amount": 50, "strict": True}, None, (25, 1500, 15, 40)),
    ],
)
async def test_a_reward_and_points_together(till, asked, total, left):
    profile = await till.profile()
    await till.reward(profile, 25)
    await till.points(profile, 1500)
    assert await till.figures(profile) == (25, 1500, 15, 40)
    if total is None:
        assert "amount" in await till.redeem(profile, status=422, **asked)
    else:
        assert (await till.redeem(profile, **asked))["total"] == total
    assert await till.figures(profile) == left


async def test_credits_are_only_spent_when_asked_for(till):
    profile = await till.profile()
    credit = await till.credit(profile, 35.2)
    assert (await till.balances(profile))["credit_balance"] == 35.2
    assert "insufficient balance" in (await till.redeem(profile, 10, status=422))["amount"][0]
    await till.redeem(profile, 10, strategies=["rewards", "points", "credits"])
    assert await till.left("credits", credit["id"]) == 25.2


async def test_a_rate_with_sub_cent_points(till):
    await till.setting("point_exchange_rate", "0.007")
    rich, poor = await till.profile(), await till.profile()
    await till.points(rich, 100)
    assert (await till.figures(rich))[2] == 0.7
    await till.points(poor, 33)
    assert (await till.figures(poor))[2] == 0.23
    done = await till.redeem(poor, 0.23)
    item = (await till.shop.get(f"/redemptions/{done['id']}"))["data"]["items"][0]
    assert (item["value"], item["dollar_value"]) == (32.8571, 0.23)
    assert await till.figures(poor) == (0, 0.1429, 0, 0)


async def test_what_points_are_worth_is_exact_and_truncated(till):
    """Doubles would show 0.28 or 1.1499… here; what is shown can always be spent, and not a cent more."""
    for rate in ("0.01", "0.007", "0.333333", "1.05", "0.00000001"):
        await till.setting("point_exchange_rate", rate)
        profile, worth = await till.profile(), Decimal(0)
        for value in ("29", "115.5", "33.3333", "0.0001", "9999999.9999"):
            lot = await till.points(profile, float(value))
            worth += Decimal(value) * Decimal(rate)
            alone = (Decimal(value) * Decimal(rate)).quantize(Decimal("0.01"), ROUND_DOWN)
            assert Decimal(str(lot["value_initial_currency"])) == alone, (rate, value)
        shown = worth.quantize(Decimal("0.01"), ROUND_DOWN)
        assert Decimal(str((await till.figures(profile))[2])) == shown, rate
        done = await till.redeem(profile, float(shown + 5))
        assert Decimal(str(done["total"])) == shown
        assert done["balances"]["point_balance_dollars"] == 0


async def test_a_rate_of_ten_percent(till):
    await till.setting("point_exchange_rate", "0.1")
    profile = await till.profile()
    await till.points(profile, 100)
    assert (await till.figures(profile))[2] == 10


async def test_a_return_of_points_is_settled_and_does_not_outlive_them(till):
    profile = await till.profile()
    lot = await till.points(profile, 100, expires_at="2099-03-01 00:00:00")
    debt = await till.points(profile, -30)
    assert (await till.left("points", lot["id"]), await till.left("points", debt["id"])) == (70, 0)
    assert (await till.figures(profile))[1] == 70
    short = await till.profile()
    (moment,) = (await till.shop.sql("SELECT to_char(now() AT TIME ZONE 'UTC' + interval '10 days', 'YYYY-MM-DD')"))[0]
    await till.points(short, 100, expires_at=moment)
    await till.points(short, -30)
    await till.shop.advance(days=11)
    assert (await till.figures(short))[1] == 0
    await till.points(short, 5)
    assert (await till.figures(short))[1] == 5


async def test_a_debt_is_paid_by_the_next_points(till):
    profile = await till.profile()
    lot = await till.points(profile, 100)
    debt = await till.points(profile, -130)
    assert (await till.left("points", lot["id"]), await till.left("points", debt["id"])) == (0, -30)
    assert await till.figures(profile) == (0, -30, 0, 0)
    await till.points(profile, 50)
    assert (await till.figures(profile))[1] == 20


async def test_returns_give_back_what_was_consumed_last(till):
    profile = await till.profile()
    await till.reward(profile, 25)
    await till.points(profile, 1500)
    done = await till.redeem(profile, 30)
    returned = (await till.shop.post(f"/redemptions/{done['id']}/return", {"amount": 12}))["data"]
    assert returned["total"] == 12
    assert await till.figures(profile) == (7, 1500, 15, 22)
    items = (await till.shop.get(f"/redemptions/{returned['id']}"))["data"]["items"]
    assert [(item["type"], item["value"], item["dollar_value"]) for item in items] == [
        ("point", 500, 5),
        ("reward", 7, 7),
    ]
    assert items[0]["type_attributes"]["value_initial"] == 500
    assert items[1]["type_attributes"]["source_type"] == "redemption"
    rest = (await till.shop.post(f"/redemptions/{done['id']}/refund"))["data"]
    assert rest["total"] == 18
    assert await till.figures(profile) == (25, 1500, 15, 40)
    nothing = await till.shop.post(f"/redemptions/{done['id']}/return", {}, status=422)
    assert "amount" in nothing["errors"]


@pytest.mark.parametrize(("minutes", "status"), [(9, 201), (11, 422)])
async def test_a_reversal_restores_exactly_within_ten_minutes(till, minutes, status):
    profile = await till.profile()
    first, second = await till.reward(profile, 10), await till.reward(profile, 20)
    done = await till.redeem(profile, 25)
    await till.shop.advance(minutes=minutes)
    await till.shop.post(f"/redemptions/{done['id']}/reversal", status=status)
    left = [await till.left("rewards", lot["id"]) for lot in (first, second)]
    assert left == ([10, 20] if status == 201 else [0, 5])


async def test_extending_adds_whole_days_once(till):
    profile = await till.profile()
    definition = await till.define("rewards", is_extendable=True)
    reward = await till.reward(
        profile, 10, reward_definition_id=definition, timezone="Australia/Melbourne", issued_at="2025-06-15 00:00:00"
    )
    assert (reward["expires_at"], reward["expires_local_at"]) == ("2025-07-15 13:59:59", "2025-07-15 23:59:59")
    body = {"profile_id": profile, "ids": [reward["id"]], "extend_days": 7}
    (extended,) = (await till.shop.post("/rewards/extend", body, status=200))["data"]
    assert extended["expires_at"] == "2025-07-22 13:59:59"
    assert (await till.shop.post("/rewards/extend", body, status=200))["data"] == []
