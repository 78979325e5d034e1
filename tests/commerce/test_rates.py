"""Earn-rate multipliers: the resource, the choice and what points they make (commerce 11.2)."""

from decimal import Decimal

import pytest
from catalogue import make, told, variant
from hypothesis import given, settings
from hypothesis import strategies as st
from sales import customer, line, sale

from omneo_api.commerce.rates.service import Facts, _matched, _rank, rounded

pytestmark = pytest.mark.anyio

KEYS = [
    "id",
    "handle",
    "type",
    "code",
    "name",
    "rate",
    "location",
    "location_id",
    "location_object",
    "region_id",
    "region",
    "country_iso_2",
    "profile_conditions",
    "product_conditions",
    "start_time",
    "end_time",
    "issue_period",
    "issue_period_type",
    "issue_absolute_expiry",
    "earn_instructions",
    "internal_notes",
    "priority",
    "is_default",
    "is_published",
    "is_archived",
    "created_at",
    "updated_at",
]


async def rate(shop, value, **more):
    body = {"handle": "points", "type": "brand", "name": f"r{value}", "rate": value, **more}
    return (await shop.post("/rates", body))["data"]


async def place(shop, code="S1", iso="NZ"):
    address = {"address_line_1": "1", "city": "c", "postcode": "1", "state": "s", "country": "New Zealand", "iso": iso}
    body = {"name": "Shop", "phone": "1", "handle": f"h{code}", "external_id": f"E{code}", "external_code": code}
    return (await shop.post("/locations", {**body, "address": address}))["data"]


async def region(shop, handle="anz", *countries):
    body = {"name": handle, "handle": handle, "countries": [{"iso_2": code} for code in countries]}
    return (await shop.post("/regions", body))["data"]


async def test_the_resource(shop, other_shop):
    where, market = await place(shop), await region(shop)
    body = {
        "handle": "points",
        "type": "brand",
        "code": "Northline",
        "name": "Double",
        "rate": "2.50",
        "location": {"id": 5, "external_id": where["external_id"]},
        "region_id": market["id"],
        "country_iso_2": "nz",
        "profile_conditions": {"==": [{"var": "tier_handle"}, "gold"]},
        "product_conditions": [],
        "start_time": "2025-01-01",
        "issue_period": 12,
        "issue_period_type": "months",
        "priority": 1,
    }
    made = (await shop.post("/rates", body))["data"]
    assert list(made) == KEYS
    assert (made["rate"], made["location"], made["location_id"], made["country_iso_2"]) == (
        2.5,
        where["external_id"],
        where["id"],
        "NZ",
    )
    assert made["location_object"] == {"id": where["id"], "name": "Shop", "handle": "hS1"}
    assert made["region"] == {"id": market["id"], "name": "anz", "handle": "anz"}
    assert (made["profile_conditions"], made["product_conditions"]) == (body["profile_conditions"], None)
    assert (made["is_default"], made["is_published"], made["is_archived"]) == (False, True, False)
    path = f"/rates/{made['id']}"
    assert await shop.put(path, made) == {"data": made}
    changed = (await shop.put(path, {"rate": 3, "end_time": "2030-01-01 00:00:00", "handle": "miles"}))["data"]
    assert (changed["rate"], changed["handle"], changed["code"]) == (3, "miles", "Northline")
    await shop.get("/rates/miles", status=404)
    await other_shop.get(path, status=404)
    second = await rate(shop, 1, code="Tern", internal_notes="secret")
    assert [row["id"] for row in (await shop.get("/rates", params={"filter[code]": "tern"}))["data"]] == [second["id"]]
    assert await shop.get("/rates/searchAttributes/code") == [{"code": "Northline"}, {"code": "Tern"}]
    assert await shop.get("/rates/searchAttributes/rate") == [{"rate": 1}, {"rate": 3}]
    found = await shop.get("/rates/searchAttributes/code", params={"filter[search]": "NORTH"})
    assert found == await shop.get("/rates/searchAttributes/code?search=line") == [{"code": "Northline"}]
    for unknown in ("nope", "location_object", "tenant_id", "handle_key"):
        await shop.get(f"/rates/searchAttributes/{unknown}", status=422)
    await shop.delete(path)
    await shop.get(path, status=404)
    await shop.delete(path, status=404)
    assert [row["id"] for row in (await shop.get("/rates"))["data"]] == [second["id"]]
    assert await shop.get("/rates/searchAttributes/code") == [{"code": "Tern"}]
    assert await told(shop, "rate") == ["rate.created", "rate.updated", "rate.created", "rate.updated"]


