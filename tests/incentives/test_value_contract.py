"""Sentences of incentives-value that a stranger tried: whole objects sent back, notices of credits, named returns."""

import pytest
from entitlements import define, issue, read

from omneo_api.foundation.jobs import execute
from omneo_api.incentives import notices

pytestmark = pytest.mark.anyio


async def turn(till):
    await execute(till.shop.database, "incentives.notify", {"tenant": till.shop.handle})


async def test_credits_and_their_definitions_carry_custom_fields(shop, till):
    """A definition shows its fields raw, a credit grouped; what was read can be sent back as it is."""
    await shop.post("/currencies", {"from": "NZD", "to": "AUD", "rate": 0.92})
    field = {"namespace": "erp", "handle": "code", "type": "integer", "value": "7"}
    definition = await till.define("credits", currency="NZD", custom_fields=[field])
    path = f"/credits/definitions/{definition}"
    shown = (await shop.get(path))["data"]
    assert [(one["namespace"], one["handle"], one["type"], one["value"]) for one in shown["custom_fields"]] == [
        ("erp", "code", "integer", 7)
    ]
    currencies = (await shop.get("/currencies", params={"filter[from]": "NZD"}))["data"]
    assert shown["currency_id"] == currencies[0]["id"]
    assert (await shop.put(path, shown))["data"] == shown
    card = await till.credit(None, 5, credit_definition_id=definition, custom_fields=[{**field, "handle": "card"}])
    assert (card["custom_fields"], card["definition"]["custom_fields"]) == (
        {"erp": {"card": 7}},
        shown["custom_fields"],
    )
    assert (await shop.put(f"/credits/{card['id']}", card))["data"] == card
    for model, identifier in (("credit", card["id"]), ("credit_definition", definition)):
        more = {"namespace": "shop", "handle": "gid", "type": "string", "value": "g-1"}
        made = (await shop.post(f"/custom-fields/{model}/{identifier}", more))["data"]
        assert (made["custom_fieldable_type"], made["custom_fieldable"]) == (model, {"id": identifier})
        await shop.post(f"/custom-fields/{model}/999999", more, status=404)
    for family in ("/credits", "/credits/definitions"):
        rows = (await shop.get(family, params={"filter[custom_field][shop][gid]": "g-1"}))["data"]
        assert [row["id"] for row in rows] == [card["id"] if family == "/credits" else definition]
    await shop.delete(path)
    assert (await shop.get(f"/credits/{card['id']}"))["data"]["definition"]["custom_fields"] == []


async def test_the_targets_of_a_credit_are_told_once(shop, till, monkeypatch):
    """Issue at a local hour, release when it is released, the end before it; an end that moves is told again."""
    sent = []

    async def send(session, target_id, kind, identifier):
        sent.append((target_id, kind, identifier))

    monkeypatch.setattr(notices, "_senders", [send])
    definition = await till.define(
        "credits",
        timezone="Australia/Melbourne",
        is_extendable=True,
        notify_issue_offset_days=1,
        notify_issue_offset_hour=9,
        notify_remind_offset_days=2,
        notify_remind_offset_hour=9,
    )
    await shop.sql(
        "UPDATE credit_definitions SET issue_target_id = 1, release_target_id = 2, expiry_target_id = 3,"
        " remind_target_id = 4, extend_target_id = 5 WHERE id = %s",
        definition,
    )
    profile = await till.profile()
    values = {
        "credit_definition_id": definition,
        "issued_at": "2026-01-10 20:00:00",
        "released_at": "2026-02-01 00:00:00",
        "expires_at": "2099-01-10 12:59:59",
    }
    kept, spent, gone = [await till.credit(profile, 5, **values) for _ in range(3)]
    kinds = ("issue", "release", "expiry", "remind", "extend")
    columns = ", ".join(f"(notify_{kind}_at AT TIME ZONE 'UTC')::text" for kind in kinds)
    asked = f"SELECT {columns} FROM credits WHERE id = %s"
    before = "2099-01-07 22:00:00"
    assert await shop.sql(asked, kept["id"]) == [
        ("2026-01-11 22:00:00", "2026-02-01 00:00:00", before, before, before),
    ]
    await shop.put(f"/credits/{spent['id']}", {"is_void": True})
    await shop.delete(f"/credits/{gone['id']}")
    for _ in range(2):
        await turn(till)
    assert sent == [(1, "credit", kept["id"]), (2, "credit", kept["id"])]
    sent.clear()
    told = (await shop.get(f"/credits/{kept['id']}"))["data"]
    assert [told[f"has_notified_{kind}"] for kind in kinds] == [True, True, False, False, False]
    rows = await shop.sql("SELECT to_char(now() + interval '1 day', 'YYYY-MM-DD HH24:MI:SS')")
    await shop.put(f"/credits/{kept['id']}", {"expires_at": rows[0][0]})
    for _ in range(2):
        await turn(till)
    assert sent == [(target, "credit", kept["id"]) for target in (3, 4, 5)]
    sent.clear()
    body = {"profile_id": profile, "ids": [kept["id"]], "extend_days": 1}
    assert [one["id"] for one in (await shop.post("/credits/extend", body, status=200))["data"]] == [kept["id"]]
    await turn(till)
    assert sent == [(target, "credit", kept["id"]) for target in (3, 4)]
    events = await shop.sql(
        "SELECT count(*) FROM events WHERE tenant_id = %s AND name = 'reward.expiring'", shop.tenant.id
    )
    assert events == [(0,)]


