import asyncio

import pytest
from sales import audits, customer, events, identity, line, sale

pytestmark = pytest.mark.anyio


async def test_a_purchase_shows_what_was_sent(shop):
    profile = await customer(shop, "ada@example.com")
    sent = sale(
        external_id=77120,
        profile_id=profile,
        location_id="S12",
        meta={"lane": 3},
        total_original=95,
        systems=["pos"],
        tags=["vip-day", "sale", "vip-day"],
        payments=["EFTPOS", {"tender_value": 80.5}],
        fees={"delivery": 5},
        receipt_ref="R-5512",
        receipt_is_email=True,
        receipt_email="ada@example.com",
        currency="AUD",
        type="sale",
        order_number="W1",
        need_action=False,
        tender=12,
        items=[line(discounts=[{"amount": 14.5, "reason_desc": "Member"}], meta={"gift": True}, price_tax="7.3200")],
        custom_fields=[{"namespace": "pos", "handle": "lane", "type": "integer", "value": "3"}],
    )
    made = (await shop.post("/transactions", sent))["data"]
    assert made["external_id"] == "77120"
    assert (made["profile_id"], made["profile"]) == (profile, {"email": "ada@example.com"})
    assert (made["total"], made["total_original"], made["total_converted"]) == (80.5, 95, 80.5)
    assert made["location"] == {
        "id": made["location"]["id"],
        "type": None,
        "name": None,
        "description": None,
        "phone": None,
        "email": None,
        "external_id": "S12",
        "is_published": False,
        "is_permanently_closed": False,
        "address": None,
    }
    assert made["tags"] == ["vip-day", "sale"]
    assert made["payments"] == ["EFTPOS", {"tender_value": 80.5}]
    assert made["fees"] == {"delivery": 5}
    assert (made["receipt_is_email"], made["need_action"], made["is_void"]) == (True, False, False)
    assert (made["currency"], made["currency_rate"], made["currency_values"]) == ("AUD", 1, [])
    assert made["transacted_at"] == "2025-03-02 01:10:00"
    assert [(field["namespace"], field["handle"], field["value"]) for field in made["custom_fields"]] == [
        ("pos", "lane", 3)
    ]
    assert "tender" not in made
    (item,) = made["items"]
    assert item["transaction"] == {
        "transacted_at": "2025-03-02 01:10:00",
        "receipt_ref": "R-5512",
        "external_id": "77120",
    }
    assert item["discounts"] == [{"amount": 14.5, "reason_desc": "Member"}]
    assert (item["quantity"], item["is_return"], item["price_tax"], item["meta"]) == (1, False, 7.32, {"gift": True})
    assert (await shop.get(f"/transactions/{made['id']}"))["data"] == made
    assert await events(shop, made["id"]) == ["transaction.created", "transaction.sync"]
    assert await audits(shop) == 1
    rows = await shop.sql(
        "SELECT count(*) FROM events WHERE tenant_id = %s AND name = 'transaction-item.created'", shop.tenant.id
    )
    assert rows == [(1,)]


async def test_what_is_missing_or_wrong_is_said_at_once(shop):
    refused = await shop.post("/transactions", {"items": [{"name": "x"}], "timezone": "Mars", "total": "a"}, status=422)
    assert refused["errors"] == {
        "total": ["The total field must be a number."],
        "transacted_at": ["The transacted at field is required."],
        "timezone": ["The timezone field must be a valid timezone."],
        "items.0.quantity": ["The items.0.quantity field is required."],
        "items.0.price_current": ["The items.0.price current field is required."],
        "items.0.price_sell": ["The items.0.price sell field is required."],
    }
    without = sale()
    del without["items"]
    assert set((await shop.post("/transactions", without, status=422))["errors"]) == {"items"}
    assert set((await shop.post("/transactions", sale(items={"a": 1}), status=422))["errors"]) == {"items"}
    assert set((await shop.post("/transactions", sale(receipt_email="no"), status=422))["errors"]) == {"receipt_email"}
    unknown = sale(
        profile_id="3f0c1c9e-6f0e-4a55-9b8b-0d8b2f6f1a10",
        order_id=1,
        organisation_id=2,
        items=[line(product_variant_id=9)],
    )
    assert (await shop.post("/transactions", unknown, status=422))["errors"] == {
        "profile_id": ["The selected profile id is invalid."],
        "order_id": ["The selected order id is invalid."],
        "organisation_id": ["The selected organisation id is invalid."],
        "items.0.product_variant_id": ["The selected items.0.product variant id is invalid."],
    }
    redeemed = await shop.post("/transactions", sale(redemption_id=5), status=422)
    assert redeemed["errors"] == {"redemption_id": ["The selected redemption id is invalid."]}
    assert (await shop.get("/transactions"))["meta"]["total"] == 0


