"""Composition: which rooms stand where, with which settings."""

from omneo_api import openapi, registry
from omneo_api.commerce.brands import brands
from omneo_api.configuration.countries import countries
from omneo_api.configuration.regions import regions
from omneo_api.foundation.application import Application
from omneo_api.foundation.database import Database
from omneo_api.foundation.operations import Operation
from omneo_api.incentives import routes as incentives
from omneo_api.platform.access import Access
from omneo_api.platform.system_routes import openapi_document, unprefixed, v3_base
from omneo_api.settings import Settings

registry.load()

V3 = ("api", "v3")
V3_SHORT = ("v3",)
ID = ("id", "api", "v1")


def v3_operations() -> list[Operation]:
    """Every operation below `/api/v3` and `/v3`."""
    rooms = [v3_base(), regions.routes(), countries.routes(), brands.routes()]
    operations = [operation for room in rooms for operation in room.mounted()]
    operations += incentives.operations()
    return operations + openapi_document(lambda: openapi.document(operations, "v3")).mounted()


def id_operations() -> list[Operation]:
    """Every operation below `/id/api/v1`: an allow-list."""
    operations: list[Operation] = []
    return operations + openapi_document(lambda: openapi.document(operations, "id")).mounted()


def create_app(settings: Settings, database_url: str) -> Application:
    """The ASGI application of one server process."""
    database = Database(database_url, read_url=settings.database_read_url, size=settings.pool_size)
    access = Access(
        database,
        default_tenant=settings.default_tenant,
        base_domain=settings.base_domain,
        limit=settings.rate_limit_per_minute,
        id_limit=settings.id_rate_limit_per_minute,
    )
    v3 = v3_operations()
    return Application(
        database,
        access,
        {V3: v3, V3_SHORT: v3, ID: id_operations(), (): unprefixed(database).mounted()},
        max_body=settings.max_body_bytes,
        cors_origins=settings.cors_origins,
        trusted_proxies=settings.trusted_proxies,
        access_log=settings.access_log,
    )
