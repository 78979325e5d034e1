"""What every table shares: the tenant first in every key, server-set times, and the database's own helpers.

`omneo_tenant()` and `omneo_now()` are SQL functions made by the first migration: the tenant and the clock of the
session. No code writes a tenant id: the column fills itself, and row-level security checks it.
"""

import uuid
from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    Computed,
    DateTime,
    ForeignKeyConstraint,
    Identity,
    Index,
    Integer,
    MetaData,
    Numeric,
    Text,
    UniqueConstraint,
    literal_column,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column

NOW = text("omneo_now()")

Moment = DateTime(timezone=True)
Money = Numeric(18, 4)
Value = Numeric(18, 4)


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        str: Text,
        int: BigInteger,
        datetime: Moment,
        uuid.UUID: UUID(as_uuid=True),
        dict[str, Any]: JSONB,
    }


class Tenanted(Base):
    """A row of one tenant. `insert_only` tables can be neither updated nor deleted by the application's role.

    counted: the condition (over `{row}`) of the rows that `omneo_count` knows the number of.
    derived_sql: functions and triggers that stand beside the table; each statement can be repeated.
    """

    __abstract__ = True
    insert_only: ClassVar[bool] = False
    counted: ClassVar[str | None] = None
    derived_sql: ClassVar[tuple[str, ...]] = ()

    tenant_id: Mapped[int] = mapped_column(
        Integer, primary_key=True, autoincrement=False, server_default=text("omneo_tenant()"), sort_order=-30
    )


class Numbered(Tenanted):
    """A row with an integer id."""

    __abstract__ = True

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True, sort_order=-20)


class Timed:
    """Server-set times; `updated_at` moves on every real change and on no other write."""

    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW, sort_order=90)
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW, sort_order=91)


class SoftDeleted:
    """A deleted row stays for those who refer to it and is gone from every answer."""

    deleted_at: Mapped[datetime | None] = mapped_column(Moment, sort_order=92)


class Resource(Numbered, Timed):
    """The ordinary resource: tenant, integer id, created and updated times."""

    __abstract__ = True


def belongs_to(table: str, column: str, ondelete: str | None = None, key: str = "id") -> ForeignKeyConstraint:
    """The foreign key of `column` to a row of the same tenant."""
    return ForeignKeyConstraint(["tenant_id", column], [f"{table}.tenant_id", f"{table}.{key}"], ondelete=ondelete)


def unique(
    *columns: str, field: str | None = None, message: str | None = None, name: str | None = None
) -> UniqueConstraint:
    """A key unique within the tenant; a clash is answered 422 on `field` with `message` or the usual text."""
    return UniqueConstraint(
        "tenant_id", *columns, name=name, info={"field": field or columns[-1].removesuffix("_key"), "message": message}
    )


def unique_live(
    name: str, *columns: str, where: str = "deleted_at IS NULL", field: str | None = None, message: str | None = None
) -> Index:
    """The same over the rows for which `where` holds."""
    return Index(
        name,
        "tenant_id",
        *columns,
        unique=True,
        postgresql_where=text(where),
        info={"field": field or columns[-1].removesuffix("_key"), "message": message},
    )


def lookup(name: str, *columns: str, where: str | None = None) -> Index:
    """An index for reads, the tenant first."""
    return Index(name, "tenant_id", *columns, postgresql_where=text(where) if where else None)


def folded(column: str) -> Any:
    """The stored, generated lower-case twin of a text column.

    Row-level security keeps the planner from using an index on `lower(column)` (the function is not leakproof), while
    plain equality on a stored column is; so what is looked up without regard to case is folded when written.
    """
    twin: Any = mapped_column(Text, Computed(f"lower({column})", persisted=True), sort_order=95)
    return twin


class HasHandle:
    """A handle, kept as sent, unique and found without regard to case."""

    handle: Mapped[str] = mapped_column(Text)

    @declared_attr
    def handle_key(cls) -> Mapped[str]:  # noqa: N805
        twin: Mapped[str] = folded("handle")
        return twin


def lit(value: str | int) -> Any:
    """A constant written into the statement instead of sent as a parameter each time."""
    return literal_column(str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'")
