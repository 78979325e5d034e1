"""Cycles of achievements, the clock, races, merges, erasure, batches and reactions (incentives-status 7.3, 7.4)."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from test_achievements import Board, board, close, levels

pytestmark = pytest.mark.anyio


async def at(shop, moment):
    """Sets the tenant's clock to a moment."""
    now = datetime.now(UTC) + shop.tenant.clock_offset
    await shop.advance(seconds=(datetime.fromisoformat(moment).replace(tzinfo=UTC) - now).total_seconds() + 0.05)


def figures(told):
    names = ("current_score", "current_cycle_score", "current_credit", "prev_credit", "used_score")
    return tuple(told[name] for name in names)


async def test_a_month_in_melbourne_closes_once_whoever_looks(shop):
    """A5: reading shows the new month at once and tells nobody; the job closes it once."""
    await at(shop, "2026-01-15 00:00:00")
    mine = await board(shop)
    first, second = levels(100, 250)
    made = await mine.define(
        "monthly", [{**first, "allow_multiple_earn": True}, second], period="monthly", timezone="Australia/Melbourne"
    )
    await mine.count(made, 260)
    assert await mine.events() == [("progressed",), ("unlocked", 100), ("unlocked", 250)]
    before = await mine.progress(made)
    await at(shop, "2026-01-31 12:59:58")
    assert await mine.progress(made) == before
    await at(shop, "2026-01-31 13:00:00")
    empty = await mine.progress(made)
    assert figures(empty) == (0, 0, 0, 0, 260)
    assert (empty["current_level"], empty["prev_level"], empty["achieved_at"]) == (None, None, None)
    assert await mine.shown(made) == (None, 100, 100)
    assert empty["id"] == before["id"]
    assert await mine.events() == []
    await asyncio.gather(*(close(shop) for _ in range(3)))
    assert await mine.events() == [("lost", 250)]
    assert {**await mine.progress(made), "updated_at": ""} == {**empty, "updated_at": ""}
    # A late count of January only adds to what is used; one of 1 February local counts.
    await mine.count(made, 5, issued_at="2026-01-31 12:59:59")
    assert await mine.events() == [("progressed",)]
    await mine.count(made, 120, issued_at="2026-01-31 13:00:00")
    assert await mine.events() == [("progressed",), ("unlocked", 100)]
    await mine.count(made, 200)
    assert await mine.events() == [("progressed",)]
    assert figures(await mine.progress(made)) == (320, 320, 0, 0, 265)
    assert (await mine.shown(made))[0] == 2


@pytest.mark.parametrize(
    ("period", "starts_at", "last", "first"),
    [
        ("daily", None, "2026-03-03 23:59:59", "2026-03-04 00:00:00"),
        ("weekly", None, "2026-03-08 23:59:59", "2026-03-09 00:00:00"),
        ("fortnightly", None, "2026-03-08 23:59:59", "2026-03-09 00:00:00"),
        ("fortnightly", "2026-02-26", "2026-03-11 23:59:59", "2026-03-12 00:00:00"),
        ("yearly", None, "2026-12-31 23:59:59", "2027-01-01 00:00:00"),
    ],
)
async def test_where_periods_end(shop, period, starts_at, last, first):
    await at(shop, "2026-03-03 10:00:00")
    mine = await board(shop, listen=False)
    made = await mine.define("p", levels(1), period=period, starts_at=starts_at)
    await mine.count(made, 3)
    await at(shop, last)
    assert figures(await mine.progress(made))[0] == 3
    await at(shop, first)
    assert figures(await mine.progress(made)) == (0, 0, 0, 0, 3)


