"""Rewards and their definitions: shapes, defaults, refusals, and what is told of them."""

import pytest

pytestmark = pytest.mark.anyio

DEFINITION_KEYS = [
    "id",
    "name",
    "handle",
    "region_id",
    "region",
    "currency",
    "period",
    "period_type",
    "absolute_expiry",
    "description",
    "short_description",
    "long_description",
    "terms_conditions",
    "earn_instructions",
    "icon",
    "image_url",
    "issue_target_id",
    "expiry_target_id",
    "extend_target_id",
    "notify_issue_offset",
    "notify_expiry_offset",
    "notify_schedule_offset",
    "notify_issue_offset_days",
    "notify_issue_offset_hour",
    "notify_remind_offset_days",
    "notify_remind_offset_hour",
    "notify_extend_offset_days",
    "notify_extend_offset_hour",
    "internal_notes",
    "type",
    "value",
    "max_value",
    "is_extendable",
    "is_assignable",
    "is_reassignable",
    "is_published",
    "extend_days",
    "tags",
    "created_at",
    "updated_at",
]


async def test_the_life_of_a_definition(till):
    body = {"name": "Birthday", "handle": "birthday-20", "type": "birthday", "value": "20", "period": 30, "notes": "n"}
    made = (await till.shop.post("/reward-definitions", body | {"tags": ["a", {"handle": "b"}]}))["data"]
    assert list(made) == DEFINITION_KEYS
    assert (made["value"], made["internal_notes"], made["tags"]) == (20, "n", ["a", "b"])
    path = f"/rewards/definitions/{made['id']}"
    assert (await till.shop.get(path))["data"] == made
    listed = await till.shop.get("/rewards/definitions", params={"filter[handle]": "birthday-20"})
    assert listed["data"] == [made]
    changed = (await till.shop.put(path, {"handle": "other", "value": 5}))["data"]
    assert (changed["handle"], changed["value"]) == ("birthday-20", 5)
    errors = (await till.shop.put(path, {"period_type": "absolute_date"}, status=422))["errors"]
    assert list(errors) == ["absolute_expiry"]
    wrong = {"name": "x", "handle": "a b", "type": "percentage", "value": -1, "issue_target_id": 5}
    assert set((await till.shop.post("/rewards/definitions", wrong, status=422))["errors"]) == {
        "handle",
        "period",
        "type",
        "value",
    }
    profile = await till.profile()
    reward = await till.reward(profile, 5, reward_definition_id=made["id"])
    await till.shop.delete(path)
    await till.shop.get(path, status=404)
    assert (await till.shop.get(f"/rewards/{reward['id']}"))["data"]["definition"]["handle"] == "birthday-20"
    await till.reward(profile, 5, status=422, reward_definition_id=made["id"])
    await till.shop.post("/rewards/definitions", body)


async def test_naive_moments_are_wall_time_on_create_and_utc_on_update(till):
    profile = await till.profile()
    reward = await till.reward(profile, 20, timezone="Australia/Melbourne", issued_at="2024-12-05 08:30:00")
    assert (reward["issued_at"], reward["issued_local_at"]) == ("2024-12-04 21:30:00", "2024-12-05 08:30:00")
    assert (reward["is_expired"], reward["is_active"]) == (True, False)
    assert (await till.figures(profile))[0] == 0
    assert await till.ledger(profile) == []
    path = f"/rewards/{reward['id']}"
    moved = (await till.shop.put(path, {"expires_at": "2099-01-01 00:00:00"}))["data"]
    assert (moved["expires_at"], moved["is_active"], moved["extended_at"]) == ("2099-01-01 00:00:00", True, None)
    assert (await till.shop.put(path, moved))["data"] == moved
    assert (await till.figures(profile))[0] == 20
    offset = await till.reward(profile, 1, issued_at="2024-12-05T08:30:00+02:00")
    assert offset["issued_at"] == "2024-12-05 06:30:00"


