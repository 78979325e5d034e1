"""Every operation of this domain: no token, a foreign token, a token without its scope, and one with only its scope."""

import pytest
from people import with_scopes

from omneo_api.app import v3_operations
from omneo_api.settings import Settings

pytestmark = pytest.mark.anyio

OURS = (
    "/batches",
    "/users",
    "/roles",
    "/permissions",
    "/settings",
    "/tags",
    "/systems",
    "/currencies",
    "/audits",
    "/countries",
    "/auth",
)
OPERATIONS = [
    operation
    for operation in v3_operations(Settings())
    if operation.path.startswith(OURS) and operation.auth == "token"
]
EXPECTED = {
    "batches": ("imports", "create", "create"),
    "countries": ("region", None, None),
    "permissions": ("users", None, None),
    "settings": ("settings", "update", "update"),
}


def path_of(operation):
    return (
        operation.path.replace("{uuid}", "0f8d3d0e-55a4-4b0c-9d5e-9c1c0a7b2f10")
        .replace("{handle}", "none")
        .replace("{id}", "2147483647")
    )


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: f"{operation.method} {operation.path}")
async def test_who_may_call(shop, other_shop, operation):
    path = path_of(operation)
    for seen in (shop.as_token(""), shop.as_token("nonsense"), shop.as_token(other_shop.token)):
        answer = await seen.call(operation.method, path, json={})
        assert (answer.status_code, answer.json()) == (401, {"message": "Unauthenticated."})
    without = await (await with_scopes(shop)).call(operation.method, path, json={})
    if not operation.scopes:
        assert without.status_code != 403
        return
    assert (without.status_code, without.json()) == (403, {"message": "Invalid scope(s) provided."})
    answer = await (await with_scopes(shop, *operation.scopes)).call(operation.method, path, json={})
    assert answer.status_code in (200, 404, 422), answer.text


async def test_the_scopes_are_those_of_the_contract():
    verbs = {"GET": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}
    for operation in OPERATIONS:
        family = operation.path.split("/")[1]
        if not operation.scopes:
            assert family == "auth" or operation.path == "/users/me"
            continue
        verb = verbs[operation.method]
        name = EXPECTED.get(family, (family,))[0]
        if family == "settings" and verb != "read":
            verb = "update"
        if family == "permissions" and verb == "read":
            name = "permissions"
        assert operation.scopes == (f"{verb}-{name}",), operation.path
