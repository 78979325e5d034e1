"""Sales that come back as they were read, with a correction: what the correction does not name stays (commerce 1.5)."""

import pytest
from catalogue import make, variant
from sales import customer, line, sale

pytestmark = pytest.mark.anyio
PATH = "/transactions/update-create"


def named(sku, **changes):
    return {key: value for key, value in line(product_variant_sku=sku, **changes).items() if key != "sku"}


async def test_a_claim_survives_the_correction_of_what_it_claimed(shop):
    ada, bob = await customer(shop), await customer(shop)
    await shop.post("/transactions", sale(external_id="1", receipt_ref="R"))
    body = {"transaction_receipt_ref": "R", "transaction_total": 80.5}
    claim = (await shop.post(f"/profiles/{ada}/transactions/claims", body))["data"]
    read = (await shop.get("/transactions/external/1"))["data"]
    new = (await shop.post(PATH, {**read, "total": 70}))["data"]
    assert (new["profile_id"], new["claimed_at"]) == (ada, read["claimed_at"])
    now = (await shop.get(f"/profiles/{ada}/transactions/claims/{claim['id']}"))["data"]
    assert (now["status"], now["claimed_transaction_id"]) == ("claimed", new["id"])
    last = (await shop.post(PATH, {**new, "total": 60, "profile_id": bob}))["data"]
    assert (last["profile_id"], last["claimed_at"]) == (bob, None)
    assert (await shop.get(f"/profiles/{ada}/transactions/claims/{claim['id']}"))["data"]["status"] == "failed"


async def test_a_rate_stays_frozen_until_the_currency_changes(shop):
    base = (await shop.get("/settings/currency"))["data"]["value"]
    pair = (await shop.post("/currencies", {"from": "USD", "to": base, "rate": 1.5}))["data"]
    made = (await shop.post("/transactions", sale(external_id="1", total=100, currency="USD")))["data"]
    await shop.put(f"/currencies/{pair['id']}", {"rate": 2})
    new = (await shop.post(PATH, {**made, "total": 10}))["data"]
    assert (new["currency_id"], new["currency_rate"], new["total_converted"]) == (pair["id"], 1.5, 15)
    assert (await shop.post(PATH, {**new, "currency": "EUR"}))["data"]["currency_rate"] is None

    explicit = {"from": "USD", "to": base, "rate": 1 / 7}
    sent = sale(external_id="2", total=100, currency="USD", currency_value=explicit)
    made = (await shop.post(PATH, sent))["data"]
    assert (made["currency_rate"], made["total_converted"]) == (0.14285714, 14.29)
    assert (await shop.post(PATH, sent, status=200))["data"] == made
    new = (await shop.post(PATH, {**made, "total": 10}))["data"]
    assert (new["currency_rate"], new["total_converted"], new["currency_values"][0]["total"]) == (
        0.14285714,
        1.43,
        1.43,
    )
    plain = (await shop.post(PATH, {**new, "currency_value": None}))["data"]
    assert (plain["currency_rate"], plain["currency_values"]) == (2, [])
    for rate in (1e-9, 1e10):
        wrong = await shop.post(PATH, sale(currency_value={**explicit, "rate": rate}), status=422)
        assert set(wrong["errors"]) == {"currency_value.rate"}


