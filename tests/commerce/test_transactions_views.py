"""What lists and events of purchases show, to whom, and in which order (commerce 0.3, 1.3, 4.2, 5.4)."""

import pytest
from baskets import order, piece
from catalogue import make, variant
from sales import customer, line, sale

pytestmark = pytest.mark.anyio


async def test_the_found_purchase_shows_no_more_than_the_list(shop):
    who = await customer(shop)
    await shop.post("/transactions", sale(profile_id=who))
    secret = (await shop.post("/auth/api-tokens", {"name": "t", "scopes": ["read-transactions"]}))["accessToken"]
    reader = shop.as_token(secret)
    path = f"/profiles/{who}/find-transactions"
    assert "tier_points" in (await shop.get(path, params={"include": "tier_points"}))["data"]
    assert "tier_points" not in (await reader.get(path, params={"include": "tier_points"}))["data"]
    await shop.delete(f"/profiles/{who}")
    assert await shop.get(path, status=404) == {"message": "Not Found"}


async def test_grouped_views_offer_no_filters_and_keep_the_size_of_their_pages(shop):
    who = await customer(shop)
    for _ in range(3):
        await shop.post("/transactions", sale(profile_id=who))
        await shop.post("/orders", order(profile_id=who))
    for view in ("group_transactions", "group_orders"):
        path = f"/profiles/{who}/{view}"
        refused = await shop.get(path, params={"filter[status]": "x", "filter[a][b]": 1}, status=400)
        assert refused == {"message": "Requested filter(s) `status, a` are not allowed. Allowed filter(s) are ``."}
        for size in ({"page[size]": "2"}, {"per_page": "2"}):
            first = await shop.get(path, params=size)
            last = await shop.get(first["next_page_url"])
            shown = (last["current_page"], last["per_page"], last["from"], last["to"], len(last["data"]))
            assert (first["total"], len(first["data"]), shown) == (3, 2, (2, 2, 3, 3, 1))
            assert (last["prev_page_url"], last["next_page_url"]) == (first["first_page_url"], None)
        assert (await shop.get(path))["last_page_url"].endswith("?page=1")


async def test_lines_are_listed_the_newest_first(shop):
    who = await customer(shop)
    body = sale(profile_id=who, items=[line(name="a"), line(name="b")])
    made = (await shop.post("/transactions", body))["data"]
    older = {**body, "transacted_at": "2025-01-01", "items": [line(name="old")]}
    await shop.post("/transactions", older)
    bag = (await shop.post("/orders", order(items=[piece(name="a"), piece(name="b")])))["data"]

    async def names(path, **params):
        return [row["name"] for row in (await shop.get(path, params=params))["data"]]

    assert [row["name"] for row in made["items"] + bag["items"]] == ["a", "b", "a", "b"]
    assert await names(f"/transactions/{made['id']}/items") == ["b", "a"]
    assert await names(f"/transactions/{made['id']}/items", sort="id") == ["a", "b"]
    assert await names(f"/orders/{bag['id']}/items") == ["b", "a"]
    assert await names(f"/profiles/{who}/transactionitems/list/unassigned") == ["b", "a", "old"]


async def test_the_lines_of_an_event_are_those_of_their_own(shop):
    who = await customer(shop)
    await make(shop, variants=[variant("A", barcode="93", description="green", options=[{"name": "C", "value": "G"}])])
    for event in ("transaction.created", "transaction-item.created"):
        await shop.post("/triggers", {"name": event, "trigger": event})
    await shop.post("/transactions", sale(profile_id=who, items=[line(sku="A", quantity=-2, is_void=True)]))
    rows = await shop.sql(
        "SELECT e.name, c.context FROM event_contexts c JOIN events e ON e.id = c.event_id"
        " WHERE c.tenant_id = %s AND e.entity_type LIKE 'transaction%%'",
        shop.tenant.id,
    )
    told = dict(rows)
    own = told["transaction-item.created"]
    (shown,) = told["transaction.created"]["items"]
    assert {name: value for name, value in own.items() if name != "transaction"} == shown
    names = ("quantity_abs", "item_sku", "barcode", "product_variant_description", "is_void", "is_transaction_void")
    assert [own[name] for name in names] == [2, "A", "93", "green", True, False]
    assert (own["profile_id"], own["profile"]["id"], own["product_options"][0]["value"]) == (who, who, "G")


async def test_an_order_line_can_be_sent_back_as_it_was_read(shop):
    made = (await shop.post("/orders", order(items=[{"name": "a", "quantity": 1}])))["data"]
    (row,) = made["items"]
    path = f"/orders/{made['id']}/items/{row['id']}"
    assert (row["price_current"], row["price_sell"]) == (None, None)
    assert (await shop.put(path, row))["data"] == row
    priced = (await shop.put(path, {"price_sell": 5, "price_current": "6"}))["data"]
    assert (priced["price_current"], priced["price_sell"]) == (6, 5)
    assert (await shop.put(path, {"price_sell": None}))["data"]["price_sell"] is None
    wrong = await shop.put(path, {"name": None, "quantity": None, "price_sell": "x"}, status=422)
    assert set(wrong["errors"]) == {"name", "quantity", "price_sell"}