async def test_few_keys_and_odd_values_are_enough(shop):
    bare = (await shop.post("/transactions", sale(items=None, total=0, is_void=None, receipt_is_email=None)))["data"]
    assert (bare["items"], bare["payments"], bare["tags"], bare["systems"]) == ([], None, [], [])
    assert (bare["is_void"], bare["receipt_is_email"], bare["need_action"], bare["meta"]) == (False, False, None, None)
    huge = await shop.post("/transactions", sale(meta={"n": 10**30}, fees=[10**30], payments=[10**30]))
    assert huge["data"]["total"] == 80.5
    back = (await shop.post("/transactions", sale(total=-20, items=[line(quantity=-1)])))["data"]
    assert (back["total"], back["items"][0]["quantity"], back["items"][0]["is_return"]) == (-20, -1, True)


async def test_a_profile_is_named_by_id_email_or_identity(shop, other_shop):
    ada = await customer(shop, "ada@example.com")
    await identity(shop, ada, "Shopify", "991")
    for reference, handle in ((ada, None), ("ADA@example.com", "email"), ("991", "shopify"), (ada.upper(), None)):
        made = await shop.post("/transactions", sale(profile_id=reference, profile_id_handle=handle))
        assert made["data"]["profile_id"] == ada
    for reference, handle in (("ada@example.com", None), ("bob@example.com", "email"), ("992", "shopify"), ("x", None)):
        refused = await shop.post("/transactions", sale(profile_id=reference, profile_id_handle=handle), status=422)
        assert refused["errors"] == {"profile_id": ["The selected profile id is invalid."]}
    assert set((await other_shop.post("/transactions", sale(profile_id=ada), status=422))["errors"]) == {"profile_id"}
    await other_shop.get(f"/transactions/{made['data']['id']}", status=404)
    assert (await other_shop.get("/transactions"))["meta"]["total"] == 0


async def test_an_unknown_place_is_made_once(shop):
    made = await asyncio.gather(*(shop.post("/transactions", sale(location_id="S9")) for _ in range(10)))
    places = {answer["data"]["location"]["id"] for answer in made}
    assert len(places) == 1
    number = places.pop()
    by_id = await shop.post("/transactions", sale(location_id=str(number)))
    assert by_id["data"]["location"]["id"] == number
    stored = await shop.sql("SELECT count(*) FROM locations WHERE tenant_id = %s", shop.tenant.id)
    assert stored == [(1,)]


async def test_rates_are_frozen_with_the_sale(shop):
    own = (await shop.post("/transactions", sale(currency="aud")))["data"]
    assert (own["currency"], own["currency_rate"], own["total_converted"]) == ("aud", 1, 80.5)
    (pair,) = (await shop.get("/currencies"))["data"]
    assert (pair["from"], pair["to"], pair["is_system"], own["currency_id"]) == ("AUD", "AUD", True, pair["id"])
    none = (await shop.post("/transactions", sale(currency="USD")))["data"]
    assert (none["currency_rate"], none["total_converted"], none["currency_id"]) == (None, None, None)
    rate = {"from": "USD", "to": "AUD", "rate": "1.53"}
    given = (await shop.post("/transactions", sale(currency="USD", currency_value=rate, total=10.01)))["data"]
    assert (given["currency_rate"], given["total_converted"]) == (1.53, 15.32)
    (value,) = given["currency_values"]
    assert (value["from"], value["to"], value["rate"], value["total"]) == ("USD", "AUD", 1.53, 15.32)
    unsaid = (await shop.post("/transactions", sale()))["data"]
    assert (unsaid["currency"], unsaid["currency_rate"], unsaid["total_converted"]) == (None, None, None)


async def test_known_pairs_convert_and_later_rates_change_nothing(shop):
    pair = (await shop.post("/currencies", {"from": "nzd", "to": "Aud", "rate": 0.92}))["data"]
    assert (pair["from"], pair["to"]) == ("NZD", "AUD")
    again = await shop.post("/currencies", {"from": "NZD", "to": "AUD", "rate": 1}, status=422)
    assert again["errors"] == {"from": ["The from has already been taken."]}
    inverse = (await shop.post("/currencies", {"from": "AUD", "to": "EUR", "rate": 0.6}))["data"]
    nzd = (await shop.post("/transactions", sale(currency="NZD", total=100)))["data"]
    assert (nzd["currency_id"], nzd["currency_rate"], nzd["total_converted"]) == (pair["id"], 0.92, 92)
    eur = (await shop.post("/transactions", sale(currency="eur", total=6)))["data"]
    assert (eur["currency_id"], eur["currency_rate"], eur["total_converted"]) == (inverse["id"], 1.66666667, 10)
    await shop.put(f"/currencies/{pair['id']}", {"rate": 2})
    assert (await shop.get(f"/transactions/{nzd['id']}"))["data"] == nzd


