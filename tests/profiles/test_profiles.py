import asyncio
import uuid

import pytest
from persons import errors, events, forget_events, person

pytestmark = pytest.mark.anyio

KEYS = [
    "id",
    "external_id",
    "title",
    "first_name",
    "last_name",
    "full_name",
    "email",
    "gender",
    "currency",
    "joined_at",
    "mobile_phone",
    "mobile_phone_country",
    "mobile_phone_national",
    "mobile_phone_national_prefix",
    "mobile_phone_e164",
    "secondary_phone",
    "birth_day",
    "birth_month",
    "birth_year",
    "birth_date",
    "next_birthday",
    "birth_days",
    "birth_days_past",
    "company",
    "occupation",
    "avatar_url",
    "is_completed",
    "is_public",
    "profile_type",
    "joined_location_id",
    "joined_location",
    "preferred_location_id",
    "preferred_location",
    "joined_staff_id",
    "preferred_staff_id",
    "joined_staff",
    "preferred_staff",
    "identities",
    "tags",
    "statuses",
    "statuses_original",
    "attributes",
    "custom_attributes",
    "custom_fields",
    "address",
    "addresses",
    "region",
    "regions",
    "tier_handle",
    "tier",
    "reward_balance",
    "point_balance",
    "point_balance_dollars",
    "benefit_balance",
    "credit_balance",
    "combined_balance_dollars",
    "normal_hours",
    "special_hours",
    "organisations",
    "aggregations",
    "created_by",
    "created_at",
    "updated_at",
]


async def test_a_profile_of_an_email_alone_has_every_key_with_its_default(shop):
    made = await person(shop, email="  Ines.Varga@Example.com ")
    assert list(made) == KEYS
    assert made["email"] == "ines.varga@example.com"
    assert (made["first_name"], made["last_name"], made["full_name"]) == ("Unknown", "Unknown", "Unknown Unknown")
    assert made["profile_type"] == "active"
    assert made["is_completed"] is True
    assert made["joined_at"] == made["created_at"]
    assert made["attributes"]["comms"]["email_promo"] is True
    assert made["attributes"]["comms"]["email_promo_raw"] is None
    assert made["attributes"]["comms"]["profile_id"] == made["id"]
    assert made["attributes"]["appearance"]["size_shoe"] is None
    assert made["attributes"]["dates"] == []
    assert made["custom_attributes"] == {}
    assert made["reward_balance"] == 0
    assert made["aggregations"]["profile_id"] == made["id"]
    assert "shop_days" in made["aggregations"]
    assert made["created_by"]
    assert (await shop.get(f"/profiles/{made['id']}"))["data"] == made
    page = await shop.get("/profiles")
    assert page["meta"]["total"] == 1
    assert page["data"] == [{key: value for key, value in made.items() if key != "aggregations"}]
    assert (await shop.get("/profiles", params={"include": "aggregations"}))["data"] == [made]


