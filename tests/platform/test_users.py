"""Users (orgs-platform A3): passwords, roles as a set, the last administrator, and tokens that die with their user."""

import asyncio
from types import SimpleNamespace

import pytest
from people import PASSWORD, make_client, make_user, token_of

from omneo_api.foundation import limits
from omneo_api.platform.passwords import hashed, matches

pytestmark = pytest.mark.anyio

ALL = [
    {"id": 1, "handle": "create"},
    {"id": 2, "handle": "read"},
    {"id": 3, "handle": "update"},
    {"id": 4, "handle": "delete"},
]


async def test_user_life(shop, other_shop):
    user = await make_user(shop, 4, 3, name="Shop connector", email="Machine@Brand.test", throttle="1000")
    assert list(user) == ["id", "name", "email", "throttle", "roles", "permissions", "created_at", "updated_at"]
    assert (user["name"], user["email"], user["throttle"]) == ("Shop connector", "machine@brand.test", 1000)
    assert user["roles"] == [{"id": 3, "handle": "reporting"}, {"id": 4, "handle": "machine"}]
    assert user["permissions"] == ALL
    path = f"/users/{user['id']}"
    assert (await shop.get(path))["data"] == user
    await other_shop.get(path, status=404)
    changed = (await shop.put(path, {"name": "Till", "roles": [{"id": 3}], "throttle": None}))["data"]
    assert (changed["name"], changed["email"], changed["throttle"]) == ("Till", "machine@brand.test", None)
    assert changed["permissions"] == [{"id": 2, "handle": "read"}]
    audits = await shop.get("/audits", params={"filter[auditable_type]": "User"})
    total = audits["meta"]["total"]
    assert audits["data"][0]["old_values"] == '{"name":"Shop connector","throttle":1000,"roles":[3,4]}'
    assert audits["data"][0]["new_values"] == '{"name":"Till","throttle":null,"roles":[3]}'
    same = (await shop.put(path, changed))["data"]
    assert same == changed
    assert (await shop.get("/audits", params={"filter[auditable_type]": "User"}))["meta"]["total"] == total
    await shop.delete(path)
    await shop.get(path, status=404)
    await shop.delete(path, status=404)
    await shop.put(path, {"name": "x"}, status=404)
    again = await make_user(shop, email="machine@brand.test")
    assert again["roles"] == again["permissions"] == []


async def test_users_are_found_by_exact_name_and_searched(shop):
    first = await make_user(shop, name="Ann")
    await make_user(shop, name="Annabel", email="bel@example.test")
    exact = await shop.get("/users", params={"filter[name]": "ann"})
    assert [user["id"] for user in exact["data"]] == [first["id"]]
    assert (await shop.get("/users", params={"filter[search]": "ann"}))["meta"]["total"] == 2
    assert (await shop.get("/users", params={"filter[email]": "BEL@example.test"}))["meta"]["total"] == 1
    await shop.get("/users", params={"filter[password_hash]": "x"}, status=400)


async def test_bad_users_are_refused(shop):
    good = {"name": "A", "password": PASSWORD, "password_confirmation": PASSWORD}
    for change, errors in (
        ({}, {}),
        ({"name": ""}, {"name": ["The name field is required."]}),
        ({"email": "nope"}, {"email": ["The email field must be a valid email address."]}),
        ({"email": "A@B.test"}, {"email": ["The email has already been taken."]}),
        (
            {"password": "x" * 31, "password_confirmation": "x" * 31},
            {"password": ["The password field must be at least 32 characters."]},
        ),
        ({"password_confirmation": "y"}, {"password": ["The password field confirmation does not match."]}),
        ({"roles": [{"id": 1}, {"id": 9}]}, {"roles.1.id": ["The selected roles.1.id is invalid."]}),
        ({"roles": 1}, {"roles": ["The roles field must be an array."]}),
        ({"throttle": "many"}, {"throttle": ["The throttle field must be an integer."]}),
    ):
        email = "b@b.test" if errors else "a@b.test"
        answer = await shop.post("/users", {**good, "email": email, **change}, status=422 if errors else 201)
        assert answer.get("errors", {}) == errors
    assert set((await shop.post("/users", {}, status=422))["errors"]) == {
        "name", "email", "password", "password_confirmation",
    }  # fmt: skip