async def test_a_return_gives_back_the_benefits_that_it_names(shop, till):
    profile = await till.profile()
    benefit, other = [await issue(till, profile, await define(till, max_redemptions=5)) for _ in range(2)]
    await till.reward(profile, 30)
    handle = benefit["definition"]["handle"]
    asked = [{"id": int(benefit["id"]), "quantity": 3}, {"id": int(other["id"])}]
    done = await till.redeem(profile, 30, benefits=asked)
    path = f"/redemptions/{done['id']}/return"
    refused = await shop.post(path, {"benefits": [{"handle": handle, "quantity": 4}, {"id": 0}]}, status=422)
    assert refused["errors"] == {
        "benefits.0": ["The selected benefits.0 is invalid."],
        "benefits.1": ["The selected benefits.1 is invalid."],
    }
    part = (await shop.post(path, {"benefits": [{"handle": handle.upper(), "quantity": 2}]}))["data"]
    assert (part["total"], part["balances"]["reward_balance"]) == (0, 0)
    assert (await read(till, benefit))["redemptions_remaining"] == 4
    both = (await shop.post(path, {"amount": 10, "benefits": [{"id": int(benefit["id"])}]}))["data"]
    assert (both["total"], both["balances"]["reward_balance"]) == (10, 10)
    assert [(await read(till, one))["redemptions_remaining"] for one in (benefit, other)] == [5, 4]
    assert "benefits.0" in (await shop.post(path, {"benefits": [{"handle": handle}]}, status=422))["errors"]
    rest = (await shop.post(path, {}))["data"]
    assert (rest["total"], rest["balances"]["reward_balance"]) == (20, 30)
    assert (await read(till, other))["redemptions_remaining"] == 5


async def test_points_of_a_definition_with_a_currency(shop, till):
    """Their own figures are in that currency, the balance is in the system's."""
    await shop.post("/currencies", {"from": "AUD", "to": "NZD", "rate": 2})
    definition = await till.define("points", currency="NZD")
    profile = await till.profile()
    lot = await till.points(profile, 1000, point_definition_id=definition)
    assert (lot["value_initial_currency"], lot["value_remaining_currency"]) == (10, 10)
    told = await till.balances(profile, currency="NZD")
    assert (told["point_balance_dollars"], told["localised"]["point_balance_dollars"]) == (5, 10)


async def test_below_a_profile_the_body_names_nobody_else(shop, till):
    profile, other = await till.profile(), await till.profile()
    definition = await till.define("rewards")
    for named in ("nonsense", 7, other):
        body = {
            "profile_id": named,
            "profile_id_handle": "email",
            "timezone": "UTC",
            "reward_definition_id": definition,
        }
        made = (await shop.post(f"/profiles/{profile}/rewards", body))["data"]
        assert made["profile_id"] == profile
    errors = (await shop.post(f"/profiles/{profile}/rewards", {}, status=422))["errors"]
    assert set(errors) == {"timezone", "reward_definition_id"}
    await shop.post("/profiles/0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710/rewards", body, status=404)


async def test_a_reminder_is_valid_while_it_will_still_be_sent(shop, till):
    moments = "SELECT to_char(now() + make_interval(hours => %s), 'YYYY-MM-DD HH24:MI:SS')"
    ((soon,),), ((later,),) = await shop.sql(moments, 1), await shop.sql(moments, 2)
    body = {"note": "n", "channel": "slack", "schedule_type": "absolute", "timezone": "UTC", "remind_at": later}
    assert (await shop.post("/reminders", {**body, "expires_at": soon}))["data"]["is_valid"] is False
    made = (await shop.post("/reminders", body))["data"]
    assert made["is_valid"] is True
    path = f"/reminders/{made['id']}"
    await shop.put(path, {"is_active": False})
    await shop.advance(hours=3)
    woken = (await shop.put(path, {"is_active": True}))["data"]
    assert (woken["is_active"], woken["is_valid"], woken["remind_at"]) == (True, False, later)


