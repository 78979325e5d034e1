"""Running triggers: conditions over contexts, chains, failures, loops, merges (automation 3.4, 6.4, 14)."""

import json
import uuid
from datetime import timedelta
from typing import Any

import pytest
from effects import FAULTS

from omneo_api.automation.events import canonical
from omneo_api.automation.reactions.scope import Scope
from omneo_api.foundation.database import Actor
from omneo_api.foundation.outbox import Context


def given(name: str, value: Any, *, dynamic: bool = False) -> dict[str, Any]:
    return {"name": name, "value": value, "is_dynamic": True if dynamic else None}


def effect(word: Any, *more: Any, dynamic: bool = False) -> dict[str, Any]:
    return {"name": "test.effect", "arguments": [given("word", word, dynamic=dynamic), *more]}


def only(condition: Any) -> dict[str, Any]:
    return {"name": "filter", "arguments": [given("condition", condition)]}


async def trigger(shop: Any, event: str, *actions: Any, **more: Any) -> int:
    body = {"name": "t", "trigger": event, "actions": list(actions), **more}
    return (await shop.post("/triggers", body))["data"]["id"]


async def profile(shop: Any) -> uuid.UUID:
    ((identifier,),) = await shop.sql("INSERT INTO profiles (tenant_id) VALUES (%s) RETURNING id", shop.tenant.id)
    return identifier


async def emit(shop: Any, name: str, context: Any, who: Any = None, actor: Actor | None = None) -> None:
    async with shop.app.database.writing(shop.tenant, actor or Actor()) as session:
        session.outbox.emit(name, name.rsplit(".", 1)[0], 1, Context(text=json.dumps(context)), who)


async def effects(shop: Any) -> list[Any]:
    rows = await shop.sql(
        "SELECT new_values FROM audits WHERE tenant_id = %s AND auditable_type = 'Effect' ORDER BY id", shop.tenant.id
    )
    return [json.loads(row[0])["word"] for row in rows]


async def history(shop: Any) -> list[tuple[Any, ...]]:
    return await shop.sql(
        "SELECT h.actionable_id, i.handler, i.status, i.result FROM action_histories h"
        " LEFT JOIN action_history_items i ON i.tenant_id = h.tenant_id AND i.action_history_id = h.id"
        " WHERE h.tenant_id = %s ORDER BY h.id, i.position",
        shop.tenant.id,
    )


async def test_a_change_through_the_api_runs_the_chain_once(shop: Any, jobs: Any) -> None:
    identifier = await trigger(
        shop, "region.created", only({"===": [{"var": "handle"}, "anz"]}), effect({"var": "name"}, dynamic=True)
    )
    for handle in ("anz", "emea"):
        await shop.post("/regions", {"name": handle.upper(), "handle": handle, "currency": "AUD"})
    assert await effects(shop) == []
    await jobs()
    await jobs()
    assert await effects(shop) == ["ANZ"]
    assert await history(shop) == [
        (identifier, "filter", "success", {"passed": True}),
        (identifier, "test.effect", "success", {"type": "effect", "id": "ANZ"}),
        (identifier, "filter", "stopped", {"passed": False}),
    ]


async def test_what_a_reaction_does_is_audited_in_its_name(shop: Any, jobs: Any) -> None:
    identifier = await trigger(shop, "x.y", effect("a"))
    await emit(shop, "x.y", {})
    await jobs()
    rows = await shop.sql(
        "SELECT user_id, token_name FROM audits WHERE tenant_id = %s AND auditable_type = 'Effect'", shop.tenant.id
    )
    assert rows == [(None, f"reaction:trigger:{identifier}")]


async def test_triggers_of_an_event_run_independently_in_id_order(shop: Any, jobs: Any) -> None:
    await trigger(shop, "reward.issued", effect("alias"))
    await trigger(shop, "reward.created", {"name": "test.fail", "arguments": [given("how", "data")]}, effect("never"))
    await trigger(shop, "reward.created", effect("last"))
    await trigger(shop, "reward.created", effect("inactive"), is_active=False)
    await trigger(shop, "reward.updated", effect("other"))
    await emit(shop, "reward.created", {"id": 1})
    await jobs()
    assert await effects(shop) == ["alias", "last"]
    assert [row[2] for row in await history(shop)] == ["success", "failed", "success"]


