"""Orders as they are made, read, changed and deleted (commerce 5)."""

import pytest
from baskets import noted, order, piece, told
from sales import customer, identity

pytestmark = pytest.mark.anyio

ITEM = {
    "product_id": None,
    "product": None,
    "product_variant_id": None,
    "product_variant": None,
    "sku": None,
    "variant_external_id": None,
    "is_void": False,
    "quantity": 1,
    "price_current": None,
    "price_sell": None,
    "price_original": None,
    "price_margin": None,
    "price_tax": None,
    "discounts": None,
    "department": None,
    "product_images": [],
    "meta": None,
    "transaction_id": None,
}
BARE = {
    "redemption": None,
    "profile_id": None,
    "profile": None,
    "location": None,
    "meta": None,
    "total_original": None,
    "systems": [],
    "rounding": None,
    "margin": None,
    "is_void": False,
    "tags": [],
    "transactions": [],
    "payments": None,
    "fees": None,
    "receipt_is_email": False,
    "receipt_ref": None,
    "claimed_at": None,
    "receipt_email": None,
    "staff": None,
    "currency_id": None,
    "currency_rate": None,
    "currency": None,
    "type": None,
    "status": None,
    "order_number": None,
    "due_date": None,
    "organisation": None,
    "custom_fields": [],
}


def whole(made, sent, **shown):
    """The exact object that an order made of `sent` is read as."""
    times = {"created_at": made["created_at"], "updated_at": made["updated_at"]}
    header = {"transacted_at": made["transacted_at"], "receipt_ref": made["receipt_ref"]}
    header["external_id"] = made["external_id"]
    items = [
        {**ITEM, "external_id": None, **line, "id": item["id"], "order_id": made["id"], "order": header}
        | {"transaction": header, "created_at": item["created_at"], "updated_at": item["updated_at"]}
        for line, item in zip(sent["items"], made["items"], strict=True)
    ]
    return {**BARE, "external_id": None, **sent, "id": made["id"], "items": items, **times, **shown}


async def test_an_order_is_read_as_it_was_sent(shop):
    sent = order(
        external_id=2201,
        order_number=" 2201 ",
        systems=["web", "web"],
        tags=["gift", "b"],
        meta={"shipping_address": {"city": "Perth"}},
        payments=[{"payment_code": "card"}, "EFTPOS"],
        fees=[],
        total=120.1,
        total_original="150.1234",
        rounding=-0.02,
        margin=0,
        status="pending",
        type="layby",
        due_date="2025-05-01",
        deliver_at="2025-04-02T10:00:00+08:00",
        receipt_is_email="1",
        receipt_email="Ada@example.com",
        receipt_ref="R-1",
        is_void=None,
        claimed_at="2020-01-01",
        need_action="nonsense, and ignored",
        order_id="so is this",
        items=[
            piece(external_id="L1", discounts=[{"amount": 5}], meta={"g": 1}, tags=["t"]),
            {"name": 7, "quantity": -2.5},
        ],
    )
    made = (await shop.post("/orders", sent))["data"]
    for ignored in ("deliver_at", "need_action", "order_id"):
        del sent[ignored]
    del sent["items"][0]["tags"]
    expected = sent | {
        "external_id": "2201",
        "order_number": "2201",
        "systems": ["web"],
        "total_original": 150.1234,
        "due_date": "2025-05-01 00:00:00",
        "receipt_is_email": True,
        "receipt_email": "ada@example.com",
        "is_void": False,
        "claimed_at": None,
        "items": [sent["items"][0], {"name": "7", "quantity": -2.5}],
    }
    expected["receipt_email"] = made["receipt_email"]
    assert made["receipt_email"].lower() == "ada@example.com"
    assert made == whole(made, expected)
    assert (await shop.get(f"/orders/{made['id']}"))["data"] == made
    assert (await shop.get("/orders/external/2201"))["data"] == made
    page = await shop.get("/orders")
    assert (page["data"], page["meta"]["total"]) == ([made], 1)
    assert (await noted(shop), await told(shop)) == ([("created", "Order")], ["order.created"])


