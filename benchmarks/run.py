"""`make bench`: the server against its ceilings, taken in the same run on the same data.

Two ceilings: bare Starlette with psycopg's pool and its default transaction asking the same SQL (what Python allows), and
pgbench with the same SQL (what the database allows). A third column is an ordinary ORM service. Prints a table and ends
with status 1 when a target is missed. BENCH_SECONDS sets the time per measurement, BENCH_DATA the folder of the database.

    python benchmarks/run.py [--scale]      --scale adds the lists at 10,000 and 1,000,000 profiles
"""

import argparse
import hashlib
import json
import os
import shutil
import statistics
import sys
import tempfile
import threading
import time
import urllib.parse
import urllib.request
import uuid
from pathlib import Path

import psycopg
from rich.console import Console
from rich.table import Table

import achievements
import batch
import customers
import expiry
import redeem
import tiers
from capture import capture, purchase
from data import TENANT, TOKEN, fill
from omneo_api.foundation import migrations
from omneo_api.foundation.embedded import EmbeddedPostgres
from processes import CONNECTIONS, SECONDS, memory, pgbench, process, python, wrk

PROFILES, TRANSACTIONS = 100_000, 300_000
FOLDER = Path(os.environ.get("BENCH_DATA", Path(__file__).resolve().parents[1] / ".omneo" / "bench"))
BARE, SERVER, TWIN = 8701, 8702, 8703
MEMORY_LIMIT = 200
SCALE_LIMIT = 2.0
HEADERS = f'wrk.headers["Authorization"] = "Bearer {TOKEN}"\n'
out = Console(highlight=False, width=120)


def profile_id(number: int) -> str:
    return str(uuid.UUID(hashlib.md5(f"profile{number}".encode()).hexdigest()))  # noqa: S324


IDS = [profile_id(number) for number in range(1, PROFILES, 200)]
PICK = "local ids = {" + ",".join(f'"{one}"' for one in IDS) + "}\nmath.randomseed(7)\n"


def reading(path: str) -> str:
    """A wrk script that reads random profiles; `%s` in the path is the id."""
    return f'{PICK}{HEADERS}request = function() return wrk.format("GET", string.format("{path}", ids[math.random(#ids)])) end'


def writing(path: str, label: str) -> str:
    """A wrk script that posts purchases of three items, each with an external id of its own."""
    body = json.dumps(purchase("PROFILE", "EXTERNAL")).replace("%", "%%").replace('"', '\\"')
    body = body.replace("PROFILE", "%s").replace("EXTERNAL", f"{label}-%s-%d")
    return (
        f'{PICK}{HEADERS}wrk.headers["Content-Type"] = "application/json"\nlocal n = 0\n'
        f"local thread = tostring(os.time()) .. tostring(math.random(1000000))\n"
        f'request = function() n = n + 1 return wrk.format("POST", "{path}", nil,'
        f' string.format("{body}", ids[math.random(#ids)], thread, n)) end'
    )


