"""Migrations from Python: upgrade, downgrade, check, and whether a database is of this version.

A server whose database is of this version never loads the library, which would stay with it: it is imported by what
migrates. The version is told by the name of the last file, which begins with its revision.
"""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from psycopg import connect

if TYPE_CHECKING:
    from alembic.config import Config

FOLDER = Path(__file__).resolve().parents[3] / "migrations"


class NewerDatabase(Exception):
    """The database was migrated by a newer version of the program."""


def alchemy_url(url: str) -> str:
    """A libpq URL in SQLAlchemy's spelling."""
    return re.sub(r"^postgres(ql)?(\+\w+)?://", "postgresql+psycopg://", url)


def configuration(url: str, **attributes: Any) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    config.attributes.update(url=alchemy_url(url), **attributes)
    return config


def upgrade(url: str, revision: str = "head") -> None:
    """Raises: NewerDatabase, OperationalError."""
    from alembic import command

    known(url)
    command.upgrade(configuration(url), revision)


def downgrade(url: str, revision: str) -> None:
    from alembic import command

    command.downgrade(configuration(url), revision)


def check(url: str) -> None:
    """Raises: CommandError when the models and the migrated database differ."""
    from alembic import command

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
    if revision is not None and revision not in revisions():
        raise NewerDatabase(revision)


def revisions() -> list[str]:
    """Every revision in order, by the names of the files."""
    return sorted(path.name.split("_")[0] for path in (FOLDER / "versions").glob("*_*.py"))


def is_current(url: str) -> bool:
    """Whether the database is of this version."""
    return current(url) == revisions()[-1]
