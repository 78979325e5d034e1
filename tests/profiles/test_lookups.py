import asyncio

import pytest
from persons import errors, events, forget_events, person

pytestmark = pytest.mark.anyio


async def ids(shop, **params):
    return [row["id"] for row in (await shop.get("/profiles", params=params))["data"]]


async def test_search_forgives_case_accents_order_and_typos(shop):
    zoe = await person(shop, first_name="Zoë", last_name="Müller", mobile_phone="0412 345 678")
    ann = await person(shop, first_name="Annabel", last_name="Smith", email="bel@tern.example")
    bob = await person(
        shop, first_name="Bob", last_name="Smithson", identities=[{"handle": "card", "identifier": "C-9917"}]
    )
    assert await ids(shop, search="MULLER zoe") == [zoe["id"]]
    assert await ids(shop, search="smith") == [ann["id"], bob["id"]]
    assert await ids(shop, **{"filter[search]": "annabl smiht"}) == [ann["id"]]
    assert await ids(shop, search="0412345678") == [zoe["id"]]
    assert await ids(shop, search="+61412345678") == [zoe["id"]]
    assert await ids(shop, search="c-9917") == [bob["id"]]
    assert await ids(shop, search="bel@tern.example") == [ann["id"]]
    assert await ids(shop, search="%") == []
    assert await ids(shop, search="nobody") == []
    await shop.put(f"/profiles/{bob['id']}", {"last_name": "Costa"})
    await shop.delete(f"/profiles/{bob['id']}/identities/card")
    assert bob["id"] not in await ids(shop, search="smithson")
    assert await ids(shop, search="c-9917") == []
    page = await shop.get("/profiles", params={"search": "costa", "filter[first_name]": "bob"})
    assert page["meta"]["total"] == 1


async def test_search_forgives_one_slip_anywhere_and_ranks_the_best_first(shop, other_shop):
    ann = await person(shop, first_name="Annabel", last_name="Smith", email="annabel.smith@tern.example")
    son = await person(shop, first_name="Anna", last_name="Smithson", email="a@tern.example", mobile_phone="0412345678")
    odd = await person(
        shop, first_name="Per_Cent", last_name="O'Brien", identities=[{"handle": "h", "identifier": "%50"}]
    )
    await person(other_shop, first_name="Annabel", last_name="Smith", email="annabel.smith@tern.example")
    for slip in [
        "simth",
        "smtih",
        "msith",
        "smih",
        "smiith",
        "smyth",
        "smitj",
        "xsmith",
        "anabel",
        "annnabel",
        "abnabel",
    ]:
        assert (await ids(shop, search=slip))[:1] == [ann["id"]], slip
    for slip in ("anabel.smith", "annabel.smiht", "annabelsmith", "annabel.smitth", "annabel-smith"):
        assert await ids(shop, search=f"{slip}@tern.example") == [ann["id"]], slip
    assert await ids(shop, search="annabel.smith@trn.exmple") == [ann["id"]]
    assert await ids(shop, search="simth anabel") == [ann["id"]]
    assert await ids(shop, search="smith anna") == [son["id"], ann["id"]]
    assert await ids(shop, search="smith") == [ann["id"], son["id"]]
    assert (await ids(shop, search="smithsn annna"))[0] == son["id"]
    assert await ids(shop, search="0412 345") == [son["id"]]
    assert await ids(shop, search="345678") == [son["id"]]
    assert await ids(shop, search="0412345679") == []
    assert await ids(shop, search="mith@tern.ex") == [ann["id"]]
    for text in ("per_cent", "r_c", "o'brien", "%50", "obrien", "cent - per"):
        assert await ids(shop, search=text) == [odd["id"]], text
    for text in ("r%c", "@", "% _", "rxc", "((", "\\", "sm", "zzzz@tern.example", "@tren.example", "x@", "a.*h"):
        assert odd["id"] not in await ids(shop, search=text), text


async def test_filters(shop):
    await shop.post("/statuses", {"name": "VIP", "handle": "vip"})
    one = await person(
        shop,
        first_name="Ines, the first",
        mobile_phone="0412000111",
        tags=["a", "b"],
        statuses=["vip"],
        identities=[{"handle": "card", "identifier": "77"}],
        custom_attributes=[
            {"namespace": "n", "handle": "h", "type": "integer", "value": 7},
            {"namespace": "n", "handle": "t", "type": "string", "value": "Deep Red"},
        ],
    )
    two = await person(shop, tags=["a"], birth_day=3, birth_month=4)
    cases = {
        "filter[first_name]": "ines, THE first",
        "filter[mobile_phone]": "0412 000 111",
        "filter[tags][handle]": "b",
        "filter[statuses.handle]": "vip",
        "filter[identities.identifier]": "77",
        "filter[identities.handle]": "card",
        "filter[custom_field][n][h]": "7",
        "filter[custom_field][n][t]": "deep red",
        "filter[json_contains]": '{"n": {"h": 7}}',
        "filter[birth_day][nullable]": "1",
        "filter[search_with][first_name]": "the first",
        "filter[email]": one["email"].upper(),
        "filter[id]": one["id"].upper(),
    }
    for name, value in cases.items():
        assert await ids(shop, **{name: value}) == [one["id"]], name
    assert (await shop.get("/profiles?filter[mobile_phone]=+61412000111"))["data"][0]["id"] == one["id"]
    both = await shop.get("/profiles?filter[tags.handle]=a&filter[tags.handle]=b")
    assert [row["id"] for row in both["data"]] == [one["id"]]
    assert await ids(shop, sort="-created_at,-full_name", **{"filter[tags.handle]": "a"})
    assert await ids(shop, **{"filter[id]": "not-a-uuid"}) == []
    assert await ids(shop, **{"filter[email]": "nobody@example.com"}) == []
    assert await ids(shop, **{"filter[birth_month]": "4"}) == [two["id"]]
    await shop.get("/profiles", status=400, params={"filter[nope]": "1"})
    await shop.get("/profiles", status=422, params={"filter[email]": ""})
    await shop.get("/profiles", status=400, params={"filter[custom_field][n][h][above]": "1"})


