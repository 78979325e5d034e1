"""Purchases by batch through one worker process, and the first page of a profile's purchases by their number.

Beside the rate stands what it is made of, processor time of the worker's Python and of its PostgreSQL per 1,000 rows
(wall time moves with the machine, this hardly), and the ceiling: the same rows of the same tables, written by the same
PostgreSQL from constants, with nothing looked up, checked or computed.
"""

import json
import os
import statistics
import subprocess
import time
import urllib.request
from dataclasses import dataclass
from itertools import pairwise

import psutil
import psycopg

from data import TENANT, TOKEN
from omneo_api.platform import tenants
from processes import python

PARTS, ROWS, EACH, GROUP = 3, 20_000, 1000, 200
MANY, FEW = 10_000, 10
TARGET, PAGE_LIMIT = 1500, 1.5
GROWN = """
    WITH made AS (
        INSERT INTO transactions (total, transacted_at, timezone)
        SELECT 20, '2024-01-01'::timestamptz + make_interval(mins => n), 'UTC' FROM generate_series(1, %s) n
        RETURNING id, transacted_at
    )
    INSERT INTO transaction_states (transaction_id, profile_id, transacted_at) SELECT id, %s, transacted_at FROM made
"""
BARE = """
    WITH sale AS MATERIALIZED (
        SELECT nextval('transactions_id_seq') AS id, %(label)s || n AS external_id,
               md5('profile' || n * 5 + 5)::uuid AS profile_id, '2026-11-20 03:00:00+00'::timestamptz AS at
        FROM generate_series(%(first)s::int, %(last)s::int) AS n
    ), head AS (
        INSERT INTO transactions (id, external_id, total, systems, transacted_at, timezone, currency, currency_rate)
        SELECT id, external_id, 60, '{pos}', at, 'Australia/Melbourne', 'AUD', 1 FROM sale
    ), line AS (
        INSERT INTO transaction_items (transaction_id, name, sku, quantity, price_current, price_sell)
        SELECT id, name, name, 1, 20, 20 FROM sale, unnest('{Scarf,Shirt,Socks}'::text[]) AS name
    ), state AS (
        INSERT INTO transaction_states (transaction_id, profile_id, transacted_at, synced_at)
        SELECT id, profile_id, at, omneo_now() FROM sale
    ), held AS (
        INSERT INTO transaction_external_refs (system, external_id_key, transaction_id)
        SELECT 'pos', lower(external_id), id FROM sale
    ), told AS (
        INSERT INTO ledger_entries (profile_id, type, subject_id, cause, occurrence, description, dollar_value,
                                    dollar_balance, point_value, point_balance)
        SELECT profile_id, 'transaction', id, 'recorded', 0, 'Transaction', 60, 0, 0, 0 FROM sale
    ), known AS (
        INSERT INTO profile_aggregations AS a (profile_id, spend_all, spend_12m, total_shop_days, latest_shop_date)
        SELECT profile_id, 60, 60, 1, at::date FROM sale
        ON CONFLICT (tenant_id, profile_id) DO UPDATE
        SET spend_all = a.spend_all + 60, total_shop_days = a.total_shop_days + 1, updated_at = omneo_now()
    ), audited AS (
        INSERT INTO audits (url, event, auditable_type, auditable_id, old_values, new_values, profile_id)
        SELECT 'console', 'created', 'Transaction', id, '[]',
               '{"external_id":"","systems":["pos"],"total":60,"currency":"AUD","transacted_at":"2026-11-20 03:00:00"}',
               profile_id
        FROM sale
    )
    INSERT INTO events (name, entity_type, entity_id, profile_id, origin, cause_chain, depth)
    SELECT name, 'transaction', id::text, profile_id, 'api', '{}', 0
    FROM sale, unnest('{created,item,item,item,aggregation,sync}'::text[]) AS name
"""


@dataclass(frozen=True, slots=True)
class Taken:
    """Rows per second of each part, and seconds of processor time per 1,000 rows."""

    parts: list[float]
    python: float
    postgres: float

    @property
    def rate(self) -> float:
        return statistics.median(self.parts)


