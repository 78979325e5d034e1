"""The ASGI application: from bytes to an operation and back, in one way for every endpoint.

Path → tenant → operation → caller → scope → permission → limit → transaction → handler → answer. Every error is
rendered here, and every answer, error or not, leaves with the headers of conventions §12, §14 and §18.
"""

import asyncio
import random
import re
import time
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping, MutableMapping
from typing import Any, Protocol
from urllib.parse import unquote

from psycopg import DataError, InterfaceError, OperationalError
from psycopg.errors import DeadlockDetected, LockNotAvailable, SerializationFailure

from omneo_api.foundation import idempotency
from omneo_api.foundation.calls import Answer, Call, Caller
from omneo_api.foundation.constraints import INTEGRITY, as_invalid
from omneo_api.foundation.database import Actor, Database, Tenant
from omneo_api.foundation.errors import (
    ApiError,
    Invalid,
    MethodNotAllowed,
    MissingScope,
    NotFound,
    PayloadTooLarge,
    Unauthorized,
    Unavailable,
)
from omneo_api.foundation.limits import RateLimiter
from omneo_api.foundation.logs import log_failure, log_request
from omneo_api.foundation.metrics import observe
from omneo_api.foundation.operations import NeedsWriting, Operation
from omneo_api.foundation.routing import Router

RETRIED = (DeadlockDetected, SerializationFailure, LockNotAvailable)
ATTEMPTS = 12
REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,128}").fullmatch
METHODS = "GET, POST, PUT, PATCH, DELETE, OPTIONS, HEAD"
EXPOSED = "X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, Retry-After, X-Request-Id"
DEFAULT_HEADERS = "Authorization, Content-Type, Accept, X-Requested-With, X-Request-Id, Idempotency-Key"

Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]


class Gate(Protocol):
    """What the composition knows and the foundation does not: tenants and who calls."""

    async def tenant(self, host: str) -> Tenant: ...
    async def caller(self, call: Call, operation: Operation) -> Caller: ...
    def limit(self, caller: Caller) -> int: ...
    async def start(self) -> None: ...
    async def stop(self) -> None: ...


