"""Everything that can be tagged follows one set of rules (incentives-status 11)."""

import pytest

pytestmark = pytest.mark.anyio

SALE = {"total": 5, "transacted_at": "2024-01-01 00:00:00", "timezone": "UTC", "items": []}
TAGGABLES = {
    "/profiles": {"email": "t@example.com"},
    "/transactions": {**SALE, "external_id": "t-1"},
    "/orders": {"external_id": "o-1", "total": 5, "ordered_at": "2024-01-01", "timezone": "UTC", "items": []},
    "/products": {"title": "P", "external_id": "p-1", "handle": "p", "brand": "B"},
    "/locations": {"name": "L", "external_id": "l-1", "phone": "0312345678"},
    "/benefits/definitions": {"name": "x", "handle": "x", "period": 1},
    "/rewards/definitions": {"name": "x", "handle": "x", "period": 1, "type": "other", "value": 1},
    "/points/definitions": {"name": "x", "handle": "x"},
    "/credits/definitions": {"name": "x", "handle": "x", "type": "gift_card"},
    "/tiers/definitions": {"name": "x", "handle": "x", "value_min": 5},
    "/achievements/definitions": {"name": "x", "handle": "x"},
}


async def test_every_taggable(shop):
    known = (await shop.post("/tags", {"handle": "known"}))["data"]
    sent = ["new one", {"id": known["id"]}, {"handle": "old form"}, "new one", "Case", "case"]
    kept = ["new-one", "known", "old-form", "Case", "case"]
    for path, body in TAGGABLES.items():
        made = (await shop.post(path, {**body, "tags": sent}))["data"]
        assert made["tags"] == kept, path
        own = f"{path}/{made['id']}"
        for change, shown in (
            ({}, kept),
            ({"tags": ["b", "a"]}, ["b", "a"]),
            ({"tags": []}, []),
            ({"tags": sent}, kept),
        ):
            assert (await shop.put(own, change))["data"]["tags"] == shown, path
        assert (await shop.get(own))["data"]["tags"] == kept, path
        for query, found in (
            ("filter[tags.handle]=known", 1),
            ("filter[tags.handle]=known&filter[tags.handle]=case", 1),
            ("filter[tags.handle]=known&filter[tags.handle]=none", 0),
            ("filter[tags.handle]=KNOWN", 0),
        ):
            assert len((await shop.get(f"{path}?{query}"))["data"]) == found, (path, query)
        for wrong, key in (("known", "tags"), (["a", "  "], "tags.1"), (["x" * 192], "tags.0"), ([True], "tags.0")):
            assert list((await shop.put(own, {"tags": wrong}, status=422))["errors"]) == [key], (path, wrong)
    assert sorted(row["handle"] for row in (await shop.get("/tags"))["data"]) == sorted([*kept, "a", "b"])
    await shop.delete(f"/tags/{known['id']}")
    for path in TAGGABLES:
        (row,) = (await shop.get(path))["data"]
        assert row["tags"] == [tag for tag in kept if tag != "known"], path
