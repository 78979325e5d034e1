"""Tiers once more, slow and plain, from the words of the specification (incentives-status 4) and nothing else.

Points are kept in a list, every figure is a loop over it, every day is asked for by itself. Knows one program.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta


def plus12(day: date) -> date:
    if (day.month, day.day) == (2, 29):
        return date(day.year + 1, 2, 28)
    return date(day.year + 1, day.month, day.day)


@dataclass
class Level:
    name: str
    value_min: int
    value_maintain: int | None
    disable_credit: bool = False

    @property
    def keep(self) -> int:
        return self.value_min if self.value_maintain is None else self.value_maintain


@dataclass
class Point:
    id: int
    value: int
    issued_at: datetime
    accrued_at: datetime | None = None
    deleted: bool = False

    @property
    def day(self) -> date:
        return self.issued_at.date()

    def counts(self, now: datetime) -> bool:
        return not self.deleted and self.issued_at <= now and (self.accrued_at is None or self.accrued_at <= now)


@dataclass
class Member:
    """One profile. `floor` is the index of the level that nobody falls below."""

    levels: list[Level]
    floor: int = 0
    points: list[Point] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    at: int | None = None
    achieved: date | None = None
    maintained: date | None = None
    assigned: datetime | None = None
    start: date | None = None
    boundary: int = 0
    achieved_boundary: int = 0

    # Sums -------------------------------------------------------------------------------------------------------------

    def rolling(self, day: date, now: datetime) -> int:
        total = 0
        for point in self.points:
            if point.counts(now) and point.day <= day < plus12(point.day):
                total += point.value
        return total

    def last_cycle(self, now: datetime) -> int:
        total = 0
        for point in self.points:
            late = point.day == self.start and point.id > self.boundary
            if point.counts(now) and point.day <= self.start < plus12(point.day) and not late:
                total += point.value
        return total

    def since(self, start: date, boundary: int, day: date, now: datetime) -> int:
        total = 0
        for point in self.points:
            within = start < point.day <= day or (point.day == start and point.id > boundary and start <= day)
            if point.counts(now) and within:
                total += point.value
        return total

    def credit(self, now: datetime) -> int:
        level = self.levels[self.at]
        if self.at == self.floor or level.disable_credit:
            return 0
        return max(0, self.last_cycle(now) - level.value_min)

    # Changes ----------------------------------------------------------------------------------------------------------

    def newest(self) -> int:
        return max((point.id for point in self.points), default=0)

    def begin(self, at: int, day: date) -> None:
        self.at, self.achieved, self.start = at, day, day
        self.maintained = self.assigned = None
        self.boundary = self.achieved_boundary = self.newest()

    def highest(self, total: int, below: int | None = None) -> int | None:
        found = None
        for place, level in enumerate(self.levels[:below]):
            if level.value_min <= total:
                found = place
        return found

    def keep_up(self, now: datetime) -> None:
        today = now.date()
        while self.start is not None and plus12(self.start) <= today:
            day = plus12(self.start)
            level = self.levels[self.at]
            if self.at == self.floor:
                self.renew(day)
                continue
            enough = self.credit(now) + self.since(self.start, self.boundary, day, now) >= level.keep
            if enough or self.rolling(day, now) >= level.value_min:
                self.renew(day)
                self.events.append("maintained")
                continue
            bottom = self.floor if self.at > self.floor else 0
            target = self.highest(self.rolling(day, now), below=self.at)
            target = bottom if target is None else max(target, bottom)
            if self.at == 0:
                self.renew(day)
                continue
            self.begin(target, day)
            self.events.append("lost")

    def renew(self, day: date) -> None:
        self.maintained = self.start = day
        self.boundary = self.newest()

    def calculate(self, now: datetime, *, point: bool = False) -> None:
        before = len(self.events)
        self.keep_up(now)
        reached = self.highest(self.rolling(now.date(), now))
        if reached is not None and (self.at is None or reached > self.at):
            self.begin(reached, now.date())
            self.events.append("achieved")
        if point and not {"achieved", "lost"} & set(self.events[before:]):
            self.events.append("progressed")

    def assign(self, at: int, now: datetime) -> None:
        self.keep_up(now)
        former = self.at
        self.begin(at, now.date())
        self.assigned = now.replace(microsecond=0)
        if former is None or at > former:
            self.events.append("achieved")
        elif at < former:
            self.events.append("lost")

    # What is shown ----------------------------------------------------------------------------------------------------

    def shown(self, now: datetime) -> dict[str, object]:
        today = now.date()
        held = None if self.at is None else self.levels[self.at]
        above = 0 if self.at is None else self.at + 1
        rise = self.levels[above] if above < len(self.levels) else None
        rolling = self.rolling(today, now)
        counted = [point.day for point in self.points if point.counts(now) and point.day <= today < plus12(point.day)]
        credit = 0 if held is None else self.credit(now)
        progress = 0 if held is None else self.since(self.start, self.boundary, today, now)
        remain = 0
        if held is not None and self.at != self.floor:
            remain = max(0, held.keep - credit - progress)
        last = plus12(min(counted)) - timedelta(days=1) if counted else None
        return {
            "tier": held.name if held else None,
            "above": rise.name if rise else None,
            "below": self.levels[self.at - 1].name if self.at else None,
            "is_floor": self.at == self.floor,
            "current_credit": credit,
            "current_progress": progress,
            "current_remain": remain,
            "next_progress": rolling if rise else 0,
            "next_remain": max(0, rise.value_min - rolling) if rise else None,
            "total_points_12m": rolling,
            "total_points_achievement": 0
            if held is None
            else self.since(self.achieved, self.achieved_boundary, today, now),
            "next_progress_change_at": f"{last} 23:59:59" if last else None,
            "anniversary_at": f"{plus12(self.start)} 23:59:59" if self.start else None,
            "maintained_at": f"{self.maintained} 00:00:00" if self.maintained else None,
            "achieved_at": f"{self.achieved} 00:00:00" if self.achieved else None,
        }
