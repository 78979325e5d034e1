"""`GET /profiles/{id}/achievements` against a bare handler that asks the same SQL: twelve goals, four begun by everybody."""

import asyncio
import json
import tempfile
from collections.abc import Callable

import httpx
import psycopg
from psycopg.adapt import PyFormat, Transformer

from data import TENANT, TOKEN
from omneo_api.app import create_app
from omneo_api.foundation.database import Session
from omneo_api.settings import Settings
from processes import process, python, wrk

BARE, SERVER = 8761, 8762
TARGET = 0.40
DEFINITIONS = [
    """
    INSERT INTO achievement_definitions (name, handle, is_published, short_description)
    SELECT 'Goal ' || n, 'goal-' || n, true, 'What to do' FROM generate_series(1, 12) AS n
    """,
    """
    INSERT INTO achievement_levels (achievement_definition_id, name, display_number, trigger, repeats, repeat_interval)
    SELECT d.id, 'Level ' || n, n, n * 10, n = 4, CASE WHEN n = 4 THEN 10 END
    FROM achievement_definitions d, generate_series(1, 4) AS n
    """,
    """
    INSERT INTO achievement_progress (profile_id, definition_id, revision, as_of, cycle, total,
        current_level_id, current_number, current_trigger, next_level_id, next_number, next_trigger, achieved_at)
    SELECT p.id, d.id, 0, omneo_now(), '0001-01-01', 12, l.id, 1, 10, n.id, 2, 20, omneo_now()
    FROM profiles p
    CROSS JOIN (SELECT id FROM achievement_definitions ORDER BY id LIMIT 4) AS d
    JOIN achievement_levels l ON l.achievement_definition_id = d.id AND l.trigger = 10
    JOIN achievement_levels n ON n.achievement_definition_id = d.id AND n.trigger = 20
    """,
    "ANALYZE achievement_definitions, achievement_levels, achievement_progress",
]


def filled(url: str) -> None:
    """Adds the goals to the benchmark's tenant, once."""
    with psycopg.connect(url, autocommit=True) as connection:
        tenant = connection.execute("SELECT id FROM tenants WHERE handle = %s", (TENANT,)).fetchone()[0]
        connection.execute("SELECT set_config('omneo.tenant_id', %s, false)", (str(tenant),))
        if not connection.execute("SELECT 1 FROM achievement_definitions LIMIT 1").fetchone():
            for statement in DEFINITIONS:
                connection.execute(statement)


async def _taken(url: str, profile: str) -> dict:
    """The one statement of the request, and its tenant."""
    settings = Settings(default_tenant=TENANT, rate_limit_per_minute=0, access_log=False, secret_key="x" * 40)
    app = create_app(settings, url)
    await app.database.open()
    await app.gate.start()
    taken: list[tuple[str, list]] = []
    original = Session._run

    async def noted(self, statement, values):
        texts = Transformer(self.connection)
        bound = [
            None if value is None else bytes(texts.get_dumper(value, PyFormat.TEXT).dump(value)).decode()
            for value in statement.bind(values)
        ]
        taken.append((statement.sql.decode(), bound))
        return await original(self, statement, values)

    Session._run = noted
    transport = httpx.ASGITransport(app=app)
    headers = {"Authorization": f"Bearer {TOKEN}"}
    try:
        async with httpx.AsyncClient(transport=transport, base_url="http://localhost/v3", headers=headers) as client:
            for _ in range(2):
                taken.clear()
                (await client.get(f"/profiles/{profile}/achievements")).raise_for_status()
            tenant = (await app.gate.find_tenant(TENANT)).id
    finally:
        Session._run = original
        await app.gate.stop()
        await app.database.close()
    if len(taken) != 1:
        raise RuntimeError(f"achievements take {len(taken)} statements")
    return {"tenant": tenant, "sql": taken[0][0], "values": taken[0][1]}


def measure(url: str, profile: str, reading: Callable[[str], str]) -> tuple[float, float, float, bool]:
    """Requests per second of the server and of the bare handler, their ratio, and whether the target is met."""
    filled(url)
    taken = asyncio.run(_taken(url, profile))
    # The handlers send the last column; the statement's last one says whether the profile exists.
    sql = f"SELECT found, data FROM ({taken['sql']}) AS answer"
    statement = {"sql": sql, "values": taken["values"]}
    names = ("profile", "profiles", "balances")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"tenant": taken["tenant"], "key": profile, **dict.fromkeys(names, statement), "purchase": []}, file)
        file.flush()
        with process(python("bare.py"), BARE, f"/profiles/{profile}", DATABASE_URL=url, BENCH_SQL=file.name):
            bare = wrk(BARE, reading("/profiles/%s"))
    environment = {"DATABASE_URL": url, "OMNEO_RATE_LIMIT_PER_MINUTE": "0", "OMNEO_DEFAULT_TENANT": TENANT}
    environment["OMNEO_SECRET_KEY"] = "benchmark-secret-benchmark-secret-1234"
    command = python("-m", "omneo_api.cli", "serve", "--no-worker", "--no-demo", "--port", str(SERVER))
    with process(command, SERVER, "/health", **environment):
        server = wrk(SERVER, reading("/v3/profiles/%s/achievements"))
    ratio = server[0] / bare[0]
    return server[0], bare[0], ratio, ratio >= TARGET and server[1] == bare[1] == 0
