"""The commands as people run them: a first start, a second start, what goes wrong, and nothing left behind."""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.timeout(240)
OMNEO = [sys.executable, "-m", "omneo_api.cli"]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@pytest.fixture(scope="module")
def home():
    """A data folder that a server of another user can reach."""
    folder = Path(tempfile.mkdtemp(prefix="omneo-serve-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def environment(home, port, **more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OMNEO_", "DATABASE_URL"))}
    return {**kept, "OMNEO_DATA_DIR": str(home), "PORT": str(port), "COLUMNS": "200", **more}


@contextlib.contextmanager
def started(home, port, **more):
    """`omneo serve`, waited for; ended by Ctrl-C."""
    log = home / f"serve-{time.monotonic_ns()}.log"
    with log.open("w") as out:
        child = subprocess.Popen([*OMNEO, "serve"], env=environment(home, port, **more), stdout=out, stderr=out)
    begun = time.monotonic()
    while "Ctrl-C stops everything" not in log.read_text():
        assert child.poll() is None, log.read_text()
        assert time.monotonic() - begun < 120, log.read_text()
        time.sleep(0.1)
    times = psutil.Process(child.pid).cpu_times()
    try:
        yield log.read_text(), times.user + times.system
    finally:
        family = psutil.Process(child.pid).children(recursive=True)
        child.send_signal(signal.SIGINT)
        assert child.wait(40) == 0, log.read_text()
        assert not [process for process in family if process.is_running() and process.status() != "zombie"]


def ask(url, token, body=None):
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    content = json.dumps(body).encode() if body is not None else None
    with urllib.request.urlopen(urllib.request.Request(url, content, headers)) as answer:
        return json.load(answer)


def eventually(probe):
    for _ in range(150):
        found = probe()
        if found:
            return found
        time.sleep(0.2)
    raise AssertionError("it never came")


def test_the_first_start_shows_a_shop_in_which_a_purchase_earns_a_reward(home):
    port = free_port()
    with started(home, port) as (text, _):
        token = re.search(r"API token of the tenant demo: (\S+)", text).group(1)
        lines = [line.strip() for line in text.splitlines() if line.strip().startswith("curl ")]
        assert len(lines) == 3
        for line in lines:
            ran = subprocess.run(["bash", "-c", f"{line} -s -f"], capture_output=True, text=True, check=True)
            assert json.loads(ran.stdout)["data"]
        api = f"http://127.0.0.1:{port}/v3"
        purchase = {
            "profile_id": "ada@example.com",
            "profile_id_handle": "email",
            "location_id": "DEMO-FITZROY",
            "total": 249.95,
            "transacted_at": "2026-11-20 03:00:00",
            "timezone": "Australia/Melbourne",
            "external_id": "POS-1",
            "items": [{"name": "Rain jacket", "quantity": 1, "price_current": 249.95, "price_sell": 249.95}],
        }
        profile = ask(f"{api}/transactions", token, purchase)["data"]["profile_id"]
        balance = f"{api}/profiles/{profile}/balances"
        assert eventually(lambda: ask(balance, token)["data"]["reward_balance"]) == 10
        spent = ask(f"{api}/profiles/{profile}/redeem", token, {"amount": 4})["data"]
        assert (spent["total"], spent["balances"]["reward_balance"]) == (4, 6)
    assert subprocess.run([*OMNEO, "verify"], env=environment(home, port), check=False).returncode == 0
    port = free_port()
    with started(home, port, OMNEO_DEMO_TOKEN="fixed-token-of-the-demo-shop") as (text, seconds):
        # Processor time, because the wall clock belongs to whatever else this machine is doing.
        assert seconds < 5
        kept = ask(f"http://127.0.0.1:{port}/v3/profiles/{profile}/balances", "fixed-token-of-the-demo-shop")
        assert kept["data"]["reward_balance"] == 6
        again = subprocess.run(
            [*OMNEO, "serve"], env=environment(home, port), capture_output=True, text=True, check=False
        )
        assert again.returncode == 1
        assert again.stderr.strip() == (
            f"omneo: port {port} is in use: stop what listens there, or choose another with PORT=… or --port."
        )


def refused(home, *command, **more):
    ran = subprocess.run(
        [*OMNEO, *command], env=environment(home, free_port(), **more), capture_output=True, text=True, check=False
    )
    assert ran.returncode == 1
    assert len(ran.stderr.strip().splitlines()) == 1, ran.stderr
    return ran.stderr


def test_an_unreachable_database_is_one_clear_line(home):
    text = refused(home, "serve", DATABASE_URL="postgresql://nobody@127.0.0.1:1/nothing")
    assert "the database cannot be reached" in text
    assert "DATABASE_URL" in text


def test_a_database_of_a_newer_version_is_left_alone(home, server_url):
    import psycopg

    from live import named_database

    name = f"newer_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    url = named_database(server_url, name)
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("CREATE TABLE alembic_version (version_num text)")
        connection.execute("INSERT INTO alembic_version VALUES ('9999')")
    text = refused(home, "serve", DATABASE_URL=url)
    assert "newer version (revision 9999)" in text
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_commands_look_after_tenants_tokens_and_clocks(home, database_url):
    def omneo(*command, status=0):
        more = {"DATABASE_URL": database_url}
        ran = subprocess.run(
            [*OMNEO, *command], env=environment(home, free_port(), **more), capture_output=True, text=True, check=False
        )
        assert ran.returncode == status, ran.stderr
        return ran.stdout + ran.stderr

    handle = f"shop-{time.monotonic_ns()}"
    secret = omneo("tenant", "create", handle, "--test").strip().splitlines()[-1]
    assert handle in omneo("tenant", "list")
    assert "there is a tenant" in omneo("tenant", "create", handle, status=1)
    made = omneo("token", "create", "--tenant", handle, "--scope", "read-tags")
    assert secret not in omneo("token", "list", "--tenant", handle)
    identifier = re.search(r"Token (\w+)…", made).group(1)
    full = next(word for word in omneo("token", "list", "--tenant", handle).split() if word.startswith(identifier))
    assert "Revoked." in omneo("token", "revoke", full, "--tenant", handle)
    assert "no such living token" in omneo("token", "revoke", full, "--tenant", handle, status=1)
    assert "it is now 2030-01-02" in omneo("clock", "set", "2030-01-02T00:00:00Z", "--tenant", handle)
    assert "it is now 2030-02-01" in omneo("clock", "advance", "30d", "--tenant", handle)
    assert "unknown scope nonsense" in omneo("token", "create", "--tenant", handle, "--scope", "nonsense", status=1)
    assert "no duration" in omneo("clock", "advance", "soon", "--tenant", handle, status=1)
    assert "The database and the models agree." in omneo("db", "check")
    assert "All is well." in omneo("doctor")
