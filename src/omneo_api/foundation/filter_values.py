"""Reading the values of filters (conventions §5.2, §5.3)."""

import json
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

TRUE, FALSE = frozenset({"1", "true"}), frozenset({"0", "false"})
NO_UUID = uuid.UUID(int=0)


class FilterFault(Exception):
    """A value that does not parse; its text completes `The filter.x field …`."""


def parse_value(kind: str, value: Any, errors: dict[str, list[str]] | None = None, path: str = "") -> Any:
    """One filter value as what its column compares with; a date-time gives its first instant and the one after it.

    Raises: FilterFault, unless `errors` is given to note it in.
    """
    try:
        return _READERS[kind](str(value).strip())
    except FilterFault as fault:
        if errors is None:
            raise
        errors[path] = [f"The {path} field {fault}"]
        return None


def _boolean(text: str) -> bool:
    if text.lower() in TRUE:
        return True
    if text.lower() in FALSE:
        return False
    raise FilterFault("must be true or false.")


def _integer(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        raise FilterFault("must be an integer.") from None
    if not -(2**63) <= number < 2**63 or len(text) > 20:
        raise FilterFault("must be an integer.")
    return number


def _number(text: str) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise FilterFault("must be a number.") from None
    if not number.is_finite() or abs(number.adjusted()) > 30:
        raise FilterFault("must be a number.")
    return number


def _uuid(text: str) -> uuid.UUID:
    """A malformed uuid matches no row (200 with an empty list), so it becomes one that nobody has."""
    try:
        return uuid.UUID(text) if len(text) == 36 else NO_UUID
    except ValueError:
        return NO_UUID


def _instants(text: str) -> tuple[datetime, datetime]:
    try:
        if len(text) == 10:
            start = datetime.fromisoformat(text).replace(tzinfo=UTC)
            return start, start + timedelta(days=1)
        moment = datetime.fromisoformat(text)
        start = (moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)).replace(microsecond=0)
        return start, start + timedelta(seconds=1)
    except (ValueError, OverflowError):
        raise FilterFault("must be a valid date.") from None


def _date(text: str) -> tuple[date, date]:
    start, end = _instants(text)
    return start.date(), end.date()


def _json(text: str) -> str:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict) or "\\u0000" in text:
        raise FilterFault("must be a JSON object.")
    return text


def _text(text: str) -> str:
    if "\x00" in text:
        raise FilterFault("must not hold a NUL character.")
    return text


_READERS = {
    "boolean": _boolean,
    "integer": _integer,
    "number": _number,
    "uuid": _uuid,
    "datetime": _instants,
    "date": _date,
    "json": _json,
    "text": _text,
    "handle": _text,
    "enum": _text,
    "time": _text,
}
