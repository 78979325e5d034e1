"""Connections, sessions and the tenant: the one place where a connection learns whom it serves.

A `ReadSession` runs single statements without a transaction around them (each is one round trip and sees one
snapshot); a `WriteSession` is one transaction with its events, audit rows and jobs inside. Services take a session and
never commit; the types keep a read path from writing.

The login may be a superuser (the embedded server's is): every pooled connection does its work as the role
`omneo_app`, which owns nothing and cannot bypass row-level security.
"""

import asyncio
import re
import uuid
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from types import NoneType
from typing import Any, Self

import orjson
from psycopg import AsyncConnection, AsyncRawCursor, OperationalError
from psycopg.abc import Buffer, DumperKey
from psycopg.adapt import Dumper, PyFormat
from psycopg.rows import namedtuple_row
from psycopg.types.array import ListDumper
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from omneo_api.foundation import clock
from omneo_api.foundation.errors import Unavailable
from omneo_api.foundation.outbox import Outbox
from omneo_api.foundation.statements import Statement, insert_statement, update_statement

APPLICATION_ROLE = "omneo_app"
ERASURE_ROLE = "omneo_eraser"


@dataclass(frozen=True, slots=True)
class Tenant:
    """Whom a session serves: the tenant's id and handle, and how far its clock is moved."""

    id: int
    handle: str
    clock_offset: timedelta = clock.REAL_TIME


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: a user by an API token, a customer by an ID token, a reaction or a command; named in audit rows."""

    user_id: int | None = None
    token_name: str | None = None
    url: str = "console"
    ip_address: str | None = None
    user_agent: str | None = None
    origin: str = "system"
    cause_chain: tuple[int, ...] = ()
    depth: int = 0
    history_id: int | None = None


class _Untyped(Dumper):
    """Values travel as text of unknown type.

    Each parameter is cast in the SQL, so a statement is prepared once, whatever mixture of nulls and integer widths its
    values have.
    """

    oid = 0

    def dump(self, obj: Any) -> Buffer | None:
        return str(obj).encode()


class _UntypedBool(_Untyped):
    def dump(self, obj: Any) -> Buffer | None:
        return b"t" if obj else b"f"


class _UntypedList(ListDumper):
    """Lists likewise, as array literals.

    A JSON array is such a literal in other brackets, but for its escapes of control characters; the library looks at
    every element several times, which took a third of the time of a batch. It is left what is not as common.
    """

    def get_key(self, obj: list[Any], format: PyFormat) -> DumperKey:
        return self.cls if _COMMON.issuperset(map(type, obj)) else super().get_key(obj, format)

    def dump(self, obj: list[Any]) -> Buffer | None:
        if _COMMON.issuperset(map(type, obj)):
            with suppress(TypeError):  # Integers beyond 64 bit.
                written = orjson.dumps(obj, str, orjson.OPT_PASSTHROUGH_DATETIME)
                if not _CONTROL(written):
                    return b"{" + written[1:-1] + b"}"
        return super().dump(obj)


_COMMON = frozenset({str, int, Decimal, datetime, uuid.UUID, NoneType})
_CONTROL = re.compile(rb"\\[bfnrtu]").search


class Connection(AsyncConnection[Any]):
    """A pooled connection that remembers which tenant and clock its session settings name."""

    serves: tuple[int, timedelta] | None = None

    async def serve(self, tenant: Tenant) -> None:
        if self.serves == (tenant.id, tenant.clock_offset):
            return
        self.serves = None
        await self.execute(
            "SELECT set_config('omneo.tenant_id', %s, false), set_config('omneo.clock_offset', %s, false)",
            (str(tenant.id), f"{tenant.clock_offset.total_seconds()} seconds"),
        )
        self.serves = (tenant.id, tenant.clock_offset)


async def _configure(connection: AsyncConnection[Any]) -> None:
    await connection.set_autocommit(True)
    connection.prepare_threshold = 2
    connection.prepared_max = 1000
    for kind in (int, Decimal, datetime, uuid.UUID, str):
        connection.adapters.register_dumper(kind, _Untyped)
    connection.adapters.register_dumper(bool, _UntypedBool)
    connection.adapters.register_dumper(list, _UntypedList)


class Session:
    """Statements of one tenant on one connection."""

    def __init__(self, connection: Connection, tenant: Tenant) -> None:
        self.connection = connection
        self.tenant = tenant

    @property
    def now(self) -> datetime:
        return clock.now(self.tenant.clock_offset)

    async def _run(self, statement: Statement, values: Mapping[str, Any]) -> AsyncRawCursor[Any]:
        cursor = AsyncRawCursor(self.connection, row_factory=namedtuple_row)
        await cursor.execute(statement.sql, statement.bind(values), prepare=None)
        return cursor

    async def row(self, statement: Statement, /, **values: Any) -> Any:
        """The first row as a named tuple, or None."""
        return await (await self._run(statement, values)).fetchone()

    async def rows(self, statement: Statement, /, **values: Any) -> list[Any]:
        cursor = await self._run(statement, values)
        return await cursor.fetchall() if cursor.description else []

    async def value(self, statement: Statement, /, **values: Any) -> Any:
        """The first column of the first row, or None."""
        row = await self.row(statement, **values)
        return None if row is None else row[0]


class ReadSession(Session):
    """Reads without a transaction."""


class WriteSession(Session):
    """One transaction. What it changed, emitted and deferred becomes real together or not at all.

    `after_commit` holds, by name, what this process itself must forget once the change is real (cached tokens).
    """

    def __init__(self, connection: Connection, tenant: Tenant, actor: Actor) -> None:
        super().__init__(connection, tenant)
        self.actor = actor
        self.outbox = Outbox()
        self.memory: dict[Any, Any] = {}
        self.after_commit: dict[Any, Callable[[], None]] = {}

    async def execute(self, statement: Statement, /, **values: Any) -> int:
        """Runs a statement and answers how many rows it touched."""
        return (await self._run(statement, values)).rowcount

    async def insert(self, model: Any, values: Mapping[str, Any], returning: Sequence[str] = ("id",)) -> Any:
        """Inserts one row and answers the `returning` columns as a named tuple."""
        statement = insert_statement(model.__table__, tuple(values), tuple(returning))
        cursor = await self._run(statement, values)
        return await cursor.fetchone() if returning else None

    async def update(self, model: Any, key: Mapping[str, Any], values: Mapping[str, Any]) -> int:
        """Sets columns of the rows with that key."""
        statement = update_statement(model.__table__, tuple(values), tuple(key))
        named = {f"new_{name}": value for name, value in values.items()}
        named.update((f"key_{name}", value) for name, value in key.items())
        return await self.execute(statement, **named)

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[Self]:
        async with self.connection.transaction():
            yield self


class Database:
    """The pools of one process. Open it once, close it at the end."""

    def __init__(self, url: str, *, read_url: str | None = None, size: int = 16, role: str = APPLICATION_ROLE) -> None:
        self.url = url
        self._writer = self._pool(url, size, role)
        self._reader = self._pool(read_url, size, role) if read_url else self._writer

    @staticmethod
    def _pool(url: str, size: int, role: str) -> AsyncConnectionPool[Connection]:
        return AsyncConnectionPool(
            url,
            connection_class=Connection,
            min_size=min(4, size),
            max_size=size,
            open=False,
            timeout=10,
            configure=_configure,
            kwargs={"options": f"-c role={role} -c timezone=UTC -c application_name=omneo", "autocommit": True},
        )

    async def open(self) -> None:
        for pool in {self._writer, self._reader}:
            await pool.open(wait=True, timeout=15)

    async def close(self) -> None:
        for pool in {self._writer, self._reader}:
            await pool.close(timeout=5)

    @asynccontextmanager
    async def _checkout(self, pool: AsyncConnectionPool[Connection]) -> AsyncIterator[Connection]:
        try:
            connection = await pool.getconn()
        except (PoolTimeout, OperationalError) as fault:
            raise Unavailable from fault
        try:
            yield connection
        finally:
            await asyncio.shield(pool.putconn(connection))

    @asynccontextmanager
    async def reading(self, tenant: Tenant) -> AsyncIterator[ReadSession]:
        async with self._checkout(self._reader) as connection:
            await connection.serve(tenant)
            yield ReadSession(connection, tenant)

    @asynccontextmanager
    async def writing(self, tenant: Tenant, actor: Actor) -> AsyncIterator[WriteSession]:
        """A transaction: committed when the block ends, rolled back when it raises (cancellation included)."""
        async with self._checkout(self._writer) as connection:
            await connection.serve(tenant)
            async with connection.transaction():
                session = WriteSession(connection, tenant, actor)
                yield session
                await session.outbox.flush(session)
            for react in session.after_commit.values():
                react()

    @asynccontextmanager
    async def unbound(self) -> AsyncIterator[Connection]:
        """A connection of no tenant: row-level security shows it no tenant's rows."""
        async with self._checkout(self._writer) as connection:
            if connection.serves is not None:
                await connection.execute("SELECT set_config('omneo.tenant_id', '', false)")
                connection.serves = None
            yield connection
