"""Triggers and their actions through HTTP (automation 5 and 6)."""

import asyncio
from typing import Any

import pytest

GOLD = {"===": [{"var": "definition.handle"}, "gold"]}
CONDITION = {"name": "condition", "value": GOLD}
FILTER = {"name": "filter", "arguments": [CONDITION]}
BENEFIT = {
    "name": "benefit.create",
    "arguments": [
        {"name": "profile_id", "value": {"var": "profile_id"}, "is_dynamic": True},
        {"name": "definition", "value": "gold-welcome"},
    ],
}


async def subscriptions(shop: Any) -> list[tuple[str, str, int]]:
    return await shop.sql(
        "SELECT event, kind, subscriber_id FROM subscriptions WHERE tenant_id = %s ORDER BY 3, 1", shop.tenant.id
    )


async def test_a_trigger_is_created_with_its_actions_and_shown_whole(shop: Any) -> None:
    body = {
        "name": "Gold welcome",
        "trigger": "tier.achieved",
        "description": "Benefit on gold",
        "actions": [FILTER, BENEFIT],
    }
    made = (await shop.post("/triggers", body))["data"]
    assert list(made) == [
        "id", "name", "trigger", "description", "notes", "is_active", "actions", "created_at", "updated_at",
    ]  # fmt: skip
    assert (made["is_active"], made["notes"], made["description"]) == (True, None, "Benefit on gold")
    first, second = made["actions"]
    assert list(first) == [
        "id", "uuid", "references_id", "reference_id", "name", "sort_order", "description", "notes", "arguments",
        "created_at", "updated_at",
    ]  # fmt: skip
    assert first["uuid"] == first["name"] == "filter"
    assert (first["references_id"], first["reference_id"], first["sort_order"]) == (1, "1", 1)
    assert (second["references_id"], second["reference_id"], second["sort_order"]) == (2, "2", 2)
    assert first["arguments"] == [{"name": "condition", "value": GOLD, "is_dynamic": None}]
    assert second["arguments"][0]["is_dynamic"] is True
    assert (await shop.get(f"/triggers/{made['id']}"))["data"] == made
    assert (await shop.get("/triggers"))["data"] == [made]


async def test_only_a_name_and_an_event_are_needed_and_the_event_is_any_string(shop: Any) -> None:
    made = await shop.post("/triggers", {"name": "x", "trigger": "No.Such Event", "actions": None, "is_active": None})
    assert made["data"]["actions"] == []
    assert made["data"]["is_active"] is True
    assert made["data"]["trigger"] == "No.Such Event"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        (
            {},
            {"name": ["The name field is required."], "trigger": ["The trigger field is required."]},
        ),
        (
            {"name": "x", "trigger": "y" * 256},
            {"trigger": ["The trigger field must not be greater than 255 characters."]},
        ),
        (
            {"name": "x", "trigger": "y", "is_active": "maybe"},
            {"is_active": ["The is active field must be true or false."]},
        ),
        (
            {"name": "x", "trigger": "y", "actions": [{}, {"name": "filter", "sort_order": "a"}]},
            {
                "actions.0.name": ["The actions.0.name field is required."],
                "actions.1.sort_order": ["The actions.1.sort order field must be an integer."],
            },
        ),
        (
            {"name": "x", "trigger": "y", "actions": [FILTER, {"name": "no.such"}, {"name": "Filter"}]},
            {
                "actions.1.name": ["The selected action is invalid."],
                "actions.2.name": ["The selected action is invalid."],
            },
        ),
        (
            {"name": "x", "trigger": "y", "actions": [{"name": "filter", "arguments": [{"value": 1}]}]},
            {"actions.0.arguments.0.name": ["The actions.0.arguments.0.name field is required."]},
        ),
        (
            {"name": "x", "trigger": "y", "actions": "all"},
            {"actions": ["The actions field must be an array."]},
        ),
    ],
)
async def test_what_is_wrong_is_named_all_at_once(shop: Any, body: Any, errors: Any) -> None:
    answer = await shop.post("/triggers", body, status=422)
    assert answer == {"message": "The given data was invalid.", "errors": errors}
    assert await subscriptions(shop) == []