def measure(url: str, results: Table) -> bool:
    """Takes every ratio; True when all targets are met."""
    taken = capture(url, IDS[0])
    taken["key"] = IDS[0]
    for name in ("profile", "profiles", "balances"):
        if taken[name]["statements"] != 1:
            raise RuntimeError(f"{name} takes {taken[name]['statements']} statements")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(taken, file)
        file.flush()
        with process(python("bare.py"), BARE, f"/profiles/{IDS[0]}", DATABASE_URL=url, BENCH_SQL=file.name):
            bare = {
                "profile": wrk(BARE, reading("/profiles/%s")),
                "profiles": wrk(BARE, reading("/profiles?x=%s")),
                "balances": wrk(BARE, reading("/profiles/%s/balances")),
                "purchase": wrk(BARE, writing("/transactions", "bare")),
            }
    database = {
        name: pgbench(url, _script(taken[name]), taken["tenant"]) for name in ("profile", "profiles", "balances")
    }
    environment = {"DATABASE_URL": url, "OMNEO_RATE_LIMIT_PER_MINUTE": "0", "OMNEO_DEFAULT_TENANT": TENANT}
    environment["OMNEO_SECRET_KEY"] = "benchmark-secret-benchmark-secret-1234"
    command = python("-m", "omneo_api.cli", "serve", "--no-worker", "--no-demo", "--port", str(SERVER))
    with process(command, SERVER, "/health", **environment) as child:
        server = {
            "profile": wrk(SERVER, reading("/v3/profiles/%s")),
            "profiles": wrk(SERVER, reading("/v3/profiles?page%%5Bsize%%5D=25&x=%s")),
            "balances": wrk(SERVER, reading("/v3/profiles/%s/balances")),
            "purchase": wrk(SERVER, writing("/v3/transactions", "omneo")),
        }
        resident = _under_load(child, 120 if SECONDS >= 8 else 10)
    with process(python("twin.py"), TWIN, f"/profiles/{IDS[0]}", DATABASE_URL=url, BENCH_TENANT=str(taken["tenant"])):
        twin = wrk(TWIN, reading("/profiles/%s"))
    met = True
    for name, title, target in (
        ("profile", "GET /v3/profiles/{id}", 0.40),
        ("profiles", "GET /v3/profiles (25)", 0.60),
        ("balances", "GET …/balances", 0.40),
        ("purchase", "POST /v3/transactions (3 items)", 0.30),
    ):
        ratio = server[name][0] / bare[name][0]
        good = ratio >= target and server[name][1] == bare[name][1] == 0
        met &= good
        ceiling = f"{database[name]:,.0f}" if name in database else ""
        results.add_row(
            title,
            f"{server[name][0]:,.0f}",
            f"{bare[name][0]:,.0f}",
            ceiling,
            f"{ratio:.2f}",
            f"≥ {target:.2f}",
            _word(good),
        )
    ratio = twin[0] / server["profile"][0]
    met &= ratio <= 0.25
    results.add_row(
        "ORM twin of the profile read",
        f"{twin[0]:,.0f}",
        "",
        "",
        f"{ratio:.2f}",
        "≤ 0.25 of ours",
        _word(ratio <= 0.25),
    )
    met &= resident < MEMORY_LIMIT
    results.add_row(
        "memory under load", f"{resident:.0f} MB", "", "", "", f"< {MEMORY_LIMIT} MB", _word(resident < MEMORY_LIMIT)
    )
    ours, ceiling, ratio, good = achievements.measure(url, IDS[0], reading)
    met &= good
    cells = (f"{ours:,.0f}", f"{ceiling:,.0f}", "", f"{ratio:.2f}", f"≥ {achievements.TARGET:.2f}", _word(good))
    results.add_row("GET …/achievements (12, 4 begun)", *cells)
    out.print(f"purchase: {taken['purchase_statements']} statements in its transaction")
    return met


def _word(good: bool) -> str:
    return "met" if good else "MISSED"


def _script(statement: dict) -> str:
    sql = statement["sql"]
    for place in range(len(statement["values"]), 0, -1):
        value = statement["values"][place - 1]
        literal = "NULL" if value is None else "'" + value.replace("'", "''") + "'"
        sql = sql.replace(f"${place}", literal)
    return " ".join(sql.split()) + ";\n"


