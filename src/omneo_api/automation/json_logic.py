"""JSON Logic of reactions, webhooks, targets and claims (automation §4, §3.4, §6.1)."""

import calendar
import json
import math
import re
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Context, Decimal
from functools import partial, reduce
from itertools import pairwise
from operator import ge, gt, le, lt, methodcaller
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

MAX_NESTING = 64
MAX_BYTES = 64 * 1024
MAX_WORK = 1_000_000

Lookup = Callable[[str], Any]
_Operator = tuple[Callable[..., Any], int, int]

_ANY = sys.maxsize
_MATH = Context(prec=34, traps=[])
_UNITS: dict[str, timedelta | int] = {
    **{name: timedelta(**{name: 1}) for name in ("minutes", "hours", "days", "weeks")},
    "months": 1,
    "years": 12,
}
_NUMERIC = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d{1,4})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_INDEX = re.compile(r"\d{1,9}", re.ASCII)
_NUMBER = (int, float, Decimal)
_KINDS: dict[str, Any] = {"text": str, "bool": bool, "number": _NUMBER, "array": list, "object": dict}


class LogicError(Exception):
    """A rule that cannot be evaluated: unknown operator, wrong shape or operand, a limit; str() is the text."""


def evaluate(rule: Any, data: Any, *, lookup: Lookup | None = None) -> Any:
    """Answer the value of a rule over JSON data (automation §4).

    `rule` is `{operator: operands}`; arrays are evaluated per element, scalars and `{}` stand for themselves.
    `lookup` answers the root name of a `var` path instead of `data` (§3.4), None for a null value; raising LookupError
    means that the name is missing. Computed numbers are int or float, values out of `data` stay as they are.

    Raises LogicError for everything that cannot be evaluated, and nothing else.
    """
    return _Evaluation(dynamic=False).whole(rule, _Scope(data, lookup))


def met(condition: Any, data: Any, *, lookup: Lookup | None = None) -> tuple[bool, str | None]:
    """Answer whether a condition passes, and the text of the error that made it fail, if one did (automation §4).

    None, `{}`, `[]` and `""` are no condition and pass; other arrays and strings are no rule and do not. Never raises.
    """
    if condition is None or condition in ({}, [], ""):
        return True, None
    if isinstance(condition, list | str):
        return False, "A condition is an object with one operator."
    try:
        return _truthy(evaluate(condition, data, lookup=lookup)), None
    except LogicError as error:
        return False, str(error)


def resolve(value: Any, data: Any, *, lookup: Lookup | None = None) -> Any:
    """Answer the value of a dynamic action argument (automation §6.1): any JSON with rules anywhere inside.

    Arrays and objects are walked; a one-key object is a rule when its key is an operator, otherwise plain data, also
    inside the operands of a rule. `lookup` as for `evaluate`. Raises LogicError.
    """
    return _Evaluation(dynamic=True).whole(value, _Scope(data, lookup))


def is_rule(value: Any) -> bool:
    """Whether a value is a rule rather than plain data: an object with one key, which is an operator."""
    return isinstance(value, dict) and len(value) == 1 and next(iter(value)) in {*_PLAIN, *_SCOPED}


def check_size(condition: Any) -> str | None:
    """Answer the text for a 422 when a condition is deeper or larger than allowed, else None (automation §4)."""
    if _too_deep(condition):
        return f"The condition may not be nested deeper than {MAX_NESTING} levels."
    try:
        text = json.dumps(condition, ensure_ascii=False, separators=(",", ":"), default=str)
        size = len(text.encode(errors="replace"))
    except ValueError:
        size = sys.maxsize  # an integer of more digits than Python prints
    return f"The condition may not be larger than {MAX_BYTES // 1024} KB." if size > MAX_BYTES else None


class _Scope(NamedTuple):
    data: Any
    lookup: Lookup | None = None