async def test_everything_nested_is_created_at_once(shop):
    region = (await shop.post("/regions", {"name": "North East", "handle": "north-east"}))["data"]
    await shop.post("/statuses", {"name": "VIP", "handle": "vip", "sort_order": 10})
    made = await person(
        shop,
        first_name="Ines",
        mobile_phone="0412 000 111",
        secondary_phone="+61 2 9374 4000",
        gender="Witheld",
        birth_day="1",
        birth_month=1,
        birth_year=1989,
        tags=["vip event", "vip event", "b"],
        statuses=["vip", "no-such"],
        identities=[{"handle": "card", "identifier": 77, "is_primary": True}, {"handle": "card", "identifier": "78"}],
        addresses=[
            {"street_address": "12 Reef St", "apartment": "3", "city": "Melbourne", "postcode": 3000, "country": "au"},
            {"address_line_1": "1 A", "city": "B", "postcode": "1", "country": "Australia", "is_default": True},
        ],
        attributes={"comms": {"email_promo": False, "sms_optout": 1}, "appearance": {"size_shoe": 39}},
        comms_attributes={"email_promo": True},
        custom_attributes=[{"namespace": "beauty", "handle": "score", "type": "integer", "value": "7"}],
        dates_attributes=[{"date": "2019-06-08", "handle": "wedding", "name": "Wedding"}],
        region="north-east",
        region_country="USA",
        normal_hours=[{"day_of_week": "MON", "available_from": "09:00", "available_until": "17:00"}],
    )
    assert made["external_id"] == "77"
    assert [row["identifier"] for row in made["identities"]] == ["77", "78"]
    assert made["mobile_phone"] == made["mobile_phone_e164"] == "+61412000111"
    assert made["mobile_phone_country"] == 61
    assert made["mobile_phone_national"] == "412000111"
    assert made["mobile_phone_national_prefix"] == "0412000111"
    assert made["secondary_phone"] == "+61293744000"
    assert made["gender"] == "withheld"
    assert made["birth_date"] == "1989-01-01"
    assert made["tags"] == ["vip-event", "b"]
    assert made["statuses"] == ["vip"]
    assert made["statuses_original"][0]["is_active"] is True
    assert [row["is_default"] for row in made["addresses"]] == [False, True]
    assert made["address"] == made["addresses"][1]
    assert made["addresses"][0]["iso"] == "AU"
    assert made["addresses"][0]["address_line_2"] == "3"
    comms = made["attributes"]["comms"]
    assert (comms["email_promo"], comms["email_promo_raw"]) == (True, 1)
    assert (comms["sms_optout"], comms["sms_optout_raw"]) == (True, 1)
    assert made["attributes"]["appearance"]["size_shoe"] == "39"
    assert made["attributes"]["dates"][0]["handle"] == "wedding"
    assert made["custom_attributes"] == {"beauty": {"score": 7}}
    assert made["region"]["id"] == region["id"]
    assert made["region"]["country"] == "USA"
    assert made["normal_hours"][0]["available_from"] == "09:00:00"


async def test_what_was_read_can_be_sent_back_and_changes_nothing(shop):
    made = await person(
        shop,
        mobile_phone="0412000222",
        identities=[{"handle": "card", "identifier": "x1"}],
        addresses=[{"address_line_1": "1 A", "city": "B", "postcode": "1", "country": "AU"}],
        custom_attributes=[{"namespace": "n", "handle": "h", "type": "json", "value": {"a": [1]}}],
        dates_attributes=[{"date": "2019-06-08", "handle": "wedding"}],
        tags=["a"],
        normal_hours=[{"day_of_week": "TUE", "is_closed": True}],
    )
    await forget_events(shop)
    again = (await shop.put(f"/profiles/{made['id']}", made))["data"]
    assert again == made
    assert await events(shop) == []


