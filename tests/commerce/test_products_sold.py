"""Lines that are found to be variants of the catalogue, and what follows for customers (commerce 2.1, 2.3)."""

import asyncio

import pytest
from catalogue import make, product, told, variant
from sales import customer, line, sale

from omneo_api.commerce.products.inline import slug

pytestmark = pytest.mark.anyio


async def sold(shop, *lines, **changes):
    return (await shop.post("/transactions", sale(items=list(lines), **changes)))["data"]


def named(**keys):
    """A line that is named by nothing but the given keys."""
    return {name: value for name, value in line(**keys).items() if name != "sku" or "sku" in keys}


async def test_a_line_is_found_by_id_then_by_its_words(shop, other_shop):
    images = [{"url": "https://cdn.example.com/p.jpg", "sort_order": None}]
    own_images = [{"url": "https://cdn.example.com/v.jpg", "sort_order": 3}]
    scarf = await make(
        shop,
        department="Accessories",
        images=images,
        custom_fields=[{"namespace": "care", "handle": "wash", "value": 30}],
        variants=[variant("A", external_id="VA"), variant("B", external_id="VB", images=own_images)],
    )
    a, b = scarf["variants"]
    made = await sold(
        shop,
        named(product_variant_id=a["id"], sku="B", product_variant={"sku": "nonsense"}),
        named(product_variant_sku="b", variant_external_id="VA"),
        named(variant_external_id="va", sku="B"),
        named(sku="unknown", product_variant_sku="other"),
        named(sku="a"),
        named(product_variant={}),
    )
    found = [row["product_variant_id"] for row in made["items"]]
    assert found == [a["id"], b["id"], a["id"], None, a["id"], None]
    first, second, _, unknown, *_ = made["items"]
    assert (first["product_variant"], first["product_id"]) == (a, scarf["id"])
    assert first["product"] == {
        "title": "Wool Scarf",
        "department": "Accessories",
        "brand": "Northline",
        "custom_fields": scarf["custom_fields"],
    }
    assert (first["product_images"], second["product_images"]) == (images, own_images)
    assert (unknown["product_variant"], unknown["product"], unknown["product_images"], unknown["sku"]) == (
        None,
        None,
        [],
        "unknown",
    )
    assert (await shop.get(f"/transactions/{made['id']}/items/{first['id']}"))["data"] == first
    assert await shop.put(f"/transactions/{made['id']}", made) == {"data": made}
    refused = await shop.post("/transactions", sale(items=[named(product_variant_id=a["id"] + 99)]), status=422)
    assert set(refused["errors"]) == {"items.0.product_variant_id"}
    await other_shop.post("/transactions", sale(items=[named(product_variant_id=a["id"])]), status=422)


async def test_a_sale_needs_one_statement_more_however_many_lines(shop, statements):
    await make(shop, variants=[variant("A"), variant("B")])

    async def counted(*lines):
        with statements() as run:
            await sold(shop, *lines)
        return len(run)

    plain = await counted(named())
    assert await counted(named(sku="A")) == plain + 1
    assert await counted(*[named(sku=sku) for sku in "ABAB" * 5], named(sku="no")) == plain + 1


async def test_what_the_application_does_by_itself_is_not_counted(shop, other_shop, statements):
    """The notes of the minute's tokens made the test above count thirteen statements of other tenants."""
    begin = asyncio.Event()

    async def by_itself():
        await begin.wait()
        await shop.app.gate._write_usage()

    task = asyncio.create_task(by_itself())
    await asyncio.gather(shop.get("/brands"), other_shop.get("/brands"))
    with statements() as run:
        begin.set()
        await task
        assert run == []
        await shop.get("/brands")
    assert len(run) == 1
    assert await shop.sql("SELECT count(*) FROM token_usages WHERE tenant_id = %s", shop.tenant.id) == [(1,)]


INLINE = {"product_id": "P9", "sku": "I-1", "title": "Silk Tie", "brand": "Tern", "category": "Neck", "price": 49.5}


