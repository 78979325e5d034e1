"""API tokens, OAuth clients and when a token was last used. Of a secret only its SHA-256 hash is kept."""

from datetime import datetime

from sqlalchemy import ARRAY, Boolean, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import NOW, Moment, Numbered, Resource, Tenanted, Timed, belongs_to, lookup, unique
from omneo_api.foundation.relationships import single


class OAuthClient(Resource):
    """A client of `POST /auth/token`. The personal access client, one per tenant, stands behind every API token."""

    __tablename__ = "oauth_clients"
    __table_args__ = (belongs_to("users", "user_id"),)

    user_id: Mapped[int | None]
    name: Mapped[str]
    secret_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    personal_access_client: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    password_client: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    revoked: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class ApiToken(Tenanted, Timed):
    """A token that opens v3: made by hand (`personal`) or by `POST /auth/token` (`oauth`, with a refresh token)."""

    __tablename__ = "api_tokens"
    __table_args__ = (
        belongs_to("users", "user_id", ondelete="CASCADE"),
        belongs_to("oauth_clients", "client_id"),
        unique("token_hash"),
        unique("refresh_hash"),
        lookup("ix_api_tokens_user", "user_id"),
    )

    id: Mapped[str] = mapped_column(Text, primary_key=True)
    user_id: Mapped[int]
    client_id: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str | None]
    token_hash: Mapped[bytes] = mapped_column(LargeBinary)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    revoked: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    expires_at: Mapped[datetime]
    refresh_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    refresh_expires_at: Mapped[datetime | None]

    client = single("OAuthClient")
    user = single("User")


class TokenUsage(Numbered):
    """When a token was last used; written at most once a minute."""

    __tablename__ = "token_usages"
    __table_args__ = (belongs_to("api_tokens", "access_token_id", ondelete="CASCADE"), unique("access_token_id"))

    access_token_id: Mapped[str]
    last_used_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
