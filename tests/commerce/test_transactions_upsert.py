import asyncio

import pytest
from sales import audits, customer, events, line, sale

pytestmark = pytest.mark.anyio
PATH = "/transactions/update-create"


async def test_the_same_sale_twice_is_one_transaction(shop):
    sent = sale(external_id="A1", systems=["pos"], tags=["a"])
    made = await shop.post(PATH, sent)
    noted = await audits(shop)
    assert await shop.post(PATH, sent, status=200) == made
    assert await shop.post("/transactions/sync", made["data"], status=200) == made
    assert (await audits(shop), await events(shop, made["data"]["id"])) == (
        noted,
        ["transaction.created", "transaction.sync"],
    )
    profile = await customer(shop)
    told = {**sent, "tags": ["b"], "profile_id": profile, "status": "done"}
    changed = (await shop.post(PATH, told, status=200))["data"]
    assert (changed["id"], changed["tags"], changed["profile_id"]) == (made["data"]["id"], ["b"], profile)
    assert (await shop.get("/transactions"))["meta"]["total"] == 1


async def test_different_facts_supersede(shop):
    profile = await customer(shop)
    rate = {"from": "USD", "to": "AUD", "rate": 1.5}
    sent = sale(
        external_id="A1",
        systems=["pos"],
        profile_id=profile,
        location_id="S1",
        tags=["a"],
        meta={"x": 1},
        receipt_ref="R1",
        currency="USD",
        currency_value=rate,
        custom_fields=[{"namespace": "n", "handle": "h", "value": "v"}],
        items=[line(name="one", meta={"g": 1}), line(name="two")],
    )
    old = (await shop.post(PATH, sent))["data"]
    new = (await shop.post(PATH, {"external_id": "A1", "total": 99.5, "tags": ["z"], "delete_existing_items": True}))[
        "data"
    ]
    assert new["id"] > old["id"]
    assert (new["total"], new["total_converted"], new["tags"], new["external_id"]) == (99.5, 149.25, ["z"], "A1")
    same = ("meta", "receipt_ref", "profile_id", "location", "systems", "transacted_at", "currency_rate", "timezone")
    assert {name: new[name] for name in same} == {name: old[name] for name in same}
    shown = [(item["name"], item["quantity"], item["price_sell"], item["meta"]) for item in new["items"]]
    assert shown == [("one", 1, 80.5, {"g": 1}), ("two", 1, 80.5, None)]
    assert [field["value"] for field in new["custom_fields"]] == ["v"]
    before = (await shop.get(f"/transactions/{old['id']}"))["data"]
    assert (before["is_void"], before["total"]) == (True, 80.5)
    assert (await shop.get("/transactions"))["data"] == [new]
    assert (await shop.get(f"/profiles/{profile}/transactions"))["meta"]["total"] == 1
    assert (await shop.get("/transactions", params={"filter[is_void]": "1"}))["data"] == [before]
    assert (await shop.get("/transactions/external/A1"))["data"] == new
    assert (await shop.get(f"/profiles/{profile}/find-transactions"))["data"] == new
    assert (await shop.get(f"/profiles/{profile}/group_transactions"))["total"] == 1
    assert await events(shop, old["id"]) == ["transaction.created", "transaction.sync", "transaction.updated"]
    assert await events(shop, new["id"]) == ["transaction.created", "transaction.sync"]
    state = await shop.sql("SELECT successor_id FROM transaction_states WHERE transaction_id = %s", old["id"])
    assert state == [(new["id"],)]


async def test_a_read_object_with_changes_can_be_posted_back(shop):
    old = (await shop.post("/transactions", sale(external_id="A1", items=[line(), line(quantity=2)])))["data"]
    back = {**old, "total": 12, "tags": ["t"], "meta": {"m": 1}, "items": [{**old["items"][0], "discounts": None}]}
    new = (await shop.post(PATH, back))["data"]
    assert (new["total"], new["tags"], new["meta"], len(new["items"])) == (12, ["t"], {"m": 1}, 1)
    without = {**new, "external_id": None, "total": 13}
    assert (await shop.post(PATH, without))["data"]["external_id"] is None
    by_id = {**(await shop.post("/transactions", sale()))["data"], "total": 14}
    third = (await shop.post(PATH, by_id))["data"]
    assert (third["id"] != by_id["id"], third["total"]) == (True, 14)


async def test_what_is_not_found_is_made_or_refused(shop):
    made = (await shop.post(PATH, sale(id=999999)))["data"]
    assert made["id"] != 999999
    missing = await shop.post(PATH, {"external_id": "X", "tags": ["a"]}, status=422)
    assert set(missing["errors"]) == {"total", "transacted_at", "timezone", "items"}
    old = (await shop.post(PATH, sale(external_id="B")))["data"]
    half = {"external_id": "B", "items": [{"name": "only a name"}]}
    assert "items.0.quantity" in (await shop.post(PATH, half, status=422))["errors"]
    assert (await shop.get(f"/transactions/{old['id']}"))["data"] == old
    await shop.delete(f"/transactions/{old['id']}")
    assert (await shop.post(PATH, sale(external_id="B")))["data"]["id"] != old["id"]


