import asyncio
from datetime import datetime, timedelta

import pytest
from persons import errors, events, person

pytestmark = pytest.mark.anyio


async def kind(shop, handle, **values):
    body = {"name": handle.title(), "handle": handle, **values}
    return (await shop.post("/connection/definitions", body))["data"]


async def connect(shop, handle, connector, connected, status=201, **values):
    body = {
        "connection_definition_handle": handle,
        "connector_id": connector["id"],
        "connected_id": connected["id"],
        **values,
    }
    return await shop.post("/connections", body, status=status)


async def test_a_definition_shows_both_names_of_its_pictures(shop):
    made = await kind(
        shop, "household", type="household", icon_url="https://a.example/h.png", shareable_attributes=["first_name"]
    )
    assert made["icon"] == made["icon_url"] == "https://a.example/h.png"
    assert (made["connector_can_break"], made["is_published"], made["is_pending"]) == (True, True, False)
    assert (await shop.get("/connections/definitions/household"))["data"] == made
    assert (await shop.get("/connection-definitions"))["data"] == [made]
    bad = {"name": "x", "handle": "y", "shareable_attributes": ["password"]}
    assert list(errors(await shop.post("/connection/definitions", bad, status=422))) == ["shareable_attributes"]
    assert list(
        errors(await shop.post("/connection/definitions", {"name": "x", "handle": "HOUSEHOLD"}, status=422))
    ) == ["handle"]


async def test_a_referral_shows_who_referred_whom_and_counts_once(shop):
    await kind(shop, "referral", type="referral")
    friend, newcomer = await person(shop, first_name="Ines"), await person(shop, first_name="Lio")
    made = (await connect(shop, "referral", friend, newcomer, name="Spring"))["data"]
    assert (made["status"], made["is_invalid"]) == ("accepted", False)
    # The two are taken some milliseconds apart, which may be two sides of a second.
    connected, stored = (datetime.fromisoformat(made[name]) for name in ("connected_at", "created_at"))
    assert abs(stored - connected) <= timedelta(seconds=1)
    assert made["connector"] == {
        "id": friend["id"],
        "first_name": "Ines",
        "last_name": "Unknown",
        "email": friend["email"],
        "birth_year": None,
        "birth_month": None,
        "birth_day": None,
    }
    assert made["definition"]["handle"] == "referral"
    assert await events(shop, "connection.created") == [("connection.created", str(made["id"]))]
    assert list(errors(await connect(shop, "referral", friend, newcomer, status=422))) == ["connected_id"]
    await connect(shop, "referral", newcomer, friend)
    assert list(errors(await connect(shop, "referral", friend, friend, status=422))) == ["connected_id"]
    mine = await shop.get(f"/profiles/{friend['id']}/connections", params={"type": "connector"})
    assert [row["id"] for row in mine["data"]] == [made["id"]]
    assert (await shop.get(f"/profiles/{friend['id']}/connections"))["meta"]["total"] == 2
    again = {
        "connection_definition_handle": "referral",
        "connector_id": friend["id"],
        "connected_id": newcomer["id"],
        "notes": "n",
    }
    updated = (await shop.post("/connections/create-update", again, status=200))["data"]
    assert (updated["id"], updated["notes"]) == (made["id"], "n")


async def test_a_household_is_one_row_whoever_asks(shop):
    await kind(
        shop, "household", type="household", shareable_attributes=["first_name", "addresses", "custom_attributes"]
    )
    ines = await person(shop, custom_attributes=[{"namespace": "n", "handle": "h", "type": "integer", "value": 1}])
    lio = await person(shop, first_name="Lio")
    codes = await asyncio.gather(
        *(
            shop.call(
                "POST",
                "/connections",
                json={"connection_definition_handle": "household", "connector_id": a, "connected_id": b},
            )
            for a, b in [(ines["id"], lio["id"]), (lio["id"], ines["id"])] * 5
        )
    )
    assert sorted(answer.status_code for answer in codes) == [201] + [422] * 9
    row = (await shop.get(f"/profiles/{lio['id']}/connections"))["data"][0]
    party = row["connector"] if row["connector_id"] == ines["id"] else row["connected"]
    assert party["custom_attributes"] == {"n": {"h": 1}}
    assert "identities" not in party
    info = (await shop.get(f"/profiles/{ines['id']}/connections/{row['id']}/profileInfo"))["data"]
    assert info == {"id": lio["id"], "first_name": "Lio", "addresses": [], "custom_attributes": {}}
    stranger = await person(shop)
    await shop.get(f"/profiles/{stranger['id']}/connections/{row['id']}/profileInfo", status=404)
    await shop.get(f"/profiles/{stranger['id']}/connections/{row['id']}", status=404)
    await shop.put(f"/connections/{row['id']}", {"status": "pending"})
    await shop.get(f"/profiles/{ines['id']}/connections/{row['id']}/profileInfo", status=403)