def _under_load(child, seconds: int) -> float:
    """The server's resident memory after that time of mixed load."""
    half = seconds // 2
    threads = [
        threading.Thread(target=wrk, args=(SERVER, reading("/v3/profiles/%s"), half)),
        threading.Thread(target=wrk, args=(SERVER, writing("/v3/transactions", "load"), half, 4)),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    wrk(SERVER, reading("/v3/profiles?page%%5Bsize%%5D=25&x=%s"), half)
    return memory(child)


def batches(url: str, results: Table) -> bool:
    """Purchases by batch through one worker, and the page of 10,000 purchases beside that of 10."""
    environment = {"DATABASE_URL": url, "OMNEO_RATE_LIMIT_PER_MINUTE": "0", "OMNEO_DEFAULT_TENANT": TENANT}
    environment["OMNEO_SECRET_KEY"] = "benchmark-secret-benchmark-secret-1234"
    command = python("-m", "omneo_api.cli", "serve", "--no-worker", "--no-demo", "--port", str(SERVER))
    with process(command, SERVER, "/health", **environment):
        few, many = batch.page_ratio(url, SERVER, TENANT)
        people = [profile_id(number) for number in range(1, PROFILES, 5)]
        ours, ceiling = batch.through_a_worker(url, environment, SERVER, people)
    quick, even = ours.rate >= batch.TARGET, many <= batch.PAGE_LIMIT * few
    cells = (f"{ours.rate:,.0f}", "", f"{ceiling.rate:,.0f}", f"{ours.rate / ceiling.rate:.2f}", f"≥ {batch.TARGET:,}")
    results.add_row("purchases by batch, one worker, rows/s", *cells, _word(quick))
    out.print(
        f"batch: {' '.join(f'{rate:,.0f}' for rate in ours.parts)} rows/s; {ours.python:.2f} s of Python beside"
        f" {ours.postgres:.2f} s of PostgreSQL per 1,000 rows, whose bare inserts take {ceiling.postgres:.2f} s"
    )
    times = f"{few:.1f} → {many:.1f} ms"
    results.add_row("page of 10 → 10,000 purchases", times, "", "", f"{many / few:.2f}", "≤ 1.50", _word(even))
    return quick and even


def scale(server: EmbeddedPostgres, login: str, results: Table) -> bool:
    """First page and search by name at 10,000 and at 1,000,000 profiles."""
    times = {}
    for profiles in (10_000, 1_000_000):
        url = prepared(login, f"scale_{profiles}", profiles, 0)
        environment = {"DATABASE_URL": url, "OMNEO_RATE_LIMIT_PER_MINUTE": "0", "OMNEO_DEFAULT_TENANT": TENANT}
        environment["OMNEO_SECRET_KEY"] = "benchmark-secret-benchmark-secret-1234"
        command = python("-m", "omneo_api.cli", "serve", "--no-worker", "--no-demo", "--port", str(SERVER))
        with process(command, SERVER, "/health", **environment), psycopg.connect(url) as connection:
            names = connection.execute(
                "SELECT first_name || ' ' || last_name FROM profiles WHERE id = ANY (%s::uuid[])",
                ([profile_id(number) for number in range(7, profiles, profiles // 50)],),
            ).fetchall()
            pages = ["/v3/profiles"] * 50
            searches = [f"/v3/profiles?search={urllib.parse.quote_plus(row[0])}" for row in names]
            times[profiles] = {"first page": _median(pages), "search by name": _median(searches)}
    met = True
    for name in ("first page", "search by name"):
        small, large = times[10_000][name], times[1_000_000][name]
        good = large <= SCALE_LIMIT * small
        met &= good
        results.add_row(
            f"{name}: 10,000 → 1,000,000 profiles",
            f"{small:.1f} → {large:.1f} ms",
            "",
            "",
            f"{large / small:.2f}",
            "≤ 2.00",
            _word(good),
        )
    return met


def _median(paths: list[str]) -> float:
    """Milliseconds of the middle request, after a warm-up."""
    times = []
    for path in paths[:5] + paths:
        request = urllib.request.Request(
            f"http://127.0.0.1:{SERVER}{path}", headers={"Authorization": f"Bearer {TOKEN}"}
        )
        start = time.perf_counter()
        with urllib.request.urlopen(request) as answer:
            answer.read()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times[5:])


def prepared(login: str, name: str, profiles: int, transactions: int) -> str:
    """The URL of a filled database of that name, made when it is missing."""
    url = login.replace("/omneo?", f"/{name}?")
    with psycopg.connect(login, autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(f'CREATE DATABASE "{name}"')
    migrations.upgrade(url)
    out.print(f"Filling {name} with {profiles:,} profiles and {transactions:,} purchases (once) …")
    fill(url, profiles, transactions)
    return url


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", action="store_true", help="also measure at 10,000 and 1,000,000 profiles")
    options = parser.parse_args()
    if shutil.which("wrk") is None:
        out.print("wrk is missing: install it (Debian: apt-get install wrk) and run make bench again.")
        return 1
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = Table(
        "what",
        "omneo",
        "bare Starlette",
        "pgbench",
        "ratio",
        "target",
        "",
        title=f"requests/s, {CONNECTIONS} connections",
    )
    with EmbeddedPostgres(FOLDER, {"shared_buffers": "1GB", "max_connections": "200"}) as server:
        login = server.start()
        url = prepared(login, "bench", PROFILES, TRANSACTIONS)
        met = measure(url, results)
        met &= batches(url, results)
        met &= redeem.take(login, results) & expiry.take(login, results)
        met &= customers.take(login, results) & tiers.take(login, results)
        if options.scale:
            met &= scale(server, login, results)
    out.print(results)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