async def test_every_wrong_field_is_told_at_once(till):
    profile = await till.profile()
    definition = await till.define("rewards", max_value=50)
    body = {
        "value_initial": 60,
        "value_remaining": 70,
        "issued_at": "2025-01-02",
        "expires_at": "2025-01-01",
        "reward_definition_id": definition,
    }
    errors = (await till.shop.post("/rewards", body, status=422))["errors"]
    assert set(errors) == {"profile_id", "timezone", "value_initial", "value_remaining", "expires_at"}
    unknown = {"profile_id": "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710", "timezone": "UTC"}
    errors = (await till.shop.post("/rewards", unknown, status=422))["errors"]
    assert errors == {
        "profile_id": ["The selected profile id is invalid."],
        "reward_definition_id": ["The reward definition id field is required."],
    }
    await till.shop.post(f"/profiles/{unknown['profile_id']}/rewards", {"timezone": "UTC"}, status=404)
    both = {"reward_definition_id": definition, "reward_definition_handle": "nope"}
    await till.reward(profile, 1, status=422, **both)


async def test_the_family_below_a_profile(till, other_shop):
    profile, other = await till.profile(), await till.profile()
    body = {"timezone": "UTC", "reward_definition_id": await till.define("rewards"), "profile_id": other}
    made = (await till.shop.post(f"/profiles/{profile}/rewards", body))["data"]
    assert (made["profile_id"], made["value_initial"]) == (profile, 10)
    assert (await till.shop.get(f"/profiles/{profile}/rewards"))["data"] == [made]
    assert (await till.shop.get("/rewards", params={"filter[profile_id]": profile}))["data"] == [made]
    assert (await till.shop.get("/rewards", params={"filter[definition][handle]": "nope"}))["data"] == []
    await till.shop.get(f"/profiles/{other}/rewards/{made['id']}", status=404)
    await till.shop.put(f"/profiles/{other}/rewards/{made['id']}", {"value_remaining": 1}, status=404)
    await other_shop.get(f"/rewards/{made['id']}", status=404)
    path = f"/profiles/{profile}/rewards/{made['id']}"
    raised = (await till.shop.put(path, {"value_remaining": 15, "meta": {"a": 1}}))["data"]
    assert (raised["value_remaining"], raised["value_initial"], raised["meta"]) == (15, 10, {"a": 1})
    assert [line["dollar_value"] for line in await till.ledger(profile)] == [5, 10]
    await till.shop.delete(path)
    await till.shop.delete(path, status=404)
    assert [line["dollar_balance"] for line in await till.ledger(profile)] == [0, 15, 10]


async def test_a_future_reward_becomes_available_by_the_clock(till):
    profile = await till.profile()
    reward = await till.reward(profile, 20, issued_at="2099-01-01", expires_at="2099-02-01")
    assert (reward["is_active"], reward["is_expired"]) == (False, False)
    assert (await till.figures(profile))[0] == 0
    await till.redeem(profile, 1, status=422)
    assert await till.ledger(profile) == []


async def test_extending_an_expired_reward_brings_its_value_back(till):
    profile = await till.profile()
    definition = await till.define("rewards", is_extendable=True, extend_days=400)
    fixed = await till.reward(profile, 5)
    reward = await till.reward(profile, 20, reward_definition_id=definition, issued_at="2026-01-01", timezone="UTC")
    rows = {"profile_id": profile, "ids": f"{reward['id']},{fixed['id']},999999999"}
    extended = (await till.shop.post("/rewards/extend", None, status=200, params=rows))["data"]
    assert [row["id"] for row in extended] == [reward["id"]]
    assert extended[0]["extended_at"] is not None
    assert (await till.figures(profile))[0] == 25
    both = {"profile_id": profile, "ids": [reward["id"]], "extend_days": 1, "extend_date": "2099-01-01"}
    await till.shop.post("/rewards/extend", both, status=422)


async def test_a_notification_without_a_target_cannot_be_sent(till):
    reward = await till.reward(await till.profile(), 5)
    await till.shop.get(f"/rewards/{reward['id']}/trigger-target/issue", status=422)
    await till.shop.get(f"/rewards/{reward['id']}/trigger-target/sideways", status=404)


