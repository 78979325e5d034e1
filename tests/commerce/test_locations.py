"""Locations over HTTP (commerce 9.1 to 9.4, 12)."""

import asyncio
import math

import pytest

pytestmark = pytest.mark.anyio

ORDER = [
    "id",
    "type",
    "name",
    "handle",
    "description",
    "phone",
    "email",
    "timezone",
    "external_id",
    "external_code",
    "is_published",
    "is_permanently_closed",
    "icon",
    "image_url",
    "country_iso_3",
    "address",
    "normal_hours",
    "special_hours",
    "tags",
    "custom_fields",
    "departments",
    "created_at",
    "updated_at",
]
ADDRESS_ORDER = [
    "id",
    "address_line_1",
    "address_line_2",
    "address_line_3",
    "company",
    "latitude",
    "longitude",
    "city",
    "postcode",
    "state",
    "country",
    "notes",
    "external_id",
    "is_default",
    "iso",
    "iso_state",
    "name",
    "type",
    "phone",
    "meta",
    "profile_id",
    "custom_fields",
    "created_at",
    "updated_at",
]
ADDRESS = {
    "address_line_1": "1 Test St",
    "city": "Fitzroy",
    "postcode": 3065,
    "state": "VIC",
    "country": "Australia",
    "latitude": -37.8,
    "longitude": "144.98",
    "iso": "AU",
}
WHOLE = {
    "type": "store",
    "name": "Fitzroy",
    "handle": "fitzroy",
    "phone": "0390000000",
    "email": "Fitzroy@example.com",
    "timezone": "Australia/Melbourne",
    "external_id": 12,
    "external_code": "S12",
    "is_published": True,
    "country_iso_3": "AUS",
    "address": ADDRESS,
    "normal_hours": [
        {"day_of_week": "MON", "open_at": "09:00", "close_at": "12:30"},
        {"day_of_week": "MON", "open_at": "13:30", "close_at": "02:00"},
    ],
    "special_hours": [{"name": "Xmas", "is_repeating": True, "start_at": "2025-12-25", "end_at": "2025-12-25"}],
    "tags": ["flagship", "vip", "flagship"],
    "custom_fields": [{"namespace": "pos", "handle": "till", "type": "integer", "value": "4"}],
}


async def make(shop, **values):
    return (await shop.post("/locations", {"name": "Shop", "phone": "1", **values}))["data"]


