"""Migrations go up and down with rows in the tables, and leave nothing behind."""

import time

import psycopg
import pytest
from alembic.script import ScriptDirectory

from live import named_database
from omneo_api.foundation import migrations
from omneo_api.platform import tenants


def plan_of_an_empty_table(url):
    """How a profile is found by its id while there is none: the plan that a connection keeps for thousands."""
    with psycopg.connect(url) as connection:
        connection.execute("SELECT set_config('omneo.tenant_id', id::text, true) FROM tenants")
        connection.execute("SET LOCAL ROLE omneo_app")
        connection.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        connection.execute("PREPARE found (uuid) AS SELECT first_name FROM profiles WHERE id = $1")
        return connection.execute("EXPLAIN EXECUTE found (NULL)").fetchall()[0][0]


def test_up_down_and_up_again_with_rows(server_url):
    name = f"migrated_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        url = named_database(server_url, name)
        try:
            migrations.upgrade(url)
            tenants.create_tenant(url, "shop", "Shop")
            assert migrations.is_current(url)
            if connection.info.server_version >= 180000:
                assert "using pk_profiles on" in plan_of_an_empty_table(url)
            migrations.downgrade(url, "base")
            with psycopg.connect(url) as emptied:
                left = emptied.execute(
                    "SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'v')"
                ).fetchall()
            assert left == [("alembic_version",)]
            migrations.upgrade(url)
            tenants.create_tenant(url, "shop", "Shop")
            assert tenants.list_tenants(url)[0][0] == "shop"
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_names_of_the_files_tell_the_revisions_in_order(server_url):
    script = ScriptDirectory.from_config(migrations.configuration(server_url))
    assert migrations.revisions() == [each.revision for each in reversed(list(script.walk_revisions()))]
    assert migrations.revisions()[-1] == script.get_current_head()


def test_a_database_of_a_newer_version_is_left_alone(server_url):
    name = f"newer_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        url = named_database(server_url, name)
        try:
            with psycopg.connect(url) as newer:
                newer.execute("CREATE TABLE alembic_version (version_num text)")
                newer.execute("INSERT INTO alembic_version VALUES ('9999')")
            assert not migrations.is_current(url)
            with pytest.raises(migrations.NewerDatabase, match="9999"):
                migrations.upgrade(url)
        finally:
            connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
