import asyncio

import pytest
from persons import errors, events, forget_events, person

pytestmark = pytest.mark.anyio
PLACE = {"address_line_1": "12 Reef St", "city": "Melbourne", "postcode": "3000", "country": "Australia"}


async def test_identities_by_handle_and_by_id(shop):
    made, other = await person(shop), await person(shop)
    path = f"/profiles/{made['id']}/identities"
    first = (await shop.post(path, {"handle": "Card", "identifier": 1, "is_primary": True}))["data"]
    assert first == {
        "id": first["id"],
        "handle": "Card",
        "identifier": "1",
        "is_primary": True,
        "is_active": True,
        "merged_from": None,
        "profile_id": made["id"],
        "created_at": first["created_at"],
        "updated_at": first["updated_at"],
    }
    second = (await shop.post(path, {"handle": "card", "identifier": "2", "is_primary": True}))["data"]
    assert (await shop.get(path))["data"] == [{**first, "is_primary": False}, second]
    assert (await shop.get(f"{path}/card"))["data"] == second
    await shop.put(f"{path}/id/{second['id']}", {"is_active": 0})
    assert (await shop.get(f"{path}/CARD"))["data"]["id"] == first["id"]
    assert (await shop.get(f"{path}/{second['id']}"))["data"]["id"] == second["id"]
    for profile in (made, other):
        taken = await shop.post(
            f"/profiles/{profile['id']}/identities", {"handle": "CARD", "identifier": "1"}, status=422
        )
        assert errors(taken) == {"identifier": ["The identity already exists."]}
    changed = (await shop.put(f"{path}/card", {"identifier": "9", "handle": "ignored"}))["data"]
    assert (changed["handle"], changed["identifier"]) == ("Card", "9")
    await shop.put(f"{path}/nope", {"identifier": "1"}, status=404)
    await shop.get(f"/profiles/{other['id']}/identities/id/{first['id']}", status=404)
    assert (await shop.get(f"/profiles/{made['id']}"))["data"]["external_id"] == "2"
    await shop.delete(f"{path}/id/{second['id']}")
    await shop.get(f"{path}/id/{second['id']}", status=404)
    assert (await shop.get(f"/profiles/{made['id']}"))["data"]["external_id"] is None
    assert (await shop.get("/identities/handles"))["data"] == ["Card"]
    listed = await shop.get("/identities", params={"include": "profile", "filter[identifier]": "9"})
    assert listed["data"][0]["profile"]["id"] == made["id"]
    assert "identities" not in listed["data"][0]["profile"]
    assert [row["id"] for row in (await shop.get("/identities/search-profile/9"))["data"]] == [made["id"]]
    assert (await shop.get("/identities/search-profile/none"))["data"] == []
    found = await shop.get("/identities/search", params={"handle": "card", "identifier": "9"})
    assert found["data"]["profile_id"] == made["id"]
    await shop.get("/identities/search", status=404, params={"handle": "card", "identifier": "8"})
    assert set(errors(await shop.get("/identities/search", status=422))) == {"handle", "identifier"}


async def test_switching_flags_at_once_leaves_exactly_one(shop):
    regions = [(await shop.post("/regions", {"name": f"r{n}", "handle": f"r{n}"}))["data"]["id"] for n in range(8)]
    made = await person(shop)
    path = f"/profiles/{made['id']}"
    codes = await asyncio.gather(
        *(shop.call("POST", f"{path}/regions", json={"region_id": region}) for region in regions),
        *(shop.call("POST", f"{path}/addresses", json=PLACE) for _ in range(8)),
        *(
            shop.call("POST", f"{path}/identities", json={"handle": "h", "identifier": str(n), "is_primary": True})
            for n in range(8)
        ),
    )
    assert {answer.status_code for answer in codes} == {201}
    shown = (await shop.get(path))["data"]
    for key, flag in (("regions", "is_active"), ("addresses", "is_default"), ("identities", "is_primary")):
        assert [row[flag] for row in shown[key]].count(True) == 1, key
        assert len(shown[key]) == 8
    codes = await asyncio.gather(
        *(shop.call("PUT", f"{path}/addresses/{row['id']}", json={"is_default": True}) for row in shown["addresses"]),
        *(shop.call("PUT", f"{path}/regions/{region}", json={"is_active": True}) for region in regions),
    )
    assert {answer.status_code for answer in codes} == {200}
    shown = (await shop.get(path))["data"]
    assert [row["is_default"] for row in shown["addresses"]].count(True) == 1
    assert shown["region"] == next(row for row in shown["regions"] if row["is_active"])