async def test_a_year_of_its_own_carries_what_was_too_much(shop):
    """A6, and what follows it: the carried credit is used up a year later."""
    await at(shop, "2024-03-05 09:00:00")
    mine = await board(shop)
    made = await mine.define("annual", levels(100, 200), enable_annual_earn_cycle=True)
    await mine.count(made, 150)
    told = await mine.progress(made)
    assert told["anniversary_at"] == "2025-03-05 23:59:59"
    await at(shop, "2025-03-05 23:59:50")
    await mine.count(made, 100)
    assert figures(await mine.progress(made)) == (250, 250, 0, 0, 0)
    assert [row[-1] for row in await mine.events()] == ["progressed", 100, "progressed", 200]
    await at(shop, "2025-03-06 00:00:00")
    told = await mine.progress(made)
    assert figures(told) == (50, 0, 50, 0, 200)
    assert (told["current_level"], told["anniversary_at"]) == (None, "2026-03-05 23:59:59")
    assert await mine.shown(made) == (None, 100, 50)
    await mine.count(made, 175)
    assert await mine.events() == [("lost", 200), ("progressed",)]
    assert figures(await mine.progress(made)) == (225, 175, 50, 0, 200)
    await at(shop, "2027-06-01 00:00:00")
    told = await mine.progress(made)
    assert figures(told) == (0, 0, 0, 25, 425)
    await close(shop)
    assert await mine.events() == [("lost", 200)]
    assert figures(await mine.progress(made)) == figures(told)
    assert told["anniversary_at"] == "2028-03-05 23:59:59"
    # A first count of long ago begins the year on its own day; a carried credit may reach a level again.
    again = await mine.define("again", levels(10, multiple=True), enable_annual_earn_cycle=True)
    await mine.count(again, 25, issued_at="2026-01-10 05:00:00")
    assert await mine.events() == [("progressed",), ("unlocked", 10), ("lost", 10), ("unlocked", 10)]
    told = await mine.progress(again)
    assert figures(told) == (15, 0, 15, 0, 10)
    assert (told["achieved_at"], told["anniversary_at"]) == ("2027-01-11 00:00:00", "2028-01-10 23:59:59")


async def test_counts_begin_and_expire_and_levels_stay(shop):
    await at(shop, "2026-03-03 10:00:00")
    mine = await board(shop)
    made = await mine.define("d", levels(5, 10))
    await mine.count(made, 4, expires_at="2026-03-05 00:00:00")
    await mine.count(made, 3, issued_at="2026-03-04 00:00:00", expires_at="2026-03-06")
    await mine.count(made, 2, issued_at="2026-03-06 00:00:00")
    assert await mine.events() == [("progressed",)] * 3
    assert await mine.shown(made) == (None, 5, 1)
    for moment, score in (("03-04 00:00:00", 7), ("03-05 00:00:00", 3), ("03-06 00:00:00", 2)):
        await at(shop, f"2026-{moment}")
        told = await mine.progress(made)
        assert (told["current_score"], told["achieved_at"]) == (score, "2026-03-04 00:00:00")
        assert (await mine.shown(made))[:2] == (1, 10)
    await close(shop)
    assert await mine.events() == [("unlocked", 5)]
    assert (await mine.progress(made))["current_score"] == 2
    ((total, cycle),) = await shop.sql(
        "SELECT p.total, (SELECT count(*) FROM achievement_points WHERE profile_id = p.profile_id AND cycle = p.cycle)"
        " FROM achievement_progress p WHERE profile_id = %s",
        mine.profile,
    )
    assert (total, cycle) == (2, 3)


