"""API tokens, OAuth access tokens and clients: making them, listing them, ending them.

Of every secret only its hash is kept. What ends is forgotten by all processes before the answer leaves.
"""

import secrets
import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import jwt
from sqlalchemy import bindparam, select

from omneo_api.foundation.calls import Call
from omneo_api.foundation.database import ReadSession, WriteSession
from omneo_api.foundation.errors import Invalid, MissingScope, NotFound, selected_is_invalid
from omneo_api.foundation.models import NOW
from omneo_api.foundation.render import list_json, one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.platform.access import announce_change, token_hash
from omneo_api.platform.scopes import concrete, expanded, known
from omneo_api.platform.tokens.models import ApiToken
from omneo_api.platform.tokens.schemas import ExtendedTokenRead, TokenRead

PERSONAL, OAUTH = "personal", "oauth"
API_TOKEN_LIFE = timedelta(days=365)
ACCESS_TOKEN_LIFE = timedelta(hours=24)
REFRESH_TOKEN_LIFE = timedelta(days=30)
DELEGATE_LIFE = timedelta(minutes=5)
SECRET_BYTES = 48


_PERSONAL_TOKENS = Statement(lambda: _clause(TokenRead, ApiToken.kind == PERSONAL))
_CURRENT = Statement(lambda: _clause(ExtendedTokenRead, ApiToken.expires_at > NOW))
_EXPIRED = Statement(lambda: _clause(ExtendedTokenRead, ApiToken.expires_at <= NOW))
_OAUTH_TOKENS = Statement(lambda: _clause(ExtendedTokenRead, ApiToken.kind == OAUTH, ApiToken.expires_at > NOW))
_ONE = Statement(lambda: one_json(rows_json(TokenRead, ApiToken).where(ApiToken.id == bindparam("id"))))
_PERSONAL_CLIENT = Statement("SELECT id FROM oauth_clients WHERE personal_access_client ORDER BY id LIMIT 1")
_REVOKE = Statement(
    """
    UPDATE api_tokens SET revoked = true, updated_at = omneo_now()
    WHERE id = :id::text AND kind = :kind::text AND NOT revoked AND (user_id = :user::bigint OR :admin::bool)
    RETURNING name, user_id
    """
)
_CLIENT = Statement(
    "SELECT id, user_id, name, personal_access_client FROM oauth_clients"
    " WHERE id = :id::bigint AND NOT revoked FOR UPDATE"
)
_REVOKE_CLIENT = Statement("UPDATE oauth_clients SET revoked = true, updated_at = omneo_now() WHERE id = :id::bigint")
_REVOKE_TOKENS_OF = Statement(
    "UPDATE api_tokens SET revoked = true, updated_at = omneo_now() WHERE client_id = :id::bigint AND NOT revoked"
)


def _clause(schema: Any, *conditions: Any) -> Any:
    """The tokens of a user for which the conditions hold, newest first, as one JSON array."""
    rows = (
        rows_json(schema, ApiToken)
        .where(ApiToken.user_id == bindparam("user"), ~ApiToken.revoked, *conditions)
        .order_by(ApiToken.created_at.desc(), ApiToken.id)
    )
    return select(list_json(rows))


# Reading --------------------------------------------------------------------------------------------------------------


async def api_tokens(session: ReadSession, user_id: int) -> str:
    """JSON text of the user's API tokens that are not revoked."""
    return str(await session.value(_PERSONAL_TOKENS, user=user_id))


async def access_tokens(session: ReadSession, user_id: int, which: Any) -> str:
    """JSON text of the user's current or expired tokens, extended. Raises: Invalid for any other `type`."""
    if which not in (None, "", "null", "undefined", "current", "expired"):
        raise Invalid.field("type", selected_is_invalid("type"))
    return str(await session.value(_EXPIRED if which == "expired" else _CURRENT, user=user_id))


