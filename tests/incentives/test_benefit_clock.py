"""Time passing for benefits: lines, balances and announcements, each once, however often the jobs run."""

from datetime import UTC, datetime, timedelta

import pytest
from entitlements import balance, define, issue, read, redeem, told

from omneo_api.foundation.jobs import execute
from omneo_api.incentives import notices

pytestmark = pytest.mark.anyio


async def turn(till, *names):
    for name in names or ("benefits.turn", "incentives.notify"):
        await execute(till.shop.database, name, {"tenant": till.shop.handle})


async def listen(till, event):
    await till.shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, %s, 'trigger', 1)",
        till.shop.tenant.id,
        event,
    )


def later(till, **delta):
    return (datetime.now(UTC) + till.shop.tenant.clock_offset + timedelta(**delta)).strftime("%Y-%m-%d %H:%M:%S")


async def test_a_benefit_begins_and_ends_by_the_clock(till):
    profile, other = await till.profile(), await till.profile()
    definition = await define(till, max_redemptions=2)
    await listen(till, "balance.updated")
    waiting = await issue(till, profile, definition, issued_at=later(till, hours=2), expires_at=later(till, hours=4))
    sooner = await issue(till, other, definition, issued_at=later(till, hours=2), expires_at=later(till, hours=4))
    missed = await issue(till, other, definition, issued_at=later(till, hours=2), expires_at=later(till, hours=3))
    assert (await balance(till, profile), await till.ledger(profile)) == (0, [])
    before = await told(till, profile)
    await turn(till)
    assert await told(till, profile) == before
    await till.shop.advance(hours=2, minutes=5)
    assert (await read(till, waiting))["is_redeemable"]
    assert (await balance(till, profile), await till.ledger(profile)) == (1, [])
    await redeem(till, sooner)
    lines = [line["description"] for line in await till.ledger(other)]
    assert lines == ["Benefit redeemed", "Benefit issued", "Benefit issued"]
    for _ in range(2):
        await turn(till)
    assert [line["description"] for line in await till.ledger(profile)] == ["Benefit issued"]
    assert await told(till, profile) == [*before, "balance.updated"]
    await till.shop.advance(hours=2)
    assert (await balance(till, profile), await balance(till, other)) == (0, 0)
    assert await redeem(till, waiting, status=422) == {"benefit": ["The benefit has expired."]}
    for _ in range(2):
        await turn(till)
    assert await told(till, profile) == [*before, "balance.updated", "balance.updated"]
    assert len(await till.ledger(profile)) == 1
    body = {"profile_id": other, "ids": [missed["id"]], "extend_days": 1}
    await till.shop.post("/benefits/extend", body, status=422)
    await till.shop.put(f"/benefits/{missed['id']}", {"expires_at": later(till, hours=1)})
    assert await balance(till, other) == 1
    assert len(await till.ledger(other)) == 3


async def test_announcements_are_made_once_and_again_after_an_extension(till, monkeypatch):
    """An issue is told at an hour some days later, an end before it; what is used up or gone is not told."""
    sent = []

    async def send(session, target_id, kind, identifier):
        sent.append((target_id, kind, identifier))

    monkeypatch.setattr(notices, "_senders", [send])
    profile = await till.profile()
    definition = await define(
        till,
        is_extendable=True,
        notify_issue_offset_days=1,
        notify_issue_offset_hour=9,
        notify_remind_offset_days=2,
        notify_remind_offset_hour=9,
        notify_extend_offset_days=1,
    )
    await till.shop.sql(
        "UPDATE benefit_definitions SET issue_target_id = 1, remind_target_id = 2, extend_target_id = 3 WHERE id = %s",
        int(definition["id"]),
    )
    zone = {"timezone": "Australia/Melbourne", "issued_at": "2026-01-10 20:00:00", "expires_at": "2099-01-10 12:59:59"}
    kept, spent, gone = [await issue(till, profile, definition, **zone) for _ in range(3)]
    ((issue_at, remind_at, extend_at),) = await till.shop.sql(
        "SELECT (notify_issue_at AT TIME ZONE 'UTC')::text, (notify_remind_at AT TIME ZONE 'UTC')::text,"
        " (notify_extend_at AT TIME ZONE 'UTC')::text FROM benefits WHERE id = %s",
        kept["id"],
    )
    assert (issue_at, remind_at, extend_at) == (
        "2026-01-11 22:00:00",
        "2099-01-07 22:00:00",
        "2099-01-08 13:00:00",
    )
    await redeem(till, spent)
    await till.shop.delete(f"/benefits/{gone['id']}")
    for _ in range(2):
        await turn(till, "incentives.notify")
    assert sent == [(1, "benefit", kept["id"])]
    sent.clear()
    for _ in range(2):
        body = {"profile_id": profile, "ids": [kept["id"]], "extend_date": later(till, days=1, hours=12)}
        await till.shop.post("/benefits/extend", body, status=200)
        for _ in range(2):
            await turn(till, "incentives.notify")
    assert sent[:1] == [(2, "benefit", kept["id"])]
    assert [one for one in sent if one[0] == 2] == [(2, "benefit", kept["id"])] * 2
    sent.clear()
    path = f"/benefits/{kept['id']}/trigger-target"
    for kind in ("issue", "remind", "expiry", "extend"):
        await till.shop.call("GET", f"{path}/{kind}", status=204)
    assert [one[0] for one in sent] == [1, 2, 2, 3]
    await till.shop.get(f"{path}/release", status=404)
    await till.shop.get(f"/benefits/{gone['id']}/trigger-target/issue", status=404)
    plain = await issue(till, profile, await define(till))
    errors = (await till.shop.get(f"/benefits/{plain['id']}/trigger-target/expiry", status=422))["errors"]
    assert errors == {"type": ["The benefit definition has no remind target."]}
