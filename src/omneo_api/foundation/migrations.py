"""Migrations from Python: upgrade, downgrade, check, and whether a database is of this version."""

import re
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from psycopg import connect

FOLDER = Path(__file__).resolve().parents[3] / "migrations"


class NewerDatabase(Exception):
    """The database was migrated by a newer version of the program."""


def alchemy_url(url: str) -> str:
    """A libpq URL in SQLAlchemy's spelling."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url)


def configuration(url: str, **attributes: Any) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes.update(url=alchemy_url(url), **attributes)
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Raises: NewerDatabase, OperationalError."""
    known(url)
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    command.downgrade(configuration(url), revision)


def check(url: str) -> None:
    """Raises: CommandError when the models and the migrated database differ."""
    command.check(configuration(url, derive=False))


def current(url: str) -> str | None:
    with connect(url) as connection:
        exists = connection.execute("SELECT to_regclass('public.alembic_version') IS NOT NULL").fetchone()
        if not exists or not exists[0]:
            return None
        row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        return row[0] if row else None


def known(url: str) -> None:
    """Raises: NewerDatabase when the database's revision is not among ours."""
    revision = current(url)
    if revision is None:
        return
    try:
        ScriptDirectory.from_config(configuration(url)).get_revision(revision)
    except CommandError:
        raise NewerDatabase(revision) from None


def is_current(url: str) -> bool:
    return current(url) == ScriptDirectory.from_config(configuration(url)).get_current_head()
