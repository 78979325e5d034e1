"""Settings and the environment (orgs-platform B5)."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio


async def test_a_fresh_tenant_has_its_seeds_unpaginated(shop):
    answer = await shop.get("/settings")
    assert list(answer) == ["data"]
    values = {row["handle"]: row["value"] for row in answer["data"]}
    assert len(values) > 15
    assert values["currency"] == "AUD"
    assert values["tenant_name"] == "Test"
    assert {"client_timezone", "country", "language", "point_exchange_rate", "claims.max_attempts"} <= set(values)
    one = await shop.get("/settings", params={"filter[handle]": "currency", "page[size]": "1"})
    assert [row["value"] for row in one["data"]] == ["AUD"]
    assert list(one["data"][0]) == ["id", "handle", "value", "type", "created_at", "updated_at"]
    typed = await shop.get("/settings", params={"filter[type]": "float", "filter[value]": "0.01"})
    assert [row["handle"] for row in typed["data"]] == ["point_exchange_rate"]
    await shop.get("/settings", params={"filter[is_seeded]": "1"}, status=400)


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        ("string", "Hello", "Hello"),
        ("string", 7, "7"),
        ("boolean", True, "true"),
        ("boolean", "0", "0"),
        ("boolean", 1, "1"),
        ("integer", 5, "5"),
        ("integer", "-5", "-5"),
        ("float", 0.25, "0.25"),
        ("float", 3, "3"),
        ("float", "1e-3", "1e-3"),
        ("json", {"a": [1, None]}, '{"a":[1,null]}'),
        ("json", '{"a": 1}', '{"a": 1}'),
        ("json", [], "[]"),
    ],
)
async def test_values_are_text_of_their_type(shop, kind, value, text):
    made = (await shop.post("/settings", {"handle": "my.one", "type": kind, "value": value}))["data"]
    assert (made["value"], made["type"]) == (text, kind)
    assert (await shop.get("/settings/MY.ONE"))["data"] == made
    assert (await shop.get(f"/settings/{made['id']}"))["data"] == made


async def test_life_of_a_setting(shop, other_shop):
    made = (await shop.post("/settings", {"handle": "Tone", "type": "string", "value": "warm"}))["data"]
    taken = await shop.post("/settings", {"handle": "tone", "type": "string", "value": "x"}, status=422)
    assert taken["errors"] == {"handle": ["The handle has already been taken."]}
    changed = (await shop.put("/settings/Tone", {"value": "12", "handle": "ignored", "type": "integer"}))["data"]
    assert (changed["id"], changed["handle"], changed["value"], changed["type"]) == (
        made["id"],
        "Tone",
        "12",
        "integer",
    )
    assert "value" in (await shop.put("/settings/Tone", {"value": "x"}, status=422))["errors"]
    assert (await shop.put("/settings/Tone", {"value": None}))["data"]["value"] is None
    await other_shop.get("/settings/Tone", status=404)
    await other_shop.put("/settings/Tone", {"value": "1"}, status=404)
    await shop.delete("/settings/Tone")
    await shop.get("/settings/Tone", status=404)
    assert "setting" in (await shop.delete("/settings/currency", status=422)).json()["errors"]


async def test_bad_settings_are_refused(shop):
    assert set((await shop.post("/settings", {}, status=422))["errors"]) == {"handle", "type", "value"}
    for kind, value in (
        ("integer", "1.5"), ("integer", "x"), ("float", "x"), ("float", "Infinity"), ("boolean", "yes"),
        ("boolean", 2), ("json", "{"), ("json", "NaN"), ("string", {"a": 1}), ("integer", [1]), ("string", ""),
    ):  # fmt: skip
        answer = await shop.post("/settings", {"handle": "a.b", "type": kind, "value": value}, status=422)
        assert set(answer["errors"]) == {"value"}, (kind, value)
    assert "type" in (await shop.post("/settings", {"handle": "a", "type": "list", "value": 1}, status=422))["errors"]
    assert (
        "handle"
        in (await shop.post("/settings", {"handle": "a b", "type": "string", "value": 1}, status=422))["errors"]
    )
    for handle, value in (
        ("currency", "DOLLAR"), ("client_timezone", "Mars/Olympus"), ("country", "au"), ("point_exchange_rate", "0"),
        ("claims.max_attempts", "many"),
    ):  # fmt: skip
        assert "value" in (await shop.put(f"/settings/{handle}", {"value": value}, status=422))["errors"]
    assert "type" in (await shop.put("/settings/currency", {"type": "json"}, status=422))["errors"]
    await shop.put("/settings/currency", {"value": "NZD", "type": "string"})
    await shop.put("/settings/client_timezone", {"value": "Australia/Melbourne"})


async def test_the_environment_holds_the_key_that_signs(shop, other_shop):
    await shop.put("/settings/client_timezone", {"value": "Pacific/Auckland"})
    answer = await shop.get("/settings/environment")
    assert list(answer) == ["data"]
    values = {row["handle"]: row["value"] for row in answer["data"]}
    assert {"app.name", "app.env", "app.url", "app.timezone", "app.version"} < set(values)
    assert len(values["app.request_key"]) == 64
    assert (values["app.name"], values["app.env"], values["app.timezone"]) == ("Test", "testing", "Pacific/Auckland")
    assert (await shop.get("/settings/environment")) == answer
    other = {row["handle"]: row["value"] for row in (await other_shop.get("/settings/environment"))["data"]}
    assert other["app.request_key"] != values["app.request_key"]


async def test_the_trail_shows_changes_but_no_secret(shop):
    await shop.post("/settings", {"handle": "shop.secret", "type": "string", "value": "hush"})
    await shop.put("/settings/shop.secret", {"value": "quiet"})
    await shop.put("/settings/language", {"value": "fr"})
    await shop.put("/settings/language", {"value": "fr"})
    rows = (await shop.get("/audits", params={"filter[auditable_type]": "Setting"}))["data"]
    assert [row["event"] for row in rows] == ["updated", "updated", "created"]
    assert (rows[0]["old_values"], rows[0]["new_values"]) == ('{"value":"en"}', '{"value":"fr"}')
    assert "hush" not in str(rows)
    assert "quiet" not in str(rows)


async def test_of_parallel_creates_one_succeeds(shop):
    body = {"handle": "race", "type": "string", "value": "x"}
    answers = await asyncio.gather(*(shop.call("POST", "/settings", json=body) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422, 422]
