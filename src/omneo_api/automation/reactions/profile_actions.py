"""The types of action that change a profile or what hangs on it, and those that go on later or elsewhere (6.3)."""

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from pydantic_core import PydanticCustomError
from sqlalchemy import bindparam

from omneo_api.automation.actions.types import ActionFailed, Outcome, Step, action
from omneo_api.automation.reactions.actions import reference
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation import fields
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.fields import Body, partial, sent
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.foundation.validation import to_tag
from omneo_api.profiles.comms import service as attributes
from omneo_api.profiles.connections import service as connections
from omneo_api.profiles.connections.models import Connection
from omneo_api.profiles.connections.schemas import ConnectionBody, ConnectionChange, ConnectionRead
from omneo_api.profiles.custom_attributes import service as custom_attributes
from omneo_api.profiles.dates import service as dates
from omneo_api.profiles.interactions import service as interactions
from omneo_api.profiles.interactions.models import Interaction
from omneo_api.profiles.interactions.schemas import InteractionCreate, InteractionRead
from omneo_api.profiles.profile import custom_events
from omneo_api.profiles.profile import service as profiles
from omneo_api.profiles.profile.bodies import AppearanceBody, CommsBody, DateBody, ProfileBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile
from omneo_api.profiles.statuses import service as statuses

_UPDATES: dict[str, type[Body]] = {"comms": partial(CommsBody), "appearance": partial(AppearanceBody)}
_ProfileUpdate = partial(ProfileBody)
_ConnectionUpdate = partial(ConnectionChange)
_INTERACTION = Statement(
    lambda: one_json(rows_json(InteractionRead, Interaction).where(Interaction.id == bindparam("id")))
)
_CONNECTION = Statement(lambda: one_json(rows_json(ConnectionRead, Connection).where(Connection.id == bindparam("id"))))
_STATUS = Statement("SELECT 1 FROM statuses WHERE handle_key = lower(:handle::text) AND deleted_at IS NULL")


def _without_profile(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in arguments.items() if name != "profile_id"}


def _changed(changed: object, identifier: uuid.UUID) -> Outcome:
    """A change that changes nothing is skipped."""
    if not changed:
        return Outcome.skipped("no change")
    return Outcome("success", {"type": "profile", "id": str(identifier)})


@action(
    "profile.update", "profile_id", *(name for name in ProfileBody.model_fields if name not in ("id", "profile_id"))
)
async def profile_update(step: Step) -> Outcome:
    """Changes the profile's own fields"""
    body = fields.validate(_ProfileUpdate, _without_profile(step.arguments))
    identifier = await step.profile()
    return _changed(await profiles.change(step.session, identifier, body), identifier)


@action("attribute.custom.update", "profile_id", "namespace*", "handle*", "value*", "type")
async def custom_attribute_update(step: Step) -> Outcome:
    """Sets a custom attribute of the profile"""
    identifier = await step.profile()
    key = _key(step)
    stored = await custom_attributes.one(step.session, identifier, *key)
    kind = step.arguments.get("type") or (stored.type if stored is not None else _kind_of(step.arguments["value"]))
    values = {"type": _type(kind), "value": step.arguments["value"]}
    changed = await custom_attributes.upsert(step.session, identifier, key, values)
    if changed:
        await touched(step.session, identifier)
    return _changed(changed, identifier)


@action("attribute.custom.delete", "profile_id", "namespace*", "handle*")
async def custom_attribute_delete(step: Step) -> Outcome:
    """Removes a custom attribute of the profile"""
    identifier = await step.profile()
    row = await custom_attributes.one(step.session, identifier, *_key(step))
    if row is not None:
        await custom_attributes.remove(step.session, row)
        await touched(step.session, identifier)
    return _changed(row, identifier)


