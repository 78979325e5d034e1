"""`POST /auth/token` and `/auth/token/refresh` (conventions 12, 13.2)."""

import asyncio
import time
from types import SimpleNamespace

import pytest
from people import PASSWORD, ask, elsewhere, log_in, make_client, make_user

from omneo_api.foundation import limits
from omneo_api.platform import tenants
from omneo_api.platform.scopes import concrete
from omneo_api.platform.tokens import oauth

pytestmark = pytest.mark.anyio


@pytest.fixture
async def user(shop):
    return await make_user(shop, 4)


@pytest.fixture
def client(shop):
    return make_client(shop)


async def refresh(shop, client, token, status=200, **more):
    return await ask(
        shop,
        status,
        "/auth/token/refresh",
        refresh_token=token,
        client_id=client.id,
        client_secret=client.secret,
        **more,
    )


async def test_a_password_gives_a_pair_of_tokens(shop, client, user):
    pair = await log_in(shop, client, user)
    assert list(pair) == ["token_type", "expires_in", "access_token", "refresh_token"]
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 86400)
    seen = shop.as_token(pair["access_token"])
    assert (await seen.get("/users/me"))["id"] == user["id"]
    await seen.get("/settings")
    await shop.as_token(pair["refresh_token"]).get("/auth/verify", status=401)
    [listed] = await seen.get("/auth/tokens")
    assert (listed["scopes"], listed["name"], listed["user_id"]) == (["*"], None, user["id"])
    assert (listed["client_id"], listed["client"]["name"]) == (client.id, "Till")
    assert await seen.get("/auth/api-tokens") == []
    await shop.advance(hours=24, seconds=1)
    await seen.get("/auth/verify", status=401)


async def test_form_bodies_and_both_grant_names_mean_the_same(shop, client, user):
    for kind in ("password", "client_credentials"):
        form = {
            "grant_type": kind,
            "client_id": str(client.id),
            "client_secret": client.secret,
            "username": user["email"].upper(),
            "password": PASSWORD,
            "scope": "read-settings read-tags",
        }
        answer = await shop.as_token("").call("POST", "/auth/token", data=form, headers=elsewhere(), status=200)
        seen = shop.as_token(answer.json()["access_token"])
        assert (await seen.get("/users/me"))["id"] == user["id"]
        await seen.get("/tags")
        await seen.get("/systems", status=403)


async def test_client_credentials_alone_belong_to_the_clients_own_user(shop, user):
    own = make_client(shop, user["email"])
    body = {"grant_type": "client_credentials", "client_id": own.id, "client_secret": own.secret}
    pair = await ask(shop, **body)
    assert (await shop.as_token(pair["access_token"]).get("/users/me"))["id"] == user["id"]
    without = make_client(shop)
    body = {"grant_type": "client_credentials", "client_id": without.id, "client_secret": without.secret}
    assert (await ask(shop, 400, **body))["error"] == "invalid_grant"


async def test_refusals_have_the_shape_of_oauth(shop, client, user, monkeypatch):
    monkeypatch.setattr(oauth, "ATTEMPTS_PER_MINUTE", 1000)
    [(personal,)] = await shop.sql(
        "SELECT id FROM oauth_clients WHERE personal_access_client AND tenant_id = %s", shop.tenant.id
    )
    good = {"grant_type": "password", "client_id": client.id, "client_secret": client.secret}
    good |= {"username": user["email"], "password": PASSWORD}
    for change, status, code in (
        ({"grant_type": None}, 400, "invalid_request"),
        ({"grant_type": "implicit"}, 400, "unsupported_grant_type"),
        ({"client_id": None}, 400, "invalid_request"),
        ({"client_id": True}, 400, "invalid_request"),
        ({"client_id": client.id + 10_000_000}, 401, "invalid_client"),
        ({"client_id": "9" * 40}, 401, "invalid_client"),
        ({"client_id": "x"}, 401, "invalid_client"),
        ({"client_id": personal, "client_secret": None}, 401, "invalid_client"),
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"client_secret": None}, 401, "invalid_client"),
        ({"password": None}, 400, "invalid_request"),
        ({"username": None}, 400, "invalid_request"),
        ({"username": ["x"]}, 400, "invalid_request"),
        ({"password": PASSWORD + " "}, 400, "invalid_grant"),
        ({"username": "nobody@example.test"}, 400, "invalid_grant"),
        ({"username": "a\x00b"}, 400, "invalid_request"),
        ({"scope": "read-nothing"}, 400, "invalid_scope"),
        ({"grant_type": "refresh_token"}, 400, "invalid_request"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
    ):
        body = {name: value for name, value in {**good, **change}.items() if value is not None}
        refused = await ask(shop, status, **body)
        assert refused["error"] == code, change
        assert list(refused) == ["error", "error_description", "message"]
        assert refused["error_description"] == refused["message"]
    malformed = await shop.as_token("").call("POST", "/auth/token", content=b"{", headers=elsewhere(), status=400)
    assert malformed.json()["error"] == "invalid_request"
    assert (await ask(shop, **good))["token_type"] == "Bearer"


