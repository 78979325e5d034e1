"""The text of a setting's value: always text when stored and shown, checked against its type."""

import json
import math
import re
from collections.abc import Callable
from typing import Any

import pycountry

from omneo_api.foundation.errors import Invalid, spoken
from omneo_api.foundation.validation import timezones

INTEGER = re.compile(r"[+-]?\d{1,18}").fullmatch
FLOAT = re.compile(r"[+-]?(\d{1,20}(\.\d{0,20})?|\.\d{1,20})([eE][+-]?\d{1,2})?").fullmatch
BOOLEANS = frozenset({"true", "false", "1", "0"})
RULES = {
    "boolean": "must be true or false.",
    "integer": "must be an integer.",
    "float": "must be a number.",
    "json": "must be a valid JSON string.",
    "string": "must be a string.",
}
LONGEST = 65_536


def _is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return True


def _no_constant(name: str) -> None:
    raise ValueError(name)


FITS: dict[str, Callable[[str], Any]] = {
    "boolean": BOOLEANS.__contains__,
    "integer": INTEGER,
    "float": FLOAT,
    "json": _is_json,
    "string": lambda _: True,
}
# What the rest of the house reads as a code must be one: a wrong zone would break every date of the tenant.
KNOWN: dict[str, Callable[[str], Any]] = {
    "client_timezone": lambda text: text in timezones(),
    "currency": lambda text: pycountry.currencies.get(alpha_3=text),
    "country": lambda text: len(text) == 2 and text.isupper() and pycountry.countries.get(alpha_2=text),
    "point_exchange_rate": lambda text: float(text) > 0,
}


def to_text(handle: str, kind: str, value: Any) -> str | None:
    """The text of a value sent as JSON or as text; None clears. Raises: Invalid on `value`."""
    text = _text(kind, value)
    if text is None:
        return None
    if len(text) > LONGEST:
        raise Invalid.field("value", f"The value field must not be greater than {LONGEST} characters.")
    if not FITS[kind](text):
        raise Invalid.field("value", f"The value field {RULES[kind]}")
    if handle in KNOWN and not KNOWN[handle](text):
        raise Invalid.field("value", f"The value field must be a valid {spoken(handle)}.")
    return text


def _text(kind: str, value: Any) -> str | None:
    match value:
        case None:
            return None
        case str():
            return value.strip() or None
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            raise Invalid.field("value", f"The value field {RULES[kind]}")
        case dict() | list() if kind != "json":
            raise Invalid.field("value", f"The value field {RULES[kind]}")
        case _:
            return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
