"""Who calls, for which tenant: tenants by host, callers by token, both cached and forgotten at once when they change.

The caches live in each process. What changes them sends `NOTIFY omneo_changed` in its own transaction; every process
listens, and while its listening connection is down it trusts no cache.
"""

import asyncio
import contextlib
import hashlib
import weakref
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from psycopg import AsyncConnection, Error

from omneo_api.foundation import clock
from omneo_api.foundation.calls import Call, Caller
from omneo_api.foundation.database import Database, Tenant, WriteSession
from omneo_api.foundation.errors import NotFound, Unauthenticated, Unavailable
from omneo_api.foundation.logs import logger
from omneo_api.foundation.operations import Operation
from omneo_api.foundation.statements import Statement
from omneo_api.platform.roles import ADMIN, permissions_of
from omneo_api.platform.scopes import expanded

CHANNEL = "omneo_changed"
USAGE_SECONDS = 60
CACHE_LIMIT = 50_000

_FIND_TENANT = "SELECT id, handle, clock_offset FROM tenants WHERE handle = %s"
_FIND_TOKEN = Statement(
    """
    SELECT t.id, t.user_id, t.name, t.scopes, t.expires_at, u.name AS user_name, u.throttle,
           coalesce(array_agg(r.role_id) FILTER (WHERE r.role_id IS NOT NULL), '{}') AS roles
    FROM api_tokens t
    JOIN users u ON u.tenant_id = t.tenant_id AND u.id = t.user_id AND u.deleted_at IS NULL
    JOIN oauth_clients c ON c.tenant_id = t.tenant_id AND c.id = t.client_id AND NOT c.revoked
    LEFT JOIN user_roles r ON r.tenant_id = t.tenant_id AND r.user_id = t.user_id
    WHERE (t.token_hash = :hash::bytea OR t.id = :id::text) AND NOT t.revoked
    GROUP BY t.tenant_id, t.id, u.tenant_id, u.id
    """
)
_TOUCH = Statement(
    """
    INSERT INTO token_usages AS u (access_token_id, last_used_at)
    SELECT id, omneo_now() FROM api_tokens WHERE id = ANY (:ids::text[])
    ON CONFLICT (tenant_id, access_token_id) DO UPDATE
        SET last_used_at = excluded.last_used_at, updated_at = excluded.last_used_at
    """
)