async def test_addresses(shop):
    made = await person(shop)
    path = f"/profiles/{made['id']}/addresses"
    await forget_events(shop)
    field = {"namespace": "n", "handle": "h", "type": "integer", "value": "5"}
    first = (await shop.post(path, {**PLACE, "custom_fields": [field], "meta": []}))["data"]
    assert (first["is_default"], first["custom_fields"], first["meta"]) == (True, {"n": {"h": 5}}, {})
    assert [name for name, _ in await events(shop)] == ["profile.address.created", "address.created"]
    second = (await shop.put(f"{path}/external/e%201", PLACE, status=201))["data"]
    assert (second["external_id"], second["is_default"]) == ("e 1", False)
    again = {**PLACE, "external_id": "e 1", "type": "home", "is_default": True}
    assert (await shop.post(f"{path}/upsert", again, status=200))["data"]["id"] == second["id"]
    assert (await shop.get(f"/profiles/{made['id']}"))["data"]["address"]["id"] == second["id"]
    assert (await shop.get(path))["data"][0]["is_default"] is False
    assert (await shop.get(path, params={"page[size]": 1}))["meta"]["total"] == 2
    await shop.delete(f"{path}/{second['id']}")
    assert (await shop.get(f"{path}/{first['id']}"))["data"]["is_default"] is True
    bad = errors(await shop.post(path, {"type": "cave", "is_default": "maybe"}, status=422))
    assert set(bad) == {"address_line_1", "city", "postcode", "country", "type", "is_default"}
    wrong = {**PLACE, "custom_fields": [{**field, "value": "x"}]}
    assert list(errors(await shop.post(path, wrong, status=422))) == ["custom_fields.0.value"]
    await shop.put(f"{path}/{first['id']}", {"city": None}, status=422)
    await shop.post(f"{path}/upsert", PLACE, status=422)


async def test_comms_keep_what_was_decided(shop):
    made = await person(shop, email="a@example.com")
    path = f"/profiles/{made['id']}/attributes/comms"
    fresh = (await shop.get(path))["data"]
    assert (fresh["email_location"], fresh["sms_service"], fresh["sms_promo"], fresh["phone_promo"]) == (
        False,
        True,
        False,
        False,
    )
    assert len([key for key in fresh if key.endswith("_raw")]) == 55
    await forget_events(shop)
    changed = (
        await shop.put(path, {"email_promo": "0", "email_bounced": True, "email_verification": "verified", "nope": 1})
    )["data"]
    assert (changed["email_promo"], changed["email_promo_raw"], changed["email_verification"]) == (False, 0, "verified")
    assert [name for name, _ in await events(shop)] == ["profile-attribute.updated", "profile.updated"]
    await forget_events(shop)
    await shop.put(path, {"email_promo": False})
    assert await events(shop) == []
    listed = (await shop.put(f"/profiles/{made['id']}/comms", {"email_promo": None}))["data"]
    assert [(row["email_promo"], row["email_promo_raw"]) for row in listed] == [(True, None)]
    assert set(errors(await shop.put(path, {"sms_promo": "x", "sms_verification": "y"}, status=422))) == {
        "sms_promo",
        "sms_verification",
    }
    await shop.put(f"/profiles/{made['id']}", {"email": "b@example.com"})
    assert (await shop.get(path))["data"]["email_bounced_raw"] == 0


