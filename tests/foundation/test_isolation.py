"""Tenants never meet: every route is walked as another tenant, as nobody and without the scope; raw SQL sees no row."""

import psycopg
import pytest

from omneo_api.app import id_operations, v3_operations
from omneo_api.foundation.database import APPLICATION_ROLE
from omneo_api.foundation.routing import PARAMETER
from omneo_api.foundation.schema import tenanted_tables
from omneo_api.omneo_id.tokens import IdTokens
from omneo_api.platform import tenants
from omneo_api.settings import Settings

pytestmark = pytest.mark.anyio

MARK = "QZX-PLANTED"
EMAIL = "qzx-planted@example.com"
SEEDED = {"/permissions/{id}"}
"""Rows that every tenant has under the same ids: there another tenant reaches its own."""
WALKED = [operation for operation in v3_operations(Settings()) if operation.auth != "none"]


async def plant(shop):
    """Rows of many kinds, each with a mark that must never be seen by others."""
    await shop.post("/regions", {"name": MARK, "handle": "planted"})
    await shop.post("/brands", {"name": MARK, "handle": "planted"})
    await shop.post("/systems", {"handle": MARK})
    await shop.post("/tags", {"handle": MARK})
    location = await shop.post("/locations", {"name": MARK, "phone": "0390000000", "external_id": MARK})
    profile = (
        await shop.post(
            "/profiles",
            {
                "email": EMAIL,
                "first_name": MARK,
                "tags": [MARK],
                "identities": [{"handle": "card", "identifier": MARK}],
            },
        )
    )["data"]
    definition = await shop.post(
        "/rewards/definitions", {"name": MARK, "handle": "planted", "type": "bonus", "value": 10, "period": 30}
    )
    reward = {"reward_definition_id": definition["data"]["id"], "timezone": "UTC", "meta": {"note": MARK}}
    await shop.post(f"/profiles/{profile['id']}/rewards", reward)
    await shop.post(
        "/transactions",
        {
            "profile_id": profile["id"],
            "total": 12.5,
            "transacted_at": "2026-01-02 03:04:05",
            "timezone": "UTC",
            "external_id": MARK,
            "location_id": location["data"]["id"],
            "items": [{"name": MARK, "quantity": 1, "price_current": 12.5, "price_sell": 12.5}],
        },
    )
    await shop.post(f"/profiles/{profile['id']}/redeem", {"amount": 1})
    await shop.post("/triggers", {"name": MARK, "trigger": "profile.updated"})
    await shop.post("/tiers/definitions", {"name": MARK, "handle": "planted", "value_min": 0})
    points = (await shop.post("/points/definitions", {"name": MARK, "handle": "planted"}))["data"]["id"]
    point = {"profile_id": profile["id"], "point_definition_id": points, "value": 7, "issued_at": None}
    await shop.post("/tiers/points", {**point, "meta": {"note": MARK}})
    return profile["id"]


async def first_ids(shop, profile):
    """Collection path → id of its first row, for every list that can be read."""
    found = {"/profiles": profile}
    lists = [op for op in WALKED if op.method == "GET" and op.envelope in ("page", "list", "flat", "bare")]
    for operation in sorted(lists, key=lambda op: op.path.count("/")):
        path = filled(operation.path, found)
        answer = await shop.client.get(path)
        body = answer.json() if answer.status_code == 200 else {}
        rows = body.get("data") if isinstance(body, dict) else body
        if isinstance(rows, list) and rows and isinstance(rows[0], dict) and "id" in rows[0]:
            found[operation.path] = rows[0]["id"]
    return found


def filled(path, found):
    """The path with its parameters taken from what the lists before them showed."""
    parts, so_far = [], ""
    for segment in path.strip("/").split("/"):
        if PARAMETER.search(segment):
            value = found.get(so_far) or found.get("/" + so_far.rsplit("/", 1)[-1].lstrip("/")) or "1"
            parts.append(PARAMETER.sub(str(value), segment))
        else:
            parts.append(segment)
        so_far = f"{so_far}/{segment}"
    return "/" + "/".join(parts)


async def contents(shop):
    """Every row of the tenant, to show that nothing of it changed."""
    rows = {}
    for table, _ in tenanted_tables():
        found = await shop.sql(f"SELECT to_jsonb(t)::text FROM {table.name} t WHERE tenant_id = %s", shop.tenant.id)
        rows[table.name] = sorted(row[0] for row in found)
    rows.pop("token_usages")
    return rows


