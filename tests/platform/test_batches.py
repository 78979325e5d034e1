"""Batches (orgs-platform B2): rows are durable, applied in order and exactly once, and the counters equal the items."""

import asyncio
import time
import uuid

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import OperationalError
from psycopg.errors import DeadlockDetected

from omneo_api.foundation import fields
from omneo_api.foundation.database import Actor
from omneo_api.foundation.errors import Conflict, Invalid, NotFound
from omneo_api.platform.batches import applying, service

pytestmark = pytest.mark.anyio

ADD = service.Statement("INSERT INTO systems (handle) VALUES (:handle::text) RETURNING id")
HANDLES = service.Statement("SELECT handle FROM systems ORDER BY id")
FALLS: dict[str, int] = {}


class Row(fields.Body):
    handle: fields.Handle
    number: fields.Int | None = None


@service.processor("testling")
async def apply(session, row, batch):
    made = await session.value(ADD, handle=row["handle"])
    match row.get("fail"):
        case "invalid":
            raise Invalid({"handle": ["The handle is sad."], "number": ["The number too."]})
        case "missing":
            raise NotFound
        case "conflict":
            raise Conflict("It is too late.")
        case "crash":
            raise RuntimeError("a bug")
        case "range":
            await session.value(service.Statement("SELECT :text::bigint"), text="9" * 30)
        case "deadlock":
            FALLS[row["handle"]] = FALLS.get(row["handle"], 0) + 1
            if FALLS[row["handle"]] < 3:
                raise DeadlockDetected
        case "outage":
            FALLS[row["handle"]] = FALLS.get(row["handle"], 0) + 1
            if FALLS[row["handle"]] < 2:
                raise OperationalError
    return made, batch.context.get("prefix", "") + row["handle"]


async def put(shop, rows, **more):
    async with shop.writing() as session:
        return await service.queue(session, "testling", rows, **more)


async def handles(shop):
    async with shop.database.reading(shop.tenant) as session:
        return [row.handle for row in await session.rows(HANDLES)]


async def run(shop, identifier):
    await applying.run(shop.database, shop.tenant, identifier)


async def test_rows_are_applied_in_order_and_bad_ones_are_recorded(shop, other_shop):
    faults = ("invalid", "missing", "conflict", "crash", "range", "deadlock")
    rows = [{"handle": "first", "external_id": "A-1"}, *({"handle": name, "fail": name} for name in faults)]
    rows += [{"handle": "FIRST", "external_id": "A-9"}, {"handle": "last"}]
    identifier = await put(shop, rows, context={"prefix": "x-"})
    waiting = (await shop.get(f"/batches/{identifier}"))["data"]
    assert list(waiting) == [
        "id", "import_job_id", "entity_type", "total_count", "status", "success_count", "failed_count",
        "processed_count", "created_at", "updated_at", "items",
    ]  # fmt: skip
    assert (waiting["status"], waiting["total_count"], waiting["processed_count"]) == ("pending", 9, 0)
    assert [item["external_id"] for item in waiting["items"]] == ["A-1", *[None] * 6, "A-9", None]
    await run(shop, identifier)
    done = (await shop.get(f"/batches/{identifier}"))["data"]
    assert (done["status"], done["success_count"], done["failed_count"], done["processed_count"]) == ("failed", 3, 6, 9)
    assert await handles(shop) == ["first", "deadlock", "last"]
    assert [item["error"] for item in done["items"]] == [
        None,
        "The handle is sad. The number too.",
        "Not Found",
        "It is too late.",
        "Server Error",
        "A value is out of range.",
        None,
        "The handle has already been taken.",
        None,
    ]
    first = done["items"][0]
    assert list(first) == ["id", "entity_id", "external_id", "status", "error", "created_at", "updated_at"]
    assert (first["external_id"], first["status"]) == ("x-first", "success")
    assert first["entity_id"].isdigit()
    assert done["items"][7]["external_id"] == "A-9"
    await run(shop, identifier)
    assert (await shop.get(f"/batches/{identifier}"))["data"] == done
    assert await shop.sql("SELECT count(payload) FROM batch_items WHERE batch_id = %s", identifier) == [(0,)]
    await other_shop.get(f"/batches/{identifier}", status=404)
    assert (await other_shop.get("/batches"))["meta"]["total"] == 0
    [(audits,)] = await shop.sql(
        "SELECT count(*) FROM audits WHERE auditable_type = 'Batch' AND event = 'created' AND tenant_id = %s",
        shop.tenant.id,
    )
    assert audits == 1