async def test_all_failing_fields_come_at_once(shop):
    await person(shop, email="taken@example.com", mobile_phone="0412000333")
    other = await person(shop, identities=[{"handle": "card", "identifier": "Z9"}])
    body = {
        "email": "taken@example.com",
        "mobile_phone": "+61412000333",
        "secondary_phone": "12",
        "joined_location_id": 99,
        "preferred_location_external_code": "nowhere",
        "joined_staff_id": str(uuid.uuid4()),
        "birth_day": 31,
        "birth_month": 2,
        "currency": "XXQ",
        "identities": [{"handle": "CARD", "identifier": "z9"}],
        "custom_attributes": [{"namespace": "a", "handle": "b", "type": "integer", "value": "x"}],
        "dates_attributes": [{"date": "2020-01-01", "handle": "d", "links": [{"profile_id": str(uuid.uuid4())}]}],
        "regions": [{"region_id": 5}],
        "normal_hours": [{"day_of_week": "MON", "available_from": "09:00", "available_until": "08:00"}],
    }
    answer = errors(await shop.post("/profiles", body, status=422))
    assert answer["mobile_phone"] == ["The phone number exists"]
    assert answer["email"] == ["The email has already been taken."]
    assert answer["secondary_phone"] == ["The secondary phone is not a valid phone number."]
    assert answer["identities.0.identifier"] == ["The identity already exists."]
    assert set(answer) == {
        "email",
        "mobile_phone",
        "secondary_phone",
        "joined_location_id",
        "preferred_location_external_code",
        "joined_staff_id",
        "birth_day",
        "currency",
        "identities.0.identifier",
        "custom_attributes.0.value",
        "dates_attributes.0.links.0.profile_id",
        "regions.0.region_id",
        "normal_hours.0.available_until",
    }
    shape = errors(await shop.post("/profiles", {"email": "no", "addresses": [{}], "birth_month": 13}, status=422))
    assert {"email", "birth_month", "addresses.0.city", "addresses.0.address_line_1"} <= set(shape)
    assert errors(await shop.post("/profiles", {}, status=422)) == {"email": ["The email field is required."]}
    assert (await shop.get("/profiles"))["meta"]["total"] == 2
    assert other["id"]


async def test_fields_of_a_wrong_type_do_not_hide_those_that_break_a_rule(shop):
    await person(shop, email="first@example.com", mobile_phone="0412000444")
    body = {"email": "nope", "mobile_phone": "+61412000444", "secondary_phone": "12", "gender": 5, "birth_month": 13}
    answer = errors(await shop.post("/profiles", body, status=422))
    assert answer == {
        "email": ["The email field must be a valid email address."],
        "gender": ["The selected gender is invalid."],
        "birth_month": ["The birth month field must not be greater than 12."],
        "mobile_phone": ["The phone number exists"],
        "secondary_phone": ["The secondary phone is not a valid phone number."],
    }
    await shop.post("/profiles", {"email": "second@example.com", "gender": 5}, status=422)
    assert (await shop.get("/profiles?filter[email]=second@example.com"))["meta"]["total"] == 0


async def test_a_clashing_mobile_goes_to_secondary_where_the_tenant_wants_it(shop):
    await person(shop, mobile_phone="0412000333")
    await shop.sql(
        "INSERT INTO settings (tenant_id, handle, value, type)"
        " VALUES (%s, 'profiles.clashing_mobiles_to_secondary', 'true', 'boolean')"
        " ON CONFLICT (tenant_id, handle_key) DO UPDATE SET value = 'true'",
        shop.tenant.id,
    )
    second = await person(shop, mobile_phone="0412000333")
    assert second["mobile_phone"] is None
    assert second["secondary_phone"] == "+61412000333"


async def test_an_update_is_partial_and_counts_only_what_differs(shop):
    made = await person(shop, first_name="Ines", tags=["a", "b"], mobile_phone="0412000444", company="Tern")
    await forget_events(shop)
    changed = (await shop.put(f"/profiles/{made['id']}", {"company": None, "tags": ["c"], "joined_at": "2001-01-01"}))[
        "data"
    ]
    assert (changed["company"], changed["tags"], changed["first_name"]) == (None, ["c"], "Ines")
    assert changed["joined_at"] == made["joined_at"]
    assert [name for name, _ in await events(shop)] == ["profile.before.update", "profile.updated"]
    audit = await shop.sql(
        "SELECT old_values, new_values FROM audits WHERE tenant_id = %s ORDER BY id DESC LIMIT 1", shop.tenant.id
    )
    assert audit[0] == ('{"company":"Tern","tags":["a","b"]}', '{"company":null,"tags":["c"]}')
    cleared = (await shop.put(f"/profiles/{made['id']}", {"mobile_phone": "", "tags": []}))["data"]
    assert [cleared[key] for key in cleared if key.startswith("mobile_phone")] == [None] * 5
    assert cleared["tags"] == []
    required = errors(await shop.put(f"/profiles/{made['id']}", {"email": None}, status=422))
    assert required == {"email": ["The email field is required."]}