async def test_a_client_may_leave_a_stylist_who_may_not_leave_the_client(shop):
    await kind(shop, "stylist", type="stylist", connector_can_break=False)
    stylist, client = await person(shop), await person(shop)
    row = (await connect(shop, "stylist", stylist, client))["data"]
    await shop.put(f"/profiles/{stylist['id']}/connections/{row['id']}", {"status": "break"}, status=403)
    broken = (await shop.put(f"/profiles/{client['id']}/connections/{row['id']}", {"status": "break"}))["data"]
    assert (broken["disconnected_by"], broken["disconnected_at"] is not None) == (client["id"], True)
    await shop.put(f"/profiles/{client['id']}/connections/{row['id']}", {"status": "accepted"}, status=422)
    assert (await shop.put(f"/connections/{row['id']}", {"status": "accepted"}))["data"]["status"] == "accepted"
    await shop.post(f"/profiles/{client['id']}/connections", {}, status=405)


async def test_employees_are_connected_only_when_their_company_meets_the_condition(shop):
    await kind(
        shop, "corporate", type="company", connector_condition={"==": [{"var": "company"}, "Tern"]}, is_pending=True
    )
    company, employee = await person(shop, company="Tern"), await person(shop)
    assert list(errors(await connect(shop, "corporate", employee, company, status=422))) == ["connector_id"]
    row = (await connect(shop, "corporate", company, employee))["data"]
    assert (row["status"], row["connected_at"]) == ("pending", None)
    assert (await shop.put(f"/connections/{row['id']}", {"status": "accepted"}))["data"]["connected_at"] is not None


async def test_partners_are_connected_once_whoever_began(shop):
    one, two = await person(shop), await person(shop)
    await kind(shop, "partners", type="partner")
    row = (await connect(shop, "partners", one, two))["data"]
    assert list(errors(await connect(shop, "partners", two, one, status=422))) == ["connected_id"]
    seen = (await shop.get(f"/profiles/{two['id']}/connections", params={"type": "connected"}))["data"]
    assert [found["id"] for found in seen] == [row["id"]]
    body = {"connection_definition_handle": "partners", "connector_id": two["id"], "connected_id": one["id"]}
    same = (await shop.post("/connections/create-update", {**body, "name": "Us"}, status=200))["data"]
    assert (same["id"], same["name"], same["connector_id"]) == (row["id"], "Us", one["id"])


async def test_a_child_has_two_parents_and_each_sees_what_is_shared(shop):
    mother, father, child = [await person(shop, first_name=name) for name in ("Ines", "Paul", "Lio")]
    await kind(shop, "parents", type="dependant", shareable_attributes=["first_name", "aggregations"])
    rows = [(await connect(shop, "parents", parent, child))["data"] for parent in (mother, father)]
    children = await shop.get(f"/profiles/{mother['id']}/connections", params={"type": "connector"})
    assert [row["connected_id"] for row in children["data"]] == [child["id"]]
    parents = await shop.get(f"/profiles/{child['id']}/connections", params={"type": "connected"})
    assert {row["connector_id"] for row in parents["data"]} == {mother["id"], father["id"]}
    info = (await shop.get(f"/profiles/{mother['id']}/connections/{rows[0]['id']}/profileInfo"))["data"]
    assert (sorted(info), info["first_name"]) == (["aggregations", "first_name", "id"], "Lio")
    assert info["aggregations"]["profile_id"] == child["id"]


