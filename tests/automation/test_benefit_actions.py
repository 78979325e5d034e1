"""Actions that issue, extend and redeem benefits (automation 6.3)."""

from typing import Any

import pytest
from test_incentive_actions import about, act, member
from test_reactions import history, only, trigger

pytestmark = pytest.mark.anyio


async def definition(shop: Any, handle: str, **more: Any) -> Any:
    body = {"name": handle, "handle": handle, "period": 30, **more}
    return (await shop.post("/benefits/definitions", body))["data"]


async def benefits_of(shop: Any, who: str) -> list[Any]:
    return (await shop.get(f"/profiles/{who}/benefits?sort=id"))["data"]


async def test_benefits_are_issued_extended_and_redeemed(shop: Any, jobs: Any) -> None:
    made = await definition(shop, "welcome", max_redemptions=3, is_extendable=True, value=4)
    who = await member(shop)
    identifier = await trigger(
        shop,
        "x.y",
        act("benefit.create", definition="welcome"),
        act("benefit.create", benefit_definition_id=made["id"], expires_at="2099-01-01", external_id="E", value=7),
        only({"===": [{"var": "benefit.definition.handle"}, "welcome"]}),
        act("benefit.extend", benefit_id={"var": "benefit.id"}, days=2),
        act("redeem.benefit", definition="welcome", meta={"till": 4}),
        act("redeem.benefit", id={"var": "benefit.id"}),
    )
    await about(shop, "x.y", who)
    await jobs()
    await jobs(scheduled=True)
    first, second = await benefits_of(shop, who)
    assert [(one["source_type"], one["source_id"], one["value"]) for one in (first, second)] == [
        ("trigger", identifier, 4),
        ("trigger", identifier, 7),
    ]
    assert (second["expires_at"], second["external_id"]) == ("2099-01-03 00:00:00", "E")
    assert [one["redemptions_remaining"] for one in (first, second)] == [3, 1]
    assert [row[2] for row in await history(shop)] == ["success"] * 6
    spent = (await shop.get(f"/profiles/{who}/redemptions?sort=id"))["data"]
    assert [one["meta"] for one in spent] == [{"till": 4}, None]


async def test_a_benefit_event_names_the_benefit_that_is_extended(shop: Any, jobs: Any) -> None:
    await definition(shop, "long", is_extendable=True)
    who = await member(shop)
    await trigger(shop, "benefit.issued", act("benefit.extend", days=10))
    body = {"timezone": "UTC", "benefit_definition_handle": "long", "expires_at": "2099-01-01"}
    await shop.post(f"/profiles/{who}/benefits", body)
    await jobs()
    assert [one["expires_at"] for one in await benefits_of(shop, who)] == ["2099-01-11 00:00:00"]


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("benefit.create", {"definition": "unknown"}),
        ("benefit.create", {"definition": "fixed"}),
        ("benefit.create", {"definition": "archived"}),
        ("benefit.create", {"definition": "plain", "value": "x"}),
        ("benefit.create", {}),
        ("redeem.benefit", {"definition": "plain"}),
        ("redeem.benefit", {"definition": "unknown"}),
        ("redeem.benefit", {"benefit_id": 10**12}),
        ("redeem.benefit", {}),
        ("benefit.extend", {"days": 3}),
        ("benefit.extend", {"benefit_id": 10**12, "days": 3}),
    ],
)
async def test_what_fails_stops_the_chain(shop: Any, jobs: Any, name: str, arguments: Any) -> None:
    await definition(shop, "plain")
    await definition(shop, "fixed", is_assignable=False)
    await definition(shop, "archived", is_archived=True)
    who = await member(shop)
    await trigger(shop, "x.y", act(name, **arguments), act("benefit.create", definition="plain"))
    await about(shop, "x.y", who)
    await jobs(errors=True)
    assert [row[2] for row in await history(shop)] == ["failed"]
    assert await benefits_of(shop, who) == []


async def test_a_reward_is_extended_once(shop: Any, jobs: Any) -> None:
    body = {"name": "R", "handle": "r", "type": "bonus", "value": 10, "period": 30, "is_extendable": True}
    await shop.post("/rewards/definitions", {**body, "extend_days": 4})
    await shop.post("/rewards/definitions", {**body, "handle": "fixed", "is_extendable": False})
    who = await member(shop)
    await trigger(shop, "reward.issued", act("reward.extend"), act("reward.extend", days=3))
    await trigger(shop, "x.y", act("reward.extend", days=3))
    given = {"timezone": "UTC", "expires_at": "2099-01-01"}
    for handle in ("r", "fixed"):
        await shop.post(f"/profiles/{who}/rewards", {**given, "reward_definition_handle": handle})
    await about(shop, "x.y", who)
    await jobs()
    held = (await shop.get(f"/profiles/{who}/rewards?sort=id"))["data"]
    assert [one["expires_at"] for one in held] == ["2099-01-05 00:00:00", "2099-01-01 00:00:00"]
    told = [(row[2], (row[3] or {}).get("reason") or (row[3] or {}).get("error")) for row in await history(shop)]
    assert told == [
        ("success", None),
        ("skipped", "not extendable"),
        ("failed", "The extend days field is required."),
        ("failed", "The reward_id argument is required."),
    ]
