"""Orders of a profile: its own family, its statement, its merge and its erasure (commerce 4.3, 5.4)."""

import pytest
from baskets import order, piece, statement, told
from sales import customer, sale

pytestmark = pytest.mark.anyio


async def test_a_profile_has_its_own_orders(shop):
    ada, bob = await customer(shop), await customer(shop)
    path = f"/profiles/{ada}/orders"
    sent = order(profile_id=bob, profile_id_handle="email", external_id="W")
    made = (await shop.post(path, sent))["data"]
    assert (made["profile_id"], made["external_id"]) == (ada, "W")
    other = (await shop.post("/orders", order(profile_id=bob)))["data"]
    await shop.post("/orders", order())
    page = await shop.get(path)
    assert (page["data"], page["meta"]["total"]) == ([made], 1)
    assert (await shop.get(path, params={"filter[profile_id]": bob}))["data"] == []
    assert (await shop.get(f"{path}/{made['id']}"))["data"] == made
    changed = (await shop.put(f"{path}/{made['id']}", {"profile_id": bob, "status": "x"}))["data"]
    assert (changed["profile_id"], changed["status"]) == (ada, "x")
    for method in ("GET", "PUT", "DELETE"):
        await shop.call(method, f"{path}/{other['id']}", status=404, json={"status": "x"})
    nobody = "3f0c1c9e-6f0e-4a55-9b8b-0d8b2f6f1a10"
    for method, place in (("GET", ""), ("POST", ""), ("GET", "/1"), ("PUT", "/1"), ("DELETE", "/1")):
        await shop.call(method, f"/profiles/{nobody}/orders{place}", status=404, json=order())
    await shop.get(f"/profiles/{nobody}/group_orders", status=404)
    bad = await shop.post(path, {"total": "x"}, status=422)
    assert set(bad["errors"]) == {"total", "items"}
    await shop.delete(f"{path}/{made['id']}")
    assert (await shop.get(path))["meta"]["total"] == 0
    assert (await shop.get("/orders"))["meta"]["total"] == 2
    assert [row["status"] for row in (await shop.get("/orders"))["data"]] == [None, None]
    await shop.delete(f"/profiles/{bob}")
    await shop.get(f"/profiles/{bob}/orders", status=404)
    await shop.put(f"/profiles/{bob}/orders/{other['id']}", {"status": "x"}, status=404)
    assert (await shop.put(f"/orders/{other['id']}", {"status": "x"}))["data"]["status"] == "x"


async def test_orders_are_grouped_by_number(shop):
    ada = await customer(shop)
    made = [
        (await shop.post("/orders", order(profile_id=ada, **changes)))["data"]
        for changes in (
            {"order_number": "N1", "total": 0.1, "transacted_at": "2025-01-01"},
            {"order_number": "N1", "total": 0.2, "transacted_at": "2025-01-03"},
            {"total": 5, "transacted_at": "2025-01-02"},
            {"total": 6, "transacted_at": "2025-01-04", "is_void": True},
            {"order_number": "N2", "total": 7},
        )
    ]
    await shop.delete(f"/orders/{made[4]['id']}")
    await shop.post("/orders", order(order_number="N1", profile_id=await customer(shop)))
    page = await shop.get(f"/profiles/{ada}/group_orders", params={"page[size]": 2})
    keys = ("order_number", "order_id", "number_orders", "total", "latest_transacted_at")
    assert [tuple(row[key] for key in keys) for row in page["data"]] == [
        (None, made[3]["id"], 1, 6, "2025-01-04 00:00:00"),
        ("N1", made[1]["id"], 2, 0.3, "2025-01-03 00:00:00"),
    ]
    assert page["data"][1]["orders"] == [made[1], made[0]]
    assert page["data"][1]["latest_updated_at"] == made[1]["updated_at"]
    flat = ("current_page", "from", "to", "last_page", "per_page", "total", "prev_page_url")
    assert tuple(page[key] for key in flat) == (1, 1, 2, 2, 2, 3, None)
    last = await shop.get(f"/profiles/{ada}/group_orders", params={"page[size]": 2, "page[number]": 2})
    assert [row["orders"] for row in last["data"]] == [[made[2]]]


async def test_the_statement_tells_of_orders(shop):
    ada, bob = await customer(shop), await customer(shop)
    made = (await shop.post("/orders", order(profile_id=ada)))["data"]
    path = f"/orders/{made['id']}"
    rows = (await shop.get(f"/profiles/{ada}/ledgers"))["data"]
    assert [(row["type"], row["dollar_value"], row["dollar_balance"], row["point_value"]) for row in rows] == [
        ("order", 120, 0, 0)
    ]
    assert rows[0]["type_attributes"] == made
    await shop.put(path, {"total": 100, "is_void": True})
    await shop.put(path, {"is_void": False})
    await shop.put(path, {"profile_id": bob})
    await shop.put(path, {"profile_id": ada, "total": 90})
    assert [row[1:] for row in await statement(shop, bob)] == [(100, "Order"), (-100, "Order unassigned")]
    mine = [(120, "Order"), (-120, "Order unassigned"), (90, "Order")]
    assert [row[1:] for row in await statement(shop, ada)] == mine
    await shop.delete(path)
    assert [row[1:] for row in await statement(shop, ada)] == [*mine, (-90, "Order deleted")]
    assert (await shop.get(f"/profiles/{ada}/balances"))["data"]["combined_balance_dollars"] == 0
    anonymous = (await shop.post("/orders", order()))["data"]
    await shop.put(f"/orders/{anonymous['id']}", {"profile_id": bob})
    await shop.put(f"/orders/{anonymous['id']}", {"profile_id": None})
    assert [row[1:] for row in await statement(shop, bob)][2:] == [(120, "Order"), (-120, "Order unassigned")]
    aggregations = (await shop.get(f"/profiles/{ada}/aggregations"))["data"]
    assert (aggregations["shop_count"], aggregations["spend_all"]) in ((0, 0), (0, None))


