"""The catalogue over HTTP (commerce 6, 8, 12)."""

import asyncio

import pytest
from catalogue import make, product, told, variant

pytestmark = pytest.mark.anyio

PRODUCT_KEYS = [
    "id",
    "title",
    "handle",
    "type",
    "external_id",
    "status",
    "brand",
    "department",
    "link_brand",
    "link_department",
    "web_url",
    "description",
    "currency",
    "position",
    "images",
    "systems",
    "channels",
    "tags",
    "options",
    "custom_fields",
    "meta",
    "organisation",
    "variants",
    "created_at",
    "updated_at",
]
VARIANT_KEYS = [
    "id",
    "product_id",
    "sku",
    "external_id",
    "barcode",
    "web_url",
    "handle",
    "title",
    "description",
    "position",
    "price",
    "price_discounted",
    "price_comparison",
    "price_cost",
    "available_quantity",
    "images",
    "meta",
    "tags",
    "options",
    "created_at",
    "updated_at",
]
GREEN = {"name": "Colour", "value": "Green", "sort_order": 0}
RED = {"name": "Colour", "value": "Red", "sort_order": 0}
SMALL = {"name": "Size", "value": "S", "sort_order": 1}
WHOLE = product(
    type="simple",
    external_id=501,
    department="Accessories",
    description="<p>Soft</p>",
    web_url="https://shop.example.com/scarf",
    currency="AUD",
    images=[{"url": "https://cdn.example.com/s.jpg", "sort_order": 0, "alt": "dropped"}],
    systems=["pos", "web", "pos"],
    channels=["online", {"handle": "stores"}],
    tags=["winter", "soft"],
    meta={"season": "AW"},
    custom_fields=[{"namespace": "care", "handle": "wash", "type": "integer", "value": "30"}],
    variants=[
        variant(
            external_id="V1",
            barcode=930000000017,
            title="Wool Scarf / Green",
            position=2,
            price_cost=12.5,
            available_quantity=8,
            tags=["new"],
            options=[GREEN, SMALL, {"name": None, "value": "Wool"}],
        ),
        variant("SC-RED", price="89.90", position=1, options=[RED, SMALL]),
    ],
)


async def test_the_whole_product(shop, other_shop):
    await shop.post("/brands", {"name": "NORTHLINE", "handle": "the-brand"})
    made = (await shop.post("/products", WHOLE))["data"]
    assert list(made) == PRODUCT_KEYS
    assert [list(row) for row in made["variants"]] == [VARIANT_KEYS] * 2
    shown = {name: made[name] for name in ("external_id", "status", "position", "link_brand", "link_department")}
    assert shown == {
        "external_id": "501",
        "status": "active",
        "position": 1,
        "link_brand": "the-brand",
        "link_department": None,
    }
    assert made["images"] == [{"url": "https://cdn.example.com/s.jpg", "sort_order": 0}]
    assert (made["systems"], made["channels"], made["tags"]) == (
        ["pos", "web"],
        ["online", "stores"],
        ["winter", "soft"],
    )
    assert list(made["options"].items()) == [("Colour", ["Red", "Green"]), ("Size", ["S"])]
    field = made["custom_fields"][0]
    assert (field["namespace"], field["handle"], field["value"], field["type"]) == ("care", "wash", 30, "integer")
    red, green = made["variants"]
    assert (red["sku"], red["price"], red["title"], red["options"]) == ("SC-RED", 89.9, None, [RED, SMALL])
    assert (green["barcode"], green["price"], green["price_cost"], green["product_id"]) == (
        "930000000017",
        95,
        12.5,
        made["id"],
    )
    assert green["options"][2] == {"name": None, "value": "Wool", "sort_order": None}
    assert {row["handle"] for row in (await shop.get("/systems"))["data"]} >= {"pos", "web"}
    assert {row["handle"] for row in (await shop.get("/tags"))["data"]} == {"winter", "soft", "new"}
    for path in (f"/products/{made['id']}", "/products/WOOL-SCARF"):
        assert (await shop.get(path))["data"] == made
        await other_shop.get(path, status=404)
    brand = (await shop.get("/brands", params={"filter[handle]": "the-brand"}))["data"][0]
    await shop.delete(f"/brands/{brand['id']}")
    assert (await shop.get("/products/wool-scarf"))["data"]["link_brand"] is None
    await shop.advance(minutes=5)
    back = await shop.get("/products/wool-scarf")
    assert await shop.put(f"/products/{made['id']}", back["data"]) == back
    assert await told(shop, "product") == ["product.created"]