async def test_rules_have_a_size_and_plain_values_may_be_larger(shop: Any) -> None:
    large = {"==": ["y" * 70_000, {"var": "x"}]}
    for action in (
        {"name": "filter", "arguments": [{"name": "condition", "value": large}]},
        {"name": "target.send", "arguments": [{"name": "data", "value": large, "is_dynamic": True}]},
    ):
        answer = await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": [FILTER, action]}, status=422)
        assert answer["errors"] == {
            "actions.1.arguments.0.value": ["The condition may not be larger than 64 KB."],
        }
    plain = {"name": "target.send", "arguments": [{"name": "data", "value": large}]}
    trigger = (await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": [plain]}))["data"]
    answer = await shop.post(
        f"/triggers/{trigger['id']}/actions",
        {"name": "filter", "arguments": [{"name": "condition", "value": large}]},
        status=422,
    )
    assert list(answer["errors"]) == ["arguments.0.value"]


@pytest.mark.parametrize(
    ("given", "kind"),
    [
        ({"name": "points.award"}, "point.create"),
        ({"name": "Create Points"}, "point.create"),
        ({"name": "achievement.progress"}, "achievement.add"),
        ({"name": "Send it", "uuid": "tsend"}, "target.send"),
        ({"name": "target.send", "uuid": "b2f1"}, "target.send"),
    ],
)
async def test_the_type_is_found_in_uuid_or_name(shop: Any, given: Any, kind: str) -> None:
    made = (await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": [given]}))["data"]
    assert (made["actions"][0]["uuid"], made["actions"][0]["name"]) == (kind, given["name"])


async def test_an_update_is_partial_and_actions_replace_the_whole_list(shop: Any) -> None:
    made = (await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": [FILTER, BENEFIT]}))["data"]
    path = f"/triggers/{made['id']}"
    changed = (await shop.put(path, {"notes": "n", "actions": None, "is_active": None, "id": 9}))["data"]
    assert changed["actions"] == made["actions"]
    assert (changed["id"], changed["notes"], changed["is_active"]) == (made["id"], "n", True)
    replaced = (await shop.put(path, {"actions": [{"name": "filter", "sort_order": 7}, {"name": "tsend"}]}))["data"]
    assert [(row["references_id"], row["sort_order"]) for row in replaced["actions"]] == [(3, 7), (4, 8)]
    assert not {row["id"] for row in made["actions"]} & {row["id"] for row in replaced["actions"]}
    assert (await shop.put(path, {"actions": []}))["data"]["actions"] == []
    assert (await shop.put(path, {"notes": None}))["data"]["notes"] is None
    again = (await shop.put(path, {"actions": [FILTER]}))["data"]["actions"]
    assert again[0]["references_id"] == 5
    answer = await shop.put(path, {"name": None}, status=422)
    assert answer["errors"] == {"name": ["The name field must be a string."]}


async def test_actions_run_by_sort_order_and_then_by_id(shop: Any) -> None:
    orders = [5, None, 1, 5]
    actions = [{"name": "filter", "sort_order": order, "description": str(n)} for n, order in enumerate(orders)]
    made = (await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": actions}))["data"]
    assert [(row["sort_order"], row["description"]) for row in made["actions"]] == [
        (1, "2"), (5, "0"), (5, "3"), (6, "1"),
    ]  # fmt: skip


async def test_single_actions_are_added_changed_and_removed(shop: Any) -> None:
    trigger = (await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": [FILTER]}))["data"]
    path = f"/triggers/{trigger['id']}/actions"
    added = (await shop.post(path, BENEFIT))["data"]
    assert (added["references_id"], added["sort_order"], added["uuid"]) == (2, 2, "benefit.create")
    listed = await shop.get(path)
    assert [row["id"] for row in listed["data"]] == [trigger["actions"][0]["id"], added["id"]]
    assert listed["meta"]["total"] == 2
    assert (await shop.get(f"{path}/{added['id']}"))["data"] == added
    renamed = (await shop.put(f"{path}/{added['id']}", {"name": "Gold present", "arguments": None}))["data"]
    assert (renamed["uuid"], renamed["name"]) == ("benefit.create", "Gold present")
    assert renamed["arguments"] == added["arguments"]
    retyped = (await shop.put(f"{path}/{added['id']}", {"name": "tsend", "arguments": []}))["data"]
    assert (retyped["uuid"], retyped["name"], retyped["arguments"]) == ("target.send", "tsend", [])
    await shop.delete(f"{path}/{added['id']}")
    await shop.get(f"{path}/{added['id']}", status=404)
    third = (await shop.post(path, FILTER))["data"]
    assert third["references_id"] == 3
    assert (await shop.post(path, {"name": "nope"}, status=422))["errors"] == {
        "name": ["The selected action is invalid."]
    }


async def test_an_action_is_found_below_its_owner_only(shop: Any, other_shop: Any) -> None:
    one = (await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": [FILTER]}))["data"]
    two = (await shop.post("/triggers", {"name": "x", "trigger": "y"}))["data"]
    action = one["actions"][0]["id"]
    for path in (f"/triggers/{two['id']}/actions/{action}", f"/triggers/{one['id']}/actions/{action}0"):
        await shop.get(path, status=404)
        await shop.put(path, {"name": "z"}, status=404)
        await shop.delete(path, status=404)
    await shop.get("/triggers/987654/actions", status=404)
    await shop.post("/triggers/987654/actions", FILTER, status=404)
    await shop.get("/triggers/abc", status=404)
    await other_shop.get(f"/triggers/{one['id']}", status=404)
    await other_shop.get(f"/triggers/{one['id']}/actions", status=404)
    await other_shop.delete(f"/triggers/{one['id']}", status=404)
    assert (await shop.get(f"/triggers/{one['id']}"))["data"]["actions"] == one["actions"]


async def test_references_are_never_given_twice_under_concurrency(shop: Any) -> None:
    trigger = (await shop.post("/triggers", {"name": "x", "trigger": "y"}))["data"]
    path = f"/triggers/{trigger['id']}/actions"
    added = await asyncio.gather(*[shop.post(path, FILTER) for _ in range(12)])
    assert sorted(one["data"]["references_id"] for one in added) == list(range(1, 13))
    assert sorted(one["data"]["sort_order"] for one in added) == list(range(1, 13))


async def test_subscriptions_follow_the_trigger(shop: Any) -> None:
    made = (await shop.post("/triggers", {"name": "x", "trigger": "reward.issued"}))["data"]
    assert made["trigger"] == "reward.issued"
    assert await subscriptions(shop) == [("reward.created", "trigger", made["id"])]
    path = f"/triggers/{made['id']}"
    await shop.put(path, {"trigger": "tier.achieved"})
    assert await subscriptions(shop) == [("tier.achieved", "trigger", made["id"])]
    await shop.put(path, {"is_active": False})
    assert await subscriptions(shop) == []
    await shop.put(path, {"trigger": "tier.lost"})
    assert await subscriptions(shop) == []
    await shop.put(path, {"is_active": 1})
    assert await subscriptions(shop) == [("tier.lost", "trigger", made["id"])]
    await shop.delete(path)
    assert await subscriptions(shop) == []
    await shop.get(path, status=404)
    ((left,),) = await shop.sql("SELECT count(*) FROM actions WHERE owner_id = %s", made["id"])
    assert left == 0


async def test_lists_are_filtered_searched_and_sorted(shop: Any) -> None:
    for number, (name, event, active) in enumerate(
        [("Gold", "tier.achieved", True), ("Birthday", "profile.updated", False), ("Golden days", "tier.lost", True)]
    ):
        await shop.post("/triggers", {"name": name, "trigger": event, "is_active": active, "notes": f"n{number}"})

    async def names(query: str) -> list[str]:
        return [row["name"] for row in (await shop.get(f"/triggers?{query}"))["data"]]

    assert await names("filter[name]=Gold") == ["Gold"]
    assert await names("filter[search]=gold") == ["Gold", "Golden days"]
    assert await names("filter[is_active]=0") == ["Birthday"]
    assert await names("filter[trigger]=tier.lost") == ["Golden days"]
    assert await names("sort=-name") == ["Golden days", "Gold", "Birthday"]
    await shop.get("/triggers?filter[colour]=red", status=400)


async def test_every_change_leaves_an_audit_row_and_a_repeated_one_does_not(shop: Any) -> None:
    made = (await shop.post("/triggers", {"name": "x", "trigger": "y", "actions": [FILTER]}))["data"]
    await shop.put(f"/triggers/{made['id']}", {"name": "x"})
    await shop.put(f"/triggers/{made['id']}", {"name": "z"})
    await shop.delete(f"/triggers/{made['id']}")
    rows = await shop.sql(
        "SELECT event, auditable_type FROM audits WHERE tenant_id = %s AND auditable_type IN ('Trigger', 'Action')"
        " ORDER BY id",
        shop.tenant.id,
    )
    assert sorted(rows) == sorted(
        [
            ("created", "Action"),
            ("created", "Trigger"),
            ("updated", "Trigger"),
            ("deleted", "Action"),
            ("deleted", "Trigger"),
        ]
    )


async def test_a_dry_run_shows_what_each_action_would_get(shop: Any) -> None:
    made = (await shop.post("/triggers", {"name": "x", "trigger": "tier.achieved", "actions": [FILTER, BENEFIT]}))[
        "data"
    ]
    profile = "7d0c1f0e-2b51-4c57-9a43-5f1f6e0c9b11"
    context = {"profile_id": profile, "definition": {"handle": "gold"}}
    answer = await shop.post(f"/triggers/{made['id']}/test", {"context": context}, status=200)
    first, second = answer["data"]["actions"]
    assert (first["result"], first["status"]) == ({"passed": True}, "success")
    assert second["arguments"] == {"profile_id": profile, "definition": "gold-welcome"}
    context["definition"]["handle"] = "silver"
    answer = await shop.post(f"/triggers/{made['id']}/test", {"context": context}, status=200)
    assert [row["status"] for row in answer["data"]["actions"]] == ["stopped", "skipped"]
    assert (await shop.post(f"/triggers/{made['id']}/test", {}, status=422))["errors"] == {
        "context": ["The context field is required."]
    }
    await shop.post("/triggers/987654/test", {"context": {}}, status=404)
    ((histories,),) = await shop.sql("SELECT count(*) FROM action_histories WHERE tenant_id = %s", shop.tenant.id)
    assert histories == 0