async def test_orders_go_with_a_merge(shop):
    ada, bob = await customer(shop), await customer(shop)
    made = (await shop.post("/orders", order(profile_id=bob, staff_id=bob)))["data"]
    await shop.post("/profiles/merge", {"source_profile_id": bob, "destination_profile_id": ada}, status=200)
    now = (await shop.get(f"/profiles/{ada}/orders"))["data"]
    assert [(row["id"], row["profile_id"], row["staff"]["id"]) for row in now] == [(made["id"], ada, ada)]
    await shop.delete(f"/orders/{made['id']}")
    assert [row[1:] for row in await statement(shop, ada)] == [(120, "Order"), (-120, "Order deleted")]


async def test_erasure_keeps_the_order_and_not_the_person(shop, jobs):
    email = "zeb@planted.example"
    people = [await customer(shop, email), await customer(shop, f"b{email}")]
    address = {"name": "Zebediah Quill", "lines": ["77 Planted Lane"], "floor": 3}
    sent = order(
        receipt_email="zeb@planted.example",
        meta={"shipping_address": address, "billing_address": "77 Planted Lane", "gift": True, "note": "blue"},
        payments=[{"type": "card", "holder": "Zebediah Quill", "tender_value": 120}, "EFTPOS"],
        order_number="N1",
    )
    made = [(await shop.post("/orders", order(**sent, profile_id=person)))["data"] for person in people]
    await shop.put(f"/orders/{made[0]['id']}", {"meta": {**sent["meta"], "more": 1}})
    await shop.delete(f"/profiles/{people[0]}/purge")
    await shop.post(f"/profiles/{people[1]}/depersonalise", status=200)
    await jobs(errors=True)
    for before, owner in zip(made, (None, people[1]), strict=True):
        after = (await shop.get(f"/orders/{before['id']}"))["data"]
        assert (after["profile_id"], after["receipt_email"], after["order_number"]) == (owner, None, "N1")
        hidden = {"name": "***", "lines": ["***"], "floor": None}
        assert (after["meta"]["shipping_address"], after["meta"]["billing_address"]) == (hidden, "***")
        assert (after["meta"]["gift"], after["meta"]["note"], after["total"]) == (True, "blue", 120)
        assert after["payments"] == [{"type": "card", "holder": "***", "tender_value": 120}, "EFTPOS"]
        assert after["items"] == before["items"]
    rows = await shop.sql(
        "SELECT old_values || new_values FROM audits WHERE tenant_id = %s AND auditable_type = 'Order'", shop.tenant.id
    )
    assert rows
    assert not any(word in text for (text,) in rows for word in ("Quill", "Planted", "zeb@"))
    await shop.delete(f"/orders/{made[0]['id']}")


async def test_subscribers_see_the_whole_order(shop):
    await shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id)"
        " SELECT %s, e, 'webhook', 1 FROM unnest(ARRAY['order.created', 'order.updated']) e",
        shop.tenant.id,
    )
    ada = await customer(shop)
    sent = order(
        profile_id=ada, location_id="S1", staff_id="9", payments=["EFTPOS"], tags=["t"], deliver_at="2025-05-01"
    )
    made = (
        await shop.post("/orders", {**sent, "external_id": "W", "items": [piece(quantity=-2, sku="RJ", meta={"a": 1})]})
    )["data"]
    await shop.post("/transactions", sale(external_order_id="W"))
    await shop.post(f"/orders/{made['id']}/resend", status=200)
    assert await told(shop) == ["order.created", "order.updated"]
    contexts = await shop.sql(
        "SELECT c.context FROM event_contexts c JOIN events e ON e.id = c.event_id"
        " WHERE c.tenant_id = %s AND e.entity_type = 'order' ORDER BY c.event_id",
        shop.tenant.id,
    )
    first, second = (context for (context,) in contexts)
    wanted = (
        "id external_id redemption_id redemption profile_id profile staff_id staff location_id location currency_id "
        "currency currency_rate total total_original is_void rounding margin deliver_at claimed_at transacted_at timezone "
        "due_date meta tags systems items transactions payment payments receipt_is_email receipt_ref receipt_email type "
        "status order_number created_at updated_at"
    )
    assert set(wanted.split()) <= set(first)
    shown = {key: value for key, value in made.items() if key not in ("profile", "items")}
    assert {key: first[key] for key in shown} == shown
    assert (first["location_id"], first["staff_id"]) == (made["location"]["id"], made["staff"]["id"])
    assert (first["payment"], first["deliver_at"], first["profile"]["id"]) == (["EFTPOS"], "2025-05-01 00:00:00", ada)
    assert {"flattened_tags", "flattened_statuses", "aggregations"} <= set(first["profile"])
    item = first["items"][0]
    assert (item["quantity"], item["quantity_abs"], item["item_sku"], item["is_order_void"]) == (-2, 2, "RJ", False)
    assert (item["profile_id"], item["profile"]["id"], item["order"]["location"]["external_id"]) == (ada, ada, "S1")
    assert {"barcode", "product_variant_description", "product_options", "custom_fields", "order_id"} <= set(item)
    assert (first["transactions"], len(second["transactions"])) == ([], 1)
