"""Actions that change a profile, and custom events (automation 6.3, 10)."""

import uuid
from typing import Any

import pytest
from test_incentive_actions import about, act
from test_reactions import given, history, trigger


async def person(shop: Any, **more: Any) -> str:
    return (await shop.post("/profiles", {"first_name": "Ada", "email": f"{uuid.uuid4().hex}@example.com", **more}))[
        "data"
    ]["id"]


async def outcomes(shop: Any) -> list[str]:
    return [row[2] for row in await history(shop)]


async def test_a_profile_is_changed_once_and_a_second_time_skipped(shop: Any, jobs: Any) -> None:
    await shop.post("/statuses", {"name": "VIP", "handle": "vip"})
    who = await person(shop, tags=["old"])
    await trigger(
        shop,
        "x.y",
        act("profile.update", first_name={"var": "name"}, gender="female"),
        act("attribute.custom.update", namespace="beauty", handle="score", value=7),
        act("attribute.comms.update", email_promo=True),
        act("attribute.appearance.update", size_shoe="39"),
        act("attribute.date.create", date="2019-06-08", handle="anniversary"),
        act("status.add", status="VIP"),
        act("tag.add", tag="new"),
        act("tag.remove", tag="old"),
    )
    await about(shop, "x.y", who, name="Inez")
    await jobs()
    assert await outcomes(shop) == ["success"] * 8
    shown = (await shop.get(f"/profiles/{who}"))["data"]
    assert (shown["first_name"], shown["gender"], shown["tags"]) == ("Inez", "female", ["new"])
    assert [row["handle"] for row in (await shop.get(f"/profiles/{who}/statuses"))["data"]] == ["vip"]
    assert (await shop.get(f"/profiles/{who}/attributes/custom/beauty:score"))["data"]["value"] == 7
    assert (await shop.get(f"/profiles/{who}/attributes/comms"))["data"]["email_promo"] is True
    assert (await shop.get(f"/profiles/{who}/attributes/appearance"))["data"]["size_shoe"] == "39"
    assert [row["handle"] for row in (await shop.get(f"/profiles/{who}/attributes/dates"))["data"]] == ["anniversary"]
    await about(shop, "x.y", who, name="Inez")
    await jobs()
    assert (await outcomes(shop))[8:] == ["skipped"] * 8


async def test_what_is_taken_away_and_what_fails(shop: Any, jobs: Any) -> None:
    await shop.post("/statuses", {"name": "VIP", "handle": "vip"})
    who = await person(shop)
    await shop.post(f"/profiles/{who}/statuses", {"statuses": ["vip"]})
    await shop.put(f"/profiles/{who}/attributes/custom/a:b", {"type": "integer", "value": 1})
    await trigger(
        shop,
        "x.y",
        act("status.remove", status="vip"),
        act("attribute.custom.delete", namespace="a", handle="b"),
        act("attribute.custom.update", namespace="a", handle="b", value="x", type="integer"),
    )
    await trigger(shop, "x.y", act("profile.update", email="nonsense"))
    await trigger(shop, "x.y", act("status.add", status="ghost"))
    await about(shop, "x.y", who)
    await jobs()
    assert await outcomes(shop) == ["success", "success", "failed", "failed", "failed"]
    assert (await shop.get(f"/profiles/{who}/statuses"))["data"] == []
    await shop.get(f"/profiles/{who}/attributes/custom/a:b", status=404)


async def test_an_interaction_is_seen_by_the_actions_after_it(shop: Any, jobs: Any) -> None:
    who = await person(shop)
    await trigger(
        shop,
        "x.y",
        {
            "name": "interaction.create",
            "arguments": [
                given(name, value)
                for name, value in {"name": "Seen", "namespace": "n", "action": "view", "channel": "website"}.items()
            ],
        },
        act("attribute.custom.update", namespace="a", handle="b", value={"var": "interaction.name"}),
        act("event.fire", event="custom.done", data={"score": 3}),
    )
    await trigger(
        shop, "custom.done", act("attribute.custom.update", namespace="a", handle="c", value={"var": "data.score"})
    )
    await about(shop, "x.y", who)
    await jobs()
    (row,) = (await shop.get(f"/profiles/{who}/interactions"))["data"]
    assert (row["name"], row["signal"]) == ("Seen", 0)
    assert (await shop.get(f"/profiles/{who}/attributes/custom/a:b"))["data"]["value"] == "Seen"
    assert (await shop.get(f"/profiles/{who}/attributes/custom/a:c"))["data"]["value"] == 3


