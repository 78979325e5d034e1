"""Orders that come again, come later, or come at once (commerce 5.2, 12, 13)."""

import asyncio

import pytest
from baskets import noted, order, piece, told
from sales import customer

pytestmark = pytest.mark.anyio
PATH = "/orders/create-update"


async def test_the_same_order_again_changes_it(shop):
    sent = order(external_id="A1", systems=["web"], order_number="1")
    made = (await shop.post(PATH, sent))["data"]
    assert (await shop.post("/orders/update-create", sent, status=200))["data"] == made
    assert (await shop.post(PATH, made, status=200))["data"] == made
    assert (await noted(shop), await told(shop)) == ([("created", "Order")], ["order.created"])
    profile = await customer(shop)
    changed = (await shop.post(PATH, {"external_id": "a1", "total": 7, "profile_id": profile}, status=200))["data"]
    assert (changed["id"], changed["total"], changed["profile_id"]) == (made["id"], 7, profile)
    lines = [item["id"] for item in made["items"]]
    shown = (changed["external_id"], [item["id"] for item in changed["items"]], changed["systems"])
    assert shown == ("a1", lines, ["web"])
    half = await shop.post(PATH, {"external_id": "new", "status": "x"}, status=422)
    assert set(half["errors"]) == {"total", "items"}
    await shop.post(PATH, {"external_id": "A1", "total": "x"}, status=422)
    nameless = (await shop.post(PATH, order(id=99999)))["data"]
    assert nameless["id"] != 99999
    by_id = (await shop.post(PATH, {**nameless, "total": 8}, status=200))["data"]
    assert (by_id["id"], by_id["total"]) == (nameless["id"], 8)
    pos = (await shop.post("/orders", order(external_id="A1", systems=["pos"])))["data"]["id"]
    for systems, expected in ((["web"], made["id"]), (["POS"], pos), ([], pos)):
        body = {"external_id": "A1", **({"systems": systems} if systems else {}), "total": 7, "status": "s"}
        assert (await shop.post(PATH, body, status=200))["data"]["id"] == expected
    await shop.delete(f"/orders/{pos}")
    await shop.delete(f"/orders/{made['id']}")
    assert (await shop.post(PATH, sent))["data"]["id"] not in (made["id"], pos)


async def test_queued_orders_are_applied(shop, jobs):
    assert await shop.post("/orders/queue", order(external_id="Q"), status=200) == {"data": "OK"}
    assert await shop.post("/orders/queue", {"external_id": "Q", "status": "later"}, status=200) == {"data": "OK"}
    assert await shop.post("/orders/queue/create", order(external_id="C"), status=200) == {"data": "OK"}
    await shop.post("/orders/queue/create", {"total": 1}, status=422)
    await shop.post("/orders/queue", {"items": 5}, status=422)
    assert (await shop.get("/orders"))["meta"]["total"] == 0
    await jobs()
    rows = {row["external_id"]: row["status"] for row in (await shop.get("/orders"))["data"]}
    assert rows == {"Q": "later", "C": None}
    await shop.post("/orders/queue/create", order(external_id="C"), status=200)
    await jobs(errors=True)
    assert (await shop.get("/orders"))["meta"]["total"] == 2
    who = await shop.sql(
        "SELECT DISTINCT token_name FROM audits WHERE tenant_id = %s AND auditable_type = 'Order'", shop.tenant.id
    )
    assert len(who) == 1
    assert who[0][0]


