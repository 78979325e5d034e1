"""Orders and the sales that fulfil them, in either order of arrival (commerce 1.4, 5)."""

import asyncio

import pytest
from baskets import order, told
from sales import customer, events, sale
from test_transactions_redemptions import spend

pytestmark = pytest.mark.anyio
UPSERT = "/transactions/update-create"


async def test_a_sale_names_its_order(shop):
    made = (await shop.post("/orders", order(external_id="W1", order_number="2201")))["data"]
    wrong = await shop.post("/transactions", sale(order_id=99), status=422)
    assert wrong["errors"] == {"order_id": ["The selected order id is invalid."]}
    late = (await shop.post("/transactions", sale(order_id=made["id"], external_id="1", transacted_at="2025-06-02")))[
        "data"
    ]
    early = (
        await shop.post("/transactions", sale(external_order_id="w1", order_number="X", transacted_at="2025-06-01"))
    )["data"]
    both = (await shop.post("/transactions", sale(order_id=str(made["id"]), external_order_id="other", total=-3)))[
        "data"
    ]
    assert [(row["order_id"], row["order_number"], row["external_order_id"]) for row in (late, early, both)] == [
        (made["id"], "2201", None),
        (made["id"], "X", "w1"),
        (made["id"], "2201", "other"),
    ]
    assert [item["order_id"] for item in late["items"]] == [made["id"]]
    page = await shop.get(f"/transactions/{late['id']}/items", params={"filter[order_id]": made["id"]})
    assert page["meta"]["total"] == 1
    shown = (await shop.get(f"/orders/{made['id']}"))["data"]
    assert shown == {**made, "transactions": [both, early, late]}
    assert await told(shop) == ["order.created"]
    await shop.put(f"/transactions/{early['id']}", {"is_void": True})
    await shop.delete(f"/transactions/{both['id']}")
    new = (await shop.post(UPSERT, {"external_id": "1", "total": 7}))["data"]
    assert (new["order_id"], new["order_number"]) == (made["id"], "2201")
    rows = (await shop.get(f"/orders/{made['id']}"))["data"]["transactions"]
    assert [(row["id"], row["is_void"]) for row in rows] == [(early["id"], True), (new["id"], False)]


async def test_an_order_that_comes_later_finds_its_sales(shop):
    first = (await shop.post("/transactions", sale(external_order_id="W1", external_id="1")))["data"]
    other = (await shop.post("/transactions", sale(external_order_id="W2")))["data"]
    gone = (await shop.post("/transactions", sale(external_order_id="W1")))["data"]
    await shop.delete(f"/transactions/{gone['id']}")
    assert (first["order_id"], first["items"][0]["order_id"]) == (None, None)
    before = await events(shop, first["id"])
    made = (await shop.post("/orders", order(external_id="w1", systems=["web"], order_number="N")))["data"]
    now = (await shop.get(f"/transactions/{first['id']}"))["data"]
    assert now == {**first, "order_id": made["id"], "items": [{**first["items"][0], "order_id": made["id"]}]}
    assert made["transactions"] == [now]
    assert await events(shop, first["id"]) == before
    assert (await shop.get(f"/transactions/{other['id']}"))["data"]["order_id"] is None
    assert (await shop.put(f"/transactions/{first['id']}", now))["data"] == now
    assert (await shop.post(UPSERT, sale(external_order_id="W1", external_id="1"), status=200))["data"] == now
    wrong = await shop.put(f"/transactions/{first['id']}", {"order_id": made["id"] + 1}, status=409)
    assert set(wrong["errors"]) == {"order_id"}
    moved = (await shop.put(f"/orders/{made['id']}", {"external_id": "W2"}))["data"]
    assert [row["id"] for row in moved["transactions"]] == [first["id"], other["id"]]
    await shop.delete(f"/orders/{made['id']}")
    left = (await shop.get(f"/transactions/{first['id']}"))["data"]
    assert (left, left["external_order_id"]) == (first, "W1")
    assert (await shop.put(f"/transactions/{first['id']}", left))["data"] == left
    again = (await shop.post("/orders/create-update", order(external_id="W1")))["data"]
    assert [row["id"] for row in again["transactions"]] == [first["id"]]
    corrected = (await shop.post(UPSERT, {"external_id": "1", "total": 9, "external_order_id": "none"}))["data"]
    assert (corrected["order_id"], corrected["external_order_id"]) == (None, "none")


