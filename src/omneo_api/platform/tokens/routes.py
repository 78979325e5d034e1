"""`/auth/*` (conventions 13.2). None of it needs a scope, and none grants more than the caller has."""

from typing import Any

import orjson

from omneo_api.foundation.calls import NO_CONTENT, Answer, Call, bare, data
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.operations import Routes
from omneo_api.platform.scopes import description, known
from omneo_api.platform.tokens import oauth, service
from omneo_api.platform.tokens.schemas import (
    DelegateBody,
    DelegateRead,
    ExtendedTokenRead,
    NewTokenRead,
    OAuthBody,
    OAuthTokenRead,
    ScopeRead,
    TokenBody,
    TokenRead,
)
from omneo_api.settings import Settings

ALIAS = "/auth/personal-access-tokens"
SCOPES = [{"id": name, "description": description(name)} for name in sorted(known())]
NO_CODE_FLOW = "The authorization code flow is not offered."
OAUTH_EXAMPLE = {"grant_type": "password", "client_id": 2, "client_secret": "…", "username": "…", "password": "…"}


def auth_routes(settings: Settings) -> Routes:
    """The operations; the settings hold the secrets of `POST /auth/delegate`."""
    routes = Routes("Authentication")
    _declare_tokens(routes)
    _declare_oauth(routes)
    _declare_others(routes, settings)
    return routes


def _bare(text: str, status: int = 200) -> Answer:
    return Answer(status, text.encode())


def _declare_tokens(routes: Routes) -> None:
    listed: dict[str, Any] = {"envelope": "bare"}

    @routes.post(
        "/auth/api-tokens",
        None,
        aliases=(ALIAS,),
        answers=NewTokenRead,
        envelope="bare",
        secret=True,
        example={"name": "POS sync", "scopes": ["read-profiles", "update-profiles"]},
    )
    async def create(session: Any, call: Call, body: TokenBody) -> Answer:
        """Create an API token

        The secret is in `accessToken` and is shown this once.
        """
        secret, token = await service.create(session, call, body.name, body.scopes)
        return _bare(f'{{"accessToken":{orjson.dumps(secret).decode()},"token":{token},{token[1:]}', 201)

    @routes.get("/auth/api-tokens", None, aliases=(ALIAS,), answers=TokenRead, **listed)
    async def api_tokens(session: Any, call: Call) -> Answer:
        """List the API tokens of the caller's user"""
        return _bare(await service.api_tokens(session, call.who.user_id))

    @routes.get("/auth/access-tokens", None, answers=ExtendedTokenRead, **listed)
    async def access_tokens(session: Any, call: Call) -> Answer:
        """List the current or, by `type=expired`, the expired tokens of the caller's user"""
        return _bare(await service.access_tokens(session, call.who.user_id, call.query.get("type")))

    @routes.get("/auth/tokens", None, answers=ExtendedTokenRead, **listed)
    async def tokens(session: Any, call: Call) -> Answer:
        """List the living OAuth access tokens of the caller's user"""
        return _bare(await service.oauth_tokens(session, call.who.user_id))

    @routes.delete("/auth/api-tokens/{id}", None, aliases=(f"{ALIAS}/{{id}}",), envelope="none")
    async def revoke(session: Any, call: Call, id: str) -> Answer:
        """Revoke an API token

        An administrator may revoke anyone's.
        """
        await service.revoke(session, call, id, service.PERSONAL)
        return NO_CONTENT

    @routes.delete("/auth/tokens/{id}", None, envelope="none")
    async def revoke_oauth(session: Any, call: Call, id: str) -> Answer:
        """Log out: end an OAuth access token and its refresh token"""
        await service.revoke(session, call, id, service.OAUTH)
        return NO_CONTENT

    @routes.delete("/auth/clients/{id}", None, envelope="none")
    async def revoke_client(session: Any, call: Call, id: int) -> Answer:
        """Revoke an OAuth client with all its tokens"""
        await service.revoke_client(session, call, id)
        return NO_CONTENT


def _declare_oauth(routes: Routes) -> None:
    throttle = oauth.Throttle()
    documented: dict[str, Any] = {
        "auth": "none",
        "body": OAuthBody,
        "answers": OAuthTokenRead,
        "envelope": "bare",
        "success": 200,
        "secret": True,
    }

    @routes.post("/auth/token", None, example=OAUTH_EXAMPLE, **documented)
    async def grant(session: Any, call: Call) -> Answer:
        """Obtain an OAuth access token

        Grants: password, client_credentials and refresh_token; form or JSON. Ten attempts a minute.
        """
        headers = throttle.count_address(call)
        asked = oauth.request_of(call)
        throttle.count_user(call, asked.get("username"))
        return _granted(await oauth.grant(session, asked), headers)

    @routes.post("/auth/token/refresh", None, **documented)
    async def refresh(session: Any, call: Call) -> Answer:
        """Trade a refresh token for a new pair of tokens

        It works once.
        """
        headers = throttle.count_address(call)
        return _granted(await oauth.refresh(session, oauth.request_of(call)), headers)

    @routes.get("/auth/authorize", None, auth="none", envelope="none", success=400)
    async def authorize() -> Answer:
        """The authorization code flow, which is not offered"""
        raise oauth.OAuthError("unsupported_response_type", NO_CODE_FLOW)


def _granted(content: dict[str, Any], headers: list[tuple[str, str]]) -> Answer:
    return Answer(200, orjson.dumps(content), tuple(headers))


def _declare_others(routes: Routes, settings: Settings) -> None:
    @routes.get("/auth/scopes", None, answers=ScopeRead, envelope="bare")
    async def scopes() -> Answer:
        """List the scopes that a token may be given"""
        return bare(SCOPES)

    @routes.get("/auth/verify", None, envelope="bare")
    async def verify() -> Answer:
        """Whether the token is valid"""
        return bare({"status": 200, "message": "OK"})

    @routes.post(
        "/auth/delegate",
        None,
        answers=DelegateRead,
        success=200,
        reads=True,
        example={"client_handle": "partner", "scopes": ["read-profiles"]},
    )
    async def delegate(session: Any, call: Call, body: DelegateBody) -> Answer:
        """Obtain a token for a service that shares a secret with this installation

        A JWT (HS256) of five minutes; it opens nothing here.
        """
        secret = settings.delegate_secrets.get(body.client_handle)
        if secret is None:
            raise Invalid.field("client_handle", selected_is_invalid("client_handle"))
        return data(
            {"token": service.delegate(session, call, secret.get_secret_value(), body.client_handle, body.scopes)}
        )

    @routes.post("/auth/discovery", None, answers=DelegateRead, success=200, reads=True)
    async def discovery() -> Answer:
        """A token of an external search engine, of which this installation has none"""
        raise NotFound
