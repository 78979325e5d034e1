"""Values of a declared type: what is accepted and what it becomes (profiles 9)."""

import json
from decimal import Decimal
from typing import Any

from omneo_api.foundation.errors import Errors, spoken
from omneo_api.foundation.validation import to_bool, to_decimal, to_int

BYTES = 64 * 1024


def cast_value(kind: str, value: Any, path: str, errors: Errors) -> Any:
    """The value as its type stores it, null for null; what cannot be converted is noted under `path`."""
    if value is None:
        return None
    try:
        return _CASTS[kind](value)
    except (ValueError, TypeError, RecursionError):
        errors.setdefault(path, [f"The {spoken(path)} field must be {_NAMES[kind]}."])
        return None


def _string(value: Any) -> str:
    if isinstance(value, bool | dict | list):
        raise TypeError
    text = value if isinstance(value, str) else repr(value)
    if "\x00" in text or len(text) > BYTES:
        raise ValueError
    return text


def _integer(value: Any) -> int:
    if isinstance(value, bool):
        raise TypeError
    if isinstance(value, str):
        value = value.strip()
    try:
        return to_int(value)
    except ValueError:
        number = to_decimal(value)
        if number != number.to_integral_value():
            raise
        return to_int(int(number))


def _float(value: Any) -> int | float:
    if isinstance(value, bool):
        raise TypeError
    number: Decimal = to_decimal(value.strip() if isinstance(value, str) else value)
    return int(number) if number == number.to_integral_value() and abs(number) < 2**53 else float(number)


def _boolean(value: Any) -> bool:
    return to_bool(value.strip().lower() if isinstance(value, str) else value)


def _structure(value: Any) -> Any:
    found = json.loads(value) if isinstance(value, str) else value
    if not isinstance(found, dict | list) or "\x00" in str(found):
        raise ValueError
    return found


_CASTS = {
    "string": _string,
    "integer": _integer,
    "float": _float,
    "boolean": _boolean,
    "json": _structure,
    "array": _structure,
}
_NAMES = {
    "string": "a string",
    "integer": "an integer",
    "float": "a number",
    "boolean": "true or false",
    "json": "an array",
    "array": "an array",
}