async def test_custom_events_reach_triggers(shop: Any, jobs: Any) -> None:
    who = await person(shop)
    await trigger(
        shop, "custom.survey", act("attribute.custom.update", namespace="a", handle="b", value={"var": "data.score"})
    )
    body = {"event": "custom.survey", "profile_id": who, "data": {"score": 9, "deep": [1, {}]}}
    made = (await shop.post("/events", body, status=202))["data"]
    assert list(made) == ["id", "event", "profile_id", "data", "created_at"]
    assert (made["event"], made["profile_id"], made["data"]) == ("custom.survey", who, {"score": 9, "deep": [1, {}]})
    await jobs()
    assert (await shop.get(f"/profiles/{who}/attributes/custom/a:b"))["data"]["value"] == 9
    context = {"profile_id": who, "score": 10}
    assert await shop.post("/tenants/custom-event", {"name": "custom.survey", "context": context}, status=200) == {
        "data": context
    }
    await jobs()
    assert (await shop.get(f"/profiles/{who}/attributes/custom/a:b"))["data"]["value"] == 10
    assert (await shop.post("/events", {"event": "custom.survey"}, status=202))["data"]["data"] == {}
    await jobs()
    assert (await outcomes(shop))[-1] == "failed"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"event": "profile.created"}, "event"),
        ({"event": "reward.issued"}, "event"),
        ({"event": "Custom.X"}, "event"),
        ({"event": "custom"}, "event"),
        ({}, "event"),
        ({"event": "a.b", "data": [1]}, "data"),
        ({"event": "a.b", "data": "x"}, "data"),
        ({"event": "a.b", "data": {"x": "y" * 70000}}, "data"),
        ({"event": "a.b", "profile_id": "00000000-0000-0000-0000-000000000000"}, "profile_id"),
    ],
)
async def test_what_is_no_custom_event(shop: Any, body: Any, field: str) -> None:
    assert list((await shop.post("/events", body, status=422))["errors"]) == [field]


async def test_a_connection_is_made_changed_and_ended(shop: Any, jobs: Any) -> None:
    await shop.post("/connections/definitions", {"name": "Family", "handle": "family"})
    who, other = await person(shop), await person(shop)
    await trigger(
        shop,
        "x.y",
        act("connection.create", definition="family", connector_id={"var": "profile_id"}, connected_id=other),
        act("connection.update", connection_id={"var": "connection.id"}, notes="n"),
    )
    await trigger(shop, "x.z", act("connection.delete", connection_id={"var": "number"}))
    await about(shop, "x.y", who)
    await jobs()
    assert await outcomes(shop) == ["success", "success"]
    (made,) = (await shop.get("/connections"))["data"]
    assert (made["connector_id"], made["status"], made["notes"]) == (who, "accepted", "n")
    await about(shop, "x.z", who, number=made["id"])
    await jobs()
    assert (await shop.get("/connections"))["data"] == []


async def test_an_address_names_its_profile_and_a_tag_is_written_as_tags_are(shop: Any, jobs: Any) -> None:
    """What has no profile fails; a tag that is too long for one fails too."""
    who = await person(shop)
    await trigger(shop, "address.created", act("tag.add", tag="  mobile   app "), act("tag.remove", tag="none of it"))
    await trigger(shop, "address.created", act("tag.add", tag="x" * 192))
    address = {"address_line_1": "1 Reef St", "city": "Fitzroy", "postcode": "3065", "country": "AU", "state": "VIC"}
    await shop.post(f"/profiles/{who}/addresses", address)
    await shop.post("/locations", {"name": "City", "phone": "1", "address": address})
    await jobs()
    assert (await shop.get(f"/profiles/{who}"))["data"]["tags"] == ["mobile-app"]
    assert [tag["handle"] for tag in (await shop.get("/tags"))["data"]] == ["mobile-app"]
    rows = [(status, result) for _, _, status, result in await history(shop)]
    assert rows[1:] == [
        ("skipped", {"reason": "no change"}),
        ("failed", {"error": "The tag argument must be a handle."}),
        ("failed", {"error": "profile not found"}),
        ("failed", {"error": "profile not found"}),
    ]


async def test_the_highest_status_of_a_group_is_noted_and_never_lowered(shop: Any, jobs: Any) -> None:
    """Automation 6.3: what is held in the group by rank; what is noted already stands unless it ranks lower."""
    for handle, order in (("bronze", 1), ("silver", 2), ("gold", 3), ("plain", None)):
        body = {"name": handle, "handle": handle, "sort_order": order, "group_handle": "club"}
        await shop.post("/statuses", body)
    await shop.post("/statuses", {"name": "x", "handle": "staff", "sort_order": 99, "group_handle": "work"})
    who = await person(shop)
    noted = {"group_handle": "club", "namespace": "club", "type": "string"}
    await trigger(shop, "x.y", act("update.highest.status.attribute", handle="best", **noted))
    await trigger(shop, "x.y", act("update.highest.status.attribute", handle="first", direction="asc", **noted))
    seen = []
    for held in (["staff"], ["plain"], ["silver", "plain"], ["gold", "bronze"], ["silver"]):
        await shop.put(f"/profiles/{who}", {"statuses": held})
        await about(shop, "x.y", who)
        await jobs()
        shown = (await shop.get(f"/profiles/{who}"))["data"]["custom_attributes"].get("club", {})
        seen.append((shown.get("best"), shown.get("first")))
    assert seen == [(None, None), ("plain", "plain"), ("silver", "silver"), ("gold", "bronze"), ("gold", "bronze")]
    reasons = [row[3].get("reason") for row in await history(shop)]
    assert reasons == ["no status in the group"] * 2 + [None] * 6 + ["no higher status"] * 2
    await shop.put(f"/profiles/{who}/attributes/custom/club:best", {"value": "somebody"})
    await trigger(shop, "x.y", act("update.highest.status.attribute", handle="best", **(noted | {"type": "number"})))
    await trigger(shop, "x.y", act("update.highest.status.attribute", handle="best", direction="up", **noted))
    await about(shop, "x.y", who)
    await jobs()
    assert [row[2] for row in await history(shop)][10:] == ["success", "skipped", "skipped", "failed"]
