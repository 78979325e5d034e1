"""Tiers at scale: the daily maintenance, the read of a standing against its ceiling, and what moving a tier costs.

    python benchmarks/tiers.py [--profiles 1000000] [--due 20000]

A million profiles stand somewhere, with two tier points each; the anniversaries of some have come today. Measured are
the maintenance as a worker runs it (afterwards nothing may be due and each profile must have been told once), reads of
`/profiles/{id}/tiers` of random profiles against a bare handler with the same statement, and purchases with their
reactions, those that lift the customer to the next level against those that do not, one after the other in one process.
Ends with status 1 when a target is missed.
"""

import argparse
import asyncio
import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psycopg
import uvicorn
from psycopg import AsyncRawCursor
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.string import StrDumperUnknown
from psycopg_pool import AsyncConnectionPool
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from capture import purchase
from data import TENANT, TOKEN
from omneo_api.app import create_app
from omneo_api.foundation import migrations
from omneo_api.foundation.database import Database, Session
from omneo_api.foundation.embedded import EmbeddedPostgres
from omneo_api.foundation.jobs import drain, execute
from omneo_api.platform import tenants
from omneo_api.settings import Settings
from processes import CONNECTIONS, process, python, wrk

FOLDER = Path(os.environ.get("BENCH_DATA", Path(__file__).resolve().parents[1] / ".omneo" / "bench"))
BARE, SERVER = 8721, 8722
READ_TARGET, MOVE_TARGET, MAINTAIN_TARGET = 0.40, 1.5, 60.0
PURCHASES = 150
LEVELS = (("bronze", 0, 0), ("silver", 500, 400), ("gold", 1500, 1000))
HEADERS = f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\n'
PROFILES = """
    INSERT INTO profiles (id, first_name, email)
    SELECT md5('profile' || n)::uuid, 'P' || n, 'p' || n || '@example.com' FROM generate_series(1, %(profiles)s) AS n
"""
# Every profile took silver between one and 364 days ago; those that are due took it a year ago.
STANDINGS = """
    INSERT INTO tier_standings (profile_id, program, tier_id, cycle_on, cycle_boundary_id, achieved_on, is_placed, due_at)
    SELECT profile_id, 0, (SELECT id FROM tier_definitions WHERE handle = 'silver'), day, 9000000000, day, true,
           (day + interval '1 year')::date
    FROM (SELECT md5('profile' || n)::uuid AS profile_id,
                 CASE WHEN n <= %(due)s THEN (omneo_now() - interval '1 year')::date
                      ELSE omneo_now()::date - (n %% 364 + 1) END AS day
          FROM generate_series(1, %(profiles)s) AS n) AS spread
"""
POINTS = """
    INSERT INTO tier_points (profile_id, point_definition_id, value, issued_at)
    SELECT s.profile_id, (SELECT min(id) FROM point_definitions), v.value, s.cycle_on + v.after
    FROM tier_standings s
    CROSS JOIN (VALUES (500, interval '3 hours'), (150, interval '90 days')) AS v (value, after)
"""
SPECIAL = "INSERT INTO profiles (id, first_name) SELECT id, 'Q' FROM unnest(%s::uuid[]) AS id"
RESULT = """
    SELECT (SELECT count(*) FROM tier_standings WHERE due_at <= omneo_now()),
           (SELECT count(*) FROM events WHERE name IN ('tier.lost', 'tier.maintained')),
           (SELECT count(DISTINCT profile_id) FROM events WHERE name IN ('tier.lost', 'tier.maintained'))
"""
out = Console(highlight=False, width=120)


def profile_id(number: int) -> str:
    return str(uuid.UUID(hashlib.md5(f"profile{number}".encode()).hexdigest()))  # noqa: S324


def _settings() -> Settings:
    return Settings(default_tenant=TENANT, rate_limit_per_minute=0, access_log=False, secret_key="x" * 40)


@asynccontextmanager
async def serving(url: str):
    """The application in this process with a client of it."""
    app = create_app(_settings(), url)
    await app.database.open()
    await app.gate.start()
    headers, transport = {"Authorization": f"Bearer {TOKEN}"}, httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v3", headers=headers) as client:
            yield app, client
    finally:
        await app.gate.stop()
        await app.database.close()


