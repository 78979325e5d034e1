"""A request as handlers see it, and what they answer."""

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from omneo_api.foundation.bodies import parse_body, parse_brackets
from omneo_api.foundation.database import Actor, Tenant

EVERYTHING = frozenset({"create", "read", "update", "delete"})


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the user behind an API token, or the customer behind an ID token (`profile_id`)."""

    user_id: int
    token_id: str
    token_name: str
    scopes: frozenset[str] = frozenset()
    permissions: frozenset[str] = EVERYTHING
    is_admin: bool = False
    throttle: int | None = None
    kind: str = "api"
    profile_id: uuid.UUID | None = None
    user_name: str = ""

    def may(self, scope: str) -> bool:
        return scope in self.scopes


@dataclass(slots=True)
class Call:
    """One request. Path values are in `path`, bracket-parsed query parameters in `query`."""

    method: str
    url: str
    base_url: str
    address: str
    query_string: str
    headers: Mapping[str, str]
    raw_body: bytes
    tenant: Tenant
    request_id: str
    client: str | None = None
    caller: Caller | None = None
    path: dict[str, str] = field(default_factory=dict)
    memory: dict[str, Any] = field(default_factory=dict)
    _query: dict[str, Any] | None = None
    _body: dict[str, Any] | None = None

    @property
    def pairs(self) -> list[tuple[str, str]]:
        return parse_qsl(self.query_string, keep_blank_values=True, errors="replace") if self.query_string else []

    @property
    def query(self) -> dict[str, Any]:
        if self._query is None:
            self._query = parse_brackets(self.pairs, lists=False) if self.query_string else {}
            _gather_tags(self.pairs, self._query.get("filter"))
        return self._query

    @property
    def body(self) -> dict[str, Any]:
        """The request's JSON object. Raises: BadRequest, Invalid, UnsupportedMediaType."""
        if self._body is None:
            self._body = parse_body(self.raw_body, self.headers.get("content-type"))
        return self._body

    @property
    def who(self) -> Caller:
        assert self.caller is not None  # noqa: S101
        return self.caller

    @property
    def actor(self) -> Actor:
        caller = self.caller
        if caller is None:
            return Actor(
                url=self.address, ip_address=self.client, user_agent=self.headers.get("user-agent"), origin="api"
            )
        name = caller.token_name
        if caller.kind == "id":
            name = f"ID token of profile {caller.profile_id} ({caller.token_name})"
        return Actor(
            user_id=caller.user_id,
            token_name=name,
            url=self.address,
            ip_address=self.client,
            user_agent=self.headers.get("user-agent"),
            origin=caller.kind,
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """A status, a finished body (None: no body at all) and extra headers."""

    status: int
    body: bytes | None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = "application/json"


def _gather_tags(pairs: list[tuple[str, str]], given: Any) -> None:
    """`filter[tags.handle]` may be repeated, and then all of them must match (incentives-status 11)."""
    tags = [value for name, value in pairs if name in ("filter[tags.handle]", "filter[tags][handle]")]
    if len(tags) > 1 and isinstance(given, dict):
        given.pop("tags", None)
        given["tags.handle"] = tags


NO_CONTENT = Answer(204, None)


def one(data: str, status: int = 200) -> Answer:
    """`{"data": …}` around finished JSON text."""
    return Answer(status, b'{"data":' + data.encode() + b"}")


def created(data: str) -> Answer:
    return one(data, 201)


def data(content: Any, status: int = 200) -> Answer:
    """`{"data": …}` around a Python value."""
    return Answer(status, orjson.dumps({"data": content}, default=str))


def bare(content: Any, status: int = 200) -> Answer:
    """A body without the `data` envelope, for the few endpoints of conventions §3.1."""
    return Answer(status, orjson.dumps(content, default=str))


@dataclass(frozen=True, slots=True)
class Owner:
    """Whose rows a family shows: everybody's (`id` None) or one profile's. `alive` is the condition that it exists."""

    id: Any = None
    alive: Callable[[], Any] | None = None


EVERYONE = Owner()
