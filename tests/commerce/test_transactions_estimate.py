"""The dry run of a purchase: it answers what the real one does, and leaves the whole database as it was."""

import asyncio

import psycopg
import pytest
from psycopg import sql
from sales import customer, identity, sale

pytestmark = pytest.mark.anyio
TIMES = {"value": {"*": [{"var": "total"}, 2]}, "is_dynamic": True}


async def everything(shop):
    """What every table holds."""
    async with await psycopg.AsyncConnection.connect(shop.url, autocommit=True) as connection:
        names = await (
            await connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        ).fetchall()
        held = {}
        for (name,) in sorted(names):
            query = sql.SQL("SELECT count(*), md5(string_agg(t::text, '|' ORDER BY t::text)) FROM {} t")
            cursor = await connection.execute(query.format(sql.Identifier(name)))
            held[name] = await cursor.fetchone()
    return {name: row for name, row in held.items() if name not in ("token_usages", "access_token_usages")}


def point(value, definition="points", name="point.create"):
    key = "value" if name.startswith("tier") else "value_initial"
    amount = value if isinstance(value, dict) else {"value": value}
    return {"name": name, "arguments": [{"name": "definition", "value": definition}, {"name": key, **amount}]}


async def trigger(shop, event, *actions):
    return (await shop.post("/triggers", {"name": "t", "trigger": event, "actions": list(actions)}))["data"]["id"]


async def given(shop, profile):
    rows = await shop.sql("SELECT value_initial FROM points WHERE profile_id = %s ORDER BY id", profile)
    return [float(value) for (value,) in rows]


async def test_it_answers_what_the_real_purchase_earns_and_writes_nothing(shop, jobs):
    who = await customer(shop, "ada@example.com")
    await identity(shop, who, "card_pos", "C-77")
    body = {"name": "Points", "handle": "points", "type": "campaign"}
    definition = (await shop.post("/points/definitions", body))["data"]["id"]
    only_large = {"name": "filter", "arguments": [{"name": "condition", "value": {">": [{"var": "total"}, 10]}}]}
    whole = await trigger(
        shop, "transaction.completed", only_large, point(TIMES), point(7), point(9, "nowhere"), point(1)
    )
    each = {"value": {"*": [{"var": "price_sell"}, {"var": "quantity"}]}, "is_dynamic": True}
    lines = await trigger(shop, "transaction-item.created", point(each))
    asked = {
        "trigger_id": whole,
        "total": 80.5,
        "transacted_at": "2025-03-02 01:10:00",
        "location_id": None,
        "profile_id": "ada@example.com",
        "items": [
            {"name": "Scarf", "price_sell": 20, "quantity": 2, "product_variant_sku": "unknown"},
            {"name": "Back", "price_sell": 5, "quantity": -1},
            {"name": "Socks", "price_sell": 3.5},
        ],
    }
    await shop.post("/transactions/incentive-estimate", asked, status=200)
    before = await everything(shop)
    named = ({}, {"profile_id": who}, {"profile_id": "c-77"}, {"profile_id": "C-77", "profile_id_handle": "card_pos"})
    answers = [
        (await shop.post("/transactions/incentive-estimate", asked | changes, status=200))["data"] for changes in named
    ]
    gain = {"action": "point.create", "point_definition_id": definition, "rate": None}
    assert answers == [{"point.create": gain | {"value": 161}, "point.create:3": gain | {"value": 7}}] * 4
    by_line = (await shop.post("/transactions/incentive-estimate", asked | {"trigger_id": lines}, status=200))["data"]
    assert by_line == [{"point.create": gain | {"value": value}} for value in (40, -5, 3.5)]
    small = asked | {"total": 10}
    assert (await shop.post("/transactions/incentive-estimate", small, status=200))["data"] == {}
    for status, wrong in (
        (404, {"trigger_id": 999999999}),
        (404, {"profile_id": "nobody@example.com"}),
        (404, {"profile_id": "ada@example.com", "profile_id_handle": "card_pos"}),
        (404, {"location_id": "S-unknown"}),
        (422, {"total": None}),
        (422, {"trigger_id": lines, "items": None}),
        (422, {"items": [{"name": "x"}]}),
    ):
        await shop.post("/transactions/incentive-estimate", asked | wrong, status=status)
    await asyncio.gather(*(shop.post("/transactions/incentive-estimate", asked, status=200) for _ in range(4)))
    assert await everything(shop) == before
    real = sale(
        total=80.5, profile_id=who, items=[{"price_current": 1, "quantity": 1} | each for each in asked["items"]]
    )
    await shop.post("/transactions", real)
    await jobs()
    assert sorted(await given(shop, who)) == sorted([161, 7, 40, -5, 3.5])
    other = await trigger(shop, "profile.created", point(1))
    await shop.post("/transactions/incentive-estimate", asked | {"trigger_id": other}, status=422)
    await shop.put(f"/triggers/{whole}", {"is_active": False})
    refused = await shop.post("/transactions/incentive-estimate", asked, status=422)
    assert refused["errors"] == {"trigger_id": ["The selected trigger id is invalid."]}