async def test_a_change_is_partial(shop):
    made = (await shop.post("/products", WHOLE))["data"]
    red, green = made["variants"]
    await shop.advance(minutes=5)
    body = {
        "handle": "other",
        "title": "Scarf",
        "images": None,
        "tags": ["sale"],
        "custom_fields": [{"namespace": "care", "handle": "iron", "value": False}],
        "variants": [
            {"id": green["id"], "price": None, "sku": "SC-OLIVE"},
            {"sku": "sc-red", "position": 9},
            variant("SC-BLU", options=[{"name": "Colour", "value": "Blue", "sort_order": 0}]),
        ],
    }
    changed = (await shop.put("/products/wool-scarf", body))["data"]
    assert (changed["handle"], changed["title"], changed["brand"]) == ("wool-scarf", "Scarf", "Northline")
    assert (changed["images"], changed["tags"], changed["meta"]) == ([], ["sale"], {"season": "AW"})
    assert [(row["handle"], row["value"]) for row in changed["custom_fields"]] == [("wash", 30), ("iron", False)]
    rows = [(row["sku"], row["price"], row["position"]) for row in changed["variants"]]
    assert rows == [("SC-BLU", 95, 0), ("SC-OLIVE", None, 2), ("sc-red", 89.9, 9)]
    assert changed["options"]["Colour"] == ["Blue", "Green", "Red"]
    assert {row["id"] for row in changed["variants"]} > {red["id"], green["id"]}
    archived = (
        await shop.put("/products/wool-scarf", {"archive_existing_variants": True, "variants": [{"sku": "SC-RED"}]})
    )["data"]
    assert [row["id"] for row in archived["variants"]] == [red["id"]]
    none = (await shop.put("/products/wool-scarf", {"archive_existing_variants": True}))["data"]
    assert (none["variants"], none["options"]) == ([], {})
    assert await told(shop, "product") == ["product.created", *["product.updated"] * 3]
    kinds = await shop.sql(
        "SELECT event, count(*) FROM audits WHERE tenant_id = %s AND auditable_type = 'ProductVariant' GROUP BY event",
        shop.tenant.id,
    )
    assert dict(kinds) == {"created": 3, "updated": 2 + 1, "deleted": 2 + 1}


REFUSED = [
    ({}, {"title", "handle", "brand"}),
    (product(handle="123", status="gone", type="thing"), {"handle", "status", "type"}),
    (product(web_url="nowhere", images=[{"sort_order": 1}]), {"web_url", "images.0.url"}),
    (product(variants=[{"title": "x"}]), {"variants.0.sku", "variants.0.price"}),
    (product(variants=[variant(), variant("sc-grn")]), {"variants.1.sku"}),
    (product(variants=[variant(options=[{"name": "Colour"}])]), {"variants.0.options.0.value"}),
    (product(variants=[variant("TAKEN")]), {"variants.0.sku"}),
    (product(handle="Held"), {"handle"}),
    (product(external_id="e1"), {"external_id"}),
    (product(organisation_id=7), {"organisation_id"}),
    (product(custom_fields=[{"namespace": "a", "handle": "b", "type": "integer", "value": "x"}]), None),
]