async def configure(url: str) -> None:
    async with serving(url) as (_, client):
        body = {"name": "Tier points", "handle": "tier-points"}
        (await client.post("/points/definitions", json=body)).raise_for_status()
        for handle, value_min, value_maintain in LEVELS:
            level = {"name": handle, "handle": handle, "value_min": value_min, "value_maintain": value_maintain}
            (await client.post("/tiers/definitions", json=level)).raise_for_status()


def fill(url: str, profiles: int, due: int) -> None:
    tenants.create_tenant(url, TENANT, "Benchmark", is_test=True, token=TOKEN)
    asyncio.run(configure(url))
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        with tenants.acting_for(connection, TENANT):
            for statement in (PROFILES, STANDINGS, POINTS):
                connection.execute(statement, {"profiles": profiles, "due": due})
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


async def maintain(url: str) -> float:
    database = Database(url)
    await database.open()
    start = time.perf_counter()
    await execute(database, "incentives.tiers.maintain", {"tenant": TENANT})
    taken = time.perf_counter() - start
    await database.close()
    return taken


# Reads ----------------------------------------------------------------------------------------------------------------


async def watch(url: str) -> dict:
    """The statements of one read."""
    taken: list[dict] = []
    original = Session._run

    async def noted(self, statement, values):
        texts = Transformer(self.connection)
        bound = [
            None if value is None else bytes(texts.get_dumper(value, PyFormat.TEXT).dump(value)).decode()
            for value in statement.bind(values)
        ]
        taken.append({"sql": statement.sql.decode(), "values": bound})
        return await original(self, statement, values)

    async with serving(url) as (app, client):
        path, tenant = f"/profiles/{profile_id(1)}/tiers", (await app.gate.find_tenant(TENANT)).id
        (await client.get(path)).raise_for_status()
        Session._run = noted
        try:
            (await client.get(path)).raise_for_status()
        finally:
            Session._run = original
    return {"tenant": tenant, "key": profile_id(1), "statements": taken}


def bare() -> None:
    """The ceiling: bare Starlette and psycopg's pool, the same statement, no checks, no auth."""
    found = json.loads(Path(os.environ["BENCH_SQL"]).read_text())
    options = f"-c role=omneo_app -c omneo.tenant_id={found['tenant']} -c timezone=UTC"
    (statement,) = found["statements"]

    async def prepare(connection):
        connection.adapters.register_dumper(str, StrDumperUnknown)
        connection.prepare_threshold = 2

    pool = AsyncConnectionPool(
        os.environ["DATABASE_URL"], min_size=4, max_size=16, open=False, configure=prepare, kwargs={"options": options}
    )

    async def read(request):
        values = [request.path_params["id"] if value == found["key"] else value for value in statement["values"]]
        async with pool.connection() as connection:
            cursor = AsyncRawCursor(connection)
            await cursor.execute(statement["sql"].encode(), values)
            row = await cursor.fetchone()
        return Response('{"data":' + row[0] + "}", media_type="application/json")

    async def health(_request):
        return Response("{}")

    @asynccontextmanager
    async def lifespan(_app):
        await pool.open(wait=True)
        yield
        await pool.close()

    app = Starlette(routes=[Route("/health", health), Route("/profiles/{id}/tiers", read)], lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)


