"""The worked cases of tiers (incentives-status 4.8): the clock is moved, the answers of the API are compared."""

import asyncio
from typing import Any

import pytest
from tiers_club import Club, figures, held

from omneo_api.incentives.tiers.standing import jobs, service

pytestmark = pytest.mark.anyio

NOTHING: list[str] = []
ACHIEVED, LOST, KEPT, PROGRESSED = ["achieved"], ["lost"], ["maintained"], ["progressed"]


def row(tier: str, total: int, credit: int, progress: int, remain: int, *more: Any) -> dict[str, Any]:
    """tier, 12m, cr, pr, rem, nx, anniversary: the columns of the tables, as many as they have."""
    names = ("tier", "total", "credit", "progress", "remain", "next", "anniversary")
    return dict(zip(names, (tier, total, credit, progress, remain, *more), strict=False))


# (ladder, [(day, step, events, figures)]): a step is a number of points, "new", "calc", or a handle to be assigned.
CASES: dict[str, tuple[str, list[tuple[str, Any, list[str], dict[str, Any]]]]] = {
    "T1 attain, credit, maintain by credit": (
        "S",
        [
            ("2024-01-01", "new", ACHIEVED, row("bronze", 0, 0, 0, 0, 500, "2025-01-01")),
            ("2024-02-15", 650, ACHIEVED, row("silver", 650, 150, 0, 250, 850, "2025-02-15")),
            ("2024-09-01", 260, PROGRESSED, row("silver", 910, 150, 260, 0, 590, "2025-02-15")),
            (
                "2025-02-15",
                "calc",
                KEPT,
                {
                    **row("silver", 260, 0, 0, 400, 1240, "2026-02-15"),
                    "earned": 260,
                    "change": "2025-08-31 23:59:59",
                    "achieved_at": "2024-02-15 00:00:00",
                    "maintained_at": "2025-02-15 00:00:00",
                },
            ),
            ("2025-02-15", "calc", NOTHING, row("silver", 260, 0, 0, 400, 1240, "2026-02-15")),
        ],
    ),
    "T2 one short": (
        "T2",
        [
            ("2020-11-23", 650, ACHIEVED, row("silver", 650, 250, 0, 150)),
            ("2021-03-01", 149, PROGRESSED, row("silver", 799, 250, 149, 1)),
            ("2021-11-23", "calc", LOST, row("bronze", 149, 0, 0, 0)),
        ],
    ),
    "T2 enough, then nothing more": (
        "T2",
        [
            ("2020-11-23", 650, ACHIEVED, row("silver", 650, 250, 0, 150)),
            ("2021-03-01", 150, PROGRESSED, row("silver", 800, 250, 150, 0)),
            ("2021-11-23", "calc", KEPT, row("silver", 150, 0, 0, 400)),
            ("2022-11-23", "calc", LOST, row("bronze", 0, 0, 0, 0)),
        ],
    ),
    "T2 without credit": (
        "T2-nocredit",
        [
            ("2020-11-23", 650, ACHIEVED, row("silver", 650, 0, 0, 400)),
            ("2021-03-01", 150, PROGRESSED, row("silver", 800, 0, 150, 250)),
            ("2021-11-23", "calc", LOST, row("bronze", 150, 0, 0, 0)),
        ],
    ),
    "T3 belt, upgrade only, two-level fall": (
        "T3",
        [
            ("2024-01-10", 500, ACHIEVED, row("silver", 500, 200, 0, 100, 500)),
            ("2024-06-10", 800, ACHIEVED, row("gold", 1300, 300, 0, 500, None)),
            ("2025-01-09", "calc", NOTHING, row("gold", 1300, 300, 0, 500, None)),
            ("2025-01-10", "calc", NOTHING, row("gold", 800, 300, 0, 500, None)),
            ("2025-02-01", 100, PROGRESSED, row("gold", 900, 300, 100, 400, None)),
            ("2025-06-10", "calc", LOST, row("base", 100, 0, 0, 0, 200)),
        ],
    ),
    "T4 the highest that qualifies": (
        "S",
        [
            ("2023-05-01", 3200, ACHIEVED, row("platinum", 3200, 200, 0, 1800, None)),
            ("2023-12-01", 600, PROGRESSED, row("platinum", 3800, 200, 600, 1200, None)),
            ("2024-05-01", "calc", LOST, row("silver", 600, 100, 0, 300, 900)),
            ("2025-05-01", "calc", LOST, row("bronze", 0, 0, 0, 0, 500)),
        ],
    ),
    "T4 without anything since": (
        "S",
        [
            ("2023-05-01", 3200, ACHIEVED, row("platinum", 3200, 200, 0, 1800, None)),
            ("2024-05-01", "calc", LOST, row("bronze", 0, 0, 0, 0, 500)),
        ],
    ),
    "T5 a return": (
        "S",
        [
            ("2024-03-01", 1600, ACHIEVED, row("gold", 1600, 100, 0, 900, 1400)),
            ("2024-03-10", -400, PROGRESSED, row("gold", 1200, 100, -400, 1300, 1800)),
            ("2024-07-01", 900, PROGRESSED, row("gold", 2100, 100, 500, 400, 900)),
            ("2025-03-01", "calc", LOST, row("silver", 500, 0, 0, 400, 1000)),
        ],
    ),
    "T6 a second purchase on the same day": (
        "S",
        [
            ("2024-03-01", 650, ACHIEVED, row("silver", 650, 150, 0, 250)),
            ("2024-03-01", 100, PROGRESSED, {**row("silver", 750, 150, 100, 150), "earned": 100}),
        ],
    ),
    "T7 a late job": (
        "S",
        [
            ("2022-03-01", 2000, ACHIEVED, row("gold", 2000, 500, 0, 500)),
            ("2022-06-01", 900, PROGRESSED, row("gold", 2900, 500, 900, 0)),
            (
                "2024-04-01",
                "calc",
                KEPT + LOST,
                {**row("bronze", 0, 0, 0, 0, 500, "2025-03-01"), "achieved_at": "2024-03-01 00:00:00"},
            ),
        ],
    ),
    "T8 keep above entry": (
        "T8",
        [
            ("2023-02-01", 500, ACHIEVED, row("silver", 500, 0, 0, 800)),
            ("2023-08-01", 550, PROGRESSED, row("silver", 1050, 0, 550, 250)),
            ("2024-02-01", "calc", KEPT, row("silver", 550, 50, 0, 750)),
        ],
    ),
    "T9 credit for one cycle": (
        "S",
        [
            ("2023-02-01", 1000, ACHIEVED, row("silver", 1000, 500, 0, 0)),
            ("2024-02-01", "calc", KEPT, row("silver", 0, 0, 0, 400)),
            ("2024-03-01", 50, PROGRESSED, row("silver", 50, 0, 50, 350)),
            ("2025-02-01", "calc", LOST, row("bronze", 50, 0, 0, 0)),
        ],
    ),
    "T10 leap day": (
        "S",
        [
            (
                "2024-02-29",
                500,
                ACHIEVED,
                {**row("silver", 500, 0, 0, 400, 1000, "2025-02-28"), "change": "2025-02-27 23:59:59"},
            ),
            ("2025-02-27", "calc", NOTHING, row("silver", 500, 0, 0, 400, 1000, "2025-02-28")),
            ("2025-02-28", "calc", LOST, row("bronze", 0, 0, 0, 0, 500, "2026-02-28")),
        ],
    ),
    "T11 assigned and kept": (
        "S",
        [
            (
                "2024-05-01",
                "gold",
                ACHIEVED,
                {**row("gold", 0, 0, 0, 1000, 3000, "2025-05-01"), "assigned_at": "2024-05-01 12:00:0"},
            ),
            ("2024-09-01", 1000, PROGRESSED, row("gold", 1000, 0, 1000, 0)),
            ("2025-05-01", "calc", KEPT, {**row("gold", 1000, 0, 0, 1000), "assigned_at": "2024-05-01 12:00:0"}),
        ],
    ),
    "T11 assigned and lost": (
        "S",
        [
            ("2024-05-01", "gold", ACHIEVED, row("gold", 0, 0, 0, 1000, 3000, "2025-05-01")),
            ("2024-09-01", 600, PROGRESSED, row("gold", 600, 0, 600, 400)),
            ("2025-05-01", "calc", LOST, {**row("silver", 600, 100, 0, 300), "assigned_at": None}),
        ],
    ),
    "T13 exactly the threshold": ("S", [("2024-01-01", 500, ACHIEVED, row("silver", 500, 0, 0, 400, 1000))]),
    "T13 one less": ("S", [("2024-01-01", 499, PROGRESSED, row("bronze", 499, 0, 499, 0, 1))]),
    "T13 credit and progress are just enough": (
        "S",
        [
            ("2023-01-01", 600, ACHIEVED, row("silver", 600, 100, 0, 300)),
            ("2023-06-01", 300, PROGRESSED, row("silver", 900, 100, 300, 0)),
            ("2024-01-01", "calc", KEPT, row("silver", 300, 0, 0, 400)),
        ],
    ),
    "T13 credit and progress are one short": (
        "S",
        [
            ("2023-01-01", 600, ACHIEVED, row("silver", 600, 100, 0, 300)),
            ("2023-06-01", 299, PROGRESSED, row("silver", 899, 100, 299, 1)),
            ("2024-01-01", "calc", LOST, row("bronze", 299, 0, 0, 0)),
        ],
    ),
}


