"""The rules of connections (profiles 19)."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

import orjson
from sqlalchemy import BigInteger, and_, bindparam, func, select
from sqlalchemy.orm import aliased

from omneo_api.automation import json_logic
from omneo_api.foundation.errors import Errors, Invalid, NotFound, Unauthorized, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.models import lit
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.connections.models import CLOSED, MUTUAL, Connection, ConnectionDefinition
from omneo_api.profiles.connections.schemas import ConnectionContext
from omneo_api.profiles.profile import events
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.scope import require_profile

PARTIES = ("connector_id", "connected_id")
REFERENCE = ("external_id", "external_id_type")
TAKEN = "The profiles are already connected."
_ID = bindparam("id", type_=BigInteger)
_DEFINITION = Statement(
    lambda: select(*ConnectionDefinition.__table__.c).where(
        ConnectionDefinition.deleted_at.is_(None),
        (ConnectionDefinition.id == _ID) | (ConnectionDefinition.handle_key == bindparam("handle")),
    )
)
_OF_CONNECTION = Statement(lambda: select(*ConnectionDefinition.__table__.c).where(ConnectionDefinition.id == _ID))
_LOCK_BOTH = Statement(
    "SELECT id FROM profiles WHERE id = ANY (:ids::uuid[]) AND deleted_at IS NULL ORDER BY id FOR UPDATE"
)
_END = Statement(
    """
    UPDATE connections SET ended_at = omneo_now(), was_invalidated = true
    WHERE definition_id = :definition::bigint AND ended_at IS NULL AND ends_at < omneo_now()
      AND (connector_id = :connector::uuid OR connected_id = :connector::uuid)
    """
)
_OPEN = Statement(
    """
    SELECT id FROM connections
    WHERE definition_id = :definition::bigint AND deleted_at IS NULL AND ended_at IS NULL
      AND status NOT IN ('rejected', 'archived', 'break')
      AND ((connector_id = :connector::uuid AND connected_id = :connected::uuid)
           OR (:mutual::boolean AND connector_id = :connected::uuid AND connected_id = :connector::uuid))
    """
)
_ROW = Statement(
    lambda: (
        select(*Connection.__table__.c).where(Connection.id == _ID, Connection.deleted_at.is_(None)).with_for_update()
    )
)
_CLEAR = {
    name: Statement(
        f"UPDATE connections SET {name} = false, updated_at = omneo_now() WHERE definition_id = :definition::bigint"
        f" AND connector_id = :connector::uuid AND {name} AND deleted_at IS NULL AND id IS DISTINCT FROM :keep::bigint"
        " RETURNING id"
    )
    for name in ("is_primary", "is_default")
}
_CONTEXT = Statement(lambda: one_json(rows_json(ConnectionContext, Connection).where(Connection.id == _ID)))


def shown(connection: Any) -> Any:
    """Whether a connection and both its parties live: a deleted profile's are hidden, and come back with it."""
    parties = aliased(Profile)
    living = select(func.count()).where(
        parties.tenant_id == connection.tenant_id,
        parties.id.in_([connection.connector_id, connection.connected_id]),
        parties.deleted_at.is_(None),
    )
    return and_(connection.deleted_at.is_(None), living.correlate(connection).scalar_subquery() == lit(2))


_PARTIES = Statement(
    lambda: (
        select(
            Connection.connector_id,
            Connection.connected_id,
            Connection.status,
            Connection.is_archived,
            Connection.is_invalid.label("is_invalid"),
            ConnectionDefinition.shareable_attributes,
            ConnectionDefinition.type,
        )
        .join(
            ConnectionDefinition,
            (ConnectionDefinition.tenant_id == Connection.tenant_id)
            & (ConnectionDefinition.id == Connection.definition_id),
        )
        .where(Connection.id == bindparam("id", type_=BigInteger), shown(Connection))
    )
)


async def party(session: Any, profile_id: uuid.UUID, identifier: int) -> Any:
    """A connection and what it shares, as that live profile sees it. Raises: NotFound when it is no party."""
    await require_profile(session, profile_id)
    row = await session.row(_PARTIES, id=identifier)
    if row is None or profile_id not in (row.connector_id, row.connected_id):
        raise NotFound
    return row


