"""The `omneo` command: serving, working, and looking after a database."""

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import Annotated, Any, NoReturn

import typer
from psycopg import Error, OperationalError
from psycopg.errors import UniqueViolation
from rich.console import Console
from rich.table import Table

from omneo_api.settings import Settings, settings

app = typer.Typer(
    no_args_is_help=True, help="Serve and look after an Omneo API installation.", pretty_exceptions_enable=False
)
database = typer.Typer(no_args_is_help=True, help="Migrate a database and compare it with the program.")
tenant = typer.Typer(no_args_is_help=True, help="Tenants of this installation.")
token = typer.Typer(no_args_is_help=True, help="API tokens.")
client = typer.Typer(no_args_is_help=True, help="OAuth clients, for `POST /v3/auth/token`.")
demo = typer.Typer(no_args_is_help=True, help="Demo data.")
clock = typer.Typer(no_args_is_help=True, help="Move the clock of a test tenant.")
openapi = typer.Typer(no_args_is_help=True, help="The OpenAPI documents.")
for name, group in (
    ("db", database),
    ("tenant", tenant),
    ("token", token),
    ("client", client),
    ("demo", demo),
    ("clock", clock),
    ("openapi", openapi),
):
    app.add_typer(group, name=name)

out = Console(highlight=False, soft_wrap=True)
UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
TenantOption = Annotated[str, typer.Option("--tenant", "-t", help="Handle of the tenant.")]


def stop(message: str) -> NoReturn:
    """One clear line, exit status 1."""
    Console(stderr=True, highlight=False, soft_wrap=True).print(f"[red]omneo:[/red] {message}")
    raise typer.Exit(1)


@contextlib.contextmanager
def connected(current: Settings) -> Iterator[str]:
    """The database's URL: the configured one, or the private server of the data folder, started if need be."""
    if current.database_url:
        yield current.database_url
        return
    from omneo_api.foundation.embedded import EmbeddedPostgres, EmbeddedPostgresError

    current.data_dir.mkdir(parents=True, exist_ok=True)
    server = EmbeddedPostgres(current.data_dir.resolve() / "postgres")
    try:
        url = server.start()
    except EmbeddedPostgresError as fault:
        stop(str(fault))
    try:
        yield url
    finally:
        server.stop()


def explained(command: Callable[..., None]) -> Callable[..., None]:
    """Turns the failures that people meet into one line that says what to do next."""

    @wraps(command)
    def run(*arguments: Any, **options: Any) -> None:
        from omneo_api.foundation.migrations import NewerDatabase
        from omneo_api.platform.tenants import NoSuchTenant

        try:
            command(*arguments, **options)
        except NewerDatabase as fault:
            stop(
                f"the database is of a newer version (revision {fault}): install that version, or use another database."
            )
        except NoSuchTenant as fault:
            stop(f"there is no tenant {fault}: `omneo tenant list` shows them, `omneo tenant create` makes one.")
        except OperationalError as fault:
            reason = " ".join(str(fault).split()).split(" Is the server")[0]
            stop(
                f"the database cannot be reached ({reason}): check DATABASE_URL, or unset it to use the private server."
            )
        except Error as fault:
            stop(f"the database refused: {fault.diag.message_primary or fault}. `omneo db check` may say more.")

    return run


@app.command()
@explained
def serve(
    port: Annotated[int | None, typer.Option(help="Port to listen on (PORT).")] = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on (OMNEO_HOST).")] = None,
    worker: Annotated[bool, typer.Option(help="Also run a worker, as a process of its own.")] = True,
    demo_data: Annotated[
        bool, typer.Option("--demo/--no-demo", help="Make the demo tenant when there is none.")
    ] = True,
) -> None:
    """Start the API, and with it a worker and, unless DATABASE_URL is set, a private PostgreSQL."""
    from omneo_api.serving import PortTaken
    from omneo_api.serving import serve as run

    current = settings().model_copy(update={k: v for k, v in (("port", port), ("host", host)) if v is not None})
    with connected(current) as url:
        try:
            run(current, url, out, with_worker=worker, with_demo=demo_data)
        except PortTaken:
            stop(f"port {current.port} is in use: stop what listens there, or choose another with PORT=… or --port.")


@app.command()
@explained
def worker() -> None:
    """Run jobs: reactions, batches, schedules."""
    from omneo_api.serving import work

    current = settings()
    with connected(current) as url:
        work(current, url)


@app.command()
@explained
def verify(handle: TenantOption = "") -> None:
    """Recompute every balance from its movements; exit status 1 when anything differs."""
    from omneo_api.serving import verify_tenants

    with connected(settings()) as url:
        differences = verify_tenants(url, handle or None, out)
    if differences:
        stop(f"{differences} difference(s) found.")
    out.print("No difference: every balance equals the sum of its movements.")


@app.command()
def doctor() -> None:
    """Say what is configured and what is wrong."""
    from omneo_api.serving import examine

    current = settings()
    faults = examine(current, out)
    if faults:
        stop(f"{faults} thing(s) to mend.")
    out.print("All is well.")


