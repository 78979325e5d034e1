"""Spending against its ceiling: the same statements by a bare Starlette handler, in the same run on the same data.

Redeems of random profiles (the ratio is the target), redeems of ONE profile by every connection (the books must balance
afterwards), and balances of a profile with ten and with ten thousand movements. Ends with status 1 when one fails.

    python benchmarks/redeem.py
"""

import asyncio
import json
import os
import re
import shutil
import sys
import tempfile
import uuid
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import psycopg
import uvicorn
from psycopg import AsyncRawCursor
from psycopg.adapt import PyFormat, Transformer
from psycopg_pool import AsyncConnectionPool
from rich.console import Console
from rich.table import Table
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from data import TENANT, TOKEN
from omneo_api.app import create_app
from omneo_api.foundation.database import Database, Session, Tenant
from omneo_api.foundation.embedded import EmbeddedPostgres
from omneo_api.incentives.verify import verify
from omneo_api.platform import tenants
from omneo_api.settings import Settings
from processes import CONNECTIONS, SECONDS, fresh, process, python, wrk

FOLDER = Path(os.environ.get("BENCH_DATA", Path(__file__).resolve().parents[1] / ".omneo" / "bench"))
BARE, SERVER = 8711, 8712
TARGET = 0.30
PROFILES, HELD = 20_000, 777_777
HOT, LONG, SHORT, SEEN = (str(uuid.uuid5(uuid.NAMESPACE_URL, name)) for name in ("hot", "long", "short", "seen"))
# Numbers that occur nowhere else, so that what a redeem made is found in the values of its statements.
LOT, REDEMPTION, ITEM = 7_100_000_001, 7_200_000_001, 7_300_000_001
HEADERS = f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\n'
FILL = """
    WITH people AS (
        INSERT INTO profiles (id, first_name, email)
        SELECT md5('profile' || n)::uuid, 'P' || n, 'p' || n || '@example.com'
        FROM generate_series(1, %(profiles)s) AS n
        UNION ALL SELECT id, 'Q', id || '@example.com' FROM unnest(%(special)s::uuid[]) AS id
        RETURNING id
    ), definition AS (
        INSERT INTO reward_definitions (name, handle, type, value) VALUES ('Bonus', 'bonus', 'other', 10) RETURNING id
    ), lots AS (
        INSERT INTO rewards (profile_id, reward_definition_id, value_initial, value_remaining, issued_at, expires_at,
                             timezone)
        SELECT people.id, definition.id, %(held)s, %(held)s, omneo_now() - interval '1 day',
               omneo_now() + interval '1 year', 'UTC' FROM people, definition
        RETURNING id, profile_id, issued_at, expires_at
    ), moved AS (
        INSERT INTO movements (lot_kind, lot_id, profile_id, kind, value, remaining, opens_at, closes_at, at)
        SELECT 'reward', id, profile_id, 'issue', %(held)s, %(held)s, issued_at, expires_at, issued_at FROM lots
    ), ahead AS (
        INSERT INTO lot_deadlines (lot_kind, lot_id, profile_id, step, at)
        SELECT 'reward', id, profile_id, 'end', expires_at FROM lots
    )
    INSERT INTO ledger_entries (profile_id, type, subject_id, cause, occurrence, description, dollar_value,
                                dollar_balance, point_value, point_balance, expires_at)
    SELECT profile_id, 'reward', id, 'issued', 0, 'Reward issued', %(held)s, %(held)s, 0, 0, expires_at FROM lots
"""
LIFE = """
    WITH lot AS (
        UPDATE rewards SET value_remaining = value_remaining - %(moves)s WHERE profile_id = %(profile)s RETURNING *
    ), moved AS (
        INSERT INTO movements (lot_kind, lot_id, profile_id, kind, value, remaining, opens_at, closes_at, at)
        SELECT 'reward', id, profile_id, 'adjust', -1, value_initial - n, issued_at, expires_at, omneo_now()
        FROM lot, generate_series(1, %(moves)s) AS n
    )
    INSERT INTO ledger_entries (profile_id, type, subject_id, cause, occurrence, description, dollar_value,
                                dollar_balance, point_value, point_balance, expires_at)
    SELECT profile_id, 'reward', id, 'adjusted', n, 'Reward adjusted', -1, value_initial - n, 0, 0, expires_at
    FROM lot, generate_series(1, %(moves)s) AS n ORDER BY n
"""
out = Console(highlight=False, width=120)