async def test_an_unknown_user_takes_as_long_as_a_wrong_password_and_reads_alike(shop, client, user):
    async def timed(name):
        started = time.perf_counter()
        answer = await ask(
            shop,
            400,
            grant_type="password",
            client_id=client.id,
            client_secret=client.secret,
            username=name,
            password="x",
        )
        return answer, time.perf_counter() - started

    await timed("warm@example.test")
    wrong = [await timed(user["email"]) for _ in range(4)]
    unknown = [await timed(f"nobody{number}@example.test") for number in range(4)]
    passwordless = [await timed(f"admin@{shop.handle}.test") for _ in range(4)]
    assert all(answer == wrong[0][0] for answer, _ in (*wrong, *unknown, *passwordless))
    fastest = [min(seconds for _, seconds in group) for group in (wrong, unknown, passwordless)]
    assert max(fastest) < 3 * min(fastest)


async def test_a_refresh_token_works_once_and_ends_its_pair(shop, client, user):
    first = await log_in(shop, client, user)
    seen = shop.as_token(first["access_token"])
    await seen.get("/auth/verify")
    second = await refresh(shop, client, first["refresh_token"])
    await seen.get("/auth/verify", status=401)
    await shop.as_token(second["access_token"]).get("/auth/verify")
    assert (await refresh(shop, client, first["refresh_token"], 400))["error"] == "invalid_grant"
    third = await ask(
        shop,
        grant_type="refresh_token",
        client_id=client.id,
        client_secret=client.secret,
        refresh_token=second["refresh_token"],
    )
    await shop.as_token(third["access_token"]).get("/auth/verify")
    other = make_client(shop)
    assert (await refresh(shop, other, third["refresh_token"], 400))["error"] == "invalid_grant"
    wrong = await refresh(shop, client, third["refresh_token"], 400, grant_type="password")
    assert wrong["error"] == "unsupported_grant_type"
    bad = await ask(shop, 401, "/auth/token/refresh", refresh_token=third["refresh_token"], client_id=client.id)
    assert bad["error"] == "invalid_client"
    await shop.advance(days=29)
    fourth = await refresh(shop, client, third["refresh_token"])
    await shop.advance(days=31)
    assert (await refresh(shop, client, fourth["refresh_token"], 400))["error"] == "invalid_grant"


async def test_of_parallel_refreshes_exactly_one_wins(shop, client, user):
    pair = await log_in(shop, client, user)
    body = {"refresh_token": pair["refresh_token"], "client_id": client.id, "client_secret": client.secret}
    answers = await asyncio.gather(
        *(shop.as_token("").call("POST", "/auth/token/refresh", json=body, headers=elsewhere()) for _ in range(8))
    )
    assert sorted(answer.status_code for answer in answers) == [200, *[400] * 7]
    assert {answer.json().get("error") for answer in answers} == {None, "invalid_grant"}
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    await shop.as_token(winner["access_token"]).get("/auth/verify")
    living = await shop.sql(
        "SELECT count(*) FROM api_tokens WHERE kind = 'oauth' AND NOT revoked AND tenant_id = %s", shop.tenant.id
    )
    assert living == [(1,)]


async def test_a_refresh_may_only_narrow(shop, client, user):
    pair = await log_in(shop, client, user, scope="read-tags create-tags")
    wide = await refresh(shop, client, pair["refresh_token"], 400, scope="read-tags read-systems")
    assert wide["error"] == "invalid_scope"
    assert (await refresh(shop, client, pair["refresh_token"], 400, scope="*"))["error"] == "invalid_scope"
    narrow = await refresh(shop, client, pair["refresh_token"], scope="read-tags")
    seen = shop.as_token(narrow["access_token"])
    await seen.get("/tags")
    await seen.post("/tags", {"handle": "x"}, status=403)
    same = await refresh(shop, client, narrow["refresh_token"])
    [listed] = await shop.as_token(same["access_token"]).get("/auth/tokens")
    assert listed["scopes"] == ["read-tags"]


