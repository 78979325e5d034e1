import psycopg
import pytest
from sales import audits, customer, events, line, sale

from omneo_api.commerce.transactions.facts import IMMUTABLE

pytestmark = pytest.mark.anyio

FACT_TABLES = ("transactions", "transaction_items", "transaction_currency_values", "transaction_voids")


@pytest.mark.parametrize("table", FACT_TABLES)
@pytest.mark.parametrize("order", ["UPDATE {} SET tenant_id = tenant_id", "DELETE FROM {}", "TRUNCATE {}"])
async def test_the_database_refuses_to_change_facts(shop, table, order):
    rate = {"from": "USD", "to": "AUD", "rate": 2}
    made = await shop.post("/transactions", sale(is_void=True, currency_value=rate))
    for role in ("omneo_app",):
        async with await psycopg.AsyncConnection.connect(shop.url, autocommit=True) as connection:
            await connection.execute(f"SET ROLE {role}")
            await connection.execute("SELECT set_config('omneo.tenant_id', %s, false)", (str(shop.tenant.id),))
            seen = await (await connection.execute(f"SELECT count(*) FROM {table}")).fetchone()
            assert seen == (1,)
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                await connection.execute(order.format(table))
    assert (await shop.get(f"/transactions/{made['data']['id']}")) == made


async def test_a_whole_object_can_be_sent_back(shop):
    profile = await customer(shop)
    rate = {"from": "USD", "to": "AUD", "rate": 1.5}
    sent = sale(
        external_id="A1",
        profile_id=profile,
        location_id="S1",
        systems=["pos", "web"],
        tags=["a", "b"],
        meta={"x": 1.25},
        fees=[],
        payments=["CASH"],
        currency_value=rate,
        total="80.50",
        items=[line(name="b", external_id="L2"), line(name="a"), line(name="a")],
    )
    made = await shop.post("/transactions", sent)
    path = f"/transactions/{made['data']['id']}"
    noted = await audits(shop)
    assert await shop.put(path, made["data"]) == made
    assert await shop.put(path, sent) == made
    backwards = {**sent, "items": sent["items"][::-1], "systems": ["WEB", "pos"], "payments": ["CASH"], "fees": None}
    assert await shop.put(path, backwards) == made
    assert await shop.put(path, {"total": None, "is_void": None, "timezone": None, "tags": None}) == made
    assert await shop.put(path, {"transacted_at": "2025-03-02T12:10:00+11:00", "location_id": "s1"}) == made
    assert await audits(shop) == noted
    assert await events(shop, made["data"]["id"]) == ["transaction.created", "transaction.sync"]


async def test_every_fact_that_differs_is_named_and_nothing_is_applied(shop):
    made = await shop.post("/transactions", sale(external_id="A1", location_id="S1", systems=["pos"]))
    path = f"/transactions/{made['data']['id']}"
    other = {
        "total": 81,
        "total_original": 95,
        "rounding": 0.01,
        "margin": 1,
        "tender": "x",
        "items": [line(quantity=2)],
        "payments": ["CASH"],
        "fees": {"a": 1},
        "transacted_at": "2025-03-02 01:10:01",
        "timezone": "UTC",
        "location_id": "S2",
        "staff_id": "77",
        "systems": ["pos", "web"],
        "external_id": "A2",
        "currency": "AUD",
        "currency_value": {"from": "USD", "to": "AUD", "rate": 2},
        "order_id": 5,
        "external_order_id": "O",
        "order_number": "N",
        "redemption_id": 3,
        "type": "return",
        "organisation_id": 4,
        "deliver_at": "2025-01-01",
    }
    refused = await shop.put(path, {**other, "tags": ["new"], "receipt_ref": "R"}, status=409)
    assert refused["message"] == IMMUTABLE
    assert set(refused["errors"]) == set(other)
    assert refused["errors"]["total"] == ["The total of a transaction cannot be changed."]
    for name, value in other.items():
        assert set((await shop.put(path, {name: value, "tags": ["new"]}, status=409))["errors"]) == {name}
    for items in (None, [line(), line()], [line(price_tax=1)], [line(name="Other")]):
        assert set((await shop.put(path, {"items": items}, status=409))["errors"]) == {"items"}
    malformed = await shop.put(path, {"total": "x", "timezone": "Mars"}, status=422)
    assert set(malformed["errors"]) == {"total", "timezone"}
    assert await shop.get(path) == made
    places = await shop.sql("SELECT count(*) FROM locations WHERE tenant_id = %s", shop.tenant.id)
    assert places == [(1,)]
    assert await events(shop, made["data"]["id"]) == ["transaction.created", "transaction.sync"]


