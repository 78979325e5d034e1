"""The rules of single values: what is accepted, what it becomes, the text of its refusal (conventions §2, §8, §9, §11).

The types of `fields` are made of these functions, and filters and imports may call them. Each raises a `ValueError`
whose text holds `{field}`; `said` puts the field's name there.
"""

import functools
import json
import re
from datetime import UTC, date, datetime, time
from decimal import ROUND_HALF_UP, Context, Decimal
from typing import Any, Final
from uuid import UUID
from zoneinfo import available_timezones

import email_validator
import orjson
from pydantic_core import PydanticCustomError, SchemaValidator, core_schema

from omneo_api.foundation.errors import spoken

MAX_LIST = 1000
META_BYTES = 64 * 1024

# An installation may use reserved domains (staging, erased persons), so syntax alone decides (conventions §9.3);
# emptying this list is the way that the library's own documentation names.
email_validator.SPECIAL_USE_DOMAIN_NAMES.clear()


def wrong(rule: str) -> PydanticCustomError:
    """Make the refusal `The … field <rule>` for a validator; the name is put in where the path is known."""
    return PydanticCustomError("rule", "The {field} field " + rule)  # type: ignore[arg-type,unused-ignore]


def too_long(characters: int) -> PydanticCustomError:
    return wrong(f"must not be greater than {characters} characters.")


def said(error: ValueError, path: str) -> str:
    """Word the refusal of a `to_…` function of `fields` for the field at `path` (conventions §11)."""
    return str(error).replace("{field}", spoken(path))


_BOOLS: Final = {1: True, 0: False, "1": True, "0": False, "true": True, "false": False}


def to_bool(value: Any) -> bool:
    """Accept `true false 1 0 "1" "0" "true" "false"`, nothing else (conventions §2)."""
    if value is True or value is False:
        return value is True
    if type(value) in (int, str):
        known = _BOOLS.get(value)
        if known is not None:
            return known
    raise wrong("must be true or false.")


_DIGITS = re.compile(r"-?[0-9]{1,30}")
_INT64 = 2**63


def to_int(value: Any) -> int:
    """Accept integral numbers and digit strings within signed 64 bit (conventions §2)."""
    kind = type(value)
    if kind is not int:
        if (kind is str and _DIGITS.fullmatch(value)) or (kind is float and value.is_integer()):
            value = int(value)
        else:
            raise wrong("must be an integer.")
    if -_INT64 <= value < _INT64:
        return int(value)
    raise wrong("must be an integer.")


_NUMERIC = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?")
_NUMERIC_LENGTH = 400
_LIMIT = 10**14
_FINEST = -20
# 14 digits before the point and 20 after it exceed the precision of the default context.
_WIDE = Context(prec=60)
_UNIT = {places: Decimal(1).scaleb(-places) for places in (2, 4, 20)}


def to_decimal(value: Any) -> Decimal:
    """Accept numbers and numeric strings, at most 14 digits before the point; the 20th place is rounded half-up."""
    kind = type(value)
    if kind is int:
        # Compared before the conversion, because the text of an enormous integer is refused by Python itself.
        return _bounded(Decimal(value) if -_LIMIT < value < _LIMIT else Decimal(_LIMIT if value > 0 else -_LIMIT))
    if kind is float:
        number = Decimal(repr(value))
        if not number.is_finite():
            raise wrong("must be a number.")
    elif kind is str and len(value) <= _NUMERIC_LENGTH and _NUMERIC.fullmatch(value):
        number = Decimal(value)
    elif kind is Decimal and value.is_finite():
        number = value
    else:
        raise wrong("must be a number.")
    number = _bounded(number)
    exponent = number.as_tuple().exponent
    if type(exponent) is int and exponent < _FINEST:
        number = _rounded(number, 20)
    return number or Decimal(0)


def _bounded(number: Decimal) -> Decimal:
    if number >= _LIMIT:
        raise wrong(f"must not be greater than {_LIMIT - 1}.")
    if number <= -_LIMIT:
        raise wrong(f"must be at least -{_LIMIT - 1}.")
    return number or Decimal(0)


def _rounded(number: Decimal, places: int) -> Decimal:
    return number.quantize(_UNIT[places], ROUND_HALF_UP, _WIDE)


def to_money(value: Any) -> Decimal:
    """Round half-up, after `to_decimal`, to 4 places: rates and stored prices (conventions §9.2)."""
    return _bounded(_rounded(to_decimal(value), 4))


def to_dollars(value: Any) -> Decimal:
    """Round half-up, after `to_decimal`, to 2 places: dollars that a customer gets (conventions §9.2)."""
    return _bounded(_rounded(to_decimal(value), 2))


_MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
    r"(?:[T ][0-9]{2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,12})?)?(?:Z|[+-][0-9]{2}(?::?[0-9]{2})?)?)?"
)
_FIRST_YEAR = 1000


def to_moment(value: Any) -> datetime:
    """Read `YYYY-MM-DD[ HH:MM[:SS[.fraction]]]`, blank or `T` between, with or without zone.

    The zone stays, a value without one comes back naive; the fraction is cut. Impossible dates and years before 1000
    are refused (conventions §9.1).
    """
    if type(value) is str and _MOMENT.fullmatch(value):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            raise wrong("must be a valid date.") from None
        if moment.year >= _FIRST_YEAR:
            return moment.replace(microsecond=0) if moment.microsecond else moment
    raise wrong("must be a valid date.")


