"""Random lives of an achievement against a model that walks from hour to hour."""

import itertools
from datetime import UTC, date, datetime, time, timedelta

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from test_achievements import Board, close

pytestmark = pytest.mark.anyio

HOUR, START = timedelta(hours=1), datetime(2024, 2, 28, 20, tzinfo=UTC)
LEVELS = [
    {"name": "a", "display_number": 1, "trigger": 3, "allow_multiple_earn": True},
    {"name": "b", "display_number": 2, "trigger": 7, "repeats": True, "repeat_interval": 5},
]
STEPS = st.lists(
    st.one_of(
        st.tuples(
            st.just("count"),
            st.integers(-6, 12).filter(bool),
            st.one_of(st.just(0), st.integers(-60, 60)),
            st.one_of(st.none(), st.integers(1, 80)),
        ),
        st.tuples(st.just("advance"), st.one_of(st.integers(1, 60), st.integers(8000, 9000))),
        st.tuples(st.just("close")),
    ),
    min_size=3,
    max_size=10,
)


class Model:
    """One profile in plain Python."""

    def __init__(self, kind):
        self.kind, self.now = kind, START
        self.counts, self.events, self.ever = [], [], set()
        self.total = self.credit = self.prev = self.used = self.held = 0
        self.year_from = None if kind == "annual" else date.min
        self.begins = None

    def trigger(self, score):
        return 0 if score < 3 else 3 if score < 7 else 7 + (score - 7) // 5 * 5

    def score(self):
        return max(0, self.total + self.credit)

    def climb(self):
        for trigger in [3, *range(7, self.trigger(self.score()) + 1, 5)]:
            if self.held < trigger <= self.score():
                if trigger == 3 or trigger not in self.ever:
                    self.events.append(("unlocked", trigger))
                self.ever.add(trigger)
                self.held = trigger

    def ends(self, hour):
        if hour.hour or (self.kind == "annual" and self.year_from is None):
            return False
        if self.kind == "annual":
            leap = (self.year_from.month, self.year_from.day) == (2, 29)
            year = self.year_from.replace(year=self.year_from.year + 1, **({"day": 28} if leap else {}))
            return hour.date() == year + timedelta(days=1)
        return {"daily": True, "weekly": hour.weekday() == 0, "monthly": hour.day == 1}.get(self.kind, False)

    def tick(self, hour):
        if self.ends(hour):
            if self.held:
                self.events.append(("lost", self.held))
            carried = self.score() - self.held if self.kind == "annual" and self.held else 0
            self.prev, self.used, self.credit = self.credit, self.used + self.score() - carried, carried
            self.total = self.held = 0
            self.begins = hour
            if self.kind == "annual":
                self.year_from = hour.date() - timedelta(days=1)
            for count in self.counts:
                count["in"] = False if count["in"] else count["in"]
        for count in self.counts:
            if count["to"] == hour and count["in"]:
                self.total -= count["n"]
                count["in"] = False
        for count in self.counts:
            if count["from"] == hour and count["in"] is None:
                self.begin(count, hour)
        self.climb()

    def begin(self, count, hour):
        self.year_from = self.year_from or hour.date()
        self.total += count["n"]
        count["in"] = True

    def accept(self, number, start, end):
        self.events.append(("progressed",))
        count = {"n": number, "from": start, "to": end, "in": None}
        self.counts.append(count)
        if start > self.now:
            return
        if self.year_from is None:
            hour = start
            while hour <= self.now:
                self.tick(hour)
                hour += HOUR
        elif self.kind and self.cycle() and start < self.cycle():
            self.used += number
            count["in"] = False
        elif end is None or end > self.now:
            self.begin(count, start)
            self.climb()
        else:
            count["in"] = False

    def cycle(self):
        midnight = datetime.combine(self.now.date(), time(), UTC)
        days = {"daily": 0, "weekly": self.now.weekday(), "monthly": self.now.day - 1}
        return midnight - timedelta(days=days[self.kind]) if self.kind in days else self.begins

    def advance(self, hours):
        for _ in range(hours):
            self.now += HOUR
            self.tick(self.now)


class Life:
    """One profile and one definition, beside their model."""

    def __init__(self, shop, kind, number):
        self.shop, self.kind, self.number, self.model = shop, kind, number, Model(kind)

    async def begin(self):
        now = datetime.now(UTC) + self.shop.tenant.clock_offset
        await self.shop.advance(seconds=(START - now).total_seconds() + 1)
        insert = "INSERT INTO profiles (tenant_id) VALUES (%s) RETURNING id"
        ((self.profile,),) = await self.shop.sql(insert, self.shop.tenant.id)
        self.board = Board(self.shop, self.profile)
        cycles = {"enable_annual_earn_cycle": True} if self.kind == "annual" else {"period": self.kind}
        self.made = await self.board.define(f"d{self.number}", LEVELS, **cycles)

    async def count(self, amount, offset, life):
        start = self.model.now + offset * HOUR
        end = None if life is None else start + life * HOUR
        self.model.accept(amount, start, end)
        moments = {"issued_at": start.isoformat(), "expires_at": end and end.isoformat()}
        await self.board.count(self.made, amount, **moments)

    async def advance(self, hours):
        # The token of the tests ends a year from today.
        if (self.model.now + hours * HOUR).year < 2027:
            self.model.advance(hours)
            await self.shop.advance(hours=hours)

    async def close(self):
        await close(self.shop)

    async def agrees(self, step):
        model, told = self.model, await self.board.progress(self.made)
        if not model.counts:
            assert told == []
            return
        figures = [told[name] for name in ("current_score", "current_credit", "prev_credit", "used_score")]
        held = (told["current_level"] or {"computed_trigger": 0})["computed_trigger"]
        prev = model.prev if self.kind == "annual" else 0
        assert (*figures, held) == (model.score(), model.credit, prev, model.used, model.held), step
        assert told["next_level"]["computed_trigger"] == {0: 3, 3: 7}.get(model.held, model.held + 5)

    async def events(self):
        rows = await self.shop.sql(
            "SELECT e.name, c.context->'level'->>'computed_trigger' FROM events e"
            " JOIN event_contexts c ON c.event_id = e.id WHERE e.profile_id = %s ORDER BY e.id",
            self.profile,
        )
        return [(name.split(".")[1], *([int(trigger)] if trigger else [])) for name, trigger in rows]


async def test_any_life_agrees_with_the_model(shop):
    """The figures after every step, whether or not the job has closed what is over, and the events at the end."""
    for name in ("progressed", "unlocked", "lost"):
        await shop.post("/triggers", {"name": name, "trigger": f"achievement.{name}"})
    numbers = itertools.count()

    async def live(kind, steps):
        life = Life(shop, kind, next(numbers))
        await life.begin()
        for step in steps:
            await getattr(life, step[0])(*step[1:])
            await life.agrees(step)
        await life.close()
        assert await life.events() == life.model.events

    def explore():
        @settings(
            max_examples=12, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
        )
        @given(st.sampled_from([None, "daily", "weekly", "monthly", "annual", "annual"]), STEPS)
        def example(kind, steps):
            anyio.from_thread.run(live, kind, steps)

        example()

    await anyio.to_thread.run_sync(explore)
