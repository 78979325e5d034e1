"""`omneo verify`: books that balance are silent, and there is no rule that a planted difference does not wake."""

import os
import re
import subprocess
import sys

import pytest
from entitlements import define, issue, load

from omneo_api.incentives.verify import RULES, verify

pytestmark = pytest.mark.anyio

# Each statement spoils something of the tenant of the test; together they must wake every rule.
PLANTED = (
    "UPDATE rewards SET value_remaining = value_remaining + 1, expires_at = expires_at + interval '1 day'",
    "UPDATE movements SET lot_id = 999999 WHERE lot_kind = 'credit'",
    "UPDATE movements SET remaining = remaining + 1 WHERE kind = 'redeem' AND lot_kind = 'point'",
    "UPDATE movements SET kind = 'adjust' WHERE kind = 'issue' AND lot_kind = 'point'",
    "UPDATE movements SET redemption_item_id = NULL WHERE kind = 'redeem' AND lot_kind = 'reward'",
    "UPDATE redemptions SET total = total + 1",
    "UPDATE redemption_items SET value = value + 1000 WHERE type = 'point' OR original_item_id IS NOT NULL",
    "UPDATE ledger_entries SET dollar_value = dollar_value + 1 WHERE type = 'reward'",
    "UPDATE ledger_entries SET point_value = point_value + 1 WHERE type = 'point'",
    "UPDATE benefits SET redeemed = redeemed + 1",
    "UPDATE allocation_tallies SET given = given + 1",
    "UPDATE allocations SET allocated_id = allocated_id + 1000000 WHERE allocated_id IS NOT NULL",
    "UPDATE lot_deadlines SET at = at + interval '2 days' WHERE at < 'infinity'",
    "DELETE FROM lot_deadlines WHERE step = 'open'",
    "UPDATE transaction_states SET void_kind = 'void'",
)


def command(shop):
    environment = {**os.environ, "DATABASE_URL": shop.url}
    ran = subprocess.run(
        [sys.executable, "-m", "omneo_api.cli", "verify", "--tenant", shop.handle],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    return ran.returncode, ran.stdout + ran.stderr


async def spoil(shop, statement):
    where = f"tenant_id = {shop.tenant.id}"
    await shop.sql(f"{statement} AND {where}" if " WHERE " in statement else f"{statement} WHERE {where}")


async def nothing():
    """These books are not meant to balance in the end."""


async def sale_that_earns(till, profile):
    arguments = [{"name": "definition", "value": await till.define("points")}, {"name": "points", "value": 3}]
    body = {
        "name": "t",
        "trigger": "transaction.created",
        "actions": [{"name": "point.create", "arguments": arguments}],
    }
    await till.shop.post("/triggers", body)
    body = {"profile_id": profile, "total": 3, "transacted_at": "2026-03-01 03:00:00", "timezone": "UTC", "items": []}
    await till.shop.post("/transactions", body)


async def found(shop):
    async with shop.database.reading(shop.tenant) as session:
        return {difference.rule for difference in await verify(session)}


async def test_every_rule_finds_what_is_planted(shop, till, jobs):
    profile = await till.profile()
    pool = await define(till, max_redemptions=5)
    await load(till, jobs, pool, ["A", "B", "C"])
    benefit = await issue(till, profile, pool)
    await till.reward(profile, 25)
    await till.points(profile, 1500)
    await till.credit(profile, 5)
    await till.points(profile, 10, issued_at="2099-01-01 00:00:00")
    await sale_that_earns(till, profile)
    await jobs()
    done = await till.redeem(profile, 30, benefits=[{"id": int(benefit["id"])}])
    await shop.post(f"/redemptions/{done['id']}/return", {"amount": 12})
    assert await found(shop) == set()
    assert command(shop) == (0, "No difference: every balance equals the sum of its movements.\n")
    for statement in PLANTED:
        await spoil(shop, statement)
    till.check = nothing
    assert await found(shop) == set(RULES)
    code, text = command(shop)
    assert code == 1
    assert re.search(r"\d+ difference\(s\) found\.", text)