async def test_a_void_one_is_not_revived_by_a_late_retry(shop):
    sent = sale(external_id="A1")
    old = (await shop.post(PATH, sent))["data"]
    void = (await shop.post(PATH, {**sent, "is_void": True}, status=200))["data"]
    assert (void["id"], void["is_void"]) == (old["id"], True)
    assert (await shop.post(PATH, sent, status=200))["data"] == void
    new = (await shop.post(PATH, {**sent, "is_void": False}))["data"]
    assert (new["is_void"], new["external_id"]) == (False, "A1")
    assert [row["id"] for row in (await shop.get("/transactions"))["data"]] == [new["id"]]
    kinds = await shop.sql("SELECT kind FROM transaction_voids WHERE transaction_id = %s ORDER BY id", old["id"])
    assert kinds == [("void",), ("superseded",)]


async def test_systems_choose_whose_slot_is_meant(shop):
    pos = (await shop.post("/transactions", sale(external_id="7", systems=["pos"])))["data"]
    web = (await shop.post("/transactions", sale(external_id="7", systems=["web"], total=5)))["data"]
    assert (await shop.post(PATH, sale(external_id="7", systems=["pos"]), status=200))["data"] == pos
    assert (await shop.post(PATH, {"external_id": "7", "total": 5}, status=200))["data"] == web


async def test_many_at_once_make_one(shop):
    profile = await customer(shop)
    sent = sale(external_id="A1", systems=["pos"], profile_id=profile, location_id="S1", tags=["t"])
    answers = await asyncio.gather(*(shop.call("POST", PATH, json=sent) for _ in range(50)))
    assert sorted(answer.status_code for answer in answers) == [200] * 49 + [201]
    assert len({answer.json()["data"]["id"] for answer in answers}) == 1
    mixed = [shop.call("POST", PATH if n % 2 else "/transactions", json=sale(external_id="M")) for n in range(20)]
    codes = [answer.status_code for answer in await asyncio.gather(*mixed)]
    assert (codes.count(201), set(codes) <= {200, 201, 422}) == (1, True)
    corrected = [shop.call("POST", PATH, json={**sent, "total": total}) for total in range(1, 11)]
    assert {answer.status_code for answer in await asyncio.gather(*corrected)} == {201}
    living = await shop.get("/transactions", params={"filter[external_id]": "A1"})
    assert living["meta"]["total"] == 1
    chain = await shop.sql(
        "SELECT count(*), count(DISTINCT successor_id) FROM transaction_states"
        " WHERE tenant_id = %s AND void_kind = 'superseded'",
        shop.tenant.id,
    )
    assert chain == [(10, 10)]


async def test_void_and_supersede_at_once(shop):
    for n in range(8):
        sent = sale(external_id=f"V{n}")
        old = (await shop.post(PATH, sent))["data"]
        void, new, gone = await asyncio.gather(
            shop.call("PUT", f"/transactions/{old['id']}", json={"is_void": True}),
            shop.call("POST", PATH, json={**sent, "total": 1}),
            shop.call("DELETE", f"/transactions/{old['id']}"),
        )
        assert (void.status_code in (200, 404), new.status_code, gone.status_code) == (True, 201, 204)
        assert (await shop.get(f"/transactions/external/V{n}"))["data"]["total"] == 1
        held = await shop.sql(
            "SELECT count(*) FROM transaction_external_refs WHERE tenant_id = %s AND external_id_key = %s",
            shop.tenant.id,
            f"v{n}",
        )
        assert held == [(1,)]


async def test_one_claimant_wins_and_locks_do_not_cross(shop):
    people = [await customer(shop) for _ in range(4)]
    made = [(await shop.post("/transactions", sale(profile_id=people[n % 4])))["data"]["id"] for n in range(6)]
    calls = [
        shop.call("PUT", f"/transactions/{identifier}", json={"profile_id": person})
        for identifier in made
        for person in people
    ]
    assert {answer.status_code for answer in await asyncio.gather(*calls)} == {200}
    listed = [row["id"] for person in people for row in (await shop.get(f"/profiles/{person}/transactions"))["data"]]
    assert sorted(listed) == made


async def test_a_client_that_leaves_mid_body_leaves_nothing(shop):
    sent = []

    async def receive():
        if sent:
            return {"type": "http.disconnect"}
        sent.append(1)
        return {"type": "http.request", "body": b'{"total": 1, "transacted_at": "2025-01-01"', "more_body": True}

    async def send(message):
        raise AssertionError(message)

    scope = {
        "type": "http",
        "method": "POST",
        "path": "/v3/transactions",
        "raw_path": b"/v3/transactions",
        "query_string": b"",
        "scheme": "http",
        "client": ("127.0.0.1", 1),
        "headers": [
            (b"host", f"{shop.handle}.omneo.test".encode()),
            (b"authorization", f"Bearer {shop.token}".encode()),
            (b"content-type", b"application/json"),
        ],
    }
    await shop.app(scope, receive, send)
    assert (await shop.get("/transactions"))["meta"]["total"] == 0
    whole = asyncio.create_task(shop.call("POST", "/transactions", json=sale(external_id="C", items=[line()] * 50)))
    await asyncio.sleep(0.004)
    whole.cancel()
    await asyncio.gather(whole, return_exceptions=True)
    page = await shop.get("/transactions")
    rows = await shop.sql("SELECT count(*) FROM transaction_items WHERE tenant_id = %s", shop.tenant.id)
    assert rows == [(50 * page["meta"]["total"],)]