async def definition_of(session: Any, body: Any) -> Any:
    """The definition that a body names by id or handle. Raises: Invalid."""
    handle = body.connection_definition_handle
    row = await session.row(_DEFINITION, id=body.connection_definition_id, handle=handle.lower() if handle else None)
    if row is None:
        name = (
            "connection_definition_id" if body.connection_definition_id is not None else "connection_definition_handle"
        )
        raise Invalid.field(name, selected_is_invalid(name))
    return row


async def create(session: Any, body: Any) -> int:
    """Connects two profiles. Raises: Invalid."""
    definition = await definition_of(session, body)
    await _check_parties(session, definition, body)
    found = await _open(session, definition, body)
    if found is not None:
        raise Invalid.field("connected_id", TAKEN)
    return await _insert(session, definition, body)


async def upsert(session: Any, body: Any) -> tuple[int, bool]:
    """Updates the open connection of that definition and pair, or makes it. Raises: Invalid."""
    definition = await definition_of(session, body)
    await _check_parties(session, definition, body)
    found = await _open(session, definition, body)
    if found is None:
        return await _insert(session, definition, body), True
    await change(session, await locked(session, found), _own(sent(body)))
    return found, False


async def _check_parties(session: Any, definition: Any, body: Any) -> None:
    errors: Errors = {}
    connector, connected = body.connector_id, body.connected_id
    if connector == connected:
        raise Invalid.field("connected_id", "The connected id and connector id must be different.")
    live = {row.id for row in await session.rows(_LOCK_BOTH, ids=[connector, connected])}
    for name, party in (("connector_id", connector), ("connected_id", connected)):
        if party not in live:
            errors[name] = [selected_is_invalid(name)]
    now = session.now
    closed = definition.is_archived
    closed = closed or (definition.start_date_global is not None and definition.start_date_global > now)
    closed = closed or (definition.end_date_global is not None and definition.end_date_global < now)
    if closed:
        errors["connection_definition_id"] = ["The connection definition takes no new connections."]
    _check_reference(sent(body), None, errors)
    if errors:
        raise Invalid(errors)
    for side in ("connector", "connected"):
        condition = getattr(definition, f"{side}_condition")
        if condition:
            profile = orjson.loads(await events.state_of(session, getattr(body, f"{side}_id")))
            if not json_logic.met(condition, profile)[0]:
                errors[f"{side}_id"] = [f"The {side} does not meet the condition of the connection."]
    if errors:
        raise Invalid(errors)


def _check_reference(values: Mapping[str, Any], row: Any, errors: Errors) -> None:
    held = {name: values.get(name, getattr(row, name, None)) for name in REFERENCE}
    for name, other in (REFERENCE, REFERENCE[::-1]):
        if held[name] is None and held[other] is not None:
            errors[name] = [f"The {name.replace('_', ' ')} field is required."]


async def _open(session: Any, definition: Any, body: Any) -> int | None:
    await session.execute(_END, definition=definition.id, connector=body.connector_id)
    found: int | None = await session.value(
        _OPEN,
        definition=definition.id,
        connector=body.connector_id,
        connected=body.connected_id,
        mutual=definition.type in MUTUAL,
    )
    return found


def _own(values: dict[str, Any]) -> dict[str, Any]:
    """The values that an update takes."""
    fixed = ("connection_definition_id", "connection_definition_handle", "connector_id", "connected_id")
    return {name: value for name, value in values.items() if name not in fixed}


async def _insert(session: Any, definition: Any, body: Any) -> int:
    values = _stored(_own(sent(body)))
    values.setdefault("status", "pending" if definition.is_pending else "accepted")
    values |= {
        "definition_id": definition.id,
        "is_mutual": definition.type in MUTUAL,
        "connector_id": body.connector_id,
        "connected_id": body.connected_id,
    }
    _follow_status(session, values, None, None)
    values["ends_at"] = end_of(definition, values.get("connected_at"))
    await _only_one(session, values, definition.id, body.connector_id, None)
    number: int = (await session.insert(Connection, values)).id
    session.outbox.audit("created", "Connection", number, None, {"id": number, **values}, body.connector_id)
    _emit(session, "created", number, body.connector_id)
    return number