async def test_a_changed_definition_is_applied_to_all_and_takes_nothing_away(shop, jobs):
    mine = await board(shop)
    made = await mine.define("d", levels(5, 20))
    path = f"/achievements/definitions/{made['id']}"
    await mine.count(made, 12)
    await mine.events()
    first, second = made["levels"]
    await shop.put(path, {"levels": [{**first, "trigger": 15}, {**second, "trigger": 12, "display_number": 7}]})
    assert await mine.shown(made) == (7, 15, 3)
    assert await mine.events() == []
    await jobs()
    assert await mine.events() == [("unlocked", 12)]
    assert await mine.shown(made) == (7, 15, 3)
    await shop.put(path, {"levels": [{"name": "far", "display_number": 1, "trigger": 100}]})
    told = await mine.progress(made)
    assert (told["current_level"]["id"], told["current_level"]["computed_trigger"]) == (second["id"], 12)
    assert (told["next_level"]["computed_trigger"], told["next_level_remain"]) == (100, 88)
    await shop.put(path, {"period": "monthly"})
    await jobs()
    assert figures(await mine.progress(made)) == (12, 12, 0, 0, 0)
    assert await mine.events() == []
    await shop.advance(days=32)
    assert figures(await mine.progress(made)) == (0, 0, 0, 0, 12)
    assert (await shop.get(path))["data"]["period"] == "monthly"
    await shop.delete(path)
    await shop.get(f"{mine.path}/{made['id']}", status=404)
    await shop.get(f"{mine.path}/{made['id']}/achievement-points", status=404)
    assert (await shop.get(mine.path))["data"] == []
    await close(shop)


async def test_parallel_counts_all_count_and_unlock_once(shop):
    mine = await board(shop)
    made = await mine.define("d", levels(5, 10, every=5))
    await asyncio.gather(*(mine.count(made) for _ in range(30)))
    assert await mine.shown(made) == (6, 35, 5)
    told = await mine.events()
    assert told.count(("progressed",)) == 30
    assert [row[1] for row in told if row[0] == "unlocked"] == [5, 10, 15, 20, 25, 30]
    monthly = await mine.define("m", levels(3), period="daily")
    await mine.count(monthly, 3)
    await mine.events()
    await shop.advance(days=2)
    await asyncio.gather(*(mine.count(monthly) for _ in range(8)), *(close(shop) for _ in range(3)))
    told = await mine.events()
    assert sorted(told) == [("lost", 3), *[("progressed",)] * 8]
    assert figures(await mine.progress(monthly)) == (8, 8, 0, 0, 3)


async def test_what_a_count_may_not_be(shop):
    mine = await board(shop, listen=False)
    made = await mine.define("d", levels(1, every=1))
    past = await mine.define("past", [], ends_at="2020-01-01")
    coming = await mine.define("coming", [], starts_at="2990-01-01")
    required = {name: [f"The {name.replace('_', ' ')} field is required."] for name in ("definition_id", "count")}
    assert (await shop.post(mine.path, {}, status=422))["errors"] == required
    for body, errors in (
        ({"count": 0}, {"count": "The count field must not be 0."}),
        ({"count": 1.5}, {"count": "The count field must be an integer."}),
        ({"count": "x"}, {"count": "The count field must be an integer."}),
        ({"count": 2**31}, {"count": "The count field must not be greater than 2147483647."}),
        ({"count": 1001}, {"count": "The count field must not reach more than 1000 levels at once."}),
        ({"definition_id": 10**9}, {"definition_id": "The selected definition id is invalid."}),
        (
            {"definition_id": past["id"], "issued_at": "2019-01-01"},
            {"definition_id": "The selected definition id is not active."},
        ),
        ({"definition_id": coming["id"]}, {"definition_id": "The selected definition id is not active."}),
        ({"issued_at": "soon"}, {"issued_at": "The issued at field must be a valid date."}),
        ({"meta": 3}, {"meta": "The meta field must be an array."}),
        (
            {"issued_at": "2026-01-02", "expires_at": "2026-01-02"},
            {"expires_at": "The expires at field must be a date after issued at."},
        ),
    ):
        answer = (
            await mine.count({"id": made["id"]}, **{"count": 1, **body}, status=422)
            if "definition_id" not in body
            else (await shop.post(mine.path, {"count": 1, **body}, status=422))["errors"]
        )
        assert answer == {name: [text] for name, text in errors.items()}, body
    assert await mine.progress(made) == []
    assert await mine.count(made, 1000)
    nobody = "/profiles/00000000-0000-4000-8000-000000000000/achievements"
    await shop.post(nobody, {"definition_id": made["id"], "count": 1}, status=404)
    for path in (nobody, f"{nobody}/{made['id']}", f"{nobody}/{made['id']}/achievement-points"):
        await shop.get(path, status=404)
    await shop.get(f"{mine.path}/999999", status=404)
    await shop.get(f"{mine.path}/nothing", status=404)


