"""A customer acting on a connected profile (omneo-id 4.6)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio


async def connected(shop, kind, shared, connector, other, **values):
    body = {"name": kind, "handle": f"{kind}-{len(shared)}", "type": kind, "shareable_attributes": shared}
    definition = (await shop.post("/connection/definitions", body))["data"]["id"]
    body = {"connection_definition_id": definition, "connector_id": connector["id"], "connected_id": other["id"]}
    made = (await shop.post("/connections", {**body, "status": "accepted", **values}))["data"]["id"]
    return f"/profiles/connection/{made}"


async def test_a_connection_shows_what_it_shares_and_opens_a_child_to_its_parent(shop):
    place = {"address_line_1": "1 A", "city": "B", "postcode": "1", "country": "AU"}
    parent, mother = await customer(shop, first_name="Ines")
    child, kid = await customer(
        shop,
        first_name="Lio",
        last_name="Varga",
        addresses=[place],
        custom_attributes=[{"namespace": "n", "handle": "h", "type": "integer", "value": 1}],
        tags=["secret"],
    )
    shared = ["first_name", "addresses", "combined_balance_dollars"]
    path = await connected(shop, "dependant", shared, mother, kid)
    seen = (await parent.call("GET", path))["data"]
    mine = (await child.call("GET", "/profiles/me"))["data"]
    assert set(seen) == set(mine)
    assert (seen["id"], seen["first_name"], seen["addresses"]) == (kid["id"], "Lio", mine["addresses"])
    assert (seen["last_name"], seen["email"], seen["tags"], seen["custom_attributes"]) == (None, None, [], {})
    assert (seen["address"], seen["aggregations"], seen["identities"]) == (None, None, [])
    assert len((await parent.call("GET", f"{path}/addresses"))["data"]) == 1
    assert (await parent.call("GET", f"{path}/balances"))["data"]["combined_balance_dollars"] == 0
    assert (await parent.call("GET", f"{path}/rewards"))["meta"]["total"] == 0
    for hidden in ("attributes", "attributes/comms", "identities", "transactions", "regions", "tags", "interactions"):
        refused = await parent.call("GET", f"{path}/{hidden}", 403)
        assert refused["message"] == "This action is unauthorized."

    made = (await parent.call("POST", f"{path}/addresses", 201, json={**place, "city": "Kyneton"}))["data"]
    assert made["profile_id"] == kid["id"]
    renamed = (await parent.call("PUT", path, json={"first_name": "Leo", "profile_type": "system"}))["data"]
    assert (renamed["first_name"], renamed["last_name"]) == ("Leo", None)
    assert (await child.call("GET", "/profiles/me"))["data"]["first_name"] == "Leo"
    for method, never in (
        ("DELETE", ""),
        ("DELETE", "/purge"),
        ("PUT", "/update-type"),
        ("POST", "/redeem"),
        ("POST", "/identities"),
        ("PUT", "/attributes/comms"),
    ):
        await parent.call(method, path + never, 403, json={"amount": 1, "handle": "x", "identifier": "1"})

    back = path  # The child sees the parent over the same connection, and changes nothing.
    assert (await child.call("GET", back))["data"]["first_name"] == "Ines"
    await child.call("PUT", back, 403, json={"first_name": "X"})
    await child.call("POST", f"{back}/addresses", 403, json=place)
    await parent.call("GET", f"{path}/connections", 404)

    assert await parent.call("GET", "/health", headers={"Authorization": "Bearer no"}) == {"status": "ok"}
    stranger, _ = await customer(shop)
    await stranger.call("GET", path, 404)
    await parent.call("GET", "/profiles/connection/999999999", 404)
    await parent.call("GET", "/profiles/connection/x", 404)
    household = await connected(shop, "household", ["first_name", "addresses", "email"], mother, kid)
    assert (await parent.call("GET", household))["data"]["email"] == kid["email"]
    await parent.call("POST", f"{household}/addresses", 403, json=place)
    pending = await connected(shop, "partner", [], mother, kid, status="pending")
    await parent.call("GET", pending, 403)
    await child.call(
        "PUT", "/profiles/me" + path.replace("/profiles/connection", "/connections"), json={"status": "break"}
    )
    await parent.call("GET", path, 403)
