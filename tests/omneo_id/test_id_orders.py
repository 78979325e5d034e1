"""Customers read their own orders, and never write one (omneo-id 4.4)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio

ORDER = {"total": 80.5, "order_number": "N1", "staff_id": "till-9", "items": [{"name": "Scarf", "quantity": 1}]}


async def test_a_customer_reads_the_own_orders(shop):
    me, profile = await customer(shop)
    other, stranger = await customer(shop)
    made = (await shop.post("/orders", ORDER | {"profile_id": profile["id"]}))["data"]
    theirs = (await shop.post("/orders", ORDER | {"profile_id": stranger["id"]}))["data"]
    await shop.post("/orders", ORDER)
    hidden = {**made["staff"], "email": None, "identities": None}
    page = await me.call("GET", "/profiles/me/orders")
    assert (page["data"], page["meta"]["total"]) == ([{**made, "staff": hidden}], 1)
    assert (await me.call("GET", f"/profiles/me/orders/{made['id']}"))["data"] == page["data"][0]
    groups = await me.call("GET", "/profiles/me/group_orders")
    assert (groups["total"], groups["data"][0]["orders"]) == (1, page["data"])
    await me.call("GET", f"/profiles/me/orders/{theirs['id']}", 404)
    assert (await other.call("GET", "/profiles/me/orders"))["data"][0]["id"] == theirs["id"]
    listed = await me.call("GET", "/profiles/me/orders", params={"filter[profile_id]": stranger["id"]})
    assert listed["data"] == []
    for method, path in (("POST", ""), ("PUT", f"/{made['id']}"), ("DELETE", f"/{made['id']}")):
        await me.call(method, f"/profiles/me/orders{path}", 405, json=ORDER)
    assert (await shop.get(f"/orders/{made['id']}"))["data"] == made


async def test_a_sale_to_somebody_else_stays_theirs(shop):
    me, profile = await customer(shop)
    _, stranger = await customer(shop)
    made = (await shop.post("/orders", ORDER | {"profile_id": profile["id"], "meta": {"transactions": [{"x": 1}, 2]}}))[
        "data"
    ]
    sale = {"total": 1, "transacted_at": "2025-01-01", "timezone": "UTC", "items": [], "order_id": made["id"]}
    mine = (await shop.post("/transactions", sale | {"profile_id": profile["id"]}))["data"]
    for owner in (stranger["id"], None):
        await shop.post("/transactions", sale | {"profile_id": owner})
    assert len((await shop.get(f"/orders/{made['id']}"))["data"]["transactions"]) == 3
    single = (await me.call("GET", f"/profiles/me/orders/{made['id']}"))["data"]
    listed = (await me.call("GET", "/profiles/me/orders"))["data"]
    grouped = (await me.call("GET", "/profiles/me/group_orders"))["data"][0]["orders"]
    for shown in (single, *listed, *grouped):
        assert [row["id"] for row in shown["transactions"]] == [mine["id"]]
        assert shown["meta"] == {"transactions": [{"x": 1}, 2]}
