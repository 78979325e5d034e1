"""Customers keep lists of their own, as far as the kinds of list allow (omneo-id 4.4, 4.5)."""

import pytest
from test_id import customer, mint

from test_id import Customer  # isort: skip

pytestmark = pytest.mark.anyio

ME = "/profiles/me/lists"


async def test_customers_keep_their_own_lists(shop):
    product = (await shop.post("/products", {"title": "p", "handle": "p", "brand": "b"}))["data"]
    await shop.post(
        f"/products/{product['id']}/variants", {"product_id": product["id"], "sku": "P-1", "title": "p", "price": 5}
    )
    open_kind, closed = [
        (await shop.post("/lists/definitions", {"name": handle, "handle": handle, "type": "t", **flags}))["data"]["id"]
        for handle, flags in (
            ("open", {"allow_share": True}),
            ("closed", {"allow_new": False, "allow_edit": False, "allow_delete": False}),
        )
    ]
    me, profile = await customer(shop)
    other, stranger = await customer(shop)
    body = {"name": "Wishes", "list_definition_id": open_kind, "staff_id": stranger["id"], "profile_id": stranger["id"]}
    made = (await me.call("POST", ME, 201, json={**body, "items": [{"product_variant_sku": "P-1"}]}))["data"]
    assert (made["profile_id"], made["staff"], made["items"][0]["product"]["handle"]) == (profile["id"], None, "p")
    assert made["items"][0]["product_variant"]["price_cost"] is None
    await me.call("POST", ME, 403, json={"name": "x", "list_definition_id": closed})
    assert (await me.call("GET", f"{ME}/wishes"))["data"] == made
    assert (await other.call("GET", ME))["data"] == []
    for method, path in (("GET", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/items"), ("POST", "/shares")):
        await other.call(method, f"{ME}/{made['id']}{path}", 404, **({"json": {}} if method != "GET" else {}))
    handed = (await me.call("PUT", f"{ME}/wishes", json={"profile_id": stranger["id"], "name": "Mine"}))["data"]
    assert (handed["profile_id"], handed["name"]) == (profile["id"], "Mine")
    item = (await me.call("POST", f"{ME}/wishes/items", 201, json={"product_id": product["id"]}))["data"]
    assert (await me.call("PUT", f"{ME}/wishes/items/{item['id']}", json={"status": "liked"}))["data"][
        "status"
    ] == "liked"
    await me.call("POST", f"{ME}/wishes/custom", 422, json={"name": "x"})
    remaining = (await me.call("DELETE", f"{ME}/wishes/items/{item['id']}"))["data"]
    assert [one["id"] for one in remaining] == [made["items"][0]["id"]]
    field = {"namespace": "a", "handle": "b", "value": "c"}
    assert (await me.call("POST", f"{ME}/wishes/custom-fields", 201, json=field))["data"]["value"] == "c"
    await me.call("PUT", f"{ME}/wishes/custom-fields/a:b", json={"value": "d"})
    assert (await me.call("GET", f"{ME}/wishes/custom-fields/a:b"))["data"]["value"] == "d"
    await me.call("DELETE", f"{ME}/wishes/custom-fields/a:b", 204)
    share = (await me.call("POST", f"{ME}/wishes/shares", 201))["data"]
    code = f"/lists/shares/{share['handle']}"
    friend = (await other.call("GET", code))["data"]
    assert (friend["profile"], "profile" in friend["list"]) == ({"first_name": profile["first_name"]}, False)
    nobody = Customer(shop, (await mint(shop, {"id": ""}))["data"]["token"])
    bare = (await other.call("GET", f"{code}/no_profile"))["data"]
    assert (await nobody.call("GET", code))["data"] == bare
    assert "profile" not in bare
    # The tenant's own list: customers read it and can neither change nor delete it.
    theirs = (await shop.post(f"/profiles/{profile['id']}/lists", {"name": "Styled", "list_definition_id": closed}))[
        "data"
    ]
    assert (await me.call("GET", f"{ME}/styled"))["data"] == theirs
    for method, path, sent in (
        ("PUT", "", {"name": "x"}),
        ("DELETE", "", {}),
        ("POST", "/items", {"product_id": product["id"]}),
        ("POST", "/custom-fields", field),
    ):
        await me.call(method, f"{ME}/styled{path}", 403, json=sent)
    sale = (
        await shop.post(
            "/transactions",
            {
                "profile_id": profile["id"],
                "total": 5,
                "transacted_at": "2026-01-02 03:04:05",
                "timezone": "UTC",
                "items": [{"name": "p", "sku": "P-1", "quantity": 1, "price_current": 5, "price_sell": 5}],
            },
        )
    )["data"]
    (line,) = sale["items"]
    link = {"product_list_item_id": made["items"][0]["id"], "type": "link"}
    await other.call("POST", f"/profiles/me/transactions/items/{line['id']}/list-item", 404, json=link)
    await me.call("POST", f"/profiles/me/transactions/items/{line['id']}/list-item", json=link)
    told = (await me.call("GET", "/profiles/me/transactionitems/list/assigned?include_list_item=1"))["data"]
    assert [row["list_items"][0]["list"]["handle"] for row in told] == ["wishes"]
    assert (await me.call("GET", "/profiles/me/transactionitems/list/unassigned"))["data"] == []
    assert (await other.call("GET", "/profiles/me/transactionitems/list/assigned"))["data"] == []
    await me.call("DELETE", f"{ME}/wishes/shares/{share['id']}", 204)
    await other.call("GET", code, 404)
    await me.call("DELETE", f"{ME}/wishes", 204)
    assert [row["handle"] for row in (await me.call("GET", ME))["data"]] == ["styled"]
