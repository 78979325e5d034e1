"""Connections over HTTP: their kinds, all of them, and one profile's (profiles 18, 19)."""

from typing import Any

from sqlalchemy import Text, any_, bindparam, cast, column, func, or_, select
from sqlalchemy.dialects.postgresql import UUID

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, Owner, created, one
from omneo_api.foundation.errors import NotFound, Unauthorized
from omneo_api.foundation.fields import partial, sent
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import rows_json
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.connections import service
from omneo_api.profiles.connections.models import Connection, ConnectionDefinition
from omneo_api.profiles.connections.schemas import (
    ConnectionBody,
    ConnectionChange,
    ConnectionRead,
    DefinitionBody,
    DefinitionRead,
)
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.reading import WITH_AGGREGATIONS
from omneo_api.profiles.profile.schemas import ProfileRead
from omneo_api.profiles.scope import require_profile

ConnectionUpdate = partial(ConnectionChange)
EXAMPLE = {
    "connection_definition_handle": "household",
    "connector_id": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10",
    "connected_id": "a1c2d3e4-0000-4000-8000-000000000001",
    "status": "accepted",
}
_REDATE = Statement(
    """
    UPDATE connections c
    SET ends_at = least(d.end_date_global, c.connected_at + make_interval(days => d.end_date_duration)),
        ended_at = CASE WHEN least(d.end_date_global, c.connected_at + make_interval(days => d.end_date_duration))
                             < omneo_now() THEN c.ended_at END
    FROM connection_definitions d
    WHERE d.tenant_id = c.tenant_id AND d.id = c.definition_id AND d.id = :definition::bigint
    """
)


class Definitions(PlainResource):
    async def change(self, session: Any, current: Any, values: dict[str, Any]) -> bool:
        """A changed end moves the ends of the connections that exist."""
        changed = await super().change(session, current, values)
        if changed and {"end_date_global", "end_date_duration"} & values.keys():
            await session.execute(_REDATE, definition=current.id)
        return changed


definitions = Definitions(
    ConnectionDefinition,
    DefinitionRead,
    DefinitionBody,
    name="ConnectionDefinition",
    tag="Connection definitions",
    scope="connection-definitions",
    path="/connection/definitions",
    aliases=("/connections/definitions", "/connection-definitions"),
    fixed=("handle",),
    listing={"search": ("name", "handle")},
    example={"name": "Household", "handle": "household", "type": "household", "shareable_attributes": ["first_name"]},
)

listing = Listing(
    ConnectionRead,
    Connection,
    filters=(
        "id",
        "name",
        "description",
        "status",
        "connector_id",
        "connected_id",
        "connected_at",
        "disconnected_at",
        "disconnected_by",
        "is_published",
        "is_default",
        "is_archived",
        "is_invalid",
        "is_primary",
        "sort_order",
        "external_id",
        "external_id_type",
        "notes",
    ),
    extra={
        "connection_definition_id": Filter(path=("definition_id",)),
        "definition.handle": Filter(path=("definition", "handle")),
    },
    search=("name", "description", "notes"),
    live=service.shown,
)
reader = Reader(listing)
routes = Routes("Connections")
own = Routes("Connections")
_OWNER = bindparam("party", type_=UUID(as_uuid=True))


def _as_connector(connection: Any) -> Any:
    return connection.connector_id == _OWNER


def _as_connected(connection: Any) -> Any:
    return connection.connected_id == _OWNER


def _as_either(connection: Any) -> Any:
    return or_(connection.connector_id == _OWNER, connection.connected_id == _OWNER)


@routes.get("/connections", "read-connections", envelope="page", answers=ConnectionRead, listing=listing)
async def browse(session: Any, call: Call) -> Answer:
    """List connections"""
    return await reader.browse(session, call)


@routes.post("/connections", "create-connections", answers=ConnectionRead, example=EXAMPLE)
async def create(session: Any, body: ConnectionBody) -> Answer:
    """Connect two profiles"""
    return created(await reader.text(session, await service.create(session, body)))