async def told(shop):
    rows = await shop.sql("SELECT name, entity_id FROM events WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
    return [name for name, _ in rows]


async def test_the_whole_location(shop, other_shop):
    made = (await shop.post("/locations", WHOLE))["data"]
    assert list(made) == ORDER
    assert list(made["address"]) == ADDRESS_ORDER
    address = {"latitude": -37.8, "longitude": 144.98, "postcode": "3065", "profile_id": None, "custom_fields": {}}
    assert address.items() <= made["address"].items()
    monday = [(row["open_at"], row["close_at"], row["location_id"]) for row in made["normal_hours"]]
    assert monday == [("09:00", "12:30", made["id"]), ("13:30", "02:00", made["id"])]
    xmas = made["special_hours"][0]
    assert (xmas["start_at"], xmas["end_at"]) == ("2025-12-25 00:00:00", "2025-12-25 00:00:00")
    assert (xmas["is_repeating"], xmas["open_at"], xmas["close_at"]) == (True, None, None)
    assert made["tags"] == ["flagship", "vip"]
    assert made["custom_fields"] == {"pos": {"till": 4}}
    assert (made["external_id"], made["is_permanently_closed"], made["departments"]) == ("12", False, [])
    assert (await shop.get(f"/locations/{made['id']}"))["data"] == made
    for path in ("external_id/12", "external/12", "external_code/S12", "handle/FITZROY", f"id/{made['id']}"):
        assert (await shop.get(f"/locations/{path}"))["data"] == made
        await other_shop.get(f"/locations/{path}", status=404)
    for path in ("nope/12", "external_id/13", "id/x", "12/12"):
        await shop.get(f"/locations/{path}", status=404)
    assert await told(shop) == ["address.created", "location.created"]


async def test_sending_back_what_was_read_changes_nothing(shop):
    made = (await shop.post("/locations", WHOLE))["data"]
    before = await told(shop)
    await shop.advance(minutes=5)
    assert (await shop.put(f"/locations/{made['id']}", made))["data"] == made
    assert await told(shop) == before


async def test_a_change_is_partial_and_hours_are_replaced(shop):
    made = (await shop.post("/locations", WHOLE))["data"]
    await shop.advance(minutes=5)
    body = {
        "description": "Corner",
        "handle": "other",
        "normal_hours": [{"day_of_week": "SUN"}],
        "address": {"city": "Carlton", "company": "Northline"},
        "custom_fields": [{"namespace": "pos", "handle": "open", "value": True}],
        "tags": [],
    }
    changed = (await shop.put(f"/locations/{made['id']}", body))["data"]
    assert (changed["handle"], changed["name"], changed["description"]) == ("fitzroy", "Fitzroy", "Corner")
    assert [(row["day_of_week"], row["open_at"]) for row in changed["normal_hours"]] == [("SUN", None)]
    assert changed["special_hours"] == made["special_hours"]
    assert changed["address"] == made["address"] | {
        "city": "Carlton",
        "company": "Northline",
        "updated_at": changed["updated_at"],
    }
    assert changed["custom_fields"] == {"pos": {"open": True, "till": 4}}
    assert changed["tags"] == []
    assert changed["updated_at"] > made["updated_at"]
    assert (await told(shop))[2:] == ["address.updated", "location.updated"]
    gone = (await shop.put(f"/locations/{made['id']}", {"address": None}))["data"]
    assert gone["address"] is None
    refused = await shop.put(f"/locations/{made['id']}", {"address": {"city": "Carlton"}}, status=422)
    assert set(refused["errors"]) == {f"address.{name}" for name in ("address_line_1", "postcode", "state", "country")}
    again = (await shop.put(f"/locations/{made['id']}", {"address": ADDRESS}))["data"]
    assert again["address"]["city"] == "Fitzroy"


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({}, {"name", "phone"}),
        ({"name": "x", "phone": None}, {"phone"}),
        ({"name": "x", "phone": "1", "timezone": "Mars/Base"}, {"timezone"}),
        ({"name": "x", "phone": "1", "handle": "123"}, {"handle"}),
        (
            {"name": "x", "phone": "1", "normal_hours": [{"day_of_week": "MON", "open_at": "9:61"}]},
            {"normal_hours.0.open_at"},
        ),
        ({"name": "x", "phone": "1", "normal_hours": [{"day_of_week": "FUNDAY"}]}, {"normal_hours.0.day_of_week"}),
        (
            {"name": "x", "phone": "1", "special_hours": [{"start_at": "2025-02-02", "end_at": "2025-02-01"}]},
            {"special_hours.0.end_at"},
        ),
        ({"name": "x", "phone": "1", "address": ADDRESS | {"latitude": 91}}, {"address.latitude"}),
        ({"name": "x", "phone": "1", "address": ADDRESS | {"longitude": -181}}, {"address.longitude"}),
        (
            {"name": "x", "phone": "1", "address": {"city": "x"}},
            {f"address.{k}" for k in ("address_line_1", "postcode", "state", "country")},
        ),
        (
            {
                "name": "x",
                "phone": "1",
                "custom_fields": [{"namespace": "a", "handle": "b", "type": "integer", "value": "x"}],
            },
            {"custom_fields.0.value"},
        ),
    ],
)
async def test_what_is_refused(shop, body, fields):
    refused = await shop.post("/locations", body, status=422)
    assert set(refused["errors"]) == fields
    assert (await shop.get("/locations"))["data"] == []