@pytest.mark.parametrize(("how", "text"), [("data", "no such thing"), ("constraint", "The handle has already")])
async def test_a_data_failure_stops_the_chain_and_is_not_repeated(shop: Any, jobs: Any, how: str, text: str) -> None:
    await trigger(shop, "x.y", effect("one"), {"name": "test.fail", "arguments": [given("how", how)]}, effect("three"))
    await emit(shop, "x.y", {})
    await jobs()
    assert await jobs(scheduled=True) == []
    assert await effects(shop) == ["one"]
    items = await history(shop)
    assert [row[2] for row in items] == ["success", "failed"]
    assert items[1][3]["error"].startswith(text)
    assert await shop.sql("SELECT 1 FROM systems WHERE tenant_id = %s", shop.tenant.id) == []


async def test_a_missing_argument_and_a_broken_rule_fail_when_run(shop: Any, jobs: Any) -> None:
    await trigger(shop, "x.y", {"name": "test.effect", "arguments": []})
    await trigger(shop, "x.y", effect({"+": [{"map": 1}]}, dynamic=True))
    await trigger(shop, "x.y", only({"no_operator": 1}), effect("never"))
    await trigger(shop, "x.y", {"name": "achievement.add"}, effect("never"))
    await emit(shop, "x.y", {})
    await jobs()
    assert await effects(shop) == []
    items = await history(shop)
    assert [row[2] for row in items] == ["failed", "failed", "stopped", "failed"]
    assert items[0][3] == {"error": "The word argument is required."}
    assert items[2][3]["passed"] is False
    assert "no_operator" in items[2][3]["error"]


async def test_a_transient_failure_is_retried_from_that_action_three_times(shop: Any, jobs: Any) -> None:
    chain = (effect("one"), {"name": "test.fail"}, effect("three"))
    await trigger(shop, "x.y", *chain)
    await trigger(shop, "x.y", effect("beside"))
    FAULTS[:] = [OSError("away"), OSError("away")]
    await emit(shop, "x.y", {})
    await jobs()
    assert await effects(shop) == ["one", "beside"]
    for wait in (10, 60):
        ((seconds,),) = await shop.sql(
            "SELECT extract(epoch FROM scheduled_at - now())::int FROM procrastinate_jobs WHERE args->>'tenant' = %s",
            shop.handle,
        )
        assert abs(seconds - wait) <= 2
        assert await jobs() == []
        await shop.sql("UPDATE procrastinate_jobs SET scheduled_at = now() WHERE args->>'tenant' = %s", shop.handle)
        await jobs()
    assert await effects(shop) == ["one", "beside", "half", "three"]
    FAULTS[:] = [OSError("away") for _ in range(9)]
    await emit(shop, "x.y", {})
    for _ in range(5):
        await jobs(scheduled=True)
    assert len(FAULTS) == 5
    FAULTS.clear()
    items = await history(shop)
    assert [row[2] for row in items] == ["success"] * 5 + ["failed", "success"]
    assert items[5][3] == {"error": "internal error (OSError)"} or items[6][3] == {"error": "internal error (OSError)"}


async def test_a_trigger_made_after_the_event_does_not_fire_and_one_stopped_meanwhile_neither(
    shop: Any, jobs: Any
) -> None:
    stopped = await trigger(shop, "x.y", effect("stopped"))
    deleted = await trigger(shop, "x.y", effect("deleted"))
    edited = await trigger(shop, "x.y", effect("before"))
    await emit(shop, "x.y", {})
    await trigger(shop, "x.y", effect("late"))
    await shop.put(f"/triggers/{stopped}", {"is_active": False})
    await shop.delete(f"/triggers/{deleted}")
    await shop.put(f"/triggers/{edited}", {"actions": [effect("after")]})
    await jobs()
    assert await effects(shop) == ["after"]


async def test_an_event_that_nobody_listens_to_costs_nothing(shop: Any, jobs: Any) -> None:
    await trigger(shop, "x.y", effect("a"))
    await emit(shop, "x.z", {"a": 1})
    assert await jobs() == []


async def test_later_actions_see_what_earlier_ones_made(shop: Any, jobs: Any) -> None:
    await trigger(
        shop,
        "x.y",
        {"name": "test.reward", "arguments": [given("value", {"+": [{"var": "n"}, 5]}, dynamic=True)]},
        only({"===": [{"var": "reward.amount"}, 25]}),
        effect({"cat": [{"var": "reward.id"}, "-", {"var": "event"}]}, dynamic=True),
    )
    await emit(shop, "x.y", {"n": 20})
    await jobs()
    assert await effects(shop) == ["5-x.y"]


