"""The query language of conventions §5–§7: filters, search, sorts and includes, declared once per list.

A `Listing` says what a list offers; `parse` turns a request's parameters into a `Query` (or the exact 400 or 422), and
`statement` turns its form, without its values, into one compiled statement that is kept for the next request alike.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args, get_origin

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    ColumnElement,
    Text,
    bindparam,
    cast,
    false,
    func,
    or_,
    select,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import RelationshipProperty
from sqlalchemy.types import NullType

from omneo_api.foundation.conditions import compare, folded_twin, keyed, kind_of, through, walked
from omneo_api.foundation.errors import BadRequest, Invalid
from omneo_api.foundation.filter_values import FilterFault, parse_value
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Read, Sql, attribute, list_json, marker_of, rows_json, shape_of
from omneo_api.foundation.statements import Statement

IDENTITY_BEARING = frozenset({"id", "profile_id", "email", "mobile_phone", "identifier", "external_id", "handle"})
ALIASES = {"neq": "ne", "null": "nullable"}
OPERATORS = frozenset({"eq", "ne", "gt", "gte", "lt", "lte", "in", "nin", "like", "nullable"})
UNFILTERED = (JSON, ARRAY, NullType)
LIKE_ESCAPES = str.maketrans({"%": r"\%", "_": r"\_", "\\": r"\\"})

Where = Callable[[Any], ColumnElement[bool]]


@dataclass(frozen=True)
class Filter:
    """One filterable thing: how to reach its column, and how its values are read.

    `path` walks relationships (`("tags",)` or `("profile", "identities", "identifier")`); `expression` replaces it for
    computed things; `clean` prepares a value before it is read (phones).
    """

    path: tuple[str, ...] = ()
    expression: Callable[[Any], ColumnElement[Any]] | None = None
    clean: Callable[[str], str] | None = None
    condition: Callable[[Any, str, Any], ColumnElement[bool]] | None = None
    kind: str | None = None


@dataclass(frozen=True, slots=True)
class Condition:
    name: str
    operator: str
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Query:
    """A request's filters, search, order and includes, read and checked."""

    conditions: tuple[Condition, ...] = ()
    search: str | None = None
    contains: str | None = None
    sorts: tuple[tuple[str, bool], ...] = ()
    include: frozenset[str] = frozenset()

    @property
    def form(self) -> tuple[Any, ...]:
        """What decides the statement's text: everything but the values."""
        conditions = tuple((c.name, c.operator, tuple(value is None for value in c.values)) for c in self.conditions)
        return conditions, self.search is not None, self.contains is not None, self.sorts, self.include

    def values(self) -> dict[str, Any]:
        bound: dict[str, Any] = {}
        for place, condition in enumerate(self.conditions):
            for part, value in enumerate(condition.values):
                bound[f"f{place}_{part}"] = value
        if self.search is not None:
            bound["search"] = self.search
            bound["search_pattern"] = like_pattern(self.search)
        if self.contains is not None:
            bound["contains"] = self.contains
        return bound


def like_pattern(words: str) -> str:
    return f"%{words.translate(LIKE_ESCAPES)}%"


