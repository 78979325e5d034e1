"""Custom fields: inside another resource given keys are written and none is removed; alone each is a row of its own.

Every writer here keeps the values that a field of a transaction, order, product or location ever had (orgs-platform
B7). Callers hold the owner's lock and tell the world that the owner changed.
"""

from collections.abc import Sequence
from typing import Any, Literal

from omneo_api.foundation import fields
from omneo_api.foundation.errors import Errors, Invalid, NotFound, already_taken
from omneo_api.foundation.fields import sent
from omneo_api.foundation.statements import Statement, json_text
from omneo_api.profiles.custom_attributes.values import cast_value

Kind = Literal["string", "integer", "float", "boolean", "json", "array"]


class CustomFieldItem(fields.Body):
    """One field as sent; without a type it has that of its JSON value."""

    namespace: fields.Key
    handle: fields.Key
    name: fields.Text | None = None
    type: Kind | None = None
    value: fields.Json = None
    is_index: fields.Bool = False


class CustomFieldChange(fields.Body):
    """What may change of a field; sent keys only."""

    name: fields.Text | None = None
    type: Kind | None = None
    value: fields.Json = None


_VERSIONED = "('transaction', 'order', 'product', 'location')"
_NOTE = f"""
    INSERT INTO custom_field_versions (owner_type, owner_id, namespace, handle, name, type, value, version, is_index)
    SELECT w.owner_type, w.owner_id, w.namespace, w.handle, w.name, w.type, w.value, w.version, w.is_index
    FROM written w
    WHERE w.owner_type IN {_VERSIONED} AND NOT EXISTS (
        SELECT 1 FROM custom_fields c WHERE c.id = w.id AND c.version = w.version)
"""
"""The statement's snapshot still has the fields as they were: what has its old version has its old value."""
_KEEP = Statement(
    f"""
    WITH written AS (
        INSERT INTO custom_fields (owner_type, owner_id, namespace, handle, name, type, value, is_index)
        SELECT :owner_type::text, :owner_id::text, f.namespace, f.handle, f.name, f.type, f.value, f.is_index
        FROM jsonb_to_recordset(:fields::jsonb)
             AS f (namespace text, handle text, name text, type text, value jsonb, is_index boolean)
        ON CONFLICT (tenant_id, owner_type, owner_id, namespace, handle) DO UPDATE
        SET value = excluded.value, type = excluded.type, name = coalesce(excluded.name, custom_fields.name),
            version = custom_fields.version
                + ((custom_fields.value, custom_fields.type) IS DISTINCT FROM (excluded.value, excluded.type))::int,
            updated_at = omneo_now()
        WHERE (custom_fields.value, custom_fields.type) IS DISTINCT FROM (excluded.value, excluded.type)
           OR custom_fields.name IS DISTINCT FROM coalesce(excluded.name, custom_fields.name)
        RETURNING *
    ), noted AS ({_NOTE})
    SELECT count(*) FROM written
    """
)
_PASS = Statement(
    f"""
    WITH written AS (
        INSERT INTO custom_fields (owner_type, owner_id, namespace, handle, name, type, value, version, is_index)
        SELECT owner_type, :new_id::text, namespace, handle, name, type, value, version, is_index
        FROM custom_fields WHERE owner_type = :owner_type::text AND owner_id = :old_id::text
        ON CONFLICT (tenant_id, owner_type, owner_id, namespace, handle) DO NOTHING
        RETURNING *
    ), noted AS ({_NOTE})
    SELECT count(*) FROM written
    """
)
_CREATE = Statement(
    f"""
    WITH written AS (
        INSERT INTO custom_fields (owner_type, owner_id, namespace, handle, name, type, value, is_index)
        VALUES (:owner_type::text, :owner_id::text, :namespace::text, :handle::text, :name::text, :type::text,
                :value::jsonb, :is_index::boolean)
        ON CONFLICT (tenant_id, owner_type, owner_id, namespace, handle) DO NOTHING
        RETURNING *
    ), noted AS ({_NOTE})
    SELECT id FROM written
    """
)
_CHANGE = Statement(
    f"""
    WITH written AS (
        UPDATE custom_fields
        SET name = :name::text, type = :type::text, value = :value::jsonb, version = :version::int,
            updated_at = omneo_now()
        WHERE id = :id::bigint
        RETURNING *
    ), noted AS ({_NOTE})
    SELECT count(*) FROM written
    """
)
_FIND = Statement(
    "SELECT id, name, type, value, version FROM custom_fields"
    " WHERE owner_type = :owner_type::text AND owner_id = :owner_id::text"
    " AND namespace = :namespace::text AND handle = :handle::text FOR UPDATE"
)
_ID = Statement(
    "SELECT id FROM custom_fields WHERE owner_type = :owner_type::text AND owner_id = :owner_id::text"
    " AND namespace = :namespace::text AND handle = :handle::text"
)
_REMOVE = Statement("DELETE FROM custom_fields WHERE id = :id::bigint")
_DROP = Statement(
    """
    WITH forgotten AS (
        DELETE FROM custom_field_versions WHERE owner_type = :owner_type::text AND owner_id = :owner_id::text
    )
    DELETE FROM custom_fields WHERE owner_type = :owner_type::text AND owner_id = :owner_id::text
    """
)