async def test_birthdays_move_with_the_clock(shop):
    made = await person(shop, birth_day=29, birth_month=2, birth_year=1992)
    assert made["birth_date"] == "1992-02-29"
    assert errors(await shop.put(f"/profiles/{made['id']}", {"birth_year": 1990}, status=422)) == {
        "birth_day": ["The birth day field must be a valid date."]
    }
    await shop.put(f"/profiles/{made['id']}", {"birth_year": None})
    clock = (await shop.sql("SELECT now()"))[0][0]
    target = clock.replace(year=2027, month=2, day=27, hour=12, minute=0, second=0, microsecond=0)
    await shop.advance(seconds=(target - clock).total_seconds())
    shown = (await shop.get(f"/profiles/{made['id']}"))["data"]
    assert (shown["next_birthday"], shown["birth_days"]) == ("2027-02-28", 0)
    await shop.advance(days=1)
    shown = (await shop.get(f"/profiles/{made['id']}"))["data"]
    assert (shown["next_birthday"], shown["birth_days"], shown["birth_days_past"]) == ("2027-02-28", 0, 0)
    await shop.advance(days=1)
    shown = (await shop.get(f"/profiles/{made['id']}"))["data"]
    assert (shown["next_birthday"], shown["birth_days_past"]) == ("2028-02-29", 1)
    assert shown["birth_days"] == 364
    assert shown["birth_date"] is None


async def test_the_documented_birthday(shop):
    made = await person(shop, birth_day=1, birth_month=1, birth_year=1989)
    clock = (await shop.sql("SELECT now()"))[0][0]
    target = clock.replace(year=2027, month=1, day=26, hour=12, minute=0, second=0, microsecond=0)
    await shop.advance(seconds=(target - clock).total_seconds())
    shown = (await shop.get(f"/profiles/{made['id']}"))["data"]
    assert (shown["next_birthday"], shown["birth_days"], shown["birth_days_past"]) == ("2028-01-01", 339, 25)


async def test_fifty_creates_of_one_email_make_one_profile(shop):
    async def create() -> int:
        answer = await shop.call("POST", "/profiles", json={"email": "one@example.com", "mobile_phone": "0412000555"})
        if answer.status_code == 422:
            assert set(answer.json()["errors"]) <= {"email", "mobile_phone"}
        return answer.status_code

    codes = await asyncio.gather(*(create() for _ in range(50)))
    assert sorted(codes) == [201] + [422] * 49
    assert (await shop.get("/profiles"))["meta"]["total"] == 1


async def test_a_deleted_profile_is_gone_frees_its_keys_and_can_be_restored(shop):
    made = await person(
        shop,
        email="a@example.com",
        mobile_phone="0412000666",
        profile_type="pending",
        identities=[{"handle": "card", "identifier": "1", "is_primary": True}],
    )
    path = f"/profiles/{made['id']}"
    await forget_events(shop)
    await shop.delete(path)
    assert [name for name, _ in await events(shop)] == ["profile.deleted"]
    await shop.delete(path, status=404)
    for below in ("", "/identities", "/addresses", "/attributes/comms", "/statuses", "/tags", "/regions"):
        await shop.get(path + below, status=404)
    assert (await shop.get("/profiles"))["meta"]["total"] == 0
    assert (await shop.get("/identities"))["data"] == []
    assert (await shop.get("/profiles", params={"search": "a@example.com"}))["data"] == []
    other = await person(shop, email="a@example.com", identities=[{"handle": "card", "identifier": "1"}])
    taken = errors(await shop.post(f"{path}/restore", status=422))
    assert set(taken) == {"email", "identities"}
    await shop.delete(f"/profiles/{other['id']}")
    back = (await shop.post(f"{path}/restore", status=200))["data"]
    assert back["profile_type"] == "pending"
    assert back["identities"] == made["identities"]
    await shop.post(f"{path}/restore", status=404)
    assert (await shop.get("/profiles", params={"search": "a@example.com"}))["meta"]["total"] == 1