async def test_a_new_password_needs_the_old_one_and_is_shown_nowhere(shop):
    user = await make_user(shop)
    path, new = f"/users/{user['id']}", "  a new password with blanks around it "
    body = {"password": new, "password_confirmation": new}
    missing = await shop.put(path, body, status=422)
    assert missing["errors"] == {"old_password": ["The old password field is required."]}
    wrong = await shop.put(path, {**body, "old_password": PASSWORD + " "}, status=422)
    assert set(wrong["errors"]) == {"old_password"}
    short = await shop.put(path, {"password": "x", "old_password": PASSWORD}, status=422)
    assert set(short["errors"]) == {"password"}
    unequal = await shop.put(path, {**body, "password_confirmation": "x", "old_password": PASSWORD}, status=422)
    assert set(unequal["errors"]) == {"password"}
    answer = await shop.put(path, {**body, "old_password": PASSWORD})
    assert "password" not in str(answer)
    [(stored,)] = await shop.sql("SELECT password_hash FROM users WHERE id = %s", user["id"])
    assert stored.startswith("$argon2id$")
    assert await matches(stored, new)
    assert not await matches(stored, new.strip())
    trail = str((await shop.get("/audits"))["data"])
    assert "***" in trail
    assert new not in trail
    assert PASSWORD not in trail
    assert "argon2" not in trail
    assert not await matches(None, "nobody has this password")
    assert await matches(await hashed("\ud800"), "\ud800")


async def test_me_is_the_tokens_own_user_without_envelope(shop):
    user = await make_user(shop, 3)
    assert await token_of(shop, user["email"], "read-tags").get("/users/me") == user


async def test_a_users_tokens_die_with_it(shop):
    user = await make_user(shop, 4)
    theirs = token_of(shop, user["email"], "*")
    client = make_client(shop, user["email"])
    await theirs.get("/auth/verify")
    await shop.delete(f"/users/{user['id']}")
    await theirs.get("/auth/verify", status=401)
    assert await shop.sql("SELECT count(*) FROM api_tokens WHERE user_id = %s", user["id"]) == [(0,)]
    assert await shop.sql("SELECT revoked FROM oauth_clients WHERE id = %s", client.id) == [(True,)]


async def test_nobody_deletes_themselves_or_the_last_administrator(shop):
    me = await shop.get("/users/me")
    path = f"/users/{me['id']}"
    assert set((await shop.delete(path, status=422)).json()["errors"]) == {"user"}
    machine = token_of(shop, (await make_user(shop, 4))["email"], "*")
    assert set((await machine.delete(path, status=422)).json()["errors"]) == {"user"}
    assert set((await machine.put(path, {"roles": []}, status=422))["errors"]) == {"roles"}
    await machine.put(path, {"roles": [{"id": 1}, {"id": 2}]})
    second = await make_user(shop, 1)
    await machine.put(path, {"roles": [{"id": 3}]})
    assert set((await machine.delete(f"/users/{second['id']}", status=422)).json()["errors"]) == {"user"}
    await machine.delete(path)
    await shop.get("/auth/verify", status=401)


async def test_of_administrators_who_remove_each_other_one_stays(shop):
    me = await shop.get("/users/me")
    others = [await make_user(shop, 1) for _ in range(3)]
    machine = token_of(shop, (await make_user(shop, 4))["email"], "*")
    admins = [me, *others]
    answers = await asyncio.gather(
        *(machine.call("DELETE", f"/users/{admin['id']}") for admin in admins[:2]),
        *(machine.call("PUT", f"/users/{admin['id']}", json={"roles": []}) for admin in admins[2:]),
    )
    assert sorted(answer.status_code for answer in answers).count(422) == 1
    left = await shop.sql(
        "SELECT count(*) FROM user_roles r JOIN users u ON u.id = r.user_id"
        " WHERE r.role_id = 1 AND u.deleted_at IS NULL AND u.tenant_id = %s",
        shop.tenant.id,
    )
    assert left == [(1,)]