async def test_references_are_resolved_as_those_of_purchases(shop):
    ada = await customer(shop, "ada@example.com")
    await identity(shop, ada, "card_pos", "77")
    store = await shop.post(
        "/locations", {"name": "Perth", "phone": "1", "external_id": "S1", "timezone": "Australia/Perth"}
    )
    await shop.post("/currencies", {"from": "AUD", "to": "NZD", "rate": 1.25})
    base = (await shop.get("/settings/currency"))["data"]["value"]
    await shop.post("/currencies", {"from": "XXA", "to": base, "rate": 0.5})
    pair = (await shop.post("/currencies", {"from": base, "to": "XXB", "rate": 3}))["data"]["id"]

    async def made(**changes):
        return (await shop.post("/orders", order(**changes)))["data"]

    assert (await made(profile_id="ADA@example.com", profile_id_handle="email"))["profile"] == {
        "email": "ada@example.com"
    }
    assert (await made(profile_id="77", profile_id_handle="card_pos"))["profile_id"] == ada
    body = order(location_id="S1", staff_id="till-9")
    del body["timezone"], body["transacted_at"]
    there = (await shop.post("/orders", body))["data"]
    assert (there["timezone"], there["location"]["id"]) == ("Australia/Perth", store["data"]["id"])
    assert (there["staff"]["identities"][0]["identifier"], there["transacted_at"]) == ("till-9", there["created_at"])
    sale = {"total": 1, "transacted_at": "2025-01-01", "timezone": "UTC", "items": [], "staff_id": "till-9"}
    assert (await shop.post("/transactions", sale))["data"]["staff"] == there["staff"]
    del body["location_id"]
    await shop.sql(
        "UPDATE settings SET value = 'Asia/Tokyo' WHERE tenant_id = %s AND handle_key = 'client_timezone'",
        shop.tenant.id,
    )
    assert (await shop.post("/orders", body))["data"]["timezone"] == "Asia/Tokyo"
    unknown = await made(location_id="new-shop")
    assert (unknown["location"]["external_id"], unknown["location"]["name"]) == ("new-shop", None)
    rates = [
        ({"currency": base}, 1),
        ({"currency": "XXA"}, 0.5),
        ({"currency": "XXB"}, 0.33333333),
        ({"currency": "QQQ"}, None),
        ({"currency": "QQQ", "currency_value": {"from": "QQQ", "to": base, "rate": 1.75}}, 1.75),
    ]
    for sent, rate in rates:
        assert (await made(**sent))["currency_rate"] == rate, sent
    frozen = await made(currency="XXB")
    assert frozen["currency_id"] == pair
    await shop.put(f"/currencies/{pair}", {"rate": 4})
    again = (await shop.put(f"/orders/{frozen['id']}", {**frozen, "status": "x"}))["data"]
    assert (again["currency_rate"], again["status"]) == (0.33333333, "x")
    other = (await shop.put(f"/orders/{frozen['id']}", {"currency": "XXA"}))["data"]
    assert (other["currency_rate"], other["currency"]) == (0.5, "XXA")
    none = (await shop.put(f"/orders/{frozen['id']}", {"currency": None}))["data"]
    assert (none["currency"], none["currency_id"], none["currency_rate"]) == (None, None, None)


BAD = [
    ({"total": "much"}, "total", "The total field must be a number."),
    ({"items": "one"}, "items", "The items field must be an array."),
    ({"items": [{"quantity": 1}]}, "items.0.name", "The items.0.name field is required."),
    ({"items": [{"name": "a"}]}, "items.0.quantity", "The items.0.quantity field is required."),
    (
        {"items": [piece(product_variant_id=9)]},
        "items.0.product_variant_id",
        "The selected items.0.product variant id is invalid.",
    ),
    ({"timezone": "Mars"}, "timezone", "The timezone field must be a valid timezone."),
    ({"transacted_at": "2025-02-30"}, "transacted_at", "The transacted at field must be a valid date."),
    ({"due_date": "soon"}, "due_date", "The due date field must be a valid date."),
    ({"receipt_email": "nobody"}, "receipt_email", "The receipt email field must be a valid email address."),
    ({"profile_id": "3f0c1c9e-6f0e-4a55-9b8b-0d8b2f6f1a10"}, "profile_id", "The selected profile id is invalid."),
    ({"redemption_id": 5}, "redemption_id", "The selected redemption id is invalid."),
    ({"organisation_id": 5}, "organisation_id", "The selected organisation id is invalid."),
    ({"external_id": "taken"}, "external_id", "The external id has already been taken."),
]


async def test_bad_input_leaves_nothing(shop):
    await shop.post("/orders", order(external_id="TAKEN"))
    mine = (await shop.post("/orders", order(external_id="mine", profile_id=await customer(shop))))["data"]
    before = await noted(shop)
    for changes, field, text in BAD:
        for method, path in (("POST", "/orders"), ("PUT", f"/orders/{mine['id']}")):
            answer = await shop.call(method, path, status=422, json=order(**changes))
            assert answer.json()["errors"] == {field: [text]}, (method, changes)
    nothing = await shop.post("/orders", order(total=None), status=422)
    assert nothing["errors"] == {"total": ["The total field is required."]}
    assert set((await shop.put(f"/orders/{mine['id']}", {"total": None}, status=422))["errors"]) == {"total"}
    missing = (await shop.post("/orders", {"status": "x"}, status=422))["errors"]
    assert set(missing) == {"total", "items"}
    both = (await shop.post("/orders", order(profile_id="x", external_id="taken"), status=422))["errors"]
    assert set(both) == {"profile_id", "external_id"}
    assert (await shop.get(f"/orders/{mine['id']}"))["data"] == mine
    assert (await noted(shop), (await shop.get("/orders"))["meta"]["total"]) == (before, 2)
    for path in (
        "/orders/999",
        "/orders/x",
        "/orders/external/nope",
        "/orders/999/items",
        "/orders/99999999999999999999",
    ):
        await shop.get(path, status=404)


