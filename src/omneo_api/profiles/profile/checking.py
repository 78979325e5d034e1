"""From a checked body to column values: everything that needs the database, all failing fields at once."""

import calendar
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from omneo_api.configuration.settings.service import allowed, setting
from omneo_api.foundation.errors import Errors, already_taken, selected_is_invalid
from omneo_api.foundation.fields import parse_phone
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.validation_rules import service as rules

PHONE_EXISTS = "The phone number exists"
UNKNOWN = "Unknown"
TEXTS = ("title", "gender", "company", "occupation", "avatar_url")
PLACES = ("joined_location", "preferred_location")
STAFF = ("joined_staff_id", "preferred_staff_id")
BIRTH = ("birth_day", "birth_month", "birth_year")

_LOOK_UP = Statement(
    """
    SELECT (SELECT id FROM profiles WHERE email = :email::text AND deleted_at IS NULL
            AND id IS DISTINCT FROM :own::uuid) AS email,
           (SELECT id FROM profiles WHERE mobile_phone = :mobile_phone::text AND deleted_at IS NULL
            AND id IS DISTINCT FROM :own::uuid) AS mobile_phone,
           (SELECT id FROM profiles WHERE id = :joined_staff_id::uuid AND deleted_at IS NULL) AS joined_staff_id,
           (SELECT id FROM profiles WHERE id = :preferred_staff_id::uuid AND deleted_at IS NULL) AS preferred_staff_id
    """
)
_LOCATION = Statement(
    """
    SELECT id FROM locations
    WHERE deleted_at IS NULL AND (id = :id::bigint OR external_id_key = lower(:external_id::text)
                                  OR external_code = :external_code::text)
    ORDER BY id LIMIT 1
    """
)
_TRADED = Statement("SELECT EXISTS (SELECT 1 FROM currencies WHERE from_code = :code::text OR to_code = :code::text)")


@dataclass
class Checked:
    """Column values, and the errors found on the way."""

    columns: dict[str, Any] = field(default_factory=dict)
    errors: Errors = field(default_factory=dict)


async def columns_of(session: Any, given: Mapping[str, Any], current: Any, context: str) -> Checked:
    """Column values of a profile from what was sent; `current` is the stored row, None on create.

    context: which validation rules apply: create, update or import.
    """
    checked = await columns_alone(session, given, current)
    for place in PLACES:
        await _location(session, place, given, current, checked)
    await _look_up(session, given, current, checked)
    await rules.check(session, context, ruled(checked.columns, given, current), checked.errors)
    return checked


async def columns_alone(session: Any, given: Mapping[str, Any], current: Any) -> Checked:
    """Column values, as far as no other row has to be looked at."""
    checked = Checked({name: given[name] for name in TEXTS if name in given})
    _names(given, current, checked)
    _email(given, current, checked)
    await _phones(session, given, checked)
    _birthday(session, given, current, checked)
    await _currency(session, given, checked)
    if given.get("profile_type") is not None:
        checked.columns["profile_type"] = given["profile_type"]
    if current is None and given.get("joined_at") is not None:
        checked.columns["joined_at"] = given["joined_at"]
    return checked


def _names(given: Mapping[str, Any], current: Any, checked: Checked) -> None:
    for name in ("first_name", "last_name"):
        if current is None or name in given:
            checked.columns[name] = given.get(name) or UNKNOWN


def _email(given: Mapping[str, Any], current: Any, checked: Checked) -> None:
    if "email" not in given and current is not None:
        return
    email = given.get("email")
    if email is None and (current is None or current.email is not None):
        checked.errors["email"] = ["The email field is required."]
    else:
        checked.columns["email"] = email


async def _phones(session: Any, given: Mapping[str, Any], checked: Checked) -> None:
    for name in ("mobile_phone", "secondary_phone"):
        if name not in given:
            continue
        if given[name] is None:
            checked.columns[name] = None
            if name == "mobile_phone":
                checked.columns.update(_derived(None))
            continue
        number = parse_phone(given[name], await setting(session, "country") or "AU")
        if number is None:
            checked.errors[name] = [not_a_phone(name)]
            continue
        checked.columns[name] = number.e164
        if name == "mobile_phone":
            checked.columns.update(_derived(number))


def not_a_phone(name: str) -> str:
    return f"The {name.replace('_', ' ')} is not a valid phone number."


def _derived(number: Any) -> dict[str, Any]:
    return {
        "mobile_phone_country": number.country if number else None,
        "mobile_phone_national": number.national if number else None,
        "mobile_phone_national_prefix": number.national_prefix if number else None,
    }


