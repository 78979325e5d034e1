"""Customer tokens: minted for one profile (or for nobody), short-lived, good for `/id/api/v1` alone (omneo-id 3)."""

import hmac
import uuid
from dataclasses import replace
from functools import lru_cache
from typing import Any

import jwt

from omneo_api.foundation import clock
from omneo_api.foundation.calls import Answer, Call, Caller, data
from omneo_api.foundation.database import Tenant
from omneo_api.foundation.errors import Invalid, MissingScope, NotFound, Unauthenticated
from omneo_api.foundation.operations import Routes
from omneo_api.foundation.statements import Statement
from omneo_api.platform.access import Access
from omneo_api.profiles.scope import profile_by_identity

NOBODY = "null"
LEEWAY_SECONDS = 5
CLAIMS = ["exp", "nbf", "iat", "iss", "jti", "pid", "tid"]
_LIVE = Statement("SELECT 1 FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL")


class IdTokens:
    """Mints and checks customer tokens with a key per tenant, made from the installation's secret alone.

    The word in the derivation keeps these keys apart from every other that comes from the same secret.
    """

    def __init__(self, secret: str, seconds: int, previous: str | None = None) -> None:
        self._secrets = tuple(key.encode() for key in (secret, previous) if key)
        self.seconds = seconds
        self._keys = lru_cache(maxsize=1024)(self._derive)

    def _derive(self, handle: str) -> tuple[bytes, ...]:
        return tuple(hmac.digest(secret, f"omneo-id:{handle}".encode(), "sha256") for secret in self._secrets)

    def mint(self, tenant: Tenant, minter: Caller, profile_id: uuid.UUID | None) -> tuple[str, int]:
        """The token and the moment (epoch seconds) at which it ends."""
        now = int(clock.now(tenant.clock_offset).timestamp())
        claims = {
            "iss": f"omneo-id:{tenant.handle}",
            "pid": NOBODY if profile_id is None else str(profile_id),
            "tid": minter.token_id,
            "w": minter.may("update-profiles"),
            "jti": uuid.uuid4().hex,
            "iat": now,
            "nbf": now,
            "exp": now + self.seconds,
        }
        return jwt.encode(claims, self._keys(tenant.handle)[0], "HS256"), now + self.seconds

    async def caller(self, access: Access, call: Call, secret: str) -> Caller:
        """The customer behind a token. Raises: Unauthenticated, MissingScope for a write with a read-only token."""
        claims = self._claims(call.tenant, secret)
        minter = await access.token_by_id(call.tenant, str(claims["tid"]))
        if claims.get("w") is not True and call.method != "GET":
            raise MissingScope
        profile_id = None if claims["pid"] == NOBODY else uuid.UUID(str(claims["pid"]))
        return replace(minter, kind="id", token_id=str(claims["jti"]), profile_id=profile_id)

    def _claims(self, tenant: Tenant, secret: str) -> dict[str, Any]:
        now = clock.now(tenant.clock_offset).timestamp()
        for key in self._keys(tenant.handle):
            try:
                claims: dict[str, Any] = jwt.decode(
                    secret,
                    key,
                    algorithms=["HS256"],
                    issuer=f"omneo-id:{tenant.handle}",
                    options={"require": CLAIMS, "verify_exp": False, "verify_nbf": False, "verify_iat": False},
                )
            except (jwt.PyJWTError, ValueError):
                continue
            if _in_time(claims, now):
                return claims
        raise Unauthenticated


def _in_time(claims: dict[str, Any], now: float) -> bool:
    ends, begins = claims["exp"], claims["nbf"]
    return isinstance(ends, int) and isinstance(begins, int) and begins - LEEWAY_SECONDS <= now < ends


def minting(tokens: IdTokens) -> Routes:
    """`POST /id/api/v1/auth/token`: an API token in, a customer token out. Nothing is written."""
    routes = Routes("Omneo ID")

    async def mint(session: Any, call: Call) -> Answer:
        """Mint a customer token

        For the profile with that `id`, or with that identity (`id_handle`, `id`); without an id an anonymous token.
        """
        if not call.who.may("read-profiles"):
            raise MissingScope
        identifier, handle = _asked(call.body)
        profile_id = await _profile(session, identifier, handle)
        token, ends = tokens.mint(call.tenant, call.who, profile_id)
        return data({"token": token, "exp": ends})

    routes.add(
        "POST",
        "/auth/token",
        mint,
        None,
        reads=True,
        success=200,
        permission="read",
        example={"id": "", "id_handle": ""},
    )
    return routes


def _asked(body: dict[str, Any]) -> tuple[str | None, str | None]:
    errors: dict[str, list[str]] = {}
    found: list[str | None] = []
    for name in ("id", "id_handle"):
        value = body.get(name)
        if isinstance(value, bool | list | dict):
            errors[name] = [f"The {name.replace('_', ' ')} field must be a string."]
            continue
        text = "" if value is None else str(value).strip()
        if len(text) > 255:
            errors[name] = [f"The {name.replace('_', ' ')} field must not be greater than 255 characters."]
        found.append(text or None)
    if errors:
        raise Invalid(errors)
    return found[0], found[1]


async def _profile(session: Any, identifier: str | None, handle: str | None) -> uuid.UUID | None:
    if identifier is None:
        return None
    if handle is not None and handle != "profile_id":
        found = await profile_by_identity(session, handle, identifier)
    else:
        found = _uuid(identifier)
        if found is not None and await session.value(_LIVE, id=found) is None:
            found = None
    if found is None:
        raise NotFound
    return found


def _uuid(text: str) -> uuid.UUID | None:
    try:
        return uuid.UUID(text) if len(text) == 36 else None
    except ValueError:
        return None
