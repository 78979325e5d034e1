"""Triggers and the subscriptions that follow from them (automation 5)."""

from typing import Any

from omneo_api.automation import events
from omneo_api.automation.actions import service as action_service
from omneo_api.automation.actions.service import ActionsOf
from omneo_api.automation.triggers.models import Trigger
from omneo_api.automation.triggers.schemas import TriggerBody, TriggerRead
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement

KIND = "trigger"

_UNSUBSCRIBE = Statement(
    "DELETE FROM subscriptions"
    " WHERE kind = :kind::text AND subscriber_id = :id::bigint AND event IS DISTINCT FROM :event::text"
)
_SUBSCRIBE = Statement(
    "INSERT INTO subscriptions (event, kind, subscriber_id) VALUES (:event::text, :kind::text, :id::bigint)"
    " ON CONFLICT DO NOTHING"
)


async def subscribe(session: Any, kind: str, identifier: int, event: str | None) -> None:
    """Makes `event` (a subscriber's string, None for none) the one event that the subscriber listens to."""
    native = None if event is None else events.canonical(event)
    await session.execute(_UNSUBSCRIBE, kind=kind, id=identifier, event=native)
    if native is not None:
        await session.execute(_SUBSCRIBE, kind=kind, id=identifier, event=native)


class Triggers(PlainResource):
    actions = ActionsOf(KIND, Trigger)

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Null for `is_active` or `actions` is as good as absent; the native event follows from the string."""
        given = {
            name: value for name, value in values.items() if name not in ("is_active", "actions") or value is not None
        }
        if "trigger" in given:
            given["event"] = events.canonical(given["trigger"])
        if "actions" in given:
            action_service.resolved_types(given["actions"])
            action_service.check_sizes(given["actions"], lambda place: f"actions.{place}.")
        return given

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> bool:
        """The actions, if sent, and the subscription."""
        replaced = "actions" in values
        if replaced:
            last = current.last_reference if current is not None else 0
            await self.actions.replace(session, identifier, last, values["actions"])
        active = values.get("is_active", True if current is None else current.is_active)
        event = values.get("event") or (current.event if current is not None else None)
        await subscribe(session, KIND, identifier, event if active else None)
        return replaced

    async def before_delete(self, session: Any, current: Any) -> None:
        await subscribe(session, KIND, current.id, None)
        await self.actions.clear(session, current.id)


EXAMPLE = {
    "name": "Gold welcome",
    "trigger": "tier.achieved",
    "actions": [
        {
            "name": "filter",
            "arguments": [{"name": "condition", "value": {"===": [{"var": "definition.handle"}, "gold"]}}],
        },
        {"name": "reward.create", "arguments": [{"name": "definition", "value": "gold-welcome"}]},
    ],
}

triggers = Triggers(
    Trigger,
    TriggerRead,
    TriggerBody,
    name="Trigger",
    scope="reactions",
    path="/triggers",
    listing={
        "filters": ("id", "name", "trigger", "description", "notes", "is_active"),
        "search": ("name", "trigger", "description"),
    },
    example=EXAMPLE,
)
