"""Finding profiles by conditions on their custom attributes (profiles 9)."""

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Numeric, Text, any_, bindparam, exists, func, not_, select
from sqlalchemy.orm import aliased

from omneo_api.foundation.calls import Answer, Call
from omneo_api.foundation.conditions import COMPARISONS
from omneo_api.foundation.errors import BadRequest, Errors, Invalid
from omneo_api.foundation.filter_values import FilterFault, parse_value
from omneo_api.foundation.models import lit
from omneo_api.foundation.query import ALIASES, OPERATORS, like_pattern
from omneo_api.profiles.custom_attributes.models import CustomAttribute
from omneo_api.profiles.profile.reading import read_filters, reader

MOST = 20
NEGATIVE = {"ne": "eq", "nin": "in", "is_null": "is_not_null"}


async def browse(session: Any, call: Call) -> Answer:
    """The page of live profiles for which every condition of `attributes[N]` holds. Raises: Invalid, BadRequest."""
    conditions = _read(call.query.get("attributes"))
    scope = tuple(_condition(place, operator, numeric) for place, (operator, numeric, _) in enumerate(conditions))
    values = {name: value for _, _, bound in conditions for name, value in bound.items()}
    await read_filters(session, call)
    return await reader.browse(session, call, scope=scope, **values)


def _read(given: Any) -> list[tuple[str, bool, dict[str, Any]]]:
    """(operator, whether numbers are compared, bound values) of each condition."""
    items = list(given.values()) if isinstance(given, dict) else given if isinstance(given, list) else []
    errors: Errors = {}
    found: list[tuple[str, bool, dict[str, Any]]] = []
    for number, item in enumerate(items[:MOST]):
        keys = item if isinstance(item, dict) else {}
        for name in ("namespace", "handle"):
            if not isinstance(keys.get(name), str) or not keys[name].strip():
                path = f"attributes.{number}.{name}"
                errors[path] = [f"The {path} field is required."]
        # Without a value the attribute only has to be there.
        asked = keys.get("value", {"nullable": "0"})
        for operator, operand in (asked if isinstance(asked, dict) else {"eq": asked}).items():
            found.append(_one(len(found), keys, operator, operand))
    if not items:
        errors["attributes"] = ["The attributes field is required."]
    if errors:
        raise Invalid(errors)
    return found


def _one(place: int, keys: Any, operator: str, operand: Any) -> tuple[str, bool, dict[str, Any]]:
    canonical = ALIASES.get(operator, operator)
    if canonical not in OPERATORS:
        raise BadRequest(f"Requested filter operator `{operator}` is not allowed.")
    text = "" if operand is None else str(operand).strip()
    parts = [str(part).strip() for part in (operand if isinstance(operand, list) else text.split(","))]
    numbers = [_number(part) for part in parts]
    if canonical == "nullable":
        try:
            canonical = "is_null" if parse_value("boolean", text) else "is_not_null"
        except FilterFault as fault:
            raise Invalid.field(f"attributes.{place}.value", f"The value field {fault}") from None
    elif text == "null" and canonical in ("eq", "ne"):
        canonical = "is_null" if canonical == "eq" else "is_not_null"
    many = canonical in ("in", "nin")
    bound = {
        f"a{place}_namespace": str(keys.get("namespace") or "").strip(),
        f"a{place}_handle": str(keys.get("handle") or "").strip(),
        f"a{place}_text": [part.lower() for part in parts]
        if many
        else like_pattern(text)
        if canonical == "like"
        else text.lower(),
        f"a{place}_number": [number for number in numbers if number is not None] if many else _number(text),
    }
    return canonical, any(number is not None for number in numbers), bound


def _number(text: str) -> Decimal | None:
    try:
        found: Decimal = parse_value("number", text)
    except FilterFault:
        return None
    return found


@lru_cache(maxsize=512)
def _condition(place: int, operator: str, numeric: bool) -> Callable[[Any], ColumnElement[bool]]:
    positive = NEGATIVE.get(operator, operator)

    def condition(profile: Any) -> ColumnElement[bool]:
        row = aliased(CustomAttribute)
        held = exists(
            select(lit(1))
            .where(
                row.tenant_id == profile.tenant_id,
                row.profile_id == profile.id,
                row.namespace == bindparam(f"a{place}_namespace", type_=Text),
                row.handle == bindparam(f"a{place}_handle", type_=Text),
                _compares(row, positive, place, numeric=numeric),
            )
            .correlate(profile)
        )
        return not_(held) if positive != operator else held

    return condition


def _compares(row: Any, operator: str, place: int, *, numeric: bool) -> ColumnElement[bool]:
    """Numbers are compared as numbers, everything else as text without regard to case."""
    if operator == "is_not_null":
        return row.value.isnot(None)  # type: ignore[no-any-return]
    many = operator == "in"
    text = bindparam(f"a{place}_text", type_=ARRAY(Text) if many else Text)
    if operator == "like":
        return row.value_text.ilike(text)  # type: ignore[no-any-return]
    as_text = row.value_text == any_(text) if many else _apply(operator, row.value_text, text)
    if not numeric:
        return as_text  # type: ignore[no-any-return]
    number = bindparam(f"a{place}_number", type_=ARRAY(Numeric) if many else Numeric)
    as_number = row.value_number == any_(number) if many else _apply(operator, row.value_number, number)
    is_text = row.value_number.is_(None)
    return func.coalesce(as_number, is_text & as_text)


def _apply(operator: str, column: Any, value: Any) -> Any:
    return column == value if operator == "eq" else COMPARISONS[operator](column, value)
