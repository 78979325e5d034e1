"""The renderer: from a Read schema and its model, one SQL statement that answers finished JSON text.

A Read schema is the one description of a shape. Each of its fields is, in the order written:

- a column or hybrid of the model of the same name, in its wire form (date-times `YYYY-MM-DD HH:MM:SS`, numbers without
  trailing zeros);
- a relationship of that name with a Read schema: an object (many-to-one) or an ordered array of objects;
- a relationship with a marker: `Pluck` for one column of each row, `Grouped` for `{namespace: {handle: value}}`;
- an `Sql` marker: an expression of the model, for what is computed;
- any of these with `Included`: only there when the request's `include` names it.

Single reads, lists, answers to writes and event contexts are all rendered from the same description.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from types import UnionType
from typing import Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo
from sqlalchemy import (
    ARRAY,
    ColumnElement,
    DateTime,
    Numeric,
    Select,
    Text,
    Time,
    cast,
    func,
    inspect,
    literal_column,
    select,
)
from sqlalchemy.orm import RelationshipProperty, aliased
from sqlalchemy.orm.attributes import QueryableAttribute
from sqlalchemy.sql.util import ClauseAdapter

from omneo_api.foundation.models import lit
from omneo_api.foundation.statements import DIALECT


class Read(BaseModel):
    """Base of what goes out. Values never pass through it at run time: it describes, PostgreSQL renders."""

    model_config = ConfigDict(from_attributes=True)


@dataclass(frozen=True)
class Sql:
    """A field computed by an expression of the model (or alias) it is given."""

    expression: Callable[[Any], ColumnElement[Any]]


@dataclass(frozen=True)
class Source:
    """A field whose column or relationship has another name."""

    name: str


@dataclass(frozen=True)
class Pluck:
    """A to-many relationship shown as an array of one column's values."""

    column: str


@dataclass(frozen=True)
class Grouped:
    """A to-many relationship shown as `{namespace: {handle: value}}`."""

    namespace: str = "namespace"
    handle: str = "handle"
    value: str = "value"


@dataclass(frozen=True)
class Clock:
    """How a time of day is shown: `HH:MM` (5 characters) or `HH:MM:SS` (8)."""

    length: int


class Included:
    """Marks a field that is only shown when `include` names it. `scope` is what its own reading would need."""

    def __init__(self, scope: str | None = None) -> None:
        self.scope = scope


M = TypeVar("M")
EMPTY_LIST: Any = literal_column("'[]'::json")
EMPTY_MAP: Any = literal_column("'{}'::json")


@dataclass(frozen=True)
class Shape:
    """A Read schema taken apart once."""

    fields: tuple[tuple[str, FieldInfo, type[Read] | None], ...]

    @property
    def includable(self) -> dict[str, Included]:
        return {name: marker for name, info, _ in self.fields if (marker := marker_of(info, Included))}


@lru_cache
def shape_of(schema: type[Read]) -> Shape:
    return Shape(tuple((name, info, _nested(info.annotation)) for name, info in schema.model_fields.items()))


def _nested(annotation: Any) -> type[Read] | None:
    if isinstance(annotation, type) and issubclass(annotation, Read):
        return annotation
    if get_origin(annotation) in (list, Union, UnionType):
        return next((found for part in get_args(annotation) if (found := _nested(part))), None)
    return None


def marker_of(info: FieldInfo, kind: type[M]) -> M | None:
    return next((marker for marker in info.metadata if isinstance(marker, kind)), None)


def wire(expression: Any, clock: int = 5) -> ColumnElement[Any]:
    """An expression in the form that leaves the house."""
    kind = expression.type
    if isinstance(kind, DateTime):
        return func.left(cast(expression, Text), lit(19))
    if isinstance(kind, Time):
        return func.left(cast(expression, Text), lit(clock))
    if isinstance(kind, Numeric):
        return func.trim_scale(expression)
    if isinstance(kind, ARRAY):
        return func.coalesce(expression, literal_column("'{}'"))
    return expression  # type: ignore[no-any-return]


def attribute(entity: Any, name: str, info: FieldInfo | None = None) -> Any:
    """What a field stands for on the model: a column, a hybrid's expression or a relationship."""
    source = marker_of(info, Source) if info else None
    return getattr(entity, source.name if source else name)


def _is_relationship(found: Any) -> bool:
    return isinstance(found, QueryableAttribute) and isinstance(getattr(found, "property", None), RelationshipProperty)


def rendered_columns(
    schema: type[Read], entity: Any, include: frozenset[str] = frozenset()
) -> list[ColumnElement[Any]]:
    """The labelled columns of a shape over a model or alias, nested ones as JSON."""
    return [
        _column(name, info, nested, entity, _below(include, name)).label(name)
        for name, info, nested in shape_of(schema).fields
        if marker_of(info, Included) is None or name in include
    ]


