"""Reminders: schedules, what each needs, and that an occurrence is sent once."""

from datetime import UTC, datetime, time

import pytest

from omneo_api.incentives.reminders import resource

pytestmark = pytest.mark.anyio


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("held", "after", "due"),
    [
        ({"repeat_unit": "daily", "repeat_value": 2}, "2026-01-05 10:00:00", "2026-01-07 09:00:00"),
        ({"repeat_unit": "weekly", "repeat_value": 1}, "2026-01-05 09:00:00", "2026-01-12 09:00:00"),
        ({"repeat_unit": "monthly", "repeat_value": 31}, "2026-02-01 10:00:00", "2026-02-28 09:00:00"),
    ],
)
def test_the_next_occurrence(held, after, due):
    schedule = {"schedule_type": "repeat", "repeat_time_at": time(9), **held}
    assert resource.next_run(schedule, "UTC", at("2026-01-01 08:00:00"), at(after)) == at(due)


async def test_the_life_of_a_reminder(till, monkeypatch):
    sent = []

    async def deliver(session, row):
        sent.append(row.note)

    monkeypatch.setattr(resource, "_deliveries", [deliver])
    body = {"note": "Check", "channel": "email", "schedule_type": "repeat"}
    errors = (await till.shop.post("/reminders", body, status=422))["errors"]
    assert set(errors) == {"recipient", "repeat_unit", "repeat_value", "repeat_time_at"}
    body |= {"recipient": "a@example.com", "repeat_unit": "daily", "repeat_value": "1", "repeat_time_at": "09:00"}
    made = (await till.shop.post("/reminders", body))["data"]
    assert (made["is_valid"], made["repeat_time_at"], made["repeat_value"]) == (True, "09:00", 1)
    past = {"note": "x", "channel": "slack", "schedule_type": "absolute", "remind_at": "2020-01-01 09:00:00"}
    assert set((await till.shop.post("/reminders", past, status=422))["errors"]) == {"remind_at"}
    once = (await till.shop.post("/reminders", past | {"remind_at": "2099-01-01 09:00:00"}))["data"]
    assert once["remind_at"] == "2099-01-01 09:00:00"
    assert (await till.shop.get("/reminders"))["data"] == [made, once]
    await till.shop.advance(days=1)
    for _ in range(2):
        await till.tick()
    assert sent == ["Check"]
    stopped = (await till.shop.put(f"/reminders/{made['id']}", {"is_active": False}))["data"]
    assert stopped["is_valid"] is False
    await till.shop.delete(f"/reminders/{made['id']}")
    await till.shop.get(f"/reminders/{made['id']}", status=404)
