"""Roles, read only, and permissions, to which labels can be added (orgs-platform A4)."""

from typing import Any

from sqlalchemy import bindparam, delete, select

from omneo_api.foundation import fields
from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, created, one
from omneo_api.foundation.errors import Invalid, NotFound, Unauthorized, selected_is_invalid
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import Read
from omneo_api.foundation.statements import Statement
from omneo_api.platform.roles import PERMISSIONS
from omneo_api.platform.users.models import Permission, Role


class PermissionRead(Read):
    id: int
    name: str | None
    handle: str


class RoleRead(Read):
    id: int
    name: str
    handle: str
    weight: int
    permissions: list[PermissionRead]


class PermissionBody(fields.Body):
    handle: fields.Handle
    name: fields.Text | None = None


PermissionUpdate = fields.partial(PermissionBody)

roles = Reader(Listing(RoleRead, Role))
permissions = Reader(Listing(PermissionRead, Permission))
routes = Routes("Roles and permissions")

_STATE = Statement(
    select(Permission.id, Permission.name, Permission.handle).where(Permission.id == bindparam("id")).with_for_update()
)
_DELETE = Statement(delete(Permission).where(Permission.id == bindparam("id")))


@routes.get("/roles", "read-roles", listing=roles.listing, answers=RoleRead, envelope="page")
async def list_roles(session: Any, call: Call) -> Answer:
    """List roles"""
    return await roles.browse(session, call)


@routes.get("/roles/{id}", "read-roles", answers=RoleRead)
async def show_role(session: Any, call: Call, id: int) -> Answer:
    """Read a role"""
    return await roles.show(session, call, id)


@routes.get("/permissions", "read-permissions", listing=permissions.listing, answers=PermissionRead, envelope="page")
async def list_permissions(session: Any, call: Call) -> Answer:
    """List permissions"""
    return await permissions.browse(session, call)


@routes.get("/permissions/{id}", "read-permissions", answers=PermissionRead)
async def show_permission(session: Any, call: Call, id: int) -> Answer:
    """Read a permission"""
    return await permissions.show(session, call, id)


@routes.post("/permissions", "create-users", answers=PermissionRead, example={"handle": "export", "name": "Export"})
async def create_permission(session: Any, call: Call, body: PermissionBody) -> Answer:
    """Create a permission

    A label for a back office: it opens nothing. Needs the role Admin.
    """
    _require_admin(call)
    values = fields.sent(body)
    row = await session.insert(Permission, values)
    session.outbox.audit("created", "Permission", row.id, None, {"id": row.id, **values})
    return created(await permissions.text(session, row.id))


@routes.put("/permissions/{id}", "update-users", answers=PermissionRead)
async def update_permission(session: Any, call: Call, body: PermissionUpdate, id: int) -> Answer:  # type: ignore[valid-type]
    """Update a permission

    The handles of the four shipped ones cannot change. Needs the role Admin.
    """
    _require_admin(call)
    current = await _locked(session, id)
    changes = {name: value for name, value in fields.sent(body).items() if value != getattr(current, name)}
    if id in PERMISSIONS and "handle" in changes:
        raise Invalid.field("handle", selected_is_invalid("handle"))
    if changes:
        await session.update(Permission, {"id": id}, changes)
        old = {name: getattr(current, name) for name in changes}
        session.outbox.audit("updated", "Permission", id, old, changes)
    return one(await permissions.text(session, id))


@routes.delete("/permissions/{id}", "delete-users", envelope="none")
async def delete_permission(session: Any, call: Call, id: int) -> Answer:
    """Delete a permission

    The four shipped ones stay. Needs the role Admin.
    """
    _require_admin(call)
    current = await _locked(session, id)
    if id in PERMISSIONS:
        raise Invalid.field("permission", "The permission cannot be deleted.")
    await session.execute(_DELETE, id=id)
    session.outbox.audit("deleted", "Permission", id, {"name": current.name, "handle": current.handle}, None)
    return NO_CONTENT


def _require_admin(call: Call) -> None:
    if not call.who.is_admin:
        raise Unauthorized


async def _locked(session: Any, identifier: int) -> Any:
    row = await session.row(_STATE, id=identifier)
    if row is None:
        raise NotFound
    return row
