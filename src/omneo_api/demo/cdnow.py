"""Real purchases from a file of `customer,date,quantity,amount`, loaded through the API (tests/data/README.md).

The file names no profile and no receipt, so both are derived from it: an e-mail per customer, and an external id per
customer, day and position within the day. A second run therefore finds everything in place and changes nothing.
"""

import asyncio
import csv
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import partial
from operator import itemgetter
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from omneo_api.demo.failures import LoadFailed

BATCH = 1000
PAUSE = 0.2
PATIENCE = 3000
COLUMNS = ["customer", "date", "quantity", "amount"]
UNIT_PRICE = Decimal("0.0001")
BAR = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())


@dataclass(frozen=True, slots=True)
class Purchase:
    """One line of the file. `position` counts the purchases of one customer on one day."""

    customer: str
    date: str
    position: int
    quantity: int
    amount: Decimal

    @property
    def external_id(self) -> str:
        return f"CDNOW-{self.customer}-{self.date}-{self.position}"

    def body(self) -> dict[str, Any]:
        """The purchase as a row of POST /transactions/batch.json; noon in New York keeps the file's day."""
        price = (self.amount / (self.quantity or 1)).quantize(UNIT_PRICE, rounding=ROUND_HALF_UP)
        return {
            "external_id": self.external_id,
            "profile_id": email(self.customer),
            "profile_id_handle": "email",
            "systems": ["web"],
            "transacted_at": f"{self.date} 17:00:00",
            "timezone": "America/New_York",
            "total": str(self.amount),
            "items": [
                {
                    "name": "Compact discs",
                    "quantity": self.quantity,
                    "price_current": str(price),
                    "price_sell": str(price),
                }
            ],
        }


def email(customer: str) -> str:
    """The address that stands for a customer of the file."""
    return f"customer-{customer}@cdnow.example"


def read(file: Path) -> list[Purchase]:
    """The purchases of a file, in its order. Raises: LoadFailed for a file of another form, OSError."""
    seen: Counter[tuple[str, str]] = Counter()
    purchases = []
    with file.open(newline="", encoding="utf-8") as text:
        rows = csv.DictReader(text)
        if rows.fieldnames != COLUMNS:
            raise LoadFailed(f"{file} has the columns {rows.fieldnames}, not {','.join(COLUMNS)}.")
        for number, row in enumerate(rows, start=2):
            day = (row["customer"], row["date"])
            try:
                purchase = Purchase(*day, seen[day], int(row["quantity"]), Decimal(row["amount"]))
            except (ValueError, TypeError, InvalidOperation):
                raise LoadFailed(f"{file}, line {number}: {row} is no purchase.") from None
            seen[day] += 1
            purchases.append(purchase)
    return purchases


async def load(client: httpx.AsyncClient, file: Path, out: Console) -> Counter[str]:
    """Loads a file as batches, which a worker of the server applies: the profiles, then their purchases.

    Answers how many rows of each were applied; those that were there already are as they were.
    Raises: LoadFailed, OSError, httpx.TransportError.
    """
    purchases = read(file)
    people = [
        {"email": email(customer), "first_name": "Customer", "last_name": customer}
        for customer in dict.fromkeys(purchase.customer for purchase in purchases)
    ]
    sales = [purchase.body() for purchase in in_rounds(purchases)]
    done: Counter[str] = Counter()
    with Progress(*BAR, console=out, transient=True) as progress:
        for name, path, rows, more in (
            ("profiles", "/profiles/batch", people, {"match_criteria": "email"}),
            ("transactions", "/transactions/batch.json", sales, {}),
        ):
            task = progress.add_task(name.capitalize(), total=len(rows))
            for batch in [await _queue(client, path, {name: part, **more}) for part in _parts(rows)]:
                done[name] += await _follow(client, batch, partial(progress.advance, task))
    out.print(f"{done['profiles']} customers and {done['transactions']} purchases are in.")
    return done


def in_rounds(purchases: Iterable[Purchase]) -> list[Purchase]:
    """The first purchase of each customer, then the second of each, and so on: rows of different customers go fast."""
    seen: Counter[str] = Counter()
    rounds = []
    for purchase in purchases:
        rounds.append((seen[purchase.customer], purchase))
        seen[purchase.customer] += 1
    return [purchase for _, purchase in sorted(rounds, key=itemgetter(0))]


def _parts(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]


async def _queue(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> str:
    answer = await client.post(path, json=body)
    if answer.status_code not in (200, 202):
        raise _refused(answer)
    told = answer.json()
    return str(told.get("data", told)["batch_id"])


async def _follow(client: httpx.AsyncClient, batch: str, advance: Callable[[int], None]) -> int:
    """Waits until a worker has applied a batch; answers how many rows it had."""
    seen = 0
    for _ in range(PATIENCE):
        answer = await client.get("/batches", params={"filter[uuid]": batch})
        if answer.status_code != 200:
            raise _refused(answer)
        found = answer.json()["data"][0]
        advance(found["processed_count"] - seen)
        seen = found["processed_count"]
        if found["status"] == "failed":
            raise LoadFailed(f"{found['failed_count']} rows were refused: GET /v3/batches/{batch} says why.")
        if found["status"] == "success":
            return int(found["success_count"])
        await asyncio.sleep(PAUSE)
    raise LoadFailed(f"no worker applied the batch {batch}: is one running (`omneo worker`)?")


def _refused(answer: httpx.Response) -> LoadFailed:
    request = answer.request
    return LoadFailed(f"{request.method} {request.url} was answered {answer.status_code}: {answer.text[:300]}")