@pytest.fixture
async def club(shop: Any) -> Club:
    return await Club(shop).opened("S", "T2", "T2-nocredit", "T3", "T8")


@pytest.mark.parametrize("by_job", [False, True], ids=["calculate", "daily job"])
async def test_the_worked_cases(club: Club, by_job: bool) -> None:
    for name, (ladder, steps) in CASES.items():
        await club.on(steps[0][0])
        who = await club.member(ladder)
        seen = 0 if steps[0][1] == "new" else len(await club.events(who))
        for day, step, events, expected in steps:
            await club.on(day)
            if isinstance(step, int):
                await club.earn(who, step)
            elif step == "calc" and by_job:
                await club.daily()
            elif step == "calc":
                await club.calculate(who)
            elif step != "new":
                await club.assign(who, f"{step}-{ladder}")
            told = await club.tiers(who)
            shown = {**figures(told), **{key: told[key] for key in ("achieved_at", "maintained_at", "assigned_at")}}
            if shown["assigned_at"]:
                shown["assigned_at"] = shown["assigned_at"][:18]
            assert {key: shown[key] for key in expected} == expected, f"{name}, {day}: {step}"
            assert (await club.events(who))[seen:] == events, f"{name}, {day}: {step}"
            seen += len(events)
            profile = (await club.shop.get(f"/profiles/{who}"))["data"]
            assert profile["tier_handle"] == told["current_tier"]["handle"]
            assert profile["tier"] == {
                "id": told["current_tier"]["id"],
                "profile_id": who,
                "name": told["current_tier"]["name"],
                "handle": told["current_tier"]["handle"],
                **{key: told[key] for key in ("anniversary_at", "maintained_at", "assigned_at", "achieved_at")},
            }