def to_datetime(value: Any) -> datetime:
    """Convert to UTC after `to_moment`; a value without zone is UTC (conventions §9.1)."""
    moment = to_moment(value)
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        moment = moment.astimezone(UTC)
    except OverflowError:
        raise wrong("must be a valid date.") from None
    if moment.year < _FIRST_YEAR:
        raise wrong("must be a valid date.")
    return moment


def to_date(value: Any) -> date:
    """Read a date, or the date as written of a date-time: a birthday never moves with a zone (conventions §9.1)."""
    return to_moment(value).date()


_CLOCK = re.compile(r"[0-9]{2}:[0-9]{2}(?::[0-9]{2})?")


def to_time(value: Any) -> time:
    """Read `HH:MM` or `HH:MM:SS`, 24 hours (conventions §9.1)."""
    if type(value) is str and _CLOCK.fullmatch(value):
        try:
            return time.fromisoformat(value)
        except ValueError:
            raise wrong("must be a valid time.") from None
    raise wrong("must be a valid time.")


_PLAIN_EMAIL = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63}", re.ASCII
)
_EMAIL_LENGTH = 255
_RFC_LENGTH = 254


def to_email(value: Any) -> str:
    """Trim, lower-case and check an address by syntax; its domain is never looked up (conventions §9.3)."""
    if type(value) is not str:
        raise wrong("must be a valid email address.")
    address = value.strip().lower()
    if len(address) > _EMAIL_LENGTH:
        raise too_long(_EMAIL_LENGTH)
    # The full check costs 30 µs or more; what this pattern passes is also passed, unchanged, by the library (tested).
    if _PLAIN_EMAIL.fullmatch(address) and "--" not in address and len(address) <= _RFC_LENGTH:
        return address
    try:
        address = email_validator.validate_email(address, check_deliverability=False).normalized.lower()
    except ValueError:
        raise wrong("must be a valid email address.") from None
    if len(address) > _EMAIL_LENGTH:
        raise too_long(_EMAIL_LENGTH)
    return address


_ABSOLUTE = re.compile(
    r"(?!(?:javascript|vbscript|data|file):)[a-z][a-z0-9+.-]*://[^/\s\\][^\s\\\x00-\x1f\x7f]*", re.IGNORECASE
)
_URL = SchemaValidator(core_schema.url_schema(host_required=True))
URL_LENGTH = 2048


def to_url(value: Any) -> str:
    """Check an absolute address with a host, at most 2048 characters; returned exactly as sent (conventions §9.6)."""
    if type(value) is str and _ABSOLUTE.fullmatch(value):
        if len(value) > URL_LENGTH:
            raise too_long(URL_LENGTH)
        try:
            _URL.validate_python(value)
        except ValueError:
            raise wrong("must be a valid URL.") from None
        return value
    raise wrong("must be a valid URL.")


@functools.cache
def timezones() -> frozenset[str]:
    """List the IANA names that are accepted; the host's own files (`localtime`) are not among them."""
    return frozenset(available_timezones() - {"Factory", "localtime"})


def to_timezone(value: Any) -> str:
    """Accept an IANA name in its exact letter case (conventions §9.1)."""
    if type(value) is str and value in timezones():
        return value
    raise wrong("must be a valid timezone.")


_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE)


def to_uuid(value: Any) -> UUID:
    """Accept the hyphenated form in either letter case (conventions §8.1)."""
    if type(value) is UUID:
        return value
    if type(value) is str and _UUID.fullmatch(value):
        return UUID(value)
    raise wrong("must be a valid UUID.")


def to_meta(value: Any) -> dict[str, Any] | list[Any]:
    """Accept an object or array of at most 64 KiB as compact JSON; `[]` is PHP's empty object (conventions §9.4)."""
    if not isinstance(value, dict | list):
        raise wrong("must be an array.")
    if not value:
        return {}
    try:
        size = len(orjson.dumps(value))
    except TypeError:
        # Integers beyond 64 bit are JSON, but not for orjson.
        size = len(json.dumps(value, separators=(",", ":"), default=str))
    if size > META_BYTES:
        raise wrong(f"must not be greater than {META_BYTES // 1024} kilobytes.")
    return value


_TAG_LENGTH = 191
HANDLE_LENGTH = 255


def to_tag(value: Any) -> str | int:
    """Normalise a tag's handle (runs of blanks become one hyphen, at most 191 characters), or keep an id as `int`.

    Input is text, a number (as text), `{"handle": …}` or `{"id": …}` (incentives-status §11).
    """
    reference = _reference(value)
    if type(reference) is int:
        return reference
    return _named("-".join(str(reference).split()), _TAG_LENGTH)


def to_handle_reference(value: Any) -> str | int:
    """Trim the handle of a system or channel (≤ 255) or keep an id as `int`; input as for `to_tag` (commerce 0.7)."""
    reference = _reference(value)
    if type(reference) is int:
        return reference
    return _named(str(reference).strip(), HANDLE_LENGTH)


def _reference(value: Any) -> str | int:
    if type(value) is dict:
        handle = value.get("handle")
        if handle is None and value.get("id") is not None:
            return to_int(value["id"])
        value = handle
    if value is None:
        raise wrong("is required.")
    if type(value) in (int, float):
        return repr(value)
    if type(value) is not str:
        raise wrong("must be a string.")
    return value


def _named(handle: str, longest: int) -> str:
    if not handle:
        raise wrong("is required.")
    if len(handle) > longest:
        raise too_long(longest)
    return handle


def short_list(value: Any) -> Any:
    if type(value) is list and len(value) > MAX_LIST:
        raise wrong(f"must not have more than {MAX_LIST} items.")
    return value


def distinct(values: list[str | int]) -> list[str | int]:
    return list(dict.fromkeys(values))