async def test_a_place_has_two_names(shop):
    """`location` and `location_id` follow each other, and a location that is gone may be sent back."""
    where, other = await place(shop), await place(shop, "S2")

    async def placed(**changes):
        body = {"handle": "points", "type": "any", "rate": 1, "location": where["external_id"]}
        made = (await shop.post("/rates", body))["data"]
        found = (await shop.put(f"/rates/{made['id']}", made | changes if changes.pop("whole", 0) else changes))["data"]
        return found["location"], found["location_id"]

    assert await placed(rate=2) == (where["external_id"], where["id"])
    assert await placed(location=None) == (None, None)
    assert await placed(location_id=None) == (None, None)
    assert await placed(location="S2", whole=True) == ("S2", other["id"])
    assert await placed(location_id=other["id"], whole=True) == (None, other["id"])
    assert await placed(location="nowhere") == ("nowhere", None)
    kept = await rate(shop, 1, location_id=other["id"])
    await shop.delete(f"/locations/{other['id']}")
    sent_back = (await shop.put(f"/rates/{kept['id']}", kept | {"rate": 2}))["data"]
    assert (sent_back["rate"], sent_back["location_id"]) == (2, other["id"])
    await shop.post("/rates", kept, status=422)


REFUSED = [
    ({}, {"handle", "type", "rate"}),
    ({"rate": -1, "country_iso_2": "AUS", "location": [1]}, {"rate", "country_iso_2", "location"}),
    ({"location_id": 10**9, "region_id": 10**9}, {"location_id", "region_id"}),
    ({"start_time": "2025-02-01", "end_time": "2025-01-01"}, {"end_time"}),
    ({"issue_period_type": "absolute_date"}, {"issue_absolute_expiry"}),
    ({"issue_period_type": "fortnight", "issue_period": -1}, {"issue_period_type", "issue_period"}),
    ({"profile_conditions": "x", "product_conditions": [1]}, {"profile_conditions", "product_conditions"}),
]


async def test_what_is_refused(shop):
    for body, expected in REFUSED:
        whole = {"handle": "points", "type": "brand", "rate": 1, **body} if body else {}
        assert set((await shop.post("/rates", whole, status=422))["errors"]) == expected, body
    large = {"handle": "p", "type": "t", "rate": 1, "product_conditions": {"==": ["x" * 70_000, 1]}}
    refused = await shop.post("/rates", large, status=422)
    assert refused["errors"] == {"product_conditions": ["The condition may not be larger than 64 KB."]}
    assert (await shop.get("/rates"))["data"] == []
    await shop.post("/rates/calculate", {"handle": "points"}, status=422)
    asked = {"definition": "p", "product_id": 9, "location_id": 10**9, "region": "nowhere"}
    missing = await shop.post("/rates/estimate/product", asked, status=422)
    assert set(missing["errors"]) == {"product_id", "location_id", "region"}
    missing = await shop.post("/rates/estimate/product-variant", {"definition": "p"}, status=422)
    assert set(missing["errors"]) == {"sku"}