async def test_a_hold_that_has_run_out_can_be_taken_anew(shop, till):
    """A lock without an end does not inherit the end of the hold before it."""
    profile = await till.profile()
    card = await till.credit(profile, 40)
    path = f"/credits/{card['id']}"
    held = (await shop.put(path, {"locked": True, "lock_expires_at": "2020-01-01 00:00:00"}))["data"]
    assert (held["locked"], (await till.balances(profile))["credit_balance"]) == (True, 40)
    taken = (await shop.put(path, {"locked": True}))["data"]
    assert (taken["locked"], taken["lock_expires_at"]) == (True, None)
    assert (await till.balances(profile))["credit_balance"] == 0
    assert "locked" in (await shop.put(path, {"locked": True}, status=422))["errors"]
    assert "locked" in (await shop.put(path, {"locked": True, "lock_expires_at": None}, status=422))["errors"]


async def test_the_balance_is_told_when_it_changed(shop, till):
    """What only describes a reward or a credit is told of it, not of the balance; the change is stamped."""
    profile = await till.profile()
    made = {"rewards": await till.reward(profile, 25), "credits": await till.credit(profile, 10)}
    await shop.advance(minutes=1)
    names = "SELECT name FROM events WHERE tenant_id = %s ORDER BY id"
    for family, changes, value in (
        ("rewards", ({"meta": {"a": 1}}, {"value_initial": 30}), {"value_remaining": 26}),
        ("credits", ({"message": "Hello"}, {"meta": {"a": 1}}), {"value_remaining": 9}),
    ):
        path, event = f"/{family}/{made[family]['id']}", f"{family[:-1]}.updated"
        for change in changes:
            seen = len(await shop.sql(names, shop.tenant.id))
            told = (await shop.put(path, change))["data"]
            assert (await shop.sql(names, shop.tenant.id))[seen:] == [(event,)]
            assert told["updated_at"] > made[family]["updated_at"]
            assert (await shop.put(path, change))["data"] == told
            assert len(await shop.sql(names, shop.tenant.id)) == seen + 1
        await shop.put(path, value)
        assert [name for (name,) in (await shop.sql(names, shop.tenant.id))[-2:]] == [event, "balance.updated"]


async def test_what_was_extended_is_offered_no_extension(shop, till, monkeypatch):
    """Of a planned notice the flag is false, of none null; an extended reward is told of its end alone."""
    sent = []

    async def send(session, target_id, kind, identifier):
        sent.append((target_id, kind, identifier))

    monkeypatch.setattr(notices, "_senders", [send])
    definition = await till.define(
        "rewards", is_extendable=True, notify_remind_offset_days=2, notify_extend_offset_days=2
    )
    await shop.sql(
        "UPDATE reward_definitions SET expiry_target_id = 1, extend_target_id = 2 WHERE id = %s AND tenant_id = %s",
        definition,
        shop.tenant.id,
    )
    profile = await till.profile()
    lot, offered = [await till.reward(profile, 5, reward_definition_id=definition) for _ in range(2)]
    assert [lot[f"has_notified_{kind}"] for kind in ("issue", "expiry", "extend")] == [None, False, False]
    body = {"profile_id": profile, "ids": [lot["id"]], "extend_days": 1}
    await shop.post("/rewards/extend", body, status=200)
    await shop.advance(days=29)
    await turn(till)
    assert sorted(sent) == [(1, "reward", lot["id"]), (1, "reward", offered["id"]), (2, "reward", offered["id"])]
    told = (await shop.get(f"/rewards/{lot['id']}"))["data"]
    assert [told[f"has_notified_{kind}"] for kind in ("issue", "expiry", "extend")] == [None, True, False]


async def test_a_reward_of_another_currency_rounds_halves_up(shop, till):
    """5.33 of a currency that is worth 1.5 each are 7.995, which is 8.00, also by the row that says so directly."""
    await shop.post("/currencies", {"from": "USD", "to": "AUD", "rate": 1.5})
    profile = await till.profile()
    lot = await till.reward(profile, 10, reward_definition_id=await till.define("rewards", currency="USD"))
    assert await till.figures(profile) == (15, 0, 0, 15)
    assert (await till.redeem(profile, 7))["total"] == 7
    assert (await till.left("rewards", lot["id"]), await till.figures(profile)) == (5.33, (8, 0, 0, 8))
    done = await till.redeem(profile, 8, strict=True)
    assert (done["total"], await till.left("rewards", lot["id"])) == (8, 0)
