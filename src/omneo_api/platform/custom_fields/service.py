"""The custom fields that come inside another resource: given keys are written, none is removed (orgs-platform B7)."""

from collections.abc import Sequence
from typing import Any, Literal

from omneo_api.foundation import fields
from omneo_api.foundation.errors import Errors, Invalid
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


_KEEP = Statement(
    """
    INSERT INTO custom_fields (owner_type, owner_id, namespace, handle, name, type, value, is_index)
    SELECT :owner_type::text, :owner_id::text, f.namespace, f.handle, f.name, f.type, f.value, f.is_index
    FROM jsonb_to_recordset(:fields::jsonb)
         AS f (namespace text, handle text, name text, type text, value jsonb, is_index boolean)
    ON CONFLICT (tenant_id, owner_type, owner_id, namespace, handle) DO UPDATE
    SET value = excluded.value, type = excluded.type, name = coalesce(excluded.name, custom_fields.name),
        version = custom_fields.version + 1, updated_at = omneo_now()
    WHERE (custom_fields.value, custom_fields.type) IS DISTINCT FROM (excluded.value, excluded.type)
       OR custom_fields.name IS DISTINCT FROM coalesce(excluded.name, custom_fields.name)
    """
)
_DROP = Statement("DELETE FROM custom_fields WHERE owner_type = :owner_type::text AND owner_id = :owner_id::text")


async def keep(
    session: Any, owner_type: str, owner_id: object, given: Sequence[CustomFieldItem], path: str = "custom_fields"
) -> bool:
    """Writes the given fields of one owner; False when nothing changed. Raises: Invalid for a value not of its type."""
    errors: Errors = {}
    rows = {}
    for place, item in enumerate(given):
        kind = item.type or _kind_of(item.value)
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
    changed: int = await session.execute(_KEEP, owner_type=owner_type, owner_id=str(owner_id), fields=text)
    return changed > 0


async def drop(session: Any, owner_type: str, owner_id: object) -> None:
    """Deletes what a deleted owner leaves behind."""
    await session.execute(_DROP, owner_type=owner_type, owner_id=str(owner_id))


def _kind_of(value: Any) -> Kind:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer"
    if isinstance(value, float):
        return "float"
    if isinstance(value, list):
        return "array"
    return "json" if isinstance(value, dict) else "string"
