"""What the actions of a trigger would give: its chain run on real rows, which the caller takes back (commerce 1.8)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from omneo_api.automation.reactions.evaluation import GIVING, evaluate
from omneo_api.automation.reactions.service import TRIGGER, Occasion, Run
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.statements import Statement

_TRIGGER = Statement("SELECT id, event, is_active FROM triggers WHERE id = :id::bigint")
_ACTIONS = Statement(
    "SELECT id, type, name, references_id, arguments FROM actions"
    " WHERE owner_type = 'trigger' AND owner_id = :id::bigint ORDER BY sort_order, id"
)


@dataclass(frozen=True, slots=True)
class Plan:
    """A trigger with its event and its actions in order."""

    id: int
    event: str
    is_active: bool
    actions: list[Any]


async def plan_of(session: Any, trigger_id: int) -> Plan | None:
    """The trigger of that id, None when there is none."""
    found = await session.row(_TRIGGER, id=trigger_id)
    if found is None:
        return None
    return Plan(found.id, found.event, found.is_active, await session.rows(_ACTIONS, id=trigger_id))


async def gains(session: Any, plan: Plan, occasion: Occasion, context: Mapping[str, Any]) -> dict[str, Any]:
    """Runs those actions of the chain that give points; answers by action what each gave.

    A key is the action's uuid, with its reference where two actions share one. It writes: the caller is in a savepoint
    that it does not keep.
    """
    zone = await setting(session, "client_timezone") or "UTC"
    actions = {row.id: row for row in plan.actions}
    chain = [{"id": row.id, "type": row.type, "arguments": row.arguments} for row in plan.actions]
    gained: dict[str, Any] = {}
    for step in await evaluate(session, Run(TRIGGER, plan.id, "estimate", chain, context, occasion, zone)):
        if step.entry["type"] in GIVING and step.outcome.status != "failed":
            row = actions[step.entry["id"]]
            key = row.type if row.type not in gained else f"{row.type}:{row.references_id}"
            gained[key] = {"action": row.name, **_gain(step.instance or {}, step.arguments or {})}
    return gained


def _gain(instance: Mapping[str, Any], arguments: Mapping[str, Any]) -> dict[str, Any]:
    rate = instance.get("rate", arguments.get("rate"))
    definition = instance.get("definition") or {}
    return {
        "value": instance.get("value_initial", instance.get("value", 0)),
        "point_definition_id": instance.get("point_definition_id", definition.get("id")),
        "rate": rate.get("rate") if isinstance(rate, Mapping) else rate,
    }
