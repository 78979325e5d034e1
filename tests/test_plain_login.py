"""A database of somebody else's making: the login is no superuser, it may only create roles and owns its database."""

import shutil
import tempfile
from pathlib import Path

import httpx
import psycopg
import pytest

from omneo_api.app import create_app
from omneo_api.foundation import migrations
from omneo_api.foundation.embedded import EmbeddedPostgres
from omneo_api.platform import tenants

pytestmark = pytest.mark.anyio


@pytest.fixture
def plain_url():
    """An empty database of an ordinary login, on a server of its own."""
    folder = Path(tempfile.mkdtemp(prefix="omneo-plain-"))
    with EmbeddedPostgres(folder, {"fsync": "off"}) as server:
        url = server.start()
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("CREATE ROLE plain LOGIN CREATEROLE")
            connection.execute("CREATE DATABASE plain OWNER plain")
        yield url.replace("postgres@/omneo", "plain@/plain")
    shutil.rmtree(folder, ignore_errors=True)


async def test_an_ordinary_login_migrates_serves_searches_and_erases(plain_url, app_settings):
    migrations.upgrade(plain_url)
    token = tenants.create_tenant(plain_url, "demo", "Demo").secret
    app = create_app(app_settings.model_copy(update={"default_tenant": "demo"}), plain_url)
    await app.database.open()
    await app.gate.start()
    try:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://localhost/v3",
            headers={"Authorization": f"Bearer {token}"},
        ) as client:
            made = (await client.post("/profiles", json={"email": "a@example.com", "first_name": "Zoë"})).json()["data"]
            found = (await client.get("/profiles", params={"search": "zoe"})).json()
            assert [row["id"] for row in found["data"]] == [made["id"]]
            assert (await client.delete(f"/profiles/{made['id']}/purge")).status_code == 204
            assert (await client.get("/profiles")).json()["meta"]["total"] == 0
    finally:
        await app.gate.stop()
        await app.database.close()
