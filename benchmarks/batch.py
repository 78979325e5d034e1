"""Purchases by batch through one worker process, and the first page of a profile's purchases by their number."""

import json
import statistics
import time
import urllib.request

import psycopg

from data import TOKEN
from omneo_api.platform import tenants

ROWS, EACH = 20_000, 1000
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


def _send(port: int, path: str, body: dict | None = None) -> dict:
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/v3{path}",
        None if body is None else json.dumps(body).encode(),
        {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        return json.loads(answer.read())


def queued(port: int, ids: list[str], label: str) -> None:
    """Queues purchases of three items, twenty thousand of them, by customers in turn."""
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
        for number in range(ROWS)
    ]
    for start in range(0, ROWS, EACH):
        _send(port, "/transactions/batch.json", {"transactions": rows[start : start + EACH]})


def applied(url: str) -> float:
    """Rows per second from the first to the last mark, once the worker that runs has applied every batch."""
    waiting = "SELECT count(*) FROM batches WHERE status = 'pending' AND executed"
    failed = "SELECT coalesce(sum(failed_count), 0) FROM batches"
    with psycopg.connect(url, autocommit=True) as connection:
        while connection.execute(failed.replace("failed", "processed")).fetchone()[0] == 0:
            time.sleep(0.02)
        start = time.perf_counter()
        while connection.execute(waiting).fetchone()[0]:
            time.sleep(0.1)
        seconds = time.perf_counter() - start
        if connection.execute(failed).fetchone()[0]:
            raise RuntimeError("rows of the batch failed")
    return ROWS / seconds


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
