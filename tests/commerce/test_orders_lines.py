"""The lines of orders: each alone, and as the complete set that a change of the order sends (commerce 5.3, 5.4)."""

from dataclasses import dataclass

import pytest
from baskets import noted, order, piece, told
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conftest import open_shop
from omneo_api.commerce.orders import lines

pytestmark = pytest.mark.anyio


async def test_a_line_lives_alone(shop):
    made = (await shop.post("/orders", order(external_id="W", receipt_ref="R", items=[])))["data"]
    path = f"/orders/{made['id']}/items"
    missing = await shop.post(path, {}, status=422)
    assert set(missing["errors"]) == {"name", "quantity", "price_current", "price_sell"}
    unknown = await shop.post(path, piece(product_variant_id=4), status=422)
    assert unknown["errors"] == {"product_variant_id": ["The selected product variant id is invalid."]}
    header = {"transacted_at": made["transacted_at"], "receipt_ref": "R", "external_id": "W"}
    first = (await shop.post(path, piece(external_id=1, discounts={"a": 1}, tags=["x"])))["data"]
    assert (first["order"], first["transaction"], first["transaction_id"]) == (header, header, None)
    assert (first["order_id"], first["external_id"], first["discounts"]) == (made["id"], "1", {"a": 1})
    second = (await shop.post(path, piece(name="B", sku=None, quantity=-1.5, is_void=True)))["data"]
    page = await shop.get(path)
    assert (page["data"], page["meta"]["total"]) == ([second, first], 2)
    assert (await shop.get(f"/orders/{made['id']}"))["data"]["items"] == [first, second]
    for name, value, expected in (
        ("sku", "rj-m", [first]),
        ("name", "b", [second]),
        ("is_void", "1", [second]),
        ("external_id", "1", [first]),
        ("quantity", "-1.5", [second]),
        ("price_sell", "120", [second, first]),
        ("variant_external_id", "x", []),
    ):
        assert (await shop.get(path, params={f"filter[{name}]": value}))["data"] == expected, name
    await shop.get(path, params={"filter[order_external_id]": "W"}, status=400)
    assert (await shop.get(f"{path}/{first['id']}"))["data"] == first
    before = await told(shop)
    assert (await shop.put(f"{path}/{first['id']}", first))["data"] == first
    assert (await shop.put(f"{path}/{first['id']}", {"is_void": None, "tags": ["x"]}))["data"] == first
    assert (await told(shop), (await noted(shop))[-1]) == (before, ("created", "OrderItem"))
    await shop.put(f"{path}/{first['id']}", {"name": None}, status=422)
    changed = (await shop.put(f"{path}/{first['id']}", {"quantity": 3, "price_tax": 1.2345, "discounts": None}))["data"]
    assert changed == {
        **first,
        "quantity": 3,
        "price_tax": 1.2345,
        "discounts": None,
        "updated_at": changed["updated_at"],
    }
    other = (await shop.post("/orders", order()))["data"]
    for method in ("GET", "PUT", "DELETE"):
        await shop.call(method, f"/orders/{other['id']}/items/{first['id']}", status=404, json={"quantity": 1})
    await shop.delete(f"{path}/{first['id']}")
    await shop.get(f"{path}/{first['id']}", status=404)
    await shop.delete(f"{path}/{first['id']}", status=404)
    assert (await shop.get(path))["data"] == [second]
    assert (await shop.get(f"/orders/{made['id']}"))["data"]["total"] == 120
    assert (await noted(shop, "OrderItem")) == [
        (what, "OrderItem") for what in ("created", "created", "updated", "deleted")
    ]
    assert await told(shop) == ["order.created"] + ["order.updated"] * 3 + ["order.created", "order.updated"]


KNOWN = [
    # stored lines, sent lines, which stored line each sent one is (None: a new one)
    ([{"external_id": "1"}], [{"external_id": "1", "name": "other", "sku": "other"}], [0]),
    ([{"external_id": "1"}, {"external_id": "2"}], [{"external_id": "2"}, {"external_id": "1"}], [1, 0]),
    ([{"name": "a", "sku": "s"}], [{"name": "a", "sku": "s", "quantity": 9}], [0]),
    ([{"name": "a", "sku": "s"}], [{"name": "b", "sku": "s"}], [None]),
    ([{"name": "a", "sku": "s"}], [{"name": "a", "sku": "t"}], [None]),
    ([{"name": "a", "sku": None}], [{"name": "a", "sku": ""}], [0]),
    ([{"name": "a", "sku": "s"}], [{"name": "a", "sku": "s"}, {"name": "a", "sku": "s"}], [0, None]),
    ([{"name": "a"}, {"name": "a"}], [{"name": "a"}, {"name": "a"}, {"name": "a"}], [0, 1, None]),
    ([{"external_id": "1", "name": "a"}], [{"external_id": "2", "name": "a"}], [None]),
    ([{"external_id": None, "name": "a"}], [{"external_id": "2", "name": "a"}], [0]),
    ([{"external_id": "1", "name": "a"}, {"name": "a"}], [{"name": "a"}, {"external_id": "1", "name": "z"}], [1, 0]),
    ([], [{"name": "a"}], [None]),
    ([{"name": "a"}], [], []),
]