async def test_which_definitions_a_profile_is_shown_in_one_statement(shop, statements):
    region = (await shop.post("/regions", {"name": "NZ", "handle": "nz"}))["data"]
    other = (await shop.post("/regions", {"name": "AU", "handle": "au"}))["data"]
    mine = await board(shop, listen=False)
    await shop.post(f"/profiles/{mine.profile}/regions", {"region_id": region["id"]})
    here = await mine.define("here", levels(3), region_id=region["id"])
    await mine.define("elsewhere", levels(3), region_id=other["id"])
    draft = await mine.define("draft", [], is_published=False)
    begun = await mine.define("begun", levels(2), region_id=other["id"], is_published=False)
    over = await mine.define("over", [], ends_at="2020-01-01", type="old")
    await mine.count(begun, 2)
    await mine.count(here)
    await shop.get(mine.path)
    with statements() as run:
        told = (await shop.get(mine.path))["data"]
    assert len(run) == 1
    assert [row["handle"] for row in told] == ["here", "begun", "over"]
    assert [row["progress"] == [] for row in told] == [False, False, True]
    assert {**told[0], "progress": 0} == {**here, "progress": 0}
    assert list(told[0])[-1] == "progress"
    assert told[0]["progress"] == await mine.progress(here)
    for name, value, handles in (("type", "old", ["over"]), ("handle", "HERE,begun", ["here", "begun"])):
        rows = (await shop.get(mine.path, params={f"filter[{name}]": value, "page[size]": 1}))["data"]
        assert [row["handle"] for row in rows] == handles
    assert (await shop.get(f"{mine.path}/{draft['id']}"))["data"]["progress"] == []
    page = await shop.get(
        f"{mine.path}/{begun['id']}/achievement-points", params={"filter[issued_at][gte]": "2999-01-01"}
    )
    assert page["meta"]["total"] == 0
    assert over["ends_at"] == "2020-01-01T00:00:00.000000Z"


async def test_two_profiles_become_one(shop):
    mine = await board(shop)
    made = await mine.define("d", levels(5, 10, 20))
    only = await mine.define("only", levels(1))
    person = (await shop.post("/profiles", {"email": "b@example.com"}))["data"]
    theirs = Board(shop, person["id"])
    await mine.count(made, 6)
    end = datetime.now(UTC) + timedelta(days=40)
    await theirs.count(made, 14, expires_at=end.isoformat())
    await theirs.count(only, 2)
    await mine.events()
    await shop.post(
        "/profiles/merge",
        {"source_profile_id": theirs.profile, "destination_profile_id": mine.profile},
        status=200,
    )
    assert await mine.events() == [("unlocked", 20)]
    assert await mine.shown(made) == (3, None, None)
    assert figures(await mine.progress(made)) == (20, 20, 0, 0, 0)
    assert figures(await mine.progress(only)) == (2, 2, 0, 0, 0)
    assert (await shop.get(f"{mine.path}/{made['id']}/achievement-points"))["meta"]["total"] == 2
    assert await shop.sql("SELECT profile_id FROM achievement_progress WHERE profile_id = %s", theirs.profile) == []
    await shop.advance(days=41)
    assert (await mine.progress(made))["current_score"] == 6
    await shop.delete(f"/profiles/{mine.profile}/purge")
    for table in ("achievement_progress", "achievement_points", "achievement_unlocks"):
        assert await shop.sql(f"SELECT 1 FROM {table} WHERE tenant_id = %s", shop.tenant.id) == []