async def test_keys_are_unique_among_the_living(shop):
    made = await make(shop, external_id="A", handle="h", external_code="c")
    await make(shop, external_id="B", external_code="c")
    clash = await shop.post("/locations", {"name": "x", "phone": "1", "external_id": "a"}, status=422)
    assert clash["errors"] == {"external_id": ["The external id has already been taken."]}
    await shop.post("/locations", {"name": "x", "phone": "1", "handle": "H"}, status=422)
    person = {"email": "a@example.com", "joined_location_id": made["id"], "preferred_location_id": made["id"]}
    customer = (await shop.post("/profiles", person))["data"]
    await shop.delete(f"/locations/{made['id']}")
    await shop.get(f"/locations/{made['id']}", status=404)
    await shop.get("/locations/external_id/A", status=404)
    assert (await shop.get("/locations", params={"filter[external_id]": "A"}))["data"] == []
    assert (await make(shop, external_id="a", handle="H"))["handle"] == "H"
    assert "location.deleted" not in await told(shop)
    kept = (await shop.put(f"/profiles/{customer['id']}", customer | {"first_name": "Ann"}))["data"]
    assert (kept["joined_location"], kept["preferred_location"]) == (customer["joined_location"],) * 2
    gone = await shop.post("/profiles", person | {"email": "b@example.com"}, status=422)
    assert set(gone["errors"]) == {"joined_location_id", "preferred_location_id"}


async def test_a_placeholder_is_completed_by_put(shop):
    await shop.sql("INSERT INTO locations (tenant_id, external_id) VALUES (%s, 'P1')", shop.tenant.id)
    blank = (await shop.get("/locations/external_id/P1"))["data"]
    assert (blank["name"], blank["phone"]) == (None, None)
    assert (await shop.put(f"/locations/{blank['id']}", blank))["data"] == blank
    await shop.post("/locations", {"name": "x", "phone": "1", "external_id": "P1"}, status=422)
    named = (await shop.put(f"/locations/{blank['id']}", {"name": "Shop", "phone": "1"}))["data"]
    assert named["name"] == "Shop"
    refused = await shop.put(f"/locations/{blank['id']}", {"name": None, "phone": ""}, status=422)
    assert set(refused["errors"]) == {"name", "phone"}


async def test_filters_and_pages(shop):
    for number in range(17):
        city = "Perth" if number % 2 else "Hobart"
        await make(shop, name=f"Shop {number}", tags=["odd"] if number % 2 else [], address=ADDRESS | {"city": city})
    page = await shop.get("/locations")
    assert (len(page["data"]), page["meta"]["total"], page["meta"]["last_page"]) == (15, 17, 2)
    assert "departments" not in page["data"][0]
    assert (await shop.get("/locations", params={"include": "departments"}))["data"][0]["departments"] == []

    async def names(**query):
        return [row["name"] for row in (await shop.get("/locations", params=query))["data"]]

    assert len(await names(**{"filter[address.city]": "perth", "per_page": "100"})) == 8
    assert len(await names(**{"filter[address][city]": "Hobart", "per_page": "100"})) == 9
    assert len(await names(**{"filter[tags.handle]": "odd", "per_page": "100"})) == 8
    assert await names(**{"filter[name]": "Shop 3"}) == ["Shop 3"]
    await shop.get("/locations", params={"filter[nope]": "1"}, status=400)
    await shop.get("/locations", params={"filter[radius]": "1"}, status=400)


def law_of_cosines(one, other):
    (first, left), (second, right) = ([math.radians(value) for value in place] for place in (one, other))
    straight = math.sin(first) * math.sin(second) + math.cos(first) * math.cos(second) * math.cos(left - right)
    return 6371.0088 * math.acos(straight)