async def test_dates_are_keyed_by_handle_and_relationship(shop):
    made, child = await person(shop), await person(shop)
    path = f"/profiles/{made['id']}/attributes/dates"
    body = {"date": "2019-06-08", "handle": "birthday", "relationship": "Child", "links": [{"profile_id": child["id"]}]}
    one = (await shop.put(path, body))["data"]
    assert one["links"][0]["profile_id"] == child["id"]
    two = (await shop.put(path, {**body, "date": "2020-06-08", "links": []}))["data"]
    assert (two["id"], two["date"], two["links"]) == (one["id"], "2020-06-08", [])
    await shop.put(f"/profiles/{made['id']}", {"dates_attributes": [{"date": "2000-01-01", "handle": "birthday"}]})
    assert len((await shop.get(path))["data"]) == 2
    assert set(errors(await shop.put(path, {}, status=422))) == {"date", "handle", "relationship"}
    left = (await shop.call("DELETE", f"{path}/{one['id']}", status=200)).json()["data"]
    assert [row["relationship"] for row in left] == [None]
    await shop.call("DELETE", f"{path}/{one['id']}", status=404)
    racing = await asyncio.gather(
        *(shop.call("PUT", path, json={**body, "handle": "race", "links": None}) for _ in range(10))
    )
    assert {answer.status_code for answer in racing} == {200}
    assert len({answer.json()["data"]["id"] for answer in racing}) == 1


async def test_custom_attributes_are_typed_and_found(shop):
    one, two = await person(shop), await person(shop)
    path = f"/profiles/{one['id']}/attributes/custom"
    made = (await shop.post(path, {"namespace": "beauty", "handle": "score", "type": "integer", "value": "7"}))["data"]
    assert (made["value"], made["profile_id"]) == (7, one["id"])
    taken = await shop.post(path, {"namespace": "beauty", "handle": "score", "type": "string"}, status=422)
    assert errors(taken) == {"handle": ["The handle has already been taken."]}
    for kind, value, stored in (
        ("float", "1.5", 1.5),
        ("boolean", "true", True),
        ("json", '{"a": 1}', {"a": 1}),
        ("array", [1], [1]),
        ("string", 5, "5"),
        ("string", None, None),
    ):
        assert (await shop.put(f"{path}/beauty:x", {"type": kind, "value": value}))["data"]["value"] == stored
    for kind, value in (("integer", "1.5"), ("boolean", "x"), ("json", "1"), ("float", "x")):
        assert list(errors(await shop.put(f"{path}/beauty:x", {"type": kind, "value": value}, status=422))) == ["value"]
    assert (await shop.put(f"{path}/beauty:score", {"value": 8}))["data"]["type"] == "integer"
    assert list(errors(await shop.put(f"{path}/new:one", {"value": 8}, status=422))) == ["type"]
    await shop.get(f"{path}/nocolon", status=404)
    await shop.put(f"/profiles/{two['id']}/attributes/custom/beauty:score", {"type": "integer", "value": 10})
    await shop.put(f"/profiles/{two['id']}/attributes/custom/beauty:tone", {"type": "string", "value": "Warm"})

    async def found(**conditions):
        return [row["id"] for row in (await shop.get("/profiles/attributes/custom", params=conditions))["data"]]

    key = {"attributes[0][namespace]": "beauty", "attributes[0][handle]": "score"}
    assert await found(**key, **{"attributes[0][value][gte]": "9"}) == [two["id"]]
    assert await found(**key, **{"attributes[0][value][in]": "8,10"}) == [one["id"], two["id"]]
    assert await found(**key, **{"attributes[0][value]": "8"}) == [one["id"]]
    tone = {"attributes[1][namespace]": "beauty", "attributes[1][handle]": "tone", "attributes[1][value]": "wARM"}
    assert await found(**key, **{"attributes[0][value][gt]": "1"}, **tone) == [two["id"]]
    missing = errors(await shop.get("/profiles/attributes/custom", status=422, params={"attributes[0][value]": "1"}))
    assert set(missing) == {"attributes.0.namespace", "attributes.0.handle"}
    await shop.delete(f"{path}/beauty:score")
    await shop.get(f"{path}/beauty:score", status=404)
    everything = (await shop.get(f"/profiles/{two['id']}/attributes"))["data"]
    assert list(everything) == ["comms", "appearance", "dates", "custom"]
    assert [row["handle"] for row in everything["custom"]] == ["score", "tone"]