async def test_what_is_refused(shop):
    held = await make(shop, handle="held", external_id="E1", variants=[variant("taken")])
    for body, expected in REFUSED:
        refused = await shop.post("/products", body, status=422)
        assert set(refused["errors"]) == (expected or {"custom_fields.0.value"}), body
    keys = {"title": "x", "brand": "x", "handle": "HELD", "external_id": "e1"}
    both = await shop.post("/products", keys | {"organisation_id": 7}, status=422)
    assert both["errors"] == {
        "organisation_id": ["The selected organisation id is invalid."],
        "external_id": ["The external id has already been taken."],
        "handle": ["The handle has already been taken."],
    }
    free = await make(shop, handle="free")
    taken = await shop.put(f"/products/{free['id']}", keys, status=422)
    assert list(taken["errors"]) == ["external_id"]
    path = f"/products/{free['id']}"
    clash = await shop.put(path, {"variants": [{"sku": "TAKEN"}]}, status=422)
    assert clash["errors"] == {"variants.0.sku": ["The variants.0.sku has already been taken."]}
    missing = await shop.put(path, {"variants": [{"title": "x"}, {"sku": "N"}], "title": None}, status=422)
    assert set(missing["errors"]) == {"title", "variants.0.sku", "variants.0.price", "variants.1.price"}
    own = held["variants"][0]["id"]
    await shop.put(path, {"variants": [{"id": own, "sku": "taken"}]}, status=422)
    assert (await shop.get(path))["data"] == free
    subscribed = (
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, 'product.deleted', 'x', 1)"
    )
    await shop.sql(subscribed, shop.tenant.id)
    await shop.delete("/products/held")
    await shop.get("/products/held", status=404)
    assert (await shop.get("/products/variants"))["data"] == []
    ((state,),) = await shop.sql("SELECT context FROM event_contexts WHERE tenant_id = %s", shop.tenant.id)
    assert state == held
    again = await make(shop, handle="held", external_id="e1", variants=[variant("TAKEN")])
    assert again["id"] != held["id"]
    assert (await told(shop, "product"))[-2:] == ["product.deleted", "product.created"]


async def test_lists_filters_and_search(shop):
    scarf = (await shop.post("/products", WHOLE))["data"]
    hat = await make(shop, title="Hat", handle="hat", brand="Tern", status="draft", variants=[variant("H-1", price=30)])
    await make(shop, title="Glove", handle="glove", department="Hands", position=7)

    async def found(path="/products", **query):
        page = await shop.get(path, params=query)
        return [row.get("handle") or row.get("sku") for row in page["data"]]

    assert await found() == ["wool-scarf", "hat", "glove"]
    for name, value, handles in [
        ("brand", "TERN", ["hat"]),
        ("status", "draft", ["hat"]),
        ("external_id", "501", ["wool-scarf"]),
        ("department", "hands", ["glove"]),
        ("tags.handle", "winter", ["wool-scarf"]),
        ("position", "7", ["glove"]),
        ("search", "h-1", ["hat"]),
        ("search", "930000000017", ["wool-scarf"]),
        ("search", "soft", ["wool-scarf"]),
        ("search", "north", ["wool-scarf", "glove"]),
    ]:
        assert await found(**{f"filter[{name}]": value}) == handles, name
    assert await found(**{"filter[custom_field][care][wash]": "30"}) == ["wool-scarf"]
    assert await found(sort="-title") == ["wool-scarf", "hat", "glove"]
    for written, handles in [
        ({"filter[search][eq]": "h-1"}, ["hat"]),
        ({"filter[search_with][title]": "AT"}, ["hat"]),
        ({"filter[search_with][title]": ""}, ["wool-scarf", "hat", "glove"]),
    ]:
        assert await found(**written) == handles
    for nonsense in ("price", "search_with", "search_with][price", "search][gt", "search]["):
        refused = await shop.get("/products", params={f"filter[{nonsense}]": "1"}, status=400)
        assert f"`{nonsense.replace('][', '.').partition('.')[0]}" in refused["message"]
    everything = await shop.get("/products/variants", params={"sort": "price", "page[size]": 2})
    assert ([row["sku"] for row in everything["data"]], everything["meta"]["total"]) == (["H-1", "SC-RED"], 3)
    assert await found("/products/variants", **{"filter[barcode]": "930000000017"}) == ["SC-GRN"]
    assert await found("/products/variants", **{"filter[price][gte]": "89.9"}) == ["SC-GRN", "SC-RED"]
    assert await found("/products/variants", **{"filter[product_id]": str(hat["id"])}) == ["H-1"]
    own = await shop.get(f"/products/{scarf['id']}/variants", params={"filter[sku]": "sc-red"})
    assert list(own) == ["data"]
    assert [row["sku"] for row in own["data"]] == ["SC-RED"]
    await shop.get("/products/999/variants", status=404)


