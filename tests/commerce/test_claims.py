"""Claims of anonymous receipts: matched at once or later, by one alone (commerce 3)."""

import asyncio

import pytest
from sales import customer, sale

from omneo_api.foundation.jobs import execute

HOURLY = "commerce.claims.hourly"


def receipt(**changes):
    return sale(receipt_ref="R-5512", location_id="S12", **changes)


def claim(**changes):
    return {
        "transaction_receipt_ref": "R-5512",
        "transaction_total": 80.5,
        "transaction_transacted_at": "2025-03-02",
        "transaction_timezone": "Australia/Melbourne",
        "transaction_location_external_code": "S12",
    } | changes


def below(who, identifier=None):
    return f"/profiles/{who}/transactions/claims" + (f"/{identifier}" if identifier else "")


async def hourly(shop):
    await execute(shop.database, HOURLY, {"tenant": shop.handle})


async def setting(shop, handle, value):
    await shop.sql(
        "UPDATE settings SET value = %s WHERE tenant_id = %s AND handle_key = %s", value, shop.tenant.id, handle
    )


async def owner(shop, made):
    data = (await shop.get(f"/transactions/{made['id']}"))["data"]
    return data["profile_id"], data["claimed_at"] is not None


async def test_a_receipt_that_is_there_is_claimed_at_once(shop):
    made = (await shop.post("/transactions", receipt()))["data"]
    who = await customer(shop)
    mine = (await shop.post(below(who), claim(transaction_receipt_ref=" r-5512 ", profile_id="x")))["data"]
    assert list(mine) == [
        "id",
        "status",
        "profile_id",
        "transaction_receipt_ref",
        "transaction_transacted_at",
        "transaction_timezone",
        "transaction_total",
        "transaction_location_external_code",
        "attempts",
        "claimed_transaction_id",
        "claimed_at",
        "last_checked_at",
        "created_at",
        "updated_at",
    ]
    assert (mine["status"], mine["claimed_transaction_id"], mine["attempts"]) == ("claimed", made["id"], 1)
    assert (mine["transaction_total"], mine["transaction_transacted_at"]) == ("80.5", "2025-03-02 00:00:00")
    assert mine["profile_id"] == who
    assert await owner(shop, made) == (who, True)
    ledgers = (await shop.get(f"/profiles/{who}/ledgers"))["data"]
    assert [entry["type"] for entry in ledgers] == ["transaction"]
    assert (await shop.get(below(who, mine["id"])))["data"] == mine
    other = await customer(shop)
    await shop.get(below(other, mine["id"]), status=404)
    await shop.delete(below(other, mine["id"]), status=404)


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({}, "claimed"),
        ({"transaction_total": 80.509}, "claimed"),
        ({"transaction_total": "80.51"}, "pending"),
        ({"transaction_transacted_at": "2025-03-01"}, "pending"),
        ({"transaction_transacted_at": "2025-03-01", "transaction_timezone": "America/New_York"}, "claimed"),
        ({"transaction_transacted_at": "2025-03-02T01:10:00Z"}, "claimed"),
        ({"transaction_transacted_at": None, "transaction_location_external_code": None}, "claimed"),
        ({"transaction_location_external_code": "S13"}, "pending"),
        ({"transaction_receipt_ref": "pos-1"}, "claimed"),
        ({"transaction_receipt_ref": "POS-2"}, "pending"),
    ],
)
async def test_what_matches(shop, changes, status):
    await shop.post("/transactions", receipt(external_id="POS-1"))
    who = await customer(shop)
    assert (await shop.post(below(who), claim(**changes)))["data"]["status"] == status


async def test_the_newest_of_several_and_none_of_somebody_else(shop):
    first, second = await customer(shop), await customer(shop)
    theirs = (await shop.post("/transactions", receipt(profile_id=first)))["data"]
    void = (await shop.post("/transactions", receipt(is_void=True)))["data"]
    old = (await shop.post("/transactions", receipt(transacted_at="2025-03-02 00:10:00")))["data"]
    new = (await shop.post("/transactions", receipt()))["data"]
    assert (await shop.post(below(second), claim()))["data"]["claimed_transaction_id"] == new["id"]
    assert (await shop.post(below(second), claim()))["data"]["claimed_transaction_id"] == old["id"]
    last = (await shop.post(below(second), claim()))["data"]
    assert (last["status"], last["claimed_transaction_id"]) == ("pending", None)
    assert (await owner(shop, theirs))[0] == first
    assert (await owner(shop, void))[0] is None


async def test_a_claim_waits_for_its_transaction(shop, jobs):
    who = await customer(shop)
    mine = (await shop.post(below(who), claim()))["data"]
    assert (mine["status"], mine["attempts"]) == ("pending", 1)
    again = (await shop.post(below(who), claim(), status=200))["data"]
    assert again == mine
    made = (await shop.post("/transactions", receipt()))["data"]
    assert await owner(shop, made) == (None, False)
    await jobs()
    assert await owner(shop, made) == (who, True)
    mine = (await shop.get(below(who, mine["id"])))["data"]
    assert (mine["status"], mine["attempts"], mine["claimed_transaction_id"]) == ("claimed", 1, made["id"])


