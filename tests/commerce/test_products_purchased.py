"""The articles that a profile bought (commerce 4.1)."""

import pytest
from catalogue import make, variant
from sales import customer, line, sale

pytestmark = pytest.mark.anyio


async def test_what_a_profile_bought(shop, other_shop):
    profile, other = await customer(shop), await customer(shop)
    scarf = await make(shop, tags=["winter"], variants=[variant("A", tags=["green"]), variant("B", title="Red")])
    hat = await make(shop, handle="hat", brand="Tern", department="Heads", variants=[variant("H", price=30)])
    places = {}
    for code, kind in (("S1", "store"), ("W1", "web")):
        body = {"name": code, "phone": "1", "external_id": code, "type": kind}
        places[code] = (await shop.post("/locations", body))["data"]["id"]

    async def buy(day, place, *lines, of=profile, **more):
        rows = [line(sku=sku, quantity=quantity, **changes) for sku, quantity, changes in lines]
        at = f"2025-03-{day:02} 10:00:00"
        body = sale(items=rows, transacted_at=at, location_id=place, profile_id=of, **more)
        return (await shop.post("/transactions", body))["data"]

    await buy(1, "S1", ("A", 2, {}), ("A", 1.5, {}), ("B", 1, {}))
    await buy(5, "W1", ("A", -1, {}), ("H", 1, {"is_void": True}), ("no such", 9, {}))
    await buy(9, None, ("H", 4, {}))
    await buy(7, "W1", ("H", 5, {}), is_void=True)
    await buy(8, "W1", ("A", 7, {}), of=other)
    path = f"/profiles/{profile}/transaction-products"
    page = await shop.get(path)
    a, b = scarf["variants"]
    both = {"refund_qty": 1, "purchase_qty": 4.5}
    sums = {
        "count": 3,
        "countt": 3,
        "purchase_qty": 3.5,
        "refund_qty": 1,
        "latest_transacted_at": "2025-03-05 10:00:00",
    }
    assert page["data"][1] == a | sums | {"product": both, "location_types": "store,web"}
    assert page["data"][0] == hat["variants"][0] | {
        "count": 1,
        "countt": 1,
        "purchase_qty": 4,
        "refund_qty": 0,
        "latest_transacted_at": "2025-03-09 10:00:00",
        "product": {"refund_qty": 0, "purchase_qty": 4},
        "location_types": None,
    }
    assert (page["data"][2]["id"], page["data"][2]["product"]) == (b["id"], both)
    assert (page["meta"]["total"], page["meta"]["per_page"]) == (3, 15)

    async def skus(**query):
        found = await shop.get(path, params={f"filter[{name}]": value for name, value in query.items()})
        assert found["meta"]["total"] == len(found["data"])
        return [row["sku"] for row in found["data"]]

    for query, expected in [
        ({"transacted_at": "2025-03-05 10:00:00"}, ["H", "A"]),
        ({"transacted_at": "2025-03-05 10:00:01"}, ["H"]),
        ({"transacted_at][lte": "2025-03-01 10:00:00"}, ["A", "B"]),
        ({"location_id": str(places["S1"])}, ["A", "B"]),
        ({"product_id": str(hat["id"])}, ["H"]),
        ({"sku": "b"}, ["B"]),
        ({"title": "red"}, ["B"]),
        ({"brand": "tern"}, ["H"]),
        ({"department": "heads"}, ["H"]),
        ({"tags.handle": "winter"}, ["A", "B"]),
        ({"tags.handle": "green"}, ["A"]),
        ({"search": "tern"}, ["H"]),
        ({"search": "red"}, ["B"]),
        ({"sku": "no such"}, []),
    ]:
        assert await skus(**query) == expected, query
    await shop.get(path, params={"filter[price]": "1"}, status=400)
    since = (await shop.get(path, params={"filter[transacted_at]": "2025-03-05", "filter[sku]": "A"}))["data"][0]
    assert (since["count"], since["purchase_qty"], since["refund_qty"], since["location_types"]) == (1, 0, 1, "web")
    second = await shop.get(path, params={"page[size]": 1, "page[number]": 2, "sort": "-purchase_qty,sku"})
    assert ([row["sku"] for row in second["data"]], second["meta"]["last_page"]) == (["A"], 3)
    await shop.delete(f"/products/{scarf['id']}")
    assert await skus() == ["H", "A", "B"]
    await shop.get("/profiles/3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10/transaction-products", status=404)
    await other_shop.get(path, status=404)
