"""API tokens (conventions 13.1, 13.2): shapes, scopes, and an end that the next request feels."""

import asyncio
import re
from datetime import UTC, datetime

import jwt
import pytest
from people import make_client, make_token, make_user, token_of, with_scopes

from omneo_api.app import create_app
from omneo_api.foundation.errors import Unauthenticated
from omneo_api.platform import tenants
from omneo_api.platform.scopes import concrete, known

pytestmark = pytest.mark.anyio

KEYS = ["id", "user_id", "client_id", "name", "scopes", "revoked", "created_at", "updated_at", "expires_at"]
ISO = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.000000Z").fullmatch
UNAUTHENTICATED = {"message": "Unauthenticated."}


async def test_a_new_token_is_shown_once_with_its_keys_twice(shop):
    made = await make_token(shop, "read-profiles", "update-profiles", "read-profiles", name="POS sync")
    assert list(made) == ["accessToken", "token", *KEYS]
    assert {name: made[name] for name in KEYS} == made["token"]
    token = made["token"]
    assert (token["name"], token["scopes"], token["revoked"]) == (
        "POS sync",
        ["read-profiles", "update-profiles"],
        False,
    )
    assert re.fullmatch("[0-9a-f]{80}", token["id"])
    assert all(ISO(token[name]) for name in ("created_at", "updated_at", "expires_at"))
    life = datetime.fromisoformat(token["expires_at"]) - datetime.fromisoformat(token["created_at"])
    assert life.days == 365
    assert datetime.fromisoformat(token["expires_at"]) > datetime.now(UTC)
    assert len(made["accessToken"]) >= 43
    listed = await shop.get("/auth/api-tokens")
    assert isinstance(listed, list)
    assert listed[0] == token
    assert await shop.get("/auth/personal-access-tokens") == listed
    assert made["accessToken"] not in str(await shop.sql("SELECT array_agg(t::text) FROM api_tokens t"))
    audits = await shop.get("/audits", params={"filter[auditable_type]": "ApiToken"})
    assert made["accessToken"] not in str(audits)
    assert "POS sync" in audits["data"][0]["new_values"]


async def test_the_answer_with_the_secret_is_kept_nowhere(shop):
    headers = {"Idempotency-Key": "once"}
    answer = await shop.call("POST", "/auth/api-tokens", json={"name": "a", "scopes": []}, headers=headers, status=201)
    kept = await shop.sql("SELECT count(*) FROM idempotency_keys k JOIN tenants t ON t.id = k.tenant_id"
                          " WHERE t.handle = %s", shop.handle)  # fmt: skip
    assert kept == [(0,)]
    assert "accessToken" in answer.json()


async def test_bad_tokens_are_refused(shop):
    for body, errors in (
        ({}, {"name", "scopes"}),
        ({"name": "", "scopes": ["*"]}, {"name"}),
        ({"name": "x" * 256, "scopes": ["*"]}, {"name"}),
        ({"name": "x", "scopes": "*"}, {"scopes"}),
        ({"name": "x", "scopes": ["read-profiles", "read-nothing", "profiles"]}, {"scopes.1", "scopes.2"}),
    ):
        assert set((await shop.post("/auth/api-tokens", body, status=422))["errors"]) == errors
    unknown = await shop.post("/auth/api-tokens", {"name": "x", "scopes": ["nope"]}, status=422)
    assert unknown["errors"] == {"scopes.0": ["The selected scopes.0 is invalid."]}


async def test_nobody_grants_more_than_they_have(shop):
    small = await with_scopes(shop, "read-profiles", "rewards.*")
    for scopes in (["*"], ["update-profiles"], ["profiles.*"], ["read-rewards", "read-points"]):
        refused = await small.post("/auth/api-tokens", {"name": "x", "scopes": scopes}, status=403)
        assert refused == {"message": "Invalid scope(s) provided."}
    for scopes in (["read-profiles"], ["rewards.*"], ["delete-rewards"], ["create-group-definitions"], []):
        await make_token(small, *scopes)
    everything = await with_scopes(shop, *sorted(concrete()))
    assert len(concrete()) == 151
    await make_token(everything, "*")


async def test_scopes_are_listed_for_every_caller(shop):
    listed = await (await with_scopes(shop)).get("/auth/scopes")
    assert [row["id"] for row in listed] == sorted(known())
    assert {"id": "read-profiles", "description": "Read profiles"} in listed
    assert {"*", "profiles.*", "read-group-definitions"} <= {row["id"] for row in listed}


