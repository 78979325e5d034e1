import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import psycopg
import pytest

from omneo_api.foundation import embedded
from omneo_api.foundation.embedded import EmbeddedPostgres, EmbeddedPostgresError, pg_binary

FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "shared_buffers": "16MB"}
SCRIPT = f"""
import sys
from pathlib import Path
from omneo_api.foundation.embedded import EmbeddedPostgres
server = EmbeddedPostgres(Path(sys.argv[1]), {FAST!r})
print(server.start(), server.started_here, flush=True)
sys.stdin.read()
server.stop()
"""


def postmaster(server: EmbeddedPostgres) -> int:
    return int((server.data / "postmaster.pid").read_text().split("\n", 1)[0])


def wait_for_end(pid: int) -> None:
    for _ in range(500):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        with suppress(FileNotFoundError, ProcessLookupError):
            if Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "Z":
                return
        time.sleep(0.01)
    raise AssertionError(f"{pid} lives on")


def ask(url: str, query: str) -> str:
    with psycopg.connect(url) as db:
        row = db.execute(query).fetchone()
    assert row
    return str(row[0])


def helper(folder: Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", SCRIPT, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )


@pytest.fixture(scope="module")
def made() -> Iterator[Path]:
    """Hold a stopped cluster to lend; not under pytest's own folder, which every pytest of this user closes to 0700."""
    with tempfile.TemporaryDirectory(prefix="omneo test ", dir="/tmp") as name:
        with EmbeddedPostgres(Path(name, "first"), FAST) as server:
            ask(server.start(), "SELECT 1")
        yield Path(name, "first")


@pytest.fixture
def folder(made: Path) -> Iterator[Path]:
    """Lend the cluster at a path with odd letters; end by its id whatever server the test leaves running there."""
    place = made.rename(made.parent / "a b'c\"d")
    yield place
    with suppress(FileNotFoundError, ProcessLookupError, ValueError):
        if (pid := postmaster(EmbeddedPostgres(place))) != os.getpid():
            os.kill(pid, signal.SIGQUIT)
            wait_for_end(pid)
    place.rename(made)


def test_a_first_start_makes_the_cluster_and_the_database(made: Path) -> None:
    with EmbeddedPostgres(made.parent / "new" / "deep er", FAST) as server:
        assert server.started_here
        url = server.start()
        assert server.started_here, "a second start of the same object keeps its ownership"
        assert ask(url, "SELECT current_database()") == "omneo"
        assert ask(url, "SELECT current_user") == "postgres"
        assert ask(url, "SHOW server_encoding") == "UTF8"
        assert ask(url, "SELECT datlocale FROM pg_database WHERE datname = 'omneo'") == "C.UTF-8"
        assert server.data.stat().st_mode & 0o777 == 0o700
        assert (server.folder / "run").stat().st_mode & 0o777 == 0o700
        assert server.folder.stat().st_mode & 0o066 == 0
        assert server.log.stat().st_mode & 0o077 == 0
        assert not list(server.folder.glob("initdb-*"))
        pid = postmaster(server)
    wait_for_end(pid)
    assert not (server.data / "postmaster.pid").exists()
    assert "database system is shut down" in server.log.read_text()


def test_an_existing_folder_starts_quickly_and_keeps_its_rows(folder: Path) -> None:
    with EmbeddedPostgres(folder, FAST) as server, psycopg.connect(server.start()) as db:
        db.execute("DROP TABLE IF EXISTS kept")
        db.execute("CREATE TABLE kept AS SELECT 7 AS n")
    began = time.monotonic()
    with EmbeddedPostgres(folder, FAST) as server:
        url = server.start()
        took = time.monotonic() - began
        assert ask(url, "SELECT n FROM kept") == "7"
    assert took < 1.5


def test_settings_are_the_defaults_and_then_the_callers(folder: Path) -> None:
    with EmbeddedPostgres(folder, {**FAST, "application_name": "it's a \\ test"}) as server:
        url = server.start()
        shown = {name: ask(url, f"SHOW {name}") for name in (*embedded.DEFAULTS, *FAST, "unix_socket_directories")}
        assert ask(url, "SELECT reset_val FROM pg_settings WHERE name = 'application_name'") == "it's a \\ test"
    assert shown.pop("unix_socket_directories").strip('"').replace('""', '"') == str(folder / "run")
    assert shown == {**{name.lower(): value for name, value in embedded.DEFAULTS.items()}, **FAST}


def test_without_settings_the_server_is_durable(folder: Path) -> None:
    with EmbeddedPostgres(folder) as server:
        url = server.start()
        assert [ask(url, f"SHOW {name}") for name in ("fsync", "synchronous_commit", "full_page_writes")] == ["on"] * 3
        assert ask(url, "SHOW shared_buffers") == "256MB"
        assert ask(url, "SHOW max_connections") == "200"


def test_a_running_server_is_adopted_and_not_stopped(folder: Path) -> None:
    with EmbeddedPostgres(folder, FAST) as owner:
        with EmbeddedPostgres(folder, FAST) as guest:
            assert not guest.started_here
            assert guest.start() == owner.start()
        assert ask(owner.start(), "SELECT 1") == "1"


def test_a_server_outlives_the_sigkill_of_its_starter_and_is_adopted(folder: Path) -> None:
    with helper(folder) as starter:
        assert starter.stdout
        assert starter.stdout.readline().endswith("True\n")
        starter.kill()
    with EmbeddedPostgres(folder, FAST) as server:
        assert not server.started_here
        assert ask(server.start(), "SELECT 1") == "1"
    pid = postmaster(server)
    assert os.getsid(pid) == pid, "the terminal's SIGINT does not reach the server"
    os.kill(pid, signal.SIGINT)


@pytest.mark.parametrize("whose", ["ours", "an orphan's"])
def test_a_killed_postmaster_is_replaced_and_recovers(folder: Path, whose: str) -> None:
    server = EmbeddedPostgres(folder, FAST)
    if whose == "ours":
        url = server.start()
    else:
        with helper(folder) as starter:
            assert starter.stdout
            url = starter.stdout.readline().split()[0]
            starter.kill()
    with psycopg.connect(url) as db:
        db.execute("SET synchronous_commit = on")
        db.execute("DROP TABLE IF EXISTS kept")
        db.execute("CREATE TABLE kept AS SELECT 7 AS n")
    pid = postmaster(server)
    os.kill(pid, signal.SIGKILL)
    wait_for_end(pid)
    assert (server.data / "postmaster.pid").exists()
    with server:
        assert server.started_here
        assert postmaster(server) != pid
        assert ask(server.start(), "SELECT n FROM kept") == "7"
        assert "automatic recovery" in server.log.read_text()


@pytest.mark.parametrize("whose", ["nobody's", "ours", "a dead process's"])
def test_a_stale_pid_file_does_not_stop_a_start(folder: Path, whose: str) -> None:
    pid = {"nobody's": "", "ours": str(os.getpid())}.get(whose, "4194303")
    lines = [pid, str(folder / "data"), "1", "5432", str(folder / "run"), "", "  1 1", "ready", ""]
    (folder / "data" / "postmaster.pid").write_text("\n".join(lines) if pid else "")
    with EmbeddedPostgres(folder, FAST) as server:
        assert server.started_here


def test_two_processes_that_start_at_once_share_one_server(made: Path) -> None:
    shared = made.parent / "shared"
    with helper(shared) as one, helper(shared) as other:
        assert one.stdout
        assert other.stdout
        said = [one.stdout.readline().split(), other.stdout.readline().split()]
        assert sorted(line[1] for line in said) == ["False", "True"]
        assert said[0][0] == said[1][0]
        assert ask(said[0][0], "SELECT count(*) FROM pg_database WHERE datname = 'omneo'") == "1"
        pid = postmaster(EmbeddedPostgres(shared))
        one.communicate("")
        other.communicate("")
    wait_for_end(pid)


def test_a_long_path_gets_its_socket_in_a_private_temporary_folder(folder: Path) -> None:
    long = folder / ("x" * 120)
    shutil.move(folder / "data", long / "data")
    with EmbeddedPostgres(long, FAST) as server:
        url = server.start()
        socket = Path(ask(url, "SHOW unix_socket_directories").strip('"'))
        assert socket.parent == Path(tempfile.gettempdir()).resolve()
        assert socket.stat().st_mode & 0o777 == 0o700
        with EmbeddedPostgres(long) as guest:
            assert guest.start() == url
    socket.rmdir()
    shutil.move(long / "data", folder / "data")


def test_a_folder_of_another_major_version_is_refused(folder: Path) -> None:
    version = folder / "data" / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedPostgresError, match=r"made by PostgreSQL 17, .*18.*DATABASE_URL.*OMNEO_DATA_DIR"):
        EmbeddedPostgres(folder, FAST).start()
    version.write_text("18\n")


