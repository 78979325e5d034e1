import pytest

pytestmark = pytest.mark.anyio


async def test_region_life(shop, other_shop):
    made = await shop.post("/regions", {"name": "ANZ", "handle": "anz", "countries": [{"iso_2": "AU"}]})
    region = made["data"]
    assert region["is_default"] is None
    assert [country["iso_3"] for country in region["countries"]] == ["AUS"]
    page = await shop.get("/regions", params={"filter[handle]": "ANZ"})
    assert page["meta"]["total"] == 1
    assert page["data"] == [region]
    assert (await shop.get("/regions/anz"))["data"] == region
    await other_shop.get(f"/regions/{region['id']}", status=404)
    changed = await shop.put(f"/regions/{region['id']}", {"name": "Oceania", "handle": "ignored"})
    assert changed["data"]["name"] == "Oceania"
    assert changed["data"]["handle"] == "anz"
    clash = await shop.post("/regions", {"name": "x", "handle": "Anz"}, status=422)
    assert clash == {
        "message": "The given data was invalid.",
        "errors": {"handle": ["The handle has already been taken."]},
    }
    empty = await shop.post("/regions", {}, status=422)
    assert set(empty["errors"]) == {"name", "handle"}
    unknown = await shop.get("/regions", params={"filter[nope]": "1"}, status=400)
    assert "`nope` are not allowed" in unknown["message"]
    await shop.delete(f"/regions/{region['id']}")
    await shop.delete(f"/regions/{region['id']}", status=404)


async def test_the_region_that_is_default_no_more_is_told_of(shop):
    first = (await shop.post("/regions", {"name": "ANZ", "handle": "anz", "is_default": True}))["data"]
    second = (await shop.post("/regions", {"name": "EMEA", "handle": "emea", "is_default": True}))["data"]
    assert (await shop.get(f"/regions/{first['id']}"))["data"]["is_default"] is False
    told = await shop.sql("SELECT name, entity_id FROM events WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
    assert told[1:] == [("region.updated", str(first["id"])), ("region.created", str(second["id"]))]