async def test_variants_alone(shop):
    made = await make(shop)
    other = await make(shop, handle="hat", variants=[variant("H-1")])
    path = f"/products/{made['id']}/variants"
    missing = await shop.post(path, {}, status=422)
    assert set(missing["errors"]) == {"sku", "title", "price"}
    taken = await shop.post(path, {"sku": "h-1", "title": "x", "price": 1}, status=422)
    assert taken["errors"] == {"sku": ["The sku has already been taken."]}
    green = (await shop.post(path, {"sku": "SC-GRN", "title": "Green", "price": 95, "options": [GREEN]}))["data"]
    assert (green["product_id"], green["price"], green["options"]) == (made["id"], 95, [GREEN])
    one = f"{path}/{green['id']}"
    assert (await shop.get(one))["data"] == green
    foreign = other["variants"][0]["id"]
    for method in ("get", "put", "delete"):
        await getattr(shop, method)(f"{path}/{foreign}", status=404)
        await getattr(shop, method)(f"/products/{other['id']}/variants/{green['id']}", status=404)
    await shop.put(one, {"sku": "H-1"}, status=422)
    await shop.put(one, {"sku": None}, status=422)
    before = await told(shop, "product")
    assert (await shop.put(one, green))["data"] == green
    assert await told(shop, "product") == before
    await shop.advance(minutes=5)
    cheaper = (await shop.put(one, {"price_discounted": 80}))["data"]
    assert cheaper == green | {"price_discounted": 80, "updated_at": cheaper["updated_at"]}
    assert (await shop.get(f"/products/{made['id']}"))["data"]["updated_at"] == cheaper["updated_at"]
    await shop.delete(one)
    await shop.get(one, status=404)
    assert (await shop.get(path))["data"] == []
    assert (await told(shop, "product"))[2:] == ["product.updated"] * 3


async def test_create_update_finds_by_external_id_then_handle(shop):
    body = product(external_id="P1", variants=[variant(position=0)])
    missing = await shop.post("/products/create-update", {"title": "x"}, status=422)
    assert set(missing["errors"]) == {"handle", "external_id", "brand", "variants"}
    missing = await shop.post("/products/create-update", body | {"variants": [{"sku": "A"}]}, status=422)
    assert set(missing["errors"]) == {"variants.0.price", "variants.0.position"}
    first = (await shop.post("/products/create-update", body))["data"]
    same = (await shop.post("/products/update-create", body, status=200))["data"]
    assert same == first
    moved = body | {"handle": "ignored", "title": "New", "external_id": "p1", "variants": [variant("B", position=1)]}
    second = (await shop.post("/products/create-update", moved, status=200))["data"]
    assert (second["id"], second["handle"], second["title"]) == (first["id"], "wool-scarf", "New")
    assert [row["sku"] for row in second["variants"]] == ["SC-GRN", "B"]
    by_handle = body | {"external_id": "P2", "variants": [], "archive_existing_variants": True}
    third = (await shop.post("/products/create-update", by_handle, status=200))["data"]
    assert (third["id"], third["external_id"], third["variants"]) == (first["id"], "P2", [])


async def test_a_sku_moves_to_the_product_that_claims_it(shop):
    old = await make(shop, variants=[variant("A"), variant("B")])
    claim = product(handle="new", external_id="N", variants=[variant("b", position=0, price=1)])
    new = (await shop.post("/products/create-update", claim))["data"]
    assert [(row["id"], row["sku"], row["price"]) for row in new["variants"]] == [(old["variants"][1]["id"], "b", 1)]
    assert [row["sku"] for row in (await shop.get("/products/wool-scarf"))["data"]["variants"]] == ["A"]
    assert await told(shop, "product") == ["product.created", "product.updated", "product.created"]


