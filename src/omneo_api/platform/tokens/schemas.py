"""What goes in and out of `/auth/*`. Times within token objects are ISO 8601 with a zone, unlike everywhere else."""

from datetime import datetime
from typing import Annotated, Any, Literal

from sqlalchemy import JSON, func, literal_column, select, type_coerce

from omneo_api.foundation import fields
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, Read, Sql, rendered_columns
from omneo_api.platform.tokens.models import TokenUsage


def _iso(name: str) -> Sql:
    """A time column as `2026-05-01T04:20:11.000000Z`; sessions run in UTC."""
    return Sql(lambda entity: func.to_char(getattr(entity, name), lit('YYYY-MM-DD"T"HH24:MI:SS".000000Z"')))


Created = Annotated[str, _iso("created_at")]
Updated = Annotated[str, _iso("updated_at")]


class TokenRead(Read):
    id: str
    user_id: int
    client_id: int
    name: str | None
    scopes: list[str]
    revoked: bool
    created_at: Created
    updated_at: Updated
    expires_at: Annotated[str, _iso("expires_at")]


class ClientRead(Read):
    id: int
    user_id: int | None
    name: str
    provider: Annotated[str | None, Sql(lambda _: literal_column("NULL::text"))]
    redirect: Annotated[str, Sql(lambda _: literal_column("''"))]
    personal_access_client: bool
    password_client: bool
    revoked: bool
    created_at: Created
    updated_at: Updated


class UsageRead(Read):
    id: int
    access_token_id: str
    last_used_at: datetime
    created_at: Created
    updated_at: Updated


class TokenUserRead(Read):
    id: int
    name: str
    email: str
    throttle: int | None
    deleted_at: datetime | None
    created_at: Created
    updated_at: Updated


def _usage(token: Any) -> Any:
    """The one row of usage, or `[]` for a token that was never used."""
    rows = (
        select(*rendered_columns(UsageRead, TokenUsage))
        .where(TokenUsage.access_token_id == token.id)
        .correlate(token)
        .subquery()
    )
    found = select(func.row_to_json(rows.table_valued())).scalar_subquery()
    return type_coerce(func.coalesce(found, EMPTY_LIST), JSON)


class ExtendedTokenRead(TokenRead):
    client: ClientRead
    usage: Annotated[UsageRead | list[Any], Sql(_usage)]
    user: TokenUserRead


class NewTokenRead(TokenRead):
    """A new token with its secret, which is shown this once."""

    accessToken: str  # noqa: N815
    token: TokenRead


class ScopeRead(Read):
    id: str
    description: str


class OAuthTokenRead(Read):
    token_type: Literal["Bearer"]
    expires_in: int
    access_token: str
    refresh_token: str


class DelegateRead(Read):
    token: str


class TokenBody(fields.Body):
    name: fields.Text
    scopes: list[fields.Text]


class DelegateBody(fields.Body):
    client_handle: fields.Text
    scopes: list[fields.Text] | None = None


class OAuthBody(fields.Body):
    """As documented; it is read by hand, because its errors have the shape of OAuth."""

    grant_type: fields.Text | None = None
    client_id: fields.Text
    client_secret: fields.Secret | None = None
    username: fields.Text | None = None
    password: fields.Secret | None = None
    scope: fields.LongText | None = None
    refresh_token: fields.Secret | None = None