async def test_the_rows_and_their_job_are_stored_with_the_request_or_not_at_all(shop):
    identifier = await put(shop, [{"handle": "a"}])
    query = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = %s AND args->>'batch_id' = %s"
    assert await shop.sql(query, service.TASK, str(identifier)) == [(1,)]

    before = await shop.sql("SELECT count(*) FROM procrastinate_jobs WHERE args->>'tenant' = %s", shop.handle)
    with pytest.raises(NotFound):
        await _queue_and_fail(shop)
    assert (await shop.get("/batches"))["meta"]["total"] == 1
    after = await shop.sql("SELECT count(*) FROM procrastinate_jobs WHERE args->>'tenant' = %s", shop.handle)
    assert after == before == [(1,)]


async def _queue_and_fail(shop):
    async with shop.writing() as session:
        await service.queue(session, "testling", [{"handle": "b"}])
        raise NotFound


async def test_a_row_is_applied_once_however_many_workers_run_the_batch(shop):
    identifier = await put(shop, [{"handle": f"h{number}"} for number in range(60)])
    await asyncio.gather(*(run(shop, identifier) for _ in range(4)))
    batch = (await shop.get(f"/batches/{identifier}"))["data"]
    assert (batch["status"], batch["success_count"]) == ("success", 60)
    assert await handles(shop) == [f"h{number}" for number in range(60)]


async def test_an_outage_stops_the_batch_where_it_is_and_the_next_run_goes_on(shop):
    identifier = await put(shop, [{"handle": "one"}, {"handle": "two", "fail": "outage"}, {"handle": "three"}])
    with pytest.raises(OperationalError):
        await run(shop, identifier)
    half = (await shop.get(f"/batches/{identifier}"))["data"]
    assert (half["status"], half["success_count"], half["failed_count"]) == ("pending", 0, 0)
    await run(shop, identifier)
    assert await handles(shop) == ["one", "two", "three"]
    assert (await shop.get(f"/batches/{identifier}"))["data"]["status"] == "success"


async def test_a_thousand_rows_take_well_below_a_second_each_thousand(shop):
    identifier = await put(shop, [{"handle": f"h{number}"} for number in range(1000)])
    started = time.perf_counter()
    await run(shop, identifier)
    seconds = time.perf_counter() - started
    assert (await shop.get(f"/batches/{identifier}"))["data"]["success_count"] == 1000
    assert seconds < 5


def texts(body, row=Row):
    with pytest.raises(Invalid) as caught:
        service.batch_body(body, "rows", row)
    return caught.value.errors


async def test_the_envelope_is_checked_at_once():
    assert texts({}) == {"rows": ["The rows field is required."]}
    assert texts({"rows": "x"}) == {"rows": ["The rows field must be an array."]}
    assert texts({"rows": []}) == {"rows": ["The rows field must have at least 1 items."]}
    many = [{"handle": f"a{number}"} for number in range(1001)]
    assert texts({"rows": many}) == {"rows": ["The rows field must not have more than 1000 items."]}
    wrong = texts({"rows": [{"handle": "a", "number": "x"}, 7, {}], "import_job_id": "x"})
    assert set(wrong) == {"rows.0.number", "rows.1", "rows.2.handle", "import_job_id"}
    sent = service.batch_body({"rows": many[:1000], "import_job_id": "17"}, "rows", Row)
    assert (sent.rows, sent.import_job_id) == (many[:1000], 17)
    loose = service.batch_body({"rows": [{"number": 1}]}, "rows", fields.partial(Row))
    assert loose.rows == [{"number": 1}]


async def test_batches_are_listed_and_filtered(shop):
    first = await put(shop, [{"handle": "a"}, {"handle": "b"}])
    second = (await shop.post("/batches", {"entity_type": "reward"}))["data"]
    assert second == {"batch_id": second["batch_id"], "entity_type": "reward", "import_job_id": None}
    page = await shop.get("/batches")
    assert [row["id"] for row in page["data"]] == [str(first), second["batch_id"]]
    assert all("items" not in row for row in page["data"])
    assert page["data"][1]["total_count"] is None
    for query, found in (
        ({"filter[uuid]": str(first)}, [str(first)]),
        ({"filter[entity_type]": "reward"}, [second["batch_id"]]),
        ({"filter[total_count]": "2"}, [str(first)]),
        ({"filter[import_job_id]": "5"}, []),
        ({"filter[uuid]": "nonsense"}, []),
    ):
        assert [row["id"] for row in (await shop.get("/batches", params=query))["data"]] == found
    included = await shop.get("/batches", params={"include": "items"})
    assert [len(row["items"]) for row in included["data"]] == [2, 0]
    await shop.get("/batches", params={"filter[nope]": "1"}, status=400)
    for path in (uuid.uuid4(), "7", "x"):
        await shop.get(f"/batches/{path}", status=404)