@action("update.highest.status.attribute", "group_handle*", "namespace*", "handle*", "type*", "direction", "profile_id")
async def highest_status_update(step: Step) -> Outcome:
    """Notes the highest status of a group in a custom attribute, unless a higher one is noted there"""
    direction = step.arguments.get("direction") or "desc"
    if direction not in ("asc", "desc"):
        raise ActionFailed("The selected direction is invalid.")
    identifier, key = await step.profile(), _key(step)
    group = str(step.arguments["group_handle"])
    ladder = await statuses.ranked(step.session, identifier, group, descending=direction == "desc")
    place = next((place for place, status in enumerate(ladder) if status.is_held), None)
    if place is None:
        return Outcome.skipped("no status in the group")
    stored = await custom_attributes.one(step.session, identifier, *key)
    if stored is not None and stored.value in [status.handle for status in ladder[: place + 1]]:
        return Outcome.skipped("no higher status")
    values = {"type": _type(step.arguments["type"]), "value": ladder[place].handle}
    changed = await custom_attributes.upsert(step.session, identifier, key, values)
    if changed:
        await touched(step.session, identifier)
    return _changed(changed, identifier)


def _type(kind: Any) -> str:
    if kind not in ("string", "integer", "float", "boolean", "json", "array"):
        raise ActionFailed("The selected type is invalid.")
    return str(kind)


def _key(step: Step) -> tuple[str, str]:
    namespace, handle = (str(step.arguments[name]).strip() for name in ("namespace", "handle"))
    if not namespace or not handle or ":" in namespace or max(len(namespace), len(handle)) > 255:
        raise ActionFailed("The namespace or handle is invalid.")
    return namespace, handle


def _kind_of(value: Any) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "integer"),
        (float, "float"),
        (list, "array"),
        (dict, "json"),
    )
    return next((name for kind, name in kinds if isinstance(value, kind)), "string")


def _attribute_update(kind: str) -> Callable[[Step], Any]:
    async def update(step: Step) -> Outcome:
        body = fields.validate(_UPDATES[kind], _without_profile(step.arguments))
        identifier = await step.profile()
        changed = await attributes.apply(step.session, identifier, kind, sent(body))
        if changed:
            await touched(step.session, identifier, announced=kind == "comms")
        return _changed(changed, identifier)

    update.__doc__ = f"Changes the profile's {kind}"
    return update


action("attribute.comms.update", "profile_id", *CommsBody.model_fields)(_attribute_update("comms"))
action("attribute.appearance.update", "profile_id", *AppearanceBody.model_fields)(_attribute_update("appearance"))


@action(
    "attribute.date.create",
    "profile_id",
    "date*",
    "handle*",
    "relationship",
    "name",
    "is_recurring",
    "recurring_schedule",
)
async def date_create(step: Step) -> Outcome:
    """Sets a date of the profile"""
    body = fields.validate(DateBody, _without_profile(step.arguments))
    identifier = await step.profile()
    _, changed = await dates.put(step.session, identifier, body)
    if changed:
        await touched(step.session, identifier, announced=False)
    return _changed(changed, identifier)


@action("status.add", "profile_id", "status*")
async def status_add(step: Step) -> Outcome:
    """Gives the profile a status"""
    handle = str(step.arguments["status"])
    if await step.session.value(_STATUS, handle=handle) is None:
        raise ActionFailed("The selected status is invalid.")
    return await _statuses(step, statuses.attach, handle)


@action("status.remove", "profile_id", "status*")
async def status_remove(step: Step) -> Outcome:
    """Takes a status from the profile"""
    return await _statuses(step, statuses.detach, str(step.arguments["status"]))


async def _statuses(step: Step, apply: Callable[..., Any], handle: str) -> Outcome:
    identifier = await step.profile()
    changed = await apply(step.session, identifier, [handle])
    if changed:
        await touched(step.session, identifier)
    return _changed(changed, identifier)


