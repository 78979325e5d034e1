"""What is said of statuses, sentence by sentence (incentives-status 10)."""

from datetime import UTC, datetime

import pytest

pytestmark = pytest.mark.anyio

PERIODS = {
    "month": ({"period": 1, "period_type": "months"}, "2025-02-28 23:59:59"),
    "today": ({"period": 0, "period_type": "days"}, "2025-01-31 23:59:59"),
    "south": ({"period": 1, "period_type": "days", "timezone": "Australia/Melbourne"}, "2025-02-01 12:59:59"),
    "day": ({"period_type": "absolute_date", "absolute_expiry": "2025-02-10"}, "2025-02-10 23:59:59"),
    "moment": ({"period_type": "absolute_date", "absolute_expiry": "2025-02-10 05:00:00"}, "2025-02-10 05:00:00"),
    "week": ({"period": 0, "period_type": "absolute_week"}, "2025-02-02 23:59:59"),
    "next": ({"period": 1, "period_type": "absolute_month"}, "2025-02-28 23:59:59"),
    "ever": ({}, None),
}


async def handles(shop, path):
    return [row["handle"] for row in (await shop.get(path))["data"]]


async def test_the_register(shop):
    wrong = {"name": "V", "handle": "a b", "period": -1, "period_type": "x", "timezone": "Mars", "sort_order": "x"}
    assert (await shop.post("/statuses", {}, status=422))["errors"] == {
        "name": ["The name field is required."],
        "handle": ["The handle field is required."],
    }
    assert set((await shop.post("/statuses", wrong, status=422))["errors"]) == set(wrong) - {"name"}
    ranks = (("vip", 10, "clients"), ("staff", 1, "people"), ("media", None, None), ("influencer", 10, "clients"))
    made = {}
    for handle, rank, group in ranks:
        body = {
            "name": handle.title(),
            "handle": handle,
            "sort_order": rank,
            "group_handle": group,
            "colour": "reddish",
        }
        made[handle] = (await shop.post("/statuses", body))["data"]
    again = await shop.post("/statuses", {"name": "V", "handle": "VIP"}, status=422)
    assert again["errors"] == {"handle": ["The handle has already been taken."]}
    assert list(await shop.get("/statuses")) == ["data"]
    page = await shop.get("/statuses?page[size]=3&page[number]=2")
    assert (list(page), [row["handle"] for row in page["data"]]) == (["data", "links", "meta"], ["media"])
    for query, found in (
        ("", ["staff", "vip", "influencer", "media"]),
        ("?filter[group_handle]=clients", ["vip", "influencer"]),
        ("?filter[sort_order][lte]=9", ["staff"]),
        ("?filter[sort_order][nullable]=1", ["media"]),
        ("?filter[colour]=reddish&sort=-name", ["vip", "staff", "media", "influencer"]),
        (f"?filter[id]={made['media']['id']}", ["media"]),
        ("?filter[code][nullable]=0", []),
        ("?filter[timezone]=UTC", []),
        ("?filter[period_type]=days", []),
    ):
        assert await handles(shop, f"/statuses{query}") == found, query
    path = f"/statuses/{made['vip']['id']}"
    item = {"namespace": "crm", "handle": "level", "type": "string", "value": "7"}
    changed = (await shop.put(path, {"handle": "other", "name": "VIP", "custom_fields": [item]}))["data"]
    assert changed == made["vip"] | {"name": "VIP", "updated_at": changed["updated_at"]}
    (kept,) = (await shop.get(f"/custom-fields{path.replace('statuses', 'status')}"))["data"]
    assert (kept["namespace"], kept["handle"], kept["value"]) == ("crm", "level", "7")
    await shop.delete(path)
    for method in ("get", "put", "delete"):
        await getattr(shop, method)(path, status=404)
    assert (await shop.post("/statuses", {"name": "New", "handle": "vip"}))["data"]["id"] != made["vip"]["id"]