@database.command("upgrade")
@explained
def db_upgrade(revision: Annotated[str, typer.Argument(help="Revision to go to.")] = "head") -> None:
    """Migrate the database to this version."""
    from omneo_api.foundation import migrations

    with connected(settings()) as url:
        migrations.upgrade(url, revision)
        out.print(f"The database is at revision {migrations.current(url)}.")


@database.command("downgrade")
@explained
def db_downgrade(revision: Annotated[str, typer.Argument(help="Revision to go back to, or -1 for one step.")]) -> None:
    """Take migrations back. Data in dropped tables is lost."""
    from omneo_api.foundation import migrations

    with connected(settings()) as url:
        migrations.downgrade(url, revision)
        out.print(f"The database is at revision {migrations.current(url) or 'none'}.")


@database.command("check")
@explained
def db_check() -> None:
    """Compare the migrated database with the models; exit status 1 when they differ."""
    from alembic.util import CommandError

    from omneo_api.foundation import migrations

    with connected(settings()) as url:
        try:
            migrations.check(url)
        except CommandError as fault:
            stop(f"{fault}. Run `omneo db upgrade`, or write the missing migration.")
    out.print("The database and the models agree.")


@tenant.command("create")
@explained
def tenant_create(
    handle: Annotated[str, typer.Argument(help="Handle: lower-case letters, digits and dashes.")],
    title: Annotated[str | None, typer.Option("--name", help="Display name.")] = None,
    email: Annotated[str | None, typer.Option(help="E-mail of its first user, an administrator.")] = None,
    test: Annotated[bool, typer.Option("--test", help="A test tenant, whose clock may be moved.")] = False,
) -> None:
    """Create a tenant with an administrator and a first API token, which is shown once."""
    from omneo_api.platform import tenants

    if not handle.replace("-", "").isalnum() or handle != handle.lower() or not handle.isascii():
        stop("a tenant's handle holds lower-case letters, digits and dashes.")
    with connected(settings()) as url:
        try:
            new = tenants.create_tenant(url, handle, title or handle, is_test=test, email=email)
        except UniqueViolation:
            stop(f"there is a tenant {handle} already.")
    out.print(f"Tenant {handle} is ready. Its first API token, shown only now:\n{new.secret}")


@tenant.command("list")
@explained
def tenant_list() -> None:
    """Show the tenants of this installation."""
    from omneo_api.platform import tenants

    table = Table("handle", "name", "test", "clock moved by", "created")
    with connected(settings()) as url:
        for handle, title, is_test, offset, created_at in tenants.list_tenants(url):
            table.add_row(handle, title, "yes" if is_test else "no", str(offset), f"{created_at:%Y-%m-%d %H:%M}")
    out.print(table)


@token.command("create")
@explained
def token_create(
    handle: TenantOption = "demo",
    email: Annotated[str | None, typer.Option(help="E-mail of the user it belongs to.")] = None,
    title: Annotated[str, typer.Option("--name", help="What it is for.")] = "Command line",
    scope: Annotated[list[str] | None, typer.Option(help="A scope; repeat for several. Default: everything.")] = None,
) -> None:
    """Create an API token, which is shown once."""
    from omneo_api.platform import tenants

    with connected(settings()) as url:
        try:
            new = tenants.create_token(url, handle, email or f"admin@{handle}.test", title, scope or ["*"])
        except LookupError as fault:
            stop(f"no user has the e-mail {fault}: name one with --email.")
        except ValueError as fault:
            stop(f"{fault}: GET /v3/auth/scopes lists the names.")
    out.print(f"Token {new.id[:12]}… of {handle}, shown only now:\n{new.secret}")


@token.command("list")
@explained
def token_list(handle: TenantOption = "demo") -> None:
    """Show the API tokens of a tenant (never their secrets)."""
    from omneo_api.platform import tenants

    table = Table("id", "name", "user", "scopes", "expires", "state")
    with connected(settings()) as url:
        for identifier, title, email, scopes, expires_at, revoked in tenants.list_tokens(url, handle):
            state = "revoked" if revoked else "expired" if expires_at < datetime.now(UTC) else "valid"
            table.add_row(identifier, title, email, " ".join(scopes), f"{expires_at:%Y-%m-%d}", state)
    out.print(table)


@token.command("revoke")
@explained
def token_revoke(
    identifier: Annotated[str, typer.Argument(help="The token's id, as `omneo token list` shows it.")],
    handle: TenantOption = "demo",
) -> None:
    """Revoke an API token: it is refused from the next request on."""
    from omneo_api.platform import tenants

    with connected(settings()) as url:
        if not tenants.revoke_token(url, handle, identifier):
            stop("there is no such living token: `omneo token list` shows them.")
    out.print("Revoked.")


@client.command("create")
@explained
def client_create(
    title: Annotated[str, typer.Argument(help="What the client is for, e.g. `Web shop`.")],
    handle: TenantOption = "demo",
    email: Annotated[
        str | None,
        typer.Option(help="The user that `client_credentials` acts for. Default: none, for the password grant."),
    ] = None,
) -> None:
    """Make an OAuth client and show its secret, this once."""
    from omneo_api.platform import tenants

    with connected(settings()) as url:
        try:
            new = tenants.create_client(url, handle, title, email)
        except LookupError as fault:
            stop(f"no user has the e-mail {fault}: name one with --email.")
    out.print(f"Client {new.id} of {handle}, its secret shown only now:\n{new.secret}")


