"""Queues and batches of transactions."""

import pytest
from sales import customer, line, sale

pytestmark = pytest.mark.anyio


async def names(shop, like):
    rows = await shop.sql(
        "SELECT name FROM events WHERE tenant_id = %s AND name LIKE %s ORDER BY id", shop.tenant.id, like
    )
    return [name for (name,) in rows]


async def test_a_queued_record_is_applied_once(shop, jobs):
    await shop.post("/transactions/queue", {"total": "x"}, status=422)
    assert await shop.post("/transactions/queue", sale(external_id="Q1"), status=200) == {"data": "OK"}
    assert await names(shop, "transaction.%") == ["transaction.received"]
    assert (await shop.get("/transactions"))["meta"]["total"] == 0
    await jobs()
    assert [row["external_id"] for row in (await shop.get("/transactions"))["data"]] == ["Q1"]
    await shop.post("/transactions/queue", sale(external_id="Q1", total=9), status=200)
    await jobs()
    assert [row["total"] for row in (await shop.get("/transactions"))["data"]] == [9]
    assert await shop.post("/transactions/queue/create", sale(external_id="Q1", total=10), status=200) == {"data": "OK"}
    (failed,) = [job for job in await jobs(errors=True) if job.error is not None]
    assert failed.error.errors == {"external_id": ["The external id has already been taken."]}
    assert [row["total"] for row in (await shop.get("/transactions"))["data"]] == [9]
    missing = await shop.post("/transactions/queue/create", {"total": 1}, status=422)
    assert set(missing["errors"]) == {"transacted_at", "timezone", "items"}


async def test_a_batch_keeps_good_rows_and_reports_bad_ones(shop, jobs):
    profile = await customer(shop)
    rows = [
        sale(external_id="B1", profile_id=profile),
        sale(external_id="B2", total="x"),
        sale(external_id="B1", total=7),
        {"external_id": "B3", "total": 5},
        sale(items=[{"name": "a", "price_current": 1, "price_sell": 1}]),
    ]
    for wrong in ({}, {"transactions": []}, {"transactions": {}}, {"transactions": [1]}, {"transactions": rows * 201}):
        refused = await shop.post("/transactions/batch.json", wrong, status=422)
        assert all(key.startswith("transactions") for key in refused["errors"])
    accepted = await shop.post("/transactions/batch", {"transactions": rows}, status=200)
    assert accepted["message"] == "Queued for processing."
    await jobs()
    batch = (await shop.get(f"/batches/{accepted['batch_id']}"))["data"]
    assert (batch["status"], batch["success_count"], batch["failed_count"]) == ("failed", 3, 2)
    listed = (await shop.get("/transactions", params={"sort": "id"}))["data"]
    assert [(row["external_id"], row["total"], row["profile_id"]) for row in listed] == [
        ("B1", 7, profile),
        (None, 80.5, None),
    ]
    assert [item["quantity"] for item in listed[1]["items"]] == [1]
    again = await shop.post("/transactions/batch.json", {"transactions": rows[2:3]}, status=200)
    await jobs()
    assert (await shop.get(f"/batches/{again['batch_id']}"))["data"]["status"] == "success"
    assert (await shop.get("/transactions", params={"sort": "id"}))["data"] == listed
    assert line()["quantity"] == 1