async def test_the_most_specific_rate_is_chosen(shop):
    where, market = await place(shop), await region(shop, "anz", "NZ")
    scarf = await make(shop, department="Soft", variants=[variant("A", barcode="93"), variant("B")])

    async def chosen(**asked):
        body = {"definition": "POINTS", "sku": "A", **asked}
        found = (await shop.post("/rates/estimate/product-variant", body, status=200))["data"]
        return None if found is None else found["name"]

    assert await chosen() is None
    await rate(shop, 9, handle="others")
    await rate(shop, 5, is_default=True, code="Nobody", name="fallback")
    assert await chosen() == "fallback"
    await rate(shop, 1, type="any", name="all")
    assert await chosen() == "all"
    await rate(shop, 2, code="northline", name="brand")
    assert await chosen() == "brand"
    assert await chosen(sku="B") == "brand"
    await rate(shop, 3, type="sku", code="a", location="s1", name="shop")
    assert (await chosen(), await chosen(location_id=where["id"])) == ("brand", "shop")
    await rate(shop, 3, type="department", code="SOFT", region_id=market["id"], country_iso_2="NZ", name="market")
    assert await chosen(location_id=where["id"]) == "market"
    assert (await chosen(region="anz"), await chosen(region="anz", country="nzl")) == ("brand", "market")
    await rate(shop, 4, type="sku", code="A", region_id=market["id"], country_iso_2="NZ", priority=1, name="first")
    assert await chosen(location_id=where["id"]) == "first"
    await rate(shop, 4, type="sku", code="A", region_id=market["id"], country_iso_2="NZ", priority=1, name="later")
    assert await chosen(location_id=where["id"]) == "first"
    await rate(shop, 4, type="brand", code="A", is_published=False, priority=99, name="wrong kind of code")
    await rate(shop, 4, type="sku", code="A", is_published=False, priority=99, name="unpublished")
    await rate(shop, 4, type="sku", code="A", end_time="2020-01-01", priority=99, name="over")
    await rate(shop, 4, type="sku", code="A", start_time="2090-01-01", priority=99, name="to come")
    await rate(shop, 4, type="sku", code="A", profile_conditions={"var": "id"}, priority=99, name="someone's")
    worth = {"<": [{"var": "price_current"}, 50]}
    await rate(shop, 4, type="sku", code="A", product_conditions=worth, priority=99, name="cheap")
    assert await chosen() == "brand"
    await shop.put(f"/products/{scarf['id']}", {"variants": [{"sku": "A", "price": 40}]})
    assert (await chosen(), await chosen(sku=None, barcode="93")) == ("cheap", "cheap")
    found = await shop.post("/rates/estimate/product", {"definition": "points", "product_id": scarf["id"]}, status=200)
    assert found == {
        "data": {
            "name": "brand",
            "handle": "points",
            "rate": 2,
            "location": None,
            "code": "northline",
            "region_id": None,
            "country_iso_2": None,
            "priority": None,
        }
    }
    unknown = {"definition": "points", "sku": "A", "region": "nowhere", "location_id": 10**9}
    refused = await shop.post("/rates/estimate/product-variant", unknown, status=422)
    assert set(refused["errors"]) == {"region", "location_id"}


async def test_calculate(shop):
    await place(shop)
    await rate(shop, 0.5, type="sku", code="A")
    await rate(shop, 3, type="sku", code="A", location="S1")

    async def total(**asked):
        return (await shop.post("/rates/calculate", {"handle": "points", "price": 19.99, **asked}, status=200))["total"]

    assert await total(type="sku", code="a") == 9.995
    assert await total(code="A") == 9.995
    assert await total(type="sku", code="A", location="s1") == 59.97
    assert await total(type="sku", code="A", location={"external_id": "ES1"}) == 59.97
    assert (await total(type="brand", code="A"), await total(type="sku", code="B"), await total()) == (0, 0, 0)
    assert await total(handle="other", code="A") == 0
    assert await total(price=-100, type="sku", code="A") == -50


@settings(max_examples=25, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([None, 1, 2]), st.sampled_from([None, 1, 2]), st.sampled_from([None, "A", "B"])),
        max_size=6,
    ),
    st.sampled_from([None, 1, 2]),
    st.sampled_from([None, 1, 2]),
)
def test_a_restriction_that_differs_excludes_and_one_that_is_met_counts(rows, location, market):
    """Against a model: restrictions met one by one."""

    class Row:
        def __init__(self, place, where, code):
            self.location, self.location_id, self.region_id, self.code = None, place, where, code
            self.country_iso_2, self.type = None, "sku"

    facts = Facts({"sku": frozenset({"a"})}, location_id=location, region_id=market)
    for held in rows:
        pairs = list(zip(held, (location, market, "A"), strict=True))
        fails = any(mine is not None and mine != asked for mine, asked in pairs)
        assert _matched(Row(*held), facts) == (None if fails else sum(mine is not None for mine, _ in pairs))


