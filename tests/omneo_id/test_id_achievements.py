"""Customers see and earn achievements, as far as they may (omneo-id 4.3)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio

PATH = "/profiles/me/achievements"


async def define(shop, handle, **more):
    body = {"name": handle, "handle": handle, "is_published": True, "internal_notes": "secret", **more}
    body["levels"] = [{"name": "L", "display_number": 1, "trigger": 2}]
    return (await shop.post("/achievements/definitions", body))["data"]


async def test_a_customer_counts_one_at_a_time(shop):
    kinds = {
        kind: await define(shop, kind, display_option=kind) for kind in ("visible", "hidden", "mystery", "internal")
    }
    me, profile = await customer(shop)
    other, _ = await customer(shop)

    async def shown():
        return {row["handle"]: row for row in (await me.call("GET", PATH))["data"]}

    assert list(await shown()) == ["visible", "mystery"]
    body = {"definition_id": kinds["visible"]["id"], "count": 50, "issued_at": "2020-01-01", "meta": {"a": 1}}
    point = (await me.call("POST", PATH, 201, json=body))["data"]
    assert (point["count"], point["meta"], point["profile_id"]) == (1, {"a": 1}, profile["id"])
    assert point["issued_at"] == point["created_at"]
    for kind in ("hidden", "internal"):
        await shop.post(
            f"/profiles/{profile['id']}/achievements", {"definition_id": kinds[kind]["id"], "count": 1}, status=201
        )
    told = await shown()
    assert list(told) == ["visible", "hidden", "mystery"]
    assert (told["visible"]["internal_notes"], told["visible"]["progress"]["current_score"]) == (None, 1)
    refused = await me.call("POST", PATH, 422, json={"definition_id": kinds["internal"]["id"]})
    assert refused["errors"] == {"definition_id": ["The selected definition id is invalid."]}
    points = f"{PATH}/{kinds['visible']['id']}/achievement-points"
    assert [row["id"] for row in (await me.call("GET", points))["data"]] == [point["id"]]
    assert (await other.call("GET", points))["data"] == []
    await me.call("GET", f"{PATH}/{kinds['internal']['id']}/achievement-points", 404)
    await me.call("GET", f"{PATH}/{kinds['visible']['id']}", 404)
    await shop.sql(
        "UPDATE settings SET value = 'false' WHERE tenant_id = %s AND handle_key = 'id.allow.achievements_write'",
        shop.tenant.id,
    )
    await me.call("POST", PATH, 403, json=body)
    assert (await shown())["visible"]["progress"]["current_score"] == 1
