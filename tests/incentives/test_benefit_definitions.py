"""Templates of benefits: shape, defaults, refusals, copies, and the table of what was issued."""

import csv
import io

import pytest
from entitlements import define, issue, redeem

pytestmark = pytest.mark.anyio

DEFAULTS = {
    "external_id": None,
    "region_id": None,
    "region": None,
    "currency": None,
    "type": None,
    "value": None,
    "campaign": None,
    "same_campaign_count": 0,
    "period": 50,
    "period_type": "days",
    "absolute_expiry": None,
    "end_at": None,
    "description": None,
    "internal_notes": None,
    "meta": None,
    "short_description": None,
    "long_description": None,
    "terms_conditions": None,
    "earn_instructions": None,
    "redeem_instructions_store": None,
    "redeem_instructions_online": None,
    "redeem_code_pos": None,
    "redeem_code_online": None,
    "icon": None,
    "image_url": None,
    "max_redemptions": 1,
    "is_extendable": False,
    "is_assignable": True,
    "is_reassignable": False,
    "is_published": False,
    "is_archived": False,
    "allow_user_redeem": True,
    "tags": [],
    "is_claimable": False,
    "is_reclaimable": False,
    "claim_period_start_at": None,
    "claim_period_end_at": None,
    "claim_condition": None,
    "claim_timeframe": None,
    "view_condition": None,
    "visibility_condition": None,
    "max_global_redemptions": None,
    "total_global_redemptions": 0,
    "total_global_redemptions_remaining": None,
    "total_global_created": 0,
    "notify_schedule_offset": None,
    "notify_issue_offset_days": None,
    "notify_issue_offset_hour": None,
    "notify_remind_offset_days": None,
    "notify_remind_offset_hour": None,
    "notify_extend_offset_days": None,
    "notify_extend_offset_hour": None,
    "issue_target_id": None,
    "remind_target_id": None,
    "extend_target_id": None,
    "total_allocations": None,
    "total_allocations_remaining": None,
    "force_allocation": False,
}


async def test_the_life_of_a_definition(till, other_shop):
    shop = till.shop
    body = {"name": "Free gift wrap", "handle": "Gift-Wrap", "period": "50"}
    made = (await shop.post("/benefit-definitions", body))["data"]
    times = {name: made[name] for name in ("created_at", "updated_at")}
    assert made["id"].isdigit()
    assert made == {"id": made["id"], "name": "Free gift wrap", "handle": "Gift-Wrap", **DEFAULTS, **times}
    assert list(made)[:5] == ["id", "name", "handle", "external_id", "region_id"]
    path = f"/benefits/definitions/{made['id']}"
    for same in (path, "/benefits/definitions/handle/gift-wrap", "/benefit-definitions/handle/Gift-Wrap"):
        assert (await shop.get(same))["data"] == made
    for query in ({"filter[handle]": "gift-wrap"}, {"filter[id]": made["id"]}, {"filter[period][gte]": 50}):
        assert (await shop.get("/benefits/definitions", params=query))["data"] == [made]
    assert (await shop.get("/benefits/definitions", params={"filter[tags][handle]": "x"}))["data"] == []
    for rule in ("meta", "claim_condition", "claim_timeframe", "view_condition", "visibility_condition"):
        found = [(await shop.get(f"/benefits/definitions?filter[{rule}][nullable]={no}"))["data"] for no in (1, 0)]
        assert found == [[made], []], rule
    changed = (await shop.put(path, {"handle": "other", "max_redemptions": None, "notes": "n", "tags": ["b", "a"]}))[
        "data"
    ]
    assert (changed["handle"], changed["max_redemptions"], changed["internal_notes"]) == ("Gift-Wrap", None, "n")
    assert changed["tags"] == ["b", "a"]
    assert (await shop.put(path, changed))["data"] == changed
    assert (await shop.post("/benefits/definitions", body, status=422))["errors"] == {
        "handle": ["The handle has already been taken."]
    }
    for method in ("get", "delete"):
        await getattr(other_shop, method)(path, status=404)
    names = await shop.sql(
        "SELECT name, entity_id FROM events WHERE tenant_id = %s AND name LIKE 'benefit-%%' ORDER BY id", shop.tenant.id
    )
    assert names == [("benefit-definition.created", made["id"]), ("benefit-definition.updated", made["id"])]
    profile = await till.profile()
    benefit = await issue(till, profile, made)
    assert benefit["definition"] == (await shop.get(path))["data"]
    await shop.delete(path)
    await shop.delete(path, status=404)
    await shop.get("/benefits/definitions/handle/gift-wrap", status=404)
    await shop.get(f"{path}/csv", status=404)
    assert await issue(till, profile, made, status=422) == {
        "benefit_definition_id": ["The selected benefit definition id is invalid."]
    }
    assert (await redeem(till, benefit))["items"][0]["type_attributes"]["definition"]["id"] == made["id"]
    assert (await shop.post("/benefits/definitions", body))["data"]["id"] != made["id"]