async def test_an_external_loader_reports_into_its_own_batch(shop, other_shop):
    assert set((await shop.post("/batches", {}, status=422))["errors"]) == {"entity_type"}
    unknown = await shop.post("/batches", {"entity_type": "reward", "import_job_id": 99}, status=422)
    assert unknown["errors"] == {"import_job_id": ["The selected import job id is invalid."]}
    batch = (await shop.post("/batches", {"entity_type": "reward"}))["data"]["batch_id"]
    items = [
        {"status": "pending", "external_id": "A"},
        {"status": "failed", "entity_id": 7, "error": "Profile not found."},
        {"status": "pending", "external_id": "B"},
        {"status": "success", "external_id": "B", "entity_id": "9"},
    ]
    answer = (await shop.post(f"/batches/{batch}/items", {"items": items}, status=200))["data"]
    assert [(item["external_id"], item["entity_id"], item["status"], item["error"]) for item in answer["items"]] == [
        ("A", None, "pending", None),
        (None, "7", "failed", "Profile not found."),
        ("B", "9", "success", None),
    ]
    counts = ("total_count", "success_count", "failed_count", "processed_count", "status")
    assert [answer[name] for name in counts] == [3, 1, 1, 2, "pending"]
    items = [{"status": "success", "external_id": "A", "entity_id": "5"}, {"status": "success", "entity_id": "7"}]
    answer = (await shop.post(f"/batches/{batch}/items", {"items": items}, status=200))["data"]
    assert [answer[name] for name in counts] == [3, 3, 0, 3, "success"]
    assert [item["error"] for item in answer["items"]] == [None, None, None]
    for body, keys in (
        ({}, {"items"}),
        ({"items": []}, {"items"}),
        ({"items": [{"status": "done"}, {}]}, {"items.0.status", "items.1.status"}),
        ({"items": [{"status": "success"}] * 1001}, {"items"}),
    ):
        assert set((await shop.post(f"/batches/{batch}/items", body, status=422))["errors"]) == keys
    good = {"items": [{"status": "success"}]}
    await other_shop.post(f"/batches/{batch}/items", good, status=404)
    await shop.post(f"/batches/{uuid.uuid4()}/items", good, status=404)
    own = await put(shop, [{"handle": "a"}])
    await shop.post(f"/batches/{own}/items", good, status=409)
    assert (await shop.get(f"/batches/{own}"))["data"]["processed_count"] == 0


async def test_parallel_reports_lose_nothing(shop):
    batch = (await shop.post("/batches", {"entity_type": "reward"}))["data"]["batch_id"]

    async def send(number):
        items = [{"status": "success", "external_id": f"{number}-{row}"} for row in range(5)]
        items.append({"status": "failed", "external_id": "shared"})
        await shop.post(f"/batches/{batch}/items", {"items": items}, status=200)

    await asyncio.gather(*(send(number) for number in range(8)))
    answer = (await shop.get(f"/batches/{batch}"))["data"]
    assert (answer["total_count"], answer["success_count"], answer["failed_count"]) == (41, 40, 1)
    assert len(answer["items"]) == 41


REPORTS = st.lists(
    st.lists(
        st.tuples(st.sampled_from("abcd"), st.sampled_from(["pending", "success", "failed"])), min_size=1, max_size=6
    ),
    min_size=1,
    max_size=4,
)


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(calls=REPORTS)
async def test_the_counters_always_equal_the_items(shop, calls):
    known: dict[str, str] = {}
    batch = (await shop.post("/batches", {"entity_type": "reward"}))["data"]["batch_id"]
    for call in calls:
        known |= dict(call)
        items = [{"external_id": key, "status": status} for key, status in call]
        answer = (await shop.post(f"/batches/{batch}/items", {"items": items}, status=200))["data"]
        stored = {item["external_id"]: item["status"] for item in answer["items"]}
        assert stored == known
        values = list(known.values())
        assert answer["total_count"] == len(known)
        assert (answer["success_count"], answer["failed_count"]) == (values.count("success"), values.count("failed"))


async def test_finished_batches_go_after_ninety_days(shop):
    old, waiting = await put(shop, [{"handle": "a"}]), await put(shop, [{"handle": "b"}])
    await run(shop, old)
    await shop.advance(days=89)
    async with shop.database.writing(shop.tenant, Actor()) as session:
        assert await service.prune(session) == 0
    await shop.advance(days=2)
    async with shop.database.writing(shop.tenant, Actor()) as session:
        assert await service.prune(session) == 1
    await shop.get(f"/batches/{old}", status=404)
    await shop.get(f"/batches/{waiting}")
    assert await shop.sql("SELECT count(*) FROM batch_items WHERE batch_id = %s", old) == [(0,)]


async def test_the_worker_runs_what_was_queued(shop, jobs):
    identifier = await put(shop, [{"handle": "one"}, {"handle": "two"}])
    await jobs()
    assert (await shop.get(f"/batches/{identifier}"))["data"]["status"] == "success"
    assert await handles(shop) == ["one", "two"]