class _Evaluation:
    """One walk over a rule, with the work it may do: nested `map`s and doubling values must end."""

    def __init__(self, *, dynamic: bool) -> None:
        self.dynamic = dynamic
        self.work = MAX_WORK

    def whole(self, rule: Any, scope: _Scope) -> Any:
        if _too_deep(rule):
            raise LogicError(f"The rule is nested deeper than {MAX_NESTING} levels.")
        return self.value(rule, scope)

    def value(self, rule: Any, scope: _Scope) -> Any:
        self.spend(1)
        if isinstance(rule, list):
            return [self.value(element, scope) for element in rule]
        if not isinstance(rule, dict) or not rule:
            return rule
        name = next(iter(rule))
        if len(rule) == 1 and (name in _PLAIN or name in _SCOPED):
            return self.apply(name, rule[name], scope)
        if self.dynamic:
            return {key: self.value(element, scope) for key, element in rule.items()}
        if len(rule) > 1:
            raise LogicError("A rule is an object with one operator, not several keys.")
        raise LogicError(f"Unknown operator {str(name)[:64]!r}.")

    def apply(self, name: str, operands: Any, scope: _Scope) -> Any:
        operands = operands if isinstance(operands, list) else [operands]
        plain = _PLAIN.get(name)
        run, least, most = plain or _SCOPED[name]
        if not least <= len(operands) <= most:
            raise LogicError(f"The operator {name!r} does not take {len(operands)} operands.")
        try:
            result = run(*self.value(operands, scope)) if plain else run(self, scope, operands)
        except (ArithmeticError, LookupError, OSError, ValueError) as error:
            raise LogicError(f"The operator {name!r} cannot work with its operands.") from error
        self.charge(result)
        return result

    def charge(self, result: Any) -> None:
        nodes = [result]
        while nodes:
            node = nodes.pop()
            if isinstance(node, str | list | dict):
                self.spend(len(node))
            if isinstance(node, list | dict):
                nodes.extend(node.values() if isinstance(node, dict) else node)

    def spend(self, work: int) -> None:
        self.work -= work
        if self.work < 0:
            raise LogicError("The rule does more work than is allowed.")

    def var(self, scope: _Scope, operands: list[Any]) -> Any:
        return _find(scope, *self.value(operands or [""], scope))

    def missing(self, scope: _Scope, operands: list[Any]) -> list[Any]:
        keys = self.value(operands, scope)
        return _absent(keys[0] if keys and isinstance(keys[0], list) else keys, scope)

    def missing_some(self, scope: _Scope, operands: list[Any]) -> list[Any]:
        needed, keys = self.value(operands, scope)
        if not isinstance(keys, list):
            raise LogicError("The operator 'missing_some' takes a count and an array of keys.")
        absent = _absent(keys, scope)
        return [] if len(keys) - len(absent) >= _whole(needed) else absent

    def first(self, scope: _Scope, operands: list[Any], *, truth: bool) -> Any:
        result = None
        for operand in operands:
            if _truthy(result := self.value(operand, scope)) is truth:
                break
        return result

    def choose(self, scope: _Scope, operands: list[Any]) -> Any:
        for index in range(0, len(operands) - 1, 2):
            if _truthy(self.value(operands[index], scope)):
                return self.value(operands[index + 1], scope)
        return self.value(operands[-1], scope) if len(operands) % 2 else None

    def elements(self, rule: Any, scope: _Scope) -> list[Any]:
        array = self.value(rule, scope)
        if array is not None and not isinstance(array, list):
            raise LogicError("An array operator got something else than an array.")
        return array or []

    def each(self, scope: _Scope, operands: list[Any]) -> Iterator[tuple[Any, Any]]:
        for element in self.elements(operands[0], scope):
            yield element, self.value(operands[1], _Scope(element))

    def truths(self, scope: _Scope, operands: list[Any]) -> Iterator[bool]:
        return (_truthy(value) for _, value in self.each(scope, operands))

    def reduce(self, scope: _Scope, operands: list[Any]) -> Any:
        accumulator = self.value(operands[2], scope) if len(operands) > 2 else None
        for element in self.elements(operands[0], scope):
            accumulator = self.value(operands[1], _Scope({"current": element, "accumulator": accumulator}))
        return accumulator


def _too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_NESTING):
        containers = [node for node in level if isinstance(node, dict | list)]
        level = [child for node in containers for child in (node.values() if isinstance(node, dict) else node)]
    return any(isinstance(node, dict | list) for node in level)


def _truthy(value: Any) -> bool:
    return isinstance(value, dict) or bool(value)


def _number(value: Any) -> Decimal | None:
    """Bring the three number types onto one; floats by their shortest text, so that 149.95 equals Decimal("149.95")."""
    if isinstance(value, bool) or not isinstance(value, _NUMBER):
        return None
    number = Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    return number if number.is_finite() else None


def _cast(value: Any) -> Decimal | None:
    if value is None or isinstance(value, bool):
        return Decimal(bool(value))
    if isinstance(value, str):
        text = value.strip()
        return Decimal(text) if _NUMERIC.fullmatch(text) else None
    return _number(value)


def _operand(value: Any) -> Decimal:
    if (number := _cast(value)) is None:
        raise LogicError("An arithmetic operator got something that is no number.")
    return number


def _whole(value: Any) -> int:
    number = _operand(value)
    if number.copy_abs() > 10**9 or number != number.to_integral_value():
        raise LogicError("A count or offset must be a whole number of at most nine digits.")
    return int(number)


def _json_number(number: Decimal) -> int | float | None:
    if number.is_finite() and number.copy_abs() < 2**63 and number == number.to_integral_value():
        return int(number)
    return result if math.isfinite(result := float(number)) else None


def _text(value: Any) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if (number := _number(value)) is None:
        raise LogicError("An array or object stands where a text is expected.")
    return str(_json_number(number))


