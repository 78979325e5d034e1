"""Starting up: first-run set-up, the server with its worker, and what is printed for people."""

import asyncio
import contextlib
import ctypes
import gc
import os
import secrets
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import psycopg
import uvicorn
from psycopg.errors import UniqueViolation
from rich.console import Console
from rich.markup import escape

from omneo_api import __version__
from omneo_api.foundation import migrations
from omneo_api.foundation.logs import configure_logs
from omneo_api.platform import tenants
from omneo_api.settings import Settings

DEMO = "demo"
WORKER_STOP_SECONDS = 10
OLDEST_SERVER = 160000


class PortTaken(Exception):
    """Something else listens on the port."""


def secret_key(current: Settings) -> str:
    """The installation's secret: configured, or made once in the data folder, readable by its owner alone."""
    if current.secret_key is not None:
        return current.secret_key.get_secret_value()
    return _kept(current.data_dir / "secret-key", lambda: secrets.token_urlsafe(48))


def demo_token(current: Settings) -> str | None:
    """The demo tenant's token as the first start kept it for its owner."""
    if current.demo_token is not None:
        return current.demo_token.get_secret_value()
    path = current.data_dir / "demo-token"
    return path.read_text().strip() if path.is_file() else None


def _kept(path: Path, make: Any) -> str:
    if path.is_file():
        return path.read_text().strip()
    path.parent.mkdir(parents=True, exist_ok=True)
    value: str = make()
    with contextlib.suppress(FileExistsError):
        path.touch(mode=0o600, exist_ok=False)
        path.write_text(value)
    return path.read_text().strip()


def prepare(current: Settings, url: str) -> Settings:
    """Migrates the database and settles the secret; answers the settings as they are used."""
    configure_logs(current.log_level)
    if not migrations.is_current(url):
        migrations.upgrade(url)
    return current.model_copy(update={"secret_key": type(current)(secret_key=secret_key(current)).secret_key})


def serve(current: Settings, url: str, out: Console, *, with_worker: bool, with_demo: bool) -> None:
    """Runs until interrupted. Raises: PortTaken."""
    listening = _listen(current)
    current = prepare(current, url)
    from omneo_api.app import create_app
    from omneo_api.demo import loading

    fresh = with_demo and _ensure_demo(current, url)
    application = create_app(current, url)
    if fresh:
        token = demo_token(current)
        assert token is not None  # noqa: S101
        asyncio.run(
            loading.load_into(create_app(current.model_copy(update={"access_log": False}), url), DEMO, token, out)
        )
    server = _Announcing(
        uvicorn.Config(
            application,
            loop="uvloop",
            http="httptools",
            lifespan="on",
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_graceful_shutdown=10,
        ),
        lambda: _announce(current, out),
    )
    child = _start_worker(current, url) if with_worker else None
    try:
        with contextlib.suppress(KeyboardInterrupt):
            server.run(sockets=[listening])
    finally:
        if child is not None:
            _end(child)


def work(current: Settings, url: str) -> None:
    """Runs jobs until interrupted. The composition is imported first: it is what makes every task known."""
    current = prepare(current, url)
    import omneo_api.app  # noqa: F401
    from omneo_api.foundation.jobs import run_worker

    # What was imported stays: looking through it for garbage took a tenth of the time of a batch.
    gc.freeze()
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run_worker(current, url))