def _below(include: frozenset[str], name: str) -> frozenset[str]:
    return frozenset(part.removeprefix(f"{name}.") for part in include if part.startswith(f"{name}."))


def _column(name: str, info: FieldInfo, nested: type[Read] | None, entity: Any, include: frozenset[str]) -> Any:
    computed = marker_of(info, Sql)
    if computed is not None:
        return wire(computed.expression(entity))
    found = attribute(entity, name, info)
    if not _is_relationship(found):
        clock = marker_of(info, Clock)
        return wire(found, clock.length if clock else 5)
    return _related(found, info, nested, entity, include)


def _related(found: Any, info: FieldInfo, nested: type[Read] | None, entity: Any, include: frozenset[str]) -> Any:
    relation = found.property
    target = aliased(relation.mapper.class_)
    join = found.of_type(target).__clause_element__()
    adapter = ClauseAdapter(inspect(target).selectable)
    ordering = [adapter.traverse(column) for column in relation.order_by or ()]
    grouped, pluck = marker_of(info, Grouped), marker_of(info, Pluck)
    if grouped is not None:
        return _grouped(grouped, target, join, entity)
    if pluck is not None:
        rows = select(wire(attribute(target, pluck.column)).label("value")).where(join).order_by(*ordering)
        inner = rows.correlate(entity).subquery()
        return func.coalesce(select(func.json_agg(inner.c.value)).scalar_subquery(), EMPTY_LIST)
    if nested is None:
        raise TypeError(f"{found}: a relationship needs a Read schema, Pluck or Grouped")
    columns = rendered_columns(nested, target, include)
    rows = select(*columns).select_from(target).where(join).correlate(entity)
    if relation.uselist:
        inner = rows.order_by(*ordering).subquery()
        return func.coalesce(select(func.json_agg(inner.table_valued())).scalar_subquery(), EMPTY_LIST)
    inner = rows.subquery()
    return select(func.row_to_json(inner.table_valued())).scalar_subquery()


def _grouped(marker: Grouped, target: Any, join: Any, entity: Any) -> Any:
    namespace, handle, value = (getattr(target, name) for name in (marker.namespace, marker.handle, marker.value))
    groups = (
        select(namespace.label("namespace"), func.json_object_agg(handle, value).label("entries"))
        .where(join)
        .group_by(namespace)
        .order_by(namespace)
        .correlate(entity)
        .subquery()
    )
    merged = select(func.json_object_agg(groups.c.namespace, groups.c.entries)).scalar_subquery()
    return func.coalesce(merged, EMPTY_MAP)


def rows_json(schema: type[Read], entity: Any, include: frozenset[str] = frozenset()) -> Select[Any]:
    """A select of the shape's columns over the entity; conditions and order are added by the caller."""
    return select(*_prepared_columns(schema, entity, include)).select_from(entity)


@lru_cache(maxsize=1024)
def _prepared_columns(schema: type[Read], entity: Any, include: frozenset[str]) -> tuple[ColumnElement[Any], ...]:
    """The columns of a shape, as SQL text unless they take parameters.

    Compiling a wide shape takes SQLAlchemy some tenths of a second: it is done once, not for each set of filters.
    """
    columns = rendered_columns(schema, entity, include)
    whole = select(*columns).select_from(entity)
    compiled: Any = whole.compile(dialect=DIALECT)
    if not all(bind.unique for bind in compiled.binds.values()):
        return tuple(columns)
    source = _constant(select(literal_column("1")).select_from(entity)).removeprefix("SELECT 1 ")
    shape = _constant(whole) if compiled.binds else str(compiled)
    if not shape.endswith(source):
        raise TypeError(f"{schema.__name__} joins {entity} to other tables: it must select from them inside")
    return (literal_column(shape.removesuffix(source).removeprefix("SELECT ")),)


def _constant(selection: Select[Any]) -> str:
    return str(selection.compile(dialect=DIALECT, compile_kwargs={"literal_binds": True}))


def one_json(selection: Select[Any]) -> Select[Any]:
    """Wraps a one-row selection: answers its JSON text, or no row."""
    rows = selection.subquery()
    return select(cast(func.row_to_json(rows.table_valued()), Text).label("data"))


def list_json(selection: Select[Any]) -> Any:
    """Wraps a many-row selection: one scalar, the JSON text of the array, `[]` when empty."""
    rows = selection.subquery()
    return func.coalesce(
        select(cast(func.json_agg(rows.table_valued()), Text)).scalar_subquery(), literal_column("'[]'")
    )
