"""Paging (conventions §4): parameters in, `links` and `meta` out, in both of the vendor's envelopes."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote_plus

import orjson

from omneo_api.foundation.errors import Invalid

DEFAULT_SIZE = 15
LARGEST_SIZE = 100
PAGING_KEYS = ("page", "per_page", "limit", "offset")
WHOLE_WINDOW = 14
GAP = {"url": None, "label": "...", "active": False}


@dataclass(frozen=True, slots=True)
class Page:
    """Which rows were asked for."""

    number: int = 1
    size: int = DEFAULT_SIZE
    offset: int = 0


def parse_page(parameters: Mapping[str, Any]) -> Page:
    """Reads `page[size]`, `page[number]` and the legacy `page`, `per_page`, `limit`, `offset`.

    Raises: Invalid under `page.size`, `page.number` or `offset`.
    """
    page = parameters.get("page")
    nested: Mapping[str, Any] = page if isinstance(page, dict) else {}
    errors: dict[str, list[str]] = {}
    size = _count(_first(nested.get("size"), parameters.get("per_page"), parameters.get("limit")), "page.size", errors)
    number = _count(_first(nested.get("number"), None if isinstance(page, dict) else page), "page.number", errors)
    skip = _count(_first(parameters.get("offset")), "offset", errors, least=0) if number is None else None
    if errors:
        raise Invalid(errors)
    size = min(size or DEFAULT_SIZE, LARGEST_SIZE)
    if skip is not None:
        return Page(skip // size + 1, size, skip)
    number = number or 1
    return Page(number, size, (number - 1) * size)


def asks_for_pages(parameters: Mapping[str, Any]) -> bool:
    return any(_first(parameters.get(key)) is not None for key in PAGING_KEYS)


def _first(*values: Any) -> Any:
    for value in values:
        text = value.strip() if isinstance(value, str) else value
        if text not in (None, "", "null", "undefined") and not isinstance(text, list):
            return text
    return None


def _count(value: Any, key: str, errors: dict[str, list[str]], least: int = 1) -> int | None:
    if value is None:
        return None
    try:
        number = int(value) if isinstance(value, str) and len(value) < 16 else None
    except ValueError:
        number = None
    if number is None:
        errors[key] = [f"The {key} field must be an integer."]
    elif number < least:
        errors[key] = [f"The {key} field must be at least {least}."]
    return number


class Links:
    """Makes page addresses: the request's own address with its other parameters carried over."""

    def __init__(self, path: str, parameters: Iterable[tuple[str, str]], *, flat: bool = False) -> None:
        kept = [(key, value) for key, value in parameters if not _is_page_number(key)]
        self.path = path
        self._query = "".join(f"{quote_plus(key)}={quote_plus(value)}&" for key, value in kept)
        # Beside `page[size]` a plain `page` would be all that is read of both.
        plain = flat and not any(key.startswith("page[") for key, _ in kept)
        self._key = "page" if plain else "page%5Bnumber%5D"

    def page(self, number: int) -> str:
        return f"{self.path}?{self._query}{self._key}={number}"


def _is_page_number(key: str) -> bool:
    return key in ("page", "page[number]", "offset")


def envelope(data: str, total: int, page: Page, links: Links, rows: int) -> bytes:
    """`{data, links, meta}` with the exact keys and order of conventions §4.2."""
    last = max(1, -(-total // page.size))
    outer = {
        "first": links.page(1),
        "last": links.page(last),
        "prev": links.page(page.number - 1) if page.number > 1 else None,
        "next": links.page(page.number + 1) if page.number < last else None,
    }
    meta = {
        "current_page": page.number,
        "from": page.offset + 1 if rows else None,
        "last_page": last,
        "links": page_links(page.number, last, links),
        "path": links.path,
        "per_page": page.size,
        "to": page.offset + rows if rows else None,
        "total": total,
    }
    return b'{"data":' + data.encode() + b',"links":' + orjson.dumps(outer) + b',"meta":' + orjson.dumps(meta) + b"}"


def flat_envelope(data: str, total: int, page: Page, links: Links, rows: int) -> bytes:
    """The flat paginator of conventions §4.4: the paging keys at the top level."""
    last = max(1, -(-total // page.size))
    before = {"current_page": page.number}
    after = {
        "first_page_url": links.page(1),
        "from": page.offset + 1 if rows else None,
        "last_page": last,
        "last_page_url": links.page(last),
        "links": page_links(page.number, last, links),
        "next_page_url": links.page(page.number + 1) if page.number < last else None,
        "path": links.path,
        "per_page": page.size,
        "prev_page_url": links.page(page.number - 1) if page.number > 1 else None,
        "to": page.offset + rows if rows else None,
        "total": total,
    }
    return orjson.dumps(before)[:-1] + b',"data":' + data.encode() + b"," + orjson.dumps(after)[1:]


def page_links(current: int, last: int, links: Links) -> list[dict[str, Any]]:
    """Previous, the window of page numbers, Next."""
    between = [_numbered(number, current, links) if number else GAP for number in window(current, last)]
    before = links.page(current - 1) if current > 1 else None
    after = links.page(current + 1) if current < last else None
    return [
        {"url": before, "label": "&laquo; Previous", "active": False},
        *between,
        {"url": after, "label": "Next &raquo;", "active": False},
    ]


def _numbered(number: int, current: int, links: Links) -> dict[str, Any]:
    return {"url": links.page(number), "label": str(number), "active": number == current}


def window(current: int, last: int) -> Sequence[int | None]:
    """The page numbers shown, None for a gap: all below 14 pages, else a slider of three on each side."""
    if last < WHOLE_WINDOW:
        return range(1, last + 1)
    if current <= 7:
        return [*range(1, 11), None, last - 1, last]
    if current > last - 7:
        return [1, 2, None, *range(last - 9, last + 1)]
    return [1, 2, None, *range(current - 3, current + 4), None, last - 1, last]
