"""What a sale or a new customer does to value, through HTTP: the rooms tell each other."""

import itertools

import pytest

pytestmark = pytest.mark.anyio
NUMBERS = itertools.count(1)


async def sell(shop, profile, total=50, **values):
    body = {
        "profile_id": profile,
        "external_id": f"W-{next(NUMBERS)}",
        "systems": ["pos"],
        "total": total,
        "transacted_at": "2026-03-01 03:00:00",
        "timezone": "UTC",
        "items": [{"name": "Scarf", "quantity": 1, "price_current": total, "price_sell": total}],
        **values,
    }
    return (await shop.post("/transactions", body))["data"]


async def earns(till, event, value, **values):
    """A trigger that gives points for what happens."""
    definition = await till._definition("points")
    given = {"definition": definition, "value_initial": value, **values}
    arguments = [{"name": name, "value": value} for name, value in given.items()]
    body = {"name": "points", "trigger": event, "actions": [{"name": "point.create", "arguments": arguments}]}
    await till.shop.post("/triggers", body)


async def told(till, profile):
    return [(line["type"], line["description"], line["dollar_value"]) for line in await till.ledger(profile)]


async def test_a_statement_shows_the_sale_with_its_redemption(till):
    profile = await till.profile()
    lot = await till.reward(profile, 20)
    done = await till.redeem(profile, 15)
    made = await sell(till.shop, profile, redemption_id=done["id"])
    line = (await till.ledger(profile))[0]
    subject = line["type_attributes"]
    assert (line["type"], line["dollar_value"], line["dollar_balance"]) == ("transaction", 50, 5)
    assert subject == (await till.shop.get(f"/transactions/{made['id']}"))["data"]
    assert subject["redemption"]["id"] == done["id"]
    spent = subject["redemption"]["items"][0]
    assert (spent["type"], spent["type_attributes"]["id"], spent["value"]) == ("reward", lot["id"], 15)
    assert (await till.shop.get(f"/ledgers/{line['id']}"))["data"] == line


@pytest.mark.parametrize("how", ["void", "supersede", "delete", "unassign"])
async def test_points_of_a_sale_are_taken_back_once(till, jobs, how):
    """Pending points are emptied, spendable ones met by a debt; the redemption follows or is let go as the sale goes."""
    profile, shop = await till.profile(), till.shop
    await earns(till, "transaction.created", 500)
    await earns(till, "transaction.created", 70, issued_at="2099-01-01 00:00:00")
    await earns(till, "transaction-item.created", 30)
    await till.reward(profile, 10)
    done = await till.redeem(profile, 10)
    made = await sell(shop, profile, redemption_id=done["id"])
    await jobs()
    earned = (await shop.get(f"/profiles/{profile}/points?sort=id"))["data"]
    assert [(lot["source_type"], lot["value_initial"], lot["status"]) for lot in earned] == [
        ("transaction", 500, "issued"),
        ("transaction", 70, "pending"),
        ("transaction_item", 30, "issued"),
    ]
    later = earned[1]["id"]
    await till.points(profile, 100)
    assert (await till.figures(profile))[1] == 630
    path = f"/transactions/{made['id']}"
    if how == "void":
        for _ in range(2):
            await shop.put(path, {"is_void": True})
    elif how == "delete":
        await shop.delete(path)
    elif how == "unassign":
        await shop.post(f"/profiles/{profile}{path}/unattach", status=200)
    else:
        corrected = {**made, "profile_id": profile, "total": 60}
        for name in ("redemption", "reversed_redemptions", "profile", "location", "staff", "custom_fields", "id"):
            corrected.pop(name)
        corrected["items"] = [{"name": "Scarf", "quantity": 1, "price_current": 60, "price_sell": 60}]
        await shop.post("/transactions/update-create", corrected)
    assert (await till.figures(profile))[1] == 100
    assert await till.left("points", later) == 0
    lines = await told(till, profile)
    said = {"void": "voided", "supersede": "superseded", "delete": "deleted", "unassign": "unassigned"}[how]
    assert lines.count(("transaction", f"Transaction {said}", -50)) == 1
    linked = (await shop.get(f"/redemptions/{done['id']}"))["data"]["transaction_id"]
    if how == "supersede":
        assert linked not in (None, made["id"])
        assert ("transaction", "Transaction", 60) in lines
    else:
        assert linked == (None if how == "delete" else made["id"])


async def test_a_gift_waits_for_the_person_with_its_address(till):
    """Gifts move when the address appears, whether with a new profile, a change or a restoration; spent ones stay."""
    shop, giver = till.shop, await till.profile()
    definition = await till.define("credits", is_reassignable=True)
    gift = {"creator_profile_id": giver, "credit_definition_id": definition}
    first = await till.credit(None, 40, recipient_email="Sam.Gift@Example.com", **gift)
    second = await till.credit(None, 25, recipient_email="other@example.com", **gift)
    used = await till.credit(None, 30, recipient_email="sam.gift@example.com", **gift)
    kept = await till.credit(None, 5, recipient_email="sam.gift@example.com", creator_profile_id=giver)
    await shop.post(f"/profiles/{giver}/credits/{used['id']}/redeem", {"amount": 1})
    assert (await till.balances(giver))["credit_balance"] == 99
    body = {"first_name": "Sam", "last_name": "Gift", "email": "sam.gift@example.com"}
    heir = (await shop.post("/profiles", body))["data"]["id"]

    async def owners():
        paths = [f"/credits/{lot['id']}" for lot in (first, second, used, kept)]
        return [(await shop.get(path))["data"]["profile_id"] for path in paths]

    assert await owners() == [heir, giver, giver, giver]
    assert (await till.balances(heir))["credit_balance"] == 40
    assert (await till.balances(giver))["credit_balance"] == 59
    await shop.put(f"/profiles/{heir}", {"email": "other@example.com"})
    assert await owners() == [heir, heir, giver, giver]
    assert (await till.balances(heir))["credit_balance"] == 65
    names = await shop.sql(
        "SELECT entity_id FROM events WHERE tenant_id = %s AND name = 'credit.updated' AND profile_id = %s ORDER BY id",
        shop.tenant.id,
        heir,
    )
    assert [int(name) for (name,) in names] == [first["id"], second["id"]]


