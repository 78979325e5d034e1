"""Whose rows: the profile in the path, by its id or by one of its identities (profiles 0.1)."""

import uuid
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, exists, select
from sqlalchemy.dialects.postgresql import UUID

from omneo_api.foundation.calls import Call, Owner
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.models import lit
from omneo_api.foundation.operations import convert
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.profile.models import Profile

_BY_IDENTITY = Statement(
    """
    SELECT p.id FROM identities i
    JOIN profiles p ON p.tenant_id = i.tenant_id AND p.id = i.profile_id AND p.deleted_at IS NULL
    WHERE i.handle_key = lower(:handle::text) AND i.identifier_key = lower(:identifier::text)
      AND i.is_active AND i.is_live
    """
)
_LOCK = Statement(
    lambda: (
        select(*Profile.__table__.c)
        .where(Profile.id == bindparam("id"), Profile.deleted_at.is_(None))
        .with_for_update()
    )
)
_LOCK_ANY = Statement(lambda: select(*Profile.__table__.c).where(Profile.id == bindparam("id")).with_for_update())
_ALIVE = Statement("SELECT 1 FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL")


@lru_cache
def alive() -> Any:
    """The condition that the owner (bound as `owner`) is a live profile."""
    owner = bindparam("owner", type_=UUID(as_uuid=True))
    return exists(select(lit(1)).where(Profile.id == owner, Profile.deleted_at.is_(None)))


async def of_profile(session: Any, call: Call) -> Owner:
    """The owner that the path names. Raises: NotFound for a malformed id or an unknown identity.

    Whether the profile exists is checked by the statement that reads its rows (`Owner.alive`), or by `lock_profile`.
    """
    segment = call.path["profile"]
    handle = identity_handle(call)
    if handle is None:
        return Owner(convert(segment, uuid.UUID), alive)
    found = await profile_by_identity(session, handle, segment)
    if found is None:
        raise NotFound
    return Owner(found, alive)


def identity_handle(call: Call) -> str | None:
    """The handle of `?identity[handle]=` or `?id_handle=`, when the request addresses a profile by identity."""
    if not call.query_string:
        return None
    nested = call.query.get("identity")
    handle = nested.get("handle") if isinstance(nested, dict) else None
    handle = handle or call.query.get("id_handle")
    return handle.strip() or None if isinstance(handle, str) else None


async def profile_by_identity(session: Any, handle: str, identifier: str) -> uuid.UUID | None:
    """The live profile whose active identity that is."""
    if "\x00" in handle + identifier:
        return None
    found: uuid.UUID | None = await session.value(_BY_IDENTITY, handle=handle.strip(), identifier=identifier.strip())
    return found


async def lock_profile(session: Any, identifier: Any, *, living: bool = True) -> Any:
    """The live profile's row, locked until the transaction ends: whoever changes what a profile owns takes it first.

    living: False for what must happen to a deleted profile too, because it may be restored. Raises: NotFound.
    """
    row = await session.row(_LOCK if living else _LOCK_ANY, id=identifier)
    if row is None:
        raise NotFound
    return row


async def require_profile(session: Any, identifier: Any) -> None:
    """Raises: NotFound unless the profile lives."""
    if await session.value(_ALIVE, id=identifier) is None:
        raise NotFound
