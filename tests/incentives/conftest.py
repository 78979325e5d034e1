"""A till: what the tests of this domain do again and again, and the books that must balance after every scenario."""

import itertools
from dataclasses import dataclass, field
from typing import Any

import pytest

from omneo_api.foundation.jobs import execute
from omneo_api.incentives.verify import verify

COUNTER = itertools.count(1)


@dataclass
class Till:
    shop: Any
    definitions: dict[str, int] = field(default_factory=dict)

    async def profile(self, email: str | None = None) -> str:
        """A profile, made past the API: profiles are another room."""
        rows = await self.shop.sql(
            "INSERT INTO profiles (tenant_id, email) VALUES (%s, %s) RETURNING id",
            self.shop.tenant.id,
            email or f"p{next(COUNTER)}@example.com",
        )
        return str(rows[0][0])

    async def location(self) -> int:
        rows = await self.shop.sql(
            "INSERT INTO locations (tenant_id, name, external_id) VALUES (%s, 'City', 'S03') RETURNING id",
            self.shop.tenant.id,
        )
        return rows[0][0]

    async def setting(self, handle: str, value: str) -> None:
        await self.shop.sql(
            "INSERT INTO settings (tenant_id, handle, value, type) VALUES (%s, %s, %s, 'string')"
            " ON CONFLICT (tenant_id, handle_key) DO UPDATE SET value = excluded.value",
            self.shop.tenant.id,
            handle,
            value,
        )

    async def define(self, kind: str, **values: Any) -> int:
        """A definition of rewards, points or credits; its id."""
        number = next(COUNTER)
        body = {"name": f"D{number}", "handle": f"d-{number}", **values}
        if kind == "rewards":
            body = {"type": "other", "value": 10, "period": 30, **body}
        if kind == "credits":
            body = {"type": "gift_card", **body}
        return (await self.shop.post(f"/{kind}/definitions", body))["data"]["id"]

    async def _definition(self, kind: str) -> int:
        if kind not in self.definitions:
            self.definitions[kind] = await self.define(kind)
        return self.definitions[kind]

    async def reward(self, profile: str, value: float, status: int = 201, **values: Any) -> Any:
        body = {"profile_id": profile, "timezone": "UTC", "value_initial": value, **values}
        if not {"reward_definition_id", "reward_definition_handle"} & set(values):
            body["reward_definition_id"] = await self._definition("rewards")
        return (await self.shop.post("/rewards", body, status=status)).get("data")

    async def points(self, profile: str, value: float, status: int = 201, **values: Any) -> Any:
        body = {"profile_id": profile, "value_initial": value, **values}
        if "point_definition_id" not in values:
            body["point_definition_id"] = await self._definition("points")
        return (await self.shop.post("/points", body, status=status)).get("data")

    async def credit(self, profile: str | None, value: float, status: int = 201, **values: Any) -> Any:
        body = {"profile_id": profile, "value_initial": value, **values}
        if "credit_definition_id" not in values:
            body["credit_definition_id"] = await self._definition("credits")
        return (await self.shop.post("/credits", body, status=status)).get("data")

    async def redeem(self, profile: str, amount: float, status: int = 201, **values: Any) -> Any:
        answer = await self.shop.post(f"/profiles/{profile}/redeem", {"amount": amount, **values}, status=status)
        return answer["data"] if status == 201 else answer["errors"]

    async def balances(self, profile: str, **params: Any) -> Any:
        return (await self.shop.get(f"/profiles/{profile}/balances", params=params))["data"]

    async def figures(self, profile: str) -> tuple[float, ...]:
        """Reward balance, points, dollars of points, combined."""
        told = await self.balances(profile)
        names = ("reward_balance", "point_balance", "point_balance_dollars", "combined_balance_dollars")
        return tuple(told[name] for name in names)

    async def left(self, kind: str, identifier: int) -> float:
        return (await self.shop.get(f"/{kind}/{identifier}"))["data"]["value_remaining"]

    async def ledger(self, profile: str) -> list[Any]:
        return (await self.shop.get(f"/profiles/{profile}/ledgers"))["data"]

    async def tick(self) -> None:
        """Runs what is due every few minutes."""
        for name in ("activate", "expire", "notify", "remind"):
            await execute(self.shop.database, f"incentives.{name}", {"tenant": self.shop.handle})

    async def check(self) -> None:
        """The books balance: every lot, balance, chain and statement of the tenant."""
        async with self.shop.database.reading(self.shop.tenant) as session:
            assert await verify(session) == []


@pytest.fixture
async def till(shop):
    made = Till(shop)
    yield made
    await made.check()
