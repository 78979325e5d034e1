"""Runs the migrations: short waits for locks, a bound on each statement, and derived policies at the end."""

from alembic import context
from sqlalchemy import create_engine, text

from omneo_api import registry
from omneo_api.foundation import schema
from omneo_api.foundation.models import Base

LOCK_SECONDS = 10
STATEMENT_SECONDS = 900

registry.load()


def included(_object: object, name: str | None, kind: str, _reflected: bool, _compare_to: object) -> bool:
    """The queue's tables are its own, counters and search helpers live in SQL."""
    return not (kind == "table" and name and (name.startswith("procrastinate_") or name == "row_counts"))


def run() -> None:
    engine = create_engine(context.config.attributes["url"])
    with engine.connect() as connection:
        connection.execute(text(f"SET lock_timeout = '{LOCK_SECONDS}s'"))
        connection.execute(text(f"SET statement_timeout = '{STATEMENT_SECONDS}s'"))
        connection.execute(text("SET timezone = 'UTC'"))
        connection.execute(text("SELECT pg_advisory_lock(7226501)"))
        connection.commit()
        try:
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                include_object=included,
                compare_type=True,
                transaction_per_migration=True,
            )
            with context.begin_transaction():
                context.run_migrations()
            if context.config.attributes.get("derive", True):
                schema.apply(connection)
                connection.commit()
        finally:
            connection.rollback()
            connection.execute(text("SELECT pg_advisory_unlock(7226501)"))
    engine.dispose()


run()
