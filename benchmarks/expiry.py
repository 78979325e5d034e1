"""Expiry of a million lots: how many per second the job takes out of the statements, on a server with its defaults.

    python benchmarks/expiry.py [--lots 1000000] [--explain]

The database is made anew each time; what is measured is the job itself, as a worker runs it. Afterwards every lot must
have ended with one line, and each profile's last balance must be nothing.
"""

import argparse
import asyncio
import os
import sys
import time
from pathlib import Path

import psutil
import psycopg
from rich.console import Console
from rich.table import Table

from data import TENANT, TOKEN
from omneo_api.foundation.database import Database, Session
from omneo_api.foundation.embedded import EmbeddedPostgres
from omneo_api.foundation.jobs import execute
from omneo_api.incentives import jobs, sweeping
from omneo_api.platform import tenants
from processes import fresh

FOLDER = Path(os.environ.get("BENCH_DATA", Path(__file__).resolve().parents[1] / ".omneo" / "bench"))
PER_PROFILE = 10
TARGET = 20_000
PROFILES = """
    INSERT INTO profiles (id, first_name, email)
    SELECT md5('profile' || n)::uuid, 'P' || n, 'p' || n || '@example.com' FROM generate_series(1, %(profiles)s) AS n
"""
DEFINITION = (
    "INSERT INTO reward_definitions (name, handle, type, value) VALUES ('Bonus', 'bonus', 'other', 10) RETURNING id"
)
LOTS = """
    WITH made AS (
        INSERT INTO rewards (profile_id, reward_definition_id, value_initial, value_remaining, issued_at, expires_at,
                             timezone, has_notified_issue, has_notified_expiry, has_notified_extend)
        SELECT md5('profile' || n % %(profiles)s + 1)::uuid, %(definition)s, 10, 10, omneo_now() - interval '40 days',
               omneo_now() - interval '1 hour' - n * interval '1 millisecond', 'UTC', true, true, true
        FROM generate_series(1, %(lots)s) AS n
        RETURNING id, profile_id, issued_at, expires_at
    ), moved AS (
        INSERT INTO movements (lot_kind, lot_id, profile_id, kind, value, remaining, opens_at, closes_at, at)
        SELECT 'reward', id, profile_id, 'issue', 10, 10, issued_at, expires_at, issued_at FROM made
    ), ahead AS (
        INSERT INTO lot_deadlines (lot_kind, lot_id, profile_id, step, at)
        SELECT 'reward', id, profile_id, 'end', expires_at FROM made ORDER BY id
    )
    INSERT INTO ledger_entries (profile_id, type, subject_id, cause, occurrence, description, dollar_value,
                                dollar_balance, point_value, point_balance, expires_at)
    SELECT profile_id, 'reward', id, 'issued', 0, 'Reward issued', 10,
           10 * row_number() OVER (PARTITION BY profile_id ORDER BY id), 0, 0, expires_at FROM made ORDER BY id
"""
RESULT = """
    SELECT (SELECT count(*) FROM rewards) - (SELECT count(*) FROM lot_deadlines),
           (SELECT count(*) FROM ledger_entries WHERE cause = 'expired'),
           (SELECT count(*) FROM (SELECT DISTINCT ON (profile_id) dollar_balance FROM ledger_entries
                                  ORDER BY profile_id, id DESC) AS last WHERE dollar_balance <> 0)
"""
out = Console(highlight=False)
REGISTERED = jobs


def fill(url: str, lots: int) -> None:
    tenants.create_tenant(url, TENANT, "Benchmark", is_test=True, token=TOKEN)
    values = {"lots": lots, "profiles": lots // PER_PROFILE}
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        with tenants.acting_for(connection, TENANT):
            connection.execute(PROFILES, values)
            values["definition"] = connection.execute(DEFINITION).fetchone()[0]
            connection.execute(LOTS.replace("n % %", "n %% %"), values)
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")


def consumed(connection: psycopg.Connection) -> dict[int, float]:
    """Seconds of CPU that each process of the server has used."""
    postmaster = psutil.Process(connection.info.backend_pid).parent()
    times = {child.pid: child.cpu_times() for child in postmaster.children()}
    return {pid: time.user + time.system for pid, time in times.items()}


async def expire(url: str, monitor: psycopg.Connection, *, explain: bool) -> tuple[float, float, float]:
    """Seconds that the job takes, and of CPU: those of the server and those of this process."""
    database = Database(url)
    await database.open()
    if explain:
        _explain_first()
    before, own, start = consumed(monitor), time.process_time(), time.perf_counter()
    await execute(database, "incentives.expire", {"tenant": TENANT})
    taken, own, after = time.perf_counter() - start, time.process_time() - own, consumed(monitor)
    await database.close()
    return taken, sum(used - before.get(pid, 0) for pid, used in after.items()), own


def _explain_first() -> None:
    """Prints the plans of the two statements of one portion, and their times."""
    original, seen = Session._run, []

    async def explained(self, statement, values):
        text = statement.sql.decode()
        if "lot_deadlines" in text and "'reward'" in text:
            seen.append(text)
            if len(seen) in (11, 12):
                async with self.connection.transaction(force_rollback=True):
                    bound = statement.bind(values)
                    cursor = psycopg.AsyncRawCursor(self.connection)
                    await cursor.execute(b"EXPLAIN (ANALYZE, BUFFERS, WAL, COSTS OFF) " + statement.sql, bound)
                    out.print("\n".join(row[0][:160] for row in await cursor.fetchall()), soft_wrap=True, markup=False)
        return await original(self, statement, values)

    Session._run = explained


def take(login: str, results: Table, lots: int = 200_000, *, explain: bool = False) -> bool:
    """Measures in a database of its own, which is gone afterwards; True when it is fast enough and exact."""
    with fresh(login, "expiry") as url:
        start = time.perf_counter()
        fill(url, lots)
        out.print(f"{lots:,} lots of {lots // PER_PROFILE:,} profiles in {time.perf_counter() - start:.0f} s")
        with psycopg.connect(url, autocommit=True) as connection:
            taken, busy, own = asyncio.run(expire(url, connection, explain=explain))
            ended, lines, off = connection.execute(RESULT).fetchone()
    per_lot = 1_000_000 / lots
    out.print(f"expired in {taken:.1f} s, {sweeping.MOST:,} lots at most in a transaction")
    out.print(f"CPU per lot: {busy * per_lot:.0f} µs of PostgreSQL, {own * per_lot:.1f} µs of Python")
    whole = (ended, lines, off) == (lots, lots, 0)
    out.print("every lot ended once" if whole else f"WRONG: {ended} ended, {lines} lines, {off} balances are not 0")
    good = whole and lots / taken >= TARGET
    results.add_row(
        f"expiry, {lots:,} lots",
        f"{lots / taken:,.0f} lots/s",
        "",
        "",
        "",
        f"≥ {TARGET:,} lots/s",
        "met" if good else "MISSED",
    )
    return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--lots", type=int, default=1_000_000)
    parser.add_argument("--explain", action="store_true", help="print the plans of one portion")
    options = parser.parse_args()
    FOLDER.mkdir(parents=True, exist_ok=True)
    results = Table("what", "omneo", "", "", "", "target", "")
    with EmbeddedPostgres(FOLDER) as server:
        met = take(server.start(), results, options.lots, explain=options.explain)
    out.print(results)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