async def test_what_a_till_describes_is_learned(shop):
    made = await sold(
        shop,
        named(product_variant=INLINE | {"subcategory": "Ties", "barcode": 77}),
        named(product_variant=INLINE | {"sku": "I-2", "price": "10"}),
        named(product_variant=INLINE),
    )
    tie = (await shop.get("/products", params={"filter[external_id]": "p9"}))["data"][0]
    assert [row["product_variant_id"] for row in made["items"]] == [tie["variants"][place]["id"] for place in (0, 1, 0)]
    assert tie["handle"].startswith("silk-tie-")
    known = {name: tie[name] for name in ("title", "brand", "department", "status", "meta")}
    assert known == {
        "title": "Silk Tie",
        "brand": "Tern",
        "department": "Neck",
        "status": "active",
        "meta": {"subcategory": "Ties"},
    }
    assert [(row["sku"], row["barcode"], row["price"]) for row in tie["variants"]] == [
        ("I-1", "77", 49.5),
        ("I-2", None, 10),
    ]
    assert await told(shop, "product") == ["product.created"]
    categories = await shop.sql(
        "SELECT c.name, p.name FROM product_categories c LEFT JOIN product_categories p ON p.id = c.parent_id"
        " WHERE c.tenant_id = %s ORDER BY c.id",
        shop.tenant.id,
    )
    assert categories == [("Neck", None), ("Ties", "Neck")]
    # A number is the catalogue's own id first, text is the shop's: one product each.
    for place, reference in enumerate((tie["id"], str(tie["id"]))):
        await sold(shop, named(product_variant=INLINE | {"product_id": reference, "sku": f"N-{place}"}))
    assert [row["sku"] for row in (await shop.get(f"/products/{tie['id']}"))["data"]["variants"]] == [
        "I-1",
        "I-2",
        "N-0",
        "N-1",
    ]
    await sold(shop, named(product_variant=INLINE | {"product_id": 987654, "sku": "N-3"}))
    assert len((await shop.get("/products", params={"filter[external_id]": "987654"}))["data"]) == 1
    broken = {"product_id": None, "sku": "X-9", "title": "x", "price": "dear"}
    refused = await shop.post("/transactions", sale(items=[line(), named(product_variant=broken)]), status=422)
    assert set(refused["errors"]) == {
        f"items.1.product_variant.{name}" for name in ("product_id", "brand", "category", "price")
    }


async def test_the_same_new_article_in_many_sales_at_once(shop):
    lines = [named(product_variant=INLINE | {"sku": f"S-{n % 3}"}) for n in range(12)]
    answers = await asyncio.gather(*(sold(shop, row) for row in lines))
    products = (await shop.get("/products"))["data"]
    assert [row["external_id"] for row in products] == ["P9"]
    by_sku = {row["sku"]: row["id"] for row in products[0]["variants"]}
    assert len(by_sku) == 3
    assert [answer["items"][0]["product_variant_id"] for answer in answers] == [by_sku[f"S-{n % 3}"] for n in range(12)]


async def test_a_deleted_variant_stays_with_what_was_sold(shop):
    scarf = await make(shop, variants=[variant("A")])
    sent = sale(external_id="T1", items=[named(product_variant_id=scarf["variants"][0]["id"], sku="A")])
    made = (await shop.post("/transactions", sent))["data"]
    await shop.delete(f"/products/{scarf['id']}")
    kept = (await shop.get(f"/transactions/{made['id']}"))["data"]
    assert kept["items"][0]["product_variant"]["sku"] == "A"
    assert kept["items"][0]["product"]["title"] == "Wool Scarf"
    await shop.post("/transactions", sent | {"external_id": "T2"}, status=422)
    later = await sold(shop, named(sku="A"))
    assert later["items"][0]["product_variant_id"] is None
    for place, correction in enumerate(({"external_id": "T1", "total": 70}, kept | {"total": 60})):
        corrected = (await shop.post("/transactions/update-create", correction))["data"]
        assert corrected["items"][0]["product_variant"]["sku"] == "A", place
        assert corrected["total"] == correction["total"]


async def test_recalculating_a_line_finds_what_the_catalogue_has_learned(shop):
    profile = await customer(shop)
    made = await sold(shop, named(sku="LATE"), named(sku="NEVER"), profile_id=profile)
    late, never = (row["id"] for row in made["items"])
    scarf = await make(shop, variants=[variant("late")])
    assert (await shop.get(f"/transactions/{made['id']}"))["data"]["items"][0]["product_variant_id"] is None
    linked = (await shop.put(f"/transactions/items/{late}"))["data"]
    assert linked["product_variant_id"] == scarf["variants"][0]["id"]
    assert (await shop.put(f"/transactions/items/{never}"))["data"]["product_variant_id"] is None
    facts = (await shop.get(f"/profiles/{profile}/aggregations"))["data"]
    assert facts["purchased_brands"] == ["Northline"]
    await shop.delete(f"/products/{scarf['id']}")
    assert (await shop.put(f"/transactions/items/{late}"))["data"] == linked