async def test_types(shop):
    made = await person(shop, profile_type="temporary")
    assert [name for name, _ in await events(shop)] == ["profile-temporary.created"]
    assert made["is_completed"] is False
    await forget_events(shop)
    path = f"/profiles/{made['id']}"
    changed = (await shop.put(f"{path}/update-type", {"profile_type": "active"}))["data"]
    assert (changed["profile_type"], changed["is_completed"]) == ("active", True)
    assert [name for name, _ in await events(shop)] == ["profile.before.update", "profile.created", "profile.updated"]
    assert errors(await shop.put(f"{path}/update-type", {"profile_type": "x"}, status=422)) == {
        "profile_type": ["The selected profile type is invalid."]
    }
    await shop.put(path, {"profile_type": "deleted"})
    assert (await shop.get("/profiles"))["meta"]["total"] == 0
    listed = await shop.get("/profiles", params={"filter[profile_type]": "deleted"})
    assert [row["id"] for row in listed["data"]] == [made["id"]]
    assert (await shop.get(path))["data"]["profile_type"] == "deleted"
    assert (await shop.put(f"{path}/public", {"is_public": 1}))["data"]["is_public"] is True


async def test_a_profile_is_addressed_by_an_active_identity(shop):
    made = await person(shop, identities=[{"handle": "Shopify", "identifier": "a/b c"}])
    by = {"identity[handle]": "shopify"}
    assert (await shop.get("/profiles/A%2Fb%20c", params=by))["data"] == made
    assert (await shop.get("/profiles/a%2Fb%20c/identities", params={"id_handle": "shopify"}))["data"] == made[
        "identities"
    ]
    changed = (await shop.put("/profiles/a%2Fb%20c", {"first_name": "Ann"}, params=by))["data"]
    assert changed["id"] == made["id"]
    await shop.put(f"/profiles/{made['id']}/identities/shopify", {"is_active": False})
    await shop.get("/profiles/a%2Fb%20c", status=404, params=by)
    await shop.get("/profiles/nobody", status=404)


async def test_custom_events_take_no_native_name(shop):
    made = await person(shop)
    path = f"/profiles/{made['id']}/custom-event"
    await shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, 'survey.completed', 'trigger', 1)",
        shop.tenant.id,
    )
    for name in ("profile.created", "profile.update", "aggregation.updated", "nodots", "Upper.Case"):
        assert list(errors(await shop.post(path, {"event": name}, status=422))) == ["event"]
    assert (await shop.post(path, {"event": "survey.completed", "context": {"score": 3}}, status=200))["data"] == made
    context = await shop.sql("SELECT context FROM event_contexts WHERE tenant_id = %s", shop.tenant.id)
    assert context[0][0]["data"] == {"score": 3}
    assert context[0][0]["profile"]["id"] == made["id"] == context[0][0]["profile_id"]
    assert (await shop.get(f"/profiles/{made['id']}/resync"))["data"] == made
    assert (await events(shop))[-1] == ("profile.updated", made["id"])


async def test_tenants_do_not_see_each_other(shop, other_shop):
    made = await person(shop, email="same@example.com", identities=[{"handle": "card", "identifier": "1"}])
    twin = await person(other_shop, email="same@example.com", identities=[{"handle": "card", "identifier": "1"}])
    await other_shop.get(f"/profiles/{made['id']}", status=404)
    await other_shop.put(f"/profiles/{made['id']}", {"first_name": "x"}, status=404)
    assert [row["id"] for row in (await other_shop.get("/profiles", params={"search": "same"}))["data"]] == [twin["id"]]
    found = await other_shop.post("/profiles/search-id", {"type": "card", "id": "1"}, status=200)
    assert found["data"]["id"] == twin["id"]