@pytest.mark.parametrize(
    ("event", "context", "path", "value"),
    [
        ("profile.updated", {"id": 1, "first_name": "Mia"}, "first_name", "Mia"),
        ("profile.updated", {"id": 1, "first_name": "Mia"}, "profile.first_name", "Mia"),
        ("reward.created", {"value_initial": 20, "profile": {"email": "m@x.test"}}, "email", "m@x.test"),
        ("reward.created", {"value_initial": 20, "profile": {"email": "m@x.test"}}, "profile.email", "m@x.test"),
        ("reward.issued", {"value_initial": 20}, "reward.value_initial", 20),
        ("reward.created", {"value_initial": 20}, "reward.amount", 20),
        ("reward.created", {"value_initial": 20}, "amount", 20),
        ("reward.created", {"id": 1, "profile": {"id": 2}}, "id", 1),
        ("reward.created", {"email": None, "profile": {"email": "m@x.test"}}, "email", None),
        ("tier.achieved", {"id": 4}, "tier", None),
        ("tier.achieved", {"profile": {"tier": {"handle": "gold"}}}, "tier.handle", "gold"),
        ("product-list.created", {"id": 4}, "product_list.id", 4),
        ("order.created", {"now": "then"}, "now", "then"),
        ("custom.thing", {"data": {"score": 7}}, "data.score", 7),
        ("custom.thing", {}, "event", "custom.thing"),
        ("custom.thing", {}, "nothing", None),
    ],
)
async def test_names_are_found_in_their_order(
    shop: Any, jobs: Any, event: str, context: Any, path: str, value: Any
) -> None:
    await trigger(shop, event, only({"===": [{"var": path}, value]}), effect("found"))
    await emit(shop, canonical(event), context)
    await jobs()
    assert await effects(shop) == ["found"]


def test_today_is_the_date_in_the_tenants_zone() -> None:
    from datetime import UTC, datetime

    scope = Scope({}, "x.y", datetime(2025, 11, 19, 20, 30, 5, tzinfo=UTC), "Australia/Melbourne")
    assert scope.lookup("today") == "2025-11-20"
    assert scope.lookup("now") == "2025-11-19 20:30:05"
    with pytest.raises(LookupError):
        scope.lookup("tomorrow")


async def test_a_trigger_does_not_run_again_for_what_it_caused(shop: Any, jobs: Any) -> None:
    who, other = await profile(shop), await profile(shop)
    back = {"name": "test.emit", "arguments": [given("event", "x.y")]}
    away = {"name": "test.emit", "arguments": [given("event", "x.y"), given("profile_id", str(other))]}
    identifier = await trigger(shop, "x.y", effect("ran"), back, away)
    await emit(shop, "x.y", {"profile_id": str(who)}, who)
    await jobs()
    assert await effects(shop) == ["ran", "ran"]
    rows = await history(shop)
    assert {row[0] for row in rows} == {identifier}
    loops = [row for row in rows if row[2] == "skipped"]
    assert [row[3] for row in loops] == [{"reason": "loop"}] * 3
    assert await jobs(scheduled=True) == []
    parents = await shop.sql(
        "SELECT parent_id IS NULL FROM action_histories WHERE tenant_id = %s ORDER BY id", shop.tenant.id
    )
    assert [row[0] for row in parents] == [True, False, False, False, False]


async def test_a_circle_of_triggers_ends_and_chains_are_eight_deep_at_most(shop: Any, jobs: Any) -> None:
    for number in range(12):
        after = {"name": "test.emit", "arguments": [given("event", f"x.{(number + 1) % 12}")]}
        await trigger(shop, f"x.{number}", effect(number), after)
    await emit(shop, "x.0", {})
    await jobs()
    assert await effects(shop) == list(range(9))
    depths = await shop.sql("SELECT max(depth) FROM events WHERE tenant_id = %s", shop.tenant.id)
    assert depths == [(9,)]


async def test_after_a_merge_the_winner_is_acted_on_and_a_deleted_profile_is_not_found(shop: Any, jobs: Any) -> None:
    loser, middle, winner, gone = [await profile(shop) for _ in range(4)]
    await trigger(shop, "x.y", effect("done"))
    for who in (loser, gone):
        await emit(shop, "x.y", {"profile_id": str(who)}, who)
    for source, destination in ((loser, middle), (middle, winner)):
        await shop.sql(
            "INSERT INTO incentive_merges (tenant_id, source_id, destination_id) VALUES (%s, %s, %s)",
            shop.tenant.id,
            source,
            destination,
        )
    await shop.sql("UPDATE profiles SET deleted_at = now() WHERE id = ANY(%s)", [loser, middle, gone])
    await jobs()
    assert [row[2:] for row in await history(shop)] == [
        ("success", {"type": "effect", "id": "done"}),
        ("failed", {"error": "profile not found"}),
    ]


