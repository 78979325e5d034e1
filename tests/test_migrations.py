"""Migrations go up and down with rows in the tables, and leave nothing behind."""

import time

import psycopg

from live import named_database
from omneo_api.foundation import migrations
from omneo_api.platform import tenants


def test_up_down_and_up_again_with_rows(server_url):
    name = f"migrated_{time.monotonic_ns()}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        url = named_database(server_url, name)
        try:
            migrations.upgrade(url)
            tenants.create_tenant(url, "shop", "Shop")
            assert migrations.is_current(url)
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