async def test_the_queue_and_batches(shop, jobs):
    refused = await shop.post("/products/queue", {"title": "x", "variants": [{"price": 1}]}, status=422)
    assert set(refused["errors"]) == {"external_id", "variants.0.sku"}
    new = product(external_id="Q1", variants=[{"sku": "Q-1"}])
    assert await shop.post("/products/queue", new, status=200) == {"data": "OK"}
    assert (await shop.get("/products"))["data"] == []
    await jobs()
    await shop.post("/products/queue", {"external_id": "Q1", "title": "Renamed"}, status=200)
    await shop.post("/products/queue", {"external_id": "nobody", "title": "x"}, status=200)
    ran = await jobs(errors=True)
    assert [job.error is None for job in ran] == [True, False]
    queued = (await shop.get("/products/wool-scarf"))["data"]
    assert (queued["title"], queued["brand"], [row["price"] for row in queued["variants"]]) == (
        "Renamed",
        "Northline",
        [None],
    )
    rows = [
        {"handle": "wool-scarf", "external_id": "Q2", "variants": [{"sku": "Q-2"}], "archive_existing_variants": True},
        {"external_id": "Q2", "title": "No handle"},
        product(handle="hat", variants=[{"sku": "Q-2", "price": 3}]),
        {"handle": "unknown", "title": "x"},
    ]
    answer = await shop.post("/products/batch.json", {"products": rows}, status=200)
    assert answer["message"] == "Queued for processing."
    await shop.post("/products/batch", {"products": []}, status=422)
    await jobs()
    batch = (await shop.get(f"/batches/{answer['batch_id']}"))["data"]
    assert (batch["success_count"], batch["failed_count"]) == (2, 2)
    page = (await shop.get("/products"))["data"]
    assert [(row["external_id"], [v["sku"] for v in row["variants"]]) for row in page] == [("Q2", []), (None, ["Q-2"])]


async def test_one_product_of_many_requests_at_once(shop):
    """The same key makes one product; a sku that two products claim ends in one of them."""
    bodies = [product(external_id="P", title=f"T{n}", variants=[variant(f"S{n % 3}", position=0)]) for n in range(8)]
    bodies += [product(handle=f"h{n}", external_id=f"X{n}", variants=[variant("SHARED", position=0)]) for n in range(4)]
    calls = (shop.call("POST", "/products/create-update", json=body) for body in bodies)
    answers = await asyncio.gather(*calls)
    assert {answer.status_code for answer in answers} <= {200, 201}
    page = (await shop.get("/products"))["data"]
    assert sorted(row["external_id"] for row in page) == ["P", "X0", "X1", "X2", "X3"]
    skus = sorted(row["sku"] for row in (await shop.get("/products/variants"))["data"])
    assert skus == ["S0", "S1", "S2", "SHARED"]


async def test_custom_fields_of_products_and_their_versions(shop):
    made = await make(shop)
    path = f"/products/{made['id']}/custom-fields"
    created = (await shop.post(path, {"namespace": "care", "handle": "wash", "type": "integer", "value": 30}))["data"]
    assert (created["value"], created["custom_fieldable_type"], created["version"]) == (30, "product", 1)
    await shop.put(f"{path}/care:wash", {"value": 40})
    await shop.put(f"/products/{made['id']}", {"custom_fields": [{"namespace": "care", "handle": "wash", "value": 60}]})
    shown = (await shop.get(f"/products/{made['id']}"))["data"]["custom_fields"]
    assert [(row["value"], row["version"]) for row in shown] == [(60, 3)]
    versions = (await shop.get("/products/custom-fields/care:wash/versions"))["data"]
    assert [(row["value"], row["custom_fieldable"]) for row in versions] == [
        (value, {"id": made["id"]}) for value in (60, 40, 30)
    ]
    anywhere = await shop.get(f"/custom-fields/products/{made['id']}")
    assert anywhere["meta"]["total"] == 1
    await shop.delete(f"{path}/care:wash")
    await shop.put(f"{path}/care:wash", {"value": 1}, status=404)
    assert await told(shop, "product") == ["product.created", *["product.updated"] * 4]
    await shop.delete(f"/products/{made['id']}")
    await shop.get(path, status=404)
