"""What was bought of lists, and lists that are shared (commerce 1.5, 2.2; lists A5)."""

import asyncio

import pytest

pytestmark = pytest.mark.anyio


async def test_a_line_buys_an_item_once(house, shop, other_shop):
    made = await house.make("Wishes", items=[{"product_variant_sku": "SC-1"}, {"product_variant_sku": "HT-1"}])
    await shop.post("/triggers", {"name": "t", "trigger": "product-list-item.linked"})
    scarf, hat = made["items"]
    sale = await house.sale()
    first, second = (line["id"] for line in sale["items"])
    lines = f"/profiles/{house.profile}/transactionitems/list"
    await house.events()

    async def states():
        return [
            [line["id"] for line in (await shop.get(f"{lines}/{state}"))["data"]]
            for state in ("assigned", "unassigned")
        ]

    assert await states() == [[], [second, first]]
    body = {"product_list_item_id": scarf["id"], "type": "link"}
    path = f"/transactions/items/{first}/list-item"
    answers = await asyncio.gather(*(shop.post(path, body, status=200) for _ in range(6)))
    assert answers[0]["data"] == {**sale["items"][0], "updated_at": answers[0]["data"]["updated_at"]}
    assert await house.events() == ["list-item.linked"]
    ((context,),) = await shop.sql(
        "SELECT c.context FROM event_contexts c JOIN events e ON e.id = c.event_id WHERE e.id = %s", house.seen
    )
    assert context["linked"] == {"type": "transaction_item", "id": first}
    assert (context["id"], context["product"]["handle"], context["profile_id"]) == (scarf["id"], "scarf", house.profile)
    assert context["product_list"] == {"id": made["id"], "name": "Wishes", "handle": "wishes", "definition": None}
    assert (context["profile"]["first_name"], list(context["profile"])[-1]) == ("Ada", "flattened_statuses")
    assert await states() == [[first], [second]]
    (line,) = (await shop.get(f"{lines}/assigned", params={"include_list_item": 1}))["data"]
    (told,) = line["list_items"]
    assert told == {
        "id": scarf["id"],
        "product_list_id": made["id"],
        "list": {"name": "Wishes", "handle": "wishes", "description": None},
        "quantity": 1,
        "position": None,
        "status": None,
        "meta": None,
        "created_at": scarf["created_at"],
        "updated_at": scarf["updated_at"],
        "pivot": told["pivot"],
    }
    assert list(told["pivot"]) == ["created_at", "updated_at"]
    assert "list_items" not in (await shop.get(f"{lines}/assigned", params={"include_list_item": 0}))["data"][0]
    await shop.get(f"{lines}/other", status=404)
    item = f"{house.path}/wishes/items/{scarf['id']}"
    assert "transaction_items" not in (await shop.get(item))["data"]
    (bought,) = (await shop.get(item, params={"include": "transaction_items"}))["data"]["transaction_items"]
    assert (bought["id"], bought["sku"], bought["transaction"]["profile"]["first_name"]) == (first, "SC-1", "Ada")
    assert bought["pivot"] == told["pivot"]
    mine = f"/profiles/{house.profile}/transactions/items/{second}/list-item"
    told = await shop.post(
        mine, {**body, "product_list_item_id": hat["id"]}, status=200, params={"include_list_item": 1}
    )
    assert told["data"]["list_items"][0]["id"] == hat["id"]
    for wrong, errors in (
        ({}, {name: f"The {name.replace('_', ' ')} field is required." for name in body}),
        ({**body, "type": "x"}, {"type": "The selected type is invalid."}),
        (
            {**body, "product_list_item_id": 10**9},
            {"product_list_item_id": "The selected product list item id is invalid."},
        ),
    ):
        answer = await shop.post(path, wrong, status=422)
        assert answer["errors"] == {name: [text] for name, text in errors.items()}
    friend = (await shop.post("/profiles", {"email": "b@example.com"}))["data"]["id"]
    await shop.post(f"/profiles/{friend}/transactions/items/{first}/list-item", body, status=404)
    await shop.post(f"/profiles/{house.profile}/transactions/items/{10**9}/list-item", body, status=404)
    await other_shop.post(path, body, status=404)
    await house.events()
    for _ in range(2):
        await shop.post(path, {**body, "type": "unlink"}, status=200)
    assert await states() == [[second], [first]]
    assert await house.events() == []


async def test_a_corrected_sale_keeps_what_it_bought(house, shop):
    """Equal lines keep their links; the lines of a void sale do not count."""
    made = await house.make("Wishes", items=[{"product_variant_sku": "SC-1"}])
    wish = made["items"][0]["id"]
    sale = await house.sale(external_id="POS-1")
    scarf, hat = (line["id"] for line in sale["items"])
    for line in (scarf, hat):
        body = {"product_list_item_id": wish, "type": "link"}
        await shop.post(f"/transactions/items/{line}/list-item", body, status=200)
    again = {"external_id": "POS-1", "total": 31, "transacted_at": "2026-01-02 03:04:05", "timezone": "UTC"}
    bag = {"name": "Bag", "quantity": 1, "price_current": 11, "price_sell": 11}
    dearer = {**sale["items"][0], "price_sell": 12}
    sent = {**again, "items": [bag, sale["items"][1], dearer]}
    newer = (await shop.post("/transactions/update-create", sent, status=201))["data"]
    new_hat = next(line["id"] for line in newer["items"] if line["name"] == "Hat")
    assert new_hat not in (scarf, hat)
    links = "SELECT transaction_item_id FROM product_list_purchases WHERE product_list_item_id = %s ORDER BY 1"
    assert await shop.sql(links, wish) == [(scarf,), (new_hat,)]
    path = f"/profiles/{house.profile}/transactionitems/list"
    assert [line["id"] for line in (await shop.get(f"{path}/assigned"))["data"]] == [new_hat]
    assert [line["name"] for line in (await shop.get(f"{path}/unassigned"))["data"]] == ["Scarf", "Bag"]
    await shop.put(f"/transactions/{newer['id']}", {"is_void": True})
    for state in ("assigned", "unassigned"):
        assert (await shop.get(f"{path}/{state}"))["data"] == []