class Application:
    """Serves the operations of its mounts; a mount is a base path with its own router."""

    def __init__(
        self,
        database: Database,
        gate: Gate,
        mounts: Mapping[tuple[str, ...], Iterable[Operation]],
        *,
        max_body: int,
        cors_origins: Iterable[str] = ("*",),
        trusted_proxies: Iterable[str] = (),
        access_log: bool = True,
    ) -> None:
        self.database, self.gate, self.max_body, self.access_log = database, gate, max_body, access_log
        self._origins, self._trusted = frozenset(cors_origins), frozenset(trusted_proxies)
        self._limiter = RateLimiter()
        self._mounts: list[tuple[tuple[str, ...], Router]] = []
        for base, operations in sorted(mounts.items(), key=lambda item: -len(item[0])):
            router = Router()
            for operation in operations:
                for path in (operation.path, *operation.aliases):
                    router.add(operation.method, path, operation)
            self._mounts.append((base, router))

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        try:
            await self.database.open()
            await self.gate.start()
        except Exception as fault:  # noqa: BLE001 - the server must learn of any reason why it cannot start
            await send({"type": "lifespan.startup.failed", "message": str(fault)})
            return
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.gate.stop()
        await self.database.close()
        await send({"type": "lifespan.shutdown.complete"})

    async def _http(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        started = time.perf_counter()
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        asked = headers.get("x-request-id", "")
        request_id = asked if REQUEST_ID(asked) else uuid.uuid4().hex
        counted: list[tuple[str, str]] = []
        trace: dict[str, Any] = {}
        try:
            answer = await self._answer(scope, headers, receive, request_id, counted, trace)
        except ApiError as fault:
            extra = [pair for pair in fault.headers.items() if pair[0] not in dict(counted)]
            answer = Answer(fault.status, fault.body(), tuple(extra))
        except ClientGone:
            return
        except (OperationalError, InterfaceError):
            gone = Unavailable()
            answer = Answer(gone.status, gone.body(), tuple(gone.headers.items()))
        except Exception as fault:  # noqa: BLE001 - whatever happens, the client gets the envelope and the log the reason
            log_failure(request_id, fault)
            error = ApiError()
            answer = Answer(error.status, error.body())
        route = trace.get("route", "-")
        seconds = time.perf_counter() - started
        observe(scope["method"], route, answer.status, seconds)
        if self.access_log:
            log_request(request_id, scope["method"], route, answer.status, seconds, trace)
        await self._send(send, scope["method"], headers, answer, request_id, counted)

    async def _send(
        self,
        send: Send,
        method: str,
        headers: dict[str, str],
        answer: Answer,
        request_id: str,
        counted: list[tuple[str, str]],
    ) -> None:
        out = [
            (b"x-request-id", request_id.encode()),
            (b"x-content-type-options", b"nosniff"),
            (b"access-control-expose-headers", EXPOSED.encode()),
        ]
        origin = headers.get("origin")
        if "*" in self._origins:
            out.append((b"access-control-allow-origin", b"*"))
        elif origin in self._origins:
            out += [(b"access-control-allow-origin", origin.encode("latin-1")), (b"vary", b"Origin")]
        if not any(name == "Cache-Control" for name, _ in answer.headers):
            out.append((b"cache-control", b"no-store, private"))
        out += [(name.lower().encode(), value.encode("latin-1")) for name, value in (*answer.headers, *counted)]
        body = answer.body
        if body is not None:
            out += [(b"content-type", answer.content_type.encode()), (b"content-length", str(len(body)).encode())]
        await send({"type": "http.response.start", "status": answer.status, "headers": out})
        await send({"type": "http.response.body", "body": b"" if method == "HEAD" or body is None else body})

    async def _answer(
        self,
        scope: MutableMapping[str, Any],
        headers: dict[str, str],
        receive: Receive,
        request_id: str,
        counted: list[tuple[str, str]],
        trace: dict[str, Any],
    ) -> Answer:
        method = scope["method"]
        if method == "OPTIONS":
            return self._preflight(headers)
        base, router, segments = self._mount(scope)
        asked = {"HEAD": "GET", "PATCH": "PUT"}.get(method, method)
        found = router.find(segments, asked)
        if isinstance(found, list):
            if not found:
                raise NotFound
            raise MethodNotAllowed(method, _spelled_out(found))
        operation, values = found
        trace["route"] = f"/{'/'.join(base)}{operation.path}"
        raw_body = await self._body(headers, receive)
        if operation.detached:
            answer: Answer = await operation.handler(**values)
            return answer
        host, scheme, client = self._origin(scope, headers)
        tenant = await self.gate.tenant(host)
        base_url = f"{scheme}://{host}"
        path = f"{base_url}/{'/'.join((*base, *(_quoted(scope, len(base)))))}"
        query = scope["query_string"].decode("latin-1")
        call = Call(
            method=asked,
            url=path,
            base_url=base_url,
            address=f"{path}?{query}" if query else path,
            query_string=query,
            headers=headers,
            raw_body=raw_body,
            tenant=tenant,
            request_id=request_id,
            client=client,
            path=values,
        )
        trace["tenant"] = tenant.handle
        if operation.auth != "none":
            await self._authorise(call, operation, counted)
            trace["user"] = call.who.user_id
        return await self._execute(operation, call)

    async def _authorise(self, call: Call, operation: Operation, counted: list[tuple[str, str]]) -> None:
        caller = call.caller = await self.gate.caller(call, operation)
        key = (call.tenant.id, caller.kind, caller.token_id if caller.kind == "id" else caller.user_id)
        counted += self._limiter.count(key, self.gate.limit(caller))
        if operation.auth == "customer":
            return
        if operation.scopes and not any(caller.may(scope) for scope in operation.scopes):
            raise MissingScope
        if operation.scopes and operation.needs_permission not in caller.permissions:
            raise Unauthorized

    async def _execute(self, operation: Operation, call: Call) -> Answer:
        if operation.reads:
            try:
                return await self._read(operation, call)
            except NeedsWriting:
                pass
        key = None if operation.secret else idempotency.key_of(call)
        for attempt in range(ATTEMPTS):
            try:
                return await self._write(operation, call, key)
            except RETRIED:
                if attempt == ATTEMPTS - 1:
                    raise Unavailable from None
                await asyncio.sleep(random.uniform(0, 0.005 * 2 ** min(attempt, 6)))  # noqa: S311
            except INTEGRITY as fault:
                raise as_invalid(fault) from fault
            except DataError as fault:
                raise Invalid.field("body", "A value is out of range.") from fault
            except (OperationalError, InterfaceError) as fault:
                raise Unavailable from fault
        raise Unavailable

    async def _read(self, operation: Operation, call: Call) -> Answer:
        try:
            async with self.database.reading(call.tenant) as session:
                return await operation.run(session, call)
        except DataError as fault:
            raise Invalid.field("query", "A value is out of range.") from fault
        except (OperationalError, InterfaceError) as fault:
            raise Unavailable from fault

    async def _write(self, operation: Operation, call: Call, key: str | None) -> Answer:
        actor = call.actor
        try:
            async with self.database.writing(call.tenant, actor) as session:
                if key is not None:
                    kept = await idempotency.replay(session, call, key)
                    if kept is not None:
                        return kept
                answer = await operation.run(session, call)
                if key is not None:
                    await session.outbox.flush(session)
                    await idempotency.keep(session, call, key, answer.status, answer.body)
        except ApiError as fault:
            if (
                key is not None
                and fault.status < 500
                and not isinstance(fault, Invalid)
                and "Retry-After" not in fault.headers
            ):
                await self._keep_refusal(call, key, fault, actor)
            raise
        return answer

    async def _keep_refusal(self, call: Call, key: str, fault: ApiError, actor: Actor) -> None:
        """A refused write left nothing behind, so its answer is kept in a transaction of its own."""
        async with self.database.writing(call.tenant, actor) as session:
            if await idempotency.replay(session, call, key) is None:
                await idempotency.keep(session, call, key, fault.status, fault.body())

    async def _body(self, headers: dict[str, str], receive: Receive) -> bytes:
        length = headers.get("content-length", "")
        if length.isdigit() and int(length) > self.max_body:
            raise PayloadTooLarge
        message = await receive()
        if message["type"] == "http.disconnect":
            raise ClientGone
        body: bytes = message.get("body", b"")
        while message.get("more_body"):
            message = await receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            body += message.get("body", b"")
            if len(body) > self.max_body:
                raise PayloadTooLarge
        return body

    def _mount(self, scope: MutableMapping[str, Any]) -> tuple[tuple[str, ...], Router, list[str]]:
        raw = scope.get("raw_path") or scope["path"].encode()
        segments = [unquote(part, errors="replace") for part in raw.decode("latin-1").split("?")[0].split("/") if part]
        for base, router in self._mounts:
            if tuple(segments[: len(base)]) == base:
                return base, router, segments[len(base) :]
        raise NotFound

    def _origin(self, scope: MutableMapping[str, Any], headers: dict[str, str]) -> tuple[str, str, str | None]:
        peer = scope["client"][0] if scope.get("client") else None
        host, scheme, client = headers.get("host", "localhost"), scope.get("scheme", "http"), peer
        if peer in self._trusted:
            host = headers.get("x-forwarded-host", host).split(",")[0].strip()
            scheme = headers.get("x-forwarded-proto", scheme).split(",")[0].strip()
            client = headers.get("x-forwarded-for", client or "").split(",")[0].strip() or None
        return host, scheme if scheme in ("http", "https") else "http", client

    def _preflight(self, headers: dict[str, str]) -> Answer:
        wanted = headers.get("access-control-request-headers") or DEFAULT_HEADERS
        allowed = [
            ("Access-Control-Allow-Methods", METHODS),
            ("Access-Control-Allow-Headers", wanted),
            ("Access-Control-Max-Age", "86400"),
        ]
        return Answer(204, None, tuple(allowed))


class ClientGone(Exception):
    """The client left before its request was whole: nothing was begun."""


def _spelled_out(methods: list[str]) -> list[str]:
    every = set(methods) | ({"HEAD"} if "GET" in methods else set()) | ({"PATCH"} if "PUT" in methods else set())
    return sorted(every, key=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"].index)


def _quoted(scope: MutableMapping[str, Any], skip: int) -> list[str]:
    raw = (scope.get("raw_path") or scope["path"].encode()).decode("latin-1").split("?")[0]
    return [part for part in raw.split("/") if part][skip:]
