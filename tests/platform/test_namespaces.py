"""Namespaces in use, and the models that a tenant does not want audited (orgs-platform B4, B13)."""

import pytest

pytestmark = pytest.mark.anyio


async def test_namespaces_are_counted_over_fields_and_attributes(shop, other_shop):
    assert await shop.get("/namespaces") == {"data": []}
    rows = [{"namespace": "taste", "handle": f"h{number}", "type": "integer", "value": number} for number in range(3)]
    made = (await shop.post("/profiles", {"email": "a@example.com", "custom_attributes": rows}))["data"]
    gone = (await shop.post("/profiles", {"email": "b@example.com", "custom_attributes": rows}))["data"]
    await shop.delete(f"/profiles/{gone['id']}")
    field = {"namespace": "clienteling.setting", "handle": "app__a", "type": "json", "value": {"a": 1}}
    await shop.post(f"/profiles/{made['id']}/custom-fields", field)
    assert (await shop.get("/namespaces"))["data"] == [
        {"namespace": "clienteling.setting", "type": "custom_field", "count": 1},
        {"namespace": "taste", "type": "custom_attribute", "count": 3},
    ]
    assert await other_shop.get("/namespaces") == {"data": []}


async def test_excluded_models_leave_no_audit_row_but_erasures_do(shop):
    made = (await shop.post("/profiles", {"email": "a@example.com"}))["data"]
    address = {"address_line_1": "1 A", "city": "B", "postcode": "1", "country": "AU"}
    path = f"/profiles/{made['id']}"

    async def kinds():
        return sorted(
            {(row["event"], row["auditable_type"]) for row in (await shop.get("/audits?page[size]=100"))["data"]}
        )

    await shop.put("/settings/audits.excluded", {"value": '["address", "Profile"]'})
    before = await kinds()
    made_address = (await shop.post(f"{path}/addresses", address))["data"]
    await shop.put(path, {"first_name": "Ines"})
    assert await kinds() == before
    await shop.put("/settings/audits.excluded", {"value": '["Profile"]'})
    await shop.delete(f"{path}/addresses/{made_address['id']}")
    await shop.delete(f"{path}/purge")
    assert set(await kinds()) - set(before) == {("deleted", "Address"), ("erased", "Profile")}