def _listen(current: Settings) -> socket.socket:
    listening = socket.socket(socket.AF_INET6 if ":" in current.host else socket.AF_INET, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((current.host, current.port))
        listening.listen(2048)
    except OSError as fault:
        listening.close()
        raise PortTaken from fault
    listening.set_inheritable(False)
    return listening


class _Announcing(uvicorn.Server):
    """A server that says where it is once it answers."""

    def __init__(self, config: uvicorn.Config, announce: Any) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce()


def _start_worker(current: Settings, url: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "DATABASE_URL": url}
    if current.secret_key is not None:
        environment["OMNEO_SECRET_KEY"] = current.secret_key.get_secret_value()
    command = [sys.executable, "-m", "omneo_api.cli", "worker"]
    return subprocess.Popen(command, env=environment, start_new_session=True, preexec_fn=_die_with_parent)  # noqa: S603, PLW1509


def _die_with_parent() -> None:
    """A worker must not outlive a server that was killed: Linux tells it when its parent dies."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGTERM)


def _end(child: subprocess.Popen[bytes]) -> None:
    child.terminate()
    try:
        child.wait(WORKER_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()


def _ensure_demo(current: Settings, url: str) -> bool:
    """Makes the demo tenant when the installation has no tenant; True when it was made. A fixed token always works."""
    known = [row[0] for row in tenants.list_tenants(url)]
    if not known:
        token = (
            current.demo_token.get_secret_value()
            if current.demo_token
            else _kept(current.data_dir / "demo-token", lambda: secrets.token_urlsafe(32))
        )
        try:
            tenants.create_tenant(url, DEMO, "Demo shop", is_test=True, token=token)
        except UniqueViolation:
            return False
        return True
    if DEMO in known and current.demo_token is not None:
        tenants.ensure_token(url, DEMO, current.demo_token.get_secret_value())
    return False


def base_url(current: Settings) -> str:
    host = "127.0.0.1" if current.host in ("0.0.0.0", "::") else current.host  # noqa: S104
    return (current.public_url or f"http://{f'[{host}]' if ':' in host else host}:{current.port}").rstrip("/")


def _announce(current: Settings, out: Console) -> None:
    base = base_url(current)
    token = demo_token(current)
    out.print(f"\n[bold]Omneo API {__version__}[/bold] answers at [bold]{base}/v3[/bold]")
    if token is not None:
        header = f'-H "Authorization: Bearer {token}"'
        out.print(f"API token of the tenant {DEMO}: {escape(token)}\n\nTry it:")
        out.print(f'  curl {header} "{base}/v3/profiles?page%5Bsize%5D=2"', markup=False)
        out.print(f'  curl {header} "{base}/v3/transactions?sort=-transacted_at&page%5Bsize%5D=2"', markup=False)
        body = """'{"first_name":"Ada","last_name":"Byron","email":"ada@example.com"}'"""
        out.print(f'  curl {header} -H "Content-Type: application/json" -d {body} "{base}/v3/profiles"', markup=False)
    out.print(f"\nInteractive API page: {base}/docs    Ctrl-C stops everything.\n")


def verify_tenants(url: str, handle: str | None, out: Console) -> int:
    """Compares every balance with its movements; prints and counts the differences."""
    from omneo_api.foundation.database import Database, Tenant
    from omneo_api.incentives.verify import verify

    async def run() -> int:
        database = Database(url, size=2)
        await database.open()
        try:
            found = 0
            with psycopg.connect(url) as connection:
                rows = connection.execute("SELECT id, handle, clock_offset FROM tenants ORDER BY id").fetchall()
            chosen = [Tenant(*row) for row in rows if handle in (None, row[1])]
            if handle is not None and not chosen:
                raise tenants.NoSuchTenant(handle)
            for tenant in chosen:
                async with database.reading(tenant) as session:
                    differences = await verify(session)
                for difference in differences:
                    out.print(f"{tenant.handle}: {difference}", markup=False)
                found += len(differences)
            return found
        finally:
            await database.close()

    return asyncio.run(run())


def examine(current: Settings, out: Console) -> int:
    """Prints the configuration (secrets hidden) and what is wrong with it; answers the number of faults."""
    for name, info in type(current).model_fields.items():
        value = getattr(current, name)
        shown = "(hidden)" if name == "database_url" and value and "@" in str(value) else value
        out.print(f"{name:24} {shown}   [dim]{info.description}[/dim]")
    faults: list[str] = []
    if current.secret_key is not None and len(current.secret_key.get_secret_value()) < 32:
        faults.append("OMNEO_SECRET_KEY is shorter than 32 characters.")
    if current.database_url:
        try:
            with psycopg.connect(current.database_url, connect_timeout=3) as connection:
                version = connection.info.server_version
            if version < OLDEST_SERVER:
                faults.append(f"PostgreSQL {version // 10000} is too old: 16 or newer is needed.")
            elif not migrations.is_current(current.database_url):
                faults.append("the database is not migrated to this version: run `omneo db upgrade`.")
        except psycopg.Error as fault:
            faults.append(f"the database cannot be reached: {' '.join(str(fault).split())}")
    else:
        out.print(f"database                 private server in {current.data_dir.resolve() / 'postgres'}")
    try:
        _listen(current).close()
    except PortTaken:
        faults.append(f"port {current.port} is in use (fine when it is this server).")
    for wrong in faults:
        out.print(f"[red]wrong:[/red] {wrong}")
    return len(faults)