def _stored(values: dict[str, Any]) -> dict[str, Any]:
    if "is_invalid" in values:
        values["was_invalidated"] = values.pop("is_invalid")
    return values


def end_of(definition: Any, connected_at: datetime | None) -> datetime | None:
    """When a connection's time runs out: at the end of its kind, or its days after it was made."""
    ends = [definition.end_date_global] if definition.end_date_global is not None else []
    if definition.end_date_duration is not None and connected_at is not None:
        ends.append(connected_at + timedelta(days=definition.end_date_duration))
    return min(ends, default=None)


def _follow_status(session: Any, values: dict[str, Any], row: Any, breaker: str | None) -> None:
    """What becoming accepted, broken or archived brings with it."""
    status = values.get("status")
    if status is None or (row is not None and row.status == status):
        return
    if status == "accepted" and values.get("connected_at", getattr(row, "connected_at", None)) is None:
        values["connected_at"] = session.now
    if status == "break":
        values.setdefault("disconnected_at", session.now)
        values.setdefault("disconnected_by", breaker or session.actor.token_name)
    if status == "archived":
        values["is_archived"] = True
    elif row is not None and row.status == "archived":
        values.setdefault("is_archived", False)


async def _only_one(session: Any, values: Mapping[str, Any], definition: int, connector: Any, keep: int | None) -> None:
    for name, statement in _CLEAR.items():
        if values.get(name):
            for row in await session.rows(statement, definition=definition, connector=connector, keep=keep):
                _emit(session, "updated", row.id, connector)


async def locked(session: Any, identifier: int, party: uuid.UUID | None = None) -> Any:
    """The connection's row, its parties and itself locked. Raises: NotFound, also for who is no party to it."""
    row = await session.row(_ROW_UNLOCKED, id=identifier)
    if row is None or (party is not None and party not in (row.connector_id, row.connected_id)):
        raise NotFound
    live = await session.rows(_LOCK_BOTH, ids=[row.connector_id, row.connected_id])
    row = await session.row(_ROW, id=identifier) if len(live) == len(PARTIES) else None
    if row is None:
        raise NotFound
    return row


_ROW_UNLOCKED = Statement(
    "SELECT connector_id, connected_id FROM connections WHERE id = :id::bigint AND deleted_at IS NULL"
)


async def change(session: Any, row: Any, values: dict[str, Any], acting: uuid.UUID | None = None) -> bool:
    """Applies what was sent; `acting` is the profile that does it. Raises: Invalid, Unauthorized."""
    errors: Errors = {}
    values = _stored(_own(values))
    _check_reference(values, row, errors)
    definition = await session.row(_OF_CONNECTION, id=row.definition_id)
    status = values.get("status", row.status)
    if acting is not None and status != row.status:
        side = "connector" if acting == row.connector_id else "connected"
        if row.status in CLOSED:
            errors["status"] = ["The connection is closed."]
        elif status == "break" and not getattr(definition, f"{side}_can_break"):
            raise Unauthorized
    if errors:
        raise Invalid(errors)
    _follow_status(session, values, row, str(acting) if acting is not None else None)
    if "connected_at" in values:
        values["ends_at"] = end_of(definition, values["connected_at"])
    changes = {name: value for name, value in values.items() if value != getattr(row, name)}
    if not changes:
        return False
    await _only_one(session, changes, row.definition_id, row.connector_id, row.id)
    await session.update(Connection, {"id": row.id}, {**changes, "updated_at": session.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "Connection", row.id, old, changes, row.connector_id)
    _emit(session, "updated", row.id, row.connector_id)
    return True


async def remove(session: Any, row: Any) -> None:
    context = Context(text=await Context(_CONTEXT, {"id": row.id}).render(session))
    session.outbox.emit("connection.deleted", "connection", row.id, context, row.connector_id)
    await session.update(Connection, {"id": row.id}, {"deleted_at": session.now})
    old = {"connector_id": row.connector_id, "connected_id": row.connected_id, "status": row.status}
    session.outbox.audit("deleted", "Connection", row.id, old, None, row.connector_id)


def _emit(session: Any, what: str, identifier: int, profile_id: uuid.UUID) -> None:
    context = Context(_CONTEXT, {"id": identifier})
    session.outbox.emit(f"connection.{what}", "connection", identifier, context, profile_id)