async def test_annotations_change(shop):
    made = (await shop.post("/transactions", sale(receipt_ref="R1", tags=["a"])))["data"]
    path = f"/transactions/{made['id']}"
    await shop.advance(hours=1)
    notes = {
        "tags": ["b", "a"],
        "meta": {"x": None},
        "receipt_is_email": True,
        "receipt_ref": None,
        "linked_receipt_ref": "L",
        "receipt_email": "a@example.com",
        "need_action": True,
        "status": "open",
    }
    field = {"namespace": "pos", "handle": "lane", "value": 3}
    changed = (await shop.put(path, {**notes, "custom_fields": [field]}))["data"]
    assert {name: changed[name] for name in notes} == notes
    assert [(each["type"], each["value"]) for each in changed["custom_fields"]] == [("integer", 3)]
    assert changed["updated_at"] > made["updated_at"]
    assert (await shop.put(path, {**notes, "custom_fields": [field]}))["data"] == changed
    kept = (await shop.put(path, {"custom_fields": [], "need_action": None}))["data"]
    assert (kept["custom_fields"], kept["need_action"]) == (changed["custom_fields"], None)
    bad = await shop.put(path, {"custom_fields": [{**field, "type": "integer", "value": "x"}]}, status=422)
    assert set(bad["errors"]) == {"custom_fields.0.value"}
    assert await events(shop, made["id"]) == [
        "transaction.created",
        "transaction.sync",
        "transaction.updated",
        "transaction.updated",
    ]
    await shop.put("/transactions/999999", notes, status=404)


async def test_lines_are_facts_with_notes(shop):
    made = (await shop.post("/transactions", sale(items=[line(name="a"), line(name="b", price_tax=1)])))["data"]
    other = (await shop.post("/transactions", sale()))["data"]
    first, second = made["items"]
    path = f"/transactions/{made['id']}/items"
    page = await shop.get(path, params={"filter[price_tax]": "1"})
    assert (page["data"], page["meta"]["total"]) == ([second], 1)
    assert (await shop.get(f"{path}/{first['id']}"))["data"] == first
    await shop.get(f"{path}/{other['items'][0]['id']}", status=404)
    await shop.get("/transactions/999999/items", status=404)
    assert set((await shop.post(path, line(), status=409))["errors"]) == {"items"}
    assert set((await shop.call("DELETE", f"{path}/{first['id']}", status=409)).json()["errors"]) == {"items"}
    await shop.call("DELETE", f"{path}/{other['items'][0]['id']}", status=404)
    assert (await shop.put(f"/transactions/items/{first['id']}"))["data"] == first
    await shop.put("/transactions/items/999999", status=404)
    refused = await shop.put(f"{path}/{first['id']}", {"quantity": 5, "price_sell": 1, "meta": {"a": 1}}, status=409)
    assert set(refused["errors"]) == {"quantity", "price_sell"}
    noted = (await shop.put(f"{path}/{first['id']}", {**first, "meta": {"a": 1}, "tags": ["x"]}))["data"]
    assert noted == {**first, "meta": {"a": 1}, "updated_at": noted["updated_at"]}
    whole = (await shop.get(f"/transactions/{made['id']}"))["data"]
    assert whole["items"] == [noted, second]
    again = (await shop.put(f"/transactions/{made['id']}", {"items": [{**second, "meta": {"b": 2}}, noted]}))["data"]
    assert [item["meta"] for item in again["items"]] == [{"a": 1}, {"b": 2}]


