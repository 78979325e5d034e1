"""Operations: one method on one path, declared beside its handler and mounted where the contract wants it.

A handler is an async function. What it takes by name is what it gets: `session` (a transaction, or a reading session
for GETs), `call`, `body` (checked against the annotated schema), `owner` (whose rows: decided by where the family is
mounted) and path values by their names, converted as annotated (a value of the wrong kind is 404).
"""

import inspect
import uuid
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from psycopg import DataError

from omneo_api.foundation.calls import EVERYONE, Answer, Call, Owner
from omneo_api.foundation.constraints import INTEGRITY, as_invalid
from omneo_api.foundation.errors import ApiError, Errors, Invalid, NotFound
from omneo_api.foundation.fields import Body, sound
from omneo_api.foundation.query import Listing

Handler = Callable[..., Awaitable[Answer]]
Decorator = Callable[[Handler], Handler]
OwnerOf = Callable[[Any, Call], Awaitable[Owner]]
Envelope = Literal["one", "page", "list", "flat", "bare", "message", "none"]

LARGEST_ID = 2**63 - 1
PERMISSIONS = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}


class NeedsWriting(Exception):
    """Raised by a reading handler for which something must be made first: it is run again within a transaction."""


@dataclass(frozen=True, eq=False)
class Operation:
    """One endpoint with everything that authorisation, execution and the OpenAPI document need to know of it.

    An answer of a `secret` operation shows a secret once and is therefore not kept for an `Idempotency-Key`.
    """

    method: str
    path: str
    handler: Handler
    summary: str = ""
    description: str = ""
    tag: str = ""
    scopes: tuple[str, ...] = ()
    auth: Literal["token", "customer", "none"] = "token"
    permission: str | None = None
    reads: bool = False
    body: type[Body] | None = None
    answers: Any = None
    envelope: Envelope = "one"
    success: tuple[int, ...] = (200,)
    aliases: tuple[str, ...] = ()
    listing: Listing | None = None
    example: Any = None
    owner: OwnerOf | None = None
    trim: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    secret: bool = False
    takes: tuple[tuple[str, Any], ...] = field(default=(), compare=False)

    @property
    def needs_permission(self) -> str:
        return self.permission or PERMISSIONS.get(self.method, "update")

    @property
    def detached(self) -> bool:
        """Whether the operation needs neither tenant nor database session of its own (health, documents)."""
        return self.auth == "none" and all(name not in ("session", "owner", "call") for name, _ in self.takes)

    async def run(self, session: Any, call: Call) -> Answer:
        """Converts what the handler takes and calls it. Raises: ApiError."""
        values: dict[str, Any] = {}
        failing: Errors = {}
        for name, kind in self.takes:
            if name == "session":
                values[name] = session
            elif name == "call":
                values[name] = call
            elif name == "body":
                values[name], failing = sound(kind, self.trim(call.body) if self.trim else call.body)
            elif name == "owner":
                values[name] = await self.owner(session, call) if self.owner else EVERYONE
            else:
                values[name] = convert(call.path[name], kind)
        if failing:
            raise Invalid(failing | await self._refused_beside(failing, values))
        return await self.handler(**values)

    async def _refused_beside(self, failing: Errors, values: dict[str, Any]) -> Errors:
        """What the handler itself refuses of the fields that are sound, so that one answer names every failing field.

        Its writes are undone with the transaction, which always ends in the 422 of the failing fields.
        """
        try:
            await self.handler(**values)
        except Invalid as refused:
            found = refused.errors
        except INTEGRITY as fault:
            found = as_invalid(fault).errors
        except (ApiError, DataError):
            return {}
        else:
            return {}
        said = {path.split(".")[0] for path in failing}
        return {path: texts for path, texts in found.items() if path.split(".")[0] not in said}


def convert(text: str, kind: Any) -> Any:
    """A path value as the handler wants it. Raises: NotFound when it is of the wrong kind."""
    if kind is int:
        if not (text.isascii() and text.isdigit()) or len(text) > 19 or int(text) > LARGEST_ID:
            raise NotFound
        return int(text)
    if kind is uuid.UUID:
        try:
            return uuid.UUID(text) if len(text) == 36 else _no()
        except ValueError:
            raise NotFound from None
    if "\x00" in text:
        raise NotFound
    return text


def _no() -> None:
    raise NotFound


class Routes:
    """The operations of one room, with paths below where they are mounted."""

    def __init__(self, tag: str) -> None:
        self.tag = tag
        self.operations: list[Operation] = []

    def _declare(
        self, method: str, path: str, scope: str | tuple[str, ...] | None, options: dict[str, Any]
    ) -> Decorator:
        def register(handler: Handler) -> Handler:
            self.add(method, path, handler, scope, **options)
            return handler

        return register

    def add(
        self, method: str, path: str, handler: Handler, scope: str | tuple[str, ...] | None, **options: Any
    ) -> None:
        parameters = inspect.signature(handler, eval_str=True).parameters
        scopes = (scope,) if isinstance(scope, str) else scope or ()
        body = options.pop("body", parameters["body"].annotation if "body" in parameters else None)
        takes = tuple((name, body if name == "body" else found.annotation) for name, found in parameters.items())
        text = inspect.getdoc(handler) or ""
        summary = options.pop("summary", text.split("\n", 1)[0])
        success = options.pop("success", (201,) if method == "POST" else (204,) if method == "DELETE" else (200,))
        reads = options.pop("reads", method == "GET")
        self.operations.append(
            Operation(
                method,
                path,
                handler,
                summary,
                description=options.pop("description", text.partition("\n")[2].strip()),
                tag=options.pop("tag", self.tag),
                scopes=tuple(scopes),
                body=body,
                success=(success,) if isinstance(success, int) else success,
                reads=reads,
                takes=takes,
                **options,
            )
        )

    def get(self, path: str, scope: str | tuple[str, ...] | None, **options: Any) -> Decorator:
        return self._declare("GET", path, scope, options)

    def post(self, path: str, scope: str | tuple[str, ...] | None, **options: Any) -> Decorator:
        return self._declare("POST", path, scope, options)

    def put(self, path: str, scope: str | tuple[str, ...] | None, **options: Any) -> Decorator:
        return self._declare("PUT", path, scope, options)

    def delete(self, path: str, scope: str | tuple[str, ...] | None, **options: Any) -> Decorator:
        return self._declare("DELETE", path, scope, options)

    def mounted(
        self,
        prefix: str = "",
        owner: OwnerOf | None = None,
        only: Iterable[tuple[str, str]] | None = None,
        **changes: Any,
    ) -> list[Operation]:
        """The same operations below `prefix`, for that owner; `only` names the (method, path) pairs that are offered.

        Raises: KeyError when `only` names an operation that does not exist.
        """
        offered = {(operation.method, operation.path): operation for operation in self.operations}
        chosen = list(offered) if only is None else list(only)
        return [
            replace(
                offered[key],
                path=prefix + offered[key].path,
                aliases=tuple(prefix + alias for alias in offered[key].aliases),
                owner=owner or offered[key].owner,
                **changes,
            )
            for key in chosen
        ]
