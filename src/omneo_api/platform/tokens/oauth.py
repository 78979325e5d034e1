"""The OAuth 2 grants of `POST /auth/token`: password, client credentials and refresh (conventions 13.2).

A refusal takes the same time whether the account exists or not; a refresh token works once.
"""

import hmac
import secrets
from collections.abc import Mapping
from typing import Any

import orjson

from omneo_api.foundation.calls import Call
from omneo_api.foundation.database import WriteSession
from omneo_api.foundation.errors import ApiError, BadRequest, Invalid
from omneo_api.foundation.limits import RateLimiter
from omneo_api.foundation.statements import Statement
from omneo_api.platform import passwords
from omneo_api.platform.access import announce_change, token_hash
from omneo_api.platform.roles import PERMISSIONS, permissions_of
from omneo_api.platform.scopes import concrete, expanded, known
from omneo_api.platform.tokens import service
from omneo_api.platform.tokens.models import ApiToken

ATTEMPTS_PER_MINUTE = 10
GRANTS = ("password", "client_credentials", "refresh_token")
UNKNOWN_SECRET = token_hash("")
LARGEST_CLIENT = 2**63 - 1
# What a single-word scope does, in the terms of the roles.
WORDS = {"redeem-strategy": "create", "redeem-benefits": "create", "return": "update", "view-statuses": "read"}

_CLIENT = Statement(
    """
    SELECT id, user_id, secret_hash FROM oauth_clients
    WHERE id = :id::bigint AND NOT revoked AND NOT personal_access_client FOR SHARE
    """
)
_USER_BY_EMAIL = Statement("SELECT id, password_hash FROM users WHERE email = :email::text AND deleted_at IS NULL")
_USER = Statement(
    """
    SELECT u.id, u.password_hash, ARRAY(SELECT r.role_id FROM user_roles r WHERE r.user_id = u.id) AS roles
    FROM users u WHERE u.id = :id::bigint AND u.deleted_at IS NULL FOR SHARE OF u
    """
)
_SPEND = Statement(
    """
    UPDATE api_tokens SET revoked = true, updated_at = omneo_now()
    WHERE refresh_hash = :hash::bytea AND client_id = :client::bigint AND NOT revoked
      AND refresh_expires_at > omneo_now()
    RETURNING user_id, scopes
    """
)