def test_ties_and_rounding():
    class Row:
        def __init__(self, identifier, priority=None, product=None, profile=None):
            self.id, self.priority = identifier, priority
            self.product_conditions, self.profile_conditions = product, profile

    plain, high, of_product, of_profile = Row(1), Row(2, 5), Row(3, product={"a": 1}), Row(4, profile={"a": 1})
    rows = [plain, high, of_product, of_profile]

    def best(prefer):
        return max(rows, key=lambda row: _rank(row, 0, prefer)).id

    assert (best(None), best("product"), best("profile")) == (2, 3, 4)
    assert max([Row(7), Row(6)], key=lambda row: _rank(row, 0, None)).id == 6
    assert max([Row(7, -1), Row(6)], key=lambda row: _rank(row, 0, None)).id == 7
    halves = ("0.5", "-0.5", "1.5", "2.5", "-2.4999")
    assert [rounded(Decimal(text)) for text in halves] == [1, -1, 2, 3, -2]


async def points(shop, profile):
    rows = (await shop.get(f"/profiles/{profile}/points"))["data"]
    return [(row["value_initial"], None if row["rate"] is None else row["rate"]["name"]) for row in rows]


def award(value, *more):
    arguments = [
        {"name": "definition", "value": "points", "is_dynamic": False},
        {"name": "value", "value": value, "is_dynamic": True},
        *({"name": name, "value": given, "is_dynamic": False} for name, given in more),
    ]
    return {"name": "point.create", "arguments": arguments}


async def test_points_by_rate(shop, jobs):
    """`round(round(base) x rate)`; the chosen rate stays on the point and its issue period beats the definition's."""
    await shop.post(
        "/points/definitions",
        {"name": "Points", "handle": "points", "issue_period": 1, "issue_period_type": "days"},
    )
    where = await place(shop)
    await make(shop, variants=[variant("A")])
    gold = {"in": ["gold", {"var": "flattened_tags"}]}
    await rate(shop, 2, code="Northline", name="brand", issue_period=10, issue_period_type="days")
    await rate(shop, 3, code="Northline", location_id=where["id"], name="shop")
    await rate(shop, 4, code="Northline", profile_conditions=gold, priority=1, name="gold")
    dear = {">": [{"var": "price_sell"}, 500]}
    await rate(shop, 5, code="Northline", product_conditions=dear, priority=2, name="dear")
    price = {"*": [{"var": "price_sell"}, {"var": "quantity"}]}
    actions = [award(price, ("check_rate", True)), award(price, ("rate", 0.5))]
    await shop.post("/triggers", {"name": "Earn", "trigger": "transaction-item.created", "actions": actions})
    plain, golden = await customer(shop), await customer(shop)
    await shop.sql("UPDATE profiles SET tags = '{gold}' WHERE id = %s", golden)

    async def earned(profile, **changes):
        place_of = {"location_id": str(where["id"])} if changes.pop("there", None) else {}
        row = line(**{"price_sell": 10.5, "sku": "A", **changes})
        before = await points(shop, profile)
        await shop.post("/transactions", sale(profile_id=profile, items=[row], **place_of))
        await jobs()
        return (await points(shop, profile))[len(before) :]

    assert await earned(plain) == [(22, "brand"), (6, None)]
    assert await earned(plain, there=True) == [(33, "shop"), (6, None)]
    assert await earned(golden) == [(44, "gold"), (6, None)]
    assert await earned(plain, quantity=-1) == [(-22, "brand"), (-6, None)]
    assert await earned(plain, sku="unknown") == [(11, None), (6, None)]
    assert await earned(plain, quantity=0) == []
    assert await earned(plain, price_sell=500.5) == [(2505, "dear"), (251, None)]
    first = (await shop.get(f"/profiles/{plain}/points"))["data"][0]
    assert first["rate"]["rate"] == 2
    assert first["issued_at"][:10] > first["accrued_at"][:10]
    sooner = await shop.sql(
        "SELECT rate_id IS NOT NULL, issued_at - accrued_at > interval '8 days' FROM points"
        " WHERE profile_id = %s ORDER BY id LIMIT 2",
        plain,
    )
    assert sooner == [(True, True), (False, False)]