async def test_regions_answer_the_whole_list(shop):
    one, two = [(await shop.post("/regions", {"name": h, "handle": h}))["data"]["id"] for h in ("one", "two")]
    made = await person(shop)
    path = f"/profiles/{made['id']}/regions"
    await shop.post(path, {"region_id": one, "country": "USA"})
    both = (await shop.post(path, {"region_id": two}))["data"]
    assert [(row["id"], row["is_active"]) for row in both] == [(one, True), (two, False)]
    both = (await shop.put(f"{path}/{two}", {"is_active": True, "region_id": one}))["data"]
    assert [row["is_active"] for row in both] == [False, True]
    assert (await shop.get(f"{path}/{one}"))["data"]["country"] == "USA"
    assert list(errors(await shop.post(path, {"region_id": 10**6}, status=422))) == ["region_id"]
    await shop.get(f"{path}/{10**6}", status=404)
    await shop.delete(f"{path}/{one}")
    await shop.delete(f"{path}/{one}", status=404)


async def test_hours(shop):
    made = await person(shop)
    path = f"/profiles/{made['id']}/normal-hours"
    monday = {"day_of_week": "MON", "available_from": "09:00", "available_until": "17:00"}
    row = (await shop.post(path, monday))["data"]
    assert row == {
        "id": row["id"],
        "day_of_week": "MON",
        "is_closed": False,
        "available_from": "09:00:00",
        "available_until": "17:00:00",
    }
    assert list(errors(await shop.post(path, monday, status=422))) == ["day_of_week"]
    assert list(errors(await shop.put(f"{path}/{row['id']}", {"available_until": "08:00"}, status=422))) == [
        "available_until"
    ]
    closed = (await shop.put(f"{path}/{row['id']}", {"is_closed": True}))["data"]
    assert (closed["available_from"], closed["available_until"]) == (None, None)
    special = f"/profiles/{made['id']}/special-hours"
    await shop.post(special, {"name": "x", "start_at": "2025-01-02", "end_at": "2025-01-01"}, status=422)
    await shop.post(special, {"name": "x", "start_at": "2025-01-01", "end_at": "2025-01-02", "is_closed": True})
    replaced = (await shop.put(f"/profiles/{made['id']}", {"special_hours": [], "normal_hours": [monday]}))["data"]
    assert (len(replaced["normal_hours"]), replaced["special_hours"]) == (1, [])
    await shop.delete(f"{path}/{replaced['normal_hours'][0]['id']}")


