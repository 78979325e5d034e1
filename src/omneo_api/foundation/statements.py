"""Statements: written with SQLAlchemy, compiled once, executed by psycopg as prepared statements.

Compiling and walking an SQLAlchemy statement costs more than PostgreSQL needs to answer it (see docs/performance.md),
so nothing is compiled per request: a module's fixed statements are compiled when first used, and a list's statement
once per combination of filters, sorts and includes.
"""

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import JSON, Executable, bindparam, insert, text, update
from sqlalchemy.dialects.postgresql import psycopg as dialects
from sqlalchemy.sql import ClauseElement

DIALECT: Any = dialects.dialect(paramstyle="numeric_dollar")  # type: ignore[no-untyped-call]


def json_text(value: Any) -> bytes:
    """JSON text, also of integers beyond 64 bit, which are JSON but not for orjson."""
    try:
        return orjson.dumps(value, default=str, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return json.dumps(value, default=str).encode()


class Statement:
    """SQL text with `$n` parameters; named values are put in order by `bind`.

    Made from an SQLAlchemy statement, from SQL text with `:name` parameters, or from a function that builds the
    statement when it is first used (when every table is known).
    """

    __slots__ = ("_clause", "_defaults", "_json", "_names", "_sql")

    def __init__(self, clause: ClauseElement | Executable | str | Callable[[], Any]) -> None:
        self._clause: Any = text(clause.replace("::", r"\:\:")) if isinstance(clause, str) else clause
        self._sql: bytes | None = None

    def _compile(self) -> None:
        clause = self._clause if isinstance(self._clause, ClauseElement) else self._clause()
        compiled: Any = clause.compile(dialect=DIALECT)
        self._names = tuple(compiled.positiontup or ())
        self._defaults = {name: value for name, value in compiled.params.items() if not compiled.binds[name].required}
        self._json = frozenset(
            name for name in self._names if name in compiled.binds and isinstance(compiled.binds[name].type, JSON)
        )
        self._sql = str(compiled).encode()
        self._clause = None

    @property
    def sql(self) -> bytes:
        if self._sql is None:
            self._compile()
        assert self._sql is not None  # noqa: S101
        return self._sql

    def bind(self, values: Mapping[str, Any]) -> list[Any]:
        """The parameters in order; JSON columns get their wrapping here.

        Raises: KeyError for a parameter that is neither given nor a constant of the statement.
        """
        if self._sql is None:
            self._compile()
        bound = [values[name] if name in values else self._defaults[name] for name in self._names]
        if self._json:
            for position, name in enumerate(self._names):
                value = bound[position]
                if name in self._json and value is not None and not isinstance(value, Jsonb):
                    bound[position] = Jsonb(value, json_text)
        return bound


@lru_cache(maxsize=2048)
def insert_statement(table: Any, columns: tuple[str, ...], returning: tuple[str, ...]) -> Statement:
    clause = insert(table).values({name: bindparam(name, type_=table.c[name].type) for name in columns})
    return Statement(clause.returning(*(table.c[name] for name in returning)) if returning else clause)


@lru_cache(maxsize=2048)
def update_statement(table: Any, columns: tuple[str, ...], keys: tuple[str, ...]) -> Statement:
    clause = update(table).values({name: bindparam(f"new_{name}", type_=table.c[name].type) for name in columns})
    for key in keys:
        clause = clause.where(table.c[key] == bindparam(f"key_{key}", type_=table.c[key].type))
    return Statement(clause)
