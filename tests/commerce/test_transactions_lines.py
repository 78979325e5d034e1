"""What lists of purchases and lines can be asked, and what a customer never finds (commerce 1.2, 1.5, 2.2)."""

import pytest
from sales import customer, line, sale

pytestmark = pytest.mark.anyio

ASKED = {
    "meta": ('{"a": {"b": 1}}', 1),
    "meta][nullable": ("1", 1),
    "json_contains": ('{"a": {}}', 1),
    "achievement_counted": ("0", 2),
    "order_external_id": ("o-1", 2),
    "order_external_id][ne": ("O-1", 0),
    "discounts][nullable": ("1", 2),
}


async def test_lines_by_what_is_noted_about_them_and_by_their_order(shop):
    order = (await shop.post("/orders", {"total": 5, "items": [], "external_id": "O-1"}))["data"]
    sent = sale(order_id=order["id"], items=[line(meta={"a": {"b": 1}}), line(name="Hat")])
    sold = (await shop.post("/transactions", sent))["data"]
    named = (await shop.post("/transactions", sale(external_order_id="late")))["data"]
    for asked, (value, number) in ASKED.items():
        page = await shop.get(f"/transactions/{sold['id']}/items", params={f"filter[{asked}]": value})
        assert page["meta"]["total"] == number, asked
    found = await shop.get(f"/transactions/{named['id']}/items", params={"filter[order_external_id]": "LATE"})
    assert [row["transaction_id"] for row in found["data"]] == [named["id"]]


async def test_what_was_superseded_is_not_found_among_a_profiles_purchases(shop):
    profile = await customer(shop)
    await shop.post("/transactions", sale(external_id="A", profile_id=profile))
    new = (await shop.post("/transactions/update-create", {"external_id": "A", "total": 1}))["data"]
    path = f"/profiles/{profile}/find-transactions"
    assert await shop.get(path, params={"filter[external_id]": "a"}) == {"data": new}
    await shop.get(path, status=404, params={"filter[is_void]": "1"})
    voided = (await shop.put(f"/transactions/{new['id']}", {"is_void": True}))["data"]
    assert await shop.get(path, params={"filter[is_void]": "1"}) == {"data": voided}


HANDLES = {
    "systems.handle": ("POS", 2),
    "systems.handle][ne": ("POS", 1),
    "systems.handle][in": ("POS,WEB", 2),
    "systems.handle][nin": ("Web,x", 2),
    "systems.handle][like": ("po", 2),
    "tags.handle": ("a", 1),
    "tags.handle][ne": ("a", 2),
    "tags.handle][in": ("a,A", 2),
    "tags.handle][like": ("a", 2),
}


async def test_systems_are_found_in_any_case_and_tags_in_theirs(shop):
    for systems, tags in ((["Pos", "web"], ["A", "b"]), (["pos"], ["a"]), ([], [])):
        for path in ("/transactions", "/orders"):
            await shop.post(path, sale(systems=systems, tags=tags))
    for asked, (value, number) in HANDLES.items():
        for path in ("/transactions", "/orders"):
            page = await shop.get(path, params={f"filter[{asked}]": value})
            assert page["meta"]["total"] == number, (path, asked)