async def test_verify_answers_the_status_in_the_body_too(shop, other_shop):
    assert await shop.get("/auth/verify") == {"status": 200, "message": "OK"}
    for headers in ({}, {"Authorization": "Basic abc"}, {"Authorization": "Bearer "}, {"Authorization": "Bearer x"}):
        answer = await shop.as_token("").call("GET", "/auth/verify", headers=headers)
        assert (answer.status_code, answer.json()) == (401, UNAUTHENTICATED)
    await shop.as_token("").call("GET", "/auth/verify", headers={"Authorization": f"bEARER {shop.token}"}, status=200)
    assert await shop.as_token(other_shop.token).get("/auth/verify", status=401) == UNAUTHENTICATED


async def test_a_revoked_token_is_dead_with_the_next_request_and_in_no_list(shop):
    made = await make_token(shop, "*")
    seen = shop.as_token(made["accessToken"])
    await seen.get("/auth/verify")
    await shop.delete(f"/auth/personal-access-tokens/{made['id']}")
    assert await seen.get("/auth/verify", status=401) == UNAUTHENTICATED
    await shop.delete(f"/auth/api-tokens/{made['id']}", status=404)
    for path in ("/auth/api-tokens", "/auth/access-tokens?type=current", "/auth/access-tokens?type=expired"):
        assert made["id"] not in [row["id"] for row in await shop.get(path)]


async def test_many_tokens_are_used_and_revoked_at_once(shop):
    made = await asyncio.gather(*(make_token(shop, "*") for _ in range(8)))

    async def live_and_die(token):
        seen = shop.as_token(token["accessToken"])
        await asyncio.gather(*(seen.get("/auth/verify") for _ in range(5)))
        await shop.delete(f"/auth/api-tokens/{token['id']}")
        await asyncio.gather(*(seen.get("/auth/verify", status=401) for _ in range(5)))

    await asyncio.gather(*(live_and_die(token) for token in made))


async def test_other_processes_hear_of_it(shop, app_settings, database_url):
    second = create_app(app_settings, database_url)
    await second.database.open()
    await second.gate.start()
    try:
        made = await make_token(shop, "*")
        before = await second.gate.token(shop.tenant, made["accessToken"])
        assert before.token_id == made["id"]
        tenants.revoke_token(shop.url, shop.handle, made["id"])
        async with asyncio.timeout(5):
            while second.gate._tokens:  # noqa: ASYNC110 - the notice has no event of its own
                await asyncio.sleep(0.02)
        with pytest.raises(Unauthenticated):
            await second.gate.token(shop.tenant, made["accessToken"])
    finally:
        await second.gate.stop()
        await second.database.close()


async def test_a_token_expires_after_its_year(shop):
    made = await make_token(shop, "*")
    seen = shop.as_token(made["accessToken"])
    await shop.advance(days=366)
    assert await seen.get("/auth/verify", status=401) == UNAUTHENTICATED
    fresh = shop.as_token(
        tenants.create_token(shop.url, shop.handle, f"admin@{shop.handle}.test", "Fresh", ["*"]).secret
    )
    expired = await fresh.get("/auth/access-tokens", params={"type": "expired"})
    assert made["id"] in [row["id"] for row in expired]
    current = await fresh.get("/auth/access-tokens", params={"type": "current"})
    assert [row["name"] for row in current] == ["Fresh"]
    assert await fresh.get("/auth/access-tokens") == current
    wrong = await fresh.get("/auth/access-tokens", params={"type": "old"}, status=422)
    assert wrong["errors"] == {"type": ["The selected type is invalid."]}