class OAuthError(ApiError):
    """An error in the shape that OAuth clients read."""

    def __init__(self, code: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.code, self.status = code, status

    def body(self) -> bytes:
        return orjson.dumps({"error": self.code, "error_description": self.message, "message": self.message})


def invalid_request(description: str) -> OAuthError:
    return OAuthError("invalid_request", description)


def invalid_client() -> OAuthError:
    return OAuthError("invalid_client", "Client authentication failed.", 401)


def invalid_grant(description: str = "The user credentials were incorrect.") -> OAuthError:
    return OAuthError("invalid_grant", description)


class Throttle:
    """At most ten attempts a minute from one address and for one user name, counted in this process."""

    def __init__(self) -> None:
        self._limiter = RateLimiter()

    def count_address(self, call: Call) -> list[tuple[str, str]]:
        """Raises: TooManyAttempts."""
        return self._limiter.count((call.tenant.id, "address", call.client), ATTEMPTS_PER_MINUTE)

    def count_user(self, call: Call, username: str | None) -> None:
        """Raises: TooManyAttempts."""
        if username:
            self._limiter.count((call.tenant.id, "user", username.lower()[:255]), ATTEMPTS_PER_MINUTE)


def request_of(call: Call) -> dict[str, str]:
    """The request's parameters, form or JSON alike; empty ones count as absent.

    Raises: OAuthError (invalid_request).
    """
    try:
        body = call.body
    except (BadRequest, Invalid):
        raise invalid_request("The request is malformed.") from None
    read: dict[str, str] = {}
    for name in ("grant_type", "client_id", "client_secret", "username", "password", "scope", "refresh_token"):
        value = body.get(name)
        if isinstance(value, list) and name == "scope":
            value = " ".join(str(part) for part in value)
        if isinstance(value, bool) or not isinstance(value, str | int | None):
            raise invalid_request(f"The {name} parameter must be text.")
        text = "" if value is None else str(value)
        text = text if name in ("password", "client_secret") else text.strip()
        if text:
            read[name] = text
    return read


async def grant(session: WriteSession, asked: Mapping[str, str]) -> dict[str, Any]:
    """The answer of `POST /auth/token`. Raises: OAuthError."""
    kind = asked.get("grant_type")
    if kind is None:
        raise invalid_request("The grant_type parameter is required.")
    if kind not in GRANTS:
        raise OAuthError("unsupported_grant_type", "The grant type is not supported.")
    if kind == "refresh_token":
        return await refresh(session, asked)
    client = await _client(session, asked)
    if "username" in asked or "password" in asked or kind == "password":
        user = await _user_by_password(session, asked)
    elif client.user_id is None:
        raise invalid_grant("The client has no user of its own.")
    else:
        user = await _user(session, client.user_id)
    return await _issue(session, client.id, user, _scopes(asked.get("scope")) or ["*"])


async def refresh(session: WriteSession, asked: Mapping[str, str]) -> dict[str, Any]:
    """Trades a refresh token for a new pair; the old pair ends. Raises: OAuthError."""
    if asked.get("grant_type", "refresh_token") != "refresh_token":
        raise OAuthError("unsupported_grant_type", "The grant type is not supported.")
    client = await _client(session, asked)
    if "refresh_token" not in asked:
        raise invalid_request("The refresh_token parameter is required.")
    # The update is the check: of two at a time the second finds the row spent.
    spent = await session.row(_SPEND, hash=token_hash(asked["refresh_token"]), client=client.id)
    if spent is None:
        raise invalid_grant("The refresh token is invalid.")
    user = await _user(session, spent.user_id)
    wanted = _scopes(asked.get("scope")) or list(spent.scopes)
    granted = expanded(tuple(spent.scopes))
    if not (expanded(tuple(wanted)) & concrete()) <= granted:
        raise OAuthError("invalid_scope", "The scope may only be narrowed.")
    await announce_change(session)
    return await _issue(session, client.id, user, wanted)


async def _client(session: WriteSession, asked: Mapping[str, str]) -> Any:
    name = asked.get("client_id")
    if name is None:
        raise invalid_request("The client_id parameter is required.")
    number = int(name) if name.isascii() and name.isdigit() and len(name) < 20 else 0
    client = await session.row(_CLIENT, id=number) if 0 < number <= LARGEST_CLIENT else None
    stored = UNKNOWN_SECRET if client is None or client.secret_hash is None else bytes(client.secret_hash)
    fits = hmac.compare_digest(stored, token_hash(asked.get("client_secret", "")))
    if client is None or not fits:
        raise invalid_client()
    return client


async def _user_by_password(session: WriteSession, asked: Mapping[str, str]) -> Any:
    if "username" not in asked or "password" not in asked:
        raise invalid_request("The username and password parameters are required.")
    found = await session.row(_USER_BY_EMAIL, email=asked["username"].lower())
    if not await passwords.matches(found.password_hash if found else None, asked["password"]):
        raise invalid_grant()
    user = await _user(session, found.id)
    # The password may have changed while it was being checked, and so may the account have gone.
    if user.password_hash != found.password_hash:
        raise invalid_grant()
    return user


async def _user(session: WriteSession, identifier: int) -> Any:
    user = await session.row(_USER, id=identifier)
    if user is None:
        raise invalid_grant()
    return user


def _scopes(text: str | None) -> list[str]:
    names = list(dict.fromkeys((text or "").replace(",", " ").split()))
    if any(name not in known() for name in names):
        raise OAuthError("invalid_scope", "The requested scope is unknown.")
    return names


def permitted(names: list[str], roles: list[int]) -> list[str]:
    """The scopes cut to what the user's roles allow."""
    allowed = permissions_of(roles)
    if allowed >= frozenset(PERMISSIONS.values()):
        return names
    opened = expanded(tuple(names)) & concrete()
    kept = {name for name in opened if WORDS.get(name, name.partition("-")[0]) in allowed}
    # A manager creates nothing but profiles.
    if "update" in allowed and "create-profiles" in opened:
        kept.add("create-profiles")
    return sorted(kept)


async def _issue(session: WriteSession, client_id: int, user: Any, scopes: list[str]) -> dict[str, Any]:
    access, again = (secrets.token_urlsafe(service.SECRET_BYTES) for _ in range(2))
    granted = permitted(scopes, list(user.roles))
    values = {
        "id": secrets.token_hex(40),
        "user_id": user.id,
        "client_id": client_id,
        "kind": service.OAUTH,
        "name": None,
        "token_hash": token_hash(access),
        "scopes": granted,
        "expires_at": session.now + service.ACCESS_TOKEN_LIFE,
        "refresh_hash": token_hash(again),
        "refresh_expires_at": session.now + service.REFRESH_TOKEN_LIFE,
    }
    await session.insert(ApiToken, values)
    service.audited(session, "created", None, user.id, granted)
    return {
        "token_type": "Bearer",
        "expires_in": int(service.ACCESS_TOKEN_LIFE.total_seconds()),
        "access_token": access,
        "refresh_token": again,
    }
