"""What the server asks of PostgreSQL, taken from the server itself so that the bare handlers ask the very same."""

import asyncio
import json
import uuid

import httpx
from psycopg.adapt import PyFormat, Transformer

from data import TENANT, TOKEN
from omneo_api.app import create_app
from omneo_api.foundation.database import Session
from omneo_api.settings import Settings

EXTERNAL = f"CAPTURED-{uuid.uuid4().hex}".upper()


def purchase(profile: str, external_id: str) -> dict:
    """A purchase of three items by a known profile."""
    line = {"quantity": 1, "price_current": 20, "price_sell": 20}
    return {
        "profile_id": profile,
        "external_id": external_id,
        "systems": ["pos"],
        "total": 60,
        "currency": "AUD",
        "transacted_at": "2026-11-20 03:00:00",
        "timezone": "Australia/Melbourne",
        "items": [{"name": name, **line} for name in ("Scarf", "Shirt", "Socks")],
    }


def capture(url: str, profile: str) -> dict:
    """The statements of each measured request; of the purchase only those that write, and the one that renders."""
    return asyncio.run(_capture(url, profile))


async def _capture(url: str, profile: str) -> dict:
    settings = Settings(default_tenant=TENANT, rate_limit_per_minute=0, access_log=False, secret_key="x" * 40)
    app = create_app(settings, url)
    await app.database.open()
    await app.gate.start()
    taken: list[tuple[str, list]] = []
    original = Session._run

    async def noted(self, statement, values):
        texts = Transformer(self.connection)
        bound = [
            None if value is None else bytes(texts.get_dumper(value, PyFormat.TEXT).dump(value)).decode()
            for value in statement.bind(values)
        ]
        taken.append((statement.sql.decode(), bound))
        return await original(self, statement, values)

    Session._run = noted
    headers = {"Authorization": f"Bearer {TOKEN}"}
    transport = httpx.ASGITransport(app=app)
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v3", headers=headers) as client:
            found: dict = {"tenant": (await app.gate.find_tenant(TENANT)).id}
            for name, path in (
                ("profile", f"/profiles/{profile}"),
                ("profiles", "/profiles?page[size]=25"),
                ("balances", f"/profiles/{profile}/balances"),
            ):
                (await client.get(path)).raise_for_status()
                taken.clear()
                (await client.get(path)).raise_for_status()
                found[name] = {"sql": taken[0][0], "values": taken[0][1], "statements": len(taken)}
            await client.post("/transactions", json=purchase(profile, "WARM-UP"))
            taken.clear()
            answer = await client.post("/transactions", json=purchase(profile, EXTERNAL))
            answer.raise_for_status()
            found["purchase"] = _writes(taken, str(answer.json()["data"]["id"]), profile)
            found["purchase_statements"] = len(taken)
    finally:
        Session._run = original
        await app.gate.stop()
        await app.database.close()
    return found


def _writes(taken: list[tuple[str, list]], identifier: str, profile: str) -> list[dict]:
    chosen = [(sql, values) for sql, values in taken if "INSERT" in sql or "row_to_json" in sql]
    marked = []
    for sql, values in chosen:
        text = (
            json.dumps(values)
            .replace(EXTERNAL.lower(), "$external")
            .replace(EXTERNAL, "$external")
            .replace(profile, "$profile")
        )
        marked.append({"sql": sql, "values": [_mark(value, identifier) for value in json.loads(text)]})
    return marked


def _mark(value: str | None, identifier: str) -> str | None:
    if value is None:
        return None
    return (
        "$id"
        if value == identifier
        else value.replace(f'"{identifier}"', '"$id"').replace(f"{{{identifier}}}", "{$id}")
    )
