"""Actions that issue rewards and points (automation 6.3)."""

from typing import Any

import pytest
from test_reactions import emit, given, history, only, trigger

pytest.importorskip("omneo_api.incentives.rewards.service")


def act(name: str, **arguments: Any) -> dict[str, Any]:
    return {
        "name": name,
        "arguments": [given(key, value, dynamic=isinstance(value, dict)) for key, value in arguments.items()],
    }


async def member(shop: Any) -> str:
    ((identifier,),) = await shop.sql("INSERT INTO profiles (tenant_id) VALUES (%s) RETURNING id", shop.tenant.id)
    return str(identifier)


async def definition(shop: Any, handle: str, **more: Any) -> Any:
    body = {"name": handle, "handle": handle, "period": 30, "value": 20, "type": "campaign", **more}
    return (await shop.post("/rewards/definitions", body))["data"]


async def about(shop: Any, event: str, who: str, **context: Any) -> None:
    import uuid

    await emit(shop, event, {"profile_id": who, **context}, uuid.UUID(who))


async def rewards_of(shop: Any, who: str) -> list[Any]:
    rows = await shop.sql(
        "SELECT value_initial, source_type, source_id, external_id FROM rewards WHERE profile_id = %s ORDER BY id", who
    )
    return [(float(row[0]), *row[1:]) for row in rows]


async def test_a_reward_is_issued_once_with_the_definitions_defaults_or_the_given_values(shop: Any, jobs: Any) -> None:
    made = await definition(shop, "welcome")
    who = await member(shop)
    identifier = await trigger(
        shop,
        "x.y",
        act("reward.create", definition="welcome"),
        act("reward.create", reward_definition_id=made["id"], amount={"*": [{"var": "spend"}, 0.1]}, external_id="E-1"),
        only({"===": [{"var": "reward.amount"}, 12.5]}),
        only({"===": [{"var": "reward.definition.handle"}, "welcome"]}),
        act("reward.create", definition="WELCOME", value=1, profile_id={"var": "profile_id"}),
    )
    await about(shop, "x.y", who, spend=125)
    await jobs()
    await jobs(scheduled=True)
    assert await rewards_of(shop, who) == [
        (20.0, "trigger", identifier, None),
        (12.5, "trigger", identifier, "E-1"),
        (1.0, "trigger", identifier, None),
    ]
    assert [row[2] for row in await history(shop)] == ["success"] * 5


@pytest.mark.parametrize(
    "arguments",
    [
        {"definition": "unknown"},
        {"definition": "closed"},
        {"definition": 0},
        {"definition": {"var": "nothing"}},
        {"definition": "open", "amount": -5},
        {"definition": "open", "amount": "many"},
        {"definition": "open", "profile_id": "7d0c1f0e-2b51-4c57-9a43-5f1f6e0c9b11"},
        {"definition": "open", "expires_at": "someday"},
    ],
)
async def test_what_a_reward_may_not_be_fails_and_stops(shop: Any, jobs: Any, arguments: Any) -> None:
    await definition(shop, "open")
    await definition(shop, "closed", is_assignable=False)
    who = await member(shop)
    await trigger(shop, "x.y", act("reward.create", **arguments), act("reward.create", definition="open"))
    await about(shop, "x.y", who)
    await jobs()
    assert await rewards_of(shop, who) == []
    ((_, handler, status, result),) = await history(shop)
    assert (handler, status) == ("reward.create", "failed")
    assert result["error"]


async def test_the_same_event_never_issues_twice_and_events_of_it_reach_other_triggers(shop: Any, jobs: Any) -> None:
    await definition(shop, "welcome")
    who = await member(shop)
    await trigger(shop, "x.y", act("reward.create", definition="welcome"))
    noted = await trigger(shop, "reward.issued", only({"===": [{"var": "definition.handle"}, "welcome"]}))
    looped = await trigger(shop, "reward.created", act("reward.create", definition="welcome", amount=3))
    await about(shop, "x.y", who)
    await jobs()
    assert [row[0] for row in await rewards_of(shop, who)] == [20.0, 3.0]
    rows = await history(shop)
    assert [row[2] for row in rows if row[0] == noted] == ["success", "success"]
    assert [row[2:] for row in rows if row[0] == looped][1] == ("skipped", {"reason": "loop"})


async def test_points_are_awarded_and_taken_and_none_are_skipped(shop: Any, jobs: Any) -> None:
    await shop.post("/points/definitions", {"name": "p", "handle": "p"})
    who = await member(shop)
    await trigger(
        shop,
        "x.y",
        act("points.award", definition="p", points={"var": "n"}),
        act("point.create", definition="p", value=0),
        act("Create Points", definition="p", value_initial=-3),
    )
    await about(shop, "x.y", who, n=10)
    await jobs()
    rows = await shop.sql("SELECT value_initial FROM points WHERE profile_id = %s ORDER BY id", who)
    assert [float(row[0]) for row in rows] == [10.0, -3.0]
    assert [row[2] for row in await history(shop)] == ["success", "skipped", "success"]
