"""Random lives of profiles against a simple model: every figure equal after every step, and the books at the end."""

import os
import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

pytestmark = pytest.mark.anyio
RATE, CENT = Decimal("0.01"), Decimal("0.01")
ORDERS = (
    ("rewards", "points"),
    ("points", "rewards"),
    ("points",),
    ("rewards",),
    ("credits",),
    ("rewards", "credits", "points"),
)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("reward"), st.integers(1, 5000), st.integers(-3, 30)),
        st.tuples(st.just("points"), st.integers(-60000, 90000).filter(bool), st.integers(-3, 30)),
        st.tuples(st.just("credit"), st.integers(1, 5000), st.integers(-3, 30)),
        st.tuples(st.just("redeem"), st.integers(1, 6000), st.integers(0, 11)),
        st.tuples(st.just("spend"), st.integers(0, 5), st.integers(1, 4000)),
        st.tuples(st.just("reverse"), st.integers(0, 3), st.just(0)),
        st.tuples(st.just("return"), st.integers(0, 5), st.integers(0, 3000)),
        st.tuples(st.just("extend"), st.integers(0, 5), st.integers(1, 3)),
        st.tuples(st.just("adjust"), st.integers(0, 5), st.integers(0, 6000)),
        st.tuples(st.just("lock"), st.integers(0, 5), st.integers(-2, 6)),
        st.tuples(st.just("hand"), st.integers(0, 5), st.just(0)),
        st.tuples(st.just("merge"), st.just(0), st.just(0)),
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
    locked: bool = False
    lock_ends: datetime | None = None

    def is_locked(self, now):
        return self.locked and (self.lock_ends is None or self.lock_ends > now)

    def is_expired(self, now):
        return self.expires is not None and self.expires < now


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
            and not lot.is_expired(now)
            and not lot.is_locked(now)
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
        stored = sum((lot.value for lot in self.usable("credits", now)), Decimal(0))
        return tuple(float(figure) for figure in (rewards, points, dollars, rewards + dollars, stored))

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

    def __init__(self, till, profile, definition, cards):
        self.till, self.profile, self.definition, self.cards, self.model = till, profile, definition, cards, Model()
        self.seen = []

    async def look(self):
        """Balances as the API tells them, noted with their moment."""
        told = await self.till.balances(self.profile)
        names = ("reward_balance", "point_balance", "point_balance_dollars", "combined_balance_dollars")
        figures = tuple(told[name] for name in (*names, "credit_balance"))
        self.seen.append((self.now, figures))
        return figures

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
        order = ORDERS[choice % len(ORDERS)]
        strict, now = choice >= len(ORDERS), self.now
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
            kind = {"reward": "rewards", "point": "points", "credit": "credits"}[item["type"]]
            refilled = next((old for old, _, _ in spending.items if (old.kind, old.id) == (kind, lot["id"])), None)
            if refilled is not None:
                assert kind == "credits"
                assert refilled.alive
                assert not refilled.is_expired(self.now)
                refilled.value += value
            else:
                assert kind != "credits" or any(
                    old.kind == kind and old.is_expired(self.now) for old, _, _ in spending.items
                )
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

    async def credit(self, cents, hours):
        value, issued = Decimal(cents) / 100, self.now.replace(microsecond=0)
        released = self.moment(-hours) if hours < 0 else None
        expires = None if hours % 4 == 0 else self.moment(abs(hours) + 4)
        made = await self.till.credit(
            self.profile,
            float(value),
            credit_definition_id=self.cards,
            issued_at=issued.isoformat(),
            released_at=released and released.isoformat(),
            expires_at=expires and expires.isoformat(),
        )
        self.model.lots.append(Lot(made["id"], "credits", value, released or issued, expires))

    def _card(self, place):
        cards = [lot for lot in self.model.lots if lot.kind == "credits"]
        return cards[place % len(cards)] if cards else None

    async def spend(self, place, cents):
        """One named card: in full or not at all, before its release as well."""
        lot, amount, now = self._card(place), Decimal(cents) / 100, self.now
        if lot is None:
            return
        fails = amount > lot.value or lot.is_expired(now) or lot.is_locked(now)
        path, body = f"/profiles/{self.profile}/credits/{lot.id}/redeem", {"amount": float(amount)}
        answer = await self.till.shop.call("POST", path, json=body)
        assert answer.status_code == (422 if fails else 201), answer.text
        if not fails:
            lot.value -= amount
            self.model.spendings.append(Spending(answer.json()["data"]["id"], now, [(lot, amount, amount)]))

    async def lock(self, place, hours):
        lot, now = self._card(place), self.now
        if lot is None:
            return
        ends = self.moment(hours) if hours > 0 else None
        fails = hours >= 0 and lot.is_locked(now)
        body = {"locked": hours >= 0, "lock_expires_at": ends and ends.isoformat()}
        answer = await self.till.shop.call("PUT", f"/credits/{lot.id}", json=body)
        assert answer.status_code == (422 if fails else 200), answer.text
        if not fails:
            lot.locked, lot.lock_ends = hours >= 0, ends

    async def adjust(self, place, cents):
        rewards = [lot for lot in self.model.lots if lot.kind == "rewards" and lot.alive]
        if rewards:
            lot, value = rewards[place % len(rewards)], Decimal(cents) / 100
            await self.till.shop.put(f"/rewards/{lot.id}", {"value_remaining": float(value)})
            lot.value = value

    async def hand(self, place, other):
        lot = self._card(place)
        if lot is not None:
            await self.till.shop.put(f"/credits/{lot.id}", {"profile_id": other.profile})
            self.model.lots.remove(lot)
            other.model.lots.append(lot)

    async def merge(self, heir):
        """Everything goes to the heir, who settles what came."""
        body = {"source_profile_id": self.profile, "destination_profile_id": heir.profile}
        await self.till.shop.call("POST", "/profiles/merge", json=body)
        await self.till.shop.get(f"/profiles/{self.profile}/balances", status=404)
        heir.model.lots += self.model.lots
        heir.model.spendings += self.model.spendings
        heir.model.settle(self.now)

    async def step(self, name, first, second):
        await {"return": self.give_return}.get(name, getattr(self, name, None))(first, second)


