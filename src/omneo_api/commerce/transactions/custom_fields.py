"""The custom fields that come inside a transaction: the given keys are written, no key is removed (commerce 8)."""

import json
from typing import Any

import orjson

from omneo_api.commerce.transactions.recording import as_json
from omneo_api.foundation.errors import Errors, Invalid
from omneo_api.foundation.fields import Body
from omneo_api.foundation.statements import Statement
from omneo_api.foundation.validation import to_decimal, to_int

_KEEP = Statement(
    """
    INSERT INTO custom_fields (owner_type, owner_id, namespace, handle, type, value)
    SELECT 'transaction', :id::bigint::text, f.namespace, f.handle, f.type, f.value
    FROM jsonb_to_recordset(:fields::jsonb) AS f (namespace text, handle text, type text, value jsonb)
    ON CONFLICT (tenant_id, owner_type, owner_id, namespace, handle) DO UPDATE
    SET value = excluded.value, type = excluded.type, version = custom_fields.version + 1, updated_at = omneo_now()
    WHERE (custom_fields.value, custom_fields.type) IS DISTINCT FROM (excluded.value, excluded.type)
    """
)
_PASS = Statement(
    """
    INSERT INTO custom_fields (owner_type, owner_id, namespace, handle, name, type, value, version, is_index)
    SELECT owner_type, :new_id::bigint::text, namespace, handle, name, type, value, version, is_index
    FROM custom_fields WHERE owner_type = 'transaction' AND owner_id = :old_id::bigint::text
    ON CONFLICT (tenant_id, owner_type, owner_id, namespace, handle) DO NOTHING
    """
)


async def keep_custom_fields(session: Any, identifier: int, given: list[Body]) -> bool:
    """Writes the given fields of a transaction; False when nothing changed.

    Raises: Invalid for a value that is not of its type.
    """
    if not given:
        return False
    errors: Errors = {}
    rows: dict[tuple[str, str], dict[str, Any]] = {}
    for place, entry in enumerate(given):
        key: Any = entry
        kind = key.type or _type_of(key.value)
        try:
            value = _converted(key.value, kind)
        except (TypeError, ValueError):
            errors[f"custom_fields.{place}.value"] = [f"The custom fields.{place}.value field must be of type {kind}."]
            continue
        rows[key.namespace, key.handle] = {
            "namespace": key.namespace,
            "handle": key.handle,
            "type": kind,
            "value": value,
        }
    if errors:
        raise Invalid(errors)
    changed: int = await session.execute(_KEEP, id=identifier, fields=as_json(list(rows.values())))
    return changed > 0


async def pass_custom_fields(session: Any, old: int, new: int) -> None:
    """Gives the fields of a superseded transaction to its successor, where that has none of its own."""
    await session.execute(_PASS, old_id=old, new_id=new)


def _type_of(value: Any) -> str:
    if isinstance(value, bool):
        return "boolean"
    for kind, name in ((int, "integer"), (float, "float"), (list, "array"), (dict, "json")):
        if isinstance(value, kind):
            return name
    return "string"


def _converted(value: Any, kind: str) -> Any:
    """The value as its type says. Raises: TypeError, ValueError."""
    if value is None:
        return None
    if kind == "string":
        return value if isinstance(value, str) else orjson.dumps(value).decode()
    if kind == "boolean":
        words = {"true": True, "1": True, "false": False, "0": False}
        return value if isinstance(value, bool) else words[str(value).lower()] if str(value).lower() in words else _no()
    if kind in ("integer", "float"):
        number = to_int(value) if kind == "integer" else to_decimal(value)
        return json.loads(str(number))
    parsed = orjson.loads(value) if isinstance(value, str) else value
    if not isinstance(parsed, list if kind == "array" else list | dict):
        raise TypeError
    return parsed


def _no() -> Any:
    raise ValueError
