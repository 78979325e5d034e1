"""Systems: the register of external system handles such as `pos` and `web` (orgs-platform B6)."""

from datetime import datetime
from typing import Any

from omneo_api.configuration.detaching import detach
from omneo_api.foundation import fields
from omneo_api.foundation.models import HasHandle, Resource, unique
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement


class System(Resource, HasHandle):
    __tablename__ = "systems"
    __table_args__ = (unique("handle_key"),)


class SystemRead(Read):
    id: int
    handle: str
    created_at: datetime
    updated_at: datetime


class SystemBody(fields.Body):
    handle: fields.Handle


class Systems(PlainResource):
    async def before_delete(self, session: Any, current: Any) -> None:
        """Records that may change lose the handle; what a transaction was sent with stays."""
        await detach(session, "systems", current.handle)


systems = Systems(
    System,
    SystemRead,
    SystemBody,
    name="System",
    scope="systems",
    path="/systems",
    paging="all",
    methods=("browse", "create", "show", "delete"),
    example={"handle": "pos"},
)

_REGISTER = Statement(
    "INSERT INTO systems (handle) SELECT DISTINCT unnest(:handles::text[])"
    " ON CONFLICT (tenant_id, handle_key) DO NOTHING"
)


async def register_systems(session: Any, handles: list[str]) -> None:
    """Makes the systems that a record names and nobody has made yet."""
    if handles:
        await session.execute(_REGISTER, handles=handles)


_BY_ID = Statement("SELECT id, handle FROM systems WHERE id = ANY (:ids::bigint[])")


async def register_named(session: Any, systems: list[str | int]) -> list[str]:
    """The handles of a `systems` key as they are stored: ids are looked up, unknown handles are made; order kept."""
    ids = [system for system in systems if isinstance(system, int)]
    by_id = {row.id: row.handle for row in await session.rows(_BY_ID, ids=ids)} if ids else {}
    handles = [by_id.get(system) if isinstance(system, int) else system for system in systems]
    named = list(dict.fromkeys(handle for handle in handles if handle))
    await register_systems(session, named)
    return named
