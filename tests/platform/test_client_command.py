import os
import subprocess
import sys

import pytest

pytestmark = pytest.mark.anyio


def omneo(shop, *arguments, status=0):
    environment = {**os.environ, "DATABASE_URL": shop.url, "COLUMNS": "200"}
    command = [sys.executable, "-m", "omneo_api.cli", "client", *arguments, "--tenant", shop.handle]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout + done.stderr


async def test_clients_are_made_listed_and_revoked_from_the_console(shop):
    email = f"admin@{shop.handle}.test"
    said = omneo(shop, "create", "Web shop", "--email", email)
    number, secret = said.split()[1], said.split()[-1]
    body = {"grant_type": "client_credentials", "client_id": number, "client_secret": secret}
    token = (await shop.post("/auth/token", body, status=200))["access_token"]
    await shop.as_token(token).get("/auth/verify")
    assert "Web shop" in omneo(shop, "list")
    assert secret not in omneo(shop, "list")
    assert "no user has the e-mail" in omneo(shop, "create", "x", "--email", "nobody@example.com", status=1)
    assert "Revoked." in omneo(shop, "revoke", number)
    assert "there is no such living client" in omneo(shop, "revoke", number, status=1)
    await shop.post("/auth/token", body, status=401)
    assert "revoked" in omneo(shop, "list")
    rows = await shop.sql(
        "SELECT event FROM audits WHERE auditable_type = 'OAuthClient' AND tenant_id = %s ORDER BY id", shop.tenant.id
    )
    assert [event for (event,) in rows] == ["created", "updated"]