async def test_a_change_says_what_changed_and_nothing_else(shop):
    made = (await shop.post("/orders", order(external_id="A", systems=["web"], tags=["a", "b"], meta={"x": 1})))["data"]
    path = f"/orders/{made['id']}"
    await shop.advance(minutes=5)
    for same in (made, {}, {"total": "120.00"}, {"tags": None, "is_void": None, "timezone": None}, {"meta": {"x": 1}}):
        assert (await shop.put(path, same))["data"] == made
    assert (await noted(shop), await told(shop)) == ([("created", "Order")], ["order.created"])
    changes = {
        "status": "fulfilled",
        "is_void": True,
        "total": 99.99,
        "tags": ["b"],
        "meta": None,
        "systems": ["pos", "web"],
    }
    now = (await shop.put(path, changes))["data"]
    assert now == {**made, **changes, "updated_at": now["updated_at"]}
    assert now["updated_at"] > made["updated_at"]
    kept = await shop.sql(
        "SELECT old_values, new_values::json ->> 'total' FROM audits WHERE tenant_id = %s AND event = 'updated'",
        shop.tenant.id,
    )
    assert kept[0][1] == "99.99"
    assert '"total":120' in kept[0][0]
    assert await told(shop) == ["order.created", "order.updated"]
    assert (await shop.put(path, {"is_void": False}))["data"]["is_void"] is False
    cleared = (await shop.put(path, {"external_id": None, "status": "", "fees": {"a": 1}}))["data"]
    assert (cleared["external_id"], cleared["status"], cleared["fees"]) == (None, None, {"a": 1})
    await shop.post("/orders", order(external_id="A", systems=["web"]))


async def test_an_external_id_is_held_once_per_system(shop):
    web = (await shop.post("/orders", order(external_id="7", systems=["web"])))["data"]
    pos = (await shop.post("/orders", order(external_id="7", systems=["pos", "app"])))["data"]
    await shop.post(
        "/transactions", {"total": 1, "transacted_at": "2025-01-01", "timezone": "UTC", "items": [], "external_id": "7"}
    )
    for systems in (["WEB"], ["app"], ["x", "pos"]):
        clash = await shop.post("/orders", order(external_id="7", systems=systems), status=422)
        assert clash["errors"] == {"external_id": ["The external id has already been taken."]}
    clash = await shop.put(f"/orders/{web['id']}", {"systems": ["web", "app"], "status": "no"}, status=422)
    assert clash["errors"] == {"external_id": ["The external id has already been taken."]}
    assert (await shop.get(f"/orders/{web['id']}"))["data"] == web
    await shop.put(f"/orders/{pos['id']}", {"systems": []})
    await shop.put(f"/orders/{web['id']}", {"systems": ["web", "app"]})
    await shop.post("/orders", order(external_id="7"), status=422)
    assert (await shop.get("/orders/external/7"))["data"]["id"] == pos["id"]
    await shop.delete(f"/orders/{pos['id']}")
    assert (await shop.get("/orders/external/7"))["data"]["id"] == web["id"]
    await shop.post("/orders", order(external_id="7"))


async def test_a_deleted_order_is_gone(shop):
    field = {"namespace": "n", "handle": "h", "value": "v"}
    made = (await shop.post("/orders", order(external_id="D", custom_fields=[field])))["data"]
    item = made["items"][0]["id"]
    await shop.delete(f"/orders/{made['id']}")
    for path in ("", "/items", f"/items/{item}", "/custom-fields", "/custom-fields/n:h"):
        await shop.get(f"/orders/{made['id']}{path}", status=404)
    await shop.put(f"/orders/{made['id']}", {"status": "x"}, status=404)
    await shop.delete(f"/orders/{made['id']}", status=404)
    await shop.post(f"/orders/{made['id']}/resend", status=404)
    assert (await shop.get("/orders"))["meta"]["total"] == 0
    assert (await noted(shop), await told(shop)) == ([("created", "Order"), ("deleted", "Order")], ["order.created"])
    assert (await shop.get("/custom-fields/search"))["meta"]["total"] == 0