@client.command("list")
@explained
def client_list(handle: TenantOption = "demo") -> None:
    """Show the OAuth clients of a tenant (never their secrets)."""
    from omneo_api.platform import tenants

    table = Table("id", "name", "grant", "acts for", "state")
    with connected(settings()) as url:
        for identifier, title, by_password, revoked, email in tenants.list_clients(url, handle):
            grant = "password" if by_password else "client_credentials"
            table.add_row(str(identifier), title, grant, email or "", "revoked" if revoked else "valid")
    out.print(table)


@client.command("revoke")
@explained
def client_revoke(
    identifier: Annotated[int, typer.Argument(help="The client's id, as `omneo client list` shows it.")],
    handle: TenantOption = "demo",
) -> None:
    """Revoke an OAuth client with all its tokens: they are refused from the next request on."""
    from omneo_api.platform import tenants

    with connected(settings()) as url:
        if not tenants.revoke_client(url, handle, identifier):
            stop("there is no such living client: `omneo client list` shows them.")
    out.print("Revoked.")


@demo.command("load")
@explained
def demo_load(
    file: Annotated[Path | None, typer.Option(help="A file of purchases: customer,date,quantity,amount.")] = None,
    url: Annotated[
        str | None, typer.Option(help="Base URL of a running server. Default: http://127.0.0.1:PORT.")
    ] = None,
    secret: Annotated[str | None, typer.Option("--token", help="API token. Default: the demo tenant's.")] = None,
) -> None:
    """Load demo data into a running server through its API: the demo shop, or a file of purchases.

    A file goes in as batches, which a worker applies: `omneo demo load --file tests/data/cdnow_sample.csv`.
    """
    from omneo_api.demo import loading
    from omneo_api.demo.failures import LoadFailed
    from omneo_api.serving import demo_token

    current = settings()
    known = secret or demo_token(current)
    if known is None:
        stop("no token: give one with --token, or run `make serve` first, which makes the demo tenant.")
    try:
        asyncio.run(loading.load(url or f"http://127.0.0.1:{current.port}", known, file, out))
    except LoadFailed as fault:
        stop(str(fault))


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        stop(f"{text} is no date-time: write 2026-03-01 or 2026-03-01T09:30:00Z.")
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _duration(text: str) -> timedelta:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)([smhdw])", text)
    if found is None:
        stop(f"{text} is no duration: write 90s, 15m, 12h, 30d or 2w.")
    return timedelta(**{UNITS[found.group(2)]: float(found.group(1))})


def _move(handle: str, offset: timedelta, *, relative: bool) -> None:
    from omneo_api.platform import tenants

    if not settings().test_clock:
        stop("clocks are fixed here: set OMNEO_TEST_CLOCK=true to allow moving them.")
    with connected(settings()) as url:
        try:
            moved = tenants.move_clock(url, handle, offset, relative=relative)
        except PermissionError:
            stop(f"{handle} is no test tenant; only those have a clock that moves (`omneo tenant create --test`).")
    out.print(f"In {handle} it is now {datetime.now(UTC) + moved:%Y-%m-%d %H:%M:%S} UTC.")


@clock.command("set")
@explained
def clock_set(
    moment: Annotated[str, typer.Argument(help="A date-time; without a zone it is UTC.")], handle: TenantOption = "demo"
) -> None:
    """Let it be that moment now; time goes on from there."""
    _move(handle, _moment(moment) - datetime.now(UTC), relative=False)


@clock.command("advance")
@explained
def clock_advance(
    by: Annotated[str, typer.Argument(help="90s, 15m, 12h, 30d or 2w.")], handle: TenantOption = "demo"
) -> None:
    """Let time pass."""
    _move(handle, _duration(by), relative=True)


@clock.command("reset")
@explained
def clock_reset(handle: TenantOption = "demo") -> None:
    """Back to real time."""
    _move(handle, timedelta(0), relative=False)


@openapi.command("export")
def openapi_export(
    folder: Annotated[Path, typer.Argument(help="Folder for omneo-v3.json and omneo-id.json.")] = Path("openapi"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit status 1 when the files are stale.")
    ] = False,
) -> None:
    """Write the OpenAPI documents."""
    from omneo_api.app import openapi_documents

    stale = []
    for name, content in openapi_documents().items():
        path = folder / name
        if check and (not path.is_file() or path.read_bytes() != content + b"\n"):
            stale.append(name)
        elif not check:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content + b"\n")
            out.print(f"{path}: {len(content) // 1024} KiB")
    if stale:
        stop(f"{', '.join(stale)} in {folder} is stale: run `omneo openapi export` and commit the result.")


def main() -> None:
    """Entry point of the `omneo` command."""
    os.environ.setdefault("PYTHONUTF8", "1")
    app()


if __name__ == "__main__":
    main()
