"""What customers may see and do of their tier (omneo-id 4.3)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio


async def test_customers_read_their_tier_and_assign_only_where_the_brand_lets_them(shop):
    for handle, value_min, assignable in (("bronze", 0, False), ("silver", 500, True), ("gold", 1500, False)):
        body = {"name": handle, "handle": handle, "value_min": value_min, "is_assignable": assignable}
        await shop.post("/tiers/definitions", {**body, "internal_notes": "secret"})
    definition = (await shop.post("/points/definitions", {"name": "T", "handle": "t"}))["data"]["id"]
    browser, made = await customer(shop)
    told = (await browser.call("GET", "/profiles/me/tiers"))["data"]
    admin = (await shop.get(f"/profiles/{made['id']}/tiers"))["data"]
    assert told["current_tier"]["handle"] == "bronze"
    assert admin["current_tier"]["internal_notes"] == "secret"
    assert told["current_tier"]["internal_notes"] is None
    assert list(told) == list(admin)
    point = {"profile_id": made["id"], "point_definition_id": definition, "value": 10, "issued_at": None}
    await shop.post("/tiers/points", point)
    calculated = (await browser.call("GET", "/profiles/me/tiers/calculate"))["data"]
    assert calculated["total_points_12m"] == 10
    assert (await browser.call("GET", "/profiles/me/tiers/calculate"))["data"] == calculated
    answer = await browser.call("POST", "/profiles/me/tiers/assign", 403, json={"tier": "silver"})
    assert answer["message"] == "This action is unauthorized."
    await shop.put("/settings/id.allow.tiers_assign", {"value": "true"})
    await browser.call("POST", "/profiles/me/tiers/assign", 422, json={"tier": "gold"})
    assigned = await browser.call("POST", "/profiles/me/tiers/assign", json={"tier": "silver"})
    assert assigned["data"]["current_tier"]["handle"] == "silver"
    for method, path in (("DELETE", "/tiers"), ("GET", "/tiers/points"), ("POST", "/tiers/points")):
        answer = await browser.client.request(method, f"/profiles/me{path}", json={})
        assert answer.status_code in (404, 405), f"{method} {path}"
