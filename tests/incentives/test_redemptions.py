"""What is told of redemptions, in other currencies, and beside sales (incentives-value 9 to 12)."""

from uuid import UUID

import pytest
from sqlalchemy import bindparam, select

from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import hooks, merging
from omneo_api.incentives.redemptions import links
from omneo_api.incentives.redemptions.expressions import reversed_redemptions, transaction_redemption

pytestmark = pytest.mark.anyio


async def sale(till, external_id="T-1002"):
    rows = await till.shop.sql(
        "INSERT INTO transactions (tenant_id, total, transacted_at, timezone, external_id)"
        " VALUES (%s, 120, now(), 'UTC', %s) RETURNING id",
        till.shop.tenant.id,
        external_id,
    )
    return rows[0][0]


async def shown(till, identifier):
    from omneo_api.commerce.transactions.models import Transaction

    columns = select(transaction_redemption(Transaction).label("one"), reversed_redemptions(Transaction).label("many"))
    statement = Statement(columns.where(Transaction.id == bindparam("id")))
    async with till.shop.database.reading(till.shop.tenant) as session:
        return await session.row(statement, id=identifier)


async def test_another_currency(till):
    await till.shop.post("/currencies", {"from": "AUD", "to": "NZD", "rate": 1.08})
    profile = await till.profile()
    await till.reward(profile, 20)
    told = await till.balances(profile, currency="NZD")
    assert told["localised"] == {"reward_balance": 21.6, "point_balance_dollars": 0, "combined_balance_dollars": 21.6}
    assert (told["currency"]["from"], told["currency"]["to"], told["currency"]["rate"]) == ("AUD", "NZD", 1.08)
    assert (await till.balances(profile, currency="AUD"))["currency"] is None
    await till.shop.get(f"/profiles/{profile}/balances", params={"currency": "QQQ"}, status=422)
    done = await till.redeem(profile, 10.8, currency="NZD")
    assert (done["total"], done["total_localised"], done["balances"]["localised"]["reward_balance"]) == (10, 10.8, 10.8)
    rest = await till.redeem(profile, 100, currency="NZD")
    assert (rest["total"], rest["total_localised"]) == (10, 10.8)
    await till.redeem(profile, 1, currency="QQQ", status=422)
    for body, total, localised in (
        ({"amount": 4}, 4, 4),
        ({"amount": 2.16, "currency": "NZD"}, 2, 2.16),
        ({}, 4, 4.32),
    ):
        back = (await till.shop.post(f"/redemptions/{done['id']}/return", body))["data"]
        assert (back["total"], back["total_localised"]) == (total, localised)


async def test_a_definition_with_its_own_currency(till):
    await till.shop.post("/currencies", {"from": "NZD", "to": "AUD", "rate": 0.8})
    profile = await till.profile()
    await till.reward(profile, 10, reward_definition_id=await till.define("rewards", currency="NZD"))
    await till.points(profile, 1000, point_definition_id=await till.define("points", currency="NZD"))
    assert await till.figures(profile) == (8, 1000, 8, 16)
    done = await till.redeem(profile, 12)
    items = (await till.shop.get(f"/redemptions/{done['id']}"))["data"]["items"]
    assert [(item["value"], item["dollar_value"]) for item in items] == [(10, 8), (500, 4)]
    assert await till.figures(profile) == (0, 500, 4, 4)
    await till.shop.post("/currencies", {"from": "POINT", "to": "NZD", "rate": 0.02})
    assert (await till.figures(profile))[2] == 8


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "amount"),
        ({"amount": 0}, "amount"),
        ({"amount": -5}, "amount"),
        ({"amount": 1.234}, "amount"),
        ({"amount": 5, "strategies": ["cash"]}, "strategies.0"),
        ({"amount": 5, "location_id": 999999999}, "location_id"),
        ({"amount": 5, "benefits": [{"id": 4}]}, "benefits.0"),
    ],
)
async def test_refusals_leave_no_trace(till, body, field):
    profile = await till.profile()
    await till.reward(profile, 10)
    answer = await till.shop.post(f"/profiles/{profile}/redeem", body, status=422)
    assert field in answer["errors"]
    assert (await till.shop.get("/redemptions"))["data"] == []
    assert (await till.figures(profile))[0] == 10
    await till.shop.post("/profiles/0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710/redeem", {"amount": 1}, status=404)


