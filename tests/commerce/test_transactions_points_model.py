"""Random lives of purchases that earn points, against a simple model: what a sale gives is what was computed last."""

from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sales import customer, line
from schemes import Scheme, points

from conftest import open_shop, runs_jobs

pytestmark = pytest.mark.anyio
PEOPLE = 2
STEP = st.one_of(
    st.tuples(st.just("buy"), st.integers(-1, PEOPLE - 1), st.sampled_from([0, 7, 40, -15])),
    st.tuples(st.just("worth"), st.integers(0, 1), st.sampled_from([0, 1, 2, -1])),
    st.tuples(st.just("again"), st.integers(0, 4), st.none()),
    st.tuples(st.just("again"), st.integers(0, 4), st.none()),
    st.tuples(st.just("line"), st.integers(0, 4), st.none()),
    st.tuples(st.just("assign"), st.integers(0, 4), st.integers(-1, PEOPLE - 1)),
    st.tuples(st.just("void"), st.integers(0, 4), st.none()),
    st.tuples(st.just("delete"), st.integers(0, 4), st.none()),
)


@dataclass
class Sale:
    made: dict
    total: int
    owner: int
    whole: int = 0
    of_line: int = 0
    live: bool = True


def earn(each, worth, whole=True):
    """The points of a sale by its total, and those of its line by its price."""
    counts = each.live and each.owner >= 0
    each.of_line = each.total * worth[1] if counts else 0
    if whole:
        each.whole = each.total * worth[0] if counts else 0


async def step(scheme, triggers, sales, worth, people, action, place, value):
    shop = scheme.shop
    if action == "buy":
        owner = None if place < 0 else people[place]
        made = await scheme.buys(owner, value, items=[line(price_sell=value)])
        sales.append(Sale(made, value, place))
        earn(sales[-1], worth)
        return
    if action == "worth":
        worth[place] = value
        await scheme.change(triggers[place], 0, value_initial={"*": [{"var": ("total", "price_sell")[place]}, value]})
        return
    live = [each for each in sales if each.live]
    if not live:
        return
    each = live[place % len(live)]
    path = f"/transactions/{each.made['id']}"
    if action == "again":
        await scheme.recalculate(each.made)
        earn(each, worth)
    elif action == "line":
        await shop.put(f"/transactions/items/{each.made['items'][0]['id']}", {})
        earn(each, worth, whole=False)
    elif action == "assign" and value != each.owner:
        if value < 0:
            await shop.post(f"/profiles/{people[each.owner]}{path}/unattach", status=200)
        else:
            await shop.put(path, {"profile_id": people[value]})
        each.owner = value
        earn(each, worth)
    elif action in ("void", "delete"):
        await (shop.put(path, {"is_void": True}) if action == "void" else shop.delete(path))
        each.live = False
        earn(each, worth)
    await scheme.jobs()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=14))
async def test_balances_are_those_of_the_model(app, database_url, steps):
    shop = await open_shop(app, database_url)
    scheme = Scheme(shop, runs_jobs(shop))
    people = [await customer(shop) for _ in range(PEOPLE)]
    definition = await scheme.definition()
    worth = [1, 1]
    triggers = [
        await scheme.trigger("transaction.created", points(definition, {"*": [{"var": "total"}, 1]})),
        await scheme.trigger("transaction-item.created", points(definition, {"*": [{"var": "price_sell"}, 1]})),
    ]
    sales = []
    for action in steps:
        await step(scheme, triggers, sales, worth, people, *action)
        for place, who in enumerate(people):
            due = sum(each.whole + each.of_line for each in sales if each.owner == place)
            assert await scheme.balance(who) == due, (action, place)
            lots = await shop.sql("SELECT coalesce(sum(value_initial), 0) FROM points WHERE profile_id = %s", who)
            assert lots[0][0] == due
