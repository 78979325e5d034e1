"""A brand with tier programs: what the tests of tiers do again and again."""

import itertools
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from omneo_api.foundation.jobs import execute

COUNTER = itertools.count(1)
FIGURES = {
    "total": "total_points_12m",
    "credit": "current_credit",
    "progress": "current_progress",
    "remain": "current_remain",
    "next": "next_remain",
    "earned": "total_points_achievement",
    "change": "next_progress_change_at",
}
LADDERS = {
    "S": (("bronze", 0, 0), ("silver", 500, 400), ("gold", 1500, 1000), ("platinum", 3000, 2000)),
    "T2": (("bronze", 0, 0), ("silver", 400, 400)),
    "T2-nocredit": (("bronze", 0, 0), ("silver", 400, 400)),
    "T3": (("base", 0, 0), ("silver", 300, 300), ("gold", 1000, 800)),
    "T8": (("bronze", 0, 0), ("silver", 500, 800)),
}


@dataclass
class Club:
    """Each ladder is the program of a region of its own, so that many stand in one tenant."""

    shop: Any
    regions: dict[str, int] = field(default_factory=dict)
    point: int = 0

    async def opened(self, *ladders: str) -> "Club":
        body = {"name": "Tier points", "handle": f"tp{next(COUNTER)}"}
        self.point = (await self.shop.post("/points/definitions", body))["data"]["id"]
        for name in ladders:
            await self.ladder(name, LADDERS[name])
        return self

    async def ladder(self, name: str, levels: Any, **more: Any) -> list[Any]:
        region = await self.shop.post("/regions", {"name": name, "handle": f"{name}-region"})
        self.regions[name] = region["data"]["id"]
        made = []
        for handle, value_min, value_maintain in levels:
            body = {
                "name": handle.title(),
                "handle": f"{handle}-{name}",
                "value_min": value_min,
                "value_maintain": value_maintain,
                "region_id": self.regions[name],
                "is_assignable": handle == "gold",
                "disable_credit": "nocredit" in name,
                **more,
            }
            made.append((await self.shop.post("/tiers/definitions", body))["data"])
        return made

    async def on(self, day: str) -> None:
        """Moves the clock to a moment; a day means its noon."""
        wanted = datetime.fromisoformat(day if len(day) > 10 else f"{day} 12:00:00").replace(tzinfo=UTC)
        ahead = wanted - datetime.now(UTC) - self.shop.tenant.clock_offset
        await self.shop.advance(seconds=ahead / timedelta(seconds=1))

    async def member(self, ladder: str | None = None, **more: Any) -> str:
        body = {"email": f"member{next(COUNTER)}@example.com", **more}
        if ladder is not None:
            body["region_id"] = self.regions[ladder]
        return (await self.shop.post("/profiles", body))["data"]["id"]

    async def earn(self, who: str, value: int, issued_at: str | None = None, status: int = 201, **more: Any) -> Any:
        body = {
            "profile_id": who,
            "point_definition_id": self.point,
            "value": value,
            "issued_at": issued_at,
            **more,
        }
        return (await self.shop.post("/tiers/points", body, status=status)).get("data")

    async def tiers(self, who: str) -> Any:
        return (await self.shop.get(f"/profiles/{who}/tiers"))["data"]

    async def calculate(self, who: str) -> Any:
        return (await self.shop.get(f"/profiles/{who}/tiers/calculate"))["data"]

    async def assign(self, who: str, tier: Any, status: int = 200) -> Any:
        return await self.shop.post(f"/profiles/{who}/tiers/assign", {"tier": tier}, status=status)

    async def daily(self) -> None:
        await execute(self.shop.database, "incentives.tiers.maintain", {"tenant": self.shop.handle})

    async def events(self, who: str, like: str = "tier.%") -> list[str]:
        rows = await self.shop.sql(
            "SELECT name FROM events WHERE profile_id = %s AND name LIKE %s ORDER BY id", who, like
        )
        return [row[0].removeprefix("tier.") for row in rows]


def held(told: Any) -> str | None:
    """The word of the level held, without the name of its ladder."""
    return told["current_tier"]["handle"].partition("-")[0] if told["current_tier"] else None


def figures(told: Any) -> dict[str, Any]:
    shown = {name: told[key] for name, key in FIGURES.items()}
    return {"tier": held(told), **shown, "anniversary": (told["anniversary_at"] or "")[:10] or None}