def fill(url: str) -> None:
    tenants.create_tenant(url, TENANT, "Benchmark", is_test=True, token=TOKEN)
    values = {"profiles": PROFILES, "held": HELD, "special": [HOT, LONG, SHORT, SEEN]}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        with tenants.acting_for(connection, TENANT):
            connection.execute(FILL, values)
            for profile, moves in ((LONG, 10_000), (SHORT, 9)):
                connection.execute(LIFE, {"profile": profile, "moves": moves})
        connection.execute("VACUUM ANALYZE")


def mark(url: str) -> None:
    """Gives what the watched redeem touches and makes its unmistakable numbers."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        old = connection.execute("SELECT id FROM rewards WHERE profile_id = %s", (SEEN,)).fetchone()[0]
        connection.execute("UPDATE rewards SET id = %s WHERE id = %s", (LOT, old))
        connection.execute("UPDATE lot_deadlines SET lot_id = %s WHERE lot_id = %s", (LOT, old))
        connection.execute("UPDATE movements SET lot_id = %s WHERE lot_id = %s", (LOT, old))
        connection.execute("UPDATE ledger_entries SET subject_id = %s WHERE subject_id = %s", (LOT, old))
        connection.execute("SELECT setval('redemptions_id_seq', %s)", (REDEMPTION - 2,))
        connection.execute("SELECT setval('redemption_items_id_seq', %s)", (ITEM - 2,))


async def watch(url: str) -> dict:
    """The statements of one redeem, its numbers replaced by words."""
    settings = Settings(default_tenant=TENANT, rate_limit_per_minute=0, access_log=False, secret_key="x" * 40)
    app = create_app(settings, url)
    await app.database.open()
    await app.gate.start()
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

    Session._run = noted
    headers, transport = {"Authorization": f"Bearer {TOKEN}"}, httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v3", headers=headers) as client:
            other = HOT
            (await client.post(f"/profiles/{other}/redeem", json={"amount": 1})).raise_for_status()
            taken.clear()
            (await client.post(f"/profiles/{SEEN}/redeem", json={"amount": 1})).raise_for_status()
            tenant = (await app.gate.find_tenant(TENANT)).id
    finally:
        Session._run = original
        await app.gate.stop()
        await app.database.close()
    words = {SEEN: "$profile", str(LOT): "$lot", str(REDEMPTION): "$redemption", str(ITEM): "$item"}
    words |= {f"{HELD}.0000": "$stored", f"{HELD - 1}.0000": "$after", str(HELD): "$stored", str(HELD - 1): "$after"}
    for statement in taken:
        statement["values"] = [value and _worded(value, words) for value in statement["values"]]
    return {"tenant": tenant, "statements": taken}


def _worded(value: str, words: dict[str, str]) -> str:
    for number, word in words.items():
        value = value.replace(number, word)
    return value


def bare() -> None:
    """The handler that does the same by hand: one transaction, the same statements, no checks, no auth."""
    found = json.loads(Path(os.environ["BENCH_SQL"]).read_text())
    options = f"-c role=omneo_app -c omneo.tenant_id={found['tenant']} -c timezone=UTC"

    async def configure(connection):
        connection.prepare_threshold = 2

    pool = AsyncConnectionPool(
        os.environ["DATABASE_URL"],
        min_size=4,
        max_size=16,
        open=False,
        configure=configure,
        kwargs={"options": options},
    )
    word = re.compile(r"\$[a-z]+")

    async def redeem(request):
        await request.json()
        known, text = {"$profile": request.path_params["id"]}, "{}"
        async with pool.connection() as connection:
            cursor = AsyncRawCursor(connection)
            for statement in found["statements"]:
                values = [
                    value and word.sub(lambda match, known=known: known.get(match.group(), match.group()), value)
                    for value in statement["values"]
                ]
                sql = statement["sql"]
                await cursor.execute(sql.encode(), values)
                row = await cursor.fetchone() if cursor.description else None
                if "clock_timestamp" in sql:
                    told = dict(zip((column.name for column in cursor.description), row, strict=True))
                    known |= {"$lot": str(told["id"]), "$stored": str(told["value"]), "$after": str(told["value"] - 1)}
                elif "INSERT INTO redemptions" in sql:
                    known["$redemption"] = str(row[0])
                elif "INSERT INTO redemption_items" in sql:
                    known["$item"] = str(row[0])
                elif "row_to_json" in sql:
                    text = row[0]
        return Response('{"data":' + text + "}", status_code=201, media_type="application/json")

    async def health(_request):
        return Response("{}")

    @asynccontextmanager
    async def lifespan(_app):
        await pool.open(wait=True)
        yield
        await pool.close()

    routes = [Route("/health", health), Route("/profiles/{id}/redeem", redeem, methods=["POST"])]
    app = Starlette(routes=routes, lifespan=lifespan)
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)


def spending(path: str, profiles: list[str]) -> str:
    """A wrk script that spends one dollar of random profiles."""
    names = ",".join(f'"{one}"' for one in profiles)
    return (
        f'{HEADERS}wrk.headers["Content-Type"] = "application/json"\nlocal ids = {{{names}}}\nmath.randomseed(7)\n'
        f"request = function() return wrk.format('POST', string.format('{path}', ids[math.random(#ids)]), nil,"
        f" '{{\"amount\": 1}}') end"
    )


def reading(profile: str) -> str:
    return f"{HEADERS}request = function() return wrk.format('GET', '/v3/profiles/{profile}/balances') end"


async def differences(url: str) -> list:
    database = Database(url)
    await database.open()
    with psycopg.connect(url) as connection:
        row = connection.execute("SELECT id FROM tenants WHERE handle = %s", (TENANT,)).fetchone()
    async with database.reading(Tenant(row[0], TENANT)) as session:
        found = await verify(session)
    await database.close()
    return found


def measure(url: str, results: Table) -> bool:
    with psycopg.connect(url) as connection:
        ids = [str(row[0]) for row in connection.execute("SELECT id FROM profiles WHERE first_name LIKE 'P%%'")]
    mark(url)
    watched = asyncio.run(watch(url))
    environment = {"DATABASE_URL": url, "OMNEO_RATE_LIMIT_PER_MINUTE": "0", "OMNEO_DEFAULT_TENANT": TENANT}
    environment["OMNEO_SECRET_KEY"] = "benchmark-secret-benchmark-secret-1234"
    command = python("-m", "omneo_api.cli", "serve", "--no-worker", "--no-demo", "--port", str(SERVER))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(watched, file)
        file.flush()
        with process(python("redeem.py", "--bare"), BARE, "/health", DATABASE_URL=url, BENCH_SQL=file.name):
            bare_rate, bare_failed = wrk(BARE, spending("/profiles/%s/redeem", ids[::20]))
    with process(command, SERVER, "/health", **environment):
        rate, failed = wrk(SERVER, spending("/v3/profiles/%s/redeem", ids[10::20]))
        hot, hot_failed = wrk(SERVER, spending("/v3/profiles/%s/redeem", [HOT]))
        balances = {"short": [], "long": []}
        for _ in range(4):
            for name, profile in (("short", SHORT), ("long", LONG)):
                balances[name].append(wrk(SERVER, reading(profile), max(2, SECONDS // 3))[0])
    short, long = max(balances["short"]), max(balances["long"])
    wrong = asyncio.run(differences(url))
    good = rate / bare_rate >= TARGET and failed == bare_failed == 0
    same = 0.85 <= long / short <= 1.18
    right = hot_failed == 0 and not wrong
    results.add_row(
        "POST …/redeem, random profiles",
        f"{rate:,.0f}",
        f"{bare_rate:,.0f}",
        "",
        f"{rate / bare_rate:.2f}",
        f"≥ {TARGET:.2f}",
        _word(good),
    )
    results.add_row("POST …/redeem, one profile", f"{hot:,.0f}", "", "", "", "books balance", _word(right))
    results.add_row(
        "GET …/balances, 10 / 10,000 movements",
        f"{short:,.0f} / {long:,.0f}",
        "",
        "",
        f"{long / short:.2f}",
        "0.85 to 1.18",
        _word(same),
    )
    out.print(
        f"a redeem takes {len(watched['statements'])} statements; failed: {failed} + {hot_failed} + {bare_failed} bare"
    )
    for difference in wrong[:5]:
        out.print(difference)
    return good and same and right


def _word(good: bool) -> str:
    return "met" if good else "MISSED"


def take(login: str, results: Table) -> bool:
    """Measures in a database of its own, which is gone afterwards."""
    with fresh(login, "redeem") as url:
        fill(url)
        return measure(url, results)


def main() -> int:
    if "--bare" in sys.argv:
        bare()
        return 0
    if shutil.which("wrk") is None:
        out.print("wrk is missing: install it (Debian: apt-get install wrk) and run this again.")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = Table(
        "what", "omneo", "bare Starlette", "", "ratio", "target", "", title=f"requests/s, {CONNECTIONS} connections"
    )
    with EmbeddedPostgres(FOLDER) as server:
        met = take(server.start(), results)
    out.print(results)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
