"""Random lives of benefits against a simple model with a moving clock: every figure equal after every step."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import anyio
import pytest
from entitlements import balance, define, issue
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from omneo_api.foundation.jobs import execute

pytestmark = pytest.mark.anyio
LIMITS = ((1, None), (3, 4), (None, 5), (None, None))
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("issue"), st.integers(0, 3), st.integers(-2, 9)),
        st.tuples(st.just("redeem"), st.integers(0, 9), st.integers(1, 3)),
        st.tuples(st.just("undo"), st.integers(0, 2), st.integers(0, 3)),
        st.tuples(st.just("extend"), st.integers(0, 9), st.integers(-20, 20)),
        st.tuples(st.just("delete"), st.integers(0, 9), st.just(0)),
        st.tuples(st.just("advance"), st.integers(1, 6), st.just(0)),
    ),
    min_size=5,
    max_size=12,
)


@dataclass
class Held:
    id: int
    kind: int
    most: int | None
    issued: datetime
    expires: datetime
    used: int = 0
    alive: bool = True


@dataclass
class Life:
    """One profile's benefits in plain Python."""

    till: object
    profile: str
    definitions: list
    held: list[Held] = field(default_factory=list)
    done: list[list] = field(default_factory=list)

    @property
    def now(self):
        return datetime.now(UTC) + self.till.shop.tenant.clock_offset

    def moment(self, hours):
        return (self.now + timedelta(hours=hours, minutes=30)).replace(microsecond=0)

    def left_of_all(self, kind):
        most = LIMITS[kind][1]
        return None if most is None else most - sum(one.used for one in self.held if one.kind == kind)

    def why_not(self, one, count):
        everybody = self.left_of_all(one.kind)
        return (
            one.expires < self.now
            or one.issued > self.now
            or (one.most is not None and one.used + count > one.most)
            or (everybody is not None and count > everybody)
        )

    async def issue(self, kind, hours):
        issued = self.moment(-hours) if hours < 0 else self.now.replace(microsecond=0)
        expires = self.moment(abs(hours))
        expires += timedelta(hours=4) if hours < 0 else timedelta()
        values = {"issued_at": issued.isoformat(), "expires_at": expires.isoformat()}
        made = await issue(self.till, self.profile, self.definitions[kind], **values)
        self.held.append(Held(made["id"], kind, LIMITS[kind][0], issued, expires))

    async def redeem(self, place, count):
        if not self.held:
            return
        one = self.held[place % len(self.held)]
        path = f"/profiles/{self.profile}/benefits/{one.id}/redeem"
        expected = (422 if self.why_not(one, count) else 201) if one.alive else 404
        answer = await self.till.shop.post(path, {"count": count}, status=expected)
        if expected == 201:
            one.used += count
            self.done.append([answer["data"]["id"], one, count, self.now])

    async def undo(self, back, count):
        """Count 0 is a reversal, which needs a spending that is young and whole; else a return of so many uses."""
        if len(self.done) <= back:
            return
        spending = self.done[-1 - back]
        number, one, left, at = spending
        if count == 0:
            whole = len(spending) == 4 and self.now - at <= timedelta(minutes=10)
            await self.till.shop.post(f"/redemptions/{number}/reversal", status=201 if whole else 422)
            if not whole:
                return
            count = left
        else:
            fits = 0 < count <= left
            path = f"/redemptions/{number}/benefit/return"
            await self.till.shop.post(path, {"count": count}, status=201 if fits else 422)
            if not fits:
                return
        one.used -= count
        self.done[-1 - back] = [number, one, left - count, at, "undone"]
        self.done = [entry if len(entry) == 4 else [*entry[:4], "undone"] for entry in self.done]

    async def extend(self, place, hours):
        if not self.held:
            return
        one = self.held[place % len(self.held)]
        moment = self.moment(hours)
        body = {"profile_id": self.profile, "ids": [one.id], "extend_date": moment.isoformat()}
        await self.till.shop.post("/benefits/extend", body, status=200 if one.alive else 422)
        if one.alive:
            one.expires = moment

    async def delete(self, place, _):
        if not self.held:
            return
        one = self.held[place % len(self.held)]
        await self.till.shop.delete(f"/benefits/{one.id}", status=204 if one.alive else 404)
        one.alive = False

    async def advance(self, hours, _):
        await self.till.shop.advance(hours=hours)
        if hours % 2:
            await execute(self.till.shop.database, "benefits.turn", {"tenant": self.till.shop.handle})

    async def compare(self, step):
        path = f"/profiles/{self.profile}/benefits?sort=id&page[size]=50"
        shown = (await self.till.shop.get(path))["data"]
        alive = [one for one in self.held if one.alive]
        expected = [
            (
                one.id,
                None if one.most is None else one.most - one.used,
                one.expires < self.now,
                not self.why_not(one, 1),
            )
            for one in alive
        ]
        names = ("id", "redemptions_remaining", "is_expired", "is_redeemable")
        assert [tuple(one[name] for name in names) for one in shown] == expected, step
        assert await balance(self.till, self.profile) == len([one for one in expected if one[3]]), step


async def live(till, steps):
    definitions = [
        await define(till, max_redemptions=most, max_global_redemptions=everybody, is_extendable=True)
        for most, everybody in LIMITS
    ]
    life = Life(till, await till.profile(), definitions)
    for name, first, second in steps:
        await getattr(life, name)(first, second)
        await life.compare((name, first, second))
    await till.check()
    lines = [line["description"] for line in await till.ledger(life.profile)]
    assert lines.count("Benefit redeemed") == len(life.done)


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
