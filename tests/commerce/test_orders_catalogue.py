"""Lines of orders that are found to be variants of the catalogue (commerce 2.3, 5.3)."""

import pytest
from baskets import order, piece
from catalogue import make, variant

pytestmark = pytest.mark.anyio


def named(**keys):
    """A line that is named by nothing but the given keys."""
    return {name: value for name, value in piece(**keys).items() if name != "sku" or "sku" in keys}


async def test_lines_of_orders_are_found_as_those_of_sales(shop):
    images = [{"url": "https://cdn.example.com/v.jpg", "sort_order": 3}]
    fields = [{"namespace": "care", "handle": "wash", "value": 30}]
    options = [{"name": "Size", "value": "M"}]
    variants = [variant("A", external_id="VA", images=images, barcode="93", options=options), variant("B")]
    scarf = await make(shop, department="Accessories", custom_fields=fields, variants=variants)
    a, b = scarf["variants"]
    await shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, 'order.created', 'webhook', 1)",
        shop.tenant.id,
    )
    sent = [
        named(product_variant_id=a["id"], sku="B"),
        named(sku="b"),
        named(sku="unknown"),
        named(variant_external_id="va"),
    ]
    made = (await shop.post("/orders", order(items=sent)))["data"]
    assert [item["product_variant_id"] for item in made["items"]] == [a["id"], b["id"], None, a["id"]]
    first = made["items"][0]
    assert (first["product_variant"], first["product_id"], first["product_images"]) == (a, scarf["id"], images)
    assert first["product"] == {
        "title": scarf["title"],
        "department": "Accessories",
        "brand": scarf["brand"],
        "custom_fields": scarf["custom_fields"],
    }
    [[context]] = await shop.sql("SELECT context FROM event_contexts WHERE tenant_id = %s", shop.tenant.id)
    line = context["items"][0]
    assert (line["barcode"], line["item_sku"], line["product"]["id"]) == ("93", "B", scarf["id"])
    assert ([option["value"] for option in line["product_options"]], line["custom_fields"]) == (
        ["M"],
        {"care": {"wash": 30}},
    )
    path = f"/orders/{made['id']}"
    assert (await shop.put(path, made))["data"] == made
    await shop.delete(f"/products/{scarf['id']}/variants/{a['id']}")
    kept = (await shop.put(path, {**made, "status": "x"}))["data"]
    assert [item["product_variant_id"] for item in kept["items"]] == [a["id"], b["id"], None, a["id"]]
    assert (await shop.put(f"{path}/items/{first['id']}", {"product_variant_id": a["id"]}))["data"]["id"] == first["id"]
    refused = await shop.put(path, {"items": [*kept["items"], named(product_variant_id=a["id"])]}, status=422)
    assert set(refused["errors"]) == {"items.4.product_variant_id"}
    moved = (await shop.put(f"{path}/items/{first['id']}", {"product_variant_id": b["id"]}))["data"]
    assert (moved["product_variant_id"], moved["sku"]) == (b["id"], "B")
    lost = (await shop.put(f"{path}/items/{first['id']}", {"sku": "nothing like it"}))["data"]
    assert (lost["product_variant_id"], lost["product_variant"], lost["product_images"]) == (None, None, [])
    described = {"product_id": "EXT-9", "sku": "unknown", "title": "Hat", "brand": "N", "category": "Hats", "price": 9}
    item = made["items"][2]["id"]
    found = (await shop.put(f"{path}/items/{item}", {"product_variant": described}))["data"]
    assert (found["product_variant"]["sku"], found["product"]["department"]) == ("unknown", "Hats")
    later = (await shop.post(f"{path}/items", named(sku="UNKNOWN")))["data"]
    assert later["product_variant_id"] == found["product_variant_id"]
    bad = await shop.post(f"{path}/items", named(product_variant={"sku": "Q"}), status=422)
    assert all(key.startswith("product_variant.") for key in bad["errors"])


async def test_an_unknown_sku_is_found_when_the_catalogue_has_it(shop):
    made = (await shop.post("/orders", order(items=[named(sku="LATE")])))["data"]
    scarf = await make(shop, variants=[variant("LATE")])
    assert (await shop.get(f"/orders/{made['id']}"))["data"] == made
    now = (await shop.put(f"/orders/{made['id']}", made))["data"]
    assert now["items"][0]["product_variant_id"] == scarf["variants"][0]["id"]
    assert now["items"][0]["id"] == made["items"][0]["id"]
