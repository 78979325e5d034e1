"""Loading through the API: the demo shop of the first start, and files of real purchases."""

import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from omneo_api.demo import cdnow
from omneo_api.demo.failures import LoadFailed
from omneo_api.foundation.application import Application

PROFILES = 60
FIRST = ("Ada", "Ines", "Mia", "Noah", "Lio", "Rosa", "Sam", "Tariq", "Uma", "Vera", "Wen", "Yara")
LAST = ("Varga", "Tran", "Okafor", "Lind", "Reyes", "Byron", "Haddad", "Moreau", "Silva", "Novak")
# Everything of the demo shop has names that no user's own data is likely to have.
STORES = (
    ("Fitzroy", "DEMO-FITZROY", "VIC"),
    ("Newtown", "DEMO-NEWTOWN", "NSW"),
    ("Fremantle", "DEMO-FREMANTLE", "WA"),
    ("Web shop", "DEMO-WEB", "VIC"),
)
GOODS = (("Wool scarf", 80.5), ("Linen shirt", 120), ("Canvas tote", 35), ("Rain jacket", 249.95), ("Socks", 14.5))


async def load(url: str, token: str, file: Path | None, out: Console) -> None:
    """Loads the demo shop, or a file of purchases, into a running server. Raises: LoadFailed."""
    headers = {"Authorization": f"Bearer {token}"}
    try:
        async with httpx.AsyncClient(base_url=f"{url.rstrip('/')}/v3", headers=headers, timeout=60) as client:
            if file is None:
                await fill(client, out)
            else:
                await cdnow.load(client, file, out)
    except httpx.TransportError as fault:
        raise LoadFailed(f"no server answers at {url} ({type(fault).__name__}): start it with `make serve`.") from fault
    except OSError as fault:
        raise LoadFailed(str(fault)) from fault


async def load_into(app: Application, handle: str, token: str, out: Console) -> None:
    """Loads the demo shop into an application that does not listen yet (the first start)."""
    async with (
        running(app),
        httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url=f"http://{handle}.{app.gate.base_domain}/v3",  # type: ignore[attr-defined]
            headers={"Authorization": f"Bearer {token}"},
            timeout=60,
        ) as client,
    ):
        await fill(client, out)


@asynccontextmanager
async def running(app: Application) -> AsyncIterator[None]:
    await app.database.open()
    await app.gate.start()
    try:
        yield
    finally:
        await app.gate.stop()
        await app.database.close()


async def fill(client: httpx.AsyncClient, out: Console) -> None:
    """The demo shop: stores, a reward, a rule that gives it, customers and their purchases."""
    chance = random.Random(7)  # noqa: S311 - the same shop every time
    steps: list[Callable[[], Awaitable[Any]]] = []
    for name, external_id, state in STORES:
        address = {
            "address_line_1": "1 Market St",
            "city": name,
            "postcode": "3000",
            "state": state,
            "country": "Australia",
        }
        body = {
            "name": name,
            "phone": "0390000000",
            "external_id": external_id,
            "is_published": True,
            "address": address,
        }
        steps.append(_post(client, "/locations", body))
    steps.append(_post(client, "/brands", {"name": "Demo Goods", "handle": "demo-goods"}))
    steps.append(_post(client, "/rewards/definitions", REWARD))
    steps.append(_post(client, "/triggers", TRIGGER))
    customers = [_customer(number, chance) for number in range(PROFILES)]
    steps += [_post(client, "/profiles", body) for body in customers]
    steps += [_post(client, "/transactions", body) for body in _purchases(customers, chance)]
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=out, transient=True) as progress:
        task = progress.add_task("Loading the demo shop", total=len(steps))
        for step in steps:
            await step()
            progress.advance(task)


def _post(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> Callable[[], Awaitable[Any]]:
    async def send() -> Any:
        answer = await client.post(path, json=body)
        if answer.status_code == 422 and "taken" in answer.text:
            return None
        if answer.status_code >= 400:
            raise LoadFailed(f"POST {path} was answered {answer.status_code}: {answer.text[:300]}")
        return answer.json()

    return send


def _customer(number: int, chance: random.Random) -> dict[str, Any]:
    first, last = FIRST[number % len(FIRST)], LAST[number % len(LAST)]
    joined = datetime.now(UTC) - timedelta(days=chance.randrange(30, 900))
    return {
        "first_name": first,
        "last_name": last,
        "email": f"{first}.{last}.{number}@example.com".lower(),
        "mobile_phone": f"+614{80020000 + number:08d}",
        "joined_at": f"{joined:%Y-%m-%d %H:%M:%S}",
        "birth_day": chance.randrange(1, 29),
        "birth_month": chance.randrange(1, 13),
        "birth_year": chance.randrange(1955, 2005),
        "identities": [{"handle": "demo-card", "identifier": f"DEMO-{number:05d}", "is_primary": True}],
        "tags": chance.sample(["demo-regular", "demo-newsletter", "demo-collect"], k=chance.randrange(3)),
    }


def _purchases(customers: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    purchases = []
    for number, customer in enumerate(customers):
        for visit in range(chance.randrange(5)):
            basket = chance.sample(GOODS, k=chance.randrange(1, 4))
            prices = [price for _, price in basket]
            lines = [
                {"name": name, "quantity": 1, "price_current": price, "price_sell": price} for name, price in basket
            ]
            at = datetime.now(UTC) - timedelta(days=chance.randrange(1, 500), minutes=chance.randrange(600))
            purchases.append(
                {
                    "external_id": f"DEMO-{number}-{visit}",
                    "profile_id": customer["email"],
                    "profile_id_handle": "email",
                    "location_id": chance.choice(STORES)[1],
                    "systems": ["demo-till"],
                    "transacted_at": f"{at:%Y-%m-%d %H:%M:%S}",
                    "timezone": "Australia/Melbourne",
                    "total": round(sum(prices), 2),
                    "currency": "AUD",
                    "items": lines,
                }
            )
    return purchases


REWARD = {
    "name": "Thank you $10",
    "handle": "demo-thank-you",
    "type": "spend",
    "value": 10,
    "period": 90,
    "period_type": "days",
    "is_published": True,
    "short_description": "$10 for your next visit",
}
LARGE = {">=": [{"var": "total"}, 200]}
IN_OUR_STORES = {"in": [{"var": "location.external_id"}, [external_id for _, external_id, _ in STORES]]}
TRIGGER = {
    "name": "Reward large purchases in the demo shop",
    "trigger": "transaction.created",
    "actions": [
        {"name": "filter", "arguments": [{"name": "condition", "value": {"and": [LARGE, IN_OUR_STORES]}}]},
        {
            "name": "reward.create",
            "arguments": [
                {"name": "profile_id", "value": {"var": "profile_id"}, "is_dynamic": True},
                {"name": "definition", "value": "demo-thank-you"},
                {"name": "timezone", "value": "Australia/Melbourne"},
            ],
        },
    ],
}
