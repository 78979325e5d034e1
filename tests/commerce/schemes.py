"""A shop that gives points for purchases."""

import itertools
from typing import Any

from sales import sale

NUMBERS = itertools.count(1)


class Scheme:
    """A shop that gives points for purchases."""

    def __init__(self, shop: Any, jobs: Any) -> None:
        self.shop, self.jobs = shop, jobs

    async def definition(self, **values: Any) -> int:
        body = {"name": "Points", "handle": f"points-{next(NUMBERS)}", **values}
        return (await self.shop.post("/points/definitions", body))["data"]["id"]

    async def trigger(self, event: str, *actions: tuple[str, dict[str, Any]]) -> int:
        told = [
            {
                "name": kind,
                "arguments": [
                    {"name": name, "value": value, "is_dynamic": isinstance(value, dict)}
                    for name, value in arguments.items()
                ],
            }
            for kind, arguments in actions
        ]
        return (await self.shop.post("/triggers", {"name": event, "trigger": event, "actions": told}))["data"]["id"]

    async def change(self, trigger: int, place: int, **arguments: Any) -> None:
        """Changes the arguments of an action of a trigger."""
        action = (await self.shop.get(f"/triggers/{trigger}/actions"))["data"][place]
        kept = {argument["name"]: argument["value"] for argument in action["arguments"]} | arguments
        told = [{"name": name, "value": value, "is_dynamic": isinstance(value, dict)} for name, value in kept.items()]
        await self.shop.put(f"/triggers/{trigger}/actions/{action['id']}", {"arguments": told})

    async def buys(self, who: str | None, total: float = 80, **changes: Any) -> dict[str, Any]:
        body = sale(total=total, profile_id=who, external_id=f"P-{next(NUMBERS)}", **changes)
        made = (await self.shop.post("/transactions", body))["data"]
        await self.jobs()
        return made

    async def recalculate(self, made: dict[str, Any]) -> None:
        path = f"/transactions/{made['id']}/event-trigger"
        await self.shop.post(path, {"event": "transaction.recalculate"}, status=200)

    async def balance(self, who: str) -> float:
        return (await self.shop.get(f"/profiles/{who}/balances"))["data"]["point_balance"]

    async def lots(self, who: str) -> list[tuple[Any, ...]]:
        rows = (await self.shop.get(f"/profiles/{who}/points?sort=id"))["data"]
        return [(row["value_initial"], row["value_remaining"], row["source_type"]) for row in rows]

    async def tier_points(self, who: str) -> list[tuple[Any, ...]]:
        rows = (await self.shop.get(f"/profiles/{who}/tiers/points?sort=id"))["data"]
        return [(row["value"], row["source_type"]) for row in rows]

    async def told(self, name: str) -> list[Any]:
        rows = await self.shop.sql(
            "SELECT c.context FROM events e JOIN event_contexts c ON c.event_id = e.id AND c.tenant_id = e.tenant_id"
            " WHERE e.tenant_id = %s AND e.name = %s ORDER BY e.id",
            self.shop.tenant.id,
            name,
        )
        return [context for (context,) in rows]

    async def names(self, *of: str) -> list[str]:
        rows = await self.shop.sql(
            "SELECT name FROM events WHERE tenant_id = %s AND name = ANY (%s) ORDER BY id",
            self.shop.tenant.id,
            list(of),
        )
        return [name for (name,) in rows]


def points(definition: int, value: Any, **more: Any) -> tuple[str, dict[str, Any]]:
    return "point.create", {"definition": definition, "value_initial": value, **more}
