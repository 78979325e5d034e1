"""Customers see, claim and redeem their own benefits, as far as tenant and definition let them (omneo-id 4.3)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio
ME = "/profiles/me"


async def define(shop, handle, **values):
    body = {"name": handle, "handle": handle, "period": 30, "internal_notes": "secret", **values}
    return (await shop.post("/benefits/definitions", body))["data"]


async def issue(shop, profile, definition, **values):
    body = {"profile_id": profile["id"], "benefit_definition_id": definition["id"], "timezone": "UTC", **values}
    return (await shop.post("/benefits", body))["data"]


async def switch(shop, name, value):
    await shop.sql(
        "UPDATE settings SET value = %s WHERE tenant_id = %s AND handle_key = %s",
        value,
        shop.tenant.id,
        f"id.allow.{name}",
    )


async def test_a_customers_own_benefits(shop):
    me, profile = await customer(shop)
    other, someone = await customer(shop)
    definition = await define(shop, "own", max_redemptions=2, claim_condition={"==": [1, 1]})
    mine, foreign = await issue(shop, profile, definition), await issue(shop, someone, definition)
    path = f"{ME}/benefits/{mine['id']}"
    shown = (await me.call("GET", path))["data"]
    assert shown["id"] == mine["id"]
    hidden = ("internal_notes", "claim_condition", "issue_target_id")
    assert [shown["definition"][name] for name in hidden] == [None] * 3
    for family in ("benefits", "redeemable_benefits"):
        assert [one["id"] for one in (await me.call("GET", f"{ME}/{family}"))["data"]] == [mine["id"]]
    change = {"external_id": "N", "meta": {"a": 1}, "value": 99, "expires_at": "2099-01-01", "redeem_code_pos": "X"}
    changed = (await me.call("PUT", path, json=change))["data"]
    assert (changed["external_id"], changed["meta"]) == ("N", {"a": 1})
    assert [changed[name] for name in ("value", "expires_at", "redeem_code_pos")] == [None, mine["expires_at"], None]
    done = (await me.call("POST", f"{path}/redeem", 201, json={"count": 2}))["data"]
    assert (done["type"], done["profile_id"], done["items"][0]["count"]) == ("redeem", profile["id"], 1)
    await me.call("POST", f"{path}/redeem", 201)
    assert await me.call("POST", f"{path}/redeem", 422) == {
        "message": "The given data was invalid.",
        "errors": {"benefit": ["The benefit has no redemptions left."]},
    }
    for method, suffix in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("POST", "/redeem")):
        options = {"json": {}} if method == "PUT" else {}
        await me.call(method, f"{ME}/benefits/{foreign['id']}{suffix}", 404, **options)
    for route in ("/benefits", "/benefits/extend"):
        await me.call("POST", ME + route, 405, json={})
    await switch(shop, "benefits_write", "false")
    await me.call("DELETE", path, 403)
    await me.call("PUT", path, 403, json={"external_id": "Z"})
    await switch(shop, "benefits_write", "true")
    await me.call("DELETE", path, 204)
    await me.call("GET", path, 404)
    assert [one["id"] for one in (await other.call("GET", f"{ME}/benefits"))["data"]] == [foreign["id"]]


async def test_who_may_redeem(shop):
    me, profile = await customer(shop)
    staffed = await issue(shop, profile, await define(shop, "staffed", allow_user_redeem=False))
    path = f"{ME}/benefits/{staffed['id']}/redeem"
    assert await me.call("POST", path, 403) == {"message": "This action is unauthorized."}
    await shop.post(f"/profiles/{profile['id']}/benefits/{staffed['id']}/redeem")
    free = await issue(shop, profile, await define(shop, "free"))
    await switch(shop, "benefits_redeem", "false")
    await me.call("POST", f"{ME}/benefits/{free['id']}/redeem", 403)
    assert (await shop.get(f"/benefits/{free['id']}"))["data"]["redemptions_remaining"] == 1


async def test_a_customer_claims_what_is_shown_to_be_claimable(shop):
    me, profile = await customer(shop)
    offered = {"is_claimable": True, "is_published": True}
    shown = await define(shop, "shown", **offered)
    hidden = await define(shop, "hidden", is_claimable=True)
    unseen = await define(shop, "unseen", **offered, view_condition={"==": [1, 2]})
    staffed = await define(shop, "staffed", **offered, allow_user_redeem=False)
    for kind in ("viewable", "claimable"):
        listed = (await me.call("GET", f"{ME}/benefits/{kind}"))["data"]
        assert [one["id"] for one in listed] == [shown["id"], staffed["id"]]
        assert listed[0]["internal_notes"] is None
    body = {"definition": "shown", "timezone": "UTC", "meta": {"a": 1}, "expires_at": "2099-01-01", "value": 50}
    made = (await me.call("POST", f"{ME}/benefits/claim", 201, json=body))["data"]
    assert (made["profile_id"], made["value"], made["source_type"]) == (profile["id"], None, "claim")
    assert made["expires_at"] < "2099"
    refused = "The benefit definition is not offered to the profile."
    for definition in (hidden, unseen):
        answer = await me.call("POST", f"{ME}/benefits/claim", 422, json={**body, "definition": definition["id"]})
        assert answer["errors"] == {"definition": [refused]}
        await shop.post(f"/profiles/{profile['id']}/benefits/claim", {**body, "definition": definition["id"]})
    await me.call("POST", f"{ME}/benefits/claim-redeem", 403, json={**body, "definition": "staffed"})
    assert (await shop.get("/benefits.count"))["data"] == {"countAll": 3, "countRedeemed": 0}
    both = await define(shop, "both", **offered)
    done = (await me.call("POST", f"{ME}/benefits/claim-redeem", 201, json={**body, "definition": both["id"]}))["data"]
    assert done["items"][0]["type_attributes"]["definition"]["handle"] == "both"
    await me.call("POST", f"{ME}/benefits/{both['id']}/claim", 404, json=body)
    await switch(shop, "benefits_claim", "false")
    for word in ("claim", "claim-redeem"):
        await me.call("POST", f"{ME}/benefits/{word}", 403, json=body)
