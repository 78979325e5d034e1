import pytest
from persons import errors, events, person

pytestmark = pytest.mark.anyio


async def results(shop, batch):
    found = (await shop.get(f"/batches/{batch}"))["data"]
    return found["success_count"], found["failed_count"], [item["error"] for item in found["items"]]


async def test_a_batch_updates_whom_it_knows_creates_the_rest_and_says_what_failed(shop, jobs):
    known = await person(shop, email="known@example.com", mobile_phone="0412000111")
    rows = [
        {"email": "known@example.com", "first_name": "Ann"},
        {"email": "new@example.com", "tags": ["a"]},
        {"email": "new@example.com", "company": "Tern"},
        {"email": "clash@example.com", "mobile_phone": "0412000111"},
        {"first_name": "nobody"},
        {"email": "gone@example.com", "profile_type": "deleted"},
    ]
    answer = await shop.post("/profiles/batch", {"match_criteria": "email", "profiles": rows}, status=200)
    assert answer["data"]["message"] == "Profiles queued for batch import."
    await jobs()
    done, failed, texts = await results(shop, answer["data"]["batch_id"])
    assert (done, failed) == (4, 2)
    assert texts[3] == "The phone number exists"
    assert texts[4] == "The email field is required."
    assert (await shop.get(f"/profiles/{known['id']}"))["data"]["first_name"] == "Ann"
    new = (await shop.get("/profiles", params={"filter[email]": "new@example.com"}))["data"]
    assert [(row["company"], row["tags"]) for row in new] == [("Tern", ["a"])]
    assert len(await events(shop, "profile.created")) == 3


async def test_a_batch_may_match_by_an_identity(shop, jobs):
    rows = [{"email": f"p{n}@example.com", "identities": [{"handle": "card", "identifier": n}]} for n in (1, 1)]
    rows[1]["email"] = "p2@example.com"
    rows.append({"email": "p3@example.com"})
    answer = await shop.post("/profiles/batch.json", {"match_criteria": "Card", "profiles": rows}, status=200)
    await jobs()
    assert (await results(shop, answer["data"]["batch_id"]))[:2] == (2, 1)
    assert [row["email"] for row in (await shop.get("/profiles"))["data"]] == ["p2@example.com"]


async def test_faults_of_form_queue_nothing(shop):
    empty = errors(await shop.post("/profiles/batch", {"profiles": []}, status=422))
    assert set(empty) == {"match_criteria", "profiles"}
    rows = [{"email": "a@example.com"}, {"email": "no"}]
    bad = errors(await shop.post("/profiles/batch", {"match_criteria": "email", "profiles": rows}, status=422))
    assert list(bad) == ["profiles.1.email"]
    many = {"match_criteria": "email", "profiles": [{"email": "a@example.com"}] * 1001}
    assert list(errors(await shop.post("/profiles/batch", many, status=422))) == ["profiles"]
    assert (await shop.get("/batches"))["meta"]["total"] == 0


async def test_identities_in_a_batch(shop, jobs):
    one, two = await person(shop), await person(shop)
    rows = [
        {"profile_id": one["id"], "identifier": 1, "is_primary": True},
        {"profile_id": two["id"], "identifier": "1"},
        {"profile_id": one["id"], "identifier": "1", "is_active": False},
    ]
    answer = await shop.post("/identities/batch", {"handle": "card", "identities": rows}, status=200)
    assert answer["data"]["message"] == "Identities queued for batch import."
    await jobs()
    done, failed, texts = await results(shop, answer["data"]["batch_id"])
    assert (done, failed, texts[1]) == (2, 1, "The identity already exists.")
    identity = (await shop.get(f"/profiles/{one['id']}/identities/card"))["data"]
    assert (identity["is_primary"], identity["is_active"]) == (True, False)


async def test_statuses_and_tags_in_batches(shop, jobs):
    await shop.post("/statuses", {"name": "VIP", "handle": "vip"})
    made = await person(shop, tags=["a"])
    row = {"profile_id": made["id"]}
    for method, path, body in (
        ("POST", "/profile/status/batch.json", {**row, "statuses": ["vip", "none"]}),
        ("POST", "/profile/tags/batch.json", {**row, "tags": ["b", "a"]}),
    ):
        answer = await shop.call(method, path, json={"profiles": [body]}, status=202)
        assert answer.json()["data"]["message"] == "Queued for processing."
    await jobs()
    shown = (await shop.get(f"/profiles/{made['id']}"))["data"]
    assert (shown["statuses"], shown["tags"]) == (["vip"], ["a", "b"])
    await shop.call("DELETE", "/profile/status/batch", json={"profiles": [{**row, "statuses": ["vip"]}]}, status=202)
    await shop.call("DELETE", "/profile/tags/batch.json", json={"profiles": [{**row, "tags": ["a", "x"]}]}, status=202)
    await jobs()
    shown = (await shop.get(f"/profiles/{made['id']}"))["data"]
    assert (shown["statuses"], shown["tags"]) == ([], ["b"])