async def keep(
    session: Any, owner_type: str, owner_id: object, given: Sequence[CustomFieldItem], path: str = "custom_fields"
) -> bool:
    """Writes the given fields of one owner; False when nothing changed. Raises: Invalid for a value not of its type."""
    errors: Errors = {}
    rows = {}
    for place, item in enumerate(given):
        kind = item.type or kind_of(item.value)
        rows[item.namespace, item.handle] = {
            "namespace": item.namespace,
            "handle": item.handle,
            "name": item.name,
            "type": kind,
            "value": cast_value(kind, item.value, f"{path}.{place}.value", errors),
            "is_index": item.is_index,
        }
    if errors:
        raise Invalid(errors)
    if not rows:
        return False
    text = json_text(list(rows.values())).decode()
    changed: int = await session.value(_KEEP, owner_type=owner_type, owner_id=str(owner_id), fields=text)
    return changed > 0


async def drop(session: Any, owner_type: str, owner_id: object) -> None:
    """Deletes what a deleted owner leaves behind."""
    await session.execute(_DROP, owner_type=owner_type, owner_id=str(owner_id))


async def hand_on(session: Any, owner_type: str, old_id: object, new_id: object) -> None:
    """Gives the fields of one owner to another, where that has none of its own."""
    await session.value(_PASS, owner_type=owner_type, old_id=str(old_id), new_id=str(new_id))


async def create(session: Any, owner_type: str, owner_id: object, item: CustomFieldItem, profile_id: Any = None) -> int:
    """Adds one field; answers its id. Raises: Invalid for a key that is there and for a value not of its type."""
    errors: Errors = {}
    kind = item.type or kind_of(item.value)
    value = cast_value(kind, item.value, "value", errors)
    if errors:
        raise Invalid(errors)
    identifier: int | None = await session.value(
        _CREATE,
        owner_type=owner_type,
        owner_id=str(owner_id),
        namespace=item.namespace,
        handle=item.handle,
        name=item.name,
        type=kind,
        value=_json(value),
        is_index=item.is_index,
    )
    if identifier is None:
        raise Invalid.field("handle", already_taken("handle"))
    new = {**item.model_dump(), "type": kind, "value": value, "owner_type": owner_type, "owner_id": str(owner_id)}
    session.outbox.audit("created", "CustomField", identifier, None, new, profile_id)
    return identifier


async def change(
    session: Any, owner_type: str, owner_id: object, key: tuple[str, str], body: CustomFieldChange, profile_id: Any
) -> tuple[int, bool]:
    """Applies what was sent to one field; answers its id and whether anything changed.

    Raises: NotFound, Invalid for a value not of the field's type.
    """
    row = await _found(session, owner_type, owner_id, key)
    given = sent(body)
    kind = given.get("type") or row.type
    errors: Errors = {}
    value = cast_value(kind, given.get("value", row.value), "value", errors)
    if errors:
        raise Invalid(errors)
    name = given.get("name", row.name)
    moved = (kind, value) != (row.type, row.value) or type(value) is not type(row.value)
    if not moved and name == row.name:
        return row.id, False
    version = row.version + moved
    await session.value(_CHANGE, id=row.id, name=name, type=kind, value=_json(value), version=version)
    old = {"name": row.name, "type": row.type, "value": row.value}
    new = {"name": name, "type": kind, "value": value}
    session.outbox.audit("updated", "CustomField", row.id, old, new, profile_id)
    return row.id, True


async def remove(session: Any, owner_type: str, owner_id: object, key: tuple[str, str], profile_id: Any = None) -> None:
    """Deletes one field. Raises: NotFound."""
    row = await _found(session, owner_type, owner_id, key)
    await session.execute(_REMOVE, id=row.id)
    old = {"namespace": key[0], "handle": key[1], "name": row.name, "type": row.type, "value": row.value}
    session.outbox.audit("deleted", "CustomField", row.id, old, None, profile_id)


async def _found(session: Any, owner_type: str, owner_id: object, key: tuple[str, str]) -> Any:
    namespace, handle = key
    row = await session.row(_FIND, owner_type=owner_type, owner_id=str(owner_id), namespace=namespace, handle=handle)
    if row is None:
        raise NotFound
    return row


async def find(session: Any, owner_type: str, owner_id: object, key: tuple[str, str]) -> int:
    """The id of one field. Raises: NotFound."""
    namespace, handle = key
    found: int | None = await session.value(
        _ID, owner_type=owner_type, owner_id=str(owner_id), namespace=namespace, handle=handle
    )
    if found is None:
        raise NotFound
    return found


def _json(value: Any) -> str | None:
    return None if value is None else json_text(value).decode()


def kind_of(value: Any) -> Kind:
    """The type that a JSON value has by itself."""
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float"
    if isinstance(value, list):
        return "array"
    return "json" if isinstance(value, dict) else "string"
