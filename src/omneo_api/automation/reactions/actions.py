"""The types of action that are made here: one function each (automation 6.3)."""

from omneo_api.automation import json_logic
from omneo_api.automation.actions.types import Outcome, Step, action


@action("filter", "condition")
async def passes(step: Step) -> Outcome:
    """Stops the chain unless a condition holds"""
    passed, error = json_logic.met(step.arguments.get("condition"), step.scope.context, lookup=step.scope.lookup)
    result = {"passed": passed, **({"error": error} if error else {})}
    return Outcome("success" if passed else "stopped", result)
