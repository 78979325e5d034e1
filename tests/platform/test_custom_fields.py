"""Custom fields alone, below their owners and in lists (orgs-platform B6, B7)."""

import uuid

import pytest

SALE = {"total": 5, "transacted_at": "2025-03-02 01:10:00", "timezone": "Australia/Melbourne", "items": []}


async def owners(shop):
    person = (await shop.post("/profiles", {"email": f"{uuid.uuid4().hex}@example.com"}))["data"]["id"]
    place = (await shop.post("/locations", {"name": "Fitzroy", "phone": "0390000000"}))["data"]["id"]
    bought = (await shop.post("/transactions", SALE))["data"]["id"]
    return {"profiles": person, "locations": place, "transactions": bought}


def entry(namespace="acme", handle="last-synced", **more):
    return {"namespace": namespace, "handle": handle, **more}


@pytest.mark.parametrize("plural", ["profiles", "locations", "transactions"])
async def test_the_life_of_a_field(shop, plural):
    identifier = (await owners(shop))[plural]
    base = f"/{plural}/{identifier}/custom-fields"
    one = f"{base}/acme:last-synced"
    await shop.put(one, {"value": 1}, status=404)
    made = (await shop.post(base, entry(type="integer", value="5", name="Synced")))["data"]
    assert list(made) == [
        "name",
        "handle",
        "namespace",
        "value",
        "type",
        "version",
        "is_index",
        "custom_fieldable_type",
        "custom_fieldable",
        "created_at",
        "updated_at",
    ]
    assert (made["value"], made["type"], made["version"], made["name"]) == (5, "integer", 1, "Synced")
    assert (made["custom_fieldable_type"], made["custom_fieldable"]) == (plural.removesuffix("s"), None)
    errors = (await shop.post(base, entry(value="x"), status=422))["errors"]
    assert errors == {"handle": ["The handle has already been taken."]}
    errors = (await shop.put(one, {"value": "five"}, status=422))["errors"]
    assert list(errors) == ["value"]
    same = (await shop.put(one, {"value": 5}))["data"]
    assert same == made
    assert (await shop.put(one, {"name": "At"}))["data"]["version"] == 1
    assert [
        (row["value"], row["version"])
        for row in (await shop.put(one, {"value": 6}), await shop.get(one))
        for row in [row["data"]]
    ] == [(6, 2), (6, 2)]
    await shop.post(base, entry("other.space", "b_c.d-e", type="json", value={"k": [1]}))
    assert (await shop.get(f"{base}/other.space:b_c.d-e"))["data"]["value"] == {"k": [1]}
    assert set(await shop.get(base)) == {"data"}
    assert [row["handle"] for row in (await shop.get(base))["data"]] == ["last-synced", "b_c.d-e"]
    assert [row["handle"] for row in (await shop.get(f"{base}?filter[namespace]=acme"))["data"]] == ["last-synced"]
    assert [row["handle"] for row in (await shop.get(f"{base}?filter[value]=6"))["data"]] == ["last-synced"]
    shown = (await shop.get(f"/{plural}/{identifier}"))["data"]["custom_fields"]
    if plural == "transactions":
        assert [(row["handle"], row["value"]) for row in shown] == [("last-synced", 6), ("b_c.d-e", {"k": [1]})]
    else:
        assert shown == {"acme": {"last-synced": 6}, "other.space": {"b_c.d-e": {"k": [1]}}}
    await shop.delete(one)
    await shop.delete(one, status=404)
    await shop.get(one, status=404)
    unknown = uuid.uuid4() if plural == "profiles" else 2**40
    await shop.get(f"/{plural}/{unknown}/custom-fields", status=404)
    await shop.post(f"/{plural}/{unknown}/custom-fields", entry(), status=404)


async def test_the_owner_hears_of_real_changes_only(shop):
    identifier = (await owners(shop))["transactions"]
    base = f"/transactions/{identifier}/custom-fields"

    async def heard():
        rows = await shop.sql(
            "SELECT count(*) FROM events WHERE tenant_id = %s AND name = 'transaction.updated'", shop.tenant.id
        )
        return rows[0][0]

    await shop.post(base, entry(value="a"))
    await shop.put(f"{base}/acme:last-synced", {"value": "a"})
    assert await heard() == 1
    await shop.delete(f"{base}/acme:last-synced")
    assert await heard() == 2


