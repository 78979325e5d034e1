"""Users, tokens and OAuth clients for the tests of access."""

import uuid

from omneo_api.platform import tenants

PASSWORD = "correct horse battery staple, and more"


async def make_user(shop, *roles, **more):
    body = {
        "name": "Somebody",
        "email": f"{uuid.uuid4().hex[:10]}@example.test",
        "password": PASSWORD,
        "password_confirmation": PASSWORD,
        "roles": [{"id": role} for role in roles],
        **more,
    }
    return (await shop.post("/users", body))["data"]


async def make_token(shop, *scopes, name="A token"):
    return await shop.post("/auth/api-tokens", {"name": name, "scopes": list(scopes)})


async def with_scopes(shop, *scopes):
    return shop.as_token((await make_token(shop, *scopes))["accessToken"])


def make_client(shop, email=None):
    return tenants.create_client(shop.url, shop.handle, "Till", email)


def token_of(shop, email, *scopes):
    """The shop seen by a user with an API token of these scopes."""
    return shop.as_token(tenants.create_token(shop.url, shop.handle, email, "Theirs", scopes).secret)


def elsewhere():
    """Headers of a caller from an address of its own, so that no test uses up another's attempts."""
    return {"X-Forwarded-For": f"10.{uuid.uuid4().int % 250}.{uuid.uuid4().int % 250}.{uuid.uuid4().int % 250}"}


async def ask(shop, status=200, path="/auth/token", headers=None, **body):
    answer = await shop.as_token("").call(
        "POST", path, status=status, json=body, headers=headers if headers is not None else elsewhere()
    )
    return answer.json()


async def log_in(shop, client, user, **more):
    return await ask(
        shop,
        grant_type="password",
        client_id=client.id,
        client_secret=client.secret,
        username=user["email"],
        password=PASSWORD,
        **more,
    )