async def test_batches_and_reactions_count(shop, jobs):
    mine = await board(shop)
    made = await mine.define("visits", levels(3))
    row = {"profile_id": mine.profile, "definition_id": made["id"], "count": 2}
    gone = "00000000-0000-4000-8000-000000000000"
    email = (await shop.get(f"/profiles/{mine.profile}"))["data"]["email"]
    await shop.post(f"/profiles/{mine.profile}/identities", {"handle": "card", "identifier": "C-1"})
    rows = [
        {**row, "profile_id": "c-1", "profile_id_handle": "card", "count": 1},
        {**row, "profile_id": email.upper(), "profile_id_handle": "email", "count": 1},
        {**row, "profile_id": "c-2", "profile_id_handle": "card"},
        {**row, "profile_id": gone},
        {"profile_id": mine.profile, "count": 1},
        {**row, "count": "1", "meta": {"a": 1}},
    ]
    answer = await shop.post("/profile/achievements/batch.json", {"achievements": rows}, status=200)
    assert list(answer) == ["message", "batch_id"]
    assert answer["message"] == "Queued for processing."
    await jobs()
    batch = (await shop.get(f"/batches/{answer['batch_id']}", params={"include": "items"}))["data"]
    assert (batch["success_count"], batch["failed_count"]) == (3, 3)
    assert await mine.shown(made) == (1, None, None)
    assert await mine.events() == [("progressed",), ("progressed",), ("progressed",), ("unlocked", 3)]
    for wrong in ({"count": 0}, {"count": "x"}, {"meta": 4}):
        body = {"achievements": [row, {**row, **wrong}]}
        errors = (await shop.post("/profile/achievements/batch.json", body, status=422))["errors"]
        assert list(errors) == [f"achievements.1.{next(iter(wrong))}"]
    for body in ({}, {"achievements": []}, {"achievements": [row] * 1001}):
        assert list((await shop.post("/profile/achievements/batch", body, status=422))["errors"]) == ["achievements"]
    action = {"name": "achievement.progress", "arguments": [{"name": "definition", "value": "VISITS"}]}
    many = {
        "name": "achievement.add",
        "arguments": [
            {"name": "achievement_definition_id", "value": made["id"]},
            {"name": "value", "value": {"var": "data.n"}, "is_dynamic": True},
        ],
    }
    trigger = await shop.post("/triggers", {"name": "t", "trigger": "x.y", "actions": [action, many]})
    await shop.post("/events", {"event": "x.y", "profile_id": mine.profile, "data": {"n": -2}}, status=202)
    await jobs()
    page = await shop.get(f"{mine.path}/visits/achievement-points", params={"sort": "id"})
    told = [(point["count"], point["source_type"], point["source_id"]) for point in page["data"]]
    identifier = str(trigger["data"]["id"])
    assert told == [*[(1, None, None)] * 3, (1, "trigger", identifier), (-2, "trigger", identifier)]


async def test_statuses_keep_custom_fields_and_tagged_definitions_are_found_by_all_their_tags(shop):
    """Incentives-status 10.1 and 11."""
    field = {"namespace": "acme", "handle": "desk", "value": 7}
    status = (await shop.post("/statuses", {"name": "VIP", "handle": "vip", "custom_fields": [field]}))["data"]
    assert "custom_fields" not in status
    path = f"/custom-fields/status/{status['id']}"
    assert [(row["handle"], row["value"]) for row in (await shop.get(path))["data"]] == [("desk", 7)]
    again = (await shop.put(f"/statuses/{status['id']}", {"custom_fields": [field]}))["data"]
    assert again == status
    await shop.delete(f"/statuses/{status['id']}")
    await shop.get(path, status=404)
    for kind, more in (("achievements", {}), ("points", {}), ("rewards", {"type": "bonus", "value": 1, "period": 1})):
        for tags in (["a"], ["a", "b"]):
            body = {"name": "n", "handle": "-".join([kind, *tags]), "tags": tags, **more}
            await shop.post(f"/{kind}/definitions", body)
        for query, total in (("a", 2), ("b", 1), ("a&filter[tags.handle]=b", 1), ("a&filter[tags.handle]=c", 0)):
            page = await shop.get(f"/{kind}/definitions?filter[tags.handle]={query}")
            assert page["meta"]["total"] == total, (kind, query)
