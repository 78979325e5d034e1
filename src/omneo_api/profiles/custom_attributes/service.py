"""The rules of custom attributes (profiles 9). Callers hold the profile's lock."""

import uuid
from collections.abc import Sequence
from typing import Any

from omneo_api.foundation.errors import Errors, Invalid, already_taken
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.custom_attributes.models import CustomAttribute
from omneo_api.profiles.custom_attributes.values import cast_value
from omneo_api.profiles.profile import events

_ROWS = Statement(
    "SELECT id, profile_id, namespace, handle, type, value FROM custom_attributes"
    " WHERE profile_id = :profile::uuid ORDER BY id"
)
_ONE = Statement(
    "SELECT id, profile_id, namespace, handle, type, value FROM custom_attributes"
    " WHERE profile_id = :profile::uuid AND namespace = :namespace::text AND handle = :handle::text"
)
_DELETE = Statement("DELETE FROM custom_attributes WHERE id = :id::bigint")


async def one(session: Any, profile_id: uuid.UUID, namespace: str, handle: str) -> Any:
    """The row under that key, or None."""
    return await session.row(_ONE, profile=profile_id, namespace=namespace, handle=handle)


def check(items: Sequence[Any], path: str, errors: Errors) -> None:
    """Notes the values of a profile body that are not of their type."""
    for place, item in enumerate(items):
        cast_value(item.type, item.value, f"{path}.{place}.value", errors)


async def apply(session: Any, profile_id: uuid.UUID, items: Sequence[Any], *, created: bool = False) -> bool:
    """Upserts the custom attributes of a profile body; others stay. True when something changed."""
    rows = [] if created else await session.rows(_ROWS, profile=profile_id)
    by_key = {(row.namespace, row.handle): row for row in rows}
    latest = {(item.namespace, item.handle): item for item in items}
    changed = False
    for key, item in latest.items():
        row = by_key.get(key)
        kind = row.type if row is not None and item.is_grouped else item.type
        errors: Errors = {}
        value = cast_value(kind, item.value, "custom_attributes", errors)
        if errors:
            raise Invalid(errors)
        changed |= await put(session, profile_id, row, key, kind, value)
    return changed


async def put(session: Any, profile_id: uuid.UUID, row: Any, key: tuple[str, str], kind: str, value: Any) -> bool:
    """Stores a value under a key (`row` is what stands there); True when that changed something."""
    namespace, handle = key
    if row is None:
        values = {"profile_id": profile_id, "namespace": namespace, "handle": handle, "type": kind, "value": value}
        identifier = (await session.insert(CustomAttribute, values)).id
        session.outbox.audit("created", "CustomAttribute", identifier, None, {"id": identifier, **values}, profile_id)
    else:
        changes = {
            name: new
            for name, new in (("type", kind), ("value", value))
            if new != getattr(row, name) or type(new) is not type(getattr(row, name))
        }
        if not changes:
            return False
        await session.update(CustomAttribute, {"id": row.id}, {**changes, "updated_at": session.now})
        old = {name: getattr(row, name) for name in changes}
        session.outbox.audit("updated", "CustomAttribute", row.id, old, changes, profile_id)
    _emit(session, profile_id, namespace, handle, value, row.value if row is not None else None)
    return True


async def create(session: Any, profile_id: uuid.UUID, body: Any) -> None:
    """Stores a new key. Raises: Invalid when the profile has it, or when the value is not of its type."""
    errors: Errors = {}
    value = cast_value(body.type, body.value, "value", errors)
    row = await one(session, profile_id, body.namespace, body.handle)
    if row is not None:
        errors["handle"] = [already_taken("handle")]
    if errors:
        raise Invalid(errors)
    await put(session, profile_id, None, (body.namespace, body.handle), body.type, value)


async def upsert(session: Any, profile_id: uuid.UUID, key: tuple[str, str], values: dict[str, Any]) -> bool:
    """Stores what was sent under a key; a key that is new needs a type. Raises: Invalid."""
    row = await one(session, profile_id, *key)
    kind = values.get("type") or (row.type if row is not None else None)
    if kind is None:
        raise Invalid.field("type", "The type field is required.")
    errors: Errors = {}
    stored = row.value if row is not None else None
    value = cast_value(kind, values.get("value", stored), "value", errors)
    if errors:
        raise Invalid(errors)
    return await put(session, profile_id, row, key, kind, value)


async def remove(session: Any, row: Any) -> None:
    await session.execute(_DELETE, id=row.id)
    old = {"id": row.id, "namespace": row.namespace, "handle": row.handle, "type": row.type, "value": row.value}
    session.outbox.audit("deleted", "CustomAttribute", row.id, old, None, row.profile_id)
    _emit(session, row.profile_id, row.namespace, row.handle, None, row.value)


def _emit(session: Any, profile_id: uuid.UUID, namespace: str, handle: str, value: Any, old: Any) -> None:
    events.attribute_updated(
        session, profile_id, "custom", namespace=namespace, handle=handle, value=value, old_value=old
    )
