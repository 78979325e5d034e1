"""What is reached without a token: the bare base, health, metrics, the OpenAPI documents and the API page."""

import asyncio
from collections.abc import Callable
from functools import cache
from typing import Any

from psycopg import Error
from swagger_ui_bundle import swagger_ui_path

from omneo_api.foundation.calls import Answer, bare, data
from omneo_api.foundation.database import Database
from omneo_api.foundation.errors import ApiError, NotFound
from omneo_api.foundation.metrics import exposition
from omneo_api.foundation.operations import Routes

HEALTH_SECONDS = 2
CONTENT_TYPES = {"css": "text/css", "js": "text/javascript", "png": "image/png"}
DAY_LONG = (("Cache-Control", "public, max-age=86400"),)
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Omneo API</title>
<link rel="icon" href="/docs/assets/favicon-32x32.png"><link rel="stylesheet" href="/docs/assets/swagger-ui.css"></head>
<body><div id="page"></div><script src="/docs/assets/swagger-ui-bundle.js"></script>
<script src="/docs/assets/swagger-ui-standalone-preset.js"></script><script>
SwaggerUIBundle({urls:[{url:"/api/v3/openapi.json",name:"v3"},{url:"/id/api/v1/openapi.json",name:"Omneo ID"}],
dom_id:"#page",presets:[SwaggerUIBundle.presets.apis,SwaggerUIStandalonePreset],layout:"StandaloneLayout",
persistAuthorization:true,validatorUrl:null,docExpansion:"none",filter:true});
</script></body></html>"""


def v3_base() -> Routes:
    routes = Routes("System")

    async def base() -> Answer:
        """Name and version of the API"""
        return data({"name": "Omneo API", "version": "v3"})

    routes.add("GET", "", base, None, auth="none")
    return routes


def openapi_document(render: Callable[[], bytes], path: str = "/openapi.json") -> Routes:
    routes = Routes("System")
    once = cache(render)

    async def document() -> Answer:
        """The OpenAPI document of this base"""
        return Answer(200, once())

    routes.add("GET", path, document, None, auth="none", envelope="bare")
    return routes


def unprefixed(database: Database | None) -> Routes:
    """`/health`, `/metrics` and the API page with its assets, which ship with the package.

    Without a database the operations can be described, not served.
    """
    routes = Routes("System")

    async def health() -> Answer:
        """Whether the server and its database answer"""
        assert database is not None  # noqa: S101
        try:
            async with asyncio.timeout(HEALTH_SECONDS), database.unbound() as connection:
                await connection.execute("SELECT 1")
        except (TimeoutError, Error, ApiError):
            return bare({"status": "error"}, 503)
        return bare({"status": "ok"})

    async def metrics() -> Answer:
        """Prometheus metrics of this process"""
        return Answer(200, exposition(), content_type="text/plain; version=0.0.4; charset=utf-8")

    async def page() -> Answer:
        """The interactive API page"""
        return Answer(200, PAGE.encode(), content_type="text/html; charset=utf-8")

    async def asset(name: str) -> Answer:
        """A file of the API page"""
        kind = CONTENT_TYPES.get(name.rsplit(".", 1)[-1])
        found = swagger_ui_path / name
        if kind is None or "/" in name or "\\" in name or not found.is_file():
            raise NotFound
        return Answer(200, found.read_bytes(), DAY_LONG, kind)

    options: dict[str, Any] = {"auth": "none", "envelope": "bare", "reads": True}
    routes.add("GET", "/api/health", health, None, aliases=("/health",), **options)
    routes.add("GET", "/metrics", metrics, None, **options)
    routes.add("GET", "/docs", page, None, **options)
    routes.add("GET", "/docs/assets/{name}", asset, None, **options)
    return routes