async def test_every_wrong_field_is_told_at_once(till):
    errors = (await till.shop.post("/benefits/definitions", {}, status=422))["errors"]
    assert errors == {name: [f"The {name} field is required."] for name in ("name", "handle", "period")}
    wrong = {
        "name": "x",
        "handle": "a b",
        "type": "free",
        "value": -1,
        "period": -1,
        "period_type": "hours",
        "end_at": "never",
        "max_redemptions": 0,
        "max_global_redemptions": -1,
        "icon": "no url",
        "claim_condition": 5,
        "view_condition": "{",
        "visibility_condition": [1],
        "notify_extend_offset_hour": 24,
        "is_claimable": "perhaps",
    }
    errors = (await till.shop.post("/benefits/definitions", wrong, status=422))["errors"]
    assert set(errors) == set(wrong) - {"name"}
    assert errors["claim_condition"] == ["The claim condition field must be an array."]
    assert errors["max_redemptions"] == ["The max redemptions field must be at least 1."]
    assert errors["type"] == ["The selected type is invalid."]
    assert await define(till, status=422, period_type="absolute_date", issue_target_id=9, remind_target_id=9) == {
        "absolute_expiry": ["The absolute expiry field is required."],
        "issue_target_id": ["The selected issue target id is invalid."],
        "remind_target_id": ["The selected remind target id is invalid."],
    }
    assert await define(till, status=422, region_id=77) == {"region_id": ["The selected region id is invalid."]}
    deep = {"!": 1}
    for _ in range(70):
        deep = {"!": deep}
    assert list(await define(till, status=422, claim_condition=str(deep).replace("'", '"'))) == ["claim_condition"]


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        ({"in": [{"var": "tier_handle"}, ["gold"]]}, {"in": [{"var": "tier_handle"}, ["gold"]]}),
        ('{"==":[1,1]}', {"==": [1, 1]}),
        ({"no operator": True}, {"no operator": True}),
        ("", None),
        (None, None),
        ([], {}),
        ({}, {}),
    ],
)
async def test_conditions_come_back_as_objects(till, sent, shown):
    made = await define(till, claim_condition=sent, claim_timeframe={"days": [1]})
    assert (made["claim_condition"], made["claim_timeframe"]) == (shown, {"days": [1]})


async def test_a_copy_has_everything_but_handle_and_counters(till):
    shop = till.shop
    region = (await shop.post("/regions", {"name": "South", "handle": "south"}))["data"]
    original = await define(
        till,
        campaign="spring",
        max_redemptions=None,
        max_global_redemptions=9,
        region_id=region["id"],
        tags=["gold"],
        meta={"a": 1},
        claim_condition={"==": [1, 1]},
        absolute_expiry="2030-02-03",
        period_type="absolute_date",
        value=12.5,
    )
    assert original["region"] == {"id": region["id"], "name": "South", "handle": "south"}
    await issue(till, await till.profile(), original)
    path = f"/benefits/definitions/{original['id']}/clone"
    copy = (await shop.post(path, {"handle": "copy", "period": 3}))["data"]
    same = ("id", "handle", "period", "created_at", "updated_at", "same_campaign_count", "total_global_created")
    assert {name: value for name, value in copy.items() if name not in same} == {
        name: value for name, value in original.items() if name not in same
    }
    assert (copy["handle"], copy["period"], copy["same_campaign_count"], copy["total_global_created"]) == (
        "copy",
        3,
        2,
        0,
    )
    assert (await shop.get(f"/benefits/definitions/{original['id']}"))["data"]["same_campaign_count"] == 2
    assert (await shop.post(path, {"name": "x"}, status=422))["errors"] == {"handle": ["The handle field is required."]}
    taken = await shop.post(path, {"handle": "Copy"}, status=422)
    assert taken["errors"] == {"handle": ["The handle has already been taken."]}
    await shop.post("/benefits/definitions/999999999/clone", {"handle": "y"}, status=404)


async def test_the_table_of_issued_benefits(till):
    profile, definition = await till.profile(), await define(till, max_redemptions=2)
    made = [await issue(till, profile, definition, external_id=f"E,{number}") for number in range(3)]
    await redeem(till, made[1])

    async def table(**query):
        path = f"/benefit-definitions/{definition['handle']}/csv"
        answer = await till.shop.call("GET", path, status=200, params=query)
        assert answer.headers["content-type"].startswith("text/csv")
        return list(csv.DictReader(io.StringIO(answer.text)))

    rows = await table()
    assert [(row["id"], row["external_id"]) for row in rows] == [(str(one["id"]), one["external_id"]) for one in made]
    assert (rows[1]["redeemed"], rows[1]["redemptions_remaining"], rows[1]["is_redeemable"]) == ("1", "1", "true")
    assert rows[0]["issued_at"] == made[0]["issued_at"]
    assert [row["id"] for row in await table(redeemed="true")] == [str(made[1]["id"])]
    assert [row["id"] for row in await table(redeemed="0")] == [str(made[0]["id"]), str(made[2]["id"])]
    assert len(await table(random=2)) == 2
    answer = await till.shop.get(f"/benefits/definitions/{definition['id']}/csv?random=0&redeemed=x", status=422)
    assert set(answer["errors"]) == {"random", "redeemed"}
