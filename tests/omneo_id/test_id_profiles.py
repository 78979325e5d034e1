"""What of the own profile a customer sees and writes, where the brand protects or hides names (omneo-id 4.2, 6, 7)."""

import pytest
from test_id import Customer, customer, mint

pytestmark = pytest.mark.anyio


async def put_setting(shop, handle, value):
    await shop.put(f"/settings/{handle}", {"value": value})


async def test_a_protected_identity_is_out_of_reach_by_whatever_name(shop):
    mine, profile = await customer(shop)
    own = f"/profiles/{profile['id']}/identities"
    staff = (await shop.post(own, {"handle": "staff", "identifier": "S-1"}))["data"]
    for path in ("staff", "STAFF", f"id/{staff['id']}", str(staff["id"])):
        await mine.call("PUT", f"/profiles/me/identities/{path}", 403, json={"identifier": "S-2"})
        await mine.call("DELETE", f"/profiles/me/identities/{path}", 403)
    assert (await mine.call("GET", "/profiles/me/identities"))["data"] == [staff]
    card = (await shop.post(own, {"handle": "card", "identifier": "1"}))["data"]
    changed = (await mine.call("PUT", f"/profiles/me/identities/{card['id']}", json={"identifier": "2"}))["data"]
    assert (changed["identifier"], changed["handle"]) == ("2", "card")


async def test_a_protected_namespace_is_left_alone_by_every_body(shop):
    await put_setting(shop, "id.protected_attribute_namespaces", '["Score"]')
    row = {"namespace": "score", "handle": "x", "type": "integer", "value": 1}
    mine, _ = await customer(shop, custom_attributes=[row])
    open_row = {"namespace": "open", "handle": "x", "type": "integer", "value": 7}
    for sent, expected in (
        ([{**row, "namespace": " score ", "value": 99}, open_row], {"open": {"x": 7}, "score": {"x": 1}}),
        ({"score": {"x": 99, "y": 1}, "open": {"x": 8}}, {"open": {"x": 8}, "score": {"x": 1}}),
    ):
        body = {"custom_attributes": sent, "first_name": "Rosa"}
        answer = (await mine.call("PUT", "/profiles/me", json=body))["data"]
        assert (answer["custom_attributes"], answer["first_name"]) == (expected, "Rosa")
    for method in ("PUT", "DELETE"):
        await mine.call(method, "/profiles/me/attributes/custom/score:x", 403, json={"value": 99})
    visitor = Customer(shop, (await mint(shop, {}))["data"]["token"])
    body = {"email": "new@example.com", "custom_attributes": [{**row, "value": 99}, open_row]}
    await visitor.call("POST", "/profiles", json=body)
    found = (await shop.get("/profiles?filter[email]=new@example.com"))["data"][0]
    assert found["custom_attributes"] == {"open": {"x": 7}}


async def test_a_hidden_namespace_is_not_shown_anywhere(shop):
    rows = [{"namespace": name, "handle": "h", "type": "string", "value": "v"} for name in ("risk", "taste")]
    mine, profile = await customer(shop, custom_attributes=rows)
    await put_setting(shop, "id.hidden_attribute_namespaces", '["risk"]')
    assert (await mine.call("GET", "/profiles/me"))["data"]["custom_attributes"] == {"taste": {"h": "v"}}
    attributes = (await mine.call("GET", "/profiles/me/attributes"))["data"]
    assert [row["namespace"] for row in attributes["custom"]] == ["taste"]
    for query, expected in (
        ("", ["taste"]),
        ("?page[size]=1", ["taste"]),
        ("?filter[namespace]=risk", []),
        ("?filter[namespace][in]=risk,taste", ["taste"]),
        ("?filter[namespace][nin]=taste", []),
    ):
        answer = await mine.call("GET", f"/profiles/me/attributes/custom{query}")
        assert [row["namespace"] for row in answer["data"]] == expected, query
        assert answer.get("meta", {"total": 1})["total"] == 1
    for method, body in (("GET", None), ("PUT", {}), ("DELETE", None)):
        await mine.call(method, "/profiles/me/attributes/custom/risk:h", 404, json=body)
    assert (await shop.get(f"/profiles/{profile['id']}"))["data"]["custom_attributes"]["risk"] == {"h": "v"}


async def test_own_notes_come_back_and_other_parties_show_what_is_shared(shop):
    mine, profile = await customer(shop, first_name="Ines")
    address = {"address_line_1": "1 A", "city": "B", "postcode": "1", "country": "AU", "notes": "ring twice"}
    made = (await mine.call("POST", "/profiles/me/addresses", 201, json=address))["data"]
    assert made["notes"] == "ring twice"
    await mine.call("PUT", f"/profiles/me/addresses/{made['id']}", json=made)
    assert (await mine.call("GET", "/profiles/me"))["data"]["address"]["notes"] == "ring twice"
    friend = (await shop.post("/profiles", {"email": "lio@example.com", "first_name": "Lio", "birth_year": 1990}))[
        "data"
    ]
    kind = {"name": "Friends", "handle": "friends", "shareable_attributes": ["first_name"], "internal_notes": "x"}
    await shop.post("/connection/definitions", kind)
    pair = {"connection_definition_handle": "friends", "connector_id": profile["id"], "connected_id": friend["id"]}
    await shop.post("/connections", pair)
    row = (await mine.call("GET", "/profiles/me/connections"))["data"][0]
    assert row["connected"] == {
        "id": friend["id"],
        "first_name": "Lio",
        "last_name": None,
        "email": None,
        "birth_year": None,
        "birth_month": None,
        "birth_day": None,
    }
    assert (row["connector"]["email"], row["definition"]["internal_notes"]) == (profile["email"], None)
    changed = await mine.call("PUT", f"/profiles/me/connections/{row['id']}", json={"notes": "from school"})
    assert (changed["data"]["notes"], changed["data"]["connected"]["email"]) == ("from school", None)


async def test_preferences_of_a_known_person_touch_the_profile_and_a_new_address_is_unverified(shop):
    mine, profile = await customer(shop)
    comms = f"/profiles/{profile['id']}/attributes/comms"
    await shop.put(comms, {"email_verification": "verified", "sms_verification": "verified"})
    await mine.call("PUT", "/profiles/me", json={"email": "moved@example.com"})
    stored = (await shop.get(comms))["data"]
    assert (stored["email_verification"], stored["sms_verification"]) == ("not_sent", "verified")
    await shop.sql("DELETE FROM events WHERE tenant_id = %s", shop.tenant.id)
    visitor = Customer(shop, (await mint(shop, {}))["data"]["token"])
    body = {"email": "moved@example.com", "first_name": "Eve", "comms_attributes": {"sms_promo": True}}
    answer = (await visitor.call("POST", "/profiles", json=body))["data"]
    echo = {"comms": {"sms_promo": True}}
    assert answer == {"email": "moved@example.com", "mobile_phone": None, "attributes": echo}
    found = (await shop.get(f"/profiles/{profile['id']}"))["data"]
    assert (found["first_name"], found["attributes"]["comms"]["sms_promo"]) == ("Unknown", True)
    told = await shop.sql("SELECT name FROM events WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
    assert sorted(told) == [("profile-attribute.updated",), ("profile.updated",)]
