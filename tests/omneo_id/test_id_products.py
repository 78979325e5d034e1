"""What customers see of the articles they bought (omneo-id 4.1, 7)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio


async def test_a_customer_sees_own_articles_without_their_cost(shop):
    me, profile = await customer(shop)
    other, _ = await customer(shop)
    body = {"title": "Scarf", "handle": "scarf", "brand": "Northline"}
    cost = {"variants": [{"sku": "A", "price": 95, "price_cost": 12.5}]}
    made = (await shop.post("/products", body | cost))["data"]
    line = {"name": "Scarf", "sku": "A", "quantity": 2, "price_current": 95, "price_sell": 95}
    sale = {"total": 190, "transacted_at": "2025-03-02 01:10:00", "timezone": "UTC", "items": [line]}
    await shop.post("/transactions", sale | {"profile_id": profile["id"]})
    (bought,) = (await me.call("GET", "/profiles/me/transaction-products"))["data"]
    assert (bought["id"], bought["purchase_qty"], bought["price"]) == (made["variants"][0]["id"], 2, 95)
    assert bought["price_cost"] is None
    (sold,) = (await me.call("GET", "/profiles/me/transactions"))["data"]
    shown = sold["items"][0]
    assert (shown["product"]["brand"], shown["product_variant"]["price_cost"]) == ("Northline", None)
    assert (await other.call("GET", "/profiles/me/transaction-products"))["data"] == []
    later = {"filter[transacted_at]": "2025-03-02 01:10:01"}
    assert (await me.call("GET", "/profiles/me/transaction-products", params=later))["data"] == []
