"""Sales and orders outlive their customer, and can still be corrected (commerce 1.6, 1.7)."""

import pytest
from baskets import order
from sales import customer, sale

pytestmark = pytest.mark.anyio
CLAIM = {"transaction_receipt_ref": "R", "transaction_total": 80.5}


async def person(shop):
    return (await shop.post("/profiles", {"email": "gone@example.com"}))["data"]["id"]


async def test_the_sales_of_a_deleted_profile_can_be_corrected(shop, jobs):
    who, other = await person(shop), await customer(shop)
    made = [(await shop.post("/transactions", sale(profile_id=who, external_id=str(n))))["data"] for n in range(6)]
    bag = (await shop.post("/orders", order(profile_id=who)))["data"]
    await shop.delete(f"/profiles/{who}")
    paths = [f"/transactions/{row['id']}" for row in made]
    read = await shop.get(paths[0])
    assert read["data"]["profile_id"] == who
    assert await shop.put(paths[0], read["data"]) == read
    assert await shop.post("/transactions/update-create", read["data"], status=200) == read
    new = (await shop.post("/transactions/update-create", {**read["data"], "total": 5}))["data"]
    assert (new["total"], new["profile_id"]) == (5, who)
    assert (await shop.put(paths[1], {"is_void": True}))["data"]["is_void"] is True
    assert (await shop.put(paths[2], {"profile_id": None}))["data"]["profile_id"] is None
    assert (await shop.put(paths[3], {"profile_id": other}))["data"]["profile_id"] == other
    await shop.delete(paths[4])
    refused = await shop.put(paths[3], {"profile_id": who}, status=422)
    assert refused["errors"] == {"profile_id": ["The selected profile id is invalid."]}
    rows = [{**made[5], "profile_id": who, "total": 6}, sale(external_id="new", profile_id=who)]
    accepted = await shop.post("/transactions/batch.json", {"transactions": rows}, status=200)
    await jobs()
    batch = (await shop.get(f"/batches/{accepted['batch_id']}"))["data"]
    assert [item["status"] for item in batch["items"]] == ["success", "failed"]
    assert (await shop.get("/transactions/external/5"))["data"]["profile_id"] == who
    assert (await shop.put(f"/orders/{bag['id']}", bag))["data"] == bag
    again = (await shop.post("/orders/create-update", {**bag, "status": "x"}, status=200))["data"]
    assert (again["profile_id"], again["status"]) == (who, "x")
    refused = await shop.post("/orders", {**bag, "id": None}, status=422)
    assert refused["errors"] == {"profile_id": ["The selected profile id is invalid."]}
    await shop.delete(f"/orders/{bag['id']}")
    assert [row["id"] for row in (await shop.get(f"/profiles/{other}/transactions"))["data"]] == [made[3]["id"]]


async def test_a_purge_ends_the_assignment_with_its_claim(shop):
    who, other = await person(shop), await customer(shop)
    made = (await shop.post("/transactions", sale(receipt_ref="R", receipt_email="gone@example.com")))["data"]
    claim = (await shop.post(f"/profiles/{who}/transactions/claims", CLAIM))["data"]
    assert claim["claimed_transaction_id"] == made["id"]
    await shop.delete(f"/profiles/{who}/purge")
    read = (await shop.get(f"/transactions/{made['id']}"))["data"]
    assert [read[name] for name in ("profile_id", "profile", "claimed_at", "receipt_email")] == [None] * 4
    theirs = (await shop.post(f"/profiles/{other}/transactions/claims", CLAIM))["data"]
    assert (theirs["status"], theirs["claimed_transaction_id"]) == ("claimed", made["id"])