async def test_events_and_audits_are_written_once(till):
    profile = await till.profile()
    reward = await till.reward(profile, 25)
    await till.points(profile, 1000)
    await till.redeem(profile, 30)
    rows = await till.shop.sql("SELECT name FROM events WHERE tenant_id = %s ORDER BY id", till.shop.tenant.id)
    assert [name for (name,) in rows] == [
        "reward.created",
        "balance.updated",
        "point.created",
        "balance.updated",
        "redemption.created",
        "reward.redeemed",
        "reward.updated",
        "point.updated",
        "balance.updated",
    ]
    before = await till.shop.sql("SELECT count(*) FROM audits WHERE tenant_id = %s", till.shop.tenant.id)
    await till.shop.put(f"/rewards/{reward['id']}", {"value_remaining": 0})
    assert await till.shop.sql("SELECT count(*) FROM audits WHERE tenant_id = %s", till.shop.tenant.id) == before


async def test_a_redeem_takes_few_statements_however_many_lots(till, statements):
    profile = await till.profile()
    for _ in range(8):
        await till.reward(profile, 5)
        await till.points(profile, 100)
    with statements() as run:
        await till.redeem(profile, 46)
    assert len(run) <= 9, run


async def test_subscribers_get_the_lot_with_its_profile(till):
    profile = await till.profile("ana@example.com")
    for name in ("reward.redeemed", "balance.updated", "redemption.created", "point.updated"):
        await till.shop.sql(
            "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, %s, 'trigger', 1)",
            till.shop.tenant.id,
            name,
        )
    await till.reward(profile, 25)
    await till.points(profile, 1000)
    await till.redeem(profile, 30)
    rows = await till.shop.sql(
        "SELECT e.name, c.context FROM events e JOIN event_contexts c ON c.tenant_id = e.tenant_id AND c.event_id = e.id"
        " WHERE e.tenant_id = %s ORDER BY e.id",
        till.shop.tenant.id,
    )
    told = dict(rows)
    assert told["reward.redeemed"]["redeemed_value"] == 25
    assert told["reward.redeemed"]["redemption"]["total"] == 30
    assert told["reward.redeemed"]["profile"]["email"] == "ana@example.com"
    assert told["balance.updated"]["combined_balance_dollars"] == 5
    assert told["balance.updated"]["profile"]["id"] == profile
    assert [item["value"] for item in told["redemption.created"]["items"]] == [25, 500]
    assert told["point.updated"]["value_remaining"] == 500


async def test_new_terms_announce_a_balance_only_where_it_moves(till):
    """A later end of what is spendable leaves the balance as it is; reviving what had ended does not."""
    shop, profile = till.shop, await till.profile()
    definition = await till.define("rewards", is_extendable=True)
    store = await till.define("credits", is_extendable=True)
    lasting, ended = [
        await till.reward(profile, 10, reward_definition_id=definition, **dates)
        for dates in ({}, {"issued_at": "2020-01-01", "expires_at": "2020-02-01"})
    ]
    card = await till.credit(profile, 5, credit_definition_id=store, expires_at="2099-01-01")
    debt = [await till.points(profile, value) for value in (100, -30)]

    async def announced():
        rows = await shop.sql("SELECT name FROM events WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
        await shop.sql("DELETE FROM events WHERE tenant_id = %s", shop.tenant.id)
        return [name for (name,) in rows]

    assert (await announced()).count("balance.updated") == 4
    assert [(await shop.get(f"/points/{lot['id']}"))["data"]["value_remaining"] for lot in debt] == [70, 0]
    for kind, lot in (("rewards", lasting), ("credits", card)):
        body = {"profile_id": profile, "ids": [lot["id"]], "extend_days": 2}
        await shop.post(f"/{kind}/extend", body, status=200)
        assert await announced() == [f"{kind[:-1]}.updated"]
    await shop.put(f"/rewards/{lasting['id']}", {"expires_at": "2098-01-01"})
    assert await announced() == ["reward.updated"]
    body = {"profile_id": profile, "ids": [ended["id"]], "extend_date": "2099-01-01"}
    await shop.post("/rewards/extend", body, status=200)
    assert await announced() == ["reward.updated", "balance.updated"]