async def test_reading_redemptions(till, other_shop):
    profile, location = await till.profile("ana@example.com"), await till.location()
    reward = await till.reward(profile, 25)
    await till.points(profile, 1500)
    body = {"location_id": location, "meta": {"till": "4"}, "external_id": "X-1"}
    done = await till.redeem(profile, 30, **body)
    assert (done["location"]["name"], done["meta"], done["balances"]["point_balance"]) == ("City", {"till": "4"}, 1000)
    back = (await till.shop.post(f"/redemptions/{done['id']}/reverse"))["data"]
    other = await till.redeem(profile, 5)
    listed = await till.shop.get("/redemptions")
    assert [row["id"] for row in listed["data"]] == [other["id"], back["id"], done["id"]]
    first = listed["data"][2]
    assert first["profile"]["email"] == "ana@example.com"
    assert sum(item["dollar_value"] for item in first["items"]) == first["total"]
    assert (listed["data"][1]["type"], listed["data"][1]["linked_source_id"]) == ("reversal", done["id"])
    for name, value, count in [
        ("type", "redeem", 2),
        ("has_point", 1, 2),
        ("has_credit", 1, 0),
        ("external_id", "x-1", 1),
        ("profile_id", profile, 3),
        ("linked_source_id", done["id"], 1),
        ("location_id", location, 2),
    ]:
        found = await till.shop.get("/redemptions", params={f"filter[{name}]": value})
        assert found["meta"]["total"] == count, name
    assert (await till.shop.get(f"/profiles/{profile}/redemptions"))["meta"]["total"] == 3
    stranger = await till.profile()
    await till.shop.get(f"/profiles/{stranger}/redemptions/{done['id']}", status=404)
    await other_shop.get(f"/redemptions/{done['id']}", status=404)
    counted = await till.shop.get(f"/profiles/{profile}/redemptions/reward/{reward['id']}/count")
    assert counted == {"data": {"count": 1}}
    items = await till.shop.get("/redemptions/items", params={"filter[redeemable_type]": "reward"})
    assert items["meta"]["total"] == 3
    assert (await till.shop.get(f"/redemptions/items/{items['data'][0]['id']}"))["data"] == items["data"][0]
    grouped = await till.shop.get("/redemptions/group/type")
    assert [(row["type"], len(row["redemptions"]["data"])) for row in grouped["data"]] == [
        ("redeem", 2),
        ("reversal", 1),
    ]
    assert (grouped["total"], grouped["current_page"]) == (2, 1)
    for attribute in ("profile_id", "location_id", "redeem_at", "linked_source_id", "transaction_external_id"):
        await till.shop.get(f"/redemptions/group/{attribute}")
    await till.shop.get("/redemptions/group/total", status=422)
    await till.shop.get("/redemptions/group/type?filter[type]=redeem", status=400)
    await till.shop.get("/redemptions", params={"filter[nope]": 1}, status=400)
    assert (await till.shop.get(f"/profiles/{profile}/linked/redemptions")) == {"data": []}


async def test_the_statement(till):
    profile = await till.profile()
    await till.reward(profile, 25)
    await till.points(profile, 1500)
    await till.redeem(profile, 30)
    told = await till.ledger(profile)
    assert [(line["type"], line["description"], line["dollar_balance"], line["point_balance"]) for line in told] == [
        ("point", "Points redeemed", 0, 1000),
        ("reward", "Reward redeemed", 0, 1500),
        ("point", "Points issued", 25, 1500),
        ("reward", "Reward issued", 25, 0),
    ]
    assert (told[0]["point_value"], told[0]["point_dollar_value"]) == (-500, -5)
    assert told[0]["type_attributes"]["value_remaining"] == 1000
    assert (await till.shop.get(f"/ledgers/{told[0]['id']}"))["data"] == told[0]
    assert (await till.shop.get(f"/profiles/{profile}/ledgers/{told[0]['id']}"))["data"] == told[0]
    paged = await till.shop.get(f"/profiles/{profile}/ledgers", params={"page[size]": 2})
    assert (paged["meta"]["total"], len(paged["data"])) == (4, 2)
    only = await till.shop.get("/ledgers", params={"filter[profile_id]": profile, "filter[type]": "reward"})
    assert only["meta"]["total"] == 2
    await till.shop.call("POST", "/ledgers", status=405)


async def test_a_redemption_belongs_to_one_sale(till):
    profile, stranger = await till.profile(), await till.profile()
    await till.reward(profile, 50)
    first, second = await sale(till, "A"), await sale(till, "B")
    done = await till.redeem(profile, 10)
    async with till.shop.writing() as session:
        with pytest.raises(Invalid):
            await links.attach(session, done["id"], first, UUID(stranger))
        with pytest.raises(Invalid):
            await links.attach(session, 999_999_999, first, UUID(profile))
        await links.attach(session, done["id"], first, UUID(profile))
        await links.hand_over(session, first, second)
        assert await links.redemption_of(session, second) == done["id"]
    assert (await shown(till, second)).one["items"][0]["value"] == 10
    told = (await till.shop.get(f"/redemptions/{done['id']}"))["data"]
    assert (told["transaction_id"], told["transaction"]["external_id"]) == (second, "B")
    assert told["linked_source_type"] == "transaction"
    await till.shop.post(f"/redemptions/{done['id']}/reversal")
    row = await shown(till, second)
    assert (row.one, [found["id"] for found in row.many]) == (None, [done["id"]])
    async with till.shop.writing() as session:
        with pytest.raises(Invalid):
            await links.attach(session, done["id"], second, UUID(profile))
        await links.detach(session, second)


async def test_a_redemption_waits_for_its_sale(till):
    profile = await till.profile()
    await till.reward(profile, 50)
    done = await till.redeem(profile, 10, transaction_external_id="t-77")
    identifier = await sale(till, "T-77")
    async with till.shop.writing() as session:
        await hooks.on_transaction_attached(session, identifier, UUID(profile))
    assert (await till.shop.get(f"/redemptions/{done['id']}"))["data"]["transaction_id"] == identifier


async def test_merging_two_profiles(till):
    source, heir = await till.profile(), await till.profile()
    for profile, value in ((source, 10), (heir, 20)):
        await till.reward(profile, value)
        await till.points(profile, value * 10)
        await till.credit(profile, value)
    done = await till.redeem(source, 4)
    async with till.shop.writing() as session:
        await merging.merge(session, UUID(source), UUID(heir))
    assert await till.figures(heir) == (26, 300, 3, 29)
    assert await till.figures(source) == (0, 0, 0, 0)
    assert (await till.balances(heir))["credit_balance"] == 30
    told = await till.ledger(heir)
    assert (told[0]["description"], told[0]["dollar_balance"], told[0]["point_balance"]) == ("Profiles merged", 26, 300)
    assert len(told) == 6
    await till.shop.post(f"/redemptions/{done['id']}/return", {"amount": 3})
    assert (await till.figures(heir))[0] == 29
    assert (await till.shop.get(f"/profiles/{heir}/redemptions"))["meta"]["total"] == 2