async def test_another_article_is_another_sale(shop):
    product = await make(shop, variants=[variant("A"), variant("B", external_id="XB")])
    first, second = (row["id"] for row in product["variants"])
    sent = sale(external_id="1", items=[named("a"), named("B")])
    made = (await shop.post(PATH, sent))["data"]
    assert [row["product_variant_id"] for row in made["items"]] == [first, second]
    assert (await shop.post(PATH, {**sent, "items": sent["items"][::-1]}, status=200))["data"] == made
    for items in ([named("A"), named("A")], [named("A"), named("new")]):
        refused = await shop.put(f"/transactions/{made['id']}", {"items": items}, status=409)
        assert set(refused["errors"]) == {"items"}
    path = f"/transactions/{made['id']}/items/{made['items'][0]['id']}"
    assert set((await shop.put(path, {"product_variant_sku": "B"}, status=409))["errors"]) == {"product_variant_sku"}
    described = {"product_id": "P", "sku": "B", "title": "t", "brand": "b", "category": "c", "price": 1}
    assert set((await shop.put(path, {"product_variant": described}, status=409))["errors"]) == {"product_variant"}
    assert (await shop.put(path, {"product_variant_sku": "a", "product_variant": {}}))["data"] == made["items"][0]
    new = (await shop.post(PATH, {**sent, "items": [named("B"), named("B")]}))["data"]
    assert [row["product_variant_id"] for row in new["items"]] == [second, second]

    unknown = sale(
        external_id="2", items=[named("later"), line(product_variant_sku="none", sku="B"), line(sku="later")]
    )
    made = (await shop.post(PATH, unknown))["data"]
    assert [row["product_variant_id"] for row in made["items"]] == [None, second, None]
    await shop.post(f"/products/{product['id']}/variants", variant("later", title="L"))
    await shop.delete(f"/products/{product['id']}/variants/{second}")
    again = (await shop.post(PATH, unknown, status=200))["data"]
    assert (again["id"], again["items"][1]["product_variant_id"]) == (made["id"], second)


async def test_notes_of_a_line_pass_to_the_equal_line(shop):
    lines = [line(name="a"), line(name="b", external_id="L2"), line(name="c")]
    made = (await shop.post("/transactions", sale(external_id="1", items=lines)))["data"]
    for place, row in enumerate(made["items"]):
        note = {"meta": {"place": place}, "tags": [f"t{place}"]}
        await shop.put(f"/transactions/{made['id']}/items/{row['id']}", note)
    changed = [{"name": "c", **lines[2], "meta": None}, lines[1], line(name="a", price_sell=1)]
    new = (await shop.post(PATH, {"external_id": "1", "total": 9, "items": changed}))["data"]
    assert [(row["name"], row["meta"]) for row in new["items"]] == [("c", None), ("b", {"place": 1}), ("a", None)]
    tags = await shop.sql(
        "SELECT a.tags FROM transaction_items i LEFT JOIN transaction_item_annotations a"
        " ON a.tenant_id = i.tenant_id AND a.item_id = i.id WHERE i.tenant_id = %s AND i.transaction_id = %s"
        " ORDER BY i.id",
        shop.tenant.id,
        new["id"],
    )
    assert tags == [(["t2"],), (["t1"],), (None,)]


async def test_a_batch_says_what_a_single_call_says_of_ids_that_cannot_be(shop, jobs):
    impossible = {"redemption_id": 0, "order_id": 0, "organisation_id": 0}
    rows = [sale(external_id="before"), sale(external_id="it", **impossible), sale(external_id="after")]
    single = (await shop.post("/transactions", rows[1], status=422))["errors"]
    accepted = await shop.post("/transactions/batch.json", {"transactions": rows}, status=200)
    await jobs()
    items = (await shop.get(f"/batches/{accepted['batch_id']}"))["data"]["items"]
    assert [item["status"] for item in items] == ["success", "failed", "success"]
    assert items[1]["error"] == " ".join(text for texts in single.values() for text in texts)


async def test_keys_of_the_client_and_blanks_refuse_nothing(shop):
    blank = {"payments": "", "fees": " ", "meta": ""}
    for path in (PATH, "/transactions", "/orders"):
        for identifier in ("L-1", {"a": 1}, "", 10**30, True):
            sent = sale(**blank, items=[line(id=identifier, discounts="", product_variant="", meta="")])
            made = (await shop.post(path, sent))["data"]
            assert [made[name] for name in blank] == [None] * 3
            assert [made["items"][0][name] for name in ("discounts", "product_variant", "meta")] == [None] * 3
    sent = sale(external_id="1", items=[line(id="L-1"), line(id="L-2", price_tax=1)])
    made = (await shop.post(PATH, sent))["data"]
    assert (await shop.post(PATH, sent, status=200))["data"] == made
    spelled = {**made, "items": [{**row, "id": str(row["id"])} for row in made["items"][::-1]]}
    assert (await shop.put(f"/transactions/{made['id']}", spelled))["data"] == made
    for name in ("payments", "fees"):
        wrong = await shop.post("/transactions", sale(**{name: "x"}), status=422)
        assert wrong["errors"] == {name: [f"The {name} field must be an array."]}
