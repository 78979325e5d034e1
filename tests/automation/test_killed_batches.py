"""A worker that is killed in the middle of batches: every row takes effect once."""

import asyncio
import sys
from collections import Counter
from typing import Any

import psycopg
from effects import QUICK
from test_killed_workers import all_done, kill, until

import omneo_api.app  # noqa: F401 - it makes every task known to the worker
from omneo_api.foundation.jobs import run_worker
from omneo_api.settings import Settings

ROWS = 150
STUCK = 100


async def start(shop: Any) -> asyncio.subprocess.Process:
    errors = asyncio.subprocess.DEVNULL
    return await asyncio.create_subprocess_exec(sys.executable, __file__, shop.url, stderr=errors)


def sale(number: int, owner: Any) -> dict[str, Any]:
    line = {"name": "Scarf", "quantity": 1, "price_current": 20, "price_sell": 20}
    when = {"transacted_at": "2025-11-20 03:00:00", "timezone": "UTC"}
    return {
        "external_id": f"S-{number}",
        "profile_id": str(owner),
        "systems": ["pos"],
        "total": 20,
        "items": [line],
    } | when


async def test_a_worker_killed_amid_batches_loses_and_doubles_nothing(shop: Any) -> None:
    own = shop.tenant.id
    people = await shop.sql(
        "INSERT INTO profiles (tenant_id, email) SELECT %s, 'p' || n || '@example.com' FROM generate_series(0, %s) n"
        " RETURNING id, email",
        own,
        ROWS,
    )
    sales = [sale(number, identifier) for number, (identifier, _) in enumerate(people[1:])]
    rows = [{"email": f"new{number}@example.com", "tags": ["t"]} for number in range(ROWS)]
    rows[STUCK] = {"email": people[0][1], "first_name": "Ann"}
    batches = [
        (await shop.post("/transactions/batch.json", {"transactions": sales}, status=200))["batch_id"],
        (await shop.post("/profiles/batch", {"match_criteria": "email", "profiles": rows}, status=200))["data"][
            "batch_id"
        ],
    ]
    held = [people[0][0], people[STUCK][0]]
    async with await psycopg.AsyncConnection.connect(shop.url) as connection:
        # A lock that is held here stops the worker within a group of either batch.
        await connection.execute(
            "SELECT id FROM profiles WHERE tenant_id = %s AND id = ANY (%s) FOR UPDATE", (own, held)
        )
        process = await start(shop)

        async def stuck() -> bool:
            waiting = await shop.sql(
                "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND application_name = 'omneo'"
            )
            return bool(waiting[0][0] == 2)

        try:
            await until(stuck, 20)
        finally:
            await kill(process)
        await connection.rollback()
    process = await start(shop)
    try:
        await until(lambda: all_done(shop), 20)
    finally:
        await kill(process)
    for batch in batches:
        told = (await shop.get(f"/batches/{batch}"))["data"]
        assert (told["success_count"], told["failed_count"], told["status"]) == (ROWS, 0, "success")
    for table in ("transactions", "transaction_items", "ledger_entries", "profile_aggregations"):
        assert await shop.sql(f"SELECT count(*) FROM {table} WHERE tenant_id = %s", own) == [(ROWS,)]
    assert await shop.sql("SELECT DISTINCT spend_all FROM profile_aggregations WHERE tenant_id = %s", own) == [(20,)]
    made = await shop.sql(
        "SELECT auditable_type, event, count(*) FROM audits WHERE tenant_id = %s GROUP BY 1, 2 ORDER BY 1, 2", own
    )
    assert {row for row in made if row[0] in ("Profile", "Transaction")} == {
        ("Profile", "created", ROWS - 1),
        ("Profile", "updated", 1),
        ("Transaction", "created", ROWS),
    }
    told = await shop.sql("SELECT name, entity_id FROM events WHERE tenant_id = %s", own)
    assert max(Counter(told).values()) == 1
    names = Counter(name for name, _ in told)
    assert (names["profile.created"], names["transaction.created"], names["profile.updated"]) == (ROWS - 1, ROWS, 1)


if __name__ == "__main__":
    asyncio.run(run_worker(Settings(), sys.argv[1], QUICK))