async def test_statuses_are_ranked_and_expire(shop, jobs):
    for name, rank in (("media", None), ("vip", 10), ("influencer", 10), ("staff", 1)):
        await shop.post("/statuses", {"name": name, "handle": name, "sort_order": rank})
    made = await person(shop)
    path = f"/profiles/{made['id']}"
    for name in ("media", "influencer", "vip", "staff"):
        await shop.post(f"{path}/statuses", {"statuses": [name, "nonsense"]})
    shown = (await shop.get(path))["data"]
    assert shown["statuses"] == ["staff", "vip", "influencer", "media"]
    assert [row["handle"] for row in shown["statuses_original"]] == ["media", "influencer", "vip", "staff"]
    assert [row["handle"] for row in (await shop.get("/statuses"))["data"]] == ["staff", "vip", "influencer", "media"]
    assert (await shop.put(path, {"statuses": ["vip"]}))["data"]["statuses"] == ["vip"]
    await shop.post(
        "/statuses",
        {"name": "t", "handle": "trial", "period": 1, "period_type": "days", "timezone": "Australia/Melbourne"},
    )
    await shop.put(path, {"statuses": ["vip", "trial"]})
    await forget_events(shop)
    await shop.put(path, {"statuses": ["trial", "vip"]})
    assert await events(shop) == []
    await shop.advance(days=3)
    shown = (await shop.get(path))["data"]
    assert shown["statuses"] == ["vip"]
    assert [(row["handle"], row["is_active"]) for row in shown["statuses_original"]] == [
        ("vip", True),
        ("trial", False),
    ]
    from omneo_api.foundation.jobs import JobContext
    from omneo_api.profiles.statuses.jobs import expire

    await expire(JobContext(shop.database, shop.tenant, 0, 0, None))
    await expire(JobContext(shop.database, shop.tenant, 0, 0, None))
    assert await events(shop) == [("profile.updated", made["id"])]
    await shop.delete("/statuses/vip")
    assert (await shop.get(path))["data"]["statuses"] == []
    await shop.delete(f"{path}/statuses/vip", status=404)
    assert (await shop.get("/statuses", params={"page": 1}))["meta"]["total"] == 4


async def test_validation_rules_keep_values_out(shop):
    rule = {
        "name": "mail",
        "type": "email",
        "rule_type": "domain",
        "applies_to": "create",
        "values": [{"value": "@trash.example", "is_active": True}, {"value": "ok.example"}],
    }
    made = (await shop.post("/profiles/validation-rules", {**rule, "error_message": "Another address, please."}))[
        "data"
    ]
    assert [row["is_active"] for row in made["values"]] == [True, False]
    refused = await shop.post("/profiles", {"email": "x@TRASH.example"}, status=422)
    assert errors(refused) == {"email": ["Another address, please."]}
    one = await person(shop, email="x@ok.example")
    await shop.put(f"/profiles/{one['id']}", {"email": "x@trash.example"})
    await shop.post(
        "/profiles/validation-rules",
        {"name": "n", "type": "name", "rule_type": "regex", "applies_to": "all", "pattern": "^test"},
    )
    refused = await shop.put(f"/profiles/{one['id']}", {"last_name": "Tester"}, status=422)
    assert errors(refused) == {"last_name": ["The last name is not allowed."]}
    await shop.post(
        "/profiles/validation-rules",
        {
            "name": "m",
            "type": "mobile",
            "rule_type": "prefix",
            "applies_to": "all",
            "values": [{"value": "+6141299", "is_active": 1}],
        },
    )
    assert list(errors(await shop.put(f"/profiles/{one['id']}", {"mobile_phone": "0412 999 111"}, status=422))) == [
        "mobile_phone"
    ]
    for wrong, key in (
        ({"rule_type": "domain", "type": "name"}, "rule_type"),
        ({"rule_type": "regex", "pattern": "("}, "pattern"),
        ({"rule_type": "regex"}, "pattern"),
    ):
        assert list(errors(await shop.post("/profiles/validation-rules", {**rule, **wrong}, status=422))) == [key]
    values = f"/profiles/validation-rules/{made['id']}/values"
    extra = (await shop.post(values, {"value": "more.example"}))["data"]
    await shop.put(f"{values}/{extra['id']}", {"is_active": True})
    await shop.post("/profiles", {"email": "y@more.example"}, status=422)
    await shop.delete(f"{values}/{extra['id']}")
    assert len((await shop.get(values))["data"]) == 2
    await shop.put(f"/profiles/validation-rules/{made['id']}", {"values": [], "is_active": False})
    await person(shop, email="z@trash.example")
    slow = {"name": "slow", "type": "email", "rule_type": "regex", "applies_to": "all", "pattern": "(a*)*\\1$x"}
    await shop.post("/profiles/validation-rules", slow)
    await person(shop, email=f"{'a' * 60}@example.com")