async def test_staff_are_found_or_made(shop):
    made = await asyncio.gather(*(shop.post("/transactions", sale(staff_id=4711)) for _ in range(5)))
    (staff,) = {answer["data"]["staff"]["id"] for answer in made}
    shown = made[0]["data"]["staff"]
    assert shown["email"].startswith("staff-profile-")
    assert [(each["handle"], each["identifier"]) for each in shown["identities"]] == [("staff", "4711")]
    assert (await shop.post("/transactions", sale(staff_id=staff)))["data"]["staff"] == shown
    kinds = await shop.sql("SELECT profile_type FROM profiles WHERE id = %s", staff)
    assert kinds == [("system",)]


async def test_aggregations_are_never_stale(shop):
    profile = await customer(shop)

    async def spent():
        data = (await shop.get(f"/profiles/{profile}/aggregations"))["data"]
        return data["spend_all"], data["shop_count"]

    first = (await shop.post("/transactions", sale(profile_id=profile, external_id="1")))["data"]
    assert await spent() == (80.5, 1)
    second = (await shop.post("/transactions", sale(total=10, transacted_at="2025-03-09")))["data"]
    await shop.put(f"/transactions/{second['id']}", {"profile_id": profile})
    assert await spent() == (90.5, 2)
    corrected = await shop.post("/transactions/update-create", {"external_id": "1", "total": 50})
    assert await spent() == (60, 2)
    await shop.put(f"/transactions/{corrected['data']['id']}", {"is_void": True})
    assert await spent() == (10, 1)
    await shop.get(f"/profiles/{profile}/transactions/{second['id']}/unattach")
    assert (await spent())[1] == 0
    await shop.post("/transactions", sale(profile_id=profile, is_void=True))
    assert (await spent())[1] == 0
    assert await events(shop, first["id"]) == ["transaction.created", "transaction.sync", "transaction.updated"]


async def test_an_external_id_is_held_once_per_system(shop):
    first = (await shop.post("/transactions", sale(external_id="A1", systems=["pos"])))["data"]
    taken = await shop.post("/transactions", sale(external_id="a1", systems=["web", "POS"]), status=422)
    assert taken["errors"] == {"external_id": ["The external id has already been taken."]}
    second = (await shop.post("/transactions", sale(external_id="A1", systems=["web"])))["data"]
    third = (await shop.post("/transactions", sale(external_id="A1")))["data"]
    await shop.post("/transactions", sale(external_id="A1"), status=422)
    for _ in range(2):
        await shop.post("/transactions", sale(external_id=""))
    assert (await shop.get("/transactions/external/a1"))["data"] == third
    await shop.put(f"/transactions/{third['id']}", {"is_void": True})
    await shop.post("/transactions", sale(external_id="A1"), status=422)
    await shop.delete(f"/transactions/{third['id']}")
    assert (await shop.get("/transactions/external/A1"))["data"] == second
    again = (await shop.post("/transactions", sale(external_id="A1")))["data"]
    assert again["id"] > third["id"] > second["id"] > first["id"]
    await shop.get("/transactions/external/none", status=404)
    races = await asyncio.gather(*(shop.call("POST", "/transactions", json=sale(external_id="R")) for _ in range(20)))
    assert sorted(answer.status_code for answer in races) == [201] + [422] * 19


async def test_lists_filter_and_sort(shop):
    ada = await customer(shop)
    await identity(shop, ada, "card", "4711")
    a = (await shop.post("/transactions", sale(profile_id=ada, tags=["vip"], systems=["pos"], location_id="S1")))[
        "data"
    ]
    b = (await shop.post("/transactions", sale(total=5, transacted_at="2025-03-03", systems=["web"], status="ok")))[
        "data"
    ]
    await shop.sql("UPDATE locations SET name = 'Fitzroy' WHERE tenant_id = %s", shop.tenant.id)
    a = (await shop.get(f"/transactions/{a['id']}"))["data"]

    async def found(**parameters):
        return (await shop.get("/transactions", params=parameters))["data"]

    assert await found() == [b, a]
    assert await found(sort="total") == [b, a]
    assert await found(sort="-total") == [a, b]
    for name, value in {
        "tags.handle": "vip",
        "systems.handle": "pos",
        "location.name": "fitzroy",
        "profile.identities.identifier": "4711",
        "profile_id": ada,
        "total": "80.5",
        "transacted_at": "2025-03-02",
        "location_id": str(a["location"]["id"]),
    }.items():
        assert await found(**{f"filter[{name}]": value}) == [a], name
    assert await found(**{"filter[total][lt]": "6"}) == [b]
    assert await found(**{"filter[status]": "OK"}) == [b]
    assert await found(**{"filter[is_void]": "1"}) == []
    refused = await shop.get("/transactions", params={"filter[tender]": "1"}, status=400)
    assert "`tender` are not allowed" in refused["message"]