async def test_the_count_of_all_follows_every_write(shop):
    people = [await person(shop) for _ in range(5)]
    await shop.delete(f"/profiles/{people[0]['id']}")
    await shop.put(f"/profiles/{people[1]['id']}", {"profile_type": "deleted"})
    assert (await shop.get("/profiles"))["meta"]["total"] == 3
    await shop.put(f"/profiles/{people[1]['id']}", {"profile_type": "active"})
    await shop.post(f"/profiles/{people[0]['id']}/restore", status=200)
    assert (await shop.get("/profiles", params={"page[size]": "2"}))["meta"]["total"] == 5


async def test_search_id_and_exists(shop):
    made = await person(shop, identities=[{"handle": "card", "identifier": "7"}])
    assert (await shop.post("/profiles/search-id", {"type": "profile_id", "id": made["id"]}, status=200))[
        "data"
    ] == made
    assert (await shop.post("/profiles/search-id", {"type": "CARD", "id": 7}, status=200))["data"] == made
    assert (await shop.post("/profiles/exists", {"type": "card", "id": "7"}, status=200)) == {
        "data": {"id": made["id"]}
    }
    await shop.post("/profiles/exists", {"type": "card", "id": "8"}, status=404)
    await shop.post("/profiles/search-id", {"type": "profile_id", "id": "x"}, status=404)
    assert set(errors(await shop.post("/profiles/exists", {}, status=422))) == {"type", "id"}
    await shop.put(f"/profiles/{made['id']}/identities/card", {"is_active": False})
    await shop.post("/profiles/exists", {"type": "card", "id": "7"}, status=404)


async def test_availability(shop):
    made = await person(shop, email="a@example.com", first_name="Ines", last_name="Varga")
    answer = await shop.post(
        "/profiles/availability", {"email": "A@example.com", "mobile_phone": "0412000111"}, status=200
    )
    assert answer["data"] == {
        "email": {"available": False, "profile": {"id": made["id"], "full_name": "Ines Varga"}},
        "mobile_phone": {"available": True, "profile": None},
    }
    only = await shop.post("/profiles/availability", {"email": "b@example.com"}, status=200)
    assert only["data"]["mobile_phone"] is None
    await shop.post("/profiles/availability", {}, status=422)
    assert set(errors(await shop.post("/profiles/availability", {"mobile_phone": "1"}, status=422))) == {"mobile_phone"}


async def test_sync_upserts_by_identity_then_email_then_mobile(shop):
    new = await shop.post("/profiles/sync", {"email": "a@example.com", "mobile_phone": "0412000111"})
    one = new["data"]
    again = await shop.post("/profiles/sync", {"email": "a@example.com", "first_name": "Ann"}, status=200)
    assert (again["data"]["id"], again["data"]["first_name"]) == (one["id"], "Ann")
    by_mobile = await shop.post("/profiles/sync", {"mobile_phone": "0412 000 111", "last_name": "B"}, status=200)
    assert by_mobile["data"]["id"] == one["id"]
    two = await person(shop, email="b@example.com", identities=[{"handle": "card", "identifier": "1"}])
    clash = {"email": "a@example.com", "identities": [{"handle": "card", "identifier": "1"}]}
    assert list(errors(await shop.post("/profiles/sync", clash, status=422))) == ["email"]
    found = {"email": "b@example.com", "identities": [{"handle": "card", "identifier": "1"}], "company": "Tern"}
    assert (await shop.post("/profiles/sync", found, status=200))["data"]["id"] == two["id"]


async def test_racing_syncs_make_one_profile(shop):
    async def sync(number: int) -> int:
        body = {
            "email": "race@example.com",
            "custom_attributes": [{"namespace": "n", "handle": f"h{number}", "type": "integer", "value": number}],
        }
        return (await shop.call("POST", "/profiles/sync", json=body)).status_code

    codes = await asyncio.gather(*(sync(number) for number in range(20)))
    assert sorted(codes) == [200] * 19 + [201]
    listed = (await shop.get("/profiles"))["data"]
    assert len(listed) == 1
    assert len(listed[0]["custom_attributes"]["n"]) == 20


async def test_sync_without_keys_queues_a_resync(shop, jobs):
    people = [await person(shop) for _ in range(3)]
    await forget_events(shop)
    assert await shop.post("/profiles/sync", {}, status=200) == {"data": {"message": "Profiles queued for sync."}}
    await jobs()
    assert {entity for _, entity in await events(shop, "profile.updated")} == {row["id"] for row in people}
    await forget_events(shop)
    await shop.post("/profiles/sync", {"updated_at": "2000-01-01"}, status=200)
    await jobs()
    assert len(await events(shop, "profile.updated")) == 3
    for wrong in ("nonsense", "2999-01-01"):
        assert list(errors(await shop.post("/profiles/sync", {"updated_at": wrong}, status=422))) == ["updated_at"]
