"""Mounting profile families for customers: whose rows, which switch, what they may send and what they may see.

The operations are those of the admin API; nothing is written twice. What differs for a customer is said here: `me` is
the token's profile, keys outside a whitelist are dropped from bodies, and what is not theirs to see is null in answers.
"""

import inspect
import re
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

import orjson

from omneo_api.configuration.settings.service import allowed
from omneo_api.foundation.calls import Answer, Call, Owner
from omneo_api.foundation.errors import NotFound, Unauthorized
from omneo_api.foundation.operations import Handler, Operation, OwnerOf
from omneo_api.omneo_id.writable import Trim, hidden_namespaces, is_named
from omneo_api.profiles.scope import alive

Guard = Callable[[Any, Call, Owner], Awaitable[None]]

ADMIN = "/profiles/{profile}"
ME = "/profiles/me"
MINUTE = 60.0
REMEMBERED = 100_000
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
OWN_NOTES = frozenset({"address_line_1", "connector_id"})
"""What has a key of these is an address or a connection, whose `notes` its customer writes."""
_CUSTOM = re.compile(rb'"custom(?:_attributes)?"\s*:')


async def of_me(session: Any, call: Call) -> Owner:
    """The owner is the verified token's profile and nothing else. Raises: NotFound for an anonymous token."""
    if call.who.profile_id is None:
        raise NotFound
    return Owner(call.who.profile_id, alive)


@dataclass(frozen=True)
class Offer:
    """One operation that customers reach.

    switch: the tenant's setting that opens it. trim: what of a body counts. guard: a rule on names that the tenant
    protects. instead: what answers when it was called within the minute. own: an embedded list of which a customer only
    sees the own rows.
    """

    method: str
    path: str
    switch: str | None = None
    trim: Trim | None = None
    guard: Guard | None = None
    instead: tuple[str, str] | None = None
    own: str | None = None


def for_customers(operations: Iterable[Operation], offers: Iterable[Offer]) -> list[Operation]:
    """The offered operations of the admin API below `/profiles/me`. Raises: KeyError for one that does not exist."""
    known = {
        (operation.method, operation.path.removeprefix(ADMIN)): operation
        for operation in operations
        if operation.path.startswith(ADMIN)
    }
    return [_mounted(known, offer) for offer in offers]


def _mounted(known: dict[tuple[str, str], Operation], offer: Offer) -> Operation:
    operation = known[offer.method, offer.path]
    handler = operation.handler
    if offer.instead is not None:
        handler = _once_a_minute(handler, known[offer.instead].handler)
    return replace(
        operation,
        path=ME + offer.path,
        aliases=tuple(ME + alias.removeprefix(ADMIN) for alias in operation.aliases if "/interaction/" in alias),
        auth="customer",
        scopes=(),
        owner=_owner(offer),
        trim=offer.trim,
        handler=_concealing(handler, offer.own),
    )


def _owner(offer: Offer) -> OwnerOf:
    if offer.switch is None and offer.guard is None:
        return of_me

    async def of_me_if_allowed(session: Any, call: Call) -> Owner:
        owner = await of_me(session, call)
        if offer.switch is not None and not await allowed(session, f"id.allow.{offer.switch}"):
            raise Unauthorized
        if offer.guard is not None:
            await offer.guard(session, call, owner)
        return owner

    return of_me_if_allowed


def _once_a_minute(work: Handler, instead: Handler) -> Handler:
    """Work that a browser may ask for at most once a minute and profile; other calls only read."""
    done: dict[Any, float] = {}

    async def run(**values: Any) -> Answer:
        owner, moment = values["owner"], time.monotonic()
        if moment - done.get(owner.id, -MINUTE) < MINUTE:
            return await instead(**{name: values[name] for name in inspect.signature(instead).parameters})
        if len(done) > REMEMBERED:
            done.clear()
        done[owner.id] = moment
        return await work(**values)

    return run


def _concealing(handler: Any, own: str | None = None) -> Any:
    async def run(**values: Any) -> Answer:
        answer: Answer = await handler(**values)
        if not answer.body:
            return answer
        shown = concealed(orjson.loads(answer.body), str(values["owner"].id) if "owner" in values else None)
        if own is not None:
            shown = _only_own(shown, own, str(values["owner"].id))
        if _CUSTOM.search(answer.body) and (hidden := await hidden_namespaces(values["session"])):
            shown = _without(shown, hidden)
        return replace(answer, body=orjson.dumps(shown))

    return run


def _only_own(value: Any, name: str, profile_id: str) -> Any:
    """The same JSON without the rows of other profiles in every list of that name."""
    if isinstance(value, list):
        return [_only_own(entry, name, profile_id) for entry in value]
    if not isinstance(value, dict):
        return value
    shown = {key: _only_own(entry, name, profile_id) for key, entry in value.items()}
    if isinstance(shown.get(name), list):
        shown[name] = [row for row in shown[name] if _belongs(row, profile_id)]
    return shown


def _belongs(row: Any, profile_id: str) -> bool:
    return not isinstance(row, dict) or row.get("profile_id", profile_id) == profile_id


def concealed(value: Any, reader: str | None = None) -> Any:
    """The same JSON with what a customer may not see as null; keys stay, so clients can share types.

    reader: the customer's profile id. Of the other party of a connection only what its kind shares is shown.
    """
    if isinstance(value, list):
        return [concealed(entry, reader) for entry in value]
    if not isinstance(value, dict):
        return value
    hidden = HIDDEN - {"notes"} if OWN_NOTES.intersection(value) else HIDDEN
    shown = {
        key: None
        if key in hidden
        else {**dict.fromkeys(entry, None), **{k: v for k, v in entry.items() if k in ("id", "full_name")}}
        if key in STAFF and isinstance(entry, dict)
        else concealed(entry, reader)
        for key, entry in value.items()
    }
    return _with_parties(shown, reader) if reader is not None and "connector_id" in value else shown


def _with_parties(connection: dict[str, Any], reader: str) -> dict[str, Any]:
    definition = connection.get("definition")
    shared = {"id", *(definition.get("shareable_attributes") or ())} if isinstance(definition, dict) else {"id"}
    others = {
        side: {name: part if name in shared else None for name, part in connection[side].items()}
        for side in ("connector", "connected")
        if connection.get(f"{side}_id") != reader and isinstance(connection.get(side), dict)
    }
    return {**connection, **others}


def _without(value: Any, namespaces: frozenset[str]) -> Any:
    """The same JSON without custom attributes of those namespaces, grouped or as rows."""
    if isinstance(value, list):
        return [_without(entry, namespaces) for entry in value]
    if not isinstance(value, dict):
        return value
    shown = {key: _without(entry, namespaces) for key, entry in value.items()}
    grouped, rows = shown.get("custom_attributes"), shown.get("custom")
    if isinstance(grouped, dict):
        shown["custom_attributes"] = {
            name: entries for name, entries in grouped.items() if not is_named(name, namespaces)
        }
    if isinstance(rows, list):
        shown["custom"] = [
            row for row in rows if not (isinstance(row, dict) and is_named(row.get("namespace"), namespaces))
        ]
    return shown