class Listing:
    """What one list offers and how it is ordered.

    filters: names of fields that may be filtered (default: every scalar field of the schema), and by name whatever is
        reached differently. search: columns searched by substring, or an expression. unless: conditions that hold
        until the filter of that name is given. order: default sort, the primary key is always the last word.
        counted: name of a counter that knows the size of the unfiltered list. contained: what `json_contains` looks
        into (default: `meta`). custom_field: the relationship to rows of namespace, handle and value for that filter.
    """

    def __init__(
        self,
        schema: type[Read],
        model: Any,
        *,
        filters: Sequence[str] | None = None,
        extra: Mapping[str, Filter] | None = None,
        search: Sequence[str] | Callable[[Any], ColumnElement[bool]] = (),
        search_order: Callable[[Any], Sequence[Any]] | None = None,
        order: Sequence[str] = ("id",),
        live: Where | None = None,
        unless: Mapping[str, Where] | None = None,
        counted: str | None = None,
        key: str = "id",
        contained: Callable[[Any], Any] | None = None,
        custom_field: str | None = None,
    ) -> None:
        self.schema, self.model, self.key, self.counted = schema, model, key, counted
        self.search, self.search_order, self.order = search, search_order, tuple(order)
        self.live = live or (_not_deleted if hasattr(model, "deleted_at") else None)
        self.unless = dict(unless or {})
        self._named, self._extra = filters, dict(extra or {})
        self.contained = contained or ((lambda entity: entity.meta) if hasattr(model, "meta") else None)
        if custom_field is not None:
            self._extra["custom_field"] = Filter(condition=keyed(custom_field), kind="text")
        self.includable = shape_of(schema).includable
        self.statement = lru_cache(maxsize=1024)(self._statement)

    @cached_property
    def _scalars(self) -> dict[str, Any]:
        return {name: info for name, info, _ in shape_of(self.schema).fields if self._is_scalar(name, info)}

    @cached_property
    def filters(self) -> dict[str, Filter]:
        """What may be filtered, by the name in the request."""
        names = list(self._scalars) if self._named is None else list(self._named)
        names += [name for name in ("created_at", "updated_at") if name not in names and hasattr(self.model, name)]
        tagged = {"tags.handle": Filter(path=("tags", "handle"))} if _is_tagged(self.model) else {}
        return {name: self._field_filter(name) for name in names} | tagged | self._extra

    def _is_scalar(self, name: str, info: Any) -> bool:
        computed = marker_of(info, Sql)
        if computed is not None:
            return not isinstance(computed.expression(self.model).type, UNFILTERED) and _plain(info.annotation)
        found = attribute(self.model, name, info) if self._has(name, info) else None
        if found is None or isinstance(getattr(found, "property", None), RelationshipProperty):
            return False
        return not isinstance(found.type, UNFILTERED)

    def _has(self, name: str, info: Any) -> bool:
        try:
            attribute(self.model, name, info)
        except AttributeError:
            return False
        return True

    def _field_filter(self, name: str) -> Filter:
        info = self._scalars.get(name)
        computed = marker_of(info, Sql) if info is not None else None
        if computed is not None:
            return Filter(expression=computed.expression)
        if info is not None:
            return Filter(expression=lambda entity: attribute(entity, name, info), path=(name,))
        return Filter(path=tuple(name.split(".")))

    # Reading a request ------------------------------------------------------------------------------------------------

    def parse(self, parameters: Mapping[str, Any]) -> Query:
        """Reads `filter`, `search`, `sort` and `include` of bracket-parsed parameters.

        Raises: BadRequest for an unknown filter or operator, Invalid for a value that does not parse.
        """
        given = parameters.get("filter")
        filters: dict[str, Any] = dict(given) if isinstance(given, dict) else {}
        search = _word(_searched(filters.pop("search", None))) or _word(parameters.get("search"))
        contains = filters.pop("json_contains", None) if self.contained is not None else None
        conditions: list[Condition] = []
        errors: dict[str, list[str]] = {}
        unknown: list[str] = []
        with_words = filters.pop("search_with", None)
        if with_words is not None and not isinstance(with_words, dict):
            unknown.append("search_with")
        for name, words in with_words.items() if isinstance(with_words, dict) else ():
            if name not in self.filters or not isinstance(words, str):
                unknown.append(f"search_with.{name}")
            elif words.strip():
                conditions.append(Condition(name, "like", (like_pattern(words.strip()),)))
        fields = filters.pop("custom_field", None) if "custom_field" in self.filters else None
        if fields is not None:
            conditions += _read_keyed(fields)
        for name, value in filters.items():
            self._read_filter(name, value, conditions, errors, unknown)
        if unknown:
            raise BadRequest(self._not_allowed(unknown))
        if contains is not None and parse_value("json", contains, errors, "filter.json_contains") is None:
            contains = None
        if errors:
            raise Invalid(errors)
        return Query(tuple(conditions), search, contains, self._sorts(parameters), self._includes(parameters))

    def _not_allowed(self, unknown: Sequence[str]) -> str:
        return _refused(unknown, sorted(self.filters))

    def _read_filter(
        self, name: str, value: Any, into: list[Condition], errors: dict[str, list[str]], unknown: list[str]
    ) -> None:
        if isinstance(value, dict) and name not in self.filters:
            for second, inner in value.items():
                self._read_filter(f"{name}.{second}", inner, into, errors, unknown)
            return
        if name not in self.filters:
            unknown.append(name)
            return
        if isinstance(value, list):
            value = {"in": value} if name != "tags.handle" else value
        operations = value.items() if isinstance(value, dict) else [("eq", value)]
        for operator, operand in operations:
            canonical = ALIASES.get(operator, operator)
            if canonical not in OPERATORS:
                if f"{name}.{operator}" in self.filters:
                    self._read_filter(f"{name}.{operator}", operand, into, errors, unknown)
                    continue
                raise BadRequest(f"Requested filter operator `{operator}` is not allowed.")
            for single in operand if isinstance(operand, list) and canonical not in ("in", "nin") else [operand]:
                try:
                    into.extend(self._conditions(name, canonical, single))
                except FilterFault as fault:
                    errors.setdefault(f"filter.{name}", [f"The filter.{name.replace('_', ' ')} field {fault}"])

    def _conditions(self, name: str, operator: str, operand: Any) -> list[Condition]:
        found = self.filters[name]
        kind = self.kind(name)
        if operator == "nullable":
            return [Condition(name, "is_null" if parse_value("boolean", operand) else "is_not_null", ())]
        if isinstance(operand, str):
            operand = operand.strip()
        if operand == "":
            if name.rsplit(".", maxsplit=1)[-1] in IDENTITY_BEARING:
                raise FilterFault("is required.")
            return []
        if operand == "undefined":
            raise BadRequest(f"Requested filter `{name}` has no value.")
        if operand == "null":
            return [Condition(name, {"ne": "is_not_null"}.get(operator, "is_null"), ())]
        if operator in ("in", "nin") or (operator == "eq" and kind in SPLITTING and "," in str(operand)):
            parts = operand if isinstance(operand, list) else str(operand).split(",")
            members = [parse_value(kind, _clean(found, part.strip())) for part in parts if part.strip()]
            if kind == "datetime":
                spans = [list(ends) for ends in zip(*members, strict=True)] or [[], []]
                return [Condition(name, "not_within" if operator == "nin" else "within", tuple(spans))]
            if kind == "date":
                members = [start for start, _ in members]
            return [Condition(name, "nin" if operator == "nin" else "in", (members,))]
        if operator == "like":
            return [Condition(name, "like", (like_pattern(str(operand)),))]
        if kind in ("datetime", "date"):
            return _temporal(name, operator, kind, str(operand))
        return [Condition(name, operator, (parse_value(kind, _clean(found, operand)),))]

    def _sorts(self, parameters: Mapping[str, Any]) -> tuple[tuple[str, bool], ...]:
        text = _word(parameters.get("sort"))
        chosen: list[tuple[str, bool]] = []
        for part in (text or "").split(","):
            name = part.strip().lstrip("-")
            if (
                name in self._scalars
                or name == self.key
                or (name in ("created_at", "updated_at") and hasattr(self.model, name))
            ):
                chosen.append((name, part.strip().startswith("-")))
        return tuple(chosen)

    def _includes(self, parameters: Mapping[str, Any]) -> frozenset[str]:
        text = _word(parameters.get("include"))
        asked = [part.strip() for part in (text or "").split(",")]
        return frozenset(name for name in asked if name.split(".")[0] in self.includable)

    # Making the statement ---------------------------------------------------------------------------------------------

    def column(self, name: str, entity: Any) -> Any:
        found = self.filters.get(name)
        if found is not None and found.expression is not None:
            return found.expression(entity)
        info = self._scalars.get(name)
        computed = marker_of(info, Sql) if info is not None else None
        return computed.expression(entity) if computed is not None else attribute(entity, name, info)

    def kind(self, name: str) -> str:
        """How the values of a filter are read: text, handle, enum, integer, number, boolean, datetime, date, uuid."""
        found = self.filters[name]
        if found.kind:
            return found.kind
        info = self._scalars.get(name)
        if info is not None and _is_enumeration(info.annotation):
            return "enum"
        column = found.expression(self.model) if found.expression else walked(self.model, found.path)
        kind = kind_of(column.type)
        if kind == "text" and (name.endswith("handle") and name != "id_handle"):
            return "handle"
        return kind

    def where(self, query_form: tuple[Any, ...], entity: Any) -> list[ColumnElement[bool]]:
        conditions, searched, contained = query_form[0], query_form[1], query_form[2]
        clauses = [self.live(entity)] if self.live is not None else []
        given = {name for name, _, _ in conditions}
        clauses += [clause(entity) for name, clause in self.unless.items() if name not in given]
        for place, (name, operator, _) in enumerate(conditions):
            clauses.append(self._clause(name, operator, f"f{place}", entity))
        if searched:
            clauses.append(self._search(entity))
        if contained:
            contained = self.contained(entity) if self.contained is not None else entity.meta
            clauses.append(contained.op("@>")(cast(bindparam("contains", type_=Text), JSONB)))
        return clauses

    def _search(self, entity: Any) -> ColumnElement[bool]:
        if callable(self.search):
            return self.search(entity)
        pattern = bindparam("search_pattern", type_=Text)
        return or_(false(), *(attribute(entity, name).ilike(pattern) for name in self.search))

    def _clause(self, name: str, operator: str, parameter: str, entity: Any) -> ColumnElement[bool]:
        found = self.filters[name]
        if found.condition is not None:
            return found.condition(entity, operator, parameter)
        if found.expression is not None:
            return compare(found.expression(entity), operator, parameter, folded_twin(entity, found.path))
        return through(entity, found.path, operator, parameter)

    def ordering(self, sorts: tuple[tuple[str, bool], ...], entity: Any) -> list[Any]:
        chosen = sorts or tuple((name.lstrip("-"), name.startswith("-")) for name in self.order)
        if all(name != self.key for name, _ in chosen):
            chosen = (*chosen, (self.key, False))
        return [_ordered(self.column(name, entity), descending) for name, descending in chosen]

    def _statement(
        self,
        form: tuple[Any, ...],
        scope: tuple[Where, ...] = (),
        found: Any = None,
        *,
        paged: bool = True,
        first: int | None = None,
    ) -> Statement:
        """One statement: (total, data) of a page, or (data,) of all rows; `found` adds a last column of that truth.

        first: how many rows the first page of an unfiltered list has. Written into the statement, PostgreSQL plans once
        for a connection; sent as parameters, a number that it knows looks cheaper than any number, so that it plans
        each time anew, which takes several times as long as reading the page. A filter is planned by its values.
        """
        entity = self.model
        where = [*self.where(form, entity), *(condition(entity) for condition in scope)]
        rows = rows_json(self.schema, entity, form[4]).where(*where)
        order = self.ordering(form[3], entity)
        if form[1] and not form[3] and self.search_order is not None:
            order = [*self.search_order(entity), *order]
        rows = rows.order_by(*order)
        columns: list[Any] = []
        if paged:
            rows = windowed(rows, first)
            columns.append(self._total(form, scope, where).label("total"))
        columns.append(list_json(rows).label("data"))
        if found is not None:
            columns.append(found.label("found"))
        return Statement(select(*columns))

    def _total(self, form: tuple[Any, ...], scope: tuple[Where, ...], where: list[ColumnElement[bool]]) -> Any:
        if self.counted and not scope and not form[0] and not form[1] and not form[2]:
            return func.omneo_count(lit(self.counted))
        return select(func.count()).select_from(self.model).where(*where).scalar_subquery()


