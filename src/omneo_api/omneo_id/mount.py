"""Mounting profile families for customers: whose rows, which switch, what they may send and what they may see.

The operations are those of the admin API; nothing is written twice. What differs for a customer is said here: `me` is
the token's profile, keys outside a whitelist are dropped from bodies, and what is not theirs to see is null in answers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import orjson

from omneo_api.configuration.settings.service import allowed
from omneo_api.foundation.calls import Answer, Call, Owner
from omneo_api.foundation.errors import NotFound, Unauthorized
from omneo_api.foundation.operations import Operation, Routes
from omneo_api.profiles.scope import alive

ME = "/profiles/me"
HIDDEN = frozenset(
    {
        "internal_notes",
        "notes",
        "claim_condition",
        "view_condition",
        "connector_condition",
        "connected_condition",
        "security_code",
        "ip_address",
        "user_agent",
        "price_cost",
        "issue_target_id",
        "expiry_target_id",
        "extend_target_id",
        "release_target_id",
        "remind_target_id",
        "notify_issue_offset",
        "notify_expiry_offset",
        "notify_schedule_offset",
        "notify_issue_offset_days",
        "notify_issue_offset_hour",
        "notify_remind_offset_days",
        "notify_remind_offset_hour",
        "notify_extend_offset_days",
        "notify_extend_offset_hour",
    }
)
STAFF = frozenset({"staff", "joined_staff", "preferred_staff"})


async def of_me(session: Any, call: Call) -> Owner:
    """The owner is the verified token's profile and nothing else. Raises: NotFound for an anonymous token."""
    if call.who.profile_id is None:
        raise NotFound
    return Owner(call.who.profile_id, alive)


def switched(handle: str) -> Callable[[Any, Call], Any]:
    """The same behind a tenant's switch. Raises: Unauthorized when it is off."""

    async def of_me_if_allowed(session: Any, call: Call) -> Owner:
        owner = await of_me(session, call)
        if not await allowed(session, f"id.allow.{handle}"):
            raise Unauthorized
        return owner

    return of_me_if_allowed


def only(*names: str) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Drops every body key that a customer may not write; what they send besides is ignored, not refused."""
    kept = frozenset(names)

    def trim(body: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in body.items() if name in kept}

    return trim


def for_customers(
    routes: Routes,
    offered: Iterable[tuple[str, str]],
    *,
    prefix: str = ME,
    switches: Mapping[tuple[str, str], str] | None = None,
    trims: Mapping[tuple[str, str], Callable[[dict[str, Any]], dict[str, Any]]] | None = None,
) -> list[Operation]:
    """The named (method, path) pairs of a family as customers reach them."""
    mounted = []
    for key in offered:
        (operation,) = routes.mounted(prefix, owner=of_me, only=[key], auth="customer")
        switch = (switches or {}).get(key)
        mounted.append(
            replace(
                operation,
                owner=switched(switch) if switch else of_me,
                trim=(trims or {}).get(key),
                handler=_concealing(operation.handler),
            )
        )
    return mounted


def _concealing(handler: Any) -> Any:
    async def run(**values: Any) -> Answer:
        answer: Answer = await handler(**values)
        if not answer.body:
            return answer
        return replace(answer, body=orjson.dumps(concealed(orjson.loads(answer.body))))

    return run


def concealed(value: Any) -> Any:
    """The same JSON with what a customer may not see as null; keys stay, so clients can share types."""
    if isinstance(value, list):
        return [concealed(entry) for entry in value]
    if not isinstance(value, dict):
        return value
    return {
        key: None
        if key in HIDDEN
        else {**dict.fromkeys(entry, None), **{k: v for k, v in entry.items() if k in ("id", "full_name")}}
        if key in STAFF and isinstance(entry, dict)
        else concealed(entry)
        for key, entry in value.items()
    }
