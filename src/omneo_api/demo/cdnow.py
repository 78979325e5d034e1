"""Real purchases from a file of `customer,date,quantity,amount`, loaded through the API (tests/data/README.md).

The file names no profile and no receipt, so both are derived from it: an e-mail per customer, and an external id per
customer, day and position within the day. A second run therefore finds everything in place and changes nothing.
"""

import asyncio
import csv
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from omneo_api.demo.failures import LoadFailed

AT_ONCE = 8
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
        """The purchase as POST /transactions/update-create takes it; noon in New York keeps the file's day."""
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
    """Loads a file; answers how many profiles and transactions were `created` and how many were there already.

    Raises: LoadFailed, OSError, httpx.TransportError.
    """
    by_customer: dict[str, list[Purchase]] = {}
    for purchase in read(file):
        by_customer.setdefault(purchase.customer, []).append(purchase)
    done: Counter[str] = Counter()
    with Progress(*BAR, console=out, transient=True) as progress:
        task = progress.add_task(f"Loading {file.name}", total=sum(map(len, by_customer.values())))
        waiting = iter(by_customer.items())
        workers = [_work(client, waiting, done, lambda: progress.advance(task)) for _ in range(AT_ONCE)]
        await _all(workers)
    out.print(
        f"{len(by_customer)} customers ({done['profiles created']} new), "
        f"{done.total() - done['profiles created'] - done['profiles found']} purchases "
        f"({done['transactions created']} new)."
    )
    return done


async def _all(workers: Iterable[Any]) -> None:
    """Runs the workers until all are done; the first failure ends the others."""
    tasks = [asyncio.create_task(worker) for worker in workers]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _work(
    client: httpx.AsyncClient, waiting: Iterator[tuple[str, list[Purchase]]], done: Counter[str], advance: Any
) -> None:
    """Takes customer after customer: the purchases of one customer are sent in order, those of several side by side."""
    for customer, purchases in waiting:
        done[f"profiles {await _profile(client, customer)}"] += 1
        for purchase in purchases:
            done[f"transactions {await _transaction(client, purchase)}"] += 1
            advance()


async def _profile(client: httpx.AsyncClient, customer: str) -> str:
    body = {"email": email(customer), "first_name": "Customer", "last_name": customer}
    answer = await client.post("/profiles", json=body)
    if answer.status_code == 201:
        return "created"
    if answer.status_code == 422 and set(_errors(answer)) == {"email"}:
        return "found"
    raise _refused(answer)


async def _transaction(client: httpx.AsyncClient, purchase: Purchase) -> str:
    answer = await client.post("/transactions/update-create", json=purchase.body())
    if answer.status_code not in (200, 201):
        raise _refused(answer)
    return "created" if answer.status_code == 201 else "found"


def _errors(answer: httpx.Response) -> Mapping[str, Any]:
    found = answer.json().get("errors")
    return found if isinstance(found, dict) else {}


def _refused(answer: httpx.Response) -> LoadFailed:
    request = answer.request
    return LoadFailed(f"{request.method} {request.url} was answered {answer.status_code}: {answer.text[:300]}")