async def test_every_value_is_remembered_with_its_owner(shop):
    known = await owners(shop)
    first = known["transactions"]
    second = (await shop.post("/transactions", SALE | {"custom_fields": [entry(value="b")]}))["data"]["id"]
    await shop.post(f"/transactions/{first}/custom-fields", entry(value="a"))
    await shop.put(f"/transactions/{first}", {"custom_fields": [entry(value="c")]})
    await shop.put(f"/transactions/{first}", {"custom_fields": [entry(value="c")]})
    await shop.post(f"/locations/{known['locations']}/custom-fields", entry(value="z"))
    rows = (await shop.get("/transactions/custom-fields/acme:last-synced/versions"))["data"]
    assert [(row["value"], row["version"], row["custom_fieldable"]) for row in rows] == [
        ("c", 2, {"id": first}),
        ("a", 1, {"id": first}),
        ("b", 1, {"id": second}),
    ]
    await shop.delete(f"/locations/{known['locations']}")
    assert (await shop.get("/locations/custom-fields/acme:last-synced/versions"))["data"] == []


async def test_any_owner_by_its_type(shop, other_shop):
    known = await owners(shop)
    for plural, model in (("profiles", "profile"), ("locations", "location"), ("transactions", "transactions")):
        base = f"/custom-fields/{model}/{known[plural]}"
        made = (await shop.post(base, entry(value=True)))["data"]
        assert (made["value"], made["type"], made["custom_fieldable"]) == (True, "boolean", {"id": known[plural]})
        page = await shop.get(base)
        assert (page["meta"]["total"], page["data"]) == (1, [made])
    found = await shop.get("/custom-fields/search?filter[handle]=last-synced&filter[current]=1&sort=-created_at")
    assert found["meta"]["total"] == 3
    assert (await other_shop.get("/custom-fields/search"))["data"] == []
    base = f"/custom-fields/location/{known['locations']}"
    await shop.post(base, entry(handle="second", value=1))
    body = {"custom_fields": [entry(), entry(handle="none"), entry(handle="second"), entry()]}
    answer = await shop.call("DELETE", f"{base}/batchJsonDelete", json=body, status=200)
    assert answer.json() == {"deleted": 2}
    await shop.delete(f"/custom-fields/profile/{known['profiles']}/acme:last-synced")
    assert (await shop.get("/custom-fields/search"))["meta"]["total"] == 1
    await shop.get("/custom-fields/ghost/1", status=404)


async def test_fields_of_the_tenant(shop, other_shop):
    app = {"enabled": True, "settings": [{"type": "block"}]}
    made = await shop.post(
        "/tenants/custom-fields", entry("clienteling.setting", "app__my-app", type="json", value=app)
    )
    assert (made["data"]["value"], made["data"]["custom_fieldable_type"]) == (app, "tenant")
    one = "/tenants/custom-fields/clienteling.setting:app__my-app"
    changed = (await shop.put(one, {"value": app | {"enabled": False}}))["data"]
    assert (changed["value"]["enabled"], changed["version"]) == (False, 2)
    listed = await shop.get("/tenants/custom-fields?filter[namespace]=clienteling.setting")
    assert listed == {"data": [changed]}
    await other_shop.get(one, status=404)
    await shop.delete(one)
    assert (await shop.get("/tenants/custom-fields"))["data"] == []


async def test_lists_are_filtered_by_a_field(shop):
    known = await owners(shop)
    await shop.post("/transactions", SALE | {"custom_fields": [entry(value="b")]})
    wanted = (await shop.post("/transactions", SALE | {"custom_fields": [entry(value="a")]}))["data"]["id"]
    page = await shop.get("/transactions?filter[custom_field][acme][last-synced]=a")
    assert [row["id"] for row in page["data"]] == [wanted]
    await shop.post(f"/locations/{known['locations']}/custom-fields", entry(value="a"))
    page = await shop.get("/locations?filter[custom_field][acme][last-synced]=a")
    assert [row["id"] for row in page["data"]] == [known["locations"]]
    assert (await shop.get("/locations?filter[custom_field][acme][last-synced]=b"))["data"] == []
