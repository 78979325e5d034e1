"""What is half done is not done: a process that dies in the middle of spending leaves books that balance."""

import asyncio
import os
import signal
import subprocess
import sys
import time

import pytest

pytestmark = pytest.mark.anyio

SPENDER = """
import asyncio, sys, httpx
from omneo_api.app import create_app
from omneo_api.settings import Settings

url, handle, token, profiles = sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4].split(",")

async def main():
    app = create_app(Settings(rate_limit_per_minute=0, access_log=False, base_domain="omneo.test", secret_key="x" * 40), url)
    await app.database.open()
    await app.gate.start()
    transport, headers = httpx.ASGITransport(app=app), {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{handle}.omneo.test/v3", headers=headers) as client:
        async def spend(profile):
            while True:
                answer = await client.post(f"/profiles/{profile}/redeem", json={"amount": 1.25})
                answer.raise_for_status()
                print("spent", flush=True)
        await asyncio.gather(*(spend(profile) for profile in profiles * 4))

asyncio.run(main())
"""


async def test_a_process_killed_while_it_redeems_leaves_nothing_half_done(till):
    """`till` recomputes the books afterwards; what was told to the client as spent is spent."""
    shop = till.shop
    profiles = [await till.profile() for _ in range(3)]
    for profile in profiles:
        for _ in range(4):
            await till.reward(profile, 500)
        await till.points(profile, 900_000)
    arguments = [sys.executable, "-c", SPENDER, shop.url, shop.handle, shop.token, ",".join(profiles)]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    for kills in (1, 2):
        told = await asyncio.to_thread(_killed_after, arguments, environment, 20 * kills)
        await _settled(shop)
        await till.check()
        rows = await shop.sql("SELECT count(*) FROM redemptions WHERE tenant_id = %s", shop.tenant.id)
        assert rows[0][0] >= told
    count = rows[0][0]
    left = [(await till.figures(profile))[3] for profile in profiles]
    assert round(sum(left), 2) == round(3 * (2000 + 9000) - 1.25 * count, 2)
    await till.redeem(profiles[0], 1)


def _killed_after(arguments, environment, lines):
    """Starts a process and kills it once it told of that many redemptions; answers how many it told of."""
    child = subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    told = 0
    while told < lines:
        line = child.stdout.readline()
        if not line:
            raise AssertionError(child.stderr.read().decode()[-2000:])
        told += line == b"spent\n"
    child.kill()
    rest, _ = child.communicate()
    assert child.returncode == -signal.SIGKILL
    return told + rest.count(b"spent\n")


async def _settled(shop):
    """Waits until the server has ended the dead process's sessions."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        rows = await shop.sql(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'"
        )
        if rows[0][0] == 0:
            return
        await asyncio.sleep(0.1)
    raise AssertionError("a session of the dead process is still open")
