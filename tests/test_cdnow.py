"""The real purchases of tests/data, loaded through the API twice, read back to the cent."""

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


async def told(shop):
    """Count and sum of spend per customer, as the API lists them page by page."""
    counts, sums = Counter(), Counter()
    number = last = 1
    while number <= last:
        page = await shop.get("/transactions", params={"page[size]": 100, "page[number]": number})
        last = page["meta"]["last_page"]
        for row in page["data"]:
            counts[row["profile"]["email"]] += 1
            sums[row["profile"]["email"]] += Decimal(str(row["total"]))
        number += 1
    return counts, sums


@pytest.mark.timeout(900)
async def test_the_file_is_in_the_api_to_the_cent(shop):
    purchases = cdnow.read(FILE)
    counts, sums = Counter(), Counter()
    for purchase in purchases:
        counts[cdnow.email(purchase.customer)] += 1
        sums[cdnow.email(purchase.customer)] += purchase.amount
    assert (len(purchases), len(counts), sum(sums.values())) == (6919, 2357, Decimal("244091.94"))
    out = Console(file=StringIO())
    first = await cdnow.load(shop.client, FILE, out)
    assert first == {"profiles created": 2357, "transactions created": 6919}
    assert await told(shop) == (counts, sums)
    written = await shop.sql("SELECT max(id) FROM audits WHERE tenant_id = %s", shop.tenant.id)
    second = await cdnow.load(shop.client, FILE, out)
    assert second == {"profiles found": 2357, "transactions found": 6919}
    assert await told(shop) == (counts, sums)
    assert written == await shop.sql("SELECT max(id) FROM audits WHERE tenant_id = %s", shop.tenant.id)
    spent = {}
    for number in range(1, 25):
        page = await shop.get("/profiles", params={"page[size]": 100, "page[number]": number})
        spent |= {row["email"]: row["id"] for row in page["data"]}
    assert set(spent) == set(counts)
    stored = await shop.sql(
        "SELECT p.email, a.spend_all FROM profile_aggregations a JOIN profiles p ON p.id = a.profile_id"
        " WHERE p.tenant_id = %s AND a.tenant_id = p.tenant_id",
        shop.tenant.id,
    )
    assert {address: Decimal(total) for address, total in stored} == sums


def test_another_file_is_refused(tmp_path):
    other = tmp_path / "other.csv"
    other.write_text("a,b\n1,2\n")
    with pytest.raises(LoadFailed, match="has the columns"):
        cdnow.read(other)
    other.write_text("customer,date,quantity,amount\n1,1997-01-01,x,2\n")
    with pytest.raises(LoadFailed, match="line 2"):
        cdnow.read(other)