def windowed(rows: Any, first: int | None) -> Any:
    """The rows of a page by the parameters `page_limit` and `page_offset`, or the first ones."""
    if first is not None:
        return rows.limit(lit(first))
    return rows.limit(bindparam("page_limit", type_=BigInteger)).offset(bindparam("page_offset", type_=BigInteger))


def _refused(unknown: Sequence[str], known: Sequence[str]) -> str:
    asked, allowed = ", ".join(unknown), ", ".join(known)
    return f"Requested filter(s) `{asked}` are not allowed. Allowed filter(s) are `{allowed}`."


def unfiltered(parameters: Mapping[str, Any]) -> None:
    """Refuses every filter, for a list that offers none. Raises: BadRequest."""
    given = parameters.get("filter")
    if isinstance(given, dict) and given:
        raise BadRequest(_refused(list(given), ()))


def _read_keyed(given: Any) -> list[Condition]:
    """`filter[custom_field][namespace][handle]` with a value or with operators. Raises: BadRequest."""
    found: list[Condition] = []
    for namespace, entries in given.items() if isinstance(given, dict) else ():
        for handle, asked in entries.items() if isinstance(entries, dict) else ():
            for operator, operand in (asked if isinstance(asked, dict) else {"eq": asked}).items():
                canonical = ALIASES.get(operator, operator)
                if canonical not in KEYED:
                    raise BadRequest(f"Requested filter operator `{operator}` is not allowed.")
                text = "" if operand is None else str(operand).strip()
                if canonical == "nullable":
                    canonical = "is_null" if parse_value("boolean", text) else "is_not_null"
                value: Any = like_pattern(text) if canonical == "like" else text
                if canonical in ("in", "nin"):
                    parts = operand if isinstance(operand, list) else text.split(",")
                    value = [str(part).strip() for part in parts]
                found.append(Condition("custom_field", canonical, (value, namespace, handle)))
    if not found:
        raise BadRequest("Requested filter `custom_field` has no value.")
    return found


