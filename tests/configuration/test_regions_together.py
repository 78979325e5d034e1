"""What regions take from each other and what they leave behind (commerce 11.4)."""

import asyncio
import json

import pytest

pytestmark = pytest.mark.anyio


async def make(shop, handle, **more):
    return (await shop.post("/regions", {"name": handle, "handle": handle, **more}))["data"]


async def isos(shop, region):
    return [country["iso_2"] for country in (await shop.get(f"/regions/{region['id']}"))["data"]["countries"]]


async def told(shop, kind):
    rows = await shop.sql(
        "SELECT name, entity_id::int FROM events WHERE tenant_id = %s AND entity_type = %s ORDER BY id",
        shop.tenant.id,
        kind,
    )
    return [tuple(row) for row in rows]


async def test_a_country_belongs_to_one_region_and_an_empty_list_frees_all(shop):
    first = await make(shop, "first", countries=[{"iso_2": "AU"}, {"iso_2": "NZ"}])
    second = await make(shop, "second", countries=[{"iso_2": "NZ", "iso_3": "NZL"}])
    assert (await isos(shop, first), await isos(shop, second)) == (["AU"], ["NZ"])
    for nothing in ([], None):
        put = await shop.put(f"/regions/{first['id']}", {"countries": [{"iso_2": "AU"}, {"iso_2": "FJ"}]})
        assert [country["iso_2"] for country in put["data"]["countries"]] == ["AU", "FJ"]
        assert (await shop.put(f"/regions/{first['id']}", {"countries": nothing}))["data"]["countries"] == []
    audit = (await shop.get("/audits?filter[auditable_type]=Region"))["data"][0]
    told = json.loads(audit["old_values"]), json.loads(audit["new_values"])
    assert told == ({"countries": ["AU", "FJ"]}, {"countries": []})
    country = (await shop.get("/countries?filter[iso_2]=AU"))["data"][0]
    assert country["region"] is None
    await shop.put(f"/countries/{country['id']}", {"states": [{"name": "Victoria"}]})
    await shop.put(f"/countries/{country['id']}", {"states": [{"name": "Victoria"}]})
    audits = (await shop.get("/audits?filter[auditable_type]=Country"))["data"]
    assert [json.loads(row["new_values"])["states"][0]["name"] for row in audits] == ["Victoria"]
    assert [row["iso_2"] for row in (await shop.get("/countries?search=zealand"))["data"]] == ["NZ"]


async def test_regions_that_are_written_at_once_leave_one_default(shop):
    old = await make(shop, "old", is_default=True)
    countries = [{"iso_2": code} for code in ("AU", "NZ", "FJ")]
    made = await asyncio.gather(
        *(make(shop, f"r{n}", is_default=True, countries=countries[:: n % 2 * 2 - 1]) for n in range(8))
    )
    (chosen,) = (await shop.get("/regions?filter[is_default]=1"))["data"]
    assert [country["iso_2"] for country in chosen["countries"]] == ["AU", "FJ", "NZ"]
    lost = await told(shop, "region")
    assert ("region.updated", old["id"]) in lost
    await asyncio.gather(*(shop.put(f"/regions/{row['id']}", {"is_default": True}) for row in made for _ in (1, 2)))
    assert (await shop.get("/regions?filter[is_default]=1"))["meta"]["total"] == 1
    audited = await shop.sql(
        "SELECT count(*) FROM audits WHERE tenant_id = %s AND auditable_type = 'Region' AND auditable_id = %s",
        shop.tenant.id,
        old["id"],
    )
    assert audited[0][0] == 2


async def test_a_rate_outlives_its_region_but_is_not_in_force(shop):
    region = await make(shop, "anz", countries=[{"iso_2": "AU"}])
    body = {"handle": "points", "type": "any", "rate": 3, "region_id": region["id"]}
    rate = (await shop.post("/rates", body))["data"]
    price = {"handle": "points", "price": 10}
    await shop.delete(f"/regions/{region['id']}")
    left = (await shop.get(f"/rates/{rate['id']}"))["data"]
    assert left == rate | {"region_id": None, "region": None, "is_published": False, "updated_at": left["updated_at"]}
    assert await shop.post("/rates/calculate", price, status=200) == {"total": 0}
    assert await told(shop, "rate") == [("rate.created", rate["id"]), ("rate.updated", rate["id"])]
    await shop.delete(f"/regions/{region['id']}", status=404)