async def test_another_tenants_events_and_triggers_stay_apart(shop: Any, other_shop: Any, jobs: Any) -> None:
    await trigger(other_shop, "x.y", effect("theirs"))
    await trigger(shop, "x.y", effect("ours"))
    await emit(shop, "x.y", {})
    await jobs()
    assert await effects(shop) == ["ours"]
    assert await effects(other_shop) == []


async def test_running_an_event_twice_changes_nothing(shop: Any, jobs: Any) -> None:
    from omneo_api.automation.reactions import service
    from omneo_api.foundation.jobs import JobContext

    await trigger(shop, "x.y", effect("one"), effect("two"))
    await emit(shop, "x.y", {})
    ((event_id,),) = await shop.sql("SELECT id FROM events WHERE tenant_id = %s", shop.tenant.id)
    import asyncio

    job = JobContext(shop.database, shop.tenant, 0)
    await asyncio.gather(*[service.react(job, event_id) for _ in range(5)])
    await jobs()
    assert await effects(shop) == ["one", "two"]
    assert len(await history(shop)) == 2


async def test_old_histories_are_forgotten(shop: Any, jobs: Any) -> None:
    from omneo_api.foundation.jobs import execute

    await trigger(shop, "x.y", effect("one"))
    await emit(shop, "x.y", {})
    await jobs()
    for days, left in ((89, 1), (2, 0)):
        await shop.advance(days=days)
        await execute(shop.database, "automation.prune-histories", {"tenant": shop.handle})
        assert len(await history(shop)) == left
    assert timedelta(days=91) <= shop.tenant.clock_offset


async def test_histories_show_steps_contexts_parents_and_children(shop: Any, jobs: Any) -> None:
    first = await trigger(
        shop,
        "x.y",
        effect({"var": "n"}, dynamic=True),
        {"name": "test.emit", "arguments": [given("event", "x.z")]},
        only({"==": [1, 2]}),
    )
    second = await trigger(shop, "x.z", effect("child"))
    await emit(shop, "x.y", {"n": 3})
    await jobs()
    page = await shop.get("/action-history")
    child, parent = page["data"]
    assert [row["actionable_id"] for row in page["data"]] == [second, first]
    assert (child["parent_id"], child["parent_history"], parent["children_history"]) == (parent["id"], None, [])
    assert [item["status"] for item in parent["items"]] == ["success", "success", "stopped"]
    assert parent["items"][0]["arguments"] == {"word": 3}
    assert parent["items"][0]["context"] == {"n": 3}
    whole = (await shop.get(f"/action-histories/{parent['id']}"))["data"]
    assert whole["children_history"] == [
        {key: child[key] for key in child if key not in ("parent_history", "children_history")}
    ]
    below = (await shop.get(f"/action-history/{child['id']}"))["data"]
    assert below["parent_history"]["items"] == parent["items"]
    assert "parent_history" not in below["parent_history"]
    stopped = await shop.get("/action-history?filter[items.status]=stopped")
    assert [row["id"] for row in stopped["data"]] == [parent["id"]]
    assert len((await shop.get(f"/action-history?filter[actionable_id]={second}"))["data"]) == 1
    await shop.delete(f"/triggers/{first}")
    await shop.advance(days=31)
    later = (await shop.get(f"/action-history/{parent['id']}"))["data"]
    assert [item["context"] for item in later["items"]] == [None, None, None]
    assert later["items"][0]["result"] == {"type": "effect", "id": 3}
    await shop.get("/action-history/987654", status=404)
    await shop.call("POST", "/action-history", status=405, json={})


async def test_the_catalogues_name_events_and_actions(shop: Any) -> None:
    events = (await shop.get("/reactions/events"))["data"]
    assert {"name": "reward.redeemed", "family": "reward"} in events
    assert len(events) == len({event["name"] for event in events})
    kinds = {kind["name"]: kind for kind in (await shop.get("/reactions/action-types"))["data"]}
    assert kinds["filter"]["arguments"] == [{"name": "condition", "required": False, "aliases": []}]
    assert kinds["point.create"]["aliases"][0] == "points.award"
    named = {argument["name"]: argument for argument in kinds["reward.create"]["arguments"]}
    assert named["definition"]["required"] is True
    assert "amount" in named["value_initial"]["aliases"]
