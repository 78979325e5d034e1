"""The real purchases of tests/data: in by batches, to the cent; then voided, corrected, claimed, and counted again."""

import asyncio
from collections import Counter
from decimal import Decimal
from io import StringIO
from pathlib import Path

import pytest
from rich.console import Console

from omneo_api.demo import cdnow
from omneo_api.demo.failures import LoadFailed

pytestmark = pytest.mark.anyio
FILE = Path(__file__).parent / "data" / "cdnow_sample.csv"
STORED = """
    SELECT p.email, count(*), sum(t.total), (SELECT a.spend_all FROM profile_aggregations a WHERE a.profile_id = p.id)
    FROM transactions t JOIN transaction_states s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
    JOIN profiles p ON p.id = s.profile_id
    WHERE t.tenant_id = %s AND s.void_kind IS NULL GROUP BY p.tenant_id, p.id, p.email
"""


def summed(purchases):
    """Count and sum of spend per customer."""
    counts, sums = Counter(), Counter()
    for mail, amount in purchases:
        counts[mail] += 1
        sums[mail] += amount
    return {mail: (counts[mail], sums[mail]) for mail in counts}


async def told(shop):
    """The same as the database holds it, where the aggregations must agree with the sales."""
    rows = await shop.sql(STORED, shop.tenant.id)
    assert all(Decimal(spent) == total for _, _, total, spent in rows)
    return {mail: (count, total) for mail, count, total, _ in rows}


async def loaded(shop, jobs, monkeypatch):
    """What loading answers while a worker is at work."""
    monkeypatch.setattr(cdnow, "PAUSE", 0.1)
    loading = asyncio.create_task(cdnow.load(shop.client, FILE, Console(file=StringIO())))
    while not loading.done():
        await jobs()
        await asyncio.sleep(0.02)
    return loading.result()


async def written(shop):
    return await shop.sql(
        "SELECT max(id) FROM audits WHERE tenant_id = %s AND auditable_type <> 'Batch'", shop.tenant.id
    ) + await shop.sql("SELECT max(id) FROM events WHERE tenant_id = %s", shop.tenant.id)


@pytest.mark.timeout(900)
async def test_the_file_is_in_the_api_to_the_cent(shop, jobs, monkeypatch):
    purchases = cdnow.read(FILE)
    of_file = {purchase.external_id: (cdnow.email(purchase.customer), purchase.amount) for purchase in purchases}
    sums = summed(of_file.values())
    assert (len(of_file), len(sums), sum(total for _, total in sums.values())) == (6919, 2357, Decimal("244091.94"))
    first = await loaded(shop, jobs, monkeypatch)
    assert first == {"profiles": 2357, "transactions": 6919}
    assert await told(shop) == sums
    before = await written(shop)
    second = await loaded(shop, jobs, monkeypatch)
    assert second == first
    assert (await told(shop), await written(shop)) == (sums, before)
    page = await shop.get("/transactions", params={"page[size]": 1})
    assert page["meta"]["total"] == 6919

    ids = dict(
        await shop.sql("SELECT external_id, id FROM transactions WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
    )
    chosen = sorted(of_file)[::27]
    for external_id in chosen[:200]:
        await shop.put(f"/transactions/{ids[external_id]}", {"is_void": True})
        del of_file[external_id]
    corrections = [{"external_id": one, "total": str(of_file[one][1] + 1)} for one in sorted(of_file)[7:6000:59][:100]]
    for row in corrections:
        await shop.post("/transactions/update-create", row)
        mail, amount = of_file[row["external_id"]]
        of_file[row["external_id"]] = (mail, amount + 1)
    assert len(corrections) == 100
    people = dict(await shop.sql("SELECT email, id::text FROM profiles WHERE tenant_id = %s", shop.tenant.id))
    for number, mail in enumerate(sorted(sums)[:50]):
        receipt = {"receipt_ref": f"R-{number}", "total": "12.5", "transacted_at": "1998-07-01 17:00:00"}
        await shop.post("/transactions", receipt | {"timezone": "America/New_York", "items": []})
        claim = {"transaction_receipt_ref": f"R-{number}", "transaction_total": 12.5}
        claimed = await shop.post(f"/profiles/{people[mail]}/transactions/claims", claim)
        assert claimed["data"]["status"] == "claimed"
        of_file[f"claimed {number}"] = (mail, Decimal("12.5"))
    assert await told(shop) == summed(of_file.values())
    shown = await shop.get("/transactions", params={"page[size]": 1})
    assert shown["meta"]["total"] == 6919 + 50


def test_the_rounds_keep_the_order_of_each_customer():
    purchases = cdnow.read(FILE)
    sent = cdnow.in_rounds(purchases)
    assert sorted(sent, key=lambda one: one.customer) == sorted(purchases, key=lambda one: one.customer)
    assert len({one.customer for one in sent[:2357]}) == 2357


def test_another_file_is_refused(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(LoadFailed, match="has the columns"):
        cdnow.read(other)
    other.write_text("customer,date,quantity,amount\n1,1997-01-01,x,2\n")
    with pytest.raises(LoadFailed, match="line 2"):
        cdnow.read(other)