async def test_lists_filter_and_sort(shop):
    ada = await customer(shop)
    await identity(shop, ada, "card", "ADA-1")
    first = order(
        external_id="One, two", profile_id=ada, systems=["web"], tags=["x", "y"], status="pending", location_id="S1"
    )
    first |= {
        "order_number": "N1",
        "due_date": "2025-06-01",
        "receipt_ref": "r1",
        "deliver_at": "2025-06-02",
        "rounding": 1,
    }
    ids = [
        (await shop.post("/orders", body))["data"]["id"]
        for body in (
            first | {"custom_fields": [{"namespace": "n", "handle": "h", "value": "v"}], "meta": {"k": {"l": 1}}},
            order(total=5, transacted_at="2025-05-01", type="layby", receipt_is_email=True, margin=2, total_original=6),
            order(total=120, transacted_at="2025-04-01 03:00:00", timezone="UTC"),
        )
    ]
    place = (await shop.get(f"/orders/{ids[0]}"))["data"]["location"]["id"]
    await shop.put(f"/locations/{place}", {"name": "Fitzroy"})
    asked = [
        (
            {
                "external_id": "one, TWO",
                "profile_id": ada,
                "systems.handle": "web",
                "tags.handle": "y",
                "location.name": "fitzroy",
                "profile.identities.identifier": "ada-1",
                "location_id": str(place),
                "order_number": "n1",
                "status": "Pending",
                "due_date": "2025-06-01",
                "deliver_at": "2025-06-02",
                "receipt_ref": "R1",
                "rounding": "1",
                "custom_field][n][h": "v",
                "json_contains": '{"k":{"l":1}}',
            },
            [0],
        ),
        ({"type": "layby", "receipt_is_email": "1", "margin": "2", "total_original": "6"}, [1]),
        ({"total": "120", "transacted_at": "2025-04-01"}, [2, 0]),
        ({"timezone": "utc"}, [2]),
        ({"profile.identities.identifier": "ada-2"}, []),
    ]
    for filters, expected in asked:
        page = await shop.get("/orders", params={f"filter[{name}]": value for name, value in filters.items()})
        assert [row["id"] for row in page["data"]] == [ids[number] for number in expected], filters
    rows = (await shop.get("/orders", params={"sort": "total,-id"}))["data"]
    assert [row["id"] for row in rows] == [ids[1], ids[2], ids[0]]
    for unknown in ("is_void", "linked_receipt_ref", "need_action", "redemption_id"):
        await shop.get("/orders", params={f"filter[{unknown}]": "1"}, status=400)
    await shop.get("/orders", params={"filter[external_id]": ""}, status=422)


async def test_custom_fields_and_their_versions(shop):
    made = (await shop.post("/orders", order(custom_fields=[{"namespace": "n", "handle": "h", "value": 1}])))["data"]
    path = f"/orders/{made['id']}"
    assert [(f["namespace"], f["handle"], f["type"], f["value"]) for f in made["custom_fields"]] == [
        ("n", "h", "integer", 1)
    ]
    await shop.post(f"{path}/custom-fields", {"namespace": "n", "handle": "g", "type": "string", "value": "x"})
    await shop.put(f"{path}/custom-fields/n:h", {"value": 2})
    now = (await shop.put(path, {"custom_fields": [{"namespace": "n", "handle": "h", "value": 3}], "total": 120}))[
        "data"
    ]
    assert [(f["handle"], f["value"], f["version"]) for f in now["custom_fields"]] == [("h", 3, 3), ("g", "x", 1)]
    versions = (await shop.get("/orders/custom-fields/n:h/versions"))["data"]
    assert [(v["value"], v["version"], v["custom_fieldable"]) for v in versions] == [
        (n, n, {"id": made["id"]}) for n in (3, 2, 1)
    ]
    await shop.delete(f"{path}/custom-fields/n:h")
    await shop.put(f"{path}/custom-fields/n:h", {"value": 2}, status=404)
    assert (await shop.get("/custom-fields/order/" + str(made["id"])))["meta"]["total"] == 1
    assert await told(shop) == ["order.created"] + ["order.updated"] * 4
    unchanged = (await shop.put(path, {"custom_fields": [{"namespace": "n", "handle": "g", "value": "x"}]}))["data"]
    assert unchanged == (await shop.get(path))["data"]
    assert len(await told(shop)) == 5


async def test_one_statement_reads_a_page(shop, statements):
    for _ in range(3):
        await shop.post("/orders", order(profile_id=await customer(shop)))
    with statements() as run:
        await shop.get("/orders")
    assert len(run) == 1
