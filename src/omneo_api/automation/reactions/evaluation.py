"""The part of a chain that gives points, run by itself: for a dry run and for a purchase that is evaluated again."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from omneo_api.automation.actions.types import Outcome
from omneo_api.automation.reactions.scope import Scope
from omneo_api.automation.reactions.service import Run, perform

GIVING = frozenset({"point.create", "tier-point.create"})
EVALUATED = GIVING | {"filter"}


@dataclass(frozen=True, slots=True)
class Evaluated:
    """A step of a chain that was evaluated: its entry in the plan, what its arguments came to and how it ended."""

    entry: Mapping[str, Any]
    arguments: Mapping[str, Any] | None
    outcome: Outcome

    @property
    def instance(self) -> Any:
        """What the action made, None when it made nothing."""
        return None if self.outcome.instance is None else orjson.loads(self.outcome.instance)


async def evaluate(session: Any, run: Run, made: Mapping[str, Any] | None = None) -> list[Evaluated]:
    """Runs the filters of a chain and its actions that give points; what else it does is passed over.

    A filter that does not pass and an action that fails end it, as in a run. `made` is what the actions that are passed
    over made when they ran. It writes and locks as the actions do.
    """
    steps: list[Evaluated] = []
    seen = dict(made or {})
    for entry in run.plan:
        if entry["type"] not in EVALUATED:
            continue
        scope = Scope(run.context, run.event.name, session.now, run.zone, dict(seen))
        arguments, outcome = await perform(session, run, 0, entry, scope)
        step = Evaluated(entry, arguments, outcome)
        steps.append(step)
        if outcome.status in ("stopped", "failed"):
            break
        if outcome.made is not None and outcome.instance is not None:
            seen[outcome.made] = step.instance
    return steps
