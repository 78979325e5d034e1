"""Random lives of profiles against a simple model: every figure equal after every step, and the books at the end."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio
RATE, CENT = Decimal("0.01"), Decimal("0.01")
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reward"), st.integers(1, 5000), st.integers(-3, 30)),
        st.tuples(st.just("points"), st.integers(-60000, 90000).filter(bool), st.integers(-3, 30)),
        st.tuples(st.just("redeem"), st.integers(1, 6000), st.integers(0, 7)),
        st.tuples(st.just("reverse"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("return"), st.integers(0, 5), st.integers(0, 3000)),
        st.tuples(st.just("extend"), st.integers(0, 5), st.integers(1, 3)),
        st.tuples(st.just("delete"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("advance"), st.integers(1, 12), st.just(0)),
        st.tuples(st.just("tick"), st.just(0), st.just(0)),
    ),
    min_size=6,
    max_size=22,
)


@dataclass
class Lot:
    id: int
    kind: str
    value: Decimal
    issued: datetime
    expires: datetime | None
    alive: bool = True
    extended: bool = False


@dataclass
class Spending:
    id: int
    at: datetime
    items: list[tuple[Lot, Decimal, Decimal]]
    undone: bool = False
    returned: bool = False


@dataclass
class Model:
    """One profile in plain Python."""

    lots: list[Lot] = field(default_factory=list)
    spendings: list[Spending] = field(default_factory=list)

    def usable(self, kind, now):
        found = [
            lot
            for lot in self.lots
            if lot.kind == kind
            and lot.alive
            and lot.value
            and lot.issued <= now
            and (lot.expires is None or lot.expires >= now)
        ]
        return sorted(found, key=lambda lot: (lot.expires is None, lot.expires or lot.issued, lot.issued, lot.id))

    def settle(self, now):
        lots = self.usable("points", now)
        for debt in sorted((lot for lot in lots if lot.value < 0), key=lambda lot: (lot.issued, lot.id)):
            for lot in lots:
                moved = min(-debt.value, lot.value)
                if moved > 0:
                    debt.value, lot.value = debt.value + moved, lot.value - moved

    def figures(self, now):
        rewards = sum((lot.value for lot in self.usable("rewards", now)), Decimal(0))
        points = sum((lot.value for lot in self.usable("points", now)), Decimal(0))
        dollars = max(points * RATE, Decimal(0)).quantize(CENT, ROUND_DOWN)
        return tuple(float(figure) for figure in (rewards, points, dollars, rewards + dollars))

    def spend(self, order, need, now):
        """What is taken: (lot, units, dollars)."""
        self.settle(now)
        items = []
        for kind in order:
            lots = self.usable(kind, now)
            if kind == "points":
                worth = max(sum((lot.value for lot in lots), Decimal(0)) * RATE, Decimal(0)).quantize(CENT, ROUND_DOWN)
                burn = (min(need, worth) / RATE).quantize(Decimal("0.0001"), ROUND_HALF_UP)
                need -= min(need, worth)
                told = gone = Decimal(0)
                for lot in lots:
                    part = min(max(lot.value, Decimal(0)), burn - gone)
                    if part > 0:
                        gone += part
                        shown = (gone * RATE).quantize(CENT, ROUND_HALF_UP)
                        items.append((lot, part, shown - told))
                        told = shown
            else:
                for lot in lots:
                    part = min(lot.value, need)
                    if part > 0:
                        items.append((lot, part, part))
                        need -= part
        return items


class Life:
    """Drives one profile and its model through the same steps."""

    def __init__(self, till, profile, definition):
        self.till, self.profile, self.definition, self.model = till, profile, definition, Model()

    @property
    def now(self):
        return datetime.now(UTC) + self.till.shop.tenant.clock_offset

    def moment(self, hours):
        return (self.now + timedelta(hours=hours, minutes=30)).replace(microsecond=0)

    async def reward(self, cents, hours):
        value, issued = Decimal(cents) / 100, self.now.replace(microsecond=0)
        if hours < 0:
            issued, hours = self.moment(-hours), 40
        expires = self.moment(hours)
        made = await self.till.reward(
            self.profile,
            float(value),
            reward_definition_id=self.definition,
            issued_at=issued.isoformat(),
            expires_at=expires.isoformat(),
        )
        self.model.lots.append(Lot(made["id"], "rewards", value, issued, expires))

    async def points(self, hundredths, hours):
        value, issued = Decimal(hundredths) / 100, self.now.replace(microsecond=0)
        expires = None if hours % 3 == 0 else self.moment(abs(hours) + 4)
        if hours < 0:
            issued = self.moment(-hours)
        made = await self.till.points(
            self.profile, float(value), issued_at=issued.isoformat(), expires_at=expires and expires.isoformat()
        )
        self.model.settle(self.now)
        self.model.lots.append(Lot(made["id"], "points", value, issued, expires))
        self.model.settle(self.now)

    async def redeem(self, cents, choice):
        amount = Decimal(cents) / 100
        order = [("rewards", "points"), ("points", "rewards"), ("points",), ("rewards",)][choice % 4]
        strict, now = choice >= 4, self.now
        items = self.model.spend(order, amount, now)
        total = sum((item[2] for item in items), Decimal(0))
        fails = total == 0 or (strict and total < amount)
        body = {"amount": float(amount), "strategies": list(order), "strict": strict}
        answer = await self.till.shop.call("POST", f"/profiles/{self.profile}/redeem", json=body)
        assert answer.status_code == (422 if fails else 201), answer.text
        if fails:
            return
        made = answer.json()["data"]
        assert made["total"] == float(total)
        for lot, value, _ in items:
            lot.value -= value
        self.model.spendings.append(Spending(made["id"], now, items))

    async def reverse(self, back, _):
        if len(self.model.spendings) <= back:
            return
        spending = self.model.spendings[-1 - back]
        fails = spending.undone or spending.returned or self.now - spending.at > timedelta(minutes=10)
        await self.till.shop.post(f"/redemptions/{spending.id}/reversal", status=422 if fails else 201)
        if fails:
            return
        spending.undone = True
        for lot, value, _ in spending.items:
            lot.value += value
        self.model.settle(self.now)

    async def give_return(self, back, cents):
        if len(self.model.spendings) <= back:
            return
        spending = self.model.spendings[-1 - back]
        left = sum((item[2] for item in spending.items), Decimal(0))
        amount = Decimal(cents) / 100 if cents else left
        fails = spending.undone or left == 0
        body = {"amount": float(amount)} if cents else {}
        answer = await self.till.shop.call("POST", f"/redemptions/{spending.id}/return", json=body)
        assert answer.status_code == (422 if fails else 201), answer.text
        if fails:
            return
        made = (await self.till.shop.get(f"/redemptions/{answer.json()['data']['id']}"))["data"]
        assert made["total"] == float(min(amount, left))
        spending.returned = True
        self.model.settle(self.now)
        for item in made["items"]:
            lot = item["type_attributes"]
            expires = lot["expires_at"] and datetime.fromisoformat(lot["expires_at"]).replace(tzinfo=UTC)
            issued = datetime.fromisoformat(lot["issued_at"]).replace(tzinfo=UTC)
            value = Decimal(str(item["value"]))
            kind = {"reward": "rewards", "point": "points"}[item["type"]]
            self.model.lots.append(Lot(lot["id"], kind, value, issued, expires))
        self._take_from(spending, min(amount, left))
        self.model.settle(self.now)

    @staticmethod
    def _take_from(spending, dollars):
        rest = []
        for lot, value, worth in reversed(spending.items):
            part = min(worth, dollars)
            dollars -= part
            rest.insert(0, (lot, value, worth - part))
        spending.items = rest

    async def extend(self, place, days):
        rewards = [lot for lot in self.model.lots if lot.kind == "rewards"]
        if not rewards:
            return
        lot = rewards[place % len(rewards)]
        body = {"profile_id": self.profile, "ids": [lot.id], "extend_days": days}
        told = (await self.till.shop.post("/rewards/extend", body, status=200))["data"]
        may = lot.alive and not lot.extended
        assert len(told) == may
        if may:
            lot.expires, lot.extended = lot.expires + timedelta(days=days), True

    async def delete(self, place, _):
        rewards = [lot for lot in self.model.lots if lot.kind == "rewards" and lot.alive]
        if rewards:
            lot = rewards[place % len(rewards)]
            await self.till.shop.delete(f"/rewards/{lot.id}")
            lot.alive = False

    async def step(self, name, first, second):
        await {"return": self.give_return}.get(name, getattr(self, name, None))(first, second)


async def live(till, steps, profiles=2):
    """The steps, dealt to some profiles in turn."""
    definition = await till.define("rewards", is_extendable=True)
    lives = [Life(till, await till.profile(), definition) for _ in range(profiles)]
    for place, (name, first, second) in enumerate(steps):
        if name == "advance":
            await till.shop.advance(hours=first)
        elif name == "tick":
            await till.tick()
        else:
            await lives[place % profiles].step(name, first, second)
        for life in lives:
            life.model.settle(life.now)
            assert await till.figures(life.profile) == pytest.approx(life.model.figures(life.now), abs=1e-9), name
    await till.tick()
    await till.check()
    for life in lives:
        lines = await till.ledger(life.profile)
        if lines:
            told = (lines[0]["dollar_balance"], lines[0]["point_balance"])
            assert told == pytest.approx(life.model.figures(life.now)[:2], abs=1e-9)


async def test_random_lives(till):
    def explore():
        @settings(
            max_examples=25, deadline=None, database=None, suppress_health_check=list(HealthCheck), derandomize=True
        )
        @given(STEPS)
        def example(steps):
            anyio.from_thread.run(live, till, steps)

        example()

    await anyio.to_thread.run_sync(explore)


async def test_random_calls_from_sixteen_sides_leave_the_books_balanced(till):
    definition = await till.define("rewards", is_extendable=True)
    profiles = [await till.profile() for _ in range(3)]
    for profile in profiles:
        for _ in range(4):
            await till.reward(profile, 40, reward_definition_id=definition)
            await till.points(profile, 900)
        await till.credit(profile, 60)
    failures = []
    first = (await till.shop.sql("SELECT coalesce(max(id), 0) FROM redemptions"))[0][0]

    async def side(seed):
        draw = random.Random(seed)
        for _ in range(8):
            profile = draw.choice(profiles)
            method, path, body = call(draw, profile)
            answer = await till.shop.call(method, path, json=body)
            if answer.status_code >= 500:
                failures.append(answer.text)

    def call(draw, profile):
        amount = {"amount": draw.randint(1, 4000) / 100}
        number = first + draw.randrange(1, 60)
        reward = {"profile_id": profile, "timezone": "UTC", "reward_definition_id": definition, "value_initial": 9}
        points = {"profile_id": profile, "point_definition_id": till.definitions["points"], "value_initial": -75.5}
        calls = [
            ("POST", f"/profiles/{profile}/redeem", amount),
            ("POST", f"/profiles/{profile}/redeem", {**amount, "strategies": ["credits", "points", "rewards"]}),
            ("POST", "/rewards", reward),
            ("POST", "/points", points),
            ("POST", f"/redemptions/{number}/reversal", {}),
            ("POST", f"/redemptions/{number}/return", amount),
        ]
        return draw.choice(calls)

    async with anyio.create_task_group() as sides:
        for seed in range(16):
            sides.start_soon(side, seed)
    assert failures == []
    for profile in profiles:
        lines = await till.ledger(profile)
        told = await till.balances(profile)
        assert (lines[0]["dollar_balance"], lines[0]["point_balance"]) == (
            told["reward_balance"],
            told["point_balance"],
        )