async def test_who_holds_what_until_when(shop, jobs):
    for handle in ("vip", "staff"):
        await shop.post("/statuses", {"name": handle, "handle": handle, "sort_order": len(handle)})
    made = (await shop.post("/profiles", {"email": "s@example.com", "statuses": ["staff", "VIP", "unknown"]}))["data"]
    path, row = f"/profiles/{made['id']}", {"profile_id": made["id"]}
    assert (made["statuses"], [one["expires_at"] for one in made["statuses_original"]]) == (
        ["vip", "staff"],
        [None] * 2,
    )
    for body, held in (
        ({"first_name": "Zed"}, ["vip", "staff"]),
        ({"statuses": ["staff", "unknown"]}, ["staff"]),
        ({"statuses": []}, []),
    ):
        assert (await shop.put(path, body))["data"]["statuses"] == held
    for method, route, names, held in (
        ("POST", "/profile/status/batch.json", ["vip", "unknown"], ["vip"]),
        ("POST", "/profile/status/batch", ["staff"], ["vip", "staff"]),
        ("DELETE", "/profile/status/batch.json", ["vip"], ["staff"]),
        ("POST", "/profile/status/remove/batch.json", ["staff", "unknown"], []),
    ):
        answer = await shop.call(method, route, json={"profiles": [{**row, "statuses": names}]}, status=202)
        assert (list(answer.json()), list(answer.json()["data"])) == (["data"], ["message", "batch_id"])
        await jobs()
        assert await handles(shop, f"{path}/statuses") == held
    for wrong, key in (
        ({}, "profiles"),
        ({"profiles": []}, "profiles"),
        ({"profiles": [row]}, "profiles.0.statuses"),
        ({"profiles": [{"profile_id": "x", "statuses": []}]}, "profiles.0.profile_id"),
    ):
        assert list((await shop.post("/profile/status/batch.json", wrong, status=422))["errors"]) == [key]
    answer = (await shop.post(f"{path}/statuses", {"statuses": ["staff"]}))["data"]
    assert [one["handle"] for one in answer] == ["staff"]
    assert await handles(shop, f"/statuses?filter[profile_id]={made['id']}") == ["staff"]
    for name, found in (("staff", [made["id"]]), ("vip", [])):
        listed = (await shop.get(f"/profiles?filter[statuses.handle]={name}"))["data"]
        assert [one["id"] for one in listed] == found
    await shop.delete(f"{path}/statuses/staff")
    await shop.delete(f"{path}/statuses/staff", status=404)
    assert (await shop.get(path))["data"]["statuses_original"] == []
    nobody = "/profiles/5b0d2c1e-6a42-4f0e-9a55-0c7e5c1f2a10/statuses"
    await shop.get(nobody, status=404)
    await shop.post(nobody, {"statuses": []}, status=404)


async def test_every_kind_of_end(shop):
    async def at(moment):
        ahead = datetime.fromisoformat(moment).replace(tzinfo=UTC) - datetime.now(UTC) - shop.tenant.clock_offset
        await shop.advance(seconds=ahead.total_seconds())

    await at("2025-01-31 10:00:00")
    for handle, (values, _) in PERIODS.items():
        await shop.post("/statuses", {"name": handle, "handle": handle, **values})
    made = (await shop.post("/profiles", {"email": "e@example.com", "statuses": list(PERIODS)}))["data"]
    shown = {row["handle"]: row["expires_at"] for row in made["statuses_original"]}
    assert shown == {handle: end for handle, (_, end) in PERIODS.items()}
    path = f"/profiles/{made['id']}"
    await at("2025-02-01 00:00:00")
    held = (await shop.get(path))["data"]
    assert held["statuses"] == [handle for handle in PERIODS if handle != "today"]
    assert [row["handle"] for row in held["statuses_original"] if not row["is_active"]] == ["today"]
    assert await handles(shop, f"{path}/statuses") == held["statuses"]
    assert (await shop.get("/profiles?filter[statuses.handle]=today"))["data"] == []
    await shop.post(f"{path}/statuses", {"statuses": ["month", "today"]})
    shown = {row["handle"]: row["expires_at"] for row in (await shop.get(path))["data"]["statuses_original"]}
    assert (shown["month"], shown["today"]) == ("2025-02-28 23:59:59", "2025-02-01 23:59:59")