async def test_of_parallel_creates_with_one_email_one_succeeds(shop):
    body = {"name": "A", "email": "a@b.test", "password": PASSWORD, "password_confirmation": PASSWORD}
    answers = await asyncio.gather(*(shop.call("POST", "/users", json=body) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [201, 422, 422, 422]


# A deleted, changed or throttled user is felt at once -----------------------------------------------------------------


async def test_roles_decide_by_verb_and_change_at_once(shop):
    user = await make_user(shop)
    theirs = token_of(shop, user["email"], "*")
    tag = (await shop.post("/tags", {"handle": "vip"}))["data"]["id"]
    calls = {
        "create": ("POST", "/tags", {"handle": "new"}),
        "read": ("GET", "/tags", None),
        "update": ("PUT", "/settings/language", {"value": "fr"}),
        "delete": ("DELETE", f"/tags/{tag}", None),
    }
    for roles, allowed in (
        ([], set()),
        ([3], {"read"}),
        ([2], {"read", "update"}),
        ([4], {"create", "read", "update", "delete"}),
    ):
        await shop.put(f"/users/{user['id']}", {"roles": [{"id": role} for role in roles]})
        for verb, (method, path, body) in calls.items():
            if verb == "delete" and roles == [2]:
                continue
            answer = await theirs.call(method, path, json=body)
            assert (answer.status_code == 403) == (verb not in allowed), (roles, verb, answer.text)
            if answer.status_code == 403:
                assert answer.json() == {"message": "This action is unauthorized."}


async def test_the_throttle_of_the_user_counts_all_its_tokens(shop, monkeypatch):
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))
    user = await make_user(shop, 4, throttle=3)
    first, second = token_of(shop, user["email"], "*"), token_of(shop, user["email"], "*")
    answers = [await seen.call("GET", "/auth/verify") for seen in (first, second, first, second, first)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0", "0", "0"]
    await shop.put(f"/users/{user['id']}", {"throttle": 10})
    await first.get("/auth/verify")


async def test_permissions_can_be_labelled_by_an_administrator(shop, other_shop):
    page = await shop.get("/permissions")
    assert page["data"] == [{"id": row["id"], "name": None, "handle": row["handle"]} for row in ALL]
    assert (await shop.get("/permissions/2"))["data"] == page["data"][1]
    roles = await shop.get("/roles")
    assert roles["meta"]["total"] == 4
    assert [(row["id"], row["name"], row["handle"], row["weight"]) for row in roles["data"]] == [
        (1, "Admin", "admin", 0),
        (2, "Manager", "manager", 0),
        (3, "Reporting", "reporting", 0),
        (4, "Machine", "machine", 0),
    ]
    assert [row["handle"] for row in roles["data"][1]["permissions"]] == ["read", "update", "delete"]
    assert (await shop.get("/roles/3"))["data"] == roles["data"][2]
    await shop.get("/roles/9", status=404)
    await shop.post("/roles", {"name": "x"}, status=405)
    made = (await shop.post("/permissions", {"handle": "export", "name": "Export"}))["data"]
    assert made["id"] > 4
    for handle in ("Export", "READ"):
        taken = await shop.post("/permissions", {"handle": handle}, status=422)
        assert taken["errors"] == {"handle": ["The handle has already been taken."]}
    assert "handle" in (await shop.post("/permissions", {}, status=422))["errors"]
    path = f"/permissions/{made['id']}"
    assert (await shop.put(path, {"handle": "dump", "name": None}))["data"]["handle"] == "dump"
    assert (await shop.put("/permissions/1", {"handle": "create", "name": "Make"}))["data"]["name"] == "Make"
    assert "handle" in (await shop.put("/permissions/1", {"handle": "make"}, status=422))["errors"]
    assert "permission" in (await shop.delete("/permissions/1", status=422)).json()["errors"]
    await other_shop.get(path, status=404)
    machine = token_of(shop, (await make_user(shop, 4))["email"], "*")
    assert await machine.post("/permissions", {"handle": "x"}, status=403) == {
        "message": "This action is unauthorized."
    }
    await machine.put(path, {"name": "x"}, status=403)
    await machine.delete(path, status=403)
    await shop.delete(path)
    await shop.get(path, status=404)