KEYED = frozenset({"eq", "ne", "in", "nin", "like", "nullable"})
SPLITTING = frozenset({"handle", "enum", "integer", "boolean", "uuid"})


def _not_deleted(entity: Any) -> ColumnElement[bool]:
    return entity.deleted_at.is_(None)  # type: ignore[no-any-return]


def _is_tagged(model: Any) -> bool:
    """Whether rows carry their tags as an array of handles."""
    tags = model.__table__.c.get("tags")
    return tags is not None and isinstance(tags.type, ARRAY)


def _plain(annotation: Any) -> bool:
    parts = get_args(annotation) if get_origin(annotation) is not Literal else ()
    return all(get_origin(part) not in (list, dict) for part in (annotation, *parts)) and annotation not in (list, dict)


def _is_enumeration(annotation: Any) -> bool:
    return get_origin(annotation) is Literal or any(get_origin(part) is Literal for part in get_args(annotation))


def _searched(value: Any) -> Any:
    """The words of `filter[search]`, which PHP's client writes `filter[search][eq]`. Raises: BadRequest."""
    if isinstance(value, dict) and len(value) == 1 and value.keys() <= {"eq", "like"}:
        (value,) = value.values()
    if isinstance(value, dict | list):
        raise BadRequest("Requested filter `search` has no value.")
    return value