async def live(till, steps):
    """The steps, dealt to two profiles in turn until they are one."""
    definition, cards = (
        await till.define("rewards", is_extendable=True),
        await till.define("credits", is_reassignable=True),
    )
    lives = [Life(till, await till.profile(), definition, cards) for _ in range(2)]
    for place, (name, first, second) in enumerate(steps):
        life, other = lives[place % len(lives)], lives[(place + 1) % len(lives)]
        if name == "advance":
            await till.shop.advance(hours=first)
        elif name == "tick":
            await till.tick()
        elif name == "merge":
            if life is not other:
                await life.merge(other)
                lives.remove(life)
        elif name == "hand":
            await life.hand(first, other)
        else:
            await life.step(name, first, second)
        for one in lives:
            one.model.settle(one.now)
            assert await one.look() == pytest.approx(one.model.figures(one.now), abs=1e-9), name
    await till.tick()
    await till.check()
    for life in lives:
        lines = await till.ledger(life.profile)
        if lines:
            told = (lines[0]["dollar_balance"], lines[0]["point_balance"])
            assert told == pytest.approx(life.model.figures(life.now)[:2], abs=1e-9)
        for moment, figures in life.seen[:: max(1, len(life.seen) // 4)]:
            then = await till.balances(life.profile, as_of=moment.isoformat())
            assert (then["reward_balance"], then["point_balance"], then["credit_balance"]) == (*figures[:2], figures[4])


async def test_random_lives(till):
    def explore():
        @settings(
            max_examples=int(os.environ.get("OMNEO_LIVES", "25")),
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            derandomize=True,
        )
        @given(STEPS)
        def example(steps):
            anyio.from_thread.run(live, till, steps)

        example()

    await anyio.to_thread.run_sync(explore)


async def test_random_calls_from_sixteen_sides_leave_the_books_balanced(till):
    """Every operation at once, with the clock moving and the jobs running; two of the profiles are merged meanwhile."""
    definition = await till.define("rewards", is_extendable=True)
    cards = await till.define("credits", is_reassignable=True)
    profiles, lots, held = [await till.profile() for _ in range(4)], [], []
    for profile in profiles:
        for _ in range(4):
            lots.append((await till.reward(profile, 40, reward_definition_id=definition))["id"])
            await till.points(profile, 900)
            held.append((await till.credit(profile, 60, credit_definition_id=cards))["id"])
    first, codes = (await till.shop.sql("SELECT coalesce(max(id), 0) FROM redemptions"))[0][0], Counter()

    async def side(seed):
        draw = random.Random(seed)
        for turn in range(8):
            if (seed, turn) == (3, 4):
                await till.shop.advance(days=1)
            elif seed == 5 and turn % 3 == 2:
                await till.tick()
            elif (seed, turn) == (7, 5):
                body = {"source_profile_id": profiles[3], "destination_profile_id": profiles[0]}
                await till.shop.post("/profiles/merge", body, status=200)
            else:
                method, path, body = call(draw, draw.choice(profiles))
                answer = await till.shop.call(method, path, json=body)
                codes[answer.status_code] += 1

    def soon(draw):
        return (datetime.now(UTC) + timedelta(hours=draw.randint(1, 40))).isoformat()

    def call(draw, profile):
        amount, number = {"amount": draw.randint(1, 4000) / 100}, first + draw.randrange(1, 60)
        reward = {"timezone": "UTC", "reward_definition_id": definition, "value_initial": 9, "expires_at": soon(draw)}
        points = {"profile_id": profile, "point_definition_id": till.definitions["points"], "value_initial": -75.5}
        lot, card = draw.choice(lots), draw.choice(held)
        calls = [
            ("POST", f"/profiles/{profile}/redeem", amount),
            ("POST", f"/profiles/{profile}/redemptions", {**amount, "strategies": ["credits", "points", "rewards"]}),
            ("POST", f"/profiles/{profile}/credits/{card}/redeem", amount),
            ("POST", f"/profiles/{profile}/rewards", reward),
            ("POST", "/points", points),
            ("POST", "/points", {**points, "value_initial": 50, "issued_at": soon(draw)}),
            ("POST", f"/redemptions/{number}/reversal", {}),
            ("POST", f"/redemptions/{number}/return", amount),
            ("POST", "/rewards/extend", {"profile_id": profile, "ids": [lot], "extend_days": 2}),
            ("PUT", f"/rewards/{lot}", {"value_remaining": amount["amount"], "expires_at": soon(draw)}),
            ("DELETE", f"/rewards/{lot}", None),
            ("PUT", f"/credits/{card}", {"locked": True, "lock_expires_at": soon(draw)}),
            ("PUT", f"/credits/{card}", {"locked": False, "expires_at": soon(draw)}),
            ("PUT", f"/credits/{card}", {"profile_id": profile}),
        ]
        return draw.choice(calls)

    async with anyio.create_task_group() as sides:
        for seed in range(16):
            sides.start_soon(side, seed)
    assert set(codes) <= {200, 201, 204, 404, 422}, codes
    assert codes[200] + codes[201] > sum(codes.values()) / 3, codes
    await till.shop.advance(days=3)
    await till.tick()
    await till.shop.get(f"/profiles/{profiles[3]}/balances", status=404)
    for profile in profiles[:3]:
        lines, told = await till.ledger(profile), await till.balances(profile)
        last = (lines[0]["dollar_balance"], lines[0]["point_balance"])
        assert last == (told["reward_balance"], told["point_balance"])
