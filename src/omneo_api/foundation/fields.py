"""Input models: the types of their fields, their base class, and the answer to a failed rule (conventions §2, §11)."""

import copy
import functools
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal, InvalidOperation
from enum import Enum
from typing import Annotated, Any, ClassVar, TypeVar, Union, cast, get_args, get_origin
from uuid import UUID

import phonenumbers
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    PlainValidator,
    ValidationError,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic.fields import FieldInfo
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema, ErrorDetails

from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid, spoken
from omneo_api.foundation.validation import (
    MAX_LIST,
    URL_LENGTH,
    distinct,
    short_list,
    to_bool,
    to_date,
    to_datetime,
    to_decimal,
    to_dollars,
    to_email,
    to_handle_reference,
    to_int,
    to_meta,
    to_moment,
    to_money,
    to_tag,
    to_time,
    to_timezone,
    to_url,
    to_uuid,
)

M = TypeVar("M", bound="Body")


class Keep(Enum):
    """Marks what the normalisation of a body (trim, empty string to null) leaves alone."""

    VERBATIM = "the whole value"
    INSIDE = "what lies within an object or array"


_HANDLE = r"^[A-Za-z0-9_.-]*[A-Za-z_.-][A-Za-z0-9_.-]*$"
_KEY = r"^[A-Za-z0-9_.-]+$"
_TEXTUAL = Field(coerce_numbers_to_str=True)
_REFERENCE_SCHEMA = WithJsonSchema({"type": "array", "items": {"type": "string"}, "maxItems": MAX_LIST})


@dataclass(frozen=True, slots=True)
class Longest:
    """The length of a text whose field names none.

    Pydantic puts `name: Text = Field(max_length=5)` before, `Annotated[Text, Field(max_length=5)]` behind what `Text`
    says itself; with a plain `Field(max_length=255)` here the first form would be lost in silence. For the same reason
    the types below check before pydantic's own schema instead of replacing it.
    """

    characters: int

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        schema = handler(source)
        return schema if "max_length" in schema else cast("CoreSchema", {**schema, "max_length": self.characters})


Text = Annotated[str, _TEXTUAL, Longest(255)]
"""Text of at most 255 characters; numbers become text."""
LongText = Annotated[str, _TEXTUAL]
"""Text of any length that fits into a body."""
Secret = Annotated[str, Keep.VERBATIM, _TEXTUAL, Longest(4096)]
"""A password or key: neither trimmed nor nulled when empty, not shown by `repr`."""
Handle = Annotated[str, _TEXTUAL, Field(min_length=1, pattern=_HANDLE), Longest(255)]
"""The handle of a resource that is addressed by id or handle: never digits only (conventions §8.2)."""
Key = Annotated[str, _TEXTUAL, Field(min_length=1, pattern=_KEY), Longest(255)]
"""The same characters where digits alone are fine: namespaces, keys of custom fields (conventions §8.2)."""
Bool = Annotated[bool, BeforeValidator(to_bool)]
Int = Annotated[int, BeforeValidator(to_int)]
Number = Annotated[Decimal, BeforeValidator(to_decimal)]
Money = Annotated[Decimal, BeforeValidator(to_money)]
Dollars = Annotated[Decimal, BeforeValidator(to_dollars)]
DateTime = Annotated[datetime, BeforeValidator(to_datetime)]
"""Aware, in UTC, whole seconds."""
NaiveOrAwareDateTime = Annotated[datetime, BeforeValidator(to_moment)]
"""Keeps `tzinfo` None when the input had no zone, for values that are wall time (incentives-value 3.4)."""
Date = Annotated[date, BeforeValidator(to_date)]
TimeOfDay = Annotated[time, BeforeValidator(to_time), WithJsonSchema({"type": "string", "examples": ["09:30"]})]
Email = Annotated[str, Longest(255), BeforeValidator(to_email), Field(json_schema_extra={"format": "email"})]
Url = Annotated[str, Longest(URL_LENGTH), BeforeValidator(to_url), Field(json_schema_extra={"format": "uri"})]
Timezone = Annotated[str, BeforeValidator(to_timezone)]
Uuid = Annotated[UUID, BeforeValidator(to_uuid)]
Json = Annotated[Any, Keep.VERBATIM]
"""Any JSON value, null included, exactly as sent."""
Meta = Annotated[
    dict[str, Any] | list[Any],
    Keep.INSIDE,
    PlainValidator(to_meta),
    WithJsonSchema({"anyOf": [{"type": "object"}, {"type": "array"}]}),
]
Tags = Annotated[
    list[Annotated[str | int, PlainValidator(to_tag)]],
    BeforeValidator(short_list),
    AfterValidator(distinct),
    _REFERENCE_SCHEMA,
]
"""Tags as handles (or ids, from the old object form), duplicates dropped, in the order sent; at most 1000."""
Handles = Annotated[
    list[Annotated[str | int, PlainValidator(to_handle_reference)]],
    BeforeValidator(short_list),
    AfterValidator(distinct),
    _REFERENCE_SCHEMA,
]
"""The same for systems and channels, whose blanks stay."""


