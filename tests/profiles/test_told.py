"""What is told of a change beside what was asked for, and what its snapshots hold (automation 2.1, 3.2, 3.3)."""

from typing import Any

import pytest
from persons import events, forget_events, person

pytestmark = pytest.mark.anyio


async def listen(shop: Any, *names: str) -> None:
    for name in names:
        await shop.post("/triggers", {"name": name, "trigger": name})


async def contexts(shop: Any, name: str) -> list[Any]:
    rows = await shop.sql(
        "SELECT c.context FROM events e JOIN event_contexts c ON c.tenant_id = e.tenant_id AND c.event_id = e.id"
        " WHERE e.tenant_id = %s AND e.name = %s ORDER BY e.id",
        shop.tenant.id,
        name,
    )
    return [row[0] for row in rows]


async def test_who_loses_or_gains_a_flag_is_told_of(shop: Any) -> None:
    """One event per row that changed, also where the request named another one."""
    place = {"city": "Fitzroy", "postcode": "3065", "country": "AU"}
    who = await person(shop)
    path = f"/profiles/{who['id']}/addresses"
    first = (await shop.post(path, {**place, "address_line_1": "1 Reef St"}))["data"]["id"]
    await forget_events(shop)
    second = (await shop.post(path, {**place, "address_line_1": "2 Reef St", "is_default": True}))["data"]["id"]
    assert [row for row in await events(shop) if row[0].startswith("profile.address")] == [
        ("profile.address.updated", str(first)),
        ("profile.address.created", str(second)),
    ]
    await forget_events(shop)
    await shop.delete(f"{path}/{second}")
    assert await events(shop) == [
        ("profile.address.deleted", str(second)),
        ("profile.address.updated", str(first)),
        ("address.updated", str(first)),
    ]
    kind = (await shop.post("/connection/definitions", {"name": "Stylist", "handle": "stylist"}))["data"]["id"]
    body = {"name": "x", "connection_definition_id": kind, "connector_id": who["id"], "is_primary": True}
    made = []
    for _ in range(2):
        await forget_events(shop)
        other = await person(shop)
        made.append((await shop.post("/connections", {**body, "connected_id": other["id"]}))["data"]["id"])
    assert await events(shop, "connection.created", "connection.updated") == [
        ("connection.updated", str(made[0])),
        ("connection.created", str(made[1])),
    ]


async def test_profiles_hear_of_the_tag_and_the_region_that_they_lose(shop: Any) -> None:
    """Also what hangs on a profile may go without it being named; who had neither, or is deleted, is not told of."""
    region = (await shop.post("/regions", {"name": "ANZ", "handle": "anz"}))["data"]["id"]
    both = await person(shop, tags=["vip", "old"], regions=[{"region_id": region}])
    gone = await person(shop, tags=["vip"], region_id=region)
    await person(shop, tags=["old"])
    await shop.delete(f"/profiles/{gone['id']}")
    for path in ("/tags/vip", f"/regions/{region}"):
        await forget_events(shop)
        await shop.delete(path)
        assert await events(shop) == [("profile.updated", both["id"])]
    shown = (await shop.get(f"/profiles/{both['id']}"))["data"]
    assert (shown["tags"], shown["regions"], shown["region"]) == (["old"], [], None)


async def test_the_state_before_a_change_comes_before_what_the_change_tells(shop: Any) -> None:
    who = await person(shop)
    await listen(shop, "profile.before.update", "profile-attribute.updated")
    await forget_events(shop)
    comms = {"attributes": {"comms": {"sms_promo": True}}, "first_name": "Ines"}
    await shop.put(f"/profiles/{who['id']}", comms)
    assert [name for name, _ in await events(shop)] == [
        "profile.before.update",
        "profile-attribute.updated",
        "profile.updated",
    ]
    ((before,), (after,)) = (
        await contexts(shop, "profile.before.update"),
        await contexts(shop, "profile-attribute.updated"),
    )
    assert (before["attributes"]["comms"]["sms_promo"], after["profile"]["attributes"]["comms"]["sms_promo"]) == (
        False,
        True,
    )
    assert before["changes"]["first_name"] == "Ines"


async def test_snapshots_hold_what_their_owner_shows(shop: Any) -> None:
    """No list of addresses, whose they are, and what a connection refers to; nothing is kept of who is gone."""
    who, other, third = await person(shop), await person(shop), await person(shop)
    await listen(shop, "profile.address.created", "address.created", "connection.created", "balance.updated")
    await listen(shop, "profile.updated", "profile.merged")
    address = {"address_line_1": "1 Reef St", "city": "Fitzroy", "postcode": "3065", "country": "AU"}
    await shop.post(f"/profiles/{who['id']}/addresses", address)
    for name in ("profile.address.created", "address.created"):
        (told,) = await contexts(shop, name)
        assert told["profile_id"] == told["resource_owner_id"] == told["profile"]["id"] == who["id"]
    await shop.post("/locations", {"name": "City", "phone": "1", "address": {**address, "state": "VIC"}})
    assert [one["profile_id"] for one in await contexts(shop, "address.created")] == [who["id"], None]
    kind = (await shop.post("/connection/definitions", {"name": "Referrer", "handle": "referrer"}))["data"]["id"]
    body = {"name": "x", "connection_definition_id": kind, "connector_id": who["id"], "connected_id": other["id"]}
    made = (await shop.post("/connections", {**body, "external_id": "T-1", "external_id_type": "external"}))["data"]
    (told,) = await contexts(shop, "connection.created")
    assert set(made) <= set(told)
    assert {name: told[name] for name in ("external_id", "external_id_type", "product_list", "organisation")} == {
        "external_id": "T-1",
        "external_id_type": "external",
        "product_list": None,
        "organisation": None,
    }
    await shop.get(f"/profiles/{who['id']}/resync")
    (told,) = await contexts(shop, "profile.updated")
    assert "addresses" not in told
    assert told["address"]["address_line_1"] == "1 Reef St"
    await shop.post(
        "/profiles/merge", {"source_profile_id": third["id"], "destination_profile_id": who["id"]}, status=200
    )
    assert [one["profile_id"] for one in await contexts(shop, "balance.updated")] == [who["id"]]
    assert "addresses" not in (await contexts(shop, "profile.merged"))[0]["profile"]


async def test_rows_of_a_batch_are_made_by_the_token_that_queued_them(shop: Any, jobs: Any) -> None:
    body = {"match_criteria": "email", "profiles": [{"email": "bulk@example.com"}]}
    await shop.post("/profiles/batch", body, status=200)
    await jobs()
    made = (await shop.get("/profiles?filter[email]=bulk@example.com"))["data"][0]
    assert made["created_by"] == (await person(shop))["created_by"] == "First token"
    names = await shop.sql(
        "SELECT DISTINCT token_name FROM audits WHERE tenant_id = %s AND event = 'created' AND auditable_type = 'Profile'",
        shop.tenant.id,
    )
    assert names == [("First token",)]
