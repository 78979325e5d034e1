"""Profiles under stress: reading a rich one, importing a thousand, merging two with ten thousand purchases each.

    python benchmarks/customers.py      (needs wrk)

The database is made anew each time; the batch runs as a worker runs it, in one process.
"""

import asyncio
import json
import os
import sys
import tempfile
import time
from pathlib import Path

import httpx
import psycopg
from rich.console import Console
from rich.table import Table

from capture import capture
from data import FILL, TENANT, TOKEN
from omneo_api.app import create_app
from omneo_api.foundation import migrations
from omneo_api.foundation.embedded import EmbeddedPostgres
from omneo_api.foundation.jobs import drain
from omneo_api.platform import tenants
from omneo_api.settings import Settings
from processes import process, python, wrk

FOLDER = Path(os.environ.get("BENCH_DATA", Path(__file__).resolve().parents[1] / ".omneo" / "bench"))
BARE, SERVER = 8711, 8712
PROFILES, TRANSACTIONS, ROWS = 2, 20_000, 1000
BATCH_GOAL, MERGE_LIMIT, READ_LIMIT = 2000, 2.0, 0.40
SECRET = "benchmark-secret-benchmark-secret-1234"


def fill(url: str) -> list[str]:
    """Two customers who share the purchases evenly; their ids."""
    tenants.create_tenant(url, TENANT, "Benchmark", is_test=True, token=TOKEN)
    with psycopg.connect(url, autocommit=True) as connection:
        with tenants.acting_for(connection, TENANT):
            for _, statement in FILL:
                text = statement.replace(" % ", " %% ").replace("%%%%", "%%")
                connection.execute(text, {"profiles": PROFILES, "transactions": TRANSACTIONS})
            ids = [str(row[0]) for row in connection.execute("SELECT id FROM profiles ORDER BY created_at").fetchall()]
        connection.execute("VACUUM ANALYZE")
    return ids


def rich() -> dict:
    place = {"city": "Melbourne", "postcode": "3000", "country": "AU"}
    return {
        "email": "rich@example.com",
        "first_name": "Ines",
        "last_name": "Varga",
        "mobile_phone": "0412000111",
        "identities": [{"handle": f"system-{n}", "identifier": f"R-{n}"} for n in range(5)],
        "addresses": [{"address_line_1": f"{n} Reef St", **place} for n in range(3)],
        "custom_attributes": [{"namespace": "n", "handle": f"h{n}", "type": "integer", "value": n} for n in range(20)],
        "tags": [f"tag-{n}" for n in range(10)],
    }


async def drive(url: str, ids: list[str]) -> tuple[str, float, float]:
    """The rich profile's id, rows per second of the batch, seconds of the merge."""
    settings = Settings(default_tenant=TENANT, rate_limit_per_minute=0, access_log=False, secret_key=SECRET)
    app = create_app(settings, url)
    await app.database.open()
    await app.gate.start()
    transport, headers = httpx.ASGITransport(app=app), {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with httpx.AsyncClient(
            transport=transport, base_url="http://localhost/v3", headers=headers, timeout=120
        ) as client:
            made = (await client.post("/profiles", json=rich())).raise_for_status().json()["data"]["id"]
            rates = []
            for turn in range(3):
                rows = [
                    {"email": f"b{turn}-{n}@example.com", "first_name": f"F{n}", "last_name": f"L{n}"}
                    for n in range(ROWS)
                ]
                body = {"match_criteria": "email", "profiles": rows}
                batch = (await client.post("/profiles/batch", json=body)).raise_for_status().json()["data"]["batch_id"]
                start = time.perf_counter()
                await drain(app.database, TENANT)
                rates.append(ROWS / (time.perf_counter() - start))
                done = (await client.get(f"/batches/{batch}")).json()["data"]["success_count"]
                if done != ROWS:
                    raise RuntimeError(f"{done} of {ROWS} rows were applied")
            start = time.perf_counter()
            body = {"source_profile_id": ids[0], "destination_profile_id": ids[1]}
            (await client.post("/profiles/merge", json=body)).raise_for_status()
            merged = time.perf_counter() - start
            total = (await client.get(f"/profiles/{ids[1]}/transactions")).json()["meta"]["total"]
            if total != TRANSACTIONS:
                raise RuntimeError(f"the winner has {total} purchases")
    finally:
        await app.gate.stop()
        await app.database.close()
    return made, max(rates), merged


def read_ratio(url: str, profile: str) -> tuple[float, float]:
    """Requests per second of the rich profile: the server's and the bare handler's with the same statement."""
    taken = {**capture(url, profile), "key": profile}
    if taken["profile"]["statements"] != 1:
        raise RuntimeError(f"a rich profile takes {taken['profile']['statements']} statements")
    head = f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\n'
    script = head + 'request = function() return wrk.format("GET", "{}/profiles/' + profile + '") end'
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(taken, file)
        file.flush()
        with process(python("bare.py"), BARE, f"/profiles/{profile}", DATABASE_URL=url, BENCH_SQL=file.name):
            wrk(BARE, script.replace("{}", ""))  # Every connection plans the statement a few times before it is kept.
            bare = wrk(BARE, script.replace("{}", ""))[0]
    environment = {"DATABASE_URL": url, "OMNEO_RATE_LIMIT_PER_MINUTE": "0", "OMNEO_DEFAULT_TENANT": TENANT}
    command = python("-m", "omneo_api.cli", "serve", "--no-worker", "--no-demo", "--port", str(SERVER))
    with process(command, SERVER, "/health", **environment, OMNEO_SECRET_KEY=SECRET):
        wrk(SERVER, script.replace("{}", "/v3"))
        return wrk(SERVER, script.replace("{}", "/v3"))[0], bare


def take(login: str, results: Table) -> bool:
    """Makes its database anew and measures; True when all targets are met."""
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS people WITH (FORCE)")
        connection.execute("CREATE DATABASE people")
    url = login.replace("/omneo?", "/people?")
    migrations.upgrade(url)
    profile, rate, merged = asyncio.run(drive(url, fill(url)))
    ours, bare = read_ratio(url, profile)
    ratio = ours / bare
    rows = (
        (
            "rich profile, one statement",
            f"{ours:,.0f}",
            f"{bare:,.0f}",
            f"{ratio:.2f}",
            READ_LIMIT,
            ratio >= READ_LIMIT,
        ),
        ("profiles by batch, rows/s", f"{rate:,.0f}", "", "", BATCH_GOAL, rate >= BATCH_GOAL),
    )
    for title, omneo, ceiling, share, target, good in rows:
        results.add_row(title, omneo, ceiling, "", share, f"≥ {target:,}", _word(good))
    quick = merged < MERGE_LIMIT
    results.add_row(
        "merge of 2 × 10,000 purchases", f"{merged:.2f} s", "", "", "", f"< {MERGE_LIMIT:.0f} s", _word(quick)
    )
    return quick and all(row[-1] for row in rows)


def _word(good: bool) -> str:
    return "met" if good else "MISSED"


def main() -> int:
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = Table("what", "omneo", "bare Starlette", "pgbench", "ratio", "target", "")
    with EmbeddedPostgres(FOLDER, {"shared_buffers": "1GB", "max_connections": "200"}) as server:
        met = take(server.start(), results)
    Console(width=120).print(results)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
