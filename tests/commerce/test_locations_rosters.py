"""Who works where (commerce 9.5)."""

import asyncio

import pytest

from omneo_api.profiles.profile.models import Profile

pytestmark = pytest.mark.anyio

ORDER = [
    "id",
    "location_id",
    "profile_id",
    "assignment_type",
    "role_type",
    "is_default",
    "is_active",
    "starts_at",
    "ends_at",
    "external_id",
    "profile_external_id",
    "sort_order",
    "notes",
    "meta",
    "excluded_service_handles",
    "location",
    "profile",
    "created_at",
    "updated_at",
    "deleted_at",
]


async def person(shop, name="Ada"):
    async with shop.writing() as session:
        return str((await session.insert(Profile, {"first_name": name, "email": f"{name.lower()}@example.com"})).id)


async def place(shop, name="Fitzroy"):
    return (await shop.post("/locations", {"name": name, "phone": "1", "handle": name.lower()}))["data"]["id"]


async def test_an_assignment(shop, other_shop):
    profile, location = await person(shop), await place(shop)
    body = {
        "profile_id": profile,
        "assignment_type": "staff",
        "role_type": "casual",
        "excluded_service_handles": ["cut"],
    }
    made = (await shop.post(f"/locations/{location}/profiles", body))["data"]
    assert list(made) == ORDER
    assert made["location"] == {"id": location, "name": "Fitzroy", "handle": "fitzroy"}
    assert made["profile"] == {"id": profile, "first_name": "Ada", "last_name": "Unknown", "email": "ada@example.com"}
    assert (made["is_default"], made["is_active"], made["deleted_at"], made["meta"]) == (False, True, None, None)
    assert made["excluded_service_handles"] == ["cut"]
    assert (await shop.get(f"/location-profiles/{made['id']}"))["data"] == made
    assert (await shop.get(f"/locations/{location}/profiles"))["data"] == [made]
    assert (await shop.get(f"/profiles/{profile}/location-profiles"))["data"] == [made]
    for path in (f"/location-profiles/{made['id']}", f"/locations/{location}/profiles"):
        await other_shop.get(path, status=404)
    again = await shop.post(f"/locations/{location}/profiles", body, status=422)
    assert set(again["errors"]) == {"profile_id"}
    await shop.post(f"/locations/{location}/profiles", body | {"assignment_type": "manager"})
    managers = await shop.get(f"/locations/{location}/profiles", params={"filter[assignment_type]": "manager"})
    assert managers["meta"]["total"] == 1
    await shop.delete(f"/location-profiles/{made['id']}")
    await shop.get(f"/location-profiles/{made['id']}", status=404)
    await shop.post(f"/locations/{location}/profiles", body)


async def test_what_is_refused(shop):
    profile, location = await person(shop), await place(shop)
    nobody = "8f2f6a43-12ab-4f9e-9a44-08a1f2f0a000"
    body = {"profile_id": profile, "assignment_type": "staff"}
    await shop.post("/locations/99999/profiles", body, status=404)
    await shop.get("/locations/99999/profiles", status=404)
    await shop.get(f"/profiles/{nobody}/location-profiles", status=404)
    for wrong, field in [
        ({"profile_id": nobody}, "profile_id"),
        ({"assignment_type": "king"}, "assignment_type"),
        ({"sort_order": -1}, "sort_order"),
        ({"starts_at": "2025-01-02 00:00:00", "ends_at": "2025-01-01 00:00:00"}, "ends_at"),
    ]:
        refused = await shop.post(f"/locations/{location}/profiles", body | wrong, status=422)
        assert set(refused["errors"]) == {field}
    both = {"profile_id": nobody, "starts_at": "2025-01-02", "ends_at": "2025-01-01"}
    refused = await shop.post(f"/locations/{location}/profiles", body | both, status=422)
    assert set(refused["errors"]) == {"profile_id", "ends_at"}
    made = (await shop.post(f"/locations/{location}/profiles", body | {"starts_at": "2025-01-02 00:00:00"}))["data"]
    refused = await shop.put(f"/location-profiles/{made['id']}", {"ends_at": "2025-01-01 00:00:00"}, status=422)
    assert set(refused["errors"]) == {"ends_at"}
    changed = await shop.put(f"/location-profiles/{made['id']}", {"notes": "x", "location_id": 1, "profile_id": nobody})
    assert (changed["data"]["notes"], changed["data"]["location_id"], changed["data"]["profile_id"]) == (
        "x",
        location,
        profile,
    )


async def test_one_default_per_profile_and_kind(shop):
    profile = await person(shop)
    places = [await place(shop, f"Shop{number}") for number in range(5)]
    body = {"profile_id": profile, "assignment_type": "staff", "is_default": True}
    answers = await asyncio.gather(*(shop.post(f"/locations/{location}/profiles", body) for location in places))
    await shop.post(f"/locations/{places[0]}/profiles", body | {"assignment_type": "manager"})

    async def defaults():
        page = await shop.get(f"/profiles/{profile}/location-profiles", params={"filter[is_default]": "1"})
        return sorted((row["assignment_type"], row["location_id"]) for row in page["data"])

    assert [kind for kind, _ in await defaults()] == ["manager", "staff"]
    first = answers[0]["data"]["id"]
    await shop.put(f"/location-profiles/{first}", {"is_default": True})
    assert await defaults() == [("manager", places[0]), ("staff", places[0])]
    await asyncio.gather(
        *(shop.put(f"/location-profiles/{answer['data']['id']}", {"is_default": True}) for answer in answers)
    )
    assert [kind for kind, _ in await defaults()] == ["manager", "staff"]