@routes.post(
    "/connections/create-update", "create-connections", answers=ConnectionRead, success=(200, 201), example=EXAMPLE
)
async def create_or_update(session: Any, body: ConnectionBody) -> Answer:
    """Connect two profiles, or change the open connection of that kind between them"""
    identifier, new = await service.upsert(session, body)
    return one(await reader.text(session, identifier), 201 if new else 200)


@routes.get("/connections/{id}", "read-connections", answers=ConnectionRead)
async def show(session: Any, call: Call, id: int) -> Answer:
    """Read a connection"""
    return await reader.show(session, call, id)


@routes.put(
    "/connections/{id}", "update-connections", answers=ConnectionRead, body=ConnectionUpdate, example={"status": "hold"}
)
async def update(session: Any, id: int, body: Any) -> Answer:
    """Change a connection"""
    await service.change(session, await service.locked(session, id), sent(body))
    return one(await reader.text(session, id))


@routes.delete("/connections/{id}", "delete-connections", envelope="none")
async def delete(session: Any, id: int) -> Answer:
    """Delete a connection"""
    await service.remove(session, await service.locked(session, id))
    return NO_CONTENT


@own.get("/connections", "read-connections", envelope="page", answers=ConnectionRead, listing=listing)
async def browse_own(session: Any, call: Call, owner: Owner) -> Answer:
    """List the connections of a profile

    `type=connector` shows those that it initiated, `type=connected` the others; without it, both.
    """
    await require_profile(session, owner.id)
    scope = {"connector": _as_connector, "connected": _as_connected}.get(str(call.query.get("type")), _as_either)
    return await reader.browse(session, call, scope=(scope,), party=owner.id)


@own.get("/connections/{connection}", "read-connections", answers=ConnectionRead)
async def show_own(session: Any, call: Call, owner: Owner, connection: int) -> Answer:
    """Read a connection of a profile"""
    await service.party(session, owner.id, connection)
    return await reader.show(session, call, connection)


@own.put(
    "/connections/{connection}",
    "update-connections",
    answers=ConnectionRead,
    body=ConnectionUpdate,
    example={"status": "break"},
)
async def update_own(session: Any, owner: Owner, connection: int, body: Any) -> Answer:
    """Change a connection as one of its parties"""
    await require_profile(session, owner.id)
    row = await service.locked(session, connection, owner.id)
    await service.change(session, row, sent(body), owner.id)
    return one(await reader.text(session, connection))


def _shared() -> Any:
    whole = rows_json(ProfileRead, Profile, WITH_AGGREGATIONS).where(
        Profile.id == bindparam("id", type_=UUID(as_uuid=True)), Profile.deleted_at.is_(None)
    )
    row = whole.subquery()
    keys = func.json_each(func.row_to_json(row.table_valued())).table_valued(column("key", Text), column("value"))
    names = cast(bindparam("names", type_=Text), Text)
    wanted = or_(keys.c.key == lit("id"), keys.c.key == any_(func.string_to_array(names, lit(","))))
    shown = select(func.json_object_agg(keys.c.key, keys.c.value)).select_from(keys).where(wanted)
    return select(cast(shown.correlate(row).scalar_subquery(), Text)).select_from(row)


_SHARED = Statement(_shared)


@own.get("/connections/{connection}/profileInfo", "read-connections")
async def profile_info(session: Any, owner: Owner, connection: int) -> Answer:
    """Read what the other party of a connection shares"""
    row = await service.party(session, owner.id, connection)
    if row.status != "accepted" or row.is_archived or row.is_invalid:
        raise Unauthorized
    other = row.connected_id if owner.id == row.connector_id else row.connector_id
    text = await session.value(_SHARED, id=other, names=",".join(row.shareable_attributes))
    if text is None:
        raise NotFound
    return one(text)