async def test_a_batch_applies_its_rows_alone_and_in_order(shop, jobs):
    rows = [
        order(external_id="B", claimed_at="2024-05-01", items=[{"name": "one"}], need_action=True),
        {"external_id": "B", "status": "second", "total": 3},
        {"external_id": "bad", "status": "no total"},
        order(external_id="C", items=[piece(product_variant_id=5)]),
        order(external_id="D"),
    ]
    answer = await shop.post("/orders/batch.json", {"orders": rows, "items": []}, status=200)
    assert (answer["message"], set(answer)) == ("Queued for processing.", {"message", "batch_id"})
    await shop.post("/orders/batch", {"orders": []}, status=422)
    await shop.post("/orders/batch", {}, status=422)
    await jobs()
    batch = (await shop.get(f"/batches/{answer['batch_id']}"))["data"]
    assert [(item["external_id"], item["status"]) for item in batch["items"]] == [
        ("B", "success"),
        ("B", "success"),
        ("bad", "failed"),
        ("C", "failed"),
        ("D", "success"),
    ]
    assert batch["items"][2]["error"] == "The total field is required. The items field is required."
    first = (await shop.get("/orders/external/B"))["data"]
    assert (first["status"], first["total"], first["claimed_at"]) == ("second", 3, "2024-05-01 00:00:00")
    assert [(item["name"], item["quantity"]) for item in first["items"]] == [("one", 1)]
    assert (await shop.get("/orders"))["meta"]["total"] == 2


async def test_many_at_once_make_one(shop):
    profile = await customer(shop)
    sent = order(external_id="A1", systems=["web"], profile_id=profile, location_id="S1", tags=["t"], staff_id="9")
    answers = await asyncio.gather(*(shop.call("POST", PATH, json=sent) for _ in range(30)))
    assert sorted(answer.status_code for answer in answers) == [200] * 29 + [201]
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    mixed = [
        shop.call("POST", PATH if n % 2 else "/orders", json=order(external_id="M", status=str(n))) for n in range(20)
    ]
    codes = [answer.status_code for answer in await asyncio.gather(*mixed)]
    assert (codes.count(201), set(codes) <= {200, 201, 422}) == (1, True)
    assert (await shop.get("/orders"))["meta"]["total"] == 2
    assert (await shop.get(f"/profiles/{profile}/ledgers"))["data"][0]["dollar_value"] == 120
    assert len((await shop.get(f"/profiles/{profile}/ledgers"))["data"]) == 1


async def test_changes_at_once_wait_for_each_other(shop):
    people = [await customer(shop) for _ in range(3)]
    made = (await shop.post("/orders", order(profile_id=people[0], items=[])))["data"]
    path = f"/orders/{made['id']}"
    adding = [shop.call("POST", f"{path}/items", json=piece(external_id=str(n))) for n in range(12)]
    moving = [shop.call("PUT", path, json={"profile_id": people[n % 3], "total": 100 + n}) for n in range(9)]
    tagging = [
        shop.call("POST", f"{path}/custom-fields", json={"namespace": "n", "handle": f"h{n}", "value": n})
        for n in range(5)
    ]
    assert {answer.status_code for answer in await asyncio.gather(*adding, *moving, *tagging)} == {200, 201}
    now = (await shop.get(path))["data"]
    assert (len(now["items"]), len(now["custom_fields"])) == (12, 5)
    told = await shop.sql(
        "SELECT profile_id::text, sum(dollar_value) FROM ledger_entries WHERE tenant_id = %s AND type = 'order'"
        " GROUP BY profile_id HAVING sum(dollar_value) <> 0",
        shop.tenant.id,
    )
    assert [owner for owner, _ in told] == [now["profile_id"]]
    whole = [piece(external_id=str(n), quantity=2) for n in range(12)]
    puts = [shop.call("PUT", path, json={"items": [*whole[n:], piece(external_id=f"x{n}")]}) for n in range(6)]
    removing = [shop.call("DELETE", f"{path}/items/{item['id']}") for item in now["items"]]
    answers = await asyncio.gather(*puts, *removing)
    assert {answer.status_code for answer in answers} <= {200, 204, 404}
    last = (await shop.get(path))["data"]["items"]
    names = [item["external_id"] for item in last]
    assert len(names) == len(set(names))
    gone, *rest = await asyncio.gather(
        shop.call("DELETE", path), *(shop.call("PUT", path, json={"status": "x"}) for _ in range(4))
    )
    assert gone.status_code == 204
    assert {answer.status_code for answer in rest} <= {200, 404}
    await shop.get(path, status=404)
