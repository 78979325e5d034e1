"""Random lives of transactions against a simple model."""

import uuid
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sales import customer, sale

from conftest import open_shop

pytestmark = pytest.mark.anyio
PEOPLE = 2

STEP = st.one_of(
    st.tuples(st.just("create"), st.sampled_from("AB"), st.integers(1, 3), st.integers(-1, PEOPLE - 1)),
    st.tuples(st.just("upsert"), st.sampled_from("AB"), st.integers(1, 3), st.none()),
    st.tuples(st.just("void"), st.integers(0, 5), st.none(), st.none()),
    st.tuples(st.just("assign"), st.integers(0, 5), st.integers(-1, PEOPLE - 1), st.none()),
    st.tuples(st.just("delete"), st.integers(0, 5), st.none(), st.none()),
)


@dataclass
class Sale:
    ref: str
    total: int
    owner: int
    void: str | None = None


class Model:
    """What the API should know: transactions by id, and who holds which external id."""

    def __init__(self):
        self.sales = {}
        self.refs = {}

    def nth(self, place):
        known = [identifier for identifier, each in self.sales.items() if each.void not in ("deleted", "superseded")]
        return known[place % len(known)] if known else None

    def listed(self, owner=None):
        return {
            identifier: (each.total, each.void is not None)
            for identifier, each in self.sales.items()
            if each.void in (None, "void") and owner in (None, each.owner)
        }

    def spend(self, owner):
        return sum(each.total for each in self.sales.values() if each.owner == owner and each.void is None)


async def step(shop, model, people, action, first, second, third):
    if action == "create":
        owner = None if third < 0 else people[third]
        body = sale(external_id=first, total=second, profile_id=owner)
        answer = await shop.call("POST", "/transactions", json=body)
        assert answer.status_code == (422 if first in model.refs else 201)
        if answer.status_code == 201:
            model.refs[first] = answer.json()["data"]["id"]
            model.sales[model.refs[first]] = Sale(first, second, third)
    elif action == "upsert":
        answer = await shop.call("POST", "/transactions/update-create", json=sale(external_id=first, total=second))
        held = model.refs.get(first)
        if held is not None and model.sales[held].total == second:
            assert (answer.status_code, answer.json()["data"]["id"]) == (200, held)
            return
        assert answer.status_code == 201
        owner = -1 if held is None else model.sales[held].owner
        if held is not None:
            model.sales[held].void = "superseded"
        model.refs[first] = answer.json()["data"]["id"]
        model.sales[model.refs[first]] = Sale(first, second, owner)
    elif (identifier := model.nth(first)) is not None:
        one = model.sales[identifier]
        if action == "void":
            await shop.put(f"/transactions/{identifier}", {"is_void": True})
            one.void = "void"
        elif action == "assign":
            await shop.put(f"/transactions/{identifier}", {"profile_id": None if second < 0 else people[second]})
            one.owner = second
        else:
            await shop.delete(f"/transactions/{identifier}")
            one.void = "deleted"
            if model.refs.get(one.ref) == identifier:
                del model.refs[one.ref]


async def check(shop, model, people):
    rows = (await shop.get("/transactions", params={"page[size]": 100}))["data"]
    assert {row["id"]: (row["total"], row["is_void"]) for row in rows} == model.listed()
    held = await shop.sql(
        "SELECT upper(external_id_key), transaction_id FROM transaction_external_refs WHERE tenant_id = %s",
        shop.tenant.id,
    )
    assert dict(held) == model.refs
    for place, person in enumerate(people):
        page = await shop.get(f"/profiles/{person}/transactions", params={"page[size]": 100})
        assert {row["id"]: (row["total"], row["is_void"]) for row in page["data"]} == model.listed(place)
        assert page["meta"]["total"] == len(page["data"])
        told = await shop.sql(
            "SELECT coalesce(sum(dollar_value), 0) FROM ledger_entries WHERE profile_id = %s AND type = 'transaction'",
            uuid.UUID(person),
        )
        assert told == [(model.spend(place),)]
        stored = await shop.sql("SELECT spend_all FROM profile_aggregations WHERE profile_id = %s", uuid.UUID(person))
        assert (stored[0][0] if stored else 0) == model.spend(place)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=1, max_size=12))
async def test_lives_of_transactions(app, database_url, steps):
    shop = await open_shop(app, database_url)
    people = [await customer(shop) for _ in range(PEOPLE)]
    model = Model()
    for each in steps:
        await step(shop, model, people, *each)
    await check(shop, model, people)