async def test_which_line_is_which(shop):
    made = (await shop.post("/orders", order()))["data"]
    path = f"/orders/{made['id']}"
    for stored, sent, expected in KNOWN:
        await shop.put(path, {"items": []})
        await shop.put(path, {"items": [piece(name="n", sku="s") | line for line in stored]})
        before = [item["id"] for item in (await shop.get(path))["data"]["items"]]
        given = [piece(name="n", sku="s", price_sell=place) | line for place, line in enumerate(sent)]
        after = {item["price_sell"]: item["id"] for item in (await shop.put(path, {"items": given}))["data"]["items"]}
        assert len(after) == len(sent)
        shown = [before.index(after[place]) if after[place] in before else None for place in range(len(sent))]
        assert shown == expected, (stored, sent)
    kept = (await shop.put(path, {"items": [piece(external_id="k", price_tax=2, meta={"m": 1})]}))["data"]["items"][0]
    changes = {"items": [{"external_id": "k", "name": "k", "quantity": 5}]}
    now = (await shop.put(path, changes))["data"]["items"][0]
    assert now == {**kept, "name": "k", "quantity": 5, "updated_at": now["updated_at"]}
    assert (await shop.put(path, {"items": None, "total": 120}))["data"]["items"] == [now]
    renamed = (await shop.put(path, {"items": [{**now, "external_id": None, "name": "new"}]}))["data"]["items"][0]
    assert (renamed["id"], renamed["name"], renamed["external_id"]) == (now["id"], "new", None)


@dataclass(frozen=True)
class Row:
    id: int
    external_id: str | None
    sku: str | None
    name: str
    product_variant_id: int | None = None


SPARSE = st.none() | st.sampled_from("ab")
LINE = st.fixed_dictionaries({"external_id": SPARSE, "sku": SPARSE, "name": st.sampled_from("xy")})


@settings(max_examples=200, deadline=None)
@given(
    stored=st.lists(LINE, max_size=5), sent=st.lists(LINE, max_size=5), named=st.lists(st.integers(0, 4), max_size=3)
)
def test_no_line_is_two(stored, sent, named):
    rows = [Row(place, **line) for place, line in enumerate(stored)]
    given = [{**line, "id": named[place]} if place < len(named) else line for place, line in enumerate(sent)]
    pairs = lines.match(given, rows)
    assert [line for line, _ in pairs] == given
    taken = [row for _, row in pairs if row is not None]
    assert len(taken) == len(set(taken))
    left = set(rows) - set(taken)
    for line, row in pairs:
        if row is None:
            assert all(other.id != line.get("id") for other in left)
            assert all(other.external_id != line["external_id"] for other in left if other.external_id is not None)
            alike = [other for other in left if (other.sku, other.name) == (line["sku"], line["name"])]
            assert all(None not in (other.external_id, line["external_id"]) for other in alike)
    again = lines.match([{**line, "id": row.id} for line, row in pairs if row is not None], taken)
    assert [row for _, row in again] == taken


STEP = st.one_of(
    st.tuples(
        st.just("put"),
        st.lists(st.tuples(st.sampled_from("abcd"), st.integers(-2, 3)), max_size=4, unique_by=lambda line: line[0]),
    ),
    st.tuples(st.just("add"), st.tuples(st.sampled_from("efgh"), st.integers(1, 3))),
    st.tuples(st.just("change"), st.tuples(st.integers(0, 5), st.integers(-2, 3))),
    st.tuples(st.just("remove"), st.integers(0, 5)),
)


def _next(known, action, what):
    """The model: a line is its external id; (request, lines after it)."""
    if action == "put":
        quantities = dict(what)
        kept = {name: (number, quantities[name]) for name, (number, _) in known.items() if name in quantities}
        return kept | {name: (None, quantity) for name, quantity in what if name not in kept}
    if action == "add":
        return known if what[0] in known else known | {what[0]: (None, what[1])}
    names = list(known)
    if not names:
        return known
    if action == "change":
        name = names[what[0] % len(names)]
        return known | {name: (known[name][0], what[1])}
    return {name: line for name, line in known.items() if name != names[what % len(names)]}


async def _do(shop, path, known, action, what):
    names = list(known)
    if action == "put":
        await shop.put(path, {"items": [piece(external_id=name, quantity=quantity) for name, quantity in what]})
    elif action == "add" and what[0] not in known:
        await shop.post(f"{path}/items", piece(external_id=what[0], quantity=what[1]))
    elif action == "change" and names:
        number = known[names[what[0] % len(names)]][0]
        await shop.put(f"{path}/items/{number}", {"quantity": what[1]})
    elif action == "remove" and names:
        await shop.delete(f"{path}/items/{known[names[what % len(names)]][0]}")


@settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(STEP, min_size=3, max_size=10))
async def test_lives_of_lines(app, database_url, steps):
    shop = await open_shop(app, database_url)
    path = f"/orders/{(await shop.post('/orders', order(items=[])))['data']['id']}"
    known = {}
    for action, what in steps:
        expected = _next(known, action, what)
        await _do(shop, path, known, action, what)
        shown = {
            item["external_id"]: (item["id"], item["quantity"]) for item in (await shop.get(path))["data"]["items"]
        }
        assert {name: quantity for name, (_, quantity) in shown.items()} == {
            name: quantity for name, (_, quantity) in expected.items()
        }
        assert all(shown[name][0] == number for name, (number, _) in expected.items() if number is not None)
        known = shown
