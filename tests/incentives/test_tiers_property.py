"""Random histories of members against the slow reference: every figure and every event after every step."""

import os
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tiers_club import Club
from tiers_reference import Level, Member, Point, plus12

pytestmark = pytest.mark.anyio
EXAMPLES = int(os.environ.get("TIER_EXAMPLES", "12"))
LADDERS = {
    "plain": ([("bronze", 0, 0), ("silver", 500, 400), ("gold", 1500, 1000), ("platinum", 3000, 2000)], 0, {}),
    "without": ([("silver", 300, 500), ("gold", 900, None)], 0, {"disable_credit": True}),
    "middle": ([("blue", 10, 20), ("bronze", 100, 100), ("gold", 600, 800)], 1, {}),
}
AMOUNTS = st.sampled_from([-900, -400, -50, 20, 100, 260, 400, 499, 500, 650, 1000, 1600, 3200])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("earn"), AMOUNTS, st.sampled_from([0, 0, 0, 1, 30, 200, 364, 365, 366, 400, 700, -3, -40])),
        st.tuples(st.just("hold"), AMOUNTS, st.integers(1, 60)),
        st.tuples(st.just("delete"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("value"), st.integers(0, 9), AMOUNTS),
        st.tuples(st.just("date"), st.integers(0, 9), st.integers(0, 500)),
        st.tuples(st.just("wait"), st.sampled_from([1, 20, 100, 200, 364, 365, 366, 800]), st.just(0)),
        st.tuples(st.just("calculate"), st.just(0), st.just(0)),
        st.tuples(st.just("daily"), st.just(0), st.just(0)),
        st.tuples(st.just("assign"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("merge"), AMOUNTS, st.integers(0, 400)),
    ),
    min_size=5,
    max_size=14,
)


class Life:
    """Drives one profile and its reference through the same steps."""

    def __init__(self, club, ladder):
        self.club, self.ladder = club, ladder
        levels, floor, more = LADDERS[ladder]
        self.floor = floor
        self.levels = [Level(*level, **more) for level in levels]
        self.member = Member(self.levels, floor)
        self.looked = self.now

    @property
    def now(self):
        return datetime.now(UTC).replace(tzinfo=None) + self.club.shop.tenant.clock_offset

    async def begin(self):
        self.who = await self.club.member(self.ladder)
        self.settle(self.member)

    def settle(self, member, *, point=False):
        member.calculate(self.now, point=point)
        self.looked = self.now

    async def point(self, who, value, days, *, hold=None):
        """Morning of that many days ago (or ahead), so that no test runs past the moment itself."""
        issued = self.now.replace(hour=6, minute=0, second=0, microsecond=0) - timedelta(days=days)
        accrued = None if hold is None else issued + timedelta(days=hold)
        told = await self.club.earn(who, value, str(issued), accrued_at=None if hold is None else str(accrued))
        counts = max(issued, accrued or issued) <= self.now
        assert told["status"] == ("active" if counts else "pending")
        return Point(told["id"], value, issued, accrued)

    def living(self, place):
        alive = [point for point in self.member.points if not point.deleted]
        return alive[place % len(alive)] if alive else None

    async def earn(self, value, days):
        self.member.points.append(await self.point(self.who, value, days))
        self.settle(self.member, point=True)

    async def hold(self, value, days):
        self.member.points.append(await self.point(self.who, value, 0, hold=days))
        self.settle(self.member, point=True)

    async def delete(self, place, _):
        if (point := self.living(place)) is not None:
            await self.club.shop.delete(f"/tiers/points/{point.id}")
            point.deleted = True
            self.settle(self.member, point=True)

    async def value(self, place, value):
        if (point := self.living(place)) is not None:
            await self.club.shop.put(f"/tiers/points/{point.id}", {"value": value})
            if point.value != value:
                point.value = value
                self.settle(self.member, point=True)

    async def date(self, place, days):
        if (point := self.living(place)) is not None:
            issued = self.now.replace(hour=5, minute=0, second=0, microsecond=0) - timedelta(days=days)
            await self.club.shop.put(f"/tiers/points/{point.id}", {"issued_at": str(issued)})
            if point.issued_at != issued:
                point.issued_at = issued
                self.settle(self.member, point=True)

    async def wait(self, days, _):
        await self.club.shop.advance(days=days)

    async def calculate(self, *_):
        await self.club.calculate(self.who)
        self.settle(self.member)

    async def daily(self, *_):
        await self.club.daily()
        start = self.member.start
        begun = [point for point in self.member.points if point.counts(self.now) and not point.counts(self.looked)]
        if begun or (start is not None and plus12(start) <= self.now.date()):
            self.settle(self.member)

    async def assign(self, place, _):
        place %= len(self.levels)
        await self.club.assign(self.who, f"{self.levels[place].name}-{self.ladder}")
        self.member.assign(place, self.now)
        self.looked = self.now

    async def merge(self, value, days):
        other = await self.club.member(self.ladder)
        moved = await self.point(other, value, days)
        body = {"source_profile_id": other, "destination_profile_id": self.who}
        await self.club.shop.post("/profiles/merge", body, status=200)
        self.member.points.append(moved)
        self.settle(self.member)

    async def compare(self, done):
        told = await self.club.tiers(self.who)
        expected = self.member.shown(self.now)
        levels = {"tier": "current_tier", "above": "next_tier", "below": "prev_tier"}
        shown = {name: told[name] for name in expected if name not in levels}
        for name, key in levels.items():
            shown[name] = told[key]["handle"].partition("-")[0] if told[key] else None
        assert shown == expected, done
        assert await self.club.events(self.who) == self.member.events, done
        assert told["assigned_at"] is None if self.member.assigned is None else told["assigned_at"] is not None
        if told["current_remain"] > 0:
            keep = told["current_tier"]["value_maintain"]
            keep = told["current_tier"]["value_min"] if keep is None else keep
            assert told["current_credit"] + told["current_progress"] + told["current_remain"] == keep


async def live(club, ladder, steps):
    await club.on("2021-02-27")
    life = Life(club, ladder)
    await life.begin()
    done = []
    for name, first, second in steps:
        await getattr(life, name)(first, second)
        done.append((name, first, second))
        await life.compare(done)


async def test_random_histories(shop):
    club = await Club(shop).opened()
    for name, (levels, floor, _) in LADDERS.items():
        made = await club.ladder(name, levels, is_assignable=True, disable_credit=name == "without")
        if floor:
            await shop.put(f"/tiers/definitions/{made[floor]['id']}", {"is_floor": True})

    def explore():
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck), print_blob=False
        )
        @given(st.sampled_from(sorted(LADDERS)), STEPS)
        def example(ladder, steps):
            anyio.from_thread.run(live, club, ladder, steps)

        example()

    await anyio.to_thread.run_sync(explore)