def _kind(value: Any) -> str:
    return next((kind for kind, types in _KINDS.items() if isinstance(value, types)), "null")


def _equal(left: Any, right: Any, *, strict: bool, room: int = MAX_NESTING) -> bool:
    if room < 0:
        raise LogicError(f"Compared values are nested deeper than {MAX_NESTING} levels.")
    kind, other = _kind(left), _kind(right)
    same = partial(_equal, strict=strict, room=room - 1)
    if kind == other == "array":
        return len(left) == len(right) and all(map(same, left, right))
    if kind == other == "object":
        return left.keys() == right.keys() and all(same(left[key], right[key]) for key in left)
    if kind == other and kind != "number":
        return bool(left == right)
    if kind != other and (strict or {kind, other} & {"null", "array", "object"}):
        return False
    number = _cast(left)
    return number is not None and number == _cast(right)


def _in(needle: Any, haystack: Any) -> bool:
    if haystack is None:
        return False
    if isinstance(haystack, list):
        return any(_equal(needle, element, strict=True) for element in haystack)
    if not isinstance(haystack, str):
        raise LogicError("The haystack of 'in' and 'not_in' is an array or a string.")
    return _kind(needle) in ("text", "number") and _text(needle) in haystack


def _ordered(compare: Callable[[Any, Any], bool]) -> Callable[..., bool]:
    def pair(left: Any, right: Any) -> bool:
        if not (isinstance(left, str) and isinstance(right, str)):
            left, right = _cast(left), _cast(right)
        return None not in (left, right) and compare(left, right)

    return lambda *operands: all(pair(left, right) for left, right in pairwise(operands))


def _arithmetic(step: Callable[[Decimal, Decimal], Decimal]) -> Callable[..., int | float | None]:
    return lambda *operands: _json_number(reduce(step, map(_operand, operands)))


def _substr(text: Any, start: Any, *length: Any) -> str:
    source = _text(text)
    rest = source[max(_whole(start), -len(source)) :]
    return rest[: _whole(length[0])] if length else rest