async def test_every_route_as_another_tenant(shop, other_shop):
    found = await first_ids(shop, await plant(shop))
    assert len(found) > 8
    before = await contents(shop)
    for operation in WALKED:
        path = filled(operation.path, found)
        answer = await other_shop.client.request(operation.method, path, json={} if operation.method != "GET" else None)
        assert answer.status_code < 500, f"{operation.method} {path}: {answer.text}"
        assert MARK not in answer.text, f"{operation.method} {path} shows another tenant's row"
        assert EMAIL not in answer.text, f"{operation.method} {path} shows another tenant's row"
        if operation.method in ("PUT", "DELETE") and "{" in operation.path and operation.path not in SEEDED:
            assert answer.status_code in (403, 404, 409, 422), f"{operation.method} {path}: {answer.status_code}"
    assert await contents(shop) == before


async def test_every_route_without_a_token_and_without_the_scope(shop):
    idle = tenants.create_token(shop.url, shop.handle, f"admin@{shop.handle}.test", "idle", ["read-group-definitions"])
    nobody, without = shop.as_token(""), shop.as_token(idle.secret)
    for operation in WALKED:
        path = filled(operation.path, {})
        answer = await nobody.client.request(operation.method, path)
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."}), path
        if operation.scopes:
            refused = await without.client.request(operation.method, path)
            assert (refused.status_code, refused.json()) == (403, {"message": "Invalid scope(s) provided."}), path


async def test_every_customer_route_refuses_api_tokens_and_nobody(shop):
    root = str(shop.client.base_url).replace("/v3/", "/id/api/v1")
    for operation in id_operations(v3_operations(Settings()), IdTokens("x" * 40, 60)):
        if operation.auth == "customer":
            path = root + filled(operation.path, {})
            for client in (shop.client, shop.as_token("").client):
                answer = await client.request(operation.method, path)
                assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."}), path


async def test_raw_sql_with_no_tenant_set_gets_no_row(shop, database_url):
    await shop.post("/regions", {"name": "A", "handle": "a"})
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        await connection.execute(f"SET ROLE {APPLICATION_ROLE}")
        for table, _ in tenanted_tables():
            cursor = await connection.execute(f"SELECT count(*) FROM {table.name}")
            assert await cursor.fetchone() == (0,), table.name
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await connection.execute("INSERT INTO regions (tenant_id, name, handle) VALUES (1, 'x', 'x')")


async def test_every_tenant_table_is_guarded(shop):
    rows = await shop.sql(
        "SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'tenant_id'"
        " WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND NOT c.relrowsecurity"
    )
    assert {row[0] for row in rows} <= {"row_counts"}
    roles = await shop.sql(
        "SELECT rolsuper, rolbypassrls, (SELECT count(*) FROM pg_class WHERE relowner = r.oid)"
        " FROM pg_roles r WHERE rolname = %s",
        APPLICATION_ROLE,
    )
    assert roles == [(False, False, 0)]


NEVER_CHANGED = {
    *("transactions", "transaction_items", "transaction_currency_values", "transaction_voids"),
    *("events", "event_contexts", "audits"),
    *("movements", "ledger_entries", "redemptions", "redemption_items", "incentive_merges"),
}
"""What the contract promises to keep as it was written; payments are a column of `transactions`."""


async def test_insert_only_tables_can_be_neither_updated_nor_deleted(database_url):
    """By no statement of the application's role, by no column's own grant, and by no key that cascades into them.

    The database is asked which tables the role may change, so a new table is either insert-only here or declared so.
    """
    insert_only = {table.name: table for table, guarded in tenanted_tables() if guarded}
    assert set(insert_only) >= NEVER_CHANGED
    async with await psycopg.AsyncConnection.connect(database_url, autocommit=True) as connection:
        cursor = await connection.execute(
            "SELECT relname FROM pg_class c WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v')"
            " AND (has_any_column_privilege(%(role)s, c.oid, 'UPDATE') OR has_table_privilege(%(role)s, c.oid, 'DELETE')"
            " OR has_table_privilege(%(role)s, c.oid, 'TRUNCATE'))",
            {"role": APPLICATION_ROLE},
        )
        changeable = {name for (name,) in await cursor.fetchall()}
        own = {table.name for table, guarded in tenanted_tables() if not guarded}
        assert {name for name in changeable if not name.startswith("procrastinate_")} == own
        cursor = await connection.execute(
            "SELECT conname FROM pg_constraint WHERE contype = 'f' AND conrelid::regclass::text = ANY (%s)"
            " AND (confdeltype NOT IN ('a', 'r') OR confupdtype NOT IN ('a', 'r'))",
            (sorted(insert_only),),
        )
        assert await cursor.fetchall() == []
        await connection.execute(f"SET ROLE {APPLICATION_ROLE}")
        for name, table in insert_only.items():
            updates = [f"UPDATE {name} SET {column.name} = DEFAULT" for column in table.columns]
            for statement in (*updates, f"DELETE FROM {name}", f"TRUNCATE {name} CASCADE"):
                with pytest.raises(psycopg.errors.InsufficientPrivilege):
                    await connection.execute(statement)
