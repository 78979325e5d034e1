"""Conditions: how one filter becomes SQL, by the kind of its column (conventions §5.1, §5.2).

Text compares without regard to case; where a column has a folded twin the twin is compared, so that an index can serve.
"""

from collections.abc import Callable
from typing import Any

from sqlalchemy import (
    ARRAY,
    JSON,
    BigInteger,
    Boolean,
    ColumnElement,
    Date,
    DateTime,
    Integer,
    Numeric,
    SmallInteger,
    Text,
    Time,
    Uuid,
    and_,
    any_,
    bindparam,
    cast,
    exists,
    func,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.orm import RelationshipProperty, aliased

from omneo_api.foundation.models import lit

COMPARISONS: dict[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}


def kind_of(kind: Any) -> str:
    if isinstance(kind, Boolean):
        return "boolean"
    if isinstance(kind, BigInteger | Integer | SmallInteger):
        return "integer"
    if isinstance(kind, Numeric):
        return "number"
    if isinstance(kind, DateTime):
        return "datetime"
    if isinstance(kind, Date):
        return "date"
    if isinstance(kind, Uuid):
        return "uuid"
    if isinstance(kind, Time):
        return "time"
    return "text"


def walked(model: Any, path: tuple[str, ...]) -> Any:
    for name in path[:-1]:
        found = getattr(model, name)
        if isinstance(getattr(found, "property", None), RelationshipProperty):
            model = found.property.mapper.class_
        else:
            return _ElementOf(found)
    return getattr(model, path[-1])


class _ElementOf:
    """An element of an array column, filtered like a related row's handle (`tags.handle`)."""

    def __init__(self, array: Any) -> None:
        self.type = array.type.item_type


def folded_twin(entity: Any, path: tuple[str, ...]) -> Any:
    return getattr(entity, f"{path[-1]}_key", None) if path else None


def through(entity: Any, path: tuple[str, ...], operator: str, parameter: str) -> ColumnElement[bool]:
    """The condition on a related row's column: true when any related row matches."""
    found = getattr(entity, path[0])
    if len(path) == 1:
        return compare(found, operator, parameter, folded_twin(entity, path))
    if not isinstance(getattr(found, "property", None), RelationshipProperty):
        return array_compare(found, operator, parameter, folded=path[0] != "tags")
    target = aliased(found.property.mapper.class_)
    inner = through(target, path[1:], operator, parameter)
    return exists(select(lit(1)).where(found.of_type(target).__clause_element__(), inner).correlate(entity))


def array_compare(array: Any, operator: str, parameter: str, *, folded: bool = False) -> ColumnElement[bool]:
    """The condition on the elements of an array; handles of tags are told apart by case, others are not (`folded`)."""
    if operator in ("like", *COMPARISONS) or (folded and operator in ("eq", "ne", "in", "nin")):
        element = func.unnest(array, type_=array.type.item_type).column_valued("element")
        any_such = {"ne": "eq", "nin": "in"}.get(operator, operator)
        held = exists(select(lit(1)).where(compare(element, any_such, parameter)))
        return held if any_such == operator else not_(held)
    value = bindparam(f"{parameter}_0", type_=array.type if operator in ("in", "nin") else array.type.item_type)
    if operator == "is_null":
        return func.cardinality(array) == lit(0)  # type: ignore[no-any-return]
    if operator == "is_not_null":
        return func.cardinality(array) > lit(0)  # type: ignore[no-any-return]
    if operator in ("in", "nin"):
        overlap = array.op("&&")(value)
        return not_(overlap) if operator == "nin" else overlap  # type: ignore[no-any-return]
    member: ColumnElement[bool] = value == any_(array)
    return not_(member) if operator == "ne" else member


def compare(column: Any, operator: str, parameter: str, folded: Any = None) -> ColumnElement[bool]:
    if operator == "is_null":
        return column.is_(None)  # type: ignore[no-any-return]
    if operator == "is_not_null":
        return column.isnot(None)  # type: ignore[no-any-return]
    if isinstance(column.type, JSON):
        column = cast(column, Text)
    kind = column.type
    text = isinstance(kind, Text) or kind_of(kind) == "text"
    if operator == "like":
        return cast(column, Text).ilike(bindparam(f"{parameter}_0", type_=Text))
    if operator in ("in", "nin"):
        values = bindparam(f"{parameter}_0", type_=ARRAY(Text if text else kind))
        left = (folded if folded is not None else func.lower(column)) if text else column
        inside = left.in_(select(func.lower(func.unnest(values)))) if text else left == any_(values)
        return not_(inside) if operator == "nin" else inside
    if operator in ("within", "not_within"):
        spans = func.unnest(*(bindparam(f"{parameter}_{part}", type_=ARRAY(kind)) for part in (0, 1)))
        span = spans.table_valued("first", "after").render_derived()
        within = exists(select(lit(1)).select_from(span).where(column >= span.c.first, column < span.c.after))
        return not_(within) if operator == "not_within" else within
    if operator == "between_instants":
        first, last = (bindparam(f"{parameter}_{part}", type_=kind) for part in (0, 1))
        return and_(true(), column >= first, column < last)
    value = bindparam(f"{parameter}_0", type_=kind)
    if operator == "outside_instants":
        return or_(column < value, column >= bindparam(f"{parameter}_1", type_=kind))
    if text and operator in ("eq", "ne"):
        left = folded if folded is not None else func.lower(column)
        return left == func.lower(value) if operator == "eq" else left != func.lower(value)
    if operator in ("eq", "ne"):
        return column == value if operator == "eq" else column != value  # type: ignore[no-any-return]
    return COMPARISONS[operator](column, value)


def keyed(relationship: str) -> Callable[[Any, str, str], ColumnElement[bool]]:
    """The condition on a row of namespace, handle and value below a relationship: true when such a row matches."""

    def condition(entity: Any, operator: str, parameter: str) -> ColumnElement[bool]:
        found = getattr(entity, relationship)
        target = aliased(found.property.mapper.class_)
        text = cast(target.value.op("#>>")(lit("{}")), Text)
        negative = {"ne": "eq", "nin": "in", "is_null": "is_not_null"}.get(operator)
        row = select(lit(1)).where(
            found.of_type(target).__clause_element__(),
            target.namespace == bindparam(f"{parameter}_1", type_=Text),
            target.handle == bindparam(f"{parameter}_2", type_=Text),
            compare(text, negative or operator, parameter),
        )
        held = exists(row.correlate(entity))
        return not_(held) if negative else held

    return condition
