"""How counts become scores, levels and cycles (incentives-status 7.3), as a machine that knows no database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from omneo_api.incentives.achievements.cycles import BEGINNING, anniversary, day_of, period_around

MOST_CROSSED = 1000
SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Level:
    id: int
    number: int
    trigger: int
    repeats: bool = False
    interval: int | None = None
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A level, or the `repetition`th repeat of the last one, with the number and trigger that it has there."""

    level_id: int
    repetition: int
    number: int
    trigger: int
    multiple: bool = False


@dataclass(frozen=True, slots=True)
class Rules:
    """What a definition says about scoring. Levels stand in the order of their triggers."""

    levels: tuple[Level, ...] = ()
    period: str | None = None
    annual: bool = False
    zone: str = "UTC"
    starts_at: datetime | None = None

    @property
    def endless(self) -> int:
        """The distance of the last level's repeats, 0 when it has none."""
        last = self.levels[-1] if self.levels else None
        return last.interval or 0 if last is not None and last.repeats else 0

    def _at(self, level: Level, repetition: int = 0) -> Occurrence:
        shift = repetition * self.endless if repetition else 0
        return Occurrence(level.id, repetition, level.number + repetition, level.trigger + shift, level.multiple)

    def reached(self, score: int) -> Occurrence | None:
        """The highest occurrence whose trigger is not above the score."""
        for level in reversed(self.levels):
            if level.trigger <= score:
                last = level is self.levels[-1] and self.endless
                return self._at(level, (score - level.trigger) // self.endless if last else 0)
        return None

    def above(self, trigger: int) -> Occurrence | None:
        """The lowest occurrence whose trigger is above that one."""
        for level in self.levels:
            if level.trigger > trigger:
                return self._at(level)
        if not self.endless:
            return None
        last = self.levels[-1]
        return self._at(last, (trigger - last.trigger) // self.endless + 1)

    def crossed(self, low: int, high: int) -> Iterator[Occurrence]:
        """The occurrences above `low` and not above `high`, ascending."""
        found = self.above(low)
        while found is not None and found.trigger <= high:
            yield found
            found = self.above(found.trigger)

    def number_crossed(self, low: int, high: int) -> int:
        plain = sum(low < level.trigger <= high for level in self.levels)
        if not self.endless:
            return plain
        last = self.levels[-1].trigger
        return plain + max(0, (high - last) // self.endless) - max(0, (low - last) // self.endless)


@dataclass(slots=True)
class Count:
    """A count as the machine sees it; `cycle` is the one it counts in."""

    count: int
    issued_at: datetime
    expires_at: datetime | None = None
    cycle: datetime | None = None
    id: int | None = None


@dataclass(frozen=True, slots=True)
class Happened:
    """A level reached (in that cycle) or lost."""

    what: Literal["unlocked", "lost"]
    occurrence: Occurrence
    cycle: datetime
    at: datetime


@dataclass(slots=True)
class Standing:
    """How far one profile is. `happened` collects what is to be told, `rebased` the cycles that got another name."""

    rules: Rules
    as_of: datetime
    cycle: datetime = BEGINNING
    total: int = 0
    credit: int = 0
    prev_credit: int = 0
    used: int = 0
    held: Occurrence | None = None
    achieved_at: datetime | None = None
    anniversary_at: datetime | None = None
    happened: list[Happened] = field(default_factory=list)
    rebased: list[tuple[datetime, datetime]] = field(default_factory=list)

    @classmethod
    def begun(cls, rules: Rules, now: datetime) -> "Standing":
        """A standing before the first count."""
        made = cls(rules, now)
        made.cycle = made._cycle_at(now)
        return made

    @property
    def score(self) -> int:
        return max(0, self.credit + self.total)

    @property
    def closes_at(self) -> datetime | None:
        """The first moment of the next cycle, None when there is none or its beginning changes nothing."""
        if self.rules.period is not None:
            return self._period_end() if self.total or self.credit or self.held else None
        return None if self.anniversary_at is None else self.anniversary_at + SECOND

    @property
    def previous(self) -> Occurrence | None:
        return None if self.held is None else self.rules.reached(self.held.trigger - 1)

    @property
    def following(self) -> Occurrence | None:
        return self.rules.above(0 if self.held is None else self.held.trigger)

    def _period(self, moment: datetime) -> tuple[datetime, datetime]:
        return period_around(moment, self.rules.period or "", self.rules.zone, self.rules.starts_at)

    def _period_end(self) -> datetime:
        return self._period(self.cycle)[1]

    def _cycle_at(self, moment: datetime) -> datetime:
        return BEGINNING if self.rules.period is None else self._period(moment)[0]

    # What happens -----------------------------------------------------------------------------------------------------

    def adopt(self, counts: Iterable[Count]) -> None:
        """Goes on under rules that were changed: what counted goes on counting in the cycle that they make."""
        cycle = self._cycle_at(self.as_of)
        if self.rules.annual and self.anniversary_at is not None:
            cycle = self.cycle
        if not self.rules.annual:
            self.anniversary_at = None
        elif self.anniversary_at is None and (self.total or self.held or self.used):
            self._begin_year(self.as_of)
        if cycle != self.cycle:
            self.rebased.append((self.cycle, cycle))
            for count in counts:
                count.cycle = cycle if count.cycle == self.cycle else count.cycle
            self.cycle = cycle
        self._climb(self.as_of)

    def advance(self, counts: Iterable[Count], now: datetime) -> None:
        """Lets time pass until `now`. `counts` are those that begin or expire on the way."""
        changes: dict[datetime, list[tuple[bool, Count]]] = {}
        for count in counts:
            if self.as_of < count.issued_at <= now:
                changes.setdefault(count.issued_at, []).append((True, count))
            if count.expires_at is not None and self.as_of < count.expires_at <= now:
                changes.setdefault(count.expires_at, []).append((False, count))
        for moment in sorted(changes):
            self._close_until(moment)
            for begins, count in changes[moment]:
                if begins:
                    self._begin_year(moment)
                    count.cycle = self.cycle
                    self.total += count.count
                elif count.cycle == self.cycle:
                    self.total -= count.count
            self._climb(moment)
        self._close_until(now)
        self.as_of = now

    def take(self, count: Count) -> None:
        """Accepts a count; time has been let pass until now. One that is still to begin changes nothing yet."""
        now = self.as_of
        if count.issued_at > now:
            return
        if self.rules.annual and self.anniversary_at is None:
            self.as_of = count.issued_at - SECOND
            self.advance([count], now)
        elif count.issued_at < self.cycle:
            self.used += count.count
        else:
            count.cycle = self.cycle
            if count.expires_at is None or count.expires_at > now:
                self.total += count.count
                self._climb(max(count.issued_at, self.cycle, self.achieved_at or self.cycle))

    def join(self, other: "Standing") -> None:
        """Takes over the counts of another profile, both brought to the same moment; the higher level is kept."""
        if self.anniversary_at is None and other.anniversary_at is not None:
            self.anniversary_at, self.cycle = other.anniversary_at, other.cycle
        self.total += other.total
        self.credit += other.credit
        self.prev_credit += other.prev_credit
        self.used += other.used
        if other.held is not None and (self.held is None or other.held.trigger > self.held.trigger):
            self.held, self.achieved_at = other.held, other.achieved_at
        self._climb(self.as_of)

    def _begin_year(self, moment: datetime) -> None:
        if self.rules.annual and self.anniversary_at is None:
            self.anniversary_at = anniversary(day_of(moment, self.rules.zone), self.rules.zone)

    def _climb(self, moment: datetime) -> None:
        low, score = self.held.trigger if self.held else 0, self.score
        found = self.rules.reached(score)
        if found is None or found.trigger <= low:
            return
        # What the clock or another definition makes of a score is not refused; only its last steps are told.
        if self.rules.number_crossed(low, score) > MOST_CROSSED and self.rules.endless:
            low = max(low, found.trigger - MOST_CROSSED * self.rules.endless)
        self.happened += [Happened("unlocked", one, self.cycle, moment) for one in self.rules.crossed(low, score)]
        self.held, self.achieved_at = found, moment

    def _close_until(self, moment: datetime) -> None:
        if self.rules.period is not None:
            if self._period_end() <= moment:
                self._close(0, self._period_end())
                self.cycle = self._cycle_at(moment)
            return
        while self.anniversary_at is not None and self.anniversary_at + SECOND <= moment:
            self._begin_next_year(self.anniversary_at)

    def _begin_next_year(self, ended_at: datetime) -> None:
        begins = ended_at + SECOND
        old = self.credit
        self._close(self.score - self.held.trigger if self.held else 0, begins)
        self.prev_credit = old
        self.cycle = begins
        self.anniversary_at = anniversary(day_of(ended_at, self.rules.zone), self.rules.zone)
        self._climb(begins)

    def _close(self, carried: int, at: datetime) -> None:
        if self.held is not None:
            self.happened.append(Happened("lost", self.held, self.cycle, at))
        self.used += self.score - carried
        self.total, self.credit, self.held, self.achieved_at = 0, carried, None, None
