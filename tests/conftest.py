"""A real PostgreSQL for every test run: the embedded server (or OMNEO_TEST_DATABASE_URL), one database per worker.

The template database is made by the real migrations once per run and cloned for each xdist worker. Each test has a
tenant of its own, so tests see nothing of each other and need no clean-up: row-level security is what isolates them.
"""

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from live import named_database
from omneo_api.app import create_app
from omneo_api.foundation import migrations
from omneo_api.foundation.application import Application
from omneo_api.foundation.database import Actor, Database, Session, Tenant
from omneo_api.foundation.embedded import EmbeddedPostgres
from omneo_api.foundation.jobs import Ran, drain
from omneo_api.platform import tenants
from omneo_api.settings import Settings

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "max_connections": "300"}


COLLECTED: ContextVar[list[str] | None] = ContextVar("collected", default=None)
SERVER = pytest.StashKey[tuple[EmbeddedPostgres, Path]]()


@pytest.fixture(scope="session")
def anyio_backend() -> tuple[str, dict[str, Any]]:
    return "asyncio", {"use_uvloop": True}


def pytest_configure(config: pytest.Config) -> None:
    """The run's controller starts the one server; xdist workers inherit its address."""
    if hasattr(config, "workerinput") or "OMNEO_TEST_DATABASE_URL" in os.environ or config.option.collectonly:
        return
    folder = Path(tempfile.mkdtemp(prefix="omneo-test-"))
    server = EmbeddedPostgres(folder, FAST)
    os.environ["OMNEO_TEST_DATABASE_URL"] = server.start()
    config.stash[SERVER] = (server, folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    if SERVER in config.stash:
        server, folder = config.stash[SERVER]
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def server_url() -> str:
    return os.environ["OMNEO_TEST_DATABASE_URL"]


@pytest.fixture(scope="session")
def database_url(server_url: str, worker_id: str, testrun_uid: str) -> Iterator[str]:
    """This worker's database, cloned from the migrated template of the run."""
    template, name = f"template_{testrun_uid[:12]}", f"test_{testrun_uid[:12]}_{worker_id}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(7226502)")
        exists = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (template,)).fetchone()
        if not exists:
            connection.execute(f'CREATE DATABASE "{template}"')
            migrations.upgrade(named_database(server_url, template))
        connection.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        connection.execute("SELECT pg_advisory_unlock(7226502)")
    url = named_database(server_url, name)
    yield url
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture(scope="session")
def app_settings() -> Settings:
    return Settings(
        rate_limit_per_minute=0,
        id_rate_limit_per_minute=0,
        access_log=False,
        default_tenant="nobody",
        base_domain="omneo.test",
        secret_key="0123456789abcdef0123456789abcdef-test",
        delegate_secrets={"partner": "partner-secret-of-at-least-32-characters"},
    )


@pytest.fixture(scope="session")
async def app(anyio_backend: Any, database_url: str, app_settings: Settings) -> AsyncIterator[Application]:
    application = create_app(app_settings, database_url)
    await application.database.open()
    await application.gate.start()
    yield application
    await application.gate.stop()
    await application.database.close()


@dataclass
class Shop:
    """A tenant of one test: its API client and whatever else the test asks of it."""

    url: str
    handle: str
    token: str
    app: Application
    tenant: Tenant
    client: httpx.AsyncClient
    headers: dict[str, str] = field(default_factory=dict)

    async def call(self, method: str, path: str, *, status: int | None = None, **options: Any) -> httpx.Response:
        answer = await self.client.request(method, path, **options)
        if status is not None:
            assert answer.status_code == status, f"{method} {path}: {answer.status_code} {answer.text[:2000]}"
        return answer

    async def get(self, path: str, status: int = 200, **options: Any) -> Any:
        return (await self.call("GET", path, status=status, **options)).json()

    async def post(self, path: str, body: Any = None, status: int = 201, **options: Any) -> Any:
        return (await self.call("POST", path, status=status, json=body, **options)).json()

    async def put(self, path: str, body: Any = None, status: int = 200, **options: Any) -> Any:
        return (await self.call("PUT", path, status=status, json=body, **options)).json()

    async def delete(self, path: str, status: int = 204, **options: Any) -> httpx.Response:
        return await self.call("DELETE", path, status=status, **options)

    def as_token(self, secret: str) -> "Shop":
        """The same tenant seen with another token."""
        client = _client(self.app, self.handle, secret)
        return Shop(self.url, self.handle, secret, self.app, self.tenant, client)

    async def advance(self, **delta: float) -> None:
        """Moves the tenant's clock."""
        tenants.move_clock(self.url, self.handle, timedelta(**delta), relative=True)
        self.app.gate.forget()  # type: ignore[attr-defined]
        self.tenant = await self.app.gate.find_tenant(self.handle)  # type: ignore[attr-defined]

    async def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        """Rows as the owner of the database sees them (no row-level security)."""
        async with await psycopg.AsyncConnection.connect(self.url, autocommit=True) as connection:
            cursor = await connection.execute(statement, values)
            return await cursor.fetchall() if cursor.description else []

    @property
    def database(self) -> Database:
        return self.app.database

    def writing(self) -> Any:
        return self.app.database.writing(self.tenant, Actor())


def _client(app: Application, handle: str, token: str) -> httpx.AsyncClient:
    return httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app, raise_app_exceptions=True),
        base_url=f"http://{handle}.omneo.test/v3",
        headers={"Authorization": f"Bearer {token}"} if token else {},
        timeout=60,
    )


async def open_shop(app: Application, url: str) -> Shop:
    handle = f"t{uuid.uuid4().hex[:12]}"
    new = tenants.create_tenant(url, handle, "Test", is_test=True)
    tenant = await app.gate.find_tenant(handle)  # type: ignore[attr-defined]
    return Shop(url, handle, new.secret, app, tenant, _client(app, handle, new.secret))


@pytest.fixture
async def shop(app: Application, database_url: str) -> Shop:
    return await open_shop(app, database_url)


@pytest.fixture
async def other_shop(app: Application, database_url: str) -> Shop:
    """A second tenant, for what must not leak."""
    return await open_shop(app, database_url)


def runs_jobs(shop: Shop) -> Callable[..., Awaitable[list[Ran]]]:
    """A function that runs the tenant's due jobs; what one fails with is raised unless `errors=True`."""

    async def run(*, scheduled: bool = False, errors: bool = False) -> list[Ran]:
        ran = await drain(shop.database, shop.handle, scheduled=scheduled)
        if not errors:
            for job in ran:
                if job.error is not None:
                    raise job.error
        return ran

    return run


@pytest.fixture
def jobs(shop: Shop) -> Callable[..., Awaitable[list[Ran]]]:
    """`await jobs()` runs the tenant's due jobs here and now."""
    return runs_jobs(shop)


@pytest.fixture
def statements(monkeypatch: pytest.MonkeyPatch) -> Any:
    """`with statements() as run:` collects the SQL that sessions run inside the block, for counting.

    What the application's own tasks run meanwhile does not count: once a minute it notes the use of tokens, with one
    statement for each tenant that the tests of that minute had.
    """
    original = Session._run

    async def counted(self: Session, statement: Any, values: Any) -> Any:
        run = COLLECTED.get()
        if run is not None:
            run.append(statement.sql.decode())
        return await original(self, statement, values)

    monkeypatch.setattr(Session, "_run", counted)

    @contextmanager
    def collect() -> Iterator[list[str]]:
        run: list[str] = []
        token = COLLECTED.set(run)
        yield run
        COLLECTED.reset(token)

    return collect
