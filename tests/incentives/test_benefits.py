"""Benefits: issue, expiry, redemption, extension, lists and deletion, with what is told of each."""

import uuid

import pytest
from entitlements import balance, define, issue, read, redeem, told

from omneo_api.incentives.benefits import batch
from omneo_api.platform.batches.service import BatchRun

pytestmark = pytest.mark.anyio
NOBODY = "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710"


async def test_an_issued_benefit(till):
    profile, definition = await till.profile(), await define(till, period=50, value=12.5)
    body = {"issued_at": "2021-03-05 00:06:51", "timezone": "Australia/Melbourne", "external_id": "X", "meta": {"a": 1}}
    made = await issue(till, profile, definition, **body)
    assert made == {
        "id": made["id"],
        "profile_id": profile,
        "external_id": "X",
        "expires_at": "2021-04-24 23:59:59",
        "issued_at": "2021-03-05 00:06:51",
        "is_expired": True,
        "is_redeemable": False,
        "redemptions_remaining": 1,
        "total_global_redemptions_remaining": 1,
        "definition": {**definition, "total_global_created": 1},
        "timezone": "Australia/Melbourne",
        "claimed_at": None,
        "meta": {"a": 1},
        "redeem_code_pos": None,
        "redeem_code_online": None,
        "value": 12.5,
        "combine_meta": None,
        "is_combined": False,
        "extended_at": None,
        "source_id": None,
        "source_type": None,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    assert await read(till, made) == made
    assert await till.ledger(profile) == []
    now = await issue(till, profile, definition, external_id="X", value=3)
    assert (now["is_redeemable"], now["value"], await balance(till, profile)) == (True, 3, 1)
    assert [
        (line["type"], line["description"], line["type_attributes"]["id"]) for line in await till.ledger(profile)
    ] == [("benefit", "Benefit issued", now["id"])]
    assert await told(till, profile) == ["benefit.created", "benefit.created", "balance.updated"]


async def test_when_a_benefit_expires(till):
    """Days are counted in UTC, whatever the benefit's zone; the end of the offer caps what is computed."""
    profile = await till.profile()
    table = [
        ("2021-03-05 00:06:51", {"period": 50}, "2021-04-24 23:59:59"),
        ("2021-03-05", {"period": 0}, "2021-03-05 23:59:59"),
        ("2021-03-05", {"period": 2, "period_type": "weeks"}, "2021-03-19 23:59:59"),
        ("2023-01-31", {"period": 1, "period_type": "months"}, "2023-02-28 23:59:59"),
        ("2024-01-31", {"period": 1, "period_type": "months"}, "2024-02-29 23:59:59"),
        ("2024-02-29", {"period": 1, "period_type": "years"}, "2025-02-28 23:59:59"),
        ("2025-06-18", {"period": 0, "period_type": "absolute_week"}, "2025-06-22 23:59:59"),
        ("2025-06-18", {"period": 1, "period_type": "absolute_week"}, "2025-06-29 23:59:59"),
        ("2025-01-31", {"period": 1, "period_type": "absolute_month"}, "2025-02-28 23:59:59"),
        ("2025-01-31", {"period_type": "absolute_date", "absolute_expiry": "2026-05-06"}, "2026-05-06 23:59:59"),
        (
            "2025-01-31",
            {"period_type": "absolute_date", "absolute_expiry": "2026-05-06 10:00:00"},
            "2026-05-06 10:00:00",
        ),
        ("2025-01-31", {"end_at": "2025-02-01 08:00:00"}, "2025-02-01 08:00:00"),
        ("2025-01-31", {"end_at": "2026-01-01"}, "2025-03-02 23:59:59"),
    ]
    for issued_at, values, expected in table:
        definition = await define(till, **values)
        made = await issue(till, profile, definition, issued_at=issued_at, timezone="Pacific/Auckland")
        assert made["expires_at"] == expected, (issued_at, values)
    zoned = {"period_type": "absolute_date", "absolute_expiry": "2026-05-06T10:00:00+10:00"}
    assert (await define(till, **zoned))["absolute_expiry"] == "2026-05-06 00:00:00"
    given = await issue(till, profile, definition, issued_at="2024-12-06 08:30:00", expires_at="2024-12-06")
    assert (given["issued_at"], given["expires_at"]) == ("2024-12-06 08:30:00", "2024-12-06 00:00:00")
    assert given["is_expired"]
    assert await redeem(till, given, status=422) == {"benefit": ["The benefit has expired."]}
    path = f"/benefits/{given['id']}"
    assert (await till.shop.put(path, {"expires_at": "2024-12-01"}))["data"]["expires_at"] == "2024-12-01 00:00:00"
    endless = (await till.shop.put(path, {"expires_at": None}))["data"]
    assert (endless["expires_at"], endless["is_expired"], endless["is_redeemable"]) == (None, False, True)


async def test_every_wrong_field_is_told_at_once(till):
    shop, profile = till.shop, await till.profile()
    archived = await define(till, is_archived=True)
    forced = await define(till, force_allocation=True)
    table = [
        (
            {},
            {
                "profile_id": ["The profile id field is required."],
                "timezone": ["The timezone field is required."],
                "benefit_definition_id": ["The benefit definition id field is required."],
            },
        ),
        (
            {"profile_id": NOBODY, "timezone": "UTC", "benefit_definition_id": archived["id"]},
            {
                "benefit_definition_id": ["The selected benefit definition id is invalid."],
                "profile_id": ["The selected profile id is invalid."],
            },
        ),
        (
            {"profile_id": profile, "timezone": "Mars/Base", "benefit_definition_handle": "x", "value": "a"},
            {
                "timezone": ["The timezone field must be a valid timezone."],
                "value": ["The value field must be a number."],
                "benefit_definition_handle": ["The selected benefit definition handle is invalid."],
            },
        ),
        (
            {"profile_id": profile, "benefit_definition_handle": "unknown"},
            {
                "timezone": ["The timezone field is required."],
                "benefit_definition_handle": ["The selected benefit definition handle is invalid."],
            },
        ),
        (
            {"profile_id": profile, "benefit_definition_handle": forced["handle"]},
            {
                "timezone": ["The timezone field is required."],
                "benefit_definition_handle": ["The benefit definition has no codes left."],
            },
        ),
    ]
    for body, errors in table:
        assert (await shop.post("/benefits", body, status=422))["errors"] == errors
    await shop.post(f"/profiles/{NOBODY}/benefits", {"timezone": "UTC"}, status=404)
    assert await told(till, profile) == []


async def test_redemption_up_to_the_limit(till):
    shop, profile = till.shop, await till.profile("ada@example.com")
    benefit = await issue(till, profile, await define(till, max_redemptions=3, value=5))
    done = await redeem(till, benefit, count=2)
    item = done["items"][0]
    assert done == {
        **done,
        "profile_id": profile,
        "type": "redeem",
        "total": 0,
        "total_localised": 0,
        "meta": None,
        "transaction_id": None,
    }
    assert done["profile"]["email"] == "ada@example.com"
    assert item == {**item, "type": "benefit", "value": 5, "count": 2, "dollar_value": 0}
    assert item["type_attributes"] == await read(till, benefit)
    assert (item["type_attributes"]["redemptions_remaining"], await balance(till, profile)) == (1, 1)
    assert await redeem(till, benefit, status=422, count=2) == {
        "benefit": ["The benefit has only 1 redemption(s) left."]
    }
    assert await redeem(till, benefit, status=422, count=0) == {"count": ["The count field must be at least 1."]}
    await redeem(till, benefit)
    spent = await read(till, benefit)
    assert (spent["redemptions_remaining"], spent["is_redeemable"], await balance(till, profile)) == (0, False, 0)
    assert await redeem(till, benefit, status=422) == {"benefit": ["The benefit has no redemptions left."]}
    counted = (await shop.get(f"/profiles/{profile}/redemptions/benefit/{benefit['id']}/count"))["data"]
    assert counted == {"count": 3}
    lines = [(line["description"], line["dollar_value"], line["point_value"]) for line in await till.ledger(profile)]
    assert lines == [("Benefit redeemed", 0, 0), ("Benefit redeemed", 0, 0), ("Benefit issued", 0, 0)]
    assert await told(till, profile) == [
        "benefit.created",
        "balance.updated",
        "redemption.created",
        "benefit.redeemed",
        "benefit.updated",
        "balance.updated",
        "redemption.created",
        "benefit.redeemed",
        "benefit.updated",
    ]
    await shop.post(f"/redemptions/{done['id']}/benefit/return", {"count": 3}, status=422)
    back = (await shop.post(f"/redemptions/{done['id']}/benefit/return", {"count": 1}))["data"]
    assert (back["type"], back["items"][0]["count"]) == ("return", 1)
    assert ((await read(till, benefit))["redemptions_remaining"], await balance(till, profile)) == (1, 1)
    assert (await shop.get(f"/benefits/{benefit['id']}"))["data"]["definition"]["total_global_redemptions"] == 2
    last = await redeem(till, benefit)
    await shop.post(f"/redemptions/{last['id']}/reversal")
    assert (await read(till, benefit))["redemptions_remaining"] == 1
    unlimited = await issue(till, profile, await define(till, max_redemptions=None))
    await redeem(till, unlimited, count=1000)
    shown = await read(till, unlimited)
    assert (shown["redemptions_remaining"], shown["total_global_redemptions_remaining"]) == (None, None)
    assert shown["is_redeemable"]


async def test_a_limit_over_all_profiles(till):
    definition = await define(till, max_redemptions=None, max_global_redemptions=3)
    first, second = await till.profile(), await till.profile()
    one, other = await issue(till, first, definition), await issue(till, second, definition)
    done = await redeem(till, one, count=2)
    assert (await read(till, other))["total_global_redemptions_remaining"] == 1
    refused = {"benefit": ["The benefit definition has only 1 redemption(s) left."]}
    assert await redeem(till, other, status=422, count=2) == refused
    await redeem(till, other)
    assert await redeem(till, one, status=422) == {"benefit": ["The benefit definition has no redemptions left."]}
    assert (await balance(till, first), await balance(till, second)) == (0, 0)
    shown = (await till.shop.get(f"/benefits/definitions/{definition['id']}"))["data"]
    figures = ("total_global_redemptions", "total_global_redemptions_remaining", "total_global_created")
    assert [shown[name] for name in figures] == [3, 0, 2]
    await till.shop.post(f"/redemptions/{done['id']}/reversal")
    assert (await balance(till, first), await balance(till, second)) == (1, 1)
    await till.shop.put(
        f"/benefits/definitions/{definition['id']}", {"max_global_redemptions": 1, "max_redemptions": 9}
    )
    assert (await read(till, other))["redemptions_remaining"] is None
    assert not (await read(till, other))["is_redeemable"]


async def test_what_cannot_be_redeemed(till):
    """By its path, and named within a redemption of other things: each refusal leaves no trace."""
    profile, other = await till.profile(), await till.profile()
    definition = await define(till)
    early = await issue(till, profile, definition, issued_at="2099-01-01")
    past = await issue(till, profile, definition, expires_at="2020-01-01")
    gone = await issue(till, profile, definition)
    foreign = await issue(till, other, definition)
    await till.shop.delete(f"/benefits/{gone['id']}")
    await redeem(till, gone, status=404)
    await till.shop.post(f"/profiles/{profile}/benefits/{foreign['id']}/redeem", status=404)
    too_early = ["The benefit cannot be redeemed before it is issued."]
    assert await redeem(till, early, status=422) == {"benefit": too_early}
    asked = [
        {"id": early["id"]},
        {"id": past["id"]},
        {"id": gone["id"]},
        {"id": foreign["id"]},
        {"handle": "unknown"},
        {},
    ]
    path = f"/profiles/{profile}/redeem"
    assert (await till.shop.post(path, {"benefits": asked}, status=422))["errors"] == {
        "benefits.0": too_early,
        "benefits.1": ["The benefit has expired."],
        **{f"benefits.{place}": [f"The selected benefits.{place} is invalid."] for place in range(2, 6)},
    }
    assert (await till.shop.get(f"/profiles/{profile}/redemptions"))["data"] == []


async def test_benefits_within_a_redemption(till):
    """All or nothing, with dollars beside; a handle means the benefit that expires first."""
    profile, definition = await till.profile(), await define(till, max_redemptions=2)
    late = await issue(till, profile, definition, expires_at="2099-06-01")
    soon = await issue(till, profile, definition, expires_at="2099-05-01")
    await till.reward(profile, 20)
    path = f"/profiles/{profile}/redeem"
    handle = {"handle": definition["handle"].upper()}
    body = {"amount": 15, "benefits": [handle, {"id": late["id"]}, {**handle, "quantity": 1}]}
    done = (await till.shop.post(path, body))["data"]
    assert (done["total"], done["balances"]["benefit_balance"], done["balances"]["reward_balance"]) == (15, 1, 5)
    items = (await till.shop.get(f"/redemptions/{done['id']}"))["data"]["items"]
    taken = [(item["type"], item["type_attributes"]["id"], item["count"], item["dollar_value"]) for item in items]
    assert taken[:2] == [("benefit", late["id"], 1, 0), ("benefit", soon["id"], 2, 0)]
    assert (await till.shop.get("/redemptions", params={"filter[has_benefit]": 1}))["meta"]["total"] == 1
    greedy = {"amount": 1, "benefits": [handle, {"id": late["id"]}]}
    refused = (await till.shop.post(path, greedy, status=422))["errors"]
    assert refused == {"benefits.1": ["The benefit has no redemptions left."]}
    alone = (await till.shop.post(path, {"benefits": [{"id": late["id"]}]}))["data"]
    assert (alone["total"], alone["balances"]["benefit_balance"]) == (0, 0)
    returned = (await till.shop.post(f"/redemptions/{done['id']}/return"))["data"]
    assert (returned["total"], returned["balances"]["benefit_balance"]) == (15, 2)
    assert [(await read(till, one))["redemptions_remaining"] for one in (late, soon)] == [1, 2]


async def test_extension(till):
    shop, profile, other = till.shop, await till.profile(), await till.profile()
    definition = await define(till, is_extendable=True)
    made = [await issue(till, profile, definition, expires_at="2024-12-06") for _ in range(2)]
    ids = [one["id"] for one in made]
    told_before = len(await told(till, profile))
    body = {"profile_id": profile, "ids": ids, "extend_days": 1}
    extended = (await shop.post("/benefits/extend", body, status=200))["data"]
    assert [one["expires_at"] for one in extended] == ["2024-12-07 00:00:00"] * 2
    assert [one["id"] for one in extended] == ids
    assert all(isinstance(one["extended_at"], str) for one in extended)
    assert (await told(till, profile))[told_before:] == ["benefit.updated"] * 2
    query = f"/benefits/extend?ids={ids[0]}&profile_id={profile}&extend_date=2099-01-01"
    revived = (await shop.post(query, status=200))["data"][0]
    assert (revived["expires_at"], revived["is_redeemable"], await balance(till, profile)) == (
        "2099-01-01 00:00:00",
        True,
        1,
    )
    past = {"profile_id": profile, "ids": ids[:1], "extend_date": "2020-01-01 10:00:00"}
    assert (await shop.post("/benefits/extend", past, status=200))["data"][0]["is_expired"]
    assert await balance(till, profile) == 0
    endless = await issue(till, profile, definition)
    await shop.put(f"/benefits/{endless['id']}", {"expires_at": None})
    fixed, foreign = await issue(till, profile, await define(till)), await issue(till, other, definition)
    table = [
        ({"extend_days": 1, "extend_date": "2030-01-01"}, {"extend_date"}),
        ({}, {"extend_days"}),
        ({"extend_days": 0}, {"extend_days"}),
        ({"ids": [], "extend_days": 1}, {"ids"}),
        ({"ids": [endless["id"]], "extend_days": 1}, {"extend_days"}),
        ({"ids": [ids[0], fixed["id"], foreign["id"], 10**9]}, {"extend_days", "ids.1", "ids.2", "ids.3"}),
        ({"profile_id": NOBODY, "extend_days": 1}, {"profile_id"}),
    ]
    for change, keys in table:
        errors = (await shop.post("/benefits/extend", {"profile_id": profile, "ids": ids, **change}, status=422))[
            "errors"
        ]
        assert set(errors) == keys, change
    refused = {"profile_id": profile, "ids": [ids[0], fixed["id"], foreign["id"]], "extend_days": 1}
    assert (await shop.post("/benefits/extend", refused, status=422))["errors"] == {
        "ids.1": ["The benefit cannot be extended."],
        "ids.2": ["The selected ids.2 is invalid."],
    }
    assert (await read(till, made[0]))["expires_at"] == "2020-01-01 10:00:00"


async def test_lists_counts_and_changes_of_both_families(till, other_shop):
    shop, profile, other = till.shop, await till.profile(), await till.profile()
    definition, gift = await define(till, max_redemptions=2), await define(till, type="gift")
    below = f"/profiles/{profile}/benefits"
    body = {"timezone": "UTC", "benefit_definition_handle": definition["handle"], "profile_id": other}
    first = (await shop.post(below, body))["data"]
    assert first["profile_id"] == profile
    past = await issue(till, profile, definition, expires_at="2020-01-01", external_id="E-1")
    foreign = await issue(till, other, gift)
    await redeem(till, first)

    async def ids(path, **query):
        return [one["id"] for one in (await shop.get(path, params=query))["data"]]

    mine = [first["id"], past["id"]]
    assert await ids("/benefits") == [*mine, foreign["id"]]
    assert await ids(below) == mine[::-1]
    assert await ids(below, **{"filter[active]": 1}) == [first["id"]]
    assert await ids(f"/profiles/{profile}/redeemable_benefits") == [first["id"]]
    assert await ids("/benefits", **{"filter[definition.type]": "gift"}) == [foreign["id"]]
    assert await ids("/benefits", **{"filter[benefit_definition_id]": definition["id"]}) == mine
    assert await ids("/benefits", **{"filter[external_id]": "e-1"}) == [past["id"]]
    assert await ids("/benefits", **{"filter[expires_at][lt]": "2021-01-01"}) == [past["id"]]
    for path in ("/benefits.count", "/benefits/count"):
        assert (await shop.get(path))["data"] == {"countAll": 3, "countRedeemed": 1}
    one = await shop.get("/benefits.count", params={"filter[profile_id]": other})
    assert one["data"] == {"countAll": 1, "countRedeemed": 0}
    await shop.get("/benefits.count", params={"filter[nope]": 1}, status=400)
    change = {"external_id": "N", "meta": {"b": 2}, "redeem_code_online": "ON", "redeem_code_pos": "POS", "value": 7.25}
    ignored = {"profile_id": other, "issued_at": "2020-01-01", "is_redeemable": False}
    changed = (await shop.put(f"{below}/{first['id']}", {**change, **ignored}))["data"]
    assert changed == {**(await read(till, first)), **change}
    assert (changed["profile_id"], changed["issued_at"]) == (profile, first["issued_at"])
    noticed = await told(till, profile)
    assert (await shop.put(f"/benefits/{first['id']}", changed))["data"] == changed
    assert await told(till, profile) == noticed
    for method in ("get", "put", "delete"):
        options = {"body": {}} if method == "put" else {}
        await getattr(shop, method)(f"{below}/{foreign['id']}", status=404, **options)
        await getattr(other_shop, method)(f"/benefits/{first['id']}", status=404, **options)
    await shop.delete(f"{below}/{first['id']}")
    for path in (f"/benefits/{first['id']}", f"{below}/{first['id']}"):
        await shop.get(path, status=404)
        await shop.delete(path, status=404)
    assert (await ids(below), await balance(till, profile)) == ([past["id"]], 0)
    assert (await told(till, profile))[-2:] == ["benefit.deleted", "balance.updated"]
    assert (await till.ledger(profile))[0]["type_attributes"]["id"] == first["id"]


async def test_a_batch_issues_what_is_right_and_says_what_is_not(till, jobs):
    shop, profile = till.shop, await till.profile("batch@example.com")
    definition = await define(till)
    row = {"profile_id": profile, "timezone": "UTC", "benefit_definition_id": definition["id"]}
    rows = [
        {**row, "external_id": "A", "value": 4},
        {**row, "profile_id": "Batch@example.com", "profile_id_handle": "email", "external_id": "B"},
        {**row, "profile_id": "nobody@example.com", "profile_id_handle": "email"},
        {"profile_id": profile, "benefit_definition_handle": "unknown", "timezone": "UTC"},
    ]
    answer = await shop.post("/benefits/batch.json", {"benefits": rows}, status=200)
    assert (set(answer), answer["message"]) == ({"message", "batch_id"}, "Queued for processing.")
    await jobs()
    made = (await shop.get("/benefits"))["data"]
    assert [(one["profile_id"], one["external_id"], one["value"]) for one in made] == [
        (profile, "A", 4),
        (profile, "B", None),
    ]
    report = (await shop.get(f"/batches/{answer['batch_id']}"))["data"]
    assert (report["success_count"], report["failed_count"]) == (2, 2)
    for wrong, key in (
        ({}, "benefits"),
        ({"benefits": []}, "benefits"),
        ({"benefits": rows * 251}, "benefits"),
        ({"benefits": ["x"]}, "benefits.0"),
        ({"benefits": [row, {**row, "value": "x"}]}, "benefits.1.value"),
        ({"benefits": [{**row, "expires_at": "2025-02-30"}]}, "benefits.0.expires_at"),
    ):
        assert list((await shop.post("/benefits/batch", wrong, status=422))["errors"]) == [key]
    assert (await shop.get("/benefits"))["meta"]["total"] == 2
    await shop.delete(f"/benefits/{made[0]['id']}")
    assert [(await shop.get(f"/benefits{query}"))["meta"]["total"] for query in ("", "?filter[value]=4")] == [1, 0]
    assert (await shop.get("/benefits.count"))["data"] == {"countAll": 1, "countRedeemed": 0}


async def test_an_imported_row_is_issued_once(till):
    """The same upload again answers what is there; a row that no import sent is a benefit of its own."""
    profile, other = await till.profile(), await till.profile()
    definition, second = await define(till), await define(till)
    row = {"profile_id": profile, "timezone": "UTC", "benefit_definition_id": definition["id"], "external_id": "CRM-1"}
    handle = {**row, "external_id": "crm-1", "benefit_definition_handle": definition["handle"]}
    del handle["benefit_definition_id"]

    async def apply(row, job):
        async with till.shop.writing() as session:
            return (await batch.apply(session, row, BatchRun(uuid.uuid4(), "benefit", job)))[0]

    first = await apply(row, 1)
    assert [await apply(one, 1) for one in (row, handle)] == [first, first]
    others = [{**row, "profile_id": other}, {**row, "benefit_definition_id": second["id"]}, {**row, "external_id": "2"}]
    made = [await apply(one, 1) for one in others] + [await apply(row, None)]
    assert len({first, *made}) == 5