def _birthday(session: Any, given: Mapping[str, Any], current: Any, checked: Checked) -> None:
    if not any(name in given for name in BIRTH):
        return
    sent = {name: given[name] for name in BIRTH if name in given}
    day, month, year = (sent.get(name, getattr(current, name, None)) for name in BIRTH)
    if (day is None) != (month is None):
        missing = "birth_day" if day is None else "birth_month"
        checked.errors[missing] = [f"The {missing.replace('_', ' ')} field is required."]
    elif day is not None and month is not None:
        # Without a year any day of a leap year is real.
        last = calendar.monthrange(year if year is not None else 2000, month)[1]
        if day > last:
            checked.errors["birth_day"] = ["The birth day field must be a valid date."]
    if year is not None and year > session.now.year:
        checked.errors["birth_year"] = [f"The birth year field must not be greater than {session.now.year}."]
    checked.columns.update(sent)


async def _currency(session: Any, given: Mapping[str, Any], checked: Checked) -> None:
    if "currency" not in given:
        return
    code = given["currency"]
    if code is not None and code != await setting(session, "currency") and not await session.value(_TRADED, code=code):
        checked.errors["currency"] = [selected_is_invalid("currency")]
    checked.columns["currency"] = code


async def _location(session: Any, place: str, given: Mapping[str, Any], current: Any, checked: Checked) -> None:
    """Notes a place that does not exist; one that the profile has already may be gone since."""
    column = f"{place}_id"
    names = (column, f"{place}_external_id", f"{place}_external_code")
    sent = next((name for name in names if given.get(name) is not None), None)
    if sent == column and current is not None and given[sent] == getattr(current, column):
        return
    if sent is None:
        if column in given:
            checked.columns[column] = None
        return
    asked = {"id": None, "external_id": None, "external_code": None, sent.removeprefix(f"{place}_"): given[sent]}
    found = await session.value(_LOCATION, **asked)
    if found is None:
        checked.errors[sent] = [selected_is_invalid(sent)]
    checked.columns[column] = found


async def _look_up(session: Any, given: Mapping[str, Any], current: Any, checked: Checked) -> None:
    columns = checked.columns
    for name in STAFF:
        if name in given:
            columns[name] = given[name]
    asked = keys_asked(columns, current, ("email", "mobile_phone", *STAFF))
    if all(value is None for value in asked.values()):
        return
    own: uuid.UUID | None = current.id if current is not None else None
    found = await session.row(_LOOK_UP, own=own, **asked)
    await clashes(session, found._asdict(), checked)
    for name in STAFF:
        if asked[name] is not None and getattr(found, name) is None:
            checked.errors[name] = [selected_is_invalid(name)]


def keys_asked(
    columns: Mapping[str, Any], current: Any, names: Sequence[str] = ("email", "mobile_phone")
) -> dict[str, Any]:
    """The keys that have to be looked up: those that the stored row does not have already."""
    return {
        name: None if current is not None and columns.get(name) == getattr(current, name) else columns.get(name)
        for name in names
    }


async def clashes(session: Any, found: Mapping[str, Any], checked: Checked) -> None:
    """Notes the keys that somebody else has; found: who has `email` and `mobile_phone`."""
    if found["email"] is not None:
        checked.errors.setdefault("email", [already_taken("email")])
    if found["mobile_phone"] is not None:
        await _clashing_mobile(session, checked)


async def _clashing_mobile(session: Any, checked: Checked) -> None:
    """Somebody has the number: it is refused, or kept as the second one where the tenant wants that."""
    if not await allowed(session, "profiles.clashing_mobiles_to_secondary"):
        checked.errors.setdefault("mobile_phone", [PHONE_EXISTS])
        return
    columns = checked.columns
    columns["secondary_phone"] = columns.pop("mobile_phone")
    for name in _derived(None):
        del columns[name]


def ruled(columns: Mapping[str, Any], given: Mapping[str, Any], current: Any) -> dict[str, Any]:
    """What was sent of the fields that validation rules look at."""
    names = ("email", "mobile_phone", "first_name", "last_name")
    ruled = {name: columns.get(name) for name in names if given.get(name) is not None}
    if "first_name" in ruled or "last_name" in ruled:
        first = columns.get("first_name") or getattr(current, "first_name", "")
        last = columns.get("last_name") or getattr(current, "last_name", "")
        ruled["full_name"] = f"{first} {last}".strip()
    return ruled