def reading(path: str, profiles: int) -> str:
    ids = ",".join(f'"{profile_id(number)}"' for number in range(1, profiles, max(profiles // 500, 1)))
    return (
        f"local ids = {{{ids}}}\nmath.randomseed(7)\n{HEADERS}"
        f"request = function() return wrk.format('GET', string.format('{path}', ids[math.random(#ids)])) end"
    )


# Purchases ------------------------------------------------------------------------------------------------------------


async def purchases(url: str) -> tuple[float, float]:
    """Milliseconds of a purchase with its reactions: those that stay on their level, and those that rise."""
    definition = {"name": "definition", "value": "tier-points", "is_dynamic": None}
    value = {"name": "value", "value": {"var": "total"}, "is_dynamic": True}
    trigger = {"name": "Spend", "trigger": "transaction.created"}
    trigger["actions"] = [{"name": "tier-point.create", "arguments": [definition, value]}]
    people = [str(uuid.uuid4()) for _ in range(2 * PURCHASES + 20)]
    with psycopg.connect(url, autocommit=True) as connection, tenants.acting_for(connection, TENANT):
        connection.execute(SPECIAL, (people,))
    times: dict[bool, list[float]] = {False: [], True: []}
    async with serving(url) as (app, client):
        (await client.post("/triggers", json=trigger)).raise_for_status()
        for person in people:
            (await client.get(f"/profiles/{person}/tiers")).raise_for_status()
        for place, person in enumerate(people):
            rises = place % 2 == 1
            body = {**purchase(person, f"B-{uuid.uuid4()}"), "total": 600 if rises else 60}
            start = time.perf_counter()
            (await client.post("/transactions", json=body)).raise_for_status()
            await drain(app.database, TENANT)
            if place >= 20:
                times[rises].append((time.perf_counter() - start) * 1000)
        for place in (0, 1):
            told = (await client.get(f"/profiles/{people[place]}/tiers")).json()["data"]
            if told["current_tier"]["handle"] != ("silver" if place else "bronze"):
                raise RuntimeError("the purchases do not do what is measured")
    return statistics.median(times[False]), statistics.median(times[True])


def measure(url: str, profiles: int, due: int, results: Table) -> bool:
    taken = asyncio.run(maintain(url))
    with psycopg.connect(url) as connection:
        left, told, profiles_told = connection.execute(RESULT).fetchone()
    good = taken < MAINTAIN_TARGET and (left, told, profiles_told) == (0, due, due)
    results.add_row(f"maintenance of {due:,} of {profiles:,}", f"{taken:.1f} s", "", "", "", "< 60 s", _word(good))
    watched = asyncio.run(watch(url))
    environment = {"DATABASE_URL": url, "OMNEO_RATE_LIMIT_PER_MINUTE": "0", "OMNEO_DEFAULT_TENANT": TENANT}
    environment["OMNEO_SECRET_KEY"] = "benchmark-secret-benchmark-secret-1234"
    command = python("-m", "omneo_api.cli", "serve", "--no-worker", "--no-demo", "--port", str(SERVER))
    rounds: list[tuple[float, float, int]] = []
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(watched, file)
        file.flush()
        with (
            process(python("tiers.py", "--bare"), BARE, "/health", DATABASE_URL=url, BENCH_SQL=file.name),
            process(command, SERVER, "/health", **environment),
        ):
            for _ in range(3):
                ceiling, bare_failed = wrk(BARE, reading("/profiles/%s/tiers", profiles))
                rate, failed = wrk(SERVER, reading("/v3/profiles/%s/tiers", profiles))
                rounds.append((rate, ceiling, failed + bare_failed))
    rate, ceiling = (statistics.median(part[place] for part in rounds) for place in (0, 1))
    failed = sum(part[2] for part in rounds)
    ratio = rate / ceiling
    fast = ratio >= READ_TARGET and failed == 0 and len(watched["statements"]) == 1
    results.add_row(
        "GET …/tiers, one statement", f"{rate:,.0f}", f"{ceiling:,.0f}", "", f"{ratio:.2f}", "≥ 0.40", _word(fast)
    )
    stays, rises = asyncio.run(purchases(url))
    cheap = rises / stays <= MOVE_TARGET
    results.add_row(
        "purchase that stays / rises",
        f"{stays:.1f} / {rises:.1f} ms",
        "",
        "",
        f"{rises / stays:.2f}",
        "≤ 1.50",
        _word(cheap),
    )
    return good and fast and cheap


def take(login: str, results: Table, profiles: int = 100_000, due: int = 2_000) -> bool:
    """Fills a database of its own, measures and removes it; True when all targets are met."""
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS tiers WITH (FORCE)")
        connection.execute("CREATE DATABASE tiers")
    url = login.replace("/omneo?", "/tiers?")
    migrations.upgrade(url)
    start = time.perf_counter()
    fill(url, profiles, due)
    out.print(f"{profiles:,} profiles with tiers in {time.perf_counter() - start:.0f} s")
    met = measure(url, profiles, due, results)
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute("DROP DATABASE tiers WITH (FORCE)")
    return met


def _word(good: bool) -> str:
    return "met" if good else "MISSED"


def main() -> int:
    if "--bare" in sys.argv:
        bare()
        return 0
    if shutil.which("wrk") is None:
        out.print("wrk is missing: install it (Debian: apt-get install wrk) and run this again.")
        return 1
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, default=1_000_000)
    parser.add_argument("--due", type=int, default=20_000)
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    columns = ("what", "omneo", "bare Starlette", "pgbench", "ratio", "target", "")
    results = Table(*columns, title=f"tiers, {CONNECTIONS} connections")
    with EmbeddedPostgres(FOLDER, {"shared_buffers": "512MB"}) as server:
        met = take(server.start(), results, options.profiles, options.due)
    out.print(results)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
