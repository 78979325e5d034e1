"""Request bodies become one dictionary here, whatever their content type (conventions §2)."""

import json
import math
import re
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from omneo_api.foundation.errors import BadRequest, Errors, Invalid, UnsupportedMediaType, spoken

MAX_NESTING = 64
MAX_BRACKETS = 16
MAX_FORM_FIELDS = 10_000

_TOO_DEEP = f"The request body is nested deeper than {MAX_NESTING} levels."
_FORM = "application/x-www-form-urlencoded"
_JSON_TYPES = frozenset({"", "application/json", "text/json", "text/plain"})
_BOM = b"\xef\xbb\xbf"
_NUL = "\x00"
_SURROGATE = re.compile("[\ud800-\udfff]")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def parse_body(raw: bytes, content_type: str | None) -> dict[str, Any]:
    """Read the body of a request as a dictionary; an empty one is `{}` (conventions §2, §19.4).

    JSON whatever a missing, plain or JSON content type says; a form with PHP bracket keys becomes nested dicts and
    lists of text.
    Raises `BadRequest` (malformed, NaN, overflowing numbers, not UTF-8, nested deeper than 64), `UnsupportedMediaType`,
    and `Invalid` for a value that is no object or a string that holds NUL or half a surrogate pair.
    """
    if not raw or raw.isspace():
        return {}
    media = content_type.partition(";")[0].strip().lower() if content_type else ""
    if media == _FORM:
        return _parse_form(raw)
    if media not in _JSON_TYPES and not media.endswith("+json"):
        raise UnsupportedMediaType
    value = _parse_json(raw)
    if raw.count(b"{") + raw.count(b"[") > MAX_NESTING:
        _check_nesting(value)
    if type(value) is not dict:
        raise Invalid.field("body", "The request body must be an object.")
    if b"\\u0000" in raw or b"\\ud" in raw or b"\\uD" in raw:
        check_text(value)
    return value


def parse_brackets(pairs: Iterable[tuple[str, str]], *, lists: bool = False) -> dict[str, Any]:
    """Nest decoded pairs with PHP keys (`a[b][c]`, `a[0][b]`, `a[]`) as dictionaries (conventions §2.1).

    `a[]` always makes a list. A level whose keys are exactly 0..n-1 becomes a list when `lists` is true (form bodies)
    and stays a dictionary of digit keys otherwise (query strings). A repeated key: the last one wins. A nameless pair
    is dropped.
    Raises `BadRequest` for unbalanced brackets after a name and for more than 16 levels.
    """
    root = _Level()
    for key, value in pairs:
        if not key:
            continue
        start = key.find("[")
        if start < 1:
            root[key] = value
            continue
        level = root
        name = key[:start]
        for segment in _segments(key, start):
            below = level.get(name)
            if not isinstance(below, _Level):
                below = level[name] = _Level()
            level, name = below, below.place(segment)
        level[name] = value
    return {name: _settle(value, lists=lists) for name, value in root.items()}


def check_text(value: Any, prefix: str = "") -> None:
    """Refuse strings and keys that PostgreSQL cannot store: NUL, or half a surrogate pair (conventions §19.4).

    Raises `Invalid` with the dotted path of each; a path that holds such a character itself shows `?` in its place.
    """
    errors: Errors = {}
    for path, text in _strings(value, prefix):
        if _NUL in text:
            errors.setdefault(path, [f"The {spoken(path)} field must not contain NUL characters."])
        elif _SURROGATE.search(text):
            errors.setdefault(path, [f"The {spoken(path)} field must be valid Unicode text."])
    if errors:
        raise Invalid(errors)


class _Level(dict[str, Any]):
    """One level of bracket keys, with the index that the next `[]` takes."""

    __slots__ = ("next", "pushed")

    def __init__(self) -> None:
        super().__init__()
        self.next = 0
        self.pushed = True

    def place(self, segment: str) -> str:
        if not segment:
            segment = str(self.next)
            self.next += 1
            return segment
        self.pushed = False
        if _INDEX.fullmatch(segment):
            self.next = max(self.next, int(segment) + 1)
        return segment


def _segments(key: str, start: int) -> list[str]:
    segments = _SEGMENT.findall(key, start)
    if sum(map(len, segments)) + 2 * len(segments) != len(key) - start:
        raise BadRequest("Malformed brackets in a parameter name.")
    if len(segments) > MAX_BRACKETS:
        raise BadRequest(f"A parameter name is nested deeper than {MAX_BRACKETS} levels.")
    return segments


def _settle(value: Any, *, lists: bool) -> Any:
    if not isinstance(value, _Level):
        return value
    settled = {name: _settle(below, lists=lists) for name, below in value.items()}
    if value.pushed:
        return list(settled.values())
    # Canonical indexes are distinct, so as many of them as the highest demands means that none is missing.
    if lists and value.next == len(settled) and all(map(_INDEX.fullmatch, settled)):
        return [settled[str(index)] for index in range(len(settled))]
    return settled


def _parse_form(raw: bytes) -> dict[str, Any]:
    try:
        pairs = parse_qsl(raw.decode(), keep_blank_values=True, errors="strict", max_num_fields=MAX_FORM_FIELDS)
    except ValueError:
        raise BadRequest("Malformed form in request body.") from None
    body = parse_brackets(pairs, lists=True)
    if b"%00" in raw or b"\x00" in raw:
        check_text(body)
    return body


def _parse_json(raw: bytes) -> Any:
    try:
        return _decode((raw[3:] if raw.startswith(_BOM) else raw).decode())
    except ValueError:
        raise BadRequest from None
    except RecursionError:
        raise BadRequest(_TOO_DEEP) from None


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _float(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number


_decode = json.JSONDecoder(parse_constant=_constant, parse_float=_float).decode


def _check_nesting(value: Any) -> None:
    level = [value]
    for _ in range(MAX_NESTING):
        level = [
            below
            for holder in level
            if type(holder) in (dict, list)
            for below in (holder.values() if type(holder) is dict else holder)
            if type(below) in (dict, list)
        ]
        if not level:
            return
    raise BadRequest(_TOO_DEEP)


def _strings(value: Any, path: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict):
        for key, below in value.items():
            place = f"{path}.{_shown(key)}" if path else _shown(key)
            yield place, key
            yield from _strings(below, place)
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _strings(below, f"{path}.{index}" if path else str(index))


def _shown(key: str) -> str:
    return key.replace(_NUL, "?").encode("utf-8", "replace").decode()