async def test_a_repeated_sale_is_the_same_sale(shop):
    """What was taken over from the order does not make a retry another sale, whatever became of the order."""
    made = (await shop.post("/orders", order(external_id="W1", order_number="N")))["data"]
    sent = sale(external_id="1", order_id=made["id"], order_number=None, external_order_id=None)
    first = (await shop.post(UPSERT, sent))["data"]
    assert (await shop.post(UPSERT, sent, status=200))["data"] == first
    await shop.delete(f"/orders/{made['id']}")
    after = (await shop.post(UPSERT, sent, status=200))["data"]
    assert (after["id"], after["order_id"], after["order_number"]) == (first["id"], None, "N")
    refused = await shop.post(UPSERT, {**sent, "total": 1}, status=422)
    assert refused["errors"] == {"order_id": ["The selected order id is invalid."]}
    assert (await shop.post(UPSERT, {"external_id": "1", "total": 1}))["data"]["order_id"] is None


async def test_the_order_of_the_sales_own_system_comes_first(shop):
    web = (await shop.post("/orders", order(external_id="7", systems=["web"])))["data"]["id"]
    pos = (await shop.post("/orders", order(external_id="7", systems=["pos"])))["data"]["id"]
    for systems, expected in ((["WEB"], web), (["pos"], pos), ([], pos), (["app"], pos)):
        made = (await shop.post("/transactions", sale(external_order_id="7", systems=systems)))["data"]
        assert made["order_id"] == expected, systems


async def test_an_order_and_its_sale_at_once_are_always_linked(shop):
    people = [await customer(shop) for _ in range(2)]
    calls = []
    for place in range(12):
        who = people[place % 2]
        calls.append(shop.call("POST", "/transactions", json=sale(external_order_id=f"W{place}", profile_id=who)))
        path = "/orders" if place % 3 else "/orders/create-update"
        calls.append(shop.call("POST", path, json=order(external_id=f"w{place}", profile_id=people[1])))
        calls.append(shop.call("POST", UPSERT, json=sale(external_order_id=f"W{place}", external_id=f"T{place}")))
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {201}
    rows = (await shop.get("/orders", params={"page[size]": 100}))["data"]
    assert [len(row["transactions"]) for row in rows] == [2] * 12
    deleted = [shop.call("DELETE", f"/orders/{row['id']}") for row in rows]
    more = [shop.call("POST", "/transactions", json=sale(external_order_id=f"W{place}")) for place in range(12)]
    answers = await asyncio.gather(*deleted, *more)
    assert {answer.status_code for answer in answers} == {201, 204}
    held = await shop.sql(
        "SELECT count(*) FROM transaction_states WHERE tenant_id = %s AND order_id IS NOT NULL", shop.tenant.id
    )
    assert held == [(0,)]


async def test_a_redemption_goes_from_the_order_to_its_sale(shop):
    ada, bob = await customer(shop), await customer(shop)
    number = await spend(shop, ada, 10)
    refused = await shop.post("/orders", order(profile_id=bob, redemption_id=number), status=422)
    assert refused["errors"] == {"redemption_id": ["The selected redemption id is invalid."]}
    made = (await shop.post("/orders", order(redemption_id=number, external_id="W")))["data"]
    assert (made["profile_id"], made["redemption"]["id"], made["redemption"]["total"]) == (ada, number, 10)
    assert set(made["redemption"]) == {"id", "type", "total", "total_localised", "location_id", "location", "items"}
    redemption = (await shop.get(f"/redemptions/{number}"))["data"]
    assert (redemption["linked_source_type"], redemption["linked_source_id"]) == ("order", made["id"])
    for path, body in (("/orders", order()), ("/transactions", sale(profile_id=ada))):
        taken = await shop.post(path, {**body, "redemption_id": number}, status=422)
        assert taken["errors"] == {"redemption_id": ["The selected redemption id is invalid."]}
    sold = (await shop.post("/transactions", sale(external_order_id="W", redemption_id=number)))["data"]
    assert (sold["profile_id"], sold["redemption"]["id"]) == (ada, number)
    redemption = (await shop.get(f"/redemptions/{number}"))["data"]
    assert (redemption["linked_source_type"], redemption["linked_source_id"]) == ("transaction", sold["id"])
    shown = (await shop.put(f"/orders/{made['id']}", {"redemption_id": number}))["data"]
    assert (shown["redemption"], shown["updated_at"]) == (made["redemption"], made["updated_at"])
    other = await spend(shop, ada, 10)
    swapped = (await shop.put(f"/orders/{made['id']}", {"redemption_id": other}))["data"]
    assert swapped["redemption"]["id"] == other
    assert (await shop.put(f"/orders/{made['id']}", {"redemption_id": None}))["data"]["redemption"] is None
    anonymous = (await shop.post("/orders", order()))["data"]
    adopted = (await shop.put(f"/orders/{anonymous['id']}", {"redemption_id": other}))["data"]
    assert (adopted["profile_id"], adopted["redemption"]["id"]) == (ada, other)
    await shop.delete(f"/orders/{anonymous['id']}")
    assert (await shop.post("/transactions", sale(redemption_id=other)))["data"]["redemption"]["id"] == other
