"""The container files say what the program does: no engine is needed to see that."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from typer.testing import CliRunner

from omneo_api.cli import app

HERE = Path(__file__).parents[1]
DOCKERFILE = (HERE / "Dockerfile").read_text()
COMPOSE = (HERE / "docker-compose.yml").read_text()


def client() -> list[str] | None:
    """The compose client of this machine: the plug-in of `docker`, or the command of its own."""
    if shutil.which("docker-compose"):
        return ["docker-compose"]
    docker = shutil.which("docker")
    known = docker and subprocess.run([docker, "compose", "version"], capture_output=True, check=False)
    return ["docker", "compose"] if known and known.returncode == 0 else None


def test_the_client_accepts_the_compose_file():
    if client() is None:
        pytest.skip("no compose client here")
    done = subprocess.run([*client(), "config", "--quiet"], cwd=HERE, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_command_of_a_container_is_one_of_ours():
    commands = [json.loads(found) for found in re.findall(r'(?:CMD|command:) (\["omneo".*\])', DOCKERFILE + COMPOSE)]
    assert len(commands) == 3
    for _, name, *options in commands:
        shown = CliRunner().invoke(app, [name, *options, "--help"])
        assert shown.exit_code == 0, shown.output
        assert f" {name} " in shown.output


def test_what_the_image_copies_is_there():
    sources = [name for line in re.findall(r"^COPY ([^-].*) \S+$", DOCKERFILE, re.MULTILINE) for name in line.split()]
    ignored = (HERE / ".dockerignore").read_text().split()
    assert sources == ["requirements.txt", "pyproject.toml", "README.md", "alembic.ini", "src", "migrations"]
    assert all((HERE / name).exists() and name not in ignored for name in sources)