@pytest.mark.parametrize(
    ("roles", "verbs"),
    [((3,), {"read", "view"}), ((2,), {"read", "view", "update", "delete", "return"}), ((), set())],
)
async def test_scopes_are_cut_to_what_the_roles_allow(shop, client, roles, verbs):
    pair = await log_in(shop, client, await make_user(shop, *roles))
    [listed] = await shop.as_token(pair["access_token"]).get("/auth/tokens")
    expected = {scope for scope in concrete() if scope.partition("-")[0] in verbs}
    if 2 in roles:
        expected.add("create-profiles")
    assert set(listed["scopes"]) == expected


@pytest.fixture
def one_minute(monkeypatch):
    monkeypatch.setattr(limits, "time", SimpleNamespace(time=lambda: 1_800_000_000.0))


async def test_ten_attempts_a_minute_from_one_address(shop, one_minute):
    headers = elsewhere()
    for number in range(10):
        await ask(shop, 400, "/auth/token/refresh" if number % 2 else "/auth/token", headers)
    for path in ("/auth/token", "/auth/token/refresh"):
        answer = await shop.as_token("").call("POST", path, json={}, headers=headers, status=429)
        assert answer.json() == {"message": "Too Many Attempts."}
        assert answer.headers["Retry-After"] == "60"
        assert answer.headers["X-RateLimit-Limit"] == "10"
    await ask(shop, 400)


async def test_ten_attempts_a_minute_for_one_user_name(shop, client, user, one_minute):
    for _ in range(10):
        wrong = await ask(shop, 400, grant_type="x", username=user["email"])
        assert wrong["error"] == "unsupported_grant_type"
    await ask(shop, 429, grant_type="password", username=user["email"].upper())
    await ask(shop, 400, grant_type="x", username="somebody.else@example.test")


async def test_logging_out_ends_both_tokens(shop, client, user, other_shop):
    pair = await log_in(shop, client, user)
    seen = shop.as_token(pair["access_token"])
    [listed] = await seen.get("/auth/tokens")
    await other_shop.delete(f"/auth/tokens/{listed['id']}", status=404)
    await seen.delete(f"/auth/api-tokens/{listed['id']}", status=404)
    await seen.delete(f"/auth/tokens/{listed['id']}")
    await seen.get("/auth/verify", status=401)
    assert (await refresh(shop, client, pair["refresh_token"], 400))["error"] == "invalid_grant"


async def test_a_revoked_client_is_gone_with_all_its_tokens(shop, client, user, other_shop):
    pair = await log_in(shop, client, user)
    seen = shop.as_token(pair["access_token"])
    await seen.get("/auth/verify")
    await seen.delete(f"/auth/clients/{client.id}", status=404)
    await other_shop.delete(f"/auth/clients/{client.id}", status=404)
    await shop.delete(f"/auth/clients/{client.id}")
    await shop.delete(f"/auth/clients/{client.id}", status=404)
    await seen.get("/auth/verify", status=401)
    assert (await refresh(shop, client, pair["refresh_token"], 401))["error"] == "invalid_client"
    own = make_client(shop, user["email"])
    body = {"grant_type": "client_credentials", "client_id": own.id, "client_secret": own.secret}
    machine = shop.as_token((await ask(shop, **body))["access_token"])
    await machine.delete(f"/auth/clients/{own.id}")
    await machine.get("/auth/verify", status=401)
    [(personal,)] = await shop.sql(
        "SELECT id FROM oauth_clients WHERE personal_access_client AND tenant_id = %s", shop.tenant.id
    )
    refused = await shop.delete(f"/auth/clients/{personal}", status=422)
    assert set(refused.json()["errors"]) == {"client"}
    await shop.get("/auth/verify")


async def test_a_new_password_ends_refreshing_but_no_token(shop, client, user):
    pair = await log_in(shop, client, user)
    new = "another password of more than thirty-two"
    body = {"password": new, "password_confirmation": new, "old_password": PASSWORD}
    await shop.put(f"/users/{user['id']}", body)
    await shop.as_token(pair["access_token"]).get("/auth/verify")
    assert (await refresh(shop, client, pair["refresh_token"], 400))["error"] == "invalid_grant"
    old = {"grant_type": "password", "client_id": client.id, "client_secret": client.secret}
    old |= {"username": user["email"], "password": PASSWORD}
    assert (await ask(shop, 400, **old))["error"] == "invalid_grant"
    await ask(shop, **{**old, "password": new})


async def test_a_client_of_another_tenant_is_unknown(shop, other_shop, client, user):
    foreign = make_client(other_shop)
    body = {"grant_type": "password", "client_id": foreign.id, "client_secret": foreign.secret}
    refused = await ask(shop, 401, **body, username=user["email"], password=PASSWORD)
    assert refused["error"] == "invalid_client"
    with pytest.raises(LookupError):
        tenants.create_client(other_shop.url, other_shop.handle, "x", user["email"])