async def test_a_profile_sees_its_own(shop):
    ada, bob = await customer(shop), await customer(shop)
    mine = (await shop.post("/transactions", sale(profile_id=ada, order_number="W1")))["data"]
    newer = (await shop.post("/transactions", sale(profile_id=ada, order_number="W1", transacted_at="2025-05-01")))[
        "data"
    ]
    alone = (await shop.post("/transactions", sale(profile_id=ada, transacted_at="2025-04-01")))["data"]
    await shop.post("/transactions", sale(profile_id=bob, order_number="W1"))
    page = await shop.get(f"/profiles/{ada}/transactions")
    assert page["meta"]["total"] == 3
    assert page["data"] == [newer, alone, mine]
    assert (await shop.get(f"/profiles/{ada}/transactions/{mine['id']}"))["data"] == mine
    await shop.get(f"/profiles/{bob}/transactions/{mine['id']}", status=404)
    await shop.get("/profiles/3f0c1c9e-6f0e-4a55-9b8b-0d8b2f6f1a10/transactions", status=404)
    await shop.get("/profiles/3f0c1c9e-6f0e-4a55-9b8b-0d8b2f6f1a10/group_transactions", status=404)
    one = await shop.get(f"/profiles/{ada}/find-transactions", params={"filter[order_number]": "W1"})
    assert one == {"data": newer}
    await shop.get(f"/profiles/{ada}/find-transactions", params={"filter[order_number]": "W2"}, status=404)
    groups = await shop.get(f"/profiles/{ada}/group_transactions", params={"page[size]": "1"})
    assert (groups["total"], groups["last_page"], groups["next_page_url"].rsplit("?")[1]) == (
        2,
        2,
        "page%5Bsize%5D=1&page%5Bnumber%5D=2",
    )
    assert groups["data"] == [
        {
            "order_number": "W1",
            "transaction_id": newer["id"],
            "number_transactions": 2,
            "latest_updated_at": newer["updated_at"],
            "latest_transacted_at": "2025-05-01 00:00:00",
        }
    ]


async def test_resending_tells_webhooks_again(shop):
    made = (await shop.post("/transactions", sale(items=[line(), line()])))["data"]
    for path in (f"/transactions/{made['id']}/resend", f"/transactions/{made['id']}resend"):
        assert (await shop.post(path, status=200))["data"] == made
    await shop.post(f"/transactions/{made['id']}/event-trigger", {"event": "transaction.sync"}, status=200)
    await shop.post(f"/transactions/{made['id']}/event-trigger", {"event": "transaction.x"}, status=422)
    assert await events(shop, made["id"]) == [
        "transaction.created",
        "transaction.sync",
        "transaction.resent",
        "transaction.resent",
        "transaction.sync",
    ]
    item = made["items"][0]
    assert (await shop.post(f"/transactions/items/{item['id']}/resend", status=200))["data"] == item
    await shop.post("/transactions/0/resend", status=404)


async def test_the_ledger_tells_every_recording_and_undoing(shop):
    ada, bob = await customer(shop), await customer(shop)

    async def lines(profile):
        return [
            (row["description"], row["dollar_value"])
            for row in (await shop.get(f"/profiles/{profile}/ledgers"))["data"]
        ]

    made = (await shop.post("/transactions", sale(profile_id=ada, external_id="1")))["data"]
    await shop.put(f"/transactions/{made['id']}", {"profile_id": bob})
    await shop.put(f"/transactions/{made['id']}", {"profile_id": ada})
    new = (await shop.post("/transactions/update-create", {"external_id": "1", "total": 5}))["data"]
    await shop.put(f"/transactions/{new['id']}", {"is_void": True})
    await shop.delete(f"/transactions/{new['id']}")
    assert sorted(await lines(ada)) == [
        ("Transaction", 5),
        ("Transaction", 80.5),
        ("Transaction", 80.5),
        ("Transaction superseded", -80.5),
        ("Transaction unassigned", -80.5),
        ("Transaction voided", -5),
    ]
    assert sorted(await lines(bob)) == [("Transaction", 80.5), ("Transaction unassigned", -80.5)]
