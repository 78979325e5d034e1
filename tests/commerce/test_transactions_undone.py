"""What was voided before its reactions ran earns nothing, and the totals of lists are exact whatever happened."""

import asyncio

import pytest
from sales import customer, line, sale

pytestmark = pytest.mark.anyio


async def points(shop, event):
    await shop.post("/points/definitions", {"name": "Points", "handle": "points", "type": "campaign"}, status=None)
    arguments = [{"name": "definition", "value": "points"}, {"name": "value_initial", "value": 5}]
    actions = [{"name": "point.create", "arguments": arguments}] * 2
    await shop.post("/triggers", {"name": event, "trigger": event, "actions": actions})


async def earned(shop, profile):
    rows = await shop.sql("SELECT coalesce(sum(value_remaining), 0) FROM points WHERE profile_id = %s", profile)
    return rows[0][0]


async def test_a_sale_that_is_undone_before_its_reactions_run_earns_nothing(shop, jobs):
    await points(shop, "transaction.created")
    await points(shop, "transaction-item.created")
    who, other = await customer(shop), await customer(shop)
    body = sale(profile_id=who, items=[line(), line(sku="B")])
    voided, deleted, kept = [(await shop.post("/transactions", body))["data"]["id"] for _ in range(3)]
    corrected = await shop.post("/transactions", body | {"external_id": "X"})
    await shop.put(f"/transactions/{voided}", {"is_void": True})
    await shop.delete(f"/transactions/{deleted}")
    new = await shop.post("/transactions/update-create", {"external_id": "X", "total": 1, "profile_id": other})
    assert new["data"]["id"] != corrected["data"]["id"]
    await jobs(scheduled=True)
    assert (await earned(shop, who), await earned(shop, other)) == (30, 30)
    rows = await shop.sql(
        "SELECT h.entity, i.status, i.result, count(*) OVER (PARTITION BY h.id), h.state FROM action_histories h"
        " JOIN action_history_items i ON i.tenant_id = h.tenant_id AND i.action_history_id = h.id"
        " WHERE h.tenant_id = %s AND h.entity = %s",
        shop.tenant.id,
        f"transaction:{voided}",
    )
    assert rows == [(f"transaction:{voided}", "skipped", {"reason": "undone"}, 1, "done")]
    assert kept
    finished = await shop.sql(
        "SELECT count(*) FROM events WHERE tenant_id = %s AND name = 'transaction.sync'", shop.tenant.id
    )
    assert finished == [(4,)]


async def test_voiding_beside_the_worker_leaves_nothing_earned(shop, jobs):
    await points(shop, "transaction.created")
    who = await customer(shop)
    made = [(await shop.post("/transactions", sale(profile_id=who)))["data"]["id"] for _ in range(6)]

    async def void(identifier):
        await asyncio.sleep(0.02 * (identifier - made[0]))
        await shop.put(f"/transactions/{identifier}", {"is_void": True})

    await asyncio.gather(jobs(), *(void(identifier) for identifier in made))
    await jobs(scheduled=True)
    assert await earned(shop, who) == 0


async def test_totals_are_exact_whatever_happened(shop, jobs):
    first, second, third = [await customer(shop) for _ in range(3)]

    async def check():
        counted = await shop.sql(
            "SELECT profile_id::text, count(*) FROM transaction_states WHERE tenant_id = %s"
            " AND coalesce(void_kind, 'void') = 'void' GROUP BY profile_id",
            shop.tenant.id,
        )
        totals = dict(counted)
        everything = sum(totals.values())
        assert (await shop.get("/transactions"))["meta"]["total"] == everything
        for profile in (first, second, third):
            answer = await shop.call("GET", f"/profiles/{profile}/transactions")
            if answer.status_code == 200:
                assert answer.json()["meta"]["total"] == totals.get(profile, 0)
        return everything, [totals.get(profile, 0) for profile in (first, second, third)]

    rows = [sale(external_id=f"N-{n}", profile_id=who) for n, who in enumerate([first] * 6 + [second] * 3)]
    made = [(await shop.post("/transactions", row))["data"]["id"] for row in rows]
    await shop.post("/transactions", sale(receipt_ref="R-1"))
    assert await check() == (10, [6, 3, 0])
    claim = {"transaction_receipt_ref": "R-1", "transaction_total": 80.5}
    await shop.post(f"/profiles/{third}/transactions/claims", claim)
    await jobs()
    assert await check() == (10, [6, 3, 1])
    await shop.put(f"/transactions/{made[0]}", {"is_void": True})
    await shop.put(f"/transactions/{made[1]}", {"tags": ["x"]})
    await shop.put(f"/transactions/{made[2]}", {"profile_id": second})
    await shop.put(f"/transactions/{made[3]}", {"profile_id": None})
    await shop.delete(f"/transactions/{made[4]}")
    await shop.post("/transactions/update-create", {"external_id": "N-5", "total": 3})
    assert await check() == (9, [3, 4, 1])
    await shop.post(f"/profiles/{first}/merge", {"profile_id": second}, status=None)
    await jobs()
    everything, owned = await check()
    assert (everything, sum(owned)) == (9, 8)
