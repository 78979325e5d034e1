"""The customer-facing API: tokens, isolation, what may be written and what is shown (omneo-id)."""

import base64
import json
import time

import httpx
import jwt
import pytest

pytestmark = pytest.mark.anyio


class Customer:
    """A browser with a customer token."""

    def __init__(self, shop, token):
        self.shop, self.token = shop, token
        root = str(shop.client.base_url).replace("/v3/", "/id/api/v1")
        transport = httpx.ASGITransport(app=shop.app)
        self.client = httpx.AsyncClient(
            transport=transport, base_url=root, headers={"Authorization": f"Bearer {token}"}, timeout=30
        )

    async def call(self, method, path, status=200, **options):
        answer = await self.client.request(method, path, **options)
        assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:500]}"
        return answer.json() if answer.content else None


async def mint(shop, body, status=200):
    root = str(shop.client.base_url).replace("/v3/", "/id/api/v1")
    answer = await shop.client.post(f"{root}/auth/token", json=body)
    assert answer.status_code == status, answer.text
    return answer.json()


async def customer(shop, **profile):
    made = (await shop.post("/profiles", {"email": f"c{time.monotonic_ns()}@example.com", **profile}))["data"]
    token = (await mint(shop, {"id": made["id"]}))["data"]["token"]
    return Customer(shop, token), made


def claims(token):
    part = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


async def test_a_token_names_its_profile_and_its_end(shop):
    made = (
        await shop.post(
            "/profiles", {"email": "a@example.com", "identities": [{"handle": "shop_id", "identifier": "1004993"}]}
        )
    )["data"]
    for body in (
        {"id": made["id"]},
        {"id": 1004993, "id_handle": "shop_id"},
        {"id": made["id"], "id_handle": "profile_id"},
    ):
        data = (await mint(shop, body))["data"]
        assert claims(data["token"])["pid"] == made["id"]
        assert claims(data["token"])["exp"] == data["exp"] > time.time() + 3000
        assert claims(data["token"])["iss"] == f"omneo-id:{shop.handle}"
    for body in ({}, {"id": None}, {"id": "  "}, {"id": "", "id_handle": "shop_id"}):
        assert claims((await mint(shop, body))["data"]["token"])["pid"] == "null"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"id": "nope"}, 404),
        ({"id": "3f0a7e24-5b6c-4d8e-9f10-2a3b4c5d6e7f"}, 404),
        ({"id": "x", "id_handle": "y"}, 404),
        ({"id": ["x"]}, 422),
        ({"id": "x" * 256}, 422),
        ({"id": True}, 422),
    ],
)
async def test_minting_refuses_what_names_nobody(shop, body, status):
    await mint(shop, body, status)


async def test_me_is_the_tokens_profile_and_nothing_else(shop):
    mine, profile = await customer(shop, first_name="Rosa")
    other, others = await customer(shop, first_name="Lio")
    shown = (await mine.call("GET", "/profiles/me", params={"identity[handle]": "x", "id_handle": "y"}))["data"]
    assert (shown["id"], shown["first_name"]) == (profile["id"], "Rosa")
    for path in (f"/profiles/{profile['id']}", f"/profiles/{others['id']}", "/rewards", "/users/me", "/transactions"):
        assert (await mine.client.get(path)).status_code == 404
    identity = (await shop.post(f"/profiles/{others['id']}/identities", {"handle": "card", "identifier": "B-1"}))[
        "data"
    ]
    await mine.call("GET", f"/profiles/me/identities/id/{identity['id']}", 404)
    clash = await mine.call("POST", "/profiles/me/identities", 422, json={"handle": "card", "identifier": "B-1"})
    assert clash["errors"] == {"identifier": ["The identity already exists."]}
    assert (await other.call("GET", "/profiles/me/identities"))["data"][0]["identifier"] == "B-1"


async def test_anonymous_tokens_reach_no_profile(shop):
    anonymous = Customer(shop, (await mint(shop, {"id": ""}))["data"]["token"])
    for method, path in (
        ("GET", "/profiles/me"),
        ("GET", "/profiles/me/rewards"),
        ("PUT", "/profiles/me"),
        ("GET", "//profiles/me/identities"),
    ):
        answer = await anonymous.call(method, path, 404, json={})
        assert answer == {"message": "Not Found"}