class FieldError(ValueError):
    """A rule across fields that failed, raised by a `model_validator(mode="after")`: path below the model → text.

    `{field}` within a text stands for the spoken path of the key, as in `"The {field} field is required."`.
    """

    def __init__(self, errors: Mapping[str, str]) -> None:
        super().__init__("; ".join(errors.values()))
        self.errors = dict(errors)


class Body(BaseModel):
    """The base of every input model: strings are trimmed, empty ones null, unknown keys ignored (conventions §2).

    `Secret` and JSON fields stay as sent. `[]`, which PHP sends for an empty object, is `{}`.
    A field that may be absent has a default; one that may be null is typed `… | None`.
    """

    model_config: ClassVar[ConfigDict] = ConfigDict(
        extra="ignore", coerce_numbers_to_str=True, hide_input_in_errors=True, protected_namespaces=()
    )

    @model_validator(mode="before")
    @classmethod
    def _normalise(cls, data: Any) -> Any:
        if type(data) is not dict:
            return {} if data == [] else data
        kinds = _kinds(cls)
        tidy = {}
        for name, value in data.items():
            kind = type(value)
            if kind is str:
                tidy[name] = value if kinds.get(name) is _Kind.VERBATIM else value.strip() or None
            elif kind is list or kind is dict:
                tidy[name] = _tidied(value, kinds.get(name, _Kind.VERBATIM))
            else:
                tidy[name] = value
        return tidy

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        kinds = _kinds(type(self))
        return ((name, value) for name, value in super().__repr_args__() if kinds.get(name or "") is not _Kind.VERBATIM)

    @classmethod
    def __get_pydantic_json_schema__(cls, schema: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        described = handler(schema)
        for field in handler.resolve_ref_schema(described).get("properties", {}).values():
            _name_bounds(field)
            if field.get("default", field) is None:
                del field["default"]
        return described


def validate(model: type[M], data: Any, prefix: str = "") -> M:
    """Make a `model` of `data`, or raise `Invalid` with every failing field at once, one text each (conventions §11).

    `prefix` is the dotted path of `data` within the request, such as `items.0`.
    """
    try:
        return model.model_validate(data)
    except ValidationError as failure:
        raise Invalid(_errors(model, failure, prefix)) from None


def sound(model: type[M], data: Any) -> tuple[M, Errors]:
    """Make a `model` of the sound fields of `data`; answer it with the errors of the others.

    Raises: Invalid when what is left makes no `model`, as when a required field fails.
    """
    try:
        return validate(model, data), {}
    except Invalid as fault:
        failing = {path.split(".")[0] for path in fault.errors}
        rest = {name: value for name, value in data.items() if name not in failing} if type(data) is dict else data
        try:
            return validate(model, rest), fault.errors
        except Invalid:
            raise fault from None


def sent(body: BaseModel) -> dict[str, Any]:
    """Pick the fields that were in the request, validated, in the order of the model."""
    present = body.model_fields_set
    return {name: value for name, value in body.__dict__.items() if name in present}


@functools.cache
def partial(model: type[M]) -> type[M]:
    """Derive the update twin of a create model: no field required, an absent one None and not in `model_fields_set`.

    Types, constraints and validators stay; a null is refused where the create model refuses it (conventions §1.2).
    A rule across fields must therefore ask `model_fields_set` before it reads. Models nested in fields keep their own
    rules.
    """
    fields: dict[str, Any] = {}
    for name, info in model.model_fields.items():
        optional = copy.copy(info)
        optional.default = None
        optional.default_factory = None
        fields[name] = (info.annotation, optional)
    return create_model(f"{model.__name__}Update", __base__=model, __module__=model.__module__, **fields)


@dataclass(frozen=True, slots=True)
class PhoneNumber:
    """A valid number in the forms that profiles keep (profiles 1.1): `+61404123123`, 61, `404123123`, `0404123123`."""

    e164: str
    country: int
    national: str
    national_prefix: str


def parse_phone(value: str, region: str) -> PhoneNumber | None:
    """Read a number in international form or as dialled within `region` (alpha-2); None if not valid (profiles 1.4)."""
    try:
        number = phonenumbers.parse(value, region.upper())
    except phonenumbers.NumberParseException:
        return None
    if number.country_code is None or not phonenumbers.is_valid_number(number):
        return None
    number.extension = None
    dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
    return PhoneNumber(
        e164=phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
        country=number.country_code,
        national=phonenumbers.national_significant_number(number),
        national_prefix=phonenumbers.normalize_digits_only(dialled),
    )


class _Kind(Enum):
    VERBATIM = 0
    INSIDE = 1
    FLAT = 2
    DEEP = 3


@functools.cache
def _kinds(model: type[BaseModel]) -> dict[str, _Kind]:
    """How far the normalisation goes into the value of each field.

    Objects are left to the models that they become; only a field of plain dictionaries is walked through (`DEEP`).
    """
    kinds = {}
    for name, info in model.model_fields.items():
        hints = list(_hints(Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation))
        if Keep.VERBATIM in hints or Any in hints:
            kinds[name] = _Kind.VERBATIM
        elif Keep.INSIDE in hints:
            kinds[name] = _Kind.INSIDE
        elif dict in hints and BaseModel not in hints:
            kinds[name] = _Kind.DEEP
        else:
            kinds[name] = _Kind.FLAT
    return kinds


def _hints(annotation: Any) -> list[Any]:
    """Find the markers, `Any`, `dict` and `BaseModel` in an annotation; a marked part is not looked into."""
    if get_origin(annotation) is Annotated:
        inner, *metadata = get_args(annotation)
        markers = [marker for marker in metadata if isinstance(marker, Keep)]
        return markers or _hints(inner)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [BaseModel]
    found = [annotation] if annotation in (Any, dict) else []
    if get_origin(annotation) is dict:
        found.append(dict)
    return found + [hint for part in get_args(annotation) for hint in _hints(part)]


def _tidied(value: Any, kind: _Kind) -> Any:
    if kind is _Kind.VERBATIM or kind is _Kind.INSIDE:
        return value
    if type(value) is str:
        return value.strip() or None
    if type(value) is list:
        return [_tidied(below, kind) for below in value]
    if type(value) is dict and kind is _Kind.DEEP:
        return {name: _tidied(below, kind) for name, below in value.items()}
    return value


_BOUNDS = {
    "ge": "minimum",
    "gt": "exclusiveMinimum",
    "le": "maximum",
    "lt": "exclusiveMaximum",
    "multiple_of": "multipleOf",
}


def _name_bounds(schema: Any) -> None:
    """Give constraints on function-validated types their JSON Schema names; pydantic writes its own there."""
    if not isinstance(schema, dict):
        return
    for own, proper in _BOUNDS.items():
        if own in schema:
            bound = schema.pop(own)
            schema[proper] = float(bound) if isinstance(bound, str) else bound
    _name_bounds(schema.get("items"))
    for branch in schema.get("anyOf", ()):
        _name_bounds(branch)


# Type of a pydantic error → text, and the entry of its context that is the N of the text.
_TEXTS: dict[str, tuple[str, str]] = {
    "missing": ("is required.", ""),
    "string_type": ("must be a string.", ""),
    "string_sub_type": ("must be a string.", ""),
    "string_unicode": ("must be a string.", ""),
    "string_pattern_mismatch": ("format is invalid.", ""),
    "string_too_short": ("must be at least N characters.", "min_length"),
    "string_too_long": ("must not be greater than N characters.", "max_length"),
    "too_short": ("must have at least N items.", "min_length"),
    "too_long": ("must not have more than N items.", "max_length"),
    "greater_than": ("must be greater than N.", "gt"),
    "greater_than_equal": ("must be at least N.", "ge"),
    "less_than": ("must be less than N.", "lt"),
    "less_than_equal": ("must not be greater than N.", "le"),
    "multiple_of": ("must be a multiple of N.", "multiple_of"),
}
_FAMILIES = (
    (("model_", "dict_", "list_", "tuple_", "set_", "mapping_", "iterable_"), "must be an array."),
    (("bool_",), "must be true or false."),
    (("int_",), "must be an integer."),
    (("float_", "decimal_", "finite_"), "must be a number."),
    (("date_", "datetime_", "time_", "timezone_"), "must be a valid date."),
    (("uuid_",), "must be a valid UUID."),
    (("url_",), "must be a valid URL."),
)
_SELECTED = frozenset({"literal_error", "enum", "union_tag_invalid", "union_tag_not_found"})
_CHARACTERS = {"too_short": "string_too_short", "too_long": "string_too_long"}


def _errors(model: type[BaseModel], failure: ValidationError, prefix: str) -> Errors:
    errors: Errors = {}
    ambiguous: set[str] = set()
    for detail in failure.errors(include_url=False):
        place, field, unions = _locate(model, detail["loc"], prefix)
        ambiguous.update(unions)
        raised = detail.get("ctx", {}).get("error")
        if isinstance(raised, FieldError):
            for key, text in raised.errors.items():
                path = f"{place}.{key}" if place else key
                errors.setdefault(path, [text.replace("{field}", spoken(path))])
        elif not place:
            errors.setdefault("body", ["The request body must be an object."])
        else:
            errors.setdefault(place, [_text(detail, field, place)])
    # Where one branch of a union got further than the other, its finding is the useful one.
    for place in ambiguous & errors.keys():
        if any(other.startswith(f"{place}.") for other in errors):
            del errors[place]
    return errors


def _text(detail: ErrorDetails, field: FieldInfo | None, path: str) -> str:
    kind = detail["type"]
    name = spoken(path)
    if kind == "rule" and detail["input"] is not None:
        return detail["msg"].replace("{field}", name)
    if kind == "missing" or (detail["input"] is None and field is not None and field.is_required()):
        return f"The {name} field is required."
    if kind == "rule":
        return detail["msg"].replace("{field}", name)
    if kind in _SELECTED:
        return selected_is_invalid(path)
    context = detail.get("ctx", {})
    if kind in ("value_error", "assertion_error"):
        return str(context.get("error", "")).replace("{field}", name)
    if kind in _CHARACTERS and isinstance(detail["input"], str):
        kind = _CHARACTERS[kind]
    if kind in _TEXTS:
        rule, bound = _TEXTS[kind]
        return f"The {name} field {_bounded(rule, context[bound]) if bound else rule}"
    rule = next((rule for starts, rule in _FAMILIES if kind.startswith(starts)), "format is invalid.")
    return f"The {name} field {rule}"


def _bounded(rule: str, bound: Any) -> str:
    # A decimal bound comes in the form that `repr` gives it; one that is no number belongs to a date.
    try:
        number = Decimal(str(bound).removeprefix("Decimal('").removesuffix("')"))
    except InvalidOperation:
        return "must be a valid date."
    whole = number == number.to_integral_value()
    return rule.replace("N", str(int(number)) if whole else format(number.normalize(), "f"))


def _locate(model: type[BaseModel], loc: tuple[int | str, ...], prefix: str) -> tuple[str, FieldInfo | None, set[str]]:
    """Find the dotted path of an error, the field it ends at, and the paths of the unions on its way.

    Pydantic puts the name of the branch into `loc` after a union; the annotations tell it from a key of the input.
    """
    parts = [prefix] if prefix else []
    hint: Any = model
    field: FieldInfo | None = None
    unions = set()
    for item in loc:
        hint = _bare(hint)
        if get_origin(hint) in (Union, types.UnionType):
            unions.add(".".join(parts))
            hint = _branch(hint, str(item))
            continue
        field = None
        if isinstance(hint, type) and issubclass(hint, BaseModel):
            field = hint.model_fields.get(str(item))
            hint = field.annotation if field else None
        elif item == "[key]":
            continue
        else:
            hint = get_args(hint)[-1] if get_args(hint) else None
        parts.append(str(item))
    return ".".join(parts), field, unions


def _bare(hint: Any) -> Any:
    """Strip an annotation of its metadata and of `| None`."""
    while True:
        if get_origin(hint) is Annotated:
            hint = get_args(hint)[0]
            continue
        if get_origin(hint) in (Union, types.UnionType):
            branches = [branch for branch in get_args(hint) if branch is not type(None)]
            if len(branches) == 1:
                hint = branches[0]
                continue
        return hint


def _branch(union: Any, label: str) -> Any:
    """Find the member of a union that pydantic's label means, or None for one below which no keys are."""
    for member in map(_bare, get_args(union)):
        origin = get_origin(member)
        name = origin.__name__ + "[" if isinstance(origin, type) else getattr(member, "__name__", "")
        if name and name in label:
            return member
    return None
