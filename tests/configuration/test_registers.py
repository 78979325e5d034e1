"""Tags, systems, currencies, countries and audits: the plain registers."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio


async def test_tags_are_case_sensitive_and_their_blanks_become_hyphens(shop, other_shop):
    tag = (await shop.post("/tags", {"handle": "  mobile \t app ", "name": "ignored"}))["data"]
    assert list(tag) == ["id", "handle", "created_at", "updated_at"]
    assert tag["handle"] == "mobile-app"
    taken = await shop.post("/tags", {"handle": "mobile app"}, status=422)
    assert taken["errors"] == {"handle": ["The handle has already been taken."]}
    upper = (await shop.post("/tags", {"handle": "Mobile-App"}))["data"]
    assert upper["handle"] == "Mobile-App"
    assert (await shop.post("/tags", {"handle": 2024}))["data"]["handle"] == "2024"
    for body in ({}, {"handle": ""}, {"handle": "   "}, {"handle": None}, {"handle": "x" * 192}, {"handle": {"id": 1}}):
        assert set((await shop.post("/tags", body, status=422))["errors"]) == {"handle"}, body
    assert len((await shop.post("/tags", {"handle": "x" * 191}))["data"]["handle"]) == 191
    page = await shop.get("/tags", params={"sort": "-id", "page[size]": "2"})
    assert page["meta"]["total"] == 4
    assert (await shop.get(f"/tags/{tag['id']}"))["data"] == tag
    assert (await shop.get("/tags/mobile-app"))["data"] == tag
    await shop.get("/tags/MOBILE-app", status=404)
    await shop.delete("/tags/Mobile-App")
    await other_shop.get(f"/tags/{tag['id']}", status=404)
    await shop.put(f"/tags/{tag['id']}", {"handle": "x"}, status=405)
    await shop.delete(f"/tags/{tag['id']}")
    await shop.get(f"/tags/{tag['id']}", status=404)
    await shop.delete(f"/tags/{tag['id']}", status=404)


async def test_a_deleted_tag_is_detached_from_every_record(shop, other_shop):
    tag = (await shop.post("/tags", {"handle": "vip"}))["data"]
    for seen in (shop, other_shop):
        await seen.sql(
            "INSERT INTO locations (tenant_id, name, timezone, tags) VALUES (%s, 'A', 'UTC', '{new,vip}')",
            seen.tenant.id,
        )
    await shop.delete(f"/tags/{tag['id']}")
    query = "SELECT tags FROM locations WHERE tenant_id = %s"
    assert await shop.sql(query, shop.tenant.id) == [(["new"],)]
    assert await shop.sql(query, other_shop.tenant.id) == [(["new", "vip"],)]


async def test_of_parallel_tags_with_one_handle_one_is_made(shop):
    answers = await asyncio.gather(*(shop.call("POST", "/tags", json={"handle": "rush hour"}) for _ in range(8)))
    assert sorted(answer.status_code for answer in answers) == [201, *[422] * 7]
    assert (await shop.get("/tags", params={"filter[handle]": "rush-hour"}))["meta"]["total"] == 1


async def test_systems(shop, other_shop):
    system = (await shop.post("/systems", {"handle": "pos", "name": "ignored"}))["data"]
    assert list(system) == ["id", "handle", "created_at", "updated_at"]
    await shop.post("/systems", {"handle": "pos-2"})
    for body in ({}, {"handle": "POS"}, {"handle": "a b"}, {"handle": "x" * 256}):
        assert set((await shop.post("/systems", body, status=422))["errors"]) == {"handle"}
    listed = await shop.get("/systems")
    assert list(listed) == ["data"]
    assert [row["handle"] for row in listed["data"]] == ["pos", "pos-2"]
    assert (await shop.get("/systems", params={"filter[handle]": "pos"}))["data"] == [system]
    assert (await shop.get("/systems", params={"sort": "-handle"}))["data"][0]["handle"] == "pos-2"
    await other_shop.get(f"/systems/{system['id']}", status=404)
    await shop.put(f"/systems/{system['id']}", {"handle": "x"}, status=405)
    await shop.delete(f"/systems/{system['id']}")
    await shop.get(f"/systems/{system['id']}", status=404)


async def test_currencies(shop, other_shop):
    page = await shop.get("/currencies")
    [base] = page["data"]
    assert list(base) == ["id", "from", "to", "rate", "is_system", "created_at", "updated_at"]
    assert (base["from"], base["to"], base["rate"], base["is_system"]) == ("AUD", "AUD", 1, True)
    body = {"from": "NZD", "to": "AUD", "rate": 0.9234567, "is_system": True}
    pair = (await shop.post("/currencies", body))["data"]
    assert (pair["rate"], pair["is_system"]) == (0.9234567, False)
    taken = await shop.post("/currencies", body, status=422)
    assert taken["errors"] == {"from": ["The from has already been taken."]}
    assert set((await shop.post("/currencies", {}, status=422))["errors"]) == {"from", "to", "rate"}
    for rate in (0, -1, "x", None):
        assert set((await shop.post("/currencies", {**body, "rate": rate}, status=422))["errors"]) == {"rate"}
    path = f"/currencies/{pair['id']}"
    changed = (await shop.put(path, {"rate": "2", "from": "USD"}))["data"]
    assert (changed["from"], changed["to"], changed["rate"]) == ("USD", "AUD", 2)
    for query, total in (({"filter[from]": "USD"}, 1), ({"filter[is_system]": "1"}, 1), ({"filter[rate]": "2"}, 1),
                         ({"filter[to]": "AUD"}, 2)):  # fmt: skip
        assert (await shop.get("/currencies", params=query))["meta"]["total"] == total
    assert [row["from"] for row in (await shop.get("/currencies", params={"sort": "-from"}))["data"]] == ["USD", "AUD"]
    system = f"/currencies/{base['id']}"
    refused = await shop.put(system, {"from": "NZD", "to": "USD"}, status=422)
    assert set(refused["errors"]) == {"from", "to"}
    assert (await shop.put(system, {"from": "AUD", "rate": 1}))["data"] == base
    assert "currency" in (await shop.delete(system, status=422)).json()["errors"]
    await other_shop.get(path, status=404)
    await shop.delete(path)
    await shop.get(path, status=404)


async def test_countries_take_codes_as_sent_and_replace_their_states(shop):
    states = [{"name": "Victoria", "type": "state", "iso": "AU-VIC"}, {"name": "Tasmania"}]
    body = {"name": "X", "iso_2": "a long code", "iso_3": "another", "iso_numeric": "0123456789012"}
    country = (await shop.post("/countries", {**body, "states": states}))["data"]
    assert {name: country[name] for name in body} == body
    assert [state["name"] for state in country["states"]] == ["Victoria", "Tasmania"]
    assert country["region"] is None
    path = f"/countries/{country['id']}"
    audits = (await shop.get("/audits"))["meta"]["total"]
    assert (await shop.put(path, country))["data"] == country
    assert (await shop.get("/audits"))["meta"]["total"] == audits
    changed = (await shop.put(path, {"states": [{"name": "Bass"}]}))["data"]
    assert [state["name"] for state in changed["states"]] == ["Bass"]
    assert (await shop.put(path, {"states": []}))["data"]["states"] == []
    clash = await shop.post("/countries", {**body, "iso_3": "third"}, status=422)
    assert clash["errors"] == {"iso_2": ["The iso 2 has already been taken."]}
    assert (await shop.get("/countries"))["meta"]["total"] > 200
    await shop.delete(path)
    await shop.get(path, status=404)


async def test_audits_are_read_only_and_newest_first(shop, other_shop):
    fresh = await shop.get("/audits")
    assert fresh["meta"]["total"] == 1
    tag = (await shop.post("/tags?x=1", {"handle": "vip"}, headers={"User-Agent": "till/1"}))["data"]
    page = await shop.get("/audits")
    newest = page["data"][0]
    assert list(newest) == [
        "id", "user_id", "event", "auditable_type", "auditable_id", "old_values", "new_values", "url", "ip_address",
        "profile_id", "token_name", "user_agent", "created_at", "updated_at",
    ]  # fmt: skip
    assert (newest["event"], newest["auditable_type"], newest["auditable_id"]) == ("created", "Tag", tag["id"])
    assert newest["old_values"] == "[]"
    assert newest["new_values"] == f'{{"id":{tag["id"]},"handle":"vip"}}'
    assert newest["url"].endswith("/v3/tags?x=1")
    assert (newest["user_agent"], newest["token_name"]) == ("till/1", "First token")
    assert newest["created_at"] == newest["updated_at"]
    path = f"/audits/{newest['id']}"
    assert (await shop.get(path))["data"] == newest
    for query in (
        {"filter[event]": "created"},
        {"filter[auditable_id]": tag["id"]},
        {"filter[token_name]": "First token"},
    ):
        assert newest in (await shop.get("/audits", params=query))["data"]
    await shop.get("/audits", params={"filter[nope]": "1"}, status=400)
    for method, where in (
        ("POST", "/audits"),
        ("PUT", path),
        ("DELETE", path),
        ("PUT", "/audits"),
        ("DELETE", "/audits"),
    ):
        refused = await shop.call(method, where, json={}, status=405)
        assert refused.headers["Allow"] == "GET, HEAD"
    await shop.call("POST", path, json={}, status=405)
    await other_shop.get(path, status=404)