async def test_the_brands_that_were_bought(shop, jobs):
    """What each sale, void and change of the catalogue leads to equals what a calculation of everything finds."""
    profile, other = await customer(shop), await customer(shop)

    async def brands(of=profile):
        told = (await shop.get(f"/profiles/{of}/aggregations"))["data"]["purchased_brands"]
        again = (await shop.get(f"/profiles/{of}/aggregations/calculate"))["data"]["purchased_brands"]
        assert told == again
        return told

    scarf = await make(shop, brand="Tern", variants=[variant("A")])
    hat = await make(shop, handle="hat", brand="Northline", variants=[variant("B")])
    nameless = await make(shop, handle="x", brand="x", variants=[variant("C")])
    await shop.put(f"/products/{nameless['id']}", {"brand": None})
    first = await sold(shop, named(sku="A"), named(sku="C"), named(sku="A"), profile_id=profile)
    assert await brands() == ["Tern"]
    second = await sold(shop, named(sku="B"), named(sku="A", quantity=-1), profile_id=profile)
    assert await brands() == ["Northline", "Tern"]
    await shop.put(f"/transactions/{first['id']}", {"is_void": True})
    assert await brands() == ["Northline"]
    await sold(shop, named(sku="A", is_void=True), profile_id=profile)
    assert await brands() == ["Northline"]
    await shop.put(f"/transactions/{second['id']}", {"profile_id": other})
    assert (await brands(), await brands(other)) == ([], ["Northline"])
    await shop.put(f"/products/{hat['id']}", {"brand": "South"})
    await jobs()
    assert await brands(other) == ["South"]
    claim = product(handle="new", external_id="N", brand="West", variants=[variant("B", position=0)])
    await shop.post("/products/create-update", claim)
    await jobs()
    assert await brands(other) == ["West"]
    await shop.delete("/products/new")
    await jobs()
    assert await brands(other) == ["West"]
    assert scarf["brand"] == "Tern"


async def test_what_subscribers_see_of_a_line(shop):
    options = [{"name": "Colour", "value": "Green", "sort_order": 0}]
    scarf = await make(
        shop,
        description="Soft",
        custom_fields=[{"namespace": "care", "handle": "wash", "value": 30}],
        variants=[variant("A", barcode="93", description="Green one", options=options)],
    )
    for event in ("transaction.created", "transaction-item.created"):
        await shop.sql(
            "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, %s, 'trigger', 1)",
            shop.tenant.id,
            event,
        )
    await sold(shop, named(sku="A"), named(sku="no"))
    rows = await shop.sql(
        "SELECT e.name, c.context FROM event_contexts c JOIN events e ON e.id = c.event_id"
        " WHERE c.tenant_id = %s ORDER BY e.id",
        shop.tenant.id,
    )
    (_, whole), (_, found), (_, unknown) = rows
    brand = {"id": scarf["id"], "title": "Wool Scarf", "brand": "Northline", "department": None, "description": "Soft"}
    assert {name: found["product"][name] for name in brand} == brand
    assert whole["items"][0]["product"] == found["product"]
    assert (found["barcode"], found["product_variant_description"], found["product_options"]) == (
        "93",
        "Green one",
        options,
    )
    assert (found["custom_fields"], unknown["custom_fields"]) == ({"care": {"wash": 30}}, {})
    assert (unknown["product"], unknown["barcode"], unknown["product_options"]) == (None, None, None)


async def test_interactions_name_what_the_catalogue_has(shop):
    profile = await customer(shop)
    scarf = await make(shop, variants=[variant("A")])
    act = {"profile_id": profile, "action": "view", "channel": "website", "signal": 1, "name": "n", "namespace": "s"}
    keys = {"product_id": scarf["id"], "product_variant_id": scarf["variants"][0]["id"]}
    seen = (await shop.post("/interactions", act | keys))["data"]
    assert {name: seen[name] for name in keys} == keys
    wrong = {"product_id": 10**9, "product_variant_id": 10**9, "product_category_id": 10**9}
    refused = await shop.post("/interactions", act | wrong, status=422)
    assert set(refused["errors"]) == set(wrong)
    await shop.delete(f"/products/{scarf['id']}")
    refused = await shop.post("/interactions", act | keys, status=422)
    assert set(refused["errors"]) == set(keys)
    assert (await shop.get(f"/interactions/{seen['id']}"))["data"] == seen


def test_any_title_makes_a_handle():
    made = [slug(text) for text in ("Été  à Paris!", "2024", "", "日本", "a" * 400, "--", "ß")]
    assert made[0] == "ete-a-paris"
    assert len(set(made)) == len(made)
    for handle in made:
        assert 0 < len(handle) <= 220
        assert not handle.isdigit()
        assert set(handle) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