def token_hash(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def bearer(call: Call) -> str:
    """The request's bearer token. Raises: Unauthenticated."""
    word, _, secret = call.headers.get("authorization", "").partition(" ")
    if word.lower() != "bearer" or not secret.strip():
        raise Unauthenticated
    return secret.strip()


@dataclass(frozen=True, slots=True)
class KnownToken:
    caller: Caller
    expires_at: datetime


CustomerCheck = Callable[["Access", Call, str], Awaitable[Caller]]


class Access:
    """The gate of one process (foundation/application.py: Gate)."""

    def __init__(
        self,
        database: Database,
        *,
        default_tenant: str,
        base_domain: str,
        limit: int = 0,
        id_limit: int = 0,
        customer: CustomerCheck | None = None,
    ) -> None:
        self.database, self.default_tenant, self.base_domain = database, default_tenant, base_domain.lower()
        self._limit, self._id_limit, self._customer = limit, id_limit, customer
        self._tenants: dict[str, Tenant] = {}
        self._tokens: dict[tuple[int, bytes], KnownToken] = {}
        self._used: dict[int, tuple[Tenant, set[str]]] = {}
        self._listening = False
        self._generation = 0
        _GATES.add(self)
        self._tasks: list[asyncio.Task[None]] = []

    # Tenants ----------------------------------------------------------------------------------------------------------

    async def tenant(self, host: str) -> Tenant:
        """The tenant that a host names, else the default one. Raises: NotFound for an unknown one."""
        handle = self._handle(host)
        known = self._tenants.get(handle)
        if known is None or not self._listening:
            generation = self._generation
            known = await self.find_tenant(handle)
            if generation == self._generation:
                self._tenants[handle] = known
        return known

    def _handle(self, host: str) -> str:
        name = host.rsplit(":", 1)[0].lower() if not host.endswith("]") else host
        suffix = f".{self.base_domain}"
        if not name.endswith(suffix):
            return self.default_tenant
        return name.removesuffix(suffix).removeprefix("api.") or self.default_tenant

    async def find_tenant(self, handle: str) -> Tenant:
        if "\x00" in handle:
            raise NotFound
        async with self.database.unbound() as connection:
            row = await (await connection.execute(_FIND_TENANT, (handle,))).fetchone()
        if row is None:
            raise NotFound
        return Tenant(row[0], row[1], row[2])

    # Callers ----------------------------------------------------------------------------------------------------------

    async def caller(self, call: Call, operation: Operation) -> Caller:
        """Who calls. Raises: Unauthenticated (every reason alike)."""
        secret = bearer(call)
        if operation.auth == "customer":
            if self._customer is None:
                raise Unauthenticated
            return await self._customer(self, call, secret)
        return await self.token(call.tenant, secret)

    async def token(self, tenant: Tenant, secret: str) -> Caller:
        """The caller behind an API or OAuth token of this tenant. Raises: Unauthenticated."""
        digest = token_hash(secret)
        known = self._tokens.get((tenant.id, digest))
        if known is None or not self._listening:
            known = await self._remembered((tenant.id, digest), tenant, digest, None)
        return self._alive(tenant, known)

    async def token_by_id(self, tenant: Tenant, identifier: str) -> Caller:
        """The same for the token that minted a customer's token. Raises: Unauthenticated."""
        key = (tenant.id, b"id:" + identifier.encode("utf-8", "replace"))
        known = self._tokens.get(key)
        if known is None or not self._listening:
            known = await self._remembered(key, tenant, None, identifier)
        return self._alive(tenant, known)

    async def _remembered(
        self, key: tuple[int, bytes], tenant: Tenant, digest: bytes | None, identifier: str | None
    ) -> KnownToken:
        """Looks a token up and keeps it, unless something changed while the answer was on its way."""
        generation = self._generation
        known = await self._lookup(tenant, digest, identifier)
        if generation == self._generation:
            if len(self._tokens) >= CACHE_LIMIT:
                self._tokens.clear()
            self._tokens[key] = known
        return known

    def _alive(self, tenant: Tenant, known: KnownToken) -> Caller:
        if known.expires_at <= clock.now(tenant.clock_offset):
            raise Unauthenticated
        self._used.setdefault(tenant.id, (tenant, set()))[1].add(known.caller.token_id)
        return known.caller

    async def _lookup(self, tenant: Tenant, digest: bytes | None, identifier: str | None) -> KnownToken:
        async with self.database.reading(tenant) as session:
            row = await session.row(_FIND_TOKEN, hash=digest, id=identifier)
        if row is None:
            raise Unauthenticated
        caller = Caller(
            user_id=row.user_id,
            token_id=row.id,
            token_name=row.name or row.user_name,
            scopes=expanded(tuple(row.scopes)),
            permissions=permissions_of(row.roles),
            is_admin=ADMIN in row.roles,
            throttle=row.throttle,
            user_name=row.user_name,
        )
        return KnownToken(caller, row.expires_at)

    def limit(self, caller: Caller) -> int:
        if caller.kind == "id":
            return self._id_limit
        return self._limit if caller.throttle is None else caller.throttle

    def forget(self) -> None:
        """Empties the caches; also called by whoever changed what they hold, for this process at once."""
        self._generation += 1
        self._tokens.clear()
        self._tenants.clear()

    # Life -------------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        ready = asyncio.Event()
        self._tasks = [asyncio.create_task(self._listen(ready)), asyncio.create_task(self._record_usage())]
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(ready.wait(), 5)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._write_usage()

    async def _listen(self, ready: asyncio.Event) -> None:
        while True:
            try:
                async with await AsyncConnection.connect(self.database.url, autocommit=True) as connection:
                    await connection.execute(f"LISTEN {CHANNEL}")
                    self.forget()
                    self._listening = True
                    ready.set()
                    async for _ in connection.notifies():
                        self.forget()
            except Error as fault:
                logger.warning("listening connection lost", kind=type(fault).__name__)
            finally:
                self._listening = False
            await asyncio.sleep(1)

    async def _record_usage(self) -> None:
        while True:
            await asyncio.sleep(USAGE_SECONDS)
            try:
                await self._write_usage()
            except (Error, Unavailable) as fault:
                logger.warning("token usage not recorded", kind=type(fault).__name__)

    async def _write_usage(self) -> None:
        used, self._used = self._used, {}
        for tenant, identifiers in used.values():
            async with self.database.reading(tenant) as session:
                await session.rows(_TOUCH, ids=sorted(identifiers))


_GATES: weakref.WeakSet[Access] = weakref.WeakSet()
_ANNOUNCE = Statement("SELECT pg_notify(:channel::text, :what::text)")


def _forget_all() -> None:
    for gate in _GATES:
        gate.forget()


async def announce_change(session: WriteSession, what: str = "tokens") -> None:
    """Makes every process forget what it remembers of tokens and tenants once the transaction commits.

    This process forgets before the change is answered, so the very next request sees it; others as the notice arrives.
    """
    session.after_commit["access"] = _forget_all
    await session.row(_ANNOUNCE, channel=CHANNEL, what=what)