async def test_near(shop):
    places = {
        "Fitzroy": (-37.8, 144.98),
        "Geelong": (-38.15, 144.36),
        "Sydney": (-33.87, 151.21),
        "Closed": (-37.8, 144.98),
    }
    for name, (latitude, longitude) in places.items():
        where = ADDRESS | {"latitude": latitude, "longitude": longitude}
        await make(shop, name=name, address=where, is_permanently_closed=name == "Closed")
    await make(shop, name="Nowhere", address={name: ADDRESS[name] for name in list(ADDRESS)[:5]})

    async def found(**query):
        page = await shop.get("/locations", params={f"filter[{name}]": value for name, value in query.items()})
        assert page["meta"]["total"] == len(page["data"])
        return [(row["name"], row["distance"]) for row in page["data"]]

    assert await found(near="-37.8,144.98") == [("Fitzroy", 0)]
    geelong = round(law_of_cosines(places["Fitzroy"], places["Geelong"]), 2)
    assert await found(near="-37.8, 144.98", radius="100") == [("Fitzroy", 0), ("Geelong", geelong)]
    assert await found(near="-37.8, 144.98", radius=str(geelong - 0.01)) == [("Fitzroy", 0)]
    far = await found(near="-37.8,144.98", radius=1000)
    assert far[-1][0] == "Sydney"
    assert far[-1][1] == round(law_of_cosines(places["Fitzroy"], places["Sydney"]), 2)
    assert await found(near="-37.8,144.98", radius=1000, name="Sydney") == far[-1:]
    for near, radius in [
        ("x", "1"),
        ("1", "1"),
        ("91,0", "1"),
        ("0,181", "1"),
        ("0,0", "-1"),
        ("0,0", "x"),
        ("0,0,0", "1"),
    ]:
        await shop.get("/locations", params={"filter[near]": near, "filter[radius]": radius}, status=422)


async def test_a_batch_creates_and_updates(shop, jobs):
    made = await make(shop, external_id="S1", external_code="C1", name="Old")
    rows = [
        {"external_id": "S1", "name": "By external id"},
        {"external_code": "C1", "description": "By code"},
        {"id": made["id"], "email": "a@example.com"},
        {"external_id": "S2", "name": "New", "phone": "2", "address": ADDRESS},
        {"external_id": "S3", "name": "No phone"},
        {"id": 999999, "name": "x", "phone": "1"},
    ]
    answer = await shop.post("/locations/batch.json", {"locations": rows}, status=200)
    assert answer["message"] == "Queued for processing."
    await jobs()
    batch = (await shop.get(f"/batches/{answer['batch_id']}"))["data"]
    assert [item["status"] for item in batch["items"]] == ["success"] * 4 + ["failed"] * 2
    assert batch["items"][4]["error"] == "The phone field is required."
    changed = (await shop.get(f"/locations/{made['id']}"))["data"]
    assert (changed["name"], changed["description"], changed["email"]) == ("By external id", "By code", "a@example.com")
    assert (await shop.get("/locations/external_id/S2"))["data"]["address"]["city"] == "Fitzroy"
    refused = await shop.post("/locations/batch.json", {"locations": []}, status=422)
    assert set(refused["errors"]) == {"locations"}


async def test_the_same_change_at_once(shop):
    made = await make(shop, address=ADDRESS)
    body = {"normal_hours": [{"day_of_week": "TUE", "open_at": "10:00"}], "address": {"city": "Carlton"}}
    answers = await asyncio.gather(*(shop.put(f"/locations/{made['id']}", body) for _ in range(8)))
    assert all(answer == answers[0] for answer in answers)
    assert (await told(shop)).count("location.updated") == 1