async def test_a_void_is_final(shop):
    made = (await shop.post("/transactions", sale()))["data"]
    path = f"/transactions/{made['id']}"
    assert (await shop.put(path, {"is_void": False}))["data"] == made
    gone = (await shop.put(path, {"is_void": True, "tags": ["oops"]}))["data"]
    assert (gone["is_void"], gone["tags"], gone["items"][0]["is_void"]) == (True, ["oops"], False)
    refused = await shop.put(path, {"is_void": False}, status=409)
    assert set(refused["errors"]) == {"is_void"}
    assert (await shop.put(path, {"is_void": True}))["data"] == gone
    assert (await shop.get("/transactions"))["data"] == [gone]
    born = (await shop.post("/transactions", sale(is_void=True)))["data"]
    assert born["is_void"] is True
    voids = await shop.sql(
        "SELECT transaction_id, kind FROM transaction_voids WHERE tenant_id = %s ORDER BY id", shop.tenant.id
    )
    assert voids == [(made["id"], "void"), (born["id"], "void")]
    assert await events(shop, made["id"]) == ["transaction.created", "transaction.sync", "transaction.updated"]


async def test_a_deleted_one_is_hidden_but_kept(shop):
    profile = await customer(shop)
    made = (await shop.post("/transactions", sale(profile_id=profile, external_id="A1")))["data"]
    path = f"/transactions/{made['id']}"
    await shop.delete(path)
    await shop.delete(path, status=404)
    await shop.get(path, status=404)
    await shop.put(path, {"tags": []}, status=404)
    for listing in ("/transactions", f"/profiles/{profile}/transactions", f"/profiles/{profile}/group_transactions"):
        assert (await shop.get(listing))["data"] == []
    assert (await shop.get("/transactions", params={"filter[is_void]": "1"}))["data"] == []
    await shop.get("/transactions/external/A1", status=404)
    rows = await shop.sql("SELECT total FROM transactions WHERE tenant_id = %s", shop.tenant.id)
    assert [int(total * 10) for (total,) in rows] == [805]
    assert await events(shop, made["id"]) == ["transaction.created", "transaction.sync", "transaction.deleted"]


async def test_assignment_moves_between_profiles(shop):
    ada, bob = await customer(shop), await customer(shop, "bob@example.com")
    made = (await shop.post("/transactions", sale()))["data"]
    path = f"/transactions/{made['id']}"
    assert (await shop.put(path, {"profile_id": ada}))["data"]["profile_id"] == ada
    assert (await shop.put(path, {"profile_id": "BOB@example.com", "profile_id_handle": "email"}))["data"][
        "profile_id"
    ] == bob
    assert (await shop.get(f"/profiles/{ada}/transactions"))["meta"]["total"] == 0
    assert (await shop.get(f"/profiles/{bob}/transactions"))["meta"]["total"] == 1
    wrong = await shop.put(path, {"profile_id": "nobody"}, status=422)
    assert set(wrong["errors"]) == {"profile_id"}
    await shop.get(f"/profiles/{ada}/transactions/{made['id']}/unattach", status=404)
    free = (await shop.get(f"/profiles/{bob}/transactions/{made['id']}/unattach"))["data"]
    assert (free["profile_id"], free["profile"], free["claimed_at"]) == (None, None, None)
    await shop.post(f"/profiles/{bob}/transactions/{made['id']}/unattach", status=404)
    await shop.put(path, {"profile_id": ada})
    assert (await shop.put(path, {"profile_id": None}))["data"]["profile_id"] is None
