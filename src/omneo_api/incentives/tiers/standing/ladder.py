"""The rules of attaining, keeping and losing a tier, without a database (incentives-status 4.4 to 4.7).

A `Case` is one profile in its program: the levels in rising order, where it stands, and the figures of the day that is
being judged. It notes what is to be told; who calls it writes and tells.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Any

ACHIEVED, LOST, MAINTAINED, PROGRESSED = "tier.achieved", "tier.lost", "tier.maintained", "tier.progressed"


@dataclass(frozen=True, slots=True)
class Level:
    id: int
    value_min: int


@dataclass(frozen=True, slots=True)
class Figures:
    """The sums of one day, with credit and keep threshold of the level held when they were taken."""

    rolling: int
    progress: int
    credit: int
    keep: int
    newest_id: int


@dataclass(frozen=True, slots=True)
class Stand:
    """What is stored of a standing."""

    tier_id: int | None = None
    cycle_on: date | None = None
    cycle_boundary_id: int = 0
    achieved_on: date | None = None
    achieved_boundary_id: int = 0
    maintained_on: date | None = None
    assigned_at: datetime | None = None
    is_placed: bool = False
    due_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Told:
    """An event: the level that it is about, the one held before, and the one that was fallen to."""

    name: str
    definition: int | None
    previous: int | None = None
    new: int | None = None


def a_year_after(day: date) -> date:
    """The same day of the next year; 28 February after a leap day."""
    try:
        return day.replace(year=day.year + 1)
    except ValueError:
        return day.replace(year=day.year + 1, day=28)


@dataclass(slots=True)
class Case:
    profile_id: uuid.UUID
    program: int
    id: int | None
    stored: Stand
    levels: Sequence[Level]
    floor: int | None
    today: date
    figures: Figures
    pending_from: datetime | None = None
    stand: Stand = field(init=False)
    told: list[Told] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.stand = self.stored

    @property
    def place(self) -> int | None:
        """Which of the levels is held; None for no level, and for one that is no longer there."""
        return next((at for at, level in enumerate(self.levels) if level.id == self.stand.tier_id), None)

    @property
    def judged_on(self) -> date:
        """The day whose figures are needed next: an anniversary that has come, else today."""
        anniversary = self.anniversary
        return self.today if anniversary is None or self.place is None else min(anniversary, self.today)

    @property
    def anniversary(self) -> date | None:
        return None if self.stand.cycle_on is None else a_year_after(self.stand.cycle_on)

    @property
    def is_changed(self) -> bool:
        return self.stand != self.stored

    @property
    def changed_tier(self) -> bool:
        return any(told.name in (ACHIEVED, LOST) for told in self.told)

    # Steps ------------------------------------------------------------------------------------------------------------

    def keep_up(self) -> bool:
        """Judges one anniversary that has come, or the loss of a level that is gone.

        False when there is nothing to judge; after True the figures of `judged_on` are to be taken anew.
        """
        if self.stand.tier_id is not None and self.place is None:
            self._lose_what_is_gone()
            return True
        anniversary = self.anniversary
        if self.place is None or anniversary is None or anniversary > self.today:
            return False
        self._judge(self.place, anniversary)
        return True

    def attain(self) -> None:
        """Takes the highest level that today's total reaches, if it is above the one held."""
        place, reached = self.place, self._reached(self.levels)
        self.stand = replace(self.stand, is_placed=bool(self.levels))
        if reached is not None and (place is None or reached > place):
            before = self.stand.tier_id
            self._take(self.levels[reached].id, self.today)
            self.told.append(Told(ACHIEVED, self.stand.tier_id, before))

    def assign(self, tier_id: int, now: datetime) -> None:
        """Gives a level by hand, whatever was earned."""
        before, place = self.stand.tier_id, self.place
        self._take(tier_id, self.today)
        self.stand = replace(self.stand, assigned_at=now, is_placed=True)
        if before == tier_id:
            return
        given = self.place
        if place is not None and given is not None and given < place:
            self.told.append(Told(LOST, before, before, tier_id))
        else:
            self.told.append(Told(ACHIEVED, tier_id, before))

    def progressed(self) -> None:
        """Notes that points moved without moving the tier."""
        if self.levels and not self.changed_tier:
            self.told.append(Told(PROGRESSED, self.stand.tier_id))

    def settle_due(self, midnight: Any) -> None:
        """Notes when time alone may change something next; `midnight` makes a moment of a day."""
        anniversary = self.anniversary
        moments = [midnight(anniversary)] if anniversary is not None else []
        if self.pending_from is not None and self.levels:
            moments.append(self.pending_from)
        self.stand = replace(self.stand, due_at=min(moments, default=None))

    # Parts ------------------------------------------------------------------------------------------------------------

    def _reached(self, levels: Sequence[Level]) -> int | None:
        return max((at for at, level in enumerate(levels) if level.value_min <= self.figures.rolling), default=None)

    def _take(self, tier_id: int | None, day: date) -> None:
        boundary = self.figures.newest_id
        self.stand = Stand(
            tier_id=tier_id,
            cycle_on=None if tier_id is None else day,
            cycle_boundary_id=0 if tier_id is None else boundary,
            achieved_on=None if tier_id is None else day,
            achieved_boundary_id=0 if tier_id is None else boundary,
            is_placed=bool(self.levels),
            due_at=self.stand.due_at,
        )

    def _judge(self, place: int, day: date) -> None:
        figures, level = self.figures, self.levels[place]
        ends = place == self.floor or (place == 0 and self.floor != 0)
        kept = figures.credit + figures.progress >= figures.keep or figures.rolling >= level.value_min
        if place == self.floor or kept or ends:
            if place != self.floor and kept:
                self.told.append(Told(MAINTAINED, level.id))
            self.stand = replace(
                self.stand, maintained_on=day, cycle_on=day, cycle_boundary_id=figures.newest_id, is_placed=True
            )
            return
        lowest = self.floor if self.floor is not None and place > self.floor else 0
        reached = self._reached(self.levels[:place])
        fallen_to = self.levels[max(lowest, -1 if reached is None else reached)].id
        self._take(fallen_to, day)
        self.told.append(Told(LOST, level.id, level.id, fallen_to))

    def _lose_what_is_gone(self) -> None:
        gone, reached = self.stand.tier_id, self._reached(self.levels)
        chosen = reached if reached is not None else self.floor
        taken = self.levels[chosen].id if chosen is not None else None
        self._take(taken, self.today)
        self.told.append(Told(LOST, gone, gone, taken))