async def test_only_a_genuine_living_token_of_this_tenant_opens(shop, other_shop):
    mine, _ = await customer(shop)
    head, body, signature = mine.token.split(".")
    forged = jwt.encode({**claims(mine.token)}, "x" * 32, "HS256")
    unsigned = jwt.encode({**claims(mine.token)}, None, "none")
    for token in (f"{head}.{body}.", f"{head}.{body}.{signature[::-1]}", forged, unsigned, "a.b.c", shop.token):
        assert (await Customer(shop, token).client.get("/profiles/me")).json() == {"message": "Unauthenticated."}
    assert (await Customer(other_shop, mine.token).client.get("/profiles/me")).status_code == 401
    assert (await shop.as_token(mine.token).client.get("/profiles")).status_code == 401
    assert (await Customer(shop, mine.token).client.post("/auth/token", json={})).status_code == 401
    await shop.advance(seconds=3601)
    await mine.call("GET", "/profiles/me", 401)


async def test_revoking_the_minting_token_ends_its_customers(shop):
    extra = await shop.post("/auth/api-tokens", {"name": "web", "scopes": ["*"]})
    web = shop.as_token(extra["accessToken"])
    made = (await shop.post("/profiles", {"email": "a@example.com"}))["data"]
    browser = Customer(shop, (await mint(web, {"id": made["id"]}))["data"]["token"])
    await browser.call("GET", "/profiles/me")
    await shop.delete(f"/auth/api-tokens/{extra['id']}")
    await browser.call("GET", "/profiles/me", 401)


async def test_a_read_only_minter_makes_read_only_customers(shop):
    reader = await shop.post("/auth/api-tokens", {"name": "reader", "scopes": ["read-profiles"]})
    made = (await shop.post("/profiles", {"email": "a@example.com"}))["data"]
    browser = Customer(shop, (await mint(shop.as_token(reader["accessToken"]), {"id": made["id"]}))["data"]["token"])
    await browser.call("GET", "/profiles/me")
    refused = await browser.call("PUT", "/profiles/me", 403, json={"first_name": "x"})
    assert refused == {"message": "Invalid scope(s) provided."}
    blind = await shop.post("/auth/api-tokens", {"name": "blind", "scopes": ["read-tags"]})
    await mint(shop.as_token(blind["accessToken"]), {"id": made["id"]}, 403)


async def test_a_whole_object_can_be_sent_back_and_only_the_allowed_counts(shop):
    mine, profile = await customer(shop, first_name="Rosa", tags=["vip"])
    whole = (await mine.call("GET", "/profiles/me"))["data"]
    whole |= {"first_name": "Ines", "tags": [], "profile_type": "system", "reward_balance": 999}
    whole["attributes"]["comms"] |= {"email_promo": False, "email_bounced": True}
    changed = (await mine.call("PUT", "/profiles/me", json=whole))["data"]
    assert (changed["first_name"], changed["tags"], changed["profile_type"], changed["reward_balance"]) == (
        "Ines",
        ["vip"],
        "active",
        0,
    )
    assert (changed["attributes"]["comms"]["email_promo"], changed["attributes"]["comms"]["email_bounced"]) == (
        False,
        False,
    )
    unchanged = await mine.call("PUT", "/profiles/me", json={"tier_handle": "gold"})
    assert unchanged["data"]["updated_at"] == changed["updated_at"]
    array = await mine.call("PUT", "/profiles/me/comms", json={"sms_promo": True, "sms_bounced": True})
    assert (array["data"][0]["sms_promo"], array["data"][0]["sms_bounced"]) == (True, False)
    audits = (await shop.get("/audits", params={"filter[profile_id]": profile["id"]}))["data"]
    assert audits[0]["token_name"].startswith(f"ID token of profile {profile['id']}")


async def test_switches_and_protected_names(shop):
    mine, _ = await customer(shop)
    await shop.put("/settings/id.allow.identities", {"value": "false"})
    refused = await mine.call("POST", "/profiles/me/identities", 403, json={"handle": "a", "identifier": "1"})
    assert refused == {"message": "This action is unauthorized."}
    await shop.put("/settings/id.allow.identities", {"value": "true"})
    made = (
        await mine.call(
            "POST", "/profiles/me/identities", 201, json={"handle": "a", "identifier": "1", "is_primary": True}
        )
    )["data"]
    assert made["is_primary"] is False
    await mine.call("POST", "/profiles/me/identities", 403, json={"handle": "Staff", "identifier": "1"})
    await shop.put("/settings/id.protected_attribute_namespaces", {"value": '["secret"]'})
    await mine.call("PUT", "/profiles/me/attributes/custom/secret:x", 403, json={"type": "string", "value": "1"})
    await mine.call("PUT", "/profiles/me/attributes/custom/open:x", 200, json={"type": "string", "value": "1"})
    await mine.call("PUT", "/profiles/me/update-type", 422, json={"profile_type": "system"})
    await mine.call("DELETE", "/profiles/me", 204)
    await mine.call("GET", "/profiles/me", 404)


