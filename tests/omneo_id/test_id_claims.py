"""Customers claim receipts themselves, where the tenant lets them (omneo-id 4.4)."""

import pytest
from test_id import customer

pytestmark = pytest.mark.anyio

SALE = {"total": 80.5, "transacted_at": "2025-03-02 01:10:00", "timezone": "UTC", "items": [], "receipt_ref": "R-1"}
CLAIM = {"transaction_receipt_ref": "R-1", "transaction_total": 80.5}
PATH = "/profiles/me/transactions/claims"


async def test_a_customer_claims_a_receipt(shop):
    made = (await shop.post("/transactions", SALE))["data"]
    me, profile = await customer(shop)
    other, _ = await customer(shop)
    mine = (await me.call("POST", PATH, 201, json=CLAIM | {"profile_id": "x"}))["data"]
    assert (mine["status"], mine["claimed_transaction_id"]) == ("claimed", made["id"])
    assert mine["profile_id"] == profile["id"]
    assert [row["id"] for row in (await me.call("GET", PATH))["data"]] == [mine["id"]]
    assert (await other.call("GET", PATH))["data"] == []
    await other.call("GET", f"{PATH}/{mine['id']}", 404)
    await other.call("DELETE", f"{PATH}/{mine['id']}", 404)
    assert (await me.call("GET", f"{PATH}/{mine['id']}"))["data"] == mine
    await me.call("DELETE", f"{PATH}/{mine['id']}", 204)
    assert (await me.call("GET", PATH))["data"] == []
    await shop.sql(
        "UPDATE settings SET value = 'false' WHERE tenant_id = %s AND handle_key = 'id.allow.claims_write'",
        shop.tenant.id,
    )
    await me.call("POST", PATH, 403, json=CLAIM)
    assert (await me.call("GET", PATH))["data"] == []