def _step(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value[name]
    if isinstance(value, list) and _INDEX.fullmatch(name):
        return value[int(name)]
    raise LookupError(name)


def _find(scope: _Scope, path: Any, default: Any = None) -> Any:
    names = _text(path)
    if not names:
        return scope.data
    root, *rest = names.split(".")
    try:
        return reduce(_step, rest, _step(scope.data, root) if scope.lookup is None else scope.lookup(root))
    except LookupError:
        return default


def _absent(keys: list[Any], scope: _Scope) -> list[Any]:
    return [key for key in keys if _find(scope, key) in (None, "")]


def _nullable(run: Callable[..., Any], count: int) -> _Operator:
    return (lambda *operands: None if None in operands else run(*operands), count, count)


def _moment(value: Any) -> datetime:
    if not isinstance(value, str):
        raise LogicError("A date operator got something that is no date string.")
    moment = datetime.fromisoformat(value)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _plus(moment: datetime, unit: timedelta | int, count: int) -> datetime:
    if isinstance(unit, timedelta):
        return moment + unit * count
    year, month = divmod(moment.year * 12 + moment.month - 1 + unit * count, 12)
    return moment.replace(year=year, month=month + 1, day=min(moment.day, calendar.monthrange(year, month + 1)[1]))


def _date_add(value: Any, amount: Any, unit: Any) -> str:
    moved = _plus(_moment(value), _UNITS[_text(unit)], _whole(amount))
    if _DATE.fullmatch(value) and unit not in ("minutes", "hours"):
        return moved.date().isoformat()
    return moved.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")


def _date_diff(left: Any, right: Any, unit: Any) -> int:
    start, end, step = _moment(left), _moment(right), _UNITS[_text(unit)]
    if end < start:
        return -_date_diff(right, left, unit)
    if isinstance(step, timedelta):
        return (end - start) // step
    months = (end.year - start.year) * 12 + end.month - start.month
    return (months - (_plus(start, 1, months) > end)) // step


def _date_format(value: Any, letters: Any, zone: Any = None) -> str | None:
    if value is None or letters is None:
        return None
    moment, place = _moment(value), UTC if zone is None else ZoneInfo(_text(zone))
    moment = moment.replace(tzinfo=place) if _DATE.fullmatch(value) else moment.astimezone(place)
    return php_date(moment, _text(letters))


def php_date(moment: datetime, letters: str) -> str:
    """Print an aware moment by PHP's date letters (automation §8.2); a backslash keeps the character after it."""
    return _PHP.sub(lambda m: m[1] or str(_LETTERS[m[2]](moment)), letters)


_STRFTIME = zip("dDlNwWFMmyHhisuATO", "daAuwVBbmyHIMSfpZz", strict=True)
_LETTERS: dict[str, Callable[[datetime], object]] = {
    **{letter: methodcaller("strftime", f"%{code}") for letter, code in _STRFTIME},
    "j": lambda m: m.day,
    "S": lambda m: "th" if 10 < m.day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(m.day % 10, "th"),
    "z": lambda m: m.timetuple().tm_yday - 1,
    "o": lambda m: f"{m.isocalendar().year:04}",
    "n": lambda m: m.month,
    "t": lambda m: calendar.monthrange(m.year, m.month)[1],
    "L": lambda m: int(calendar.isleap(m.year)),
    "Y": lambda m: f"{m.year:04}",
    "a": lambda m: "am" if m.hour < 12 else "pm",
    "g": lambda m: m.hour % 12 or 12,
    "G": lambda m: m.hour,
    "v": lambda m: f"{m.microsecond // 1000:03}",
    "e": lambda m: m.tzinfo,
    "P": lambda m: f"{m:%z}"[:3] + ":" + f"{m:%z}"[3:5],
    "p": lambda m: php_date(m, "P") if m.utcoffset() else "Z",
    "Z": lambda m: (m.utcoffset() or timedelta()) // timedelta(seconds=1),
    "c": lambda m: php_date(m, r"Y-m-d\TH:i:sP"),
    "r": lambda m: php_date(m, "D, d M Y H:i:s O"),
    "U": lambda m: (m - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1),
}
_PHP = re.compile(rf"\\(.)|([{''.join(_LETTERS)}])", re.DOTALL)

_subtract = _arithmetic(_MATH.subtract)

_PLAIN: dict[str, _Operator] = {
    "==": (lambda a, b: _equal(a, b, strict=False), 2, 2),
    "!=": (lambda a, b: not _equal(a, b, strict=False), 2, 2),
    "===": (lambda a, b: _equal(a, b, strict=True), 2, 2),
    "!==": (lambda a, b: not _equal(a, b, strict=True), 2, 2),
    ">": (_ordered(gt), 2, 2),
    ">=": (_ordered(ge), 2, 2),
    "<": (_ordered(lt), 2, 3),
    "<=": (_ordered(le), 2, 3),
    "!": (lambda a: not _truthy(a), 1, 1),
    "!!": (_truthy, 1, 1),
    "+": (_arithmetic(_MATH.add), 1, _ANY),
    "-": (lambda *numbers: _subtract(*numbers) if len(numbers) > 1 else _subtract(0, *numbers), 1, 2),
    "*": (_arithmetic(_MATH.multiply), 1, _ANY),
    "/": (_arithmetic(_MATH.divide), 2, 2),
    "%": (_arithmetic(_MATH.remainder), 2, 2),
    "min": (_arithmetic(min), 1, _ANY),
    "max": (_arithmetic(max), 1, _ANY),
    "merge": (lambda *lists: [e for part in lists for e in (part if isinstance(part, list) else [part])], 0, _ANY),
    "in": (_in, 2, 2),
    "not_in": (lambda a, b: not _in(a, b), 2, 2),
    "cat": (lambda *operands: "".join(map(_text, operands)), 0, _ANY),
    "substr": (_substr, 2, 3),
    "log": (lambda a: a, 1, 1),
    "starts_with": _nullable(lambda a, b: _text(a).startswith(_text(b)), 2),
    "ends_with": _nullable(lambda a, b: _text(a).endswith(_text(b)), 2),
    "lower": _nullable(lambda a: _text(a).lower(), 1),
    "upper": _nullable(lambda a: _text(a).upper(), 1),
    "date_add": _nullable(_date_add, 3),
    "date_diff": _nullable(_date_diff, 3),
    "date_format": (_date_format, 2, 3),
}

_SCOPED: dict[str, _Operator] = {
    "var": (_Evaluation.var, 0, 2),
    "missing": (_Evaluation.missing, 0, _ANY),
    "missing_some": (_Evaluation.missing_some, 2, 2),
    "and": (partial(_Evaluation.first, truth=False), 1, _ANY),
    "or": (partial(_Evaluation.first, truth=True), 1, _ANY),
    "if": (_Evaluation.choose, 0, _ANY),
    "?:": (_Evaluation.choose, 0, _ANY),
    "map": (lambda *scoped: [value for _, value in _Evaluation.each(*scoped)], 2, 2),
    "filter": (lambda *scoped: [item for item, value in _Evaluation.each(*scoped) if _truthy(value)], 2, 2),
    "reduce": (_Evaluation.reduce, 2, 3),
    "all": (lambda *scoped: min(_Evaluation.truths(*scoped), default=False), 2, 2),
    "some": (lambda *scoped: any(_Evaluation.truths(*scoped)), 2, 2),
    "none": (lambda *scoped: not any(_Evaluation.truths(*scoped)), 2, 2),
}