async def test_departments_stand_in_brand_and_location(shop):
    location = await make(shop)
    brand = (await shop.post("/brands", {"name": "Northline", "handle": "northline"}))["data"]
    assert brand["departments"] == []
    body = {"name": "Accessories", "handle": "accessories", "brand_id": brand["id"], "location_id": location["id"]}
    made = (await shop.post("/departments", body))["data"]
    assert list(made) == [
        "id",
        "name",
        "handle",
        "brand_id",
        "brand",
        "location_id",
        "external_id",
        "external_code",
        "description",
        "short_description",
        "url",
        "image_url",
        "internal_note",
        "meta",
        "created_at",
        "updated_at",
    ]
    assert made["brand"] == {"name": "Northline", "handle": "northline"}
    assert (await shop.get(f"/brands/{brand['id']}"))["data"]["departments"] == [made]
    assert (await shop.get(f"/locations/{location['id']}"))["data"]["departments"] == [made]
    assert (await shop.get("/departments", params={"filter[brand_id]": brand["id"]}))["data"] == [made]
    wrong = {"name": "x", "handle": made["handle"].upper(), "brand_id": 10**9, "location_id": 10**9}
    refused = await shop.post("/departments", wrong, status=422)
    assert set(refused["errors"]) == {"brand_id", "location_id", "handle"}
    kept = await shop.delete(f"/brands/{brand['id']}", status=422)
    assert "brand" in kept.json()["errors"]
    moved = await shop.put(f"/departments/{made['id']}", {"name": "Bags", "handle": "bags", "location_id": None})
    assert (moved["data"]["name"], moved["data"]["handle"], moved["data"]["location_id"]) == (
        "Bags",
        "accessories",
        None,
    )
    await shop.delete(f"/departments/{made['id']}")
    await shop.get(f"/departments/{made['id']}", status=404)
    await shop.delete(f"/brands/{brand['id']}")
    late = {"name": "x", "handle": "z", "brand_id": brand["id"]}
    assert set((await shop.post("/departments", late, status=422))["errors"]) == {"brand_id"}


async def test_a_brand_and_its_first_department_at_once(shop):
    """Either the brand is gone and the department refused, or the department stands and the brand stays."""
    for number in range(6):
        brand = (await shop.post("/brands", {"name": "B", "handle": f"brand-{number}"}))["data"]
        body = {"name": "D", "handle": f"d-{number}", "brand_id": brand["id"]}
        made, gone = await asyncio.gather(
            shop.call("POST", "/departments", json=body), shop.call("DELETE", f"/brands/{brand['id']}")
        )
        assert (made.status_code, gone.status_code) in {(201, 422), (422, 204)}


async def test_custom_fields_of_an_address(shop):
    """They live beside those of profiles' addresses, whose ids are the same numbers."""
    seven = {"namespace": "till", "handle": "bay", "type": "integer", "value": "7"}
    person = {"email": "a@example.com", "addresses": [ADDRESS | {"custom_fields": [{**seven, "value": 1}]}]}
    customer = (await shop.post("/profiles", person))["data"]
    picture = "https://example.com/" + "x" * 1000
    made = await make(shop, image_url=picture, address=ADDRESS | {"custom_fields": [seven]})
    assert (made["image_url"], made["address"]["custom_fields"]) == (picture, {"till": {"bay": 7}})
    path = f"/locations/{made['id']}"
    assert await shop.put(path, made) == {"data": made}
    await shop.put(path, {"normal_hours": [{"day_of_week": "MON", "open_at": "09:00"}]})
    audit = (await shop.get("/audits?filter[auditable_type]=Location"))["data"][0]
    hours = '{"normal_hours":[{"day_of_week":"MON","open_at":"09:00:00","close_at":null}]}'
    assert (audit["old_values"], audit["new_values"]) == ('{"normal_hours":[]}', hours)
    more = {"address": {"custom_fields": [{"namespace": "till", "handle": "open", "value": True}]}}
    changed = (await shop.put(path, more))["data"]["address"]
    assert changed["custom_fields"] == {"till": {"bay": 7, "open": True}}
    wrong = await shop.put(path, {"address": {"custom_fields": [{**seven, "value": "x"}]}}, status=422)
    assert list(wrong["errors"]) == ["address.custom_fields.0.value"]
    found = (await shop.get("/custom-fields/search?filter[handle]=bay"))["data"]
    shown = {"id": made["address"]["id"]}
    assert (found[1]["custom_fieldable_type"], found[1]["custom_fieldable"]) == ("address", shown)
    assert (await told(shop))[-2:] == ["address.updated", "location.updated"]
    await shop.delete(path)
    assert (await shop.get("/custom-fields/search"))["meta"]["total"] == 1
    kept = (await shop.get(f"/profiles/{customer['id']}"))["data"]["addresses"][0]
    assert kept["custom_fields"] == {"till": {"bay": 1}}