async def test_the_extended_object_names_client_usage_and_user(shop):
    made = await make_token(shop, "*", name="Seen")
    rows = {row["id"]: row for row in await shop.get("/auth/access-tokens")}
    row = rows[made["id"]]
    assert list(row) == [*KEYS, "client", "usage", "user"]
    assert row["usage"] == []
    assert list(row["client"]) == [
        "id", "user_id", "name", "provider", "redirect", "personal_access_client", "password_client", "revoked",
        "created_at", "updated_at",
    ]  # fmt: skip
    assert row["client"]["personal_access_client"] is True
    assert (row["client"]["provider"], row["client"]["redirect"]) == (None, "")
    assert list(row["user"]) == ["id", "name", "email", "throttle", "deleted_at", "created_at", "updated_at"]
    assert row["user"]["email"] == f"admin@{shop.handle}.test"
    await shop.as_token(made["accessToken"]).get("/auth/verify")
    await shop.app.gate._write_usage()
    usage = next(row for row in await shop.get("/auth/access-tokens") if row["id"] == made["id"])["usage"]
    assert list(usage) == ["id", "access_token_id", "last_used_at", "created_at", "updated_at"]
    assert usage["access_token_id"] == made["id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", usage["last_used_at"])


async def test_own_tokens_and_those_of_others(shop, other_shop):
    user = await make_user(shop, 4)
    theirs = token_of(shop, user["email"], "*")
    made = await make_token(theirs, "*")
    mine = await make_token(shop, "*")
    assert made["id"] not in [row["id"] for row in await shop.get("/auth/api-tokens")]
    assert made["id"] not in [row["id"] for row in await shop.get("/auth/access-tokens")]
    await theirs.delete(f"/auth/api-tokens/{mine['id']}", status=404)
    await other_shop.delete(f"/auth/api-tokens/{mine['id']}", status=404)
    await shop.delete(f"/auth/api-tokens/{made['id']}")
    await theirs.delete(f"/auth/api-tokens/{'0' * 80}", status=404)
    await theirs.delete(f"/auth/tokens/{mine['id']}", status=404)


async def test_a_delegate_token_speaks_for_the_caller_elsewhere_and_opens_nothing_here(shop):
    small = await with_scopes(shop, "read-profiles", "read-rewards")
    me = await small.get("/users/me")
    answer = await small.post("/auth/delegate", {"client_handle": "partner", "scopes": ["read-profiles"]}, status=200)
    secret = "partner-secret-of-at-least-32-characters"
    claims = jwt.decode(answer["data"]["token"], secret, algorithms=["HS256"])
    assert set(claims) == {"iss", "sub", "client", "scopes", "iat", "exp", "jti"}
    assert (claims["iss"], claims["sub"], claims["client"]) == (shop.handle, str(me["id"]), "partner")
    assert (claims["scopes"], claims["exp"] - claims["iat"]) == (["read-profiles"], 300)
    again = await small.post("/auth/delegate", {"client_handle": "partner"}, status=200)
    whole = jwt.decode(again["data"]["token"], secret, algorithms=["HS256"])
    assert whole["scopes"] == ["read-profiles", "read-rewards"]
    assert whole["jti"] != claims["jti"]
    assert await shop.as_token(answer["data"]["token"]).get("/auth/verify", status=401) == UNAUTHENTICATED
    wrong = await small.post("/auth/delegate", {"client_handle": "nobody"}, status=422)
    assert wrong["errors"] == {"client_handle": ["The selected client handle is invalid."]}
    assert "client_handle" in (await small.post("/auth/delegate", {}, status=422))["errors"]
    await small.post("/auth/delegate", {"client_handle": "partner", "scopes": ["*"]}, status=403)
    await small.post("/auth/delegate", {"client_handle": "partner", "scopes": ["x"]}, status=422)


async def test_what_is_not_offered_says_so(shop):
    assert await shop.post("/auth/discovery", {"rules": [0]}, status=404) == {"message": "Not Found"}
    for seen in (shop, shop.as_token("")):
        refused = await seen.get("/auth/authorize", status=400)
        assert refused == {
            "error": "unsupported_response_type",
            "error_description": "The authorization code flow is not offered.",
            "message": "The authorization code flow is not offered.",
        }


async def test_auth_needs_a_token_but_neither_scope_nor_role(shop):
    nobody = await make_user(shop)
    bare = token_of(shop, nobody["email"], "*")
    for path in ("api-tokens", "access-tokens", "tokens", "scopes", "verify"):
        await bare.get(f"/auth/{path}")
        await shop.as_token("").get(f"/auth/{path}", status=401)
    assert (await bare.get("/users/me"))["id"] == nobody["id"]
    assert await bare.get("/settings", status=403) == {"message": "This action is unauthorized."}
    client = make_client(shop)
    await shop.as_token("").call("DELETE", f"/auth/clients/{client.id}", status=401)
    await bare.delete(f"/auth/clients/{client.id}", status=404)