async def test_what_belongs_to_the_brand_is_null(shop):
    mine, profile = await customer(shop)
    definition = {
        "name": "X",
        "handle": "x",
        "type": "bonus",
        "value": 10,
        "period": 30,
        "internal_notes": "margin",
        "notify_expiry_offset": 48,
    }
    await shop.post("/rewards/definitions", definition)
    await shop.post(f"/profiles/{profile['id']}/rewards", {"reward_definition_handle": "x", "timezone": "UTC"})
    reward = (await mine.call("GET", "/profiles/me/rewards"))["data"][0]
    assert (reward["definition"]["internal_notes"], reward["definition"]["notify_expiry_offset"]) == (None, None)
    assert (reward["definition"]["value"], reward["value_remaining"]) == (10, 10)
    spent = (await mine.call("POST", "/profiles/me/redeem", 201, json={"amount": 4, "meta": {"till": "9"}}))["data"]
    assert (spent["total"], spent["meta"], spent["balances"]["reward_balance"]) == (4, None, 6)
    assert (await mine.call("GET", "/profiles/me/balances"))["data"]["combined_balance_dollars"] == 6
    assert [row["dollar_value"] for row in (await mine.call("GET", "/profiles/me/ledgers"))["data"]] == [-4, 10]
    for method, path in (
        ("POST", "/profiles/me/rewards"),
        ("PUT", f"/profiles/me/rewards/{reward['id']}"),
        ("DELETE", f"/profiles/me/rewards/{reward['id']}"),
    ):
        assert (await mine.client.request(method, path, json={})).status_code == 405


async def test_own_transactions_only(shop):
    mine, profile = await customer(shop)
    _, others = await customer(shop)
    ids = []
    for owner in (profile, others):
        body = {
            "profile_id": owner["id"],
            "total": 12.5,
            "transacted_at": "2026-01-02 03:04:05",
            "timezone": "UTC",
            "items": [],
        }
        ids.append((await shop.post("/transactions", body))["data"]["id"])
    assert [row["id"] for row in (await mine.call("GET", "/profiles/me/transactions"))["data"]] == [ids[0]]
    assert (await mine.call("GET", "/profiles/me/transactions", params={"filter[profile_id]": others["id"]}))[
        "data"
    ] == []
    await mine.call("GET", f"/profiles/me/transactions/{ids[1]}", 404)
    await mine.call("GET", f"/profiles/me/transactions/{ids[0]}/unattach", 404)


async def test_quick_create_answers_alike_whether_known_or_not(shop):
    anonymous = Customer(shop, (await mint(shop, {}))["data"]["token"])
    body = {"email": "New@Example.com ", "first_name": "Rosa", "attributes": {"comms": {"email_promo": False}}}
    first = await anonymous.call("POST", "/profiles", json=body)
    again = await anonymous.call("POST", "/profiles", json={**body, "first_name": "Changed", "sms_promo": True})
    assert first == {
        "data": {"email": "new@example.com", "mobile_phone": None, "attributes": {"comms": {"email_promo": False}}}
    }
    assert again["data"]["attributes"]["comms"] == {"email_promo": False, "sms_promo": True}
    found = (await shop.get("/profiles", params={"filter[email]": "new@example.com"}))["data"]
    assert [(row["first_name"], row["profile_type"]) for row in found] == [("Rosa", "incomplete")]
    assert found[0]["attributes"]["comms"]["sms_promo"] is True
    mobile = await anonymous.call("POST", "/profiles", json={"mobile_phone": "0412 000 111"})
    assert mobile["data"]["mobile_phone"] == "+61412000111"
    missing = await anonymous.call("POST", "/profiles", 422, json={"first_name": "x"})
    assert set(missing["errors"]) == {"email", "mobile_phone"}
    assert (await anonymous.client.get("/profiles")).status_code == 405


async def test_public_locations(shop):
    anonymous = Customer(shop, (await mint(shop, {}))["data"]["token"])
    for name, published in (("Open", True), ("Hidden", False)):
        await shop.post("/locations", {"name": name, "phone": "1", "is_published": published})
    listed = await anonymous.call("GET", "/locations?include=departments")
    assert "departments" not in listed["data"][0]
    assert [row["name"] for row in listed["data"]] == ["Open"]
    hidden = (await shop.get("/locations", params={"filter[name]": "Hidden"}))["data"][0]
    await anonymous.call("GET", f"/locations/{hidden['id']}", 404)
