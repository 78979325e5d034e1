"""Definitions, lists and items (lists A1 to A3)."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio


async def test_a_kind_of_list_lives(shop, other_shop):
    made = (
        await shop.post(
            "/lists/definitions",
            {
                "name": "Registry",
                "handle": "gift-registry",
                "type": "gift-registry",
                "allow_share": "1",
                "tags": ["a b"],
            },
        )
    )["data"]
    assert list(made) == [
        "id",
        "name",
        "handle",
        "type",
        "icon",
        "cover",
        "short_description",
        "description",
        "allow_share",
        "allow_quantity",
        "allow_reserve",
        "allow_custom_product",
        "allow_edit",
        "allow_new",
        "allow_delete",
        "timezone",
        "reservation_period",
        "reservation_period_type",
        "reservation_absolute_expiry",
        "reservation_reserved_target_id",
        "reservation_notify_reserved_offset_days",
        "reservation_notify_reserved_offset_hours",
        "reservation_expiry_target_id",
        "reservation_remind_target_id",
        "reservation_notify_remind_offset_days",
        "reservation_notify_remind_offset_hours",
        "meta",
        "is_published",
        "is_active",
        "organisation",
        "tags",
    ]
    flags = {name: value for name, value in made.items() if name.startswith(("allow", "is_"))}
    assert [name for name, value in flags.items() if value] == [
        "allow_share", "allow_edit", "allow_new", "allow_delete", "is_published", "is_active",
    ]  # fmt: skip
    assert made["tags"] == ["a-b"]
    path = f"/lists/definitions/{made['id']}"
    for other in (path, "/lists/definitions/Gift-Registry", f"/list-definitions/{made['id']}"):
        assert (await shop.get(other))["data"] == made
    await other_shop.get(path, status=404)
    changed = (await shop.put(path, {"handle": "x", "is_active": False}))["data"]
    assert changed == {**made, "is_active": False}
    for name, value, total in (
        ("is_active", 0, 1),
        ("allow_share", 0, 0),
        ("type", "gift-registry", 1),
        ("search", "regis", 1),
    ):
        page = await shop.get("/lists/definitions", params={f"filter[{name}]": value})
        assert page["meta"]["total"] == total, name
    for body, errors in (
        ({}, {name: f"The {name} field is required." for name in ("name", "handle", "type")}),
        ({"handle": "GIFT-registry"}, {"handle": "The handle has already been taken."}),
        (
            {"reservation_period_type": "ages"},
            {"reservation_period_type": "The selected reservation period type is invalid."},
        ),
        (
            {"reservation_period_type": "absolute_date"},
            {"reservation_absolute_expiry": "The reservation absolute expiry field is required."},
        ),
        (
            {"reservation_remind_target_id": 99},
            {"reservation_remind_target_id": "The selected reservation remind target id is invalid."},
        ),
    ):
        sent = {"name": "n", "handle": "h", "type": "t", **body} if body else body
        answer = await shop.post("/lists/definitions", sent, status=422)
        assert answer["errors"] == {name: [text] for name, text in errors.items()}
    await shop.delete(path)
    await shop.get(path, status=404)


async def test_a_list_lives_with_its_items(house, shop):
    kind = await house.kind("registry", allow_share=True, allow_quantity=True)
    place = (await shop.post("/locations", {"name": "City", "phone": "0390000000", "external_id": "S1"}))["data"]
    variant = house.product["variants"][0]
    made = await house.make(
        "Wédding 2027!",
        list_definition_id=kind["id"],
        custom_date="2027-02-14",
        location_id=place["id"],
        tags=["wedding day"],
        meta={"delivery_address_id": 77},
        custom_fields={"namespace": "acme", "handle": "n", "value": 5},
        items=[
            {"product_variant_sku": "sc-1", "quantity": 2, "position": 2},
            {"external_id": "X-hat", "position": 1},
            {"product_variant_barcode": "B-scarf", "product_id": house.product["id"]},
        ],
    )
    assert await house.events() == ["list.created", *["list-item.created"] * 3]
    assert list(made) == [
        "id",
        "profile_id",
        "profile",
        "name",
        "description",
        "handle",
        "sort_order",
        "custom_date",
        "definition",
        "organisation",
        "location",
        "staff",
        "items",
        "is_shared",
        "shares",
        "tags",
        "custom_fields",
        "meta",
        "created_at",
        "updated_at",
    ]
    assert (made["handle"], made["custom_date"], made["tags"]) == (
        "wedding-2027",
        "2027-02-14 00:00:00",
        ["wedding-day"],
    )
    assert made["profile"] == {
        "id": house.profile, "first_name": "Ada", "last_name": "Quill", "email": "ada@example.com",
    }  # fmt: skip
    assert made["definition"] == kind
    assert (made["location"]["name"], made["is_shared"], made["shares"]) == ("City", False, [])
    (field,) = made["custom_fields"]
    assert (field["value"], field["type"], field["custom_fieldable_id"]) == ("5", "integer", made["id"])
    assert field["custom_fieldable_type"] == "product_list"
    assert [item["position"] for item in made["items"]] == [1, 2, None]
    hat, scarf, third = made["items"]
    assert (hat["product_variant"], hat["product"]["handle"], hat["quantity"]) == (None, "hat", 1)
    assert scarf["product_variant"] == third["product_variant"] == {**variant}
    assert scarf["product"] == house.product
    assert scarf["product_list_id"] == made["id"]
    path = f"{house.path}/{made['id']}"
    for other in (path, f"{house.path}/Wedding-2027", f"/lists/{made['id']}"):
        assert (await shop.get(other))["data"] == made
    assert (await shop.get(house.path))["data"] == [made]
    await shop.get("/lists/wedding-2027", status=404)
    twin = await house.make("Wedding 2027", status=201)
    assert (twin["handle"], twin["definition"]) == ("wedding-2027-2", None)
    assert (await house.make("2027"))["handle"] == "list-2027"
    assert await house.make("x", status=422, handle="WEDDING-2027") == {
        "handle": ["The handle has already been taken."]
    }
    for params, total in (
        ({"filter[name]": "wedding 2027"}, 1),
        ({"search": "wédd"}, 1),
        ({"filter[custom_field][acme][n]": "5"}, 1),
        ({"filter[json_contains]": '{"delivery_address_id":77}'}, 1),
        ({"filter[tags.handle]": "wedding-day", "filter[location_id]": place["id"]}, 1),
        ({"filter[custom_date][gte]": "2027-02-15"}, 0),
        ({}, 3),
    ):
        for search in ("/product-lists/search", "/lists"):
            assert (await shop.get(search, params=params))["meta"]["total"] == total, params
    await house.events()
    # The whole set: one changed, one new, two gone.
    changed = (await shop.put(path, {"items": [{"id": scarf["id"], "quantity": 5}, {"product_variant_sku": "HT-1"}]}))[
        "data"
    ]
    assert [(item["id"] == scarf["id"], item["quantity"]) for item in changed["items"]] == [(True, 5), (False, 1)]
    assert sorted(await house.events()) == ["list-item.created", "list-item.updated", "list.updated"]
    only = {"update_items_only": True, "items": [{"product_variant_sku": "HT-1", "status": "liked"}]}
    changed = (await shop.put(path, only))["data"]
    assert [item["status"] for item in changed["items"]] == [None, "liked"]
    assert await house.events() == ["list-item.updated", "list.updated"]
    assert (await shop.put(path, {**changed, **only}))["data"] == changed
    assert await house.events() == []
    for body, errors in (
        ({"items": [{"id": third["id"]}]}, {"items.0.id": "The selected items.0.id is invalid."}),
        (
            {"update_items_only": True, "items": [{"product_id": 10**9}]},
            {
                "items.0.product_id": "The selected items.0.product id is invalid.",
                "items.0.id": "The selected items.0.id is invalid.",
            },
        ),
        (
            {"name": "changed?", "items": [{"quantity": 0, "product_id": 1}]},
            {"items.0.quantity": "The items.0.quantity field must be at least 1."},
        ),
        ({"items": [{}]}, {"items.0.product_variant_id": "The items.0.product variant id field is required."}),
        ({"location_id": 10**9}, {"location_id": "The selected location id is invalid."}),
        ({"name": None}, {"name": "The name field must be a string."}),
    ):
        answer = await shop.put(path, body, status=422)
        assert answer["errors"] == {name: [text] for name, text in errors.items()}, body
    assert await house.read(made) == changed
    assert (await shop.put(path, {"items": [], "tags": [], "meta": None}))["data"]["items"] == []
    await shop.delete(path)
    await shop.get(path, status=404)
    await shop.get(f"{house.path}/wedding-2027", status=404)
    assert await house.events() == ["list.updated"]
    assert (await house.make("Wedding 2027"))["handle"] == "wedding-2027"


async def test_items_one_by_one(house, shop):
    plain = await house.kind("wishlist", allow_custom_product=True)
    made = await house.make("Wishes", list_definition_id=plain["id"])
    path = f"{house.path}/wishes/items"
    scarf = house.product["variants"][0]
    await shop.put(
        f"/products/{house.product['id']}", {"custom_fields": [{"namespace": "a", "handle": "b", "value": "c:d"}]}
    )
    for reference in (
        {"product_variant_id": scarf["id"]},
        {"product_variant_sku": "sc-1"},
        {"product_variant_barcode": "b-SCARF"},
        {"product_id": house.product["id"]},
        {"external_id": "x-scarf"},
        {"custom_field": "a:b:c:d"},
        {"product_variant_id": scarf["id"], "product_id": house.product["id"], "external_id": "X-scarf"},
    ):
        item = (await shop.post(path, {**reference, "position": 1}))["data"]
        assert item["product"]["id"] == house.product["id"], reference
        assert (item["product_variant"] is None) == ("product_variant" not in str(reference)), reference
    wrong = "The selected {} is invalid."
    for body, errors in (
        ({}, {"product_variant_id": "The product variant id field is required."}),
        ({"product_variant_sku": "no"}, {"product_variant_sku": wrong.format("product variant sku")}),
        (
            {"product_variant_id": scarf["id"], "product_id": house.other["id"]},
            {"product_id": wrong.format("product id")},
        ),
        (
            {"product_id": house.other["id"], "quantity": 2},
            {"quantity": "The quantity field must not be greater than 1."},
        ),
        ({"product_id": house.other["id"], "quantity": 1.5}, {"quantity": "The quantity field must be an integer."}),
        (
            {"product_id": house.other["id"], "product_category_id": 9},
            {"product_category_id": wrong.format("product category id")},
        ),
    ):
        answer = await shop.post(path, body, status=422)
        assert answer["errors"] == {name: [text] for name, text in errors.items()}, body
    page = await shop.get(path, params={"page[size]": 2, "filter[product_id]": house.product["id"]})
    assert (page["meta"]["total"], len(page["data"])) == (7, 2)
    lamp = (await shop.post(f"{house.path}/{made['id']}/custom", {"name": "Lamp", "price": 120.5, "position": 0}))[
        "data"
    ]
    assert (lamp["custom_product"]["name"], lamp["custom_product"]["price"], lamp["product"]) == ("Lamp", 120.5, None)
    assert (await shop.get(f"/customProducts/{lamp['custom_product']['id']}"))["data"] == lamp["custom_product"]
    assert (await shop.post(f"{house.path}/{made['id']}/custom", {}, status=422))["errors"] == {
        "name": ["The name field is required."]
    }
    free = await house.make("Free")
    refused = await shop.post(f"{house.path}/{free['id']}/custom", {"name": "x"}, status=422)
    assert list(refused["errors"]) == ["list_definition_id"]
    assert (await shop.post(f"{house.path}/free/items", {"product_id": house.other["id"], "quantity": 4}))["data"][
        "quantity"
    ] == 4
    changed = (await shop.put(f"{path}/{lamp['id']}", {"product_variant_sku": "HT-1", "source": "pos"}))["data"]
    assert (changed["product"]["handle"], changed["custom_product"], changed["source"]) == ("hat", None, "pos")
    assert (await shop.get(f"{path}/{lamp['id']}"))["data"] == changed
    await shop.get(f"{house.path}/free/items/{lamp['id']}", status=404)
    await shop.post(f"{path}/{lamp['id']}", {}, status=405)
    await shop.delete(f"/products/{house.other['id']}")
    gone = (await shop.get(f"{path}/{lamp['id']}"))["data"]
    assert (gone["product"], gone["product_variant"], gone["source"]) == (None, None, "pos")
    remaining = (await shop.delete(f"{path}/{lamp['id']}", status=200)).json()
    assert [item["id"] for item in remaining["data"]] == [item["id"] for item in (await house.read(made))["items"]]
    assert len(remaining["data"]) == 7
    await shop.delete(f"{path}/{lamp['id']}", status=404)


async def test_parallel_lists_get_handles_of_their_own_and_hands_change(house, shop):
    made = await asyncio.gather(*(house.make("Same name") for _ in range(12)))
    assert len({one["handle"] for one in made}) == 12
    answers = await asyncio.gather(
        *(shop.call("POST", house.path, json={"name": "x", "handle": "explicit"}) for _ in range(6))
    )
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 5]
    friend = (await shop.post("/profiles", {"email": "b@example.com"}))["data"]
    theirs = (await shop.post(f"/profiles/{friend['id']}/lists", {"name": "Same name"}))["data"]
    path = f"{house.path}/same-name"
    answer = await shop.call("PUT", path, json={"profile_id": friend["id"]})
    assert answer.json()["data"]["handle"] == "same-name-2"
    assert answer.json()["data"]["profile_id"] == friend["id"]
    await shop.get(path, status=404)
    item = {"items": [{"product_variant_sku": "SC-1"}, {"product_variant_sku": "HT-1"}]}
    target = f"{house.path}/same-name-2"
    await asyncio.gather(*(shop.put(target, item) for _ in range(8)))
    assert len((await shop.get(target))["data"]["items"]) == 2
    await shop.post(
        "/profiles/merge", {"source_profile_id": friend["id"], "destination_profile_id": house.profile}, status=200
    )
    told = (await shop.get(house.path))["data"]
    assert len(told) == 14
    assert len({one["handle"] for one in told}) == 14
    assert theirs["id"] in {one["id"] for one in told}
    await shop.post(f"{target}/custom-fields", {"namespace": "a", "handle": "b", "value": "x"})
    await shop.delete(f"/profiles/{house.profile}/purge")
    for table in ("product_lists", "product_list_items"):
        assert await shop.sql(f"SELECT 1 FROM {table} WHERE tenant_id = %s", shop.tenant.id) == []
    fields = "SELECT 1 FROM custom_fields WHERE tenant_id = %s AND owner_type = 'product_list'"
    assert await shop.sql(fields, shop.tenant.id) == []


async def test_custom_fields_of_a_list(house, shop):
    made = await house.make("Wishes")
    path = f"{house.path}/wishes/custom-fields"
    field = (await shop.post(path, {"namespace": "acme", "handle": "n", "value": "x"}))["data"]
    assert (field["value"], field["custom_fieldable_type"]) == ("x", "product_list")
    assert (await shop.get(path))["data"] == [field]
    assert (await shop.put(f"{path}/acme:n", {"value": "y"}))["data"]["value"] == "y"
    assert (await shop.get(f"{path}/acme:n"))["data"]["value"] == "y"
    assert (await house.read(made))["custom_fields"][0]["value"] == "y"
    assert await house.events() == ["list.created", "list.updated", "list.updated"]
    assert (await shop.get(f"/custom-fields/product_list/{made['id']}"))["data"][0]["value"] == "y"
    await shop.delete(f"{path}/acme:n")
    await shop.get(f"{path}/acme:n", status=404)
    await shop.get(f"{house.path}/nothing/custom-fields", status=404)
