"""From a database constraint to the 422 of the field that broke it: the constraint's own declaration says which."""

from functools import lru_cache
from typing import Any

from psycopg import Error
from psycopg.errors import CheckViolation, ForeignKeyViolation, NotNullViolation, UniqueViolation
from sqlalchemy import ForeignKeyConstraint, Index, Table, UniqueConstraint

from omneo_api.foundation.errors import Invalid, already_taken, selected_is_invalid, spoken
from omneo_api.foundation.models import Base

INTEGRITY = (UniqueViolation, ForeignKeyViolation, CheckViolation, NotNullViolation)


@lru_cache
def _declared() -> dict[str, tuple[str, str | None]]:
    """Constraint name → (field, text)."""
    known: dict[str, tuple[str, str | None]] = {}
    for table in Base.metadata.tables.values():
        rules: list[Any] = [*table.constraints, *table.indexes]
        for rule in rules:
            if rule.name is not None and "field" in rule.info:
                known[str(rule.name)] = (rule.info["field"], rule.info.get("message"))
            elif isinstance(rule, ForeignKeyConstraint) and rule.name is not None:
                known[str(rule.name)] = (rule.column_keys[-1], None)
    return known


def as_invalid(fault: Error) -> Invalid:
    """The 422 for a violated constraint: the loser of a race learns the same as who came later."""
    name = fault.diag.constraint_name or ""
    column = fault.diag.column_name or "body"
    field, message = _declared().get(name, (column, None))
    if message is None:
        if isinstance(fault, UniqueViolation):
            message = already_taken(field)
        elif isinstance(fault, ForeignKeyViolation):
            message = selected_is_invalid(field)
        else:
            message = f"The {spoken(field)} field is invalid."
    return Invalid.field(field, message)


def lone_keys(table: Table) -> list[str]:
    """The columns that are a key of their own, unique among all rows of a tenant or among the live ones."""
    found = []
    for rule in [*table.constraints, *table.indexes]:
        columns = [column.name for column in getattr(rule, "columns", ()) if column.name != "tenant_id"]
        where = rule.dialect_options["postgresql"]["where"] if isinstance(rule, Index) else None
        unique = isinstance(rule, UniqueConstraint) or (isinstance(rule, Index) and rule.unique)
        if unique and len(columns) == 1 and (where is None or str(where) == "deleted_at IS NULL"):
            found.append(columns[0])
    return sorted(found)
