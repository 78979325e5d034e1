"""Redemptions that belong to purchases."""

import pytest
from sales import customer, sale

pytestmark = pytest.mark.anyio


async def spend(shop, profile, amount, **values):
    """Gives the profile a reward of that value and redeems it; answers the redemption's id."""
    handle = f"r-{amount}"
    found = await shop.get("/rewards/definitions", params={"filter[handle]": handle})
    if not found["data"]:
        body = {"name": handle, "handle": handle, "type": "other", "value": 10, "period": 30}
        found = {"data": [(await shop.post("/rewards/definitions", body))["data"]]}
    reward = {"profile_id": profile, "timezone": "UTC", "value_initial": amount}
    await shop.post("/rewards", {**reward, "reward_definition_id": found["data"][0]["id"]})
    redeemed = await shop.post(f"/profiles/{profile}/redeem", {"amount": amount, **values})
    return redeemed["data"]["redemption"]["id"] if "redemption" in redeemed["data"] else redeemed["data"]["id"]


async def test_a_redemption_goes_with_its_purchase(shop):
    ada, bob = await customer(shop), await customer(shop)
    number = await spend(shop, ada, 10)
    wrong = await shop.post("/transactions", sale(profile_id=bob, redemption_id=number), status=422)
    assert set(wrong["errors"]) == {"redemption_id"}
    for path in ("/transactions", "/orders"):
        nothing = await shop.post(path, sale(profile_id="nobody", redemption_id=10**9, order_id=0), status=422)
        assert set(nothing["errors"]) - {"order_id"} == {"profile_id", "redemption_id"}, path
    made = (await shop.post("/transactions", sale(redemption_id=number, external_id="1")))["data"]
    assert (made["profile_id"], made["redemption"]["id"], made["redemption"]["total"]) == (ada, number, 10)
    taken = await shop.post("/transactions", sale(profile_id=ada, redemption_id=number), status=422)
    assert set(taken["errors"]) == {"redemption_id"}
    assert await shop.put(f"/transactions/{made['id']}", {"redemption_id": number}) == {"data": made}
    page = await shop.get("/transactions", params={"filter[redemption_id]": str(number)})
    assert [row["id"] for row in page["data"]] == [made["id"]]
    new = (await shop.post("/transactions/update-create", {"external_id": "1", "total": 5}))["data"]
    assert new["redemption"]["id"] == number
    assert (await shop.get(f"/transactions/{made['id']}"))["data"]["redemption"] is None
    await shop.put(f"/transactions/{new['id']}", {"is_void": True})
    assert (await shop.get(f"/transactions/{new['id']}"))["data"]["redemption"]["id"] == number
    await shop.delete(f"/transactions/{new['id']}")
    again = (await shop.post("/transactions", sale(profile_id=ada, redemption_id=number)))["data"]
    assert again["redemption"]["id"] == number


async def test_a_redemption_waits_for_its_purchase(shop):
    ada = await customer(shop)
    by_receipt = await spend(shop, ada, 10, transaction_receipt_ref="R-1")
    by_id = await spend(shop, ada, 10, transaction_external_id="X-1")
    first = (await shop.post("/transactions", sale(profile_id=ada, receipt_ref="r-1")))["data"]
    second = (await shop.post("/transactions", sale(external_id="X-1")))["data"]
    assert (first["redemption"]["id"], second["redemption"]) == (by_receipt, None)
    claimed = (await shop.put(f"/transactions/{second['id']}", {"profile_id": ada}))["data"]
    assert claimed["redemption"]["id"] == by_id


async def test_a_correction_keeps_a_redemption_that_was_reversed(shop):
    ada = await customer(shop)
    number = await spend(shop, ada, 10)
    sent = sale(profile_id=ada, redemption_id=number, external_id="1")
    made = (await shop.post("/transactions", sent))["data"]
    await shop.post(f"/redemptions/{number}/reversal", status=None)
    new = (await shop.post("/transactions/update-create", {**sent, "total": 5}))["data"]
    assert (new["id"] != made["id"], new["redemption"]) == (True, None)
    assert [row["id"] for row in new["reversed_redemptions"]] == [number]
    assert (await shop.post("/transactions/update-create", {**sent, "total": 5}, status=200))["data"] == new
    freed = (await shop.post("/transactions/update-create", {"external_id": "1", "redemption_id": None}))["data"]
    assert freed["reversed_redemptions"] == []