def _send(port: int, path: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v3{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def queued(port: int, ids: list[str], label: str) -> None:
    """Queues purchases of three items, of each customer in turn."""
    line = {"quantity": 1, "price_current": 20, "price_sell": 20}
    items = [{"name": name, "sku": name, **line} for name in ("Scarf", "Shirt", "Socks")]
    rows = [
        {
            "external_id": f"{label}-{number}",
            "profile_id": ids[number % len(ids)],
            "systems": ["pos"],
            "total": 60,
            "currency": "AUD",
            "transacted_at": "2026-11-20 03:00:00",
            "timezone": "Australia/Melbourne",
            "items": items,
        }
        for number in range(PARTS * ROWS)
    ]
    for start in range(0, PARTS * ROWS, EACH):
        _send(port, "/transactions/batch.json", {"transactions": rows[start : start + EACH]})


def _postgres(connection: psycopg.Connection, *, own: bool = False) -> float:
    """Seconds of processor time that the backends of this database's other clients took so far, or this one's own."""
    asked = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND backend_type = 'client backend'"
    pids = [row[0] for row in connection.execute(asked) if (row[0] == connection.info.backend_pid) == own]
    return sum(sum(psutil.Process(pid).cpu_times()[:2]) for pid in pids)


def applied(url: str, worker: int) -> Taken:
    """What it took to apply every row that is queued, from the first mark to the last."""
    counts = "SELECT sum(processed_count), sum(failed_count), sum(total_count) FROM batches WHERE executed"
    python_process = psutil.Process(worker)
    marks: list[tuple[float, int]] = []
    with psycopg.connect(url, autocommit=True) as connection:
        before, _, total = connection.execute(counts).fetchone()
        while connection.execute(counts).fetchone()[0] == before:
            time.sleep(0.02)
        python_seconds = sum(python_process.cpu_times()[:2])
        postgres_seconds = _postgres(connection)
        first = done = int(connection.execute(counts).fetchone()[0])
        marks.append((time.perf_counter(), done))
        while done < total:
            time.sleep(0.1)
            done, failed, _ = map(int, connection.execute(counts).fetchone())
            if done - marks[-1][1] >= ROWS or done == total:
                marks.append((time.perf_counter(), done))
        if failed:
            raise RuntimeError("rows of the batch failed")
        thousands = (done - first) / 1000
        python_seconds = sum(python_process.cpu_times()[:2]) - python_seconds
        postgres_seconds = _postgres(connection) - postgres_seconds
    parts = [(rows - last) / (end - begin) for (begin, last), (end, rows) in pairwise(marks)]
    return Taken(parts, python_seconds / thousands, postgres_seconds / thousands)


def bare(url: str) -> Taken:
    """What PostgreSQL alone takes for the rows of one part, a group to a transaction that waits for no disk."""
    label = f"bare-{time.time_ns()}-"
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        started, busy = time.perf_counter(), _postgres(connection, own=True)
        for first in range(0, ROWS, GROUP):
            values = {"label": label, "first": first, "last": min(first + GROUP, ROWS) - 1}
            with tenants.acting_for(connection, TENANT):
                connection.execute(BARE, values)
        seconds = time.perf_counter() - started
        busy = _postgres(connection, own=True) - busy
    return Taken([ROWS / seconds], 0, busy / ROWS * 1000)


def through_a_worker(url: str, environment: dict[str, str], port: int, ids: list[str]) -> tuple[Taken, Taken]:
    """A worker's rate and its ceiling, with statistics as autovacuum has taken them and the last checkpoint behind."""
    queued(port, ids, f"batch-{time.time_ns()}")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
        connection.execute("CHECKPOINT")
    ceiling = bare(url)
    worker = subprocess.Popen(
        python("-m", "omneo_api.cli", "worker"), env={**os.environ, **environment}, stdout=subprocess.DEVNULL
    )
    try:
        return applied(url, worker.pid), ceiling
    finally:
        worker.terminate()
        worker.wait(30)


def page_ratio(url: str, port: int, tenant: str) -> tuple[float, float]:
    """Milliseconds of the first page of purchases of a profile with 10 and of one with 10,000."""
    people = []
    with psycopg.connect(url, autocommit=True) as connection:
        with tenants.acting_for(connection, tenant):
            for number in (FEW, MANY):
                mail = f"page-{number}-{time.time_ns()}@example.com"
                made = connection.execute("INSERT INTO profiles (email) VALUES (%s) RETURNING id", (mail,)).fetchone()
                connection.execute(GROWN, (number, made[0]))
                people.append(made[0])
        connection.execute("ANALYZE transaction_states")
    times: list[list[float]] = [[], []]
    for turn in range(60):
        for place, profile in enumerate(people):
            start = time.perf_counter()
            _send(port, f"/profiles/{profile}/transactions?page%5Bsize%5D=10")
            if turn >= 10:
                times[place].append((time.perf_counter() - start) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])
