"""What conditions and dynamic arguments see by name (automation 3.4)."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from omneo_api.automation import events

INSTANCES = frozenset({"reward", "benefit", "point", "credit", "achievement", "connection", "interaction"})
ROOTS = frozenset(
    {
        "reward",
        "benefit",
        "point",
        "transaction",
        "order",
        "connection",
        "interaction",
        "rating",
        "identity",
        "product-list",
        "achievement",
    }
)


@dataclass(frozen=True, slots=True)
class Scope:
    """One event's context with what the run has made so far. `made` is by kind, the last one of each."""

    context: Mapping[str, Any]
    event: str
    now: datetime
    zone: str = "UTC"
    made: Mapping[str, Any] = field(default_factory=dict)

    @property
    def family(self) -> str:
        return events.family(events.canonical(self.event))

    @property
    def profile_id(self) -> uuid.UUID | None:
        """Whom the event is about."""
        named = self.context.get("profile_id")
        if named is None and self.family == "profile":
            named = self.context.get("id")
        try:
            return None if named is None else uuid.UUID(str(named))
        except ValueError:
            return None

    def lookup(self, name: str) -> Any:
        """The value of a root name. Raises: LookupError."""
        if name in self.context:
            return self.context[name]
        family = self.family
        if name == "amount" and family == "reward":
            return self.context.get("value_initial")
        if name in INSTANCES and name in self.made:
            return _reward(name, self.made[name])
        if (name.replace("_", "-") == family and family in ROOTS and "-" not in name) or (
            name == "profile" and family == "profile"
        ):
            return _reward(name, self.context)
        profile = self.context.get("profile")
        if isinstance(profile, Mapping) and name in profile:
            return profile[name]
        return self._special(name)

    def _special(self, name: str) -> Any:
        if name == "now":
            return self.now.strftime("%Y-%m-%d %H:%M:%S")
        if name == "today":
            return self.now.astimezone(ZoneInfo(self.zone)).strftime("%Y-%m-%d")
        if name == "event":
            return self.event
        raise LookupError(name)


def _reward(name: str, found: Any) -> Any:
    """A reward also answers `amount`."""
    if name == "reward" and isinstance(found, Mapping) and "amount" not in found:
        return {**found, "amount": found.get("value_initial")}
    return dict(found) if isinstance(found, Mapping) else found