async def test_coworkers_have_one_closest_and_outlive_their_kind(shop):
    one, two, three = [await person(shop) for _ in range(3)]
    await kind(shop, "coworkers", type="other")
    await connect(shop, "coworkers", one, two, is_primary=True)
    await connect(shop, "coworkers", one, three, is_primary=True)
    listed = await shop.get(
        "/connections", params={"filter[definition.handle]": "coworkers", "filter[is_primary]": "1"}
    )
    assert [row["connected_id"] for row in listed["data"]] == [three["id"]]
    await shop.delete("/connection/definitions/coworkers")
    assert (await shop.get(f"/connections/{listed['data'][0]['id']}"))["data"]["definition"]["handle"] == "coworkers"
    assert list(errors(await connect(shop, "coworkers", two, three, status=422))) == ["connection_definition_handle"]


async def test_a_connection_is_hidden_while_a_party_is_deleted(shop):
    one, two = await person(shop), await person(shop)
    assert list(errors(await shop.post("/connections", {}, status=422))) == [
        "connection_definition_id",
        "connector_id",
        "connected_id",
    ]
    await kind(shop, "friends")
    row = (await connect(shop, "friends", one, two))["data"]
    path, own = f"/connections/{row['id']}", f"/profiles/{one['id']}/connections"
    archived = (await shop.put(path, {"status": "archived"}))["data"]
    back = (await shop.put(path, {"status": "accepted"}))["data"]
    assert (archived["is_archived"], back["is_archived"]) == (True, False)
    await shop.delete(f"/profiles/{two['id']}")
    for method, hidden in (("GET", path), ("PUT", path), ("DELETE", path), ("GET", f"{own}/{row['id']}")):
        await shop.call(method, hidden, status=404, json={"notes": "x"})
    await shop.get(f"{own}/{row['id']}/profileInfo", status=404)
    assert [(await shop.get(listed))["meta"]["total"] for listed in ("/connections", own)] == [0, 0]
    await shop.post(f"/profiles/{two['id']}/restore", status=200)
    assert (await shop.get(path))["data"] == back
    await shop.delete(path)
    await shop.get(path, status=404)
    assert [(await shop.get(listed))["meta"]["total"] for listed in ("/connections", own)] == [0, 0]


async def test_a_connection_shows_the_list_that_it_refers_to(shop):
    await kind(shop, "gift", type="gift")
    one, two = await person(shop), await person(shop)
    await shop.post("/lists/definitions", {"name": "Wishes", "handle": "wishes", "type": "wishlist"})
    wishes = (await shop.post(f"/profiles/{one['id']}/lists", {"name": "My wishes", "definition": "wishes"}))["data"]
    row = (await connect(shop, "gift", one, two))["data"]
    assert row["product_list"] is None
    path = f"/connections/{row['id']}"
    reference = {"external_id": str(wishes["id"]), "external_id_type": "product_list"}
    shown = {name: wishes[name] for name in ("id", "profile_id", "name", "handle", "description")}
    assert (await shop.put(path, reference))["data"]["product_list"] == shown
    for other in ({**reference, "external_id_type": "order"}, {**reference, "external_id": "no number"}):
        assert (await shop.put(path, other))["data"]["product_list"] is None


async def test_a_connection_ends_after_its_days_and_can_be_made_again(shop):
    await kind(shop, "gift", type="gift", end_date_duration=30)
    one, two = await person(shop), await person(shop)
    row = (await connect(shop, "gift", one, two))["data"]
    await shop.advance(days=31)
    assert (await shop.get(f"/connections/{row['id']}"))["data"]["is_invalid"] is True
    again = (await connect(shop, "gift", one, two))["data"]
    assert again["id"] != row["id"]
    half = {"external_id": "x"}
    assert list(errors(await shop.put(f"/connections/{row['id']}", half, status=422))) == ["external_id_type"]
    await shop.delete(f"/connections/{row['id']}")
    await shop.delete(f"/connections/{row['id']}", status=404)