async def test_statuses_of_the_redeemer(till):
    shop, profile = till.shop, await till.profile()
    for handle, order in (("silver", 2), ("gold", 1)):
        await shop.post("/statuses", {"name": handle.title(), "handle": handle, "sort_order": order})
    await shop.put(f"/profiles/{profile}", {"statuses": ["silver", "gold"]})
    await till.reward(profile, 5)
    done = await till.redeem(profile, 5)
    assert (await shop.get(f"/redemptions/{done['id']}"))["data"]["profile"]["statuses"] == ["gold", "silver"]


async def test_a_credit_is_found_by_a_custom_field(till):
    shop, profile = till.shop, await till.profile()
    field = {"namespace": "shop", "handle": "gift_card_id", "type": "string", "value": "gc_77"}
    one = await till.credit(profile, 10, custom_fields=[field])
    await till.credit(profile, 10, custom_fields=[{**field, "value": "gc_78"}])
    assert one["custom_fields"] == {"shop": {"gift_card_id": "gc_77"}}
    query = {"filter[custom_field][shop][gift_card_id]": "gc_77"}
    assert [lot["id"] for lot in (await shop.get("/credits", params=query))["data"]] == [one["id"]]
    before = (await shop.get(f"/credits/{one['id']}"))["data"]
    same = (await shop.put(f"/credits/{one['id']}", {"custom_fields": [field]}))["data"]
    assert same == before
    field = {**field, "type": "integer", "value": "12"}
    changed = (await shop.put(f"/credits/{one['id']}", {"custom_fields": [field]}))["data"]
    assert changed["custom_fields"] == {"shop": {"gift_card_id": 12}}
    assert (await shop.get("/credits", params=query))["data"] == []
    wrong = [{**field, "value": "many"}]
    errors = (await shop.put(f"/credits/{one['id']}", {"custom_fields": wrong}, status=422))["errors"]
    assert set(errors) == {"custom_fields.0.value"}
    await shop.delete(f"/credits/{one['id']}")
    left = await shop.sql("SELECT count(*) FROM custom_fields WHERE tenant_id = %s", shop.tenant.id)
    assert left == [(1,)]


async def test_a_named_credit_is_spent_in_another_currency(till):
    shop, profile = till.shop, await till.profile()
    await shop.post("/currencies", {"from": "AUD", "to": "NZD", "rate": 1.1})
    card = await till.credit(profile, 50)
    path = f"/profiles/{profile}/credits/{card['id']}/redeem"
    done = (await shop.post(path, {"amount": 22, "currency": "NZD"}))["data"]
    figures = (done["total"], done["total_localised"], done["currency"], done["exchange_rate"])
    assert figures == (20, 22, "NZD", 1.1)
    assert (done["items"][0]["value"], done["items"][0]["dollar_value"]) == (20, 20)
    errors = (await shop.post(path, {"amount": 33.01, "currency": "NZD"}, status=422))["errors"]
    assert errors == {"amount": ["The amount field must not be greater than 33.00."]}
    assert set((await shop.post(path, {"amount": 1, "currency": "QQQ"}, status=422))["errors"]) == {"currency"}
    await shop.post(path, {"amount": 33, "currency": "NZD"})
    assert await till.left("credits", card["id"]) == 0


async def test_a_sale_is_voided_when_its_customer_is_gone(till, jobs):
    """Who comes back has no points of it; what an erased person keeps are facts, and the books balance with both."""
    shop, absent, erased = till.shop, await till.profile(), await till.profile()
    await earns(till, "transaction.created", 70)
    sales = [await sell(shop, profile) for profile in (absent, erased)]
    await jobs()
    assert [await till.figures(profile) for profile in (absent, erased)] == [(0, 70, 0.7, 0.7)] * 2
    await shop.delete(f"/profiles/{absent}")
    await shop.delete(f"/profiles/{erased}/purge")
    for made in sales:
        assert (await shop.put(f"/transactions/{made['id']}", {"is_void": True}))["data"]["is_void"] is True
    await jobs()
    await till.check()
    await shop.post(f"/profiles/{absent}/restore", status=200)
    assert await till.figures(absent) == (0, 0, 0, 0)
    assert [line[1] for line in await told(till, absent)][:2] == ["Transaction voided", "Points taken back"]
    kept = await shop.sql("SELECT sum(value_remaining) FROM points WHERE profile_id = %s", erased)
    assert kept == [(70,)]
