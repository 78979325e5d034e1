"""Checking a profile's e-mail, mobile and names against the tenant's rules (profiles 17)."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from psycopg.errors import InvalidRegularExpression, QueryCanceled

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.errors import Errors, spoken
from omneo_api.foundation.fields import parse_phone
from omneo_api.foundation.statements import Statement

REGEX_MILLISECONDS = 200
PAIRS = {
    "exact": ("email", "mobile", "name"),
    "domain": ("email",),
    "prefix": ("email", "mobile"),
    "regex": ("email", "mobile", "name"),
}
_RULES = Statement(
    """
    SELECT r.id, r.type, r.rule_type, r.applies_to, r.pattern, r.error_message,
           coalesce((SELECT array_agg(v.value ORDER BY v.id) FROM validation_rule_values v
                     WHERE v.tenant_id = r.tenant_id AND v.rule_id = r.id AND v.is_active), '{}') AS values
    FROM validation_rules r
    WHERE r.is_active AND (r.effective_from IS NULL OR r.effective_from <= omneo_now())
      AND (r.effective_to IS NULL OR r.effective_to >= omneo_now())
    ORDER BY r.priority NULLS LAST, r.id
    """
)
_MATCHES = Statement("SELECT :value::text ~ :pattern::text")
_WHICH = Statement("SELECT value FROM unnest(:values::text[]) AS value WHERE value ~ :pattern::text")
_LIMIT = Statement(f"SELECT set_config('statement_timeout', '{REGEX_MILLISECONDS}', true)")
_UNLIMIT = Statement("SELECT set_config('statement_timeout', :before::text, true)")
_TIMEOUT = Statement("SELECT current_setting('statement_timeout')")


async def check(session: Any, context: str, values: Mapping[str, Any], errors: Errors) -> None:
    """Notes the first rule, by priority, that one of the sent values meets.

    values: what was sent of `email`, `mobile_phone`, `first_name`, `last_name` and their `full_name`.
    context: create, update or import.
    """
    for rule in await _rules(session, context):
        for field, value in _subjects(rule.type, values):
            if await _meets(session, rule, value):
                text = rule.error_message or f"The {spoken(field)} is not allowed."
                errors.setdefault(field, [text])
                return


async def _rules(session: Any, context: str) -> list[Any]:
    rules = session.memory.get("validation_rules")
    if rules is None:
        rules = session.memory["validation_rules"] = await session.rows(_RULES)
    return [rule for rule in rules if rule.applies_to in (context, "all")]


async def foresee(session: Any, context: str, many: Sequence[Mapping[str, Any]]) -> None:
    """Looks for each pattern in the values of many profiles at once; `check` then need not ask for them.

    What takes too long together is asked for one by one by `check`.
    """
    for rule in await _rules(session, context):
        if rule.rule_type != "regex":
            continue
        subjects = sorted({value for values in many for _, value in _subjects(rule.type, values)})
        pattern = rule.pattern or ""
        found = await _limited(session, _WHICH, values=subjects, pattern=pattern) if subjects else None
        if found is not None:
            met = {row.value for row in found}
            known = session.memory.setdefault("validation_matches", {})
            known.update({(pattern, value): value in met for value in subjects})


def _subjects(kind: str, values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """(field that is blamed, value in the form that rules compare)."""
    names = {"email": ("email",), "mobile": ("mobile_phone",), "name": ("first_name", "last_name", "full_name")}
    found = []
    for name in names[kind]:
        value = values.get(name)
        if value:
            blamed = name if name != "full_name" else "first_name" if "first_name" in values else "last_name"
            found.append((blamed, normalised(kind, value)))
    return found


def normalised(kind: str, value: str) -> str:
    if kind == "mobile":
        return "".join(sign for sign in value if sign == "+" or sign.isdigit())
    return value.strip().lower()


async def _meets(session: Any, rule: Any, value: str) -> bool:
    match rule.rule_type:
        case "exact":
            return value in [await _plain(session, rule.type, entry) for entry in rule.values]
        case "domain":
            domain = value.rpartition("@")[2]
            return any(entry.strip().lower().removeprefix("@") == domain for entry in rule.values)
        case "prefix":
            return any(value.startswith(normalised(rule.type, entry)) for entry in rule.values)
        case _:
            return await matches(session, rule.pattern or "", value)


async def _plain(session: Any, kind: str, entry: str) -> str:
    """A value of a rule in the form that profiles store: a number however it is written is the same number."""
    if kind != "mobile" or entry.startswith("+"):
        return normalised(kind, entry)
    return _e164(entry, await setting(session, "country") or "AU")


@lru_cache(maxsize=10_000)
def _e164(entry: str, country: str) -> str:
    number = parse_phone(entry, country)
    return number.e164 if number is not None else normalised("mobile", entry)


async def matches(session: Any, pattern: str, value: str) -> bool:
    """Whether PostgreSQL finds the pattern in the value; a search that takes too long has found nothing.

    Raises: InvalidRegularExpression for a pattern that does not compile.
    """
    known = session.memory.get("validation_matches", {})
    if (pattern, value) in known:
        return bool(known[pattern, value])
    found = await _limited(session, _MATCHES, value=value, pattern=pattern)
    return found is not None and bool(found[0][0])


async def _limited(session: Any, statement: Statement, **values: Any) -> list[Any] | None:
    """The rows of a search, None when it takes too long."""
    before = await session.value(_TIMEOUT)
    try:
        async with session.savepoint():
            await session.row(_LIMIT)
            found: list[Any] = await session.rows(statement, **values)
            await session.row(_UNLIMIT, before=before)
    except QueryCanceled:
        return None
    return found


async def compiles(session: Any, pattern: str) -> bool:
    try:
        await matches(session, pattern, "")
    except InvalidRegularExpression:
        return False
    return True
