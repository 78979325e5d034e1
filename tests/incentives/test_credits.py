"""Credits: numbers, codes, locks, owners (incentives-value 7 and 8)."""

import re
from uuid import UUID

import anyio
import pytest

from omneo_api.incentives import hooks

pytestmark = pytest.mark.anyio


async def test_a_card_with_number_and_code(till):
    profile = await till.profile()
    definition = await till.define(
        "credits",
        period=36,
        period_type="months",
        timezone="Australia/Melbourne",
        credit_number_range_type="random",
        credit_number_range_start="6000000000000000",
        credit_number_range_end="6000000000009999",
        require_security_code=True,
        primary_colour="#a1B2c3",
    )
    card = await till.credit(profile, 100, credit_definition_id=definition, issued_at="2025-03-01 00:00:00")
    assert card["expires_at"] == "2028-03-01 12:59:59"
    assert re.fullmatch(r"600000000000\d{4}", card["credit_number"])
    assert re.fullmatch(r"\d{4}", card["security_code"])
    assert (card["name"], card["locked"], card["definition"]["id"]) == (card["definition"]["name"], False, definition)
    path = f"/profiles/{profile}/credits/{card['id']}/redeem"
    assert set((await till.shop.post(path, {"amount": 10}, status=422))["errors"]) == {"security_code"}
    done = (await till.shop.post(path, {"amount": 64.8, "security_code": card["security_code"]}))["data"]
    assert (done["type"], done["total"], done["items"][0]["type"]) == ("redeem", 64.8, "credit")
    assert done["items"][0]["type_attributes"]["value_remaining"] == 35.2
    errors = await till.shop.post(path, {"amount": 35.21, "security_code": card["security_code"]}, status=422)
    assert set(errors["errors"]) == {"amount"}
    await till.redeem(profile, 5, strategies=["credits"], status=422)
    assert await till.ledger(profile) == []


async def test_codes_cannot_be_tried_out(till):
    profile = await till.profile()
    definition = await till.define("credits", require_security_code=True)
    card = await till.credit(profile, 100, credit_definition_id=definition, security_code="4821")
    path = f"/profiles/{profile}/credits/{card['id']}/redeem"
    for guess in range(5):
        await till.shop.post(path, {"amount": 1, "security_code": f"000{guess}"}, status=422)
    refused = await till.shop.post(path, {"amount": 1, "security_code": "4821"}, status=422)
    assert "Too many" in refused["errors"]["security_code"][0]
    await till.shop.advance(minutes=16)
    codes = []

    async def guessed(code):
        codes.append((await till.shop.post(path, {"amount": 1, "security_code": code}, status=422))["errors"])

    async with anyio.create_task_group() as guessers:
        for number in range(14):
            guessers.start_soon(guessed, f"00{number:02}")
    assert [told["security_code"][0].startswith("Too many") for told in codes].count(False) == 5
    assert "security_code" in (await till.shop.post(path, {"amount": 1, "security_code": "4821"}, status=422))["errors"]
    assert await till.left("credits", card["id"]) == 100
    await till.shop.advance(minutes=16)
    await till.shop.post(path, {"amount": 1, "security_code": "4821"})


async def test_the_hold_of_a_checkout(till):
    profile = await till.profile()
    card = await till.credit(profile, 40)
    path = f"/credits/{card['id']}"
    rows = await till.shop.sql("SELECT to_char(now() + interval '10 minutes', 'YYYY-MM-DD HH24:MI:SS')")
    await till.shop.put(path, {"locked": True, "lock_expires_at": rows[0][0]})
    await till.shop.put(path, {"locked": True}, status=422)
    assert (await till.balances(profile))["credit_balance"] == 0
    refused = await till.shop.post(f"/profiles/{profile}{path}/redeem", {"amount": 1}, status=422)
    assert set(refused["errors"]) == {"credit"}
    await till.shop.advance(minutes=11)
    assert (await till.balances(profile))["credit_balance"] == 40
    await till.shop.post(f"/profiles/{profile}{path}/redeem", {"amount": 1})
    void = (await till.shop.put(f"/profiles/{profile}{path}", {"is_void": True}))["data"]
    assert (void["value_remaining"], void["locked"]) == (0, True)
    await till.shop.delete(path)
    await till.shop.get(path, status=404)


async def test_a_future_credit_is_out_of_the_pool_but_can_be_named(till):
    profile = await till.profile()
    card = await till.credit(profile, 40, issued_at="2090-01-01", released_at="2091-01-01")
    assert (await till.balances(profile))["credit_balance"] == 0
    await till.redeem(profile, 5, strategies=["credits"], status=422)
    await till.shop.post(f"/profiles/{profile}/credits/{card['id']}/redeem", {"amount": 15})
    assert await till.left("credits", card["id"]) == 25
    await till.shop.post(f"/profiles/{await till.profile()}/credits/{card['id']}/redeem", {"amount": 1}, status=404)


async def test_the_short_form_and_what_a_definition_requires(till):
    profile = await till.profile()
    await till.define("credits", type="promotional", is_archived=True)
    body = {"amount": 12.5, "type": "promotional", "note": "Sorry"}
    await till.shop.post(f"/profiles/{profile}/credits", body, status=422)
    await till.define("credits", type="allowance")
    made = (await till.shop.post(f"/profiles/{profile}/credits", body))["data"]
    assert (made["value_initial"], made["message"], made["definition"]["type"]) == (12.5, "Sorry", "allowance")
    strict = await till.define("credits", require_creator=True, require_assigned=True, use_custom_numbers=True)
    asked = {"credit_definition_id": strict}
    errors = (await till.shop.post("/credits", asked, status=422))["errors"]
    assert set(errors) == {"creator_profile_id", "profile_id", "credit_number", "value_initial"}
    bad = {
        "name": "x",
        "handle": "x",
        "type": "gift_card",
        "primary_colour": "red",
        "credit_number_range_type": "sequential",
    }
    assert "primary_colour" in (await till.shop.post("/credits/definitions", bad, status=422))["errors"]


async def test_a_gift_finds_its_recipient(till):
    giver = await till.profile()
    definition = await till.define("credits", is_reassignable=True)
    values = {"creator_profile_id": giver, "recipient_email": "Sam@example.com", "credit_definition_id": definition}
    gift = await till.credit(None, 50, **values)
    assert gift["profile_id"] == giver
    sam = await till.profile("sam@example.com")
    async with till.shop.writing() as session:
        assert await hooks.on_profile_email(session, UUID(sam), "sam@example.com") == 1
    assert (await till.balances(sam))["credit_balance"] == 50
    assert (await till.balances(giver))["credit_balance"] == 0
    fixed = await till.credit(sam, 5)
    await till.shop.put(f"/credits/{fixed['id']}", {"profile_id": giver}, status=422)


async def test_a_returned_credit_is_refilled_or_made_anew(till):
    profile = await till.profile()
    kept = await till.credit(profile, 40)
    gone = await till.credit(profile, 40, expires_at="2099-01-01")
    done = await till.redeem(profile, 60, strategies=["credits"])
    await till.shop.delete(f"/credits/{gone['id']}")
    await till.shop.post(f"/redemptions/{done['id']}/return")
    assert await till.left("credits", kept["id"]) == 40
    listed = (await till.shop.get(f"/profiles/{profile}/credits"))["data"]
    assert [(credit["value_remaining"], credit["is_system_generated"]) for credit in listed] == [
        (40, False),
        (40, True),
    ]
