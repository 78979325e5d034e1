"""Users: their roles are a set, the last administrator stays, and their tokens die with them."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import bindparam, select

from omneo_api.foundation.database import WriteSession
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement
from omneo_api.platform import passwords
from omneo_api.platform.access import announce_change
from omneo_api.platform.roles import ADMIN, ROLES
from omneo_api.platform.users.models import User
from omneo_api.platform.users.schemas import RoleReference, UserBody, UserRead, UserUpdate

reader = Reader(Listing(UserRead, User, filters=("id", "name", "email"), search=("name", "email")))

_STATE = Statement(select(User).where(User.id == bindparam("id"), User.deleted_at.is_(None)).with_for_update())
_ROLES = Statement("SELECT role_id FROM user_roles WHERE user_id = :id::bigint")
_SET_ROLES = Statement(
    """
    WITH gone AS (
        DELETE FROM user_roles WHERE user_id = :id::bigint AND role_id <> ALL (:roles::smallint[])
    )
    INSERT INTO user_roles (user_id, role_id) SELECT :id::bigint, r FROM unnest(:roles::smallint[]) r
    ON CONFLICT DO NOTHING
    """
)
# One lock for the question who is an administrator: two who would each remove the other take turns.
_LOCK_ADMINS = Statement("SELECT pg_advisory_xact_lock(hashtextextended('administrators', omneo_tenant()))")
_OTHER_ADMINS = Statement(
    """
    SELECT count(*) FROM user_roles r JOIN users u ON u.tenant_id = r.tenant_id AND u.id = r.user_id
    WHERE r.role_id = :admin::smallint AND u.id <> :id::bigint AND u.deleted_at IS NULL
    """
)
_END_REFRESHING = Statement(
    "UPDATE api_tokens SET refresh_hash = NULL, refresh_expires_at = NULL"
    " WHERE user_id = :id::bigint AND refresh_hash IS NOT NULL"
)
_DROP_TOKENS = Statement("DELETE FROM api_tokens WHERE user_id = :id::bigint")
_DROP_CLIENTS = Statement(
    "UPDATE oauth_clients SET revoked = true, updated_at = omneo_now() WHERE user_id = :id::bigint AND NOT revoked"
)
_DROP_CLIENT_TOKENS = Statement(
    """
    UPDATE api_tokens t SET revoked = true, updated_at = omneo_now() FROM oauth_clients c
    WHERE c.tenant_id = t.tenant_id AND c.id = t.client_id AND c.user_id = :id::bigint AND NOT t.revoked
    """
)
LAST_ADMIN = "The last administrator must stay."


async def create(session: WriteSession, body: UserBody) -> int:
    """A user with its roles; answers its id. Raises: Invalid."""
    roles = _role_ids(body.roles)
    values = {"name": body.name, "email": body.email, "throttle": body.throttle}
    password = await passwords.hashed(body.password)
    row = await session.insert(User, {**values, "password_hash": password})
    if roles:
        await session.execute(_SET_ROLES, id=row.id, roles=roles)
    shown = {"id": row.id, **values, "password": "***", "roles": roles}
    session.outbox.audit("created", "User", row.id, None, shown)
    identifier: int = row.id
    return identifier


async def change(session: WriteSession, identifier: int, body: UserUpdate) -> None:
    """Raises: NotFound, Invalid."""
    current = await _locked(session, identifier)
    given = sent(body)
    changes: dict[str, Any] = {
        name: given[name]
        for name in ("name", "email", "throttle")
        if name in given and given[name] != getattr(current, name)
    }
    old: dict[str, Any] = {name: getattr(current, name) for name in changes}
    shown = dict(changes)
    if "password" in given:
        await _check_old_password(current, body)
        changes["password_hash"] = await passwords.hashed(body.password)
        old["password"], shown["password"] = "***", "***"
    if "roles" in given:
        wanted = _role_ids(body.roles)
        before = await _roles(session, identifier)
        if set(wanted) != set(before):
            if ADMIN in before and ADMIN not in wanted:
                await _require_other_admin(session, identifier, "roles")
            await session.execute(_SET_ROLES, id=identifier, roles=wanted)
            old["roles"], shown["roles"] = before, wanted
    if not shown:
        return
    if "password" in given:
        await session.execute(_END_REFRESHING, id=identifier)
    await session.update(User, {"id": identifier}, {**changes, "updated_at": session.now})
    session.outbox.audit("updated", "User", identifier, old, shown)
    await announce_change(session)


async def remove(session: WriteSession, identifier: int, caller_id: int) -> None:
    """Deletes a user with all its tokens. Raises: NotFound, Invalid for oneself and for the last administrator."""
    current = await _locked(session, identifier)
    if identifier == caller_id:
        raise Invalid.field("user", "You cannot delete yourself.")
    if ADMIN in await _roles(session, identifier):
        await _require_other_admin(session, identifier, "user")
    await session.execute(_DROP_CLIENTS, id=identifier)
    await session.execute(_DROP_CLIENT_TOKENS, id=identifier)
    await session.execute(_DROP_TOKENS, id=identifier)
    await session.update(User, {"id": identifier}, {"deleted_at": session.now})
    session.outbox.audit("deleted", "User", identifier, {"name": current.name, "email": current.email}, None)
    await announce_change(session)


async def _locked(session: WriteSession, identifier: int) -> Any:
    row = await session.row(_STATE, id=identifier)
    if row is None:
        raise NotFound
    return row


async def _roles(session: WriteSession, identifier: int) -> list[int]:
    return sorted(row.role_id for row in await session.rows(_ROLES, id=identifier))


async def _require_other_admin(session: WriteSession, identifier: int, field: str) -> None:
    await session.row(_LOCK_ADMINS)
    if not await session.value(_OTHER_ADMINS, id=identifier, admin=ADMIN):
        raise Invalid.field(field, LAST_ADMIN)


async def _check_old_password(current: Any, body: UserUpdate) -> None:
    """An account made without a password gets its first one without an old one."""
    if current.password_hash is None:
        return
    if "old_password" not in body.model_fields_set:
        raise Invalid.field("old_password", "The old password field is required.")
    if not await passwords.matches(current.password_hash, body.old_password):
        raise Invalid.field("old_password", "The old password is incorrect.")


def _role_ids(roles: Sequence[RoleReference] | None) -> list[int]:
    paths = [f"roles.{place}.id" for place, role in enumerate(roles or ()) if role.id not in ROLES]
    if paths:
        raise Invalid({path: [selected_is_invalid(path)] for path in paths})
    return sorted({role.id for role in roles or ()})
