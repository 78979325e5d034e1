"""Reactions to purchases: once per customer, and the word when they are done (automation 2.3, commerce 1.7)."""

import asyncio

import pytest
from sales import customer, events, line, sale
from schemes import Scheme

from omneo_api.automation.actions.types import Outcome, action


@action("test.count", "word*")
async def count(step):
    """Leaves an audit row"""
    values = {"word": step.arguments["word"], "profile": str(step.scope.profile_id), "event": step.scope.event}
    step.session.outbox.audit("created", "Count", step.owner_id, None, values, step.scope.profile_id)
    if step.arguments["word"] == "crash":
        raise RuntimeError
    return Outcome()


async def trigger(shop, event, word="x"):
    body = {
        "name": "t",
        "trigger": event,
        "actions": [{"name": "test.count", "arguments": [{"name": "word", "value": word}]}],
    }
    return (await shop.post("/triggers", body))["data"]["id"]


async def counted(shop):
    rows = await shop.sql(
        "SELECT new_values::json ->> 'event', new_values::json ->> 'profile' FROM audits"
        " WHERE tenant_id = %s AND auditable_type = 'Count' ORDER BY id",
        shop.tenant.id,
    )
    return list(rows)


async def names(shop):
    rows = await shop.sql("SELECT name FROM events WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
    return [name for (name,) in rows]


async def test_the_word_comes_after_what_the_reactions_caused(shop, jobs):
    who = await customer(shop)
    await shop.post("/points/definitions", {"name": "Points", "handle": "points", "type": "campaign"}, status=201)
    arguments = [{"name": "definition", "value": "points"}, {"name": "value_initial", "value": 5}]
    body = {"name": "t", "trigger": "transaction.created"}
    await shop.post("/triggers", body | {"actions": [{"name": "point.create", "arguments": arguments}]})
    await trigger(shop, "point.created")
    made = (await shop.post("/transactions", sale(profile_id=who)))["data"]
    assert "transaction.sync" not in await names(shop)
    await jobs()
    heard = await names(shop)
    assert heard.index("transaction.created") < heard.index("point.created") < heard.index("transaction.sync")
    assert heard.count("transaction.sync") == 1
    assert [event for event, _ in await counted(shop)] == ["point.created"]
    counts = await shop.sql(
        "SELECT a.id < e.id FROM events e, audits p, events a WHERE e.tenant_id = %s AND e.name = 'transaction.sync'"
        " AND a.tenant_id = e.tenant_id AND a.name = 'point.created' AND p.tenant_id = e.tenant_id"
        " AND p.auditable_type = 'Count' AND p.created_at <= e.created_at",
        shop.tenant.id,
    )
    assert counts == [(True,)]
    await jobs(scheduled=True)
    told = ["transaction.created", "transaction.points.issued", "transaction.sync"]
    assert await events(shop, made["id"]) == told


async def test_a_reaction_that_is_tried_again_holds_the_word_back(shop, jobs):
    await trigger(shop, "transaction.created", "crash")
    who = await customer(shop)
    made = (await shop.post("/transactions", sale(profile_id=who)))["data"]
    await jobs()
    assert await events(shop, made["id"]) == ["transaction.created"]
    await jobs(scheduled=True)
    assert await events(shop, made["id"]) == ["transaction.created", "transaction.sync"]


@pytest.mark.parametrize("void", [False, True])
async def test_an_anonymous_or_void_purchase_is_finished_too(shop, jobs, void):
    await trigger(shop, "transaction.created")
    made = (await shop.post("/transactions", sale(is_void=void)))["data"]
    await jobs()
    assert await events(shop, made["id"]) == ["transaction.created", "transaction.sync"]


async def test_a_later_customer_is_reacted_to_once_and_webhooks_hear_only_of_the_change(shop, jobs):
    await trigger(shop, "transaction.completed")
    await trigger(shop, "transaction-item.created")
    made = (await shop.post("/transactions", sale(items=[line(), line(sku="B")])))["data"]
    await jobs()
    nobody = [("transaction.created", "None"), *[("transaction-item.created", "None")] * 2]
    assert sorted(await counted(shop)) == sorted(nobody)
    first, second = await customer(shop), await customer(shop)
    before = await names(shop)
    for owner in (first, second, None, first, second):
        await shop.put(f"/transactions/{made['id']}", {"profile_id": owner})
        await jobs()
    theirs = [
        (event, owner)
        for owner in (first, second)
        for event in ("transaction.created", "transaction-item.created", "transaction-item.created")
    ]
    assert sorted(await counted(shop)) == sorted(nobody + theirs)
    heard = await names(shop)
    for name in ("transaction.created", "transaction-item.created", "transaction.sync"):
        assert heard.count(name) == before.count(name)
    assert heard.count("transaction.updated") == 5


async def test_a_customer_from_the_start_is_not_reacted_to_again(shop, jobs):
    await trigger(shop, "transaction.created")
    who = await customer(shop)
    made = (await shop.post("/transactions", sale(profile_id=who)))["data"]
    await jobs()
    await shop.call("GET", f"/profiles/{who}/transactions/{made['id']}/unattach", status=200)
    await shop.put(f"/transactions/{made['id']}", {"profile_id": who})
    await jobs()
    assert await counted(shop) == [("transaction.created", who)]


async def test_assigned_before_its_reactions_ran(shop, jobs):
    await trigger(shop, "transaction.created")
    who = await customer(shop)
    made = (await shop.post("/transactions", sale()))["data"]
    await asyncio.gather(*(shop.put(f"/transactions/{made['id']}", {"profile_id": who}) for _ in range(4)))
    await jobs()
    assert sorted(await counted(shop)) == sorted([("transaction.created", "None"), ("transaction.created", who)])


async def test_a_later_run_is_tried_again_after_a_failure_that_passes(shop, jobs):
    identifier = await trigger(shop, "transaction.created", "crash")
    made = (await shop.post("/transactions", sale()))["data"]
    await jobs(scheduled=True)
    who = await customer(shop)
    await shop.put(f"/transactions/{made['id']}", {"profile_id": who})
    await jobs(scheduled=True)
    (row,) = await shop.sql(
        "SELECT h.state, i.status, h.actionable_id FROM action_histories h JOIN action_history_items i"
        " ON i.tenant_id = h.tenant_id AND i.action_history_id = h.id WHERE h.tenant_id = %s AND h.profile_id = %s",
        shop.tenant.id,
        who,
    )
    assert row == ("done", "failed", identifier)


async def test_a_claim_is_reacted_to_as_the_purchase_it_claims(shop, jobs):
    await trigger(shop, "transaction.created")
    await shop.post("/transactions", sale(receipt_ref="R-1"))
    await jobs()
    who = await customer(shop)
    path = f"/profiles/{who}/transactions/claims"
    body = {"transaction_receipt_ref": "R-1", "transaction_total": 80.5}
    await asyncio.gather(*(shop.call("POST", path, json=body) for _ in range(3)))
    await jobs()
    assert await counted(shop) == [("transaction.created", "None"), ("transaction.created", who)]
    assert (await names(shop)).count("transaction.created") == 1


async def test_a_line_is_told_alike_alone_and_in_its_purchase(shop):
    """Automation 3.3, commerce 5.4: the lines of a purchase are those of its lines' events but for the purchase."""
    who = await customer(shop, "ada@example.com")
    variant = {"sku": "SC-GRN", "title": "Green", "price": 95, "barcode": "930", "options": [{"value": "Green"}]}
    await shop.post("/products", {"title": "Scarf", "handle": "scarf", "brand": "Northwind", "variants": [variant]})
    await trigger(shop, "transaction.created")
    await trigger(shop, "transaction-item.created")
    await shop.post("/transactions", sale(profile_id=who, items=[line(quantity=-2), line(sku=None)]))
    rows = await shop.sql(
        "SELECT c.context FROM events e JOIN event_contexts c ON c.tenant_id = e.tenant_id AND c.event_id = e.id"
        " WHERE e.tenant_id = %s ORDER BY e.id",
        shop.tenant.id,
    )
    purchase, *lines = (row[0] for row in rows)
    for alone in lines:
        assert alone.pop("transaction")["id"] == purchase["id"]
    assert purchase["items"] == lines
    told = ("item_sku", "barcode", "quantity_abs", "is_transaction_void", "profile_id")
    assert [lines[0][name] for name in told] == ["SC-GRN", "930", 2, False, who]
    assert (lines[0]["profile"]["email"], lines[0]["product_options"][0]["value"]) == ("ada@example.com", "Green")
    assert [lines[1][name] for name in told] == [None, None, 1, False, who]


async def test_a_line_that_counts_for_an_achievement_is_found_by_that(shop, jobs):
    who = await customer(shop)
    level = {"name": "One", "display_number": 1, "trigger": 1}
    await shop.post("/achievements/definitions", {"name": "Hats", "handle": "hats", "levels": [level]})
    only = {"name": "condition", "value": {"==": [{"var": "sku"}, "HT-1"]}}
    definition = {"name": "definition", "value": "hats"}
    actions = [{"name": "filter", "arguments": [only]}, {"name": "achievement.add", "arguments": [definition]}]
    await shop.post("/triggers", {"name": "t", "trigger": "transaction-item.created", "actions": actions})
    made = (await shop.post("/transactions", sale(profile_id=who, items=[line(), line(sku="HT-1")])))["data"]
    path = f"/transactions/{made['id']}/items"
    before = (await shop.get(path))["data"]
    assert (await shop.get(f"{path}?filter[achievement_counted]=1"))["data"] == []
    await jobs()
    counted = (await shop.get(f"{path}?filter[achievement_counted]=1"))["data"]
    assert counted == [row for row in before if row["sku"] == "HT-1"]
    assert len((await shop.get(f"{path}?filter[achievement_counted]=0"))["data"]) == 1


async def test_a_correction_does_not_issue_again_what_was_issued_for_the_sale_that_it_corrects(shop, jobs):
    scheme, who = Scheme(shop, jobs), await customer(shop)
    points_definition = await scheme.definition()
    reward = {"name": "R", "handle": "ten", "type": "other", "value": 10, "period": 30, "is_assignable": True}
    await shop.post("/rewards/definitions", reward)
    benefit = {"name": "B", "handle": "gift", "period": 30, "is_assignable": True}
    await shop.post("/benefits/definitions", benefit)
    achievement = {"name": "S", "handle": "s", "levels": [{"name": "Ten", "trigger": 10, "display_number": 10}]}
    achievement_id = (await shop.post("/achievements/definitions", achievement))["data"]["id"]
    large = {"condition": {">=": [{"var": "total"}, 50]}}
    again = {"definition": points_definition, "value_initial": {"var": "reward.amount"}}
    await scheme.trigger(
        "transaction.created",
        ("filter", large),
        ("reward.create", {"definition": "ten"}),
        ("point.create", again),
        ("achievement.add", {"definition": achievement_id, "count": 1}),
    )
    await scheme.trigger("transaction-item.created", ("benefit.create", {"definition": "gift"}))
    lines = [line(external_id="L-1"), line(name="Hat")]
    body = sale(total=60, profile_id=who, external_id="C-1", systems=["pos"], items=lines)

    async def issued():
        kinds = ("rewards", "benefits", f"achievements/{achievement_id}/achievement-points")
        counts = [len((await shop.get(f"/profiles/{who}/{kind}"))["data"]) for kind in kinds]
        return counts, await scheme.balance(who)

    await shop.post("/transactions/update-create", body, status=201)
    await jobs()
    assert await issued() == ([1, 2, 1], 10)
    for total, more in ((70, [line(name="Bag")]), (80, [line(name="Bag"), line(name="Cap", external_id="L-9")])):
        changed = body | {"total": total, "items": [lines[1] | {"name": "Cap"}, lines[0], *more]}
        await shop.post("/transactions/update-create", changed, status=201)
        await jobs()
    # A line is known by its external id, else by its place: Cap, Bag and L-9 are new.
    assert await issued() == ([1, 5, 1], 10)
    # A sale that had not earned it does when it is corrected, and another customer gets their own.
    small = body | {"external_id": "C-2", "total": 40}
    for total in (40, 90, 95):
        await shop.post("/transactions/update-create", small | {"total": total}, status=201)
        await jobs()
    (rewards, _, achievements), balance = await issued()
    assert (rewards, achievements, balance) == (2, 2, 20)
