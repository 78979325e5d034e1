"""Making tenants, users' tokens and clocks, as the commands and the first start need them (synchronous, as owner).

These functions connect with the login itself, then act as the application's role, so what they write passes the same
policies as every request.
"""

import json
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pycountry
from psycopg import Connection, connect
from psycopg.types.json import Jsonb

from omneo_api.configuration.settings.service import SEEDS
from omneo_api.foundation.database import APPLICATION_ROLE
from omneo_api.platform.access import CHANNEL, token_hash
from omneo_api.platform.roles import ADMIN, PERMISSIONS, ROLES
from omneo_api.platform.scopes import known

TOKEN_LIFE = timedelta(days=365)


class NoSuchTenant(Exception):
    """There is no tenant of that handle."""


@dataclass(frozen=True)
class NewToken:
    """A token as it is shown once."""

    id: str
    secret: str


@contextmanager
def acting_for(connection: Connection[Any], handle: str) -> Iterator[int]:
    """A transaction of that tenant as the application's role. Raises: NoSuchTenant."""
    with connection.transaction():
        row = connection.execute("SELECT id, clock_offset FROM tenants WHERE handle = %s", (handle,)).fetchone()
        if row is None:
            raise NoSuchTenant(handle)
        connection.execute(f"SET LOCAL ROLE {APPLICATION_ROLE}")
        connection.execute(
            "SELECT set_config('omneo.tenant_id', %s, true), set_config('omneo.clock_offset', %s, true)",
            (str(row[0]), f"{row[1].total_seconds()} seconds"),
        )
        yield row[0]


def create_tenant(
    url: str,
    handle: str,
    name: str,
    *,
    is_test: bool = False,
    token: str | None = None,
    email: str | None = None,
    currency: str = "AUD",
) -> NewToken:
    """A tenant with its seeds, an admin user and a first API token.

    Raises: UniqueViolation when the handle is taken.
    """
    with connect(url) as connection:
        with connection.transaction():
            connection.execute(
                "INSERT INTO tenants (handle, name, is_test) VALUES (%s, %s, %s)", (handle, name, is_test)
            )
        with acting_for(connection, handle):
            _seed(connection, name, currency)
            address = email or f"admin@{handle}.test"
            row = connection.execute(
                "INSERT INTO users (name, email) VALUES (%s, %s) RETURNING id", ("Administrator", address)
            ).fetchone()
            assert row is not None  # noqa: S101
            connection.execute("INSERT INTO user_roles (user_id, role_id) VALUES (%s, %s)", (row[0], ADMIN))
            connection.execute(
                "INSERT INTO audits (event, auditable_type, auditable_id, old_values, new_values, url)"
                " VALUES ('created', 'User', %s, '[]', %s, 'console')",
                (row[0], json.dumps({"name": "Administrator", "email": address})),
            )
            connection.execute(
                "INSERT INTO oauth_clients (name, personal_access_client) VALUES ('Personal access client', true)"
            )
            return _insert_token(connection, row[0], "First token", ["*"], token)


def _seed(connection: Connection[Any], name: str, currency: str) -> None:
    own = {"tenant_name": name, "currency": currency}
    settings = [(handle, own.get(handle, value), kind) for handle, (kind, value) in SEEDS.items()]
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO settings (handle, value, type, is_seeded) VALUES (%s, %s, %s, true)", settings)
    _seed_roles(connection)
    connection.execute(
        "INSERT INTO currencies (from_code, to_code, rate, is_system) VALUES (%(base)s, %(base)s, 1, true)",
        {"base": currency},
    )
    countries = [
        {"name": country.name, "iso_2": country.alpha_2, "iso_3": country.alpha_3, "iso_numeric": country.numeric}
        for country in pycountry.countries
    ]
    connection.execute(
        "INSERT INTO countries (name, iso_2, iso_3, iso_numeric)"
        " SELECT name, iso_2, iso_3, iso_numeric"
        " FROM jsonb_to_recordset(%s) AS c (name text, iso_2 text, iso_3 text, iso_numeric text)",
        (Jsonb(countries),),
    )