def test_a_setting_the_server_refuses_is_told_from_its_log(folder: Path) -> None:
    server = EmbeddedPostgres(folder, {"max_connections": "many"})
    with pytest.raises(
        EmbeddedPostgresError, match=r'invalid value for parameter "max_connections".*DATABASE_URL'
    ) as told:
        server.start()
    assert "\n" not in str(told.value)
    assert not server.started_here


def test_a_folder_that_cannot_be_made_is_told(folder: Path) -> None:
    (folder / "file").touch()
    with pytest.raises(EmbeddedPostgresError, match=r"Not a directory.*OMNEO_DATA_DIR"):
        EmbeddedPostgres(folder / "file" / "under").start()


def test_a_lock_that_stays_held_is_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import fcntl

    monkeypatch.setattr(embedded, "START_SECONDS", 0.2)
    with (folder / "server.lock").open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(EmbeddedPostgresError, match=r"server\.lock is held"):
            EmbeddedPostgres(folder, FAST).start()


def test_the_bundled_programs_run(folder: Path) -> None:
    with EmbeddedPostgres(folder, FAST) as server:
        command = [str(pg_binary("psql")), "-Atc", "SELECT 6 * 7", server.start()]
        assert subprocess.check_output(command, text=True) == "42\n"
    assert pg_binary("pgbench").is_file()
    with pytest.raises(EmbeddedPostgresError, match="no bundled PostgreSQL program nothing"):
        pg_binary("nothing")


def test_a_server_started_by_hand_is_adopted_when_it_answers_and_left_alone_when_not(folder: Path) -> None:
    server = EmbeddedPostgres(folder, FAST)
    with server:
        pass
    owner = embedded._Account(server.data)
    (folder / "run").mkdir(mode=0o700, exist_ok=True)
    with subprocess.Popen(**owner.child("postgres", "-D", str(server.data), stderr=subprocess.DEVNULL)) as by_hand:
        for _ in range(200):
            if server._answer():
                break
            time.sleep(0.02)
        server.start()
        assert not server.started_here
        (folder / "run" / ".s.PGSQL.5432").unlink()
        with pytest.raises(EmbeddedPostgresError, match=f"PostgreSQL {by_hand.pid}, started by hand"):
            server.start()
        by_hand.send_signal(signal.SIGINT)