async def test_t12_what_may_not_be_assigned_changes_nothing(club: Club) -> None:
    who = await club.member("S")
    before = await club.tiers(who)
    for tier in ("silver-S", "gold-T3", "nothing", "", None, 7, ["gold-S"]):
        answer = await club.assign(who, tier, 422)
        assert list(answer["errors"]) == ["tier"], tier
    assert await club.tiers(who) == before
    assert await club.events(who) == ["achieved"]
    await club.assign(who, "GOLD-S")
    assert held(await club.tiers(who)) == "gold"


async def test_t14_a_second_calculation_of_the_day_changes_and_tells_nothing(club: Club) -> None:
    await club.on("2023-03-01")
    who = await club.member("S")
    await club.earn(who, 1600)
    await club.earn(who, 700, "2023-06-01 10:00:00")
    for day, told in (("2023-06-01", []), ("2024-03-01", ["lost"]), ("2025-03-01", ["lost"]), ("2026-03-01", [])):
        await club.on(day)
        seen = await club.events(who)
        first = await club.calculate(who)
        assert (await club.events(who))[len(seen) :] == told, day
        audits = await club.shop.sql("SELECT count(*) FROM audits WHERE tenant_id = %s", club.shop.tenant.id)
        await club.shop.advance(hours=1)
        await club.daily()
        assert [await club.calculate(who), await club.tiers(who)] == [first, first], day
        assert len(await club.events(who)) == len(seen) + len(told), day
        assert await club.shop.sql("SELECT count(*) FROM audits WHERE tenant_id = %s", club.shop.tenant.id) == audits


async def test_a_maintenance_that_dies_or_runs_twice_tells_each_profile_once(
    club: Club, monkeypatch: pytest.MonkeyPatch
) -> None:
    await club.on("2023-03-01")
    members = [await club.member("S") for _ in range(10)]
    for who in members:
        await club.earn(who, 600)
    await club.on("2024-03-01 00:10:00")
    calculate, calls = service.calculate, 0

    async def dies(session: Any, profiles: Any, **more: Any) -> None:
        nonlocal calls
        await calculate(session, profiles, **more)
        calls += 1
        if calls == 3:
            raise RuntimeError("the worker is gone")

    monkeypatch.setattr(jobs, "PORTION", 3)
    monkeypatch.setattr(service, "calculate", dies)
    with pytest.raises(RuntimeError):
        await club.daily()
    told = [len(await club.events(who, "tier.lost")) for who in members]
    assert sorted(told) == [0, 0, 0, 0, 1, 1, 1, 1, 1, 1]
    await asyncio.gather(club.daily(), club.daily(), club.calculate(members[-1]))
    await club.daily()
    assert [await club.events(who, "tier.lost") for who in members] == [LOST] * 10
    assert {held(await club.tiers(who)) for who in members} == {"bronze"}