def _seed_roles(connection: Connection[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany("INSERT INTO permissions (id, handle) VALUES (%s, %s)", list(PERMISSIONS.items()))
        cursor.executemany(
            "INSERT INTO roles (id, name, handle, weight) VALUES (%s, %s, %s, %s)",
            [(role.id, role.name, role.handle, role.weight) for role in ROLES.values()],
        )
        granted = [
            (role.id, key) for role in ROLES.values() for key, what in PERMISSIONS.items() if what in role.permissions
        ]
        cursor.executemany("INSERT INTO role_permissions (role_id, permission_id) VALUES (%s, %s)", granted)


def _insert_token(
    connection: Connection[Any], user_id: int, name: str, scopes: Sequence[str], secret: str | None = None
) -> NewToken:
    new = NewToken(secrets.token_hex(40), secret or secrets.token_urlsafe(48))
    connection.execute(
        "INSERT INTO api_tokens (id, user_id, client_id, kind, name, token_hash, scopes, expires_at)"
        " SELECT %s, %s, c.id, 'personal', %s, %s, %s, omneo_now() + %s FROM oauth_clients c"
        " WHERE c.personal_access_client",
        (new.id, user_id, name, token_hash(new.secret), list(scopes), TOKEN_LIFE),
    )
    return new


def create_token(url: str, handle: str, email: str, name: str, scopes: Sequence[str]) -> NewToken:
    """A further token of a user.

    Raises: NoSuchTenant, LookupError for an unknown user, ValueError for unknown scopes.
    """
    unknown = sorted(set(scopes) - known())
    if unknown:
        raise ValueError(f"unknown scope {', '.join(unknown)}")
    with connect(url) as connection, acting_for(connection, handle):
        row = connection.execute(
            "SELECT id FROM users WHERE email = %s AND deleted_at IS NULL", (email.lower(),)
        ).fetchone()
        if row is None:
            raise LookupError(email)
        return _insert_token(connection, row[0], name, scopes)


def list_tokens(url: str, handle: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection, acting_for(connection, handle):
        return connection.execute(
            "SELECT t.id, t.name, u.email, t.scopes, t.expires_at, t.revoked FROM api_tokens t"
            " JOIN users u ON u.tenant_id = t.tenant_id AND u.id = t.user_id ORDER BY t.created_at, t.id"
        ).fetchall()


def revoke_token(url: str, handle: str, identifier: str) -> bool:
    """False when there is no such living token."""
    with connect(url) as connection, acting_for(connection, handle):
        cursor = connection.execute(
            "UPDATE api_tokens SET revoked = true, updated_at = omneo_now() WHERE id = %s AND NOT revoked",
            (identifier,),
        )
        connection.execute("SELECT pg_notify(%s, 'tokens')", (CHANNEL,))
        return cursor.rowcount == 1


@dataclass(frozen=True)
class NewClient:
    """An OAuth client as it is shown once."""

    id: int
    secret: str


def create_client(url: str, handle: str, name: str, email: str | None = None) -> NewClient:
    """An OAuth client for `POST /auth/token`; `email` names the user of `client_credentials` without a password.

    Raises: NoSuchTenant, LookupError for an unknown user.
    """
    secret = secrets.token_urlsafe(32)
    with connect(url) as connection, acting_for(connection, handle):
        user_id = None
        if email is not None:
            user = connection.execute(
                "SELECT id FROM users WHERE email = %s AND deleted_at IS NULL", (email.lower(),)
            ).fetchone()
            if user is None:
                raise LookupError(email)
            user_id = user[0]
        row = connection.execute(
            "INSERT INTO oauth_clients (user_id, name, secret_hash, password_client)"
            " VALUES (%s, %s, %s, %s) RETURNING id",
            (user_id, name, token_hash(secret), user_id is None),
        ).fetchone()
        assert row is not None  # noqa: S101
        connection.execute(
            "INSERT INTO audits (event, auditable_type, auditable_id, old_values, new_values, url)"
            " VALUES ('created', 'OAuthClient', %s, '[]', %s, 'console')",
            (row[0], json.dumps({"name": name, "user_id": user_id})),
        )
        return NewClient(row[0], secret)


def list_clients(url: str, handle: str) -> list[tuple[Any, ...]]:
    """(id, name, password_client, revoked, email) of the OAuth clients, without the one behind API tokens."""
    with connect(url) as connection, acting_for(connection, handle):
        return connection.execute(
            "SELECT c.id, c.name, c.password_client, c.revoked, u.email FROM oauth_clients c"
            " LEFT JOIN users u ON u.tenant_id = c.tenant_id AND u.id = c.user_id"
            " WHERE NOT c.personal_access_client ORDER BY c.id"
        ).fetchall()


def revoke_client(url: str, handle: str, identifier: int) -> bool:
    """Revokes an OAuth client and all its tokens; false when there is no such living client."""
    with connect(url) as connection, acting_for(connection, handle):
        found = connection.execute(
            "UPDATE oauth_clients SET revoked = true, updated_at = omneo_now()"
            " WHERE id = %s AND NOT revoked AND NOT personal_access_client",
            (identifier,),
        )
        if found.rowcount != 1:
            return False
        connection.execute(
            "UPDATE api_tokens SET revoked = true, updated_at = omneo_now() WHERE client_id = %s AND NOT revoked",
            (identifier,),
        )
        connection.execute(
            "INSERT INTO audits (event, auditable_type, auditable_id, old_values, new_values, url)"
            " VALUES ('updated', 'OAuthClient', %s, %s, %s, 'console')",
            (identifier, json.dumps({"revoked": False}), json.dumps({"revoked": True})),
        )
        connection.execute("SELECT pg_notify(%s, 'tokens')", (CHANNEL,))
        return True


def list_tenants(url: str) -> list[tuple[Any, ...]]:
    with connect(url) as connection:
        return connection.execute(
            "SELECT handle, name, is_test, clock_offset, created_at FROM tenants ORDER BY id"
        ).fetchall()


def move_clock(url: str, handle: str, offset: timedelta, *, relative: bool = False) -> timedelta:
    """Sets or advances a test tenant's clock; answers its offset from real time.

    Raises: NoSuchTenant, PermissionError.
    """
    with connect(url) as connection, connection.transaction():
        row = connection.execute(
            "SELECT is_test, clock_offset FROM tenants WHERE handle = %s FOR UPDATE", (handle,)
        ).fetchone()
        if row is None:
            raise NoSuchTenant(handle)
        if not row[0]:
            raise PermissionError(handle)
        moved: timedelta = row[1] + offset if relative else offset
        connection.execute("UPDATE tenants SET clock_offset = %s WHERE handle = %s", (moved, handle))
        connection.execute("SELECT pg_notify(%s, 'clock')", (CHANNEL,))
        return moved


def ensure_token(url: str, handle: str, secret: str) -> None:
    """Makes a token with this secret for the tenant's first user, unless there is one. Raises: NoSuchTenant."""
    with connect(url) as connection, acting_for(connection, handle):
        digest = token_hash(secret)
        known = connection.execute("SELECT 1 FROM api_tokens WHERE token_hash = %s", (digest,)).fetchone()
        row = connection.execute("SELECT min(id) FROM users WHERE deleted_at IS NULL").fetchone()
        if known is None and row is not None:
            _insert_token(connection, row[0], "Fixed demo token", ["*"], secret)
