"""What purchases earn in points: once, corrected when computed again, taken back with the sale (commerce 1.7, 5.3)."""

import asyncio
from typing import Any

import pytest
from sales import customer, line
from schemes import Scheme, points

pytestmark = pytest.mark.anyio


@pytest.fixture
def scheme(shop: Any, jobs: Any) -> Scheme:
    return Scheme(shop, jobs)


TOTAL, PRICE = {"var": "total"}, {"var": "price_sell"}


async def test_points_name_the_sale_and_are_told_of_once_before_the_end(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition = await scheme.definition()
    await scheme.trigger("transaction.created", points(definition, TOTAL))
    await scheme.trigger("transaction-item.created", points(definition, PRICE))
    for event in ("transaction.points.issued", "transaction.sync"):
        await scheme.trigger(event)
    made = await scheme.buys(who, 100, items=[line(price_sell=40), line(price_sell=60)], receipt_ref="R-1")
    assert await scheme.lots(who) == [
        (100, 100, "transaction"),
        (40, 40, "transaction_item"),
        (60, 60, "transaction_item"),
    ]
    lot, first, second = (await shop.get(f"/profiles/{who}/points?sort=id"))["data"]
    assert lot["source"] == {
        "id": made["id"],
        "external_id": made["external_id"],
        "receipt_ref": "R-1",
        "transacted_at": made["transacted_at"],
        "total": 100,
    }
    assert [row["source"] for row in (first, second)] == [{"id": item["id"]} for item in made["items"]]
    (issued,) = await scheme.told("transaction.points.issued")
    assert (issued["id"], issued["profile"]["id"]) == (made["id"], who)
    assert [row["id"] for row in issued["points"]] == [lot["id"], first["id"], second["id"]]
    assert issued["points"][0]["definition"]["id"] == definition
    order = await scheme.names("point.created", "transaction.points.issued", "transaction.sync")
    assert order == ["point.created"] * 3 + ["transaction.points.issued", "transaction.sync"]
    # A sale that earns nothing says nothing.
    await scheme.buys(who, 0, items=[line(price_sell=0)])
    assert len(await scheme.told("transaction.points.issued")) == 1
    # What no sale earned names what the event was about.
    await scheme.trigger("interaction.created", points(definition, 5))
    body = {"action": "view", "channel": "app", "signal": 1, "name": "n", "namespace": "s", "description": "d"}
    interaction = (await shop.post("/interactions", {**body, "profile_id": who}))["data"]["id"]
    await scheme.jobs()
    newest = (await shop.get(f"/profiles/{who}/points?sort=-id"))["data"][0]
    told = (newest["value_initial"], newest["source_type"], newest["source"])
    assert told == (5, "interaction", {"id": interaction})


async def test_a_recalculation_corrects_by_the_difference_and_is_repeatable(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition = await scheme.definition()
    by_total = await scheme.trigger("transaction.created", points(definition, TOTAL))
    await scheme.trigger("transaction.sync")
    made = await scheme.buys(who, 80)
    await scheme.recalculate(made)
    assert await scheme.lots(who) == [(80, 80, "transaction")]
    await scheme.change(by_total, 0, value_initial={"*": [{"var": "total"}, 2]})
    for _ in range(3):
        await scheme.recalculate(made)
    await scheme.jobs()
    assert (await scheme.balance(who), await scheme.lots(who)) == (
        160,
        [(80, 80, "transaction"), (80, 80, "transaction")],
    )
    await scheme.change(by_total, 0, value_initial={"*": [{"var": "total"}, 0.5]})
    for _ in range(2):
        await scheme.recalculate(made)
    assert await scheme.balance(who) == 40
    assert [lot[0] for lot in await scheme.lots(who)] == [80, 80, -120]
    assert len(await scheme.told("transaction.sync")) == 7
    said = [(row["description"], row["point_value"]) for row in (await shop.get(f"/profiles/{who}/ledgers"))["data"]]
    assert said == [("Points adjusted", -120), ("Points adjusted", 80), ("Points issued", 80), ("Transaction", 0)]
    # Nothing any more, and then again something.
    await scheme.change(by_total, 0, value_initial=0)
    await scheme.recalculate(made)
    assert (await scheme.balance(who), [lot[0] for lot in await scheme.lots(who)]) == (0, [80, 80, -120, -40])
    await scheme.change(by_total, 0, value_initial=7)
    await scheme.recalculate(made)
    assert await scheme.balance(who) == 7
    await shop.put(f"/transactions/{made['id']}", {"is_void": True})
    assert await scheme.balance(who) == 0
    await scheme.recalculate(made)
    assert await scheme.balance(who) == 0


async def test_what_was_spent_becomes_a_debt_and_what_is_pending_waits_with_the_first(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    spendable = await scheme.definition()
    later = await scheme.definition(issue_period=10, issue_period_type="days")
    one = await scheme.trigger("transaction.created", points(spendable, 300), points(later, 50))
    made = await scheme.buys(who)
    await shop.post(f"/profiles/{who}/redeem", {"amount": 3, "location_id": None})
    assert await scheme.balance(who) == 0
    await scheme.change(one, 0, value_initial=100)
    await scheme.change(one, 1, value_initial=30)
    await scheme.recalculate(made)
    assert await scheme.balance(who) == -200
    pending = (await shop.get(f"/profiles/{who}/points?filter[point_definition_id]={later}&sort=id"))["data"]
    assert [(lot["value_initial"], lot["status"]) for lot in pending] == [(50, "pending"), (-20, "pending")]
    assert pending[0]["issued_at"] == pending[1]["issued_at"]
    await shop.advance(days=11)
    assert await scheme.balance(who) == -170
    await shop.delete(f"/transactions/{made['id']}")
    assert await scheme.balance(who) == -300


async def test_conditions_actions_and_triggers_are_those_of_now(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition, other = await scheme.definition(), await scheme.definition()
    condition = {"in": ["gold", {"var": "tags"}]}
    tagged = await scheme.trigger(
        "transaction.created", ("filter", {"condition": condition}), points(definition, 10), points(other, 1)
    )
    stopped = await scheme.trigger("transaction.created", points(definition, 500))
    made = await scheme.buys(who)
    await scheme.trigger("transaction.created", points(definition, 9000))
    await shop.put(f"/triggers/{stopped}", {"is_active": False})
    assert await scheme.lots(who) == [(500, 500, "transaction")]
    await shop.put(f"/transactions/{made['id']}", {"tags": ["gold"]})
    await scheme.recalculate(made)
    assert [lot[0] for lot in await scheme.lots(who)] == [500, 10, 1]
    # An action that gives by another definition, and one that is no more.
    actions = (await shop.get(f"/triggers/{tagged}/actions"))["data"]
    await scheme.change(tagged, 1, definition=other)
    await shop.delete(f"/triggers/{tagged}/actions/{actions[2]['id']}")
    await scheme.recalculate(made)
    held = await shop.sql(
        "SELECT point_definition_id, sum(value_remaining) FROM points WHERE tenant_id = %s GROUP BY 1 ORDER BY 1",
        shop.tenant.id,
    )
    assert [(row[0], int(row[1])) for row in held] == [(definition, 500), (other, 10)]
    await shop.put(f"/transactions/{made['id']}", {"tags": []})
    await scheme.recalculate(made)
    assert await scheme.balance(who) == 500
    # A chain that fails leaves what it gave before.
    await shop.put(f"/transactions/{made['id']}", {"tags": ["gold"]})
    await scheme.recalculate(made)
    await scheme.change(tagged, 1, definition="no-such-definition")
    await scheme.recalculate(made)
    assert await scheme.balance(who) == 510


async def test_lines_are_evaluated_alone_and_by_the_product_that_they_mean_now(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition = await scheme.definition(handle="by-brand")
    await shop.post("/rates", {"name": "R", "handle": "by-brand", "type": "brand", "code": "Northline", "rate": 3})
    await scheme.trigger("transaction-item.created", points(definition, PRICE, check_rate=True))
    whole = await scheme.trigger("transaction.created", points(definition, 1))
    await scheme.trigger("transaction.sync")
    made = await scheme.buys(who, 30, items=[line(sku="NEW-1", price_sell=10), line(sku="NEW-2", price_sell=20)])
    assert await scheme.balance(who) == 31
    product = {"title": "Scarf", "brand": "Northline", "handle": "scarf", "external_id": "S", "status": "active"}
    identifier = (await shop.post("/products", product))["data"]["id"]
    for sku in ("NEW-1", "NEW-2"):
        await shop.post(f"/products/{identifier}/variants", {"sku": sku, "title": sku, "price": 1})
    await scheme.change(whole, 0, value_initial=1000)
    for _ in range(2):
        shown = (await shop.put(f"/transactions/items/{made['items'][0]['id']}", {}))["data"]
    assert shown["product"]["brand"] == "Northline"
    assert await scheme.balance(who) == 51
    assert len(await scheme.told("transaction.sync")) == 3
    newest = (await shop.get(f"/profiles/{who}/points?sort=-id"))["data"][0]
    assert (newest["value_initial"], newest["rate"]["rate"], newest["source"]) == (20, 3, {"id": shown["id"]})
    await shop.put(f"/transactions/items/{made['items'][1]['id']}", {})
    assert await scheme.balance(who) == 91
    await scheme.recalculate(made)
    assert await scheme.balance(who) == 1090


async def test_points_for_somebody_else_name_whose_doing_it_was_and_go_with_the_sale(scheme: Scheme) -> None:
    shop, who, friend = scheme.shop, await customer(scheme.shop), await customer(scheme.shop)
    definition = await scheme.definition()
    referral = await scheme.trigger("transaction.created", points(definition, 40, profile_id=friend))
    made = await scheme.buys(who)
    (lot,) = (await shop.get(f"/profiles/{friend}/points"))["data"]
    assert (lot["linked_profile_id"], lot["source"]["id"]) == (who, made["id"])
    assert [row["id"] for row in (await shop.get(f"/profiles/{who}/linked_points"))["data"]] == [lot["id"]]
    await scheme.change(referral, 0, value_initial=50)
    await scheme.recalculate(made)
    assert (await scheme.balance(who), await scheme.balance(friend)) == (0, 50)
    other = await customer(shop)
    await scheme.change(referral, 0, profile_id=other)
    await scheme.recalculate(made)
    assert [await scheme.balance(one) for one in (who, friend, other)] == [0, 0, 50]
    await shop.put(f"/transactions/{made['id']}", {"is_void": True})
    assert [await scheme.balance(one) for one in (who, friend, other)] == [0, 0, 0]


async def test_a_purchase_that_is_taken_and_given_back_earns_again(scheme: Scheme) -> None:
    shop, who, other = scheme.shop, await customer(scheme.shop), await customer(scheme.shop)
    definition = await scheme.definition()
    tier = ("tier-point.create", {"definition": definition, "value": TOTAL})
    await scheme.trigger("transaction.created", points(definition, TOTAL), tier)
    await scheme.trigger("transaction-item.created", points(definition, 1))
    await scheme.trigger("transaction.points.issued")
    made = await scheme.buys(who, 80)
    path = f"/transactions/{made['id']}"

    async def stand() -> list[Any]:
        return [(await scheme.balance(one), await scheme.tier_points(one)) for one in (who, other)]

    earned, nothing = (81, [(80, "transaction")]), (0, [])
    assert await stand() == [earned, nothing]
    await shop.put(path, {"profile_id": other})
    await scheme.jobs()
    assert await stand() == [nothing, earned]
    for _ in range(2):
        await shop.post(f"/profiles/{other}{path}/unattach", status=200)
        assert await stand() == [nothing, nothing]
        await shop.put(path, {"profile_id": other})
        await scheme.jobs()
        assert await stand() == [nothing, earned]
    await shop.put(path, {"profile_id": who})
    await scheme.jobs()
    assert await stand() == [earned, nothing]
    issued = [
        (told["profile_id"], [lot["value_initial"] for lot in told["points"]])
        for told in await scheme.told("transaction.points.issued")
    ]
    assert issued[:2] == [(who, [80, 1]), (other, [80, 1])]


async def test_tier_points_get_the_value_that_is_computed_last(scheme: Scheme) -> None:
    who = await customer(scheme.shop)
    definition = await scheme.definition()
    arguments = {"definition": definition, "value": TOTAL}
    trigger = await scheme.trigger("transaction.created", ("tier-point.create", arguments))
    made = await scheme.buys(who, 80)
    await scheme.change(trigger, 0, value={"*": [{"var": "total"}, 3]})
    for _ in range(2):
        await scheme.recalculate(made)
    assert await scheme.tier_points(who) == [(240, "transaction")]
    assert await scheme.names("tier-point.created", "tier-point.updated") == [
        "tier-point.created",
        "tier-point.updated",
    ]
    await scheme.change(trigger, 0, value=0)
    await scheme.recalculate(made)
    assert await scheme.tier_points(who) == []
    await scheme.change(trigger, 0, value=5)
    await scheme.recalculate(made)
    assert await scheme.tier_points(who) == [(5, "transaction")]


async def test_an_action_gives_once_for_a_sale_whatever_event_told_of_it(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition = await scheme.definition()
    for event in ("transaction.updated", "transaction.sync"):
        await scheme.trigger(event, points(definition, {"*": [{"var": "total"}, {"+": [{"var": "meta.times"}, 1]}]}))
    await scheme.trigger("transaction.points.issued")
    made = await scheme.buys(who, 80, meta={"times": 0})
    assert await scheme.balance(who) == 80
    (issued,) = await scheme.told("transaction.points.issued")
    assert [lot["value_initial"] for lot in issued["points"]] == [80]
    for times in (1, 1, 2):
        await shop.put(f"/transactions/{made['id']}", {"meta": {"times": times}})
        await scheme.jobs()
    assert await scheme.balance(who) == 80 + 240
    await shop.post(f"/transactions/{made['id']}/event-trigger", {"event": "transaction.sync"}, status=200)
    await scheme.jobs()
    assert await scheme.balance(who) == 240 + 240


async def test_a_void_return_gives_back_what_the_return_took(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition = await scheme.definition()
    await scheme.trigger("transaction.created", points(definition, TOTAL))
    await scheme.buys(who, 100)
    back = await scheme.buys(who, -30, items=[line(quantity=-1, price_sell=30)])
    assert (await scheme.balance(who), await scheme.lots(who)) == (
        70,
        [(100, 70, "transaction"), (-30, 0, "transaction")],
    )
    await shop.put(f"/transactions/{back['id']}", {"is_void": True})
    assert await scheme.balance(who) == 100


async def test_many_who_recalculate_at_once_correct_once_and_a_void_among_them_wins(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition = await scheme.definition()
    trigger = await scheme.trigger("transaction.created", points(definition, TOTAL))
    await scheme.trigger("transaction-item.created", points(definition, 5))
    first, second = await scheme.buys(who, 80), await scheme.buys(who, 20)
    await scheme.change(trigger, 0, value_initial={"*": [{"var": "total"}, 3]})
    line_path = f"/transactions/items/{first['items'][0]['id']}"
    await asyncio.gather(
        *(scheme.recalculate(first) for _ in range(6)),
        *(shop.put(line_path, {}) for _ in range(3)),
        *(scheme.recalculate(second) for _ in range(3)),
        shop.put(f"/transactions/{second['id']}", {"is_void": True}),
    )
    assert await scheme.balance(who) == 245
    whole = [lot[0] for lot in await scheme.lots(who) if lot[2] == "transaction" and lot[0] not in (20, 40, -20, -60)]
    assert sorted(whole)[-2:] == [80, 160]
    await scheme.jobs()
    assert await scheme.balance(who) == 245


async def test_what_is_voided_while_its_customer_is_deleted_is_taken_back_all_the_same(scheme: Scheme) -> None:
    shop, who = scheme.shop, await customer(scheme.shop)
    definition = await scheme.definition()
    tier = ("tier-point.create", {"definition": definition, "value": TOTAL})
    await scheme.trigger("transaction.created", points(definition, TOTAL), tier)
    made = await scheme.buys(who, 80)
    await scheme.buys(who, 5)
    await shop.delete(f"/profiles/{who}")
    await shop.put(f"/transactions/{made['id']}", {"is_void": True})
    await shop.post(f"/profiles/{who}/restore", status=200)
    assert (await scheme.balance(who), await scheme.tier_points(who)) == (5, [(5, "transaction")])
