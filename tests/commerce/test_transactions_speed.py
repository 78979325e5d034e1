"""The plans of the lists that must not slow down with their size."""

import os
import re
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from sales import customer

from omneo_api.commerce.transactions.views import listing, reader

pytestmark = pytest.mark.anyio
MANY = 10_000

FILL = """
    WITH made AS (
        INSERT INTO transactions (tenant_id, total, transacted_at, timezone, location_id)
        SELECT %(tenant)s, 1, '2020-01-01'::timestamptz + make_interval(mins => n), 'UTC', NULL
        FROM generate_series(1, %(rows)s) n RETURNING id, transacted_at
    )
    INSERT INTO transaction_states (tenant_id, transaction_id, profile_id, transacted_at, void_kind)
    SELECT %(tenant)s, id, %(profile)s::uuid, transacted_at,
           CASE WHEN extract(epoch FROM transacted_at)::bigint / 60 %% 100 = 20 THEN 'superseded' END
    FROM made
"""


async def plan(shop, statement, **values):
    """The plan of a list's statement as the application's role runs it."""
    async with await psycopg.AsyncConnection.connect(shop.url, autocommit=True) as connection:
        await connection.execute("SET ROLE omneo_app")
        await connection.execute("SELECT set_config('omneo.tenant_id', %s, false)", (str(shop.tenant.id),))
        cursor = psycopg.AsyncRawCursor(connection)
        await cursor.execute(b"EXPLAIN (ANALYZE, BUFFERS, COSTS OFF) " + statement.sql, statement.bind(values))
        return "\n".join(row[0] for row in await cursor.fetchall())


async def fill(shop, profile, rows):
    async with await psycopg.AsyncConnection.connect(shop.url, autocommit=True) as connection:
        await connection.execute(FILL, {"tenant": shop.tenant.id, "rows": rows, "profile": profile})
        await connection.execute("VACUUM ANALYZE transactions")
        await connection.execute("VACUUM ANALYZE transaction_states")


def largest_scan(told):
    """The most rows that any node fetched from the facts."""
    found = re.findall(r"on transactions(?: \w+)? \(actual time=\S+ rows=([\d.]+) loops=(\d+)\)", told)
    return max((float(rows) * int(loops) for rows, loops in found), default=0)


async def test_a_page_of_a_profile_walks_an_index(shop):
    for _ in range(10):
        await fill(shop, await customer(shop), 2000)
    profile = await customer(shop)
    await fill(shop, profile, MANY)
    form = listing.parse({}).form
    statement = listing.statement(form, (reader._owned,), None, paged=True)
    told = await plan(shop, statement, owner=profile, page_limit=15, page_offset=0)
    counted, listed = told.split("Limit", 1)
    listed = listed.split("SubPlan", 1)[0]
    assert "transaction" not in counted, told
    assert re.search(r"Index (Only )?Scan Backward using ix_transaction_states_(profile|transacted_at)", listed), told
    assert "Sort" not in listed, told
    assert largest_scan(told) <= 15, told
    page = await shop.get(f"/profiles/{profile}/transactions")
    assert page["meta"]["total"] == MANY - MANY // 100
    assert page["data"][0]["transacted_at"] == "2020-01-07 22:40:00"


SALES = int(os.environ.get("OMNEO_TEST_SALES", "20000"))
LATE = datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=SALES - 30)
NARROW = {
    "a span": {"gte": "2020-01-03", "lt": "2020-01-03 00:30:00"},
    "two ends": "2020-01-03,2020-01-03 00:29:59",
    "from a moment": {"gt": f"{LATE:%Y-%m-%d %H:%M:%S}"},
}


@pytest.mark.parametrize("owned", [False, True])
async def test_a_list_by_date_walks_an_index(shop, owned):
    """What holds for 20,000 rows holds for 3,000,000, with which OMNEO_TEST_SALES=3000000 runs the same.

    A walk of the index costs what the dates let through: the same 30 rows, and three steps down the tree instead of
    two. Every other way (a scan of all states, a hash of them with the facts, a sort) costs more with every row there
    is. Both halves of the statement are looked at, the count and the page, and what was really read is counted.
    """
    profile = await customer(shop)
    await fill(shop, profile, SALES)
    for name, asked in NARROW.items():
        query = listing.parse({"filter": {"transacted_at": asked}})
        statement = listing.statement(query.form, (reader._owned,) if owned else (), None, paged=True)
        owner = {"owner": profile} if owned else {}
        told = await plan(shop, statement, **query.values(), **owner, page_limit=15, page_offset=0)
        assert told.count("Index") >= 2, (name, told)
        assert "ix_transaction_states_transacted_at" in told or "ix_transaction_states_profile" in told, (name, told)
        assert not re.search(r"Seq Scan on transaction(s|_states|_items)\b", told), (name, told)
        assert largest_scan(told) <= 30, (name, told)
        states = re.findall(r"on transaction_states(?: \w+)? \(actual time=\S+ rows=([\d.]+) loops=(\d+)\)", told)
        assert states, (name, told)
        assert max(float(rows) * int(loops) for rows, loops in states) <= 60, (name, told)
    page = await shop.get("/transactions", params={"filter[transacted_at]": NARROW["two ends"], "page[size]": 1})
    assert page["meta"]["total"] == 30
    assert page["data"][0]["transacted_at"] == "2020-01-03 00:29:00"