async def oauth_tokens(session: ReadSession, user_id: int) -> str:
    """JSON text of the user's living OAuth access tokens, extended."""
    return str(await session.value(_OAUTH_TOKENS, user=user_id))


# Making ---------------------------------------------------------------------------------------------------------------


def checked_scopes(names: Sequence[str], held: frozenset[str]) -> list[str]:
    """The names once each. Raises: Invalid for an unknown one, MissingScope for more than the caller holds."""
    errors = {
        f"scopes.{place}": [selected_is_invalid(f"scopes.{place}")]
        for place, name in enumerate(names)
        if name not in known()
    }
    if errors:
        raise Invalid(errors)
    if not (expanded(tuple(names)) & concrete()) <= held:
        raise MissingScope
    return list(dict.fromkeys(names))


async def create(session: WriteSession, call: Call, name: str, scopes: Sequence[str]) -> tuple[str, str]:
    """A new API token of the caller's user: (secret, JSON text of the token). Raises: Invalid, MissingScope."""
    granted = checked_scopes(scopes, call.who.scopes)
    client = await session.value(_PERSONAL_CLIENT)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    values = {
        "id": secrets.token_hex(40),
        "user_id": call.who.user_id,
        "client_id": client,
        "kind": PERSONAL,
        "name": name,
        "token_hash": token_hash(secret),
        "scopes": granted,
        "expires_at": session.now + API_TOKEN_LIFE,
    }
    await session.insert(ApiToken, values)
    audited(session, "created", name, call.who.user_id, granted)
    return secret, str(await session.value(_ONE, id=values["id"]))


def audited(session: WriteSession, event: str, name: str | None, user_id: int, scopes: Sequence[str] | None) -> None:
    """The audit row of a token: whose and what for, never which."""
    values = {"name": name, "user_id": user_id, **({"scopes": list(scopes)} if scopes is not None else {})}
    old, new = (values, None) if event == "deleted" else (None, values)
    session.outbox.audit(event, "ApiToken", None, old, new)


def delegate(session: ReadSession, call: Call, secret: str, client: str, scopes: Sequence[str] | None) -> str:
    """A JWT of five minutes for another service that shares the secret. Raises: Invalid, MissingScope."""
    held = call.who.scopes
    own = ["*"] if concrete() <= held else sorted(held)
    granted = own if scopes is None else checked_scopes(scopes, held)
    claims = {
        "iss": session.tenant.handle,
        "sub": str(call.who.user_id),
        "client": client,
        "scopes": granted,
        "iat": int(session.now.timestamp()),
        "exp": int((session.now + DELEGATE_LIFE).timestamp()),
        "jti": uuid.uuid4().hex,
    }
    return jwt.encode(claims, secret, algorithm="HS256")


# Ending ---------------------------------------------------------------------------------------------------------------


async def revoke(session: WriteSession, call: Call, identifier: str, kind: str) -> None:
    """Ends a token of the caller's user, or of anyone for an administrator. Raises: NotFound."""
    row = await session.row(_REVOKE, id=identifier, kind=kind, user=call.who.user_id, admin=call.who.is_admin)
    if row is None:
        raise NotFound
    audited(session, "deleted", row.name, row.user_id, None)
    await announce_change(session)


async def revoke_client(session: WriteSession, call: Call, identifier: int) -> None:
    """Ends an OAuth client with all its tokens for good. Raises: NotFound, Invalid for the personal access client."""
    client = await session.row(_CLIENT, id=identifier)
    if client is None or not (call.who.is_admin or client.user_id == call.who.user_id):
        raise NotFound
    if client.personal_access_client:
        raise Invalid.field("client", "The personal access client cannot be revoked.")
    await session.execute(_REVOKE_CLIENT, id=identifier)
    await session.execute(_REVOKE_TOKENS_OF, id=identifier)
    old = {"name": client.name, "user_id": client.user_id}
    session.outbox.audit("deleted", "OAuthClient", identifier, old, None)
    await announce_change(session)