async def test_every_hour_and_not_for_ever(shop):
    await setting(shop, "claims.max_attempts", "3")
    who = await customer(shop)
    lost = (await shop.post(below(who), claim(transaction_total=1)))["data"]
    mine = (await shop.post(below(who), claim()))["data"]
    made = (await shop.post("/transactions", receipt()))["data"]
    await hourly(shop)
    assert await owner(shop, made) == (who, True)
    assert (await shop.get(below(who, mine["id"])))["data"]["attempts"] == 2
    await hourly(shop)
    await hourly(shop)
    lost = (await shop.get(below(who, lost["id"])))["data"]
    assert (lost["status"], lost["attempts"]) == ("failed", 3)


@pytest.mark.parametrize("waiting", [False, True])
async def test_of_many_at_once_exactly_one_wins(shop, jobs, waiting):
    people = [await customer(shop) for _ in range(6)]
    if waiting:
        await asyncio.gather(*(shop.post(below(who), claim()) for who in people))
        made = (await shop.post("/transactions", receipt()))["data"]
        await asyncio.gather(hourly(shop), hourly(shop), jobs())
    else:
        made = (await shop.post("/transactions", receipt()))["data"]
        await asyncio.gather(*(shop.post(below(who), claim()) for who in people))
    won, _ = await owner(shop, made)
    states = {
        who: [row["status"] for row in (await shop.get(f"{below(who)}?filter[transaction_receipt_ref]=r-5512"))["data"]]
        for who in people
    }
    assert states == {who: ["claimed" if who == won else "pending"] for who in people}


async def test_taking_it_away_fails_the_claim(shop):
    who = await customer(shop)
    made = (await shop.post("/transactions", receipt()))["data"]
    mine = (await shop.post(below(who), claim()))["data"]
    await shop.get(f"/profiles/{who}/transactions/{made['id']}/unattach")
    await hourly(shop)
    assert await owner(shop, made) == (None, False)
    assert (await shop.get(below(who, mine["id"])))["data"]["status"] == "failed"
    second = (await shop.post(below(who), claim()))["data"]
    await shop.delete(f"/transactions/{made['id']}")
    assert (await shop.get(below(who, second["id"])))["data"]["status"] == "failed"


async def test_a_correction_takes_the_claim_along(shop):
    who = await customer(shop)
    await shop.post("/transactions", receipt(external_id="POS-1"))
    mine = (await shop.post(below(who), claim()))["data"]
    new = (await shop.post("/transactions/update-create", receipt(external_id="POS-1", total=70)))["data"]
    assert await owner(shop, new) == (who, True)
    assert (await shop.get(below(who, mine["id"])))["data"]["claimed_transaction_id"] == new["id"]
    other = await customer(shop)
    body = receipt(external_id="POS-1", total=60, profile_id=other)
    last = (await shop.post("/transactions/update-create", body))["data"]
    assert await owner(shop, last) == (other, False)
    assert (await shop.get(below(who, mine["id"])))["data"]["status"] == "failed"


async def test_a_deleted_claim_leaves_what_it_claimed(shop):
    who = await customer(shop)
    made = (await shop.post("/transactions", receipt()))["data"]
    mine = (await shop.post(below(who), claim()))["data"]
    await shop.delete(below(who, mine["id"]))
    await shop.get(below(who, mine["id"]), status=404)
    await shop.delete(below(who, mine["id"]), status=404)
    assert (await shop.get(below(who)))["data"] == []
    assert await owner(shop, made) == (who, True)


async def test_what_is_wrong_is_said(shop):
    who = await customer(shop)
    errors = (await shop.post(below(who), {"transaction_total": "x", "transaction_timezone": "Mars"}, status=422))[
        "errors"
    ]
    assert set(errors) == {"transaction_receipt_ref", "transaction_total", "transaction_timezone"}
    made = (await shop.post(below(who), claim(transaction_receipt_ref=5512, transaction_timezone=None)))["data"]
    assert (made["transaction_receipt_ref"], made["transaction_timezone"]) == ("5512", "UTC")
    page = await shop.get(f"{below(who)}?filter[status]=pending&filter[transaction_total][lt]=81")
    assert page["meta"]["total"] == 1
    await shop.get("/profiles/00000000-0000-0000-0000-000000000000/transactions/claims", status=404)


async def test_older_transactions_can_be_excluded(shop):
    await setting(shop, "claims.max_transaction_age_days", "90")
    await shop.post("/transactions", receipt())
    who = await customer(shop)
    assert (await shop.post(below(who), claim()))["data"]["status"] == "pending"
