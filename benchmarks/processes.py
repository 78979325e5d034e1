"""Starting what is measured, one process at a time, and driving it with wrk and pgbench."""

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg

from omneo_api.foundation import migrations
from omneo_api.foundation.embedded import pg_binary

HERE = Path(__file__).parent
CONNECTIONS = 16
SECONDS = int(os.environ.get("BENCH_SECONDS", "8"))


@contextlib.contextmanager
def fresh(login: str, name: str) -> Iterator[str]:
    """The URL of a migrated, empty database of that name, which is gone afterwards."""
    with psycopg.connect(login, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
        connection.execute(f'CREATE DATABASE "{name}"')
    url = login.replace("/omneo?", f"/{name}?")
    migrations.upgrade(url)
    try:
        yield url
    finally:
        with psycopg.connect(login, autocommit=True) as connection:
            connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def process(command: list[str], port: int, path: str, **environment: str) -> Iterator[subprocess.Popen]:
    """A server process, waited for until it answers."""
    env = {**os.environ, "PORT": str(port), **environment}
    child = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, cwd=HERE)
    try:
        for _ in range(200):
            with contextlib.suppress(urllib.error.URLError, OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2)
                break
            if child.poll() is not None:
                raise RuntimeError(f"{command} ended with {child.returncode}")
            time.sleep(0.1)
        yield child
    finally:
        child.terminate()
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def python(*arguments: str) -> list[str]:
    return [sys.executable, *arguments]


def wrk(port: int, script: str, seconds: int = SECONDS, connections: int = CONNECTIONS) -> tuple[float, int]:
    """Requests per second and answers that were not 2xx, by a Lua script that makes the requests."""
    with tempfile.NamedTemporaryFile("w", suffix=".lua") as file:
        file.write(script)
        file.flush()
        command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", file.name, f"http://127.0.0.1:{port}/"]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    rate = float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1))
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    return rate, int(failed.group(1)) if failed else 0


def pgbench(url: str, sql: str, tenant: int, seconds: int = SECONDS) -> float:
    """Transactions per second of a statement by the database alone."""
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(sql)
        file.flush()
        options = f"-c role=omneo_app -c omneo.tenant_id={tenant} -c timezone=UTC"
        command = [str(pg_binary("pgbench")), "-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "1"]
        command += [
            "-T",
            str(seconds),
            "-f",
            file.name,
            f"{url}&options={options.replace(' ', '%20').replace('=', '%3D')}",
        ]
        text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return float(re.search(r"tps = ([\d.]+)", text).group(1))


def memory(child: subprocess.Popen) -> float:
    """Resident megabytes of a process."""
    return psutil.Process(child.pid).memory_info().rss / 1024 / 1024
