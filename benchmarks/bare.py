"""The ceiling in Python: bare Starlette and psycopg's pool with its default transaction, the same SQL, no auth.

The statements come from the server's own renderer (written to a file by run.py), so both sides ask the database for
exactly the same work. One worker process, JSON made by PostgreSQL.
"""

import json
import os
from contextlib import asynccontextmanager
from pathlib import Path

import uvicorn
from psycopg import AsyncRawCursor
from psycopg.types.string import StrDumperUnknown
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

SQL = json.loads(Path(os.environ["BENCH_SQL"]).read_text())
OPTIONS = f"-c role=omneo_app -c omneo.tenant_id={SQL['tenant']} -c timezone=UTC"


async def configure(connection):
    # Untyped parameters, as the server sends them: a typed one would be cast in the plan and planned anew each time.
    connection.adapters.register_dumper(str, StrDumperUnknown)
    connection.prepare_threshold = 2


pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"], min_size=4, max_size=16, open=False, configure=configure, kwargs={"options": OPTIONS}
)


async def answer(sql, values):
    async with pool.connection() as connection:
        cursor = AsyncRawCursor(connection)
        await cursor.execute(sql.encode(), values)
        return await cursor.fetchone()


def reading(name):
    """A handler that runs one captured statement with the path's id as its key."""
    sql, values = SQL[name]["sql"], SQL[name]["values"]

    async def handler(request):
        key = request.path_params.get("id")
        row = await answer(sql, [key if value == SQL["key"] else value for value in values])
        return Response('{"data":' + str(row[-1]) + "}", media_type="application/json")

    return handler


async def purchase(request):
    body = await request.json()
    identifier, text = "", "{}"
    async with pool.connection() as connection:
        cursor = AsyncRawCursor(connection)
        for statement in SQL["purchase"]:
            values = [
                None
                if value is None
                else value.replace("$external", body["external_id"])
                .replace("$id", identifier)
                .replace("$profile", body["profile_id"])
                for value in statement["values"]
            ]
            await cursor.execute(statement["sql"].encode(), values)
            if cursor.description:
                found = await cursor.fetchone()
                if not identifier:
                    identifier = str(found[0])
                elif "row_to_json" in statement["sql"]:
                    text = found[0]
    return Response('{"data":' + text + "}", status_code=201, media_type="application/json")


@asynccontextmanager
async def lifespan(_app):
    await pool.open(wait=True)
    yield
    await pool.close()


app = Starlette(
    routes=[
        Route("/profiles", reading("profiles")),
        Route("/profiles/{id}", reading("profile")),
        Route("/profiles/{id}/balances", reading("balances")),
        Route("/transactions", purchase, methods=["POST"]),
    ],
    lifespan=lifespan,
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)