def _word(value: Any) -> str | None:
    text = value.strip() if isinstance(value, str) else None
    return None if text in ("", "null", "undefined") else text


def _clean(found: Filter, value: Any) -> Any:
    return found.clean(value) if found.clean and isinstance(value, str) else value


def _temporal(name: str, operator: str, kind: str, operand: str) -> list[Condition]:
    """Dates mean whole days, date-times whole seconds: the wire shows no more, so equality must not ask for more."""
    if operator == "eq" and "," in operand:
        first, last = (part.strip() for part in operand.split(",", 1))
        conditions = [*([Condition(name, "gte", (parse_value(kind, first)[0],))] if first else [])]
        if last:
            conditions.append(Condition(name, "lt" if kind == "datetime" else "lte", (_upper(kind, last),)))
        return conditions
    start, end = parse_value(kind, operand)
    if kind == "date":
        return [Condition(name, operator, (start,))]
    match operator:
        case "eq":
            return [Condition(name, "between_instants", (start, end))]
        case "ne":
            return [Condition(name, "outside_instants", (start, end))]
        case "gt":
            return [Condition(name, "gte", (end,))]
        case "lte":
            return [Condition(name, "lt", (end,))]
        case _:
            return [Condition(name, operator, (start,))]


def _upper(kind: str, text: str) -> Any:
    start, end = parse_value(kind, text)
    return end if kind == "datetime" else start


def _ordered(column: Any, descending: bool) -> Any:
    direction = column.desc() if descending else column.asc()
    nullable = getattr(getattr(column, "property", None), "columns", [None])[0]
    certain = nullable is not None and not nullable.nullable
    return direction if certain or not descending else direction.nulls_last()