@action("tag.add", "profile_id", "tag*")
async def tag_add(step: Step) -> Outcome:
    """Gives the profile a tag, which is made if need be"""
    identifier = await step.profile()
    current = await lock_profile(step.session, identifier)
    tags = [*current.tags, *await register_tags(step.session, [_tag(step)])]
    return _changed(
        await profiles.set_columns(step.session, identifier, {"tags": list(dict.fromkeys(tags))}), identifier
    )


@action("tag.remove", "profile_id", "tag*")
async def tag_remove(step: Step) -> Outcome:
    """Takes a tag from the profile"""
    identifier = await step.profile()
    current = await lock_profile(step.session, identifier)
    tags = [tag for tag in current.tags if tag != _tag(step)]
    return _changed(await profiles.set_columns(step.session, identifier, {"tags": tags}), identifier)


def _tag(step: Step) -> str:
    tag = step.arguments["tag"]
    if isinstance(tag, str):
        with suppress(PydanticCustomError):
            return str(to_tag(tag))
    raise ActionFailed("The tag argument must be a handle.")


@action(
    "interaction.create", "profile_id", "name*", "namespace*", "action*", "channel*", "signal", "description", "meta"
)
async def interaction_create(step: Step) -> Outcome:
    """Notes an interaction of the profile, of a neutral signal unless one is given"""
    given = {name: value for name, value in step.arguments.items() if value is not None}
    values = {"signal": 0, **given, "profile_id": str(await step.profile())}
    identifier = await interactions.create(step.session, fields.validate(InteractionCreate, values))
    return Outcome.created("interaction", identifier, await step.session.value(_INTERACTION, id=identifier))


@action(
    "connection.create",
    "definition* definition_id definition_handle connection_definition_id connection_definition_handle",
    "connector_id*",
    "connected_id*",
    "name",
    "status",
    "meta",
)
async def connection_create(step: Step) -> Outcome:
    """Connects two profiles"""
    given = {name: value for name, value in step.arguments.items() if name != "definition" and value is not None}
    chosen = reference(step.arguments["definition"])
    given["connection_definition_id" if isinstance(chosen, int) else "connection_definition_handle"] = chosen
    body = fields.validate(ConnectionBody, {"status": "accepted", **given})
    identifier = await connections.create(step.session, body)
    return Outcome.created("connection", identifier, await step.session.value(_CONNECTION, id=identifier))


@action("connection.update", "connection_id", *ConnectionChange.model_fields)
async def connection_update(step: Step) -> Outcome:
    """Changes a connection"""
    given = {name: value for name, value in step.arguments.items() if name != "connection_id"}
    body = fields.validate(_ConnectionUpdate, given)
    row = await _connection(step)
    if not await connections.change(step.session, row, sent(body)):
        return Outcome.skipped("no change")
    return Outcome("success", {"type": "connection", "id": row.id})


@action("connection.delete", "connection_id")
async def connection_delete(step: Step) -> Outcome:
    """Deletes a connection"""
    row = await _connection(step)
    await connections.remove(step.session, row)
    return Outcome("success", {"type": "connection", "id": row.id})


async def _connection(step: Step) -> Any:
    """The connection that is named, else the event's, locked. Raises: ActionFailed."""
    named = step.arguments.get("connection_id")
    if named is None and step.scope.family == "connection":
        named = step.scope.context.get("id")
    try:
        return await connections.locked(step.session, int(str(named)))
    except (ValueError, NotFound):
        raise ActionFailed("connection not found") from None


@action("event.fire", "event*", "profile_id", "data")
async def event_fire(step: Step) -> Outcome:
    """Fires a custom event"""
    content = step.arguments.get("data")
    if content is not None and not isinstance(content, dict):
        raise ActionFailed("The data argument must be an object.")
    about = step.arguments.get("profile_id") or step.scope.profile_id
    identifier = await step.profile() if about is not None else None
    fired = custom_events.fire(step.session, identifier, str(step.arguments["event"]), content)
    return Outcome("success", {"type": "event", "id": str(fired)})
