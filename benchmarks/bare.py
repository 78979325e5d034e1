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
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

SQL = json.loads(Path(os.environ["BENCH_SQL"]).read_text())
OPTIONS = f"-c role=omneo_app -c omneo.tenant_id={SQL['tenant']} -c timezone=UTC"


async def configure(connection):
    connection.prepare_threshold = 2


pool = AsyncConnectionPool(
    os.environ["DATABASE_URL"], min_size=4, max_size=16, open=False, configure=configure, kwargs={"options": OPTIONS}
)


async def answer(sql, values):
    async with pool.connection() as connection:
        cursor = AsyncRawCursor(connection)
        await cursor.execute(sql.encode(), values)
        return await cursor.fetchone()


async def profile(request):
    row = await answer(SQL["profile"], [request.path_params["id"]])
    return Response('{"data":' + row[0] + "}", media_type="application/json")


async def profiles(request):
    total, data = await answer(SQL["profiles"], [25, 0])
    meta = json.dumps({"total": total})
    return Response('{"data":' + data + ',"meta":' + meta + "}", media_type="application/json")


async def balances(request):
    row = await answer(SQL["balances"], [request.path_params["id"]])
    return Response('{"data":' + row[0] + "}", media_type="application/json")


async def transaction(request):
    body = await request.json()
    async with pool.connection() as connection:
        cursor = AsyncRawCursor(connection)
        identifier = None
        for statement in SQL["transaction"]:
            values = [
                identifier if value == "$id" else Jsonb(value) if isinstance(value, dict | list) else value
                for value in (body.get(name) if name.startswith("$.") else name for name in statement["values"])
            ]
            await cursor.execute(statement["sql"].encode(), values)
            if statement.get("answers"):
                identifier = (await cursor.fetchone())[0]
        row = (await cursor.fetchone())[0] if SQL["transaction"][-1].get("renders") else "{}"
    return Response('{"data":' + str(row) + "}", status_code=201, media_type="application/json")


@asynccontextmanager
async def lifespan(_app):
    await pool.open(wait=True)
    yield
    await pool.close()


app = Starlette(
    routes=[
        Route("/profiles", profiles),
        Route("/profiles/{id}", profile),
        Route("/profiles/{id}/balances", balances),
        Route("/transactions", transaction, methods=["POST"]),
    ],
    lifespan=lifespan,
)

if __name__ == "__main__":
    uvicorn.run(app, port=int(os.environ["PORT"]), loop="uvloop", http="httptools", log_level="error", access_log=False)
