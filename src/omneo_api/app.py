"""Composition: which rooms stand where, with which settings."""

import secrets
from dataclasses import replace

from omneo_api import openapi, registry
from omneo_api.automation import mounts as automation
from omneo_api.commerce import mounts as commerce
from omneo_api.configuration import mounts as configuration
from omneo_api.foundation.application import Application
from omneo_api.foundation.database import Database
from omneo_api.foundation.operations import Operation
from omneo_api.incentives import mounts as incentives
from omneo_api.lists import mounts as lists
from omneo_api.omneo_id import mounts as omneo_id
from omneo_api.omneo_id.tokens import IdTokens
from omneo_api.platform import mounts as platform
from omneo_api.platform.access import Access
from omneo_api.platform.system_routes import openapi_document, unprefixed, v3_base
from omneo_api.profiles import mounts as profiles
from omneo_api.settings import Settings

registry.load()

V3 = ("api", "v3")
V3_SHORT = ("v3",)
ID = ("id", "api", "v1")
PROXY = ("proxy",)


def v3_operations(settings: Settings) -> list[Operation]:
    """Every operation below `/api/v3` and `/v3`."""
    operations = [
        *v3_base().mounted(),
        *platform.operations(settings),
        *configuration.operations(settings),
        *profiles.operations(),
        *commerce.operations(),
        *incentives.operations(),
        *lists.operations(),
        *automation.operations(),
    ]
    operations += openapi_document(lambda: openapi.document(operations, "v3", _outside())).mounted()
    return operations


def _outside(database: Database | None = None) -> list[Operation]:
    """What belongs to the contract and stands outside its bases."""
    return [operation for operation in unprefixed(database).operations if operation.path == "/api/health"]


def id_operations(v3: list[Operation], tokens: IdTokens, database: Database | None = None) -> list[Operation]:
    """Every operation below `/id/api/v1`: an allow-list, and its health."""
    operations = omneo_id.operations(v3, tokens)
    operations += [replace(operation, path="/health", aliases=()) for operation in _outside(database)]
    operations += openapi_document(lambda: openapi.document(operations, "id")).mounted()
    return operations


def _of_old_widgets(customers: list[Operation]) -> list[Operation]:
    """The balances of a customer where the checkout widgets of old ask for them: `/proxy/me/balances`."""
    address = ("GET", "/profiles/me/balances")
    found = [operation for operation in customers if (operation.method, operation.path) == address]
    return [replace(operation, path="/me/balances", aliases=()) for operation in found]


def openapi_documents() -> dict[str, bytes]:
    """File name → document, as committed in `openapi/`."""
    v3 = v3_operations(Settings())
    return {
        "omneo-v3.json": openapi.document(v3, "v3", _outside()),
        "omneo-id.json": openapi.document(id_operations(v3, IdTokens("", 3600)), "id"),
    }


def create_app(settings: Settings, database_url: str) -> Application:
    """The ASGI application of one server process."""
    secret = settings.secret_key.get_secret_value() if settings.secret_key else secrets.token_urlsafe(48)
    tokens = IdTokens(secret, settings.id_token_seconds)
    database = Database(database_url, read_url=settings.database_read_url, size=settings.pool_size)
    access = Access(
        database,
        default_tenant=settings.default_tenant,
        base_domain=settings.base_domain,
        limit=settings.rate_limit_per_minute,
        id_limit=settings.id_rate_limit_per_minute,
        customer=tokens.caller,
    )
    v3 = v3_operations(settings)
    documents = [operation for operation in v3 if operation.path == "/openapi.json"]
    customers = id_operations(v3, tokens, database)
    return Application(
        database,
        access,
        {
            V3: v3,
            V3_SHORT: v3,
            ID: customers,
            PROXY: _of_old_widgets(customers),
            (): [*unprefixed(database).mounted(), *documents],
        },
        max_body=settings.max_body_bytes,
        cors_origins=settings.cors_origins,
        trusted_proxies=settings.trusted_proxies,
        access_log=settings.access_log,
    )
