"""Calculating, assigning and dropping standings (incentives-status 3, 4).

Whoever calls holds the locks of the profiles. Many profiles take as many statements as one: their rows and figures are
read by one statement, each further anniversary that was missed by all of them is one more, and what changed is written
by one.
"""

import uuid
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, time
from typing import Any

from sqlalchemy import Interval, Text, bindparam, cast, func, select, true

from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.models import lit
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.tiers.standing import events
from omneo_api.incentives.tiers.standing import figures as f
from omneo_api.incentives.tiers.standing.ladder import LOST, Case, Figures, Level, Stand, Told
from omneo_api.incentives.tiers.standing.schemas import TierProgressRead
from omneo_api.incentives.tiers.standing.view import TierProgress
from omneo_api.profiles.scope import lock_profile

STORED = (
    "tier_id",
    "cycle_on",
    "cycle_boundary_id",
    "achieved_on",
    "achieved_boundary_id",
    "maintained_on",
    "assigned_at",
    "is_placed",
    "due_at",
)
SHOWN = ("tier_id", "achieved_on", "maintained_on", "assigned_at")

reader = Reader(
    Listing(
        TierProgressRead,
        TierProgress,
        filters=(),
        order=("profile_id",),
        key="profile_id",
        live=lambda progress: progress.is_own & progress.is_placed,
    )
)


def _granted() -> Any:
    """Moves the transaction's clock to this very statement: it stood still while a lock was waited for."""
    at = func.clock_timestamp() + cast(bindparam("offset", type_=Text), Interval)
    moved = func.set_config(lit("omneo.clock_offset"), cast(at - func.now(), Text), true())
    return select(at.label("at"), moved.label("moved"))


_PRESENT = Statement(_granted)
_FIGURES = (
    f"g.rolling, g.newest_id, {f.progress('l', 'g')} AS progress, {f.credit('l', 'g')} AS credit, {f.keep('l')} AS keep"
)
_JUDGED = f"""
    CASE WHEN l.deleted_at IS NULL AND l.program = a.program THEN least(s.anniversary_on, {f.TODAY}) ELSE {f.TODAY} END
"""
_LOAD = Statement(
    f"""
    WITH asked AS MATERIALIZED (
        SELECT p.id AS profile_id, {f.program_of("p.id")} AS program
        FROM profiles p WHERE p.id = ANY (:profiles::uuid[]) AND p.deleted_at IS NULL
    ), ladders AS MATERIALIZED (
        SELECT d.program, array_agg(d.id ORDER BY d.value_min, d.id) AS ids,
               array_agg(d.value_min ORDER BY d.value_min, d.id) AS thresholds,
               max(d.id) FILTER (WHERE d.is_floor) AS floor
        FROM tier_definitions d
        WHERE d.deleted_at IS NULL AND d.program IN (SELECT program FROM asked) GROUP BY d.program
    )
    SELECT a.profile_id, a.program, s.id, {", ".join(f"s.{name}" for name in STORED)},
           d.ids, d.thresholds, d.floor, {f.TODAY} AS today, {_FIGURES},
           (SELECT min(p.counts_from) FROM tier_points p
            WHERE p.profile_id = a.profile_id AND p.deleted_at IS NULL AND p.counts_from > {f.NOW}) AS pending_from
    FROM asked a
    LEFT JOIN tier_standings s ON s.profile_id = a.profile_id AND s.program = a.program
    LEFT JOIN tier_definitions l ON l.tenant_id = s.tenant_id AND l.id = s.tier_id
    LEFT JOIN ladders d ON d.program = a.program
    CROSS JOIN LATERAL ({f.sums("a.profile_id", f"({_JUDGED})", "s")}) g
    """
)
_AGAIN = Statement(
    f"""
    SELECT s.profile_id, {_FIGURES}
    FROM unnest(:profiles::uuid[], :levels::bigint[], :days::date[], :cycles::date[], :boundaries::bigint[],
                :achieved::date[], :achieved_boundaries::bigint[])
         AS s (profile_id, tier_id, day, cycle_on, cycle_boundary_id, achieved_on, achieved_boundary_id)
    LEFT JOIN tier_definitions l ON l.id = s.tier_id
    CROSS JOIN LATERAL ({f.sums("s.profile_id", "s.day", "s")}) g
    """
)
_WRITE = Statement(
    f"""
    INSERT INTO tier_standings AS t (profile_id, program, {", ".join(STORED)})
    SELECT s.* FROM unnest(:profiles::uuid[], :programs::bigint[], :tier_id::bigint[], :cycle_on::date[],
        :cycle_boundary_id::bigint[], :achieved_on::date[], :achieved_boundary_id::bigint[], :maintained_on::date[],
        :assigned_at::timestamptz[], :is_placed::bool[], :due_at::timestamptz[]) AS s
    ON CONFLICT (tenant_id, profile_id, program) DO UPDATE SET
        {", ".join(f"{name} = excluded.{name}" for name in STORED)},
        updated_at = CASE WHEN ({", ".join(f"t.{name}" for name in SHOWN)})
            IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in SHOWN)}) THEN omneo_now() ELSE t.updated_at END
    RETURNING t.profile_id, t.id
    """
)
_BY_HANDLE = Statement(
    """
    SELECT id, is_assignable FROM tier_definitions
    WHERE program = :program::bigint AND handle_key = lower(:handle::text) AND deleted_at IS NULL
    """
)
_BY_ID = Statement(
    """
    SELECT id, is_assignable FROM tier_definitions
    WHERE program = :program::bigint AND id = :id::bigint AND deleted_at IS NULL
    """
)
_OWN = Statement(
    f"""
    SELECT s.* FROM tier_standings s
    WHERE s.profile_id = :profile::uuid AND s.program = {f.program_of(":profile::uuid")} FOR UPDATE
    """
)
_DROP = Statement("DELETE FROM tier_standings WHERE id = :id::bigint")
_DUE = Statement(
    f"SELECT profile_id FROM tier_standings WHERE profile_id = ANY (:profiles::uuid[]) AND due_at <= {f.NOW}"
    " ORDER BY profile_id"
)


async def present(session: Any) -> datetime:
    """The moment after the locks were granted; this transaction's clock stands there from now on.

    Without it, who waited for a lock would not count what its former holder wrote a moment ago.
    """
    offset = f"{session.tenant.clock_offset.total_seconds()} seconds"
    at: datetime = await session.value(_PRESENT, offset=offset)
    return at


def midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


# Calculating ----------------------------------------------------------------------------------------------------------


async def calculate(
    session: Any, profiles: Sequence[uuid.UUID], *, by_point: bool = False, create: bool = False
) -> None:
    """Maintains what is due of locked profiles, then attains; writes and tells what changed.

    by_point: a tier point was made, changed or deleted, so `tier.progressed` is told where no tier changed. create: a
    standing is made also where there are no levels yet. The caller has asked `present`.
    """
    cases = await _kept_up(session, profiles)
    for case in cases:
        case.attain()
        if by_point:
            case.progressed()
    await _write(session, cases, create=create)


async def recalculate(session: Any, profile_id: uuid.UUID) -> None:
    """The same for one profile after something that is no tier point changed."""
    await present(session)
    await calculate(session, [profile_id])


async def catch_up(session: Any, profile_id: uuid.UUID) -> None:
    """Calculates a locked profile whose tier time alone has changed; costs one look into an index where it has not."""
    await catch_up_many(session, [profile_id])


async def catch_up_many(session: Any, profiles: Sequence[uuid.UUID]) -> None:
    """The same for several locked profiles."""
    due = [row.profile_id for row in await session.rows(_DUE, profiles=list(profiles))]
    if due:
        await present(session)
        await calculate(session, due)


async def place(session: Any, profile_id: uuid.UUID) -> None:
    """Locks a profile and measures it against the levels if it has not been yet. Raises: NotFound."""
    await lock_profile(session, profile_id)
    await present(session)
    await calculate(session, [profile_id], create=True)


async def _kept_up(session: Any, profiles: Sequence[uuid.UUID]) -> list[Case]:
    cases = [_case(row) for row in await session.rows(_LOAD, profiles=list(profiles))]
    waiting = cases
    while waiting:
        waiting = [case for case in waiting if case.keep_up()]
        if waiting:
            await _measure(session, waiting)
    return cases


def _case(row: Any) -> Case:
    levels = [Level(*pair) for pair in zip(row.ids or (), row.thresholds or (), strict=True)]
    places = {level.id: place for place, level in enumerate(levels)}
    stored = Stand(**{name: getattr(row, name) for name in STORED}) if row.id is not None else Stand()
    return Case(
        row.profile_id,
        row.program,
        row.id,
        stored,
        levels,
        places.get(row.floor),
        row.today,
        _figures(row),
        row.pending_from,
    )


def _figures(row: Any) -> Figures:
    return Figures(row.rolling, row.progress, row.credit, row.keep or 0, row.newest_id)


async def _measure(session: Any, cases: Sequence[Case]) -> None:
    stands = [case.stand for case in cases]
    rows = await session.rows(
        _AGAIN,
        profiles=[case.profile_id for case in cases],
        levels=[stand.tier_id for stand in stands],
        days=[case.judged_on for case in cases],
        cycles=[stand.cycle_on for stand in stands],
        boundaries=[stand.cycle_boundary_id for stand in stands],
        achieved=[stand.achieved_on for stand in stands],
        achieved_boundaries=[stand.achieved_boundary_id for stand in stands],
    )
    taken = {row.profile_id: _figures(row) for row in rows}
    for case in cases:
        case.figures = taken[case.profile_id]


async def _write(session: Any, cases: Iterable[Case], *, create: bool = False) -> None:
    kept = []
    for case in cases:
        if case.levels or case.id is not None or create:
            case.settle_due(midnight)
            kept.append(case)
    changed = [case for case in kept if case.is_changed or case.id is None]
    if changed:
        columns: dict[str, list[Any]] = {name: [getattr(case.stand, name) for case in changed] for name in STORED}
        programs = [case.program for case in changed]
        rows = await session.rows(_WRITE, profiles=[case.profile_id for case in changed], programs=programs, **columns)
        ids = {row.profile_id: row.id for row in rows}
        for case in changed:
            _audit(session, case, ids[case.profile_id])
            case.id = ids[case.profile_id]
    for case in kept:
        for told in case.told:
            assert case.id is not None  # noqa: S101
            events.tell(session, case.id, case.profile_id, told)


def _audit(session: Any, case: Case, identifier: int) -> None:
    old = {name: getattr(case.stored, name) for name in SHOWN}
    new = {name: getattr(case.stand, name) for name in SHOWN}
    if case.id is None:
        session.outbox.audit("created", "Tier", identifier, None, {"id": identifier, **new}, case.profile_id)
    elif old != new:
        differing = [name for name in SHOWN if old[name] != new[name]]
        before, after = ({name: side[name] for name in differing} for side in (old, new))
        session.outbox.audit("updated", "Tier", identifier, before, after, case.profile_id)


# By hand --------------------------------------------------------------------------------------------------------------


async def assign(
    session: Any, profile_id: uuid.UUID, tier: str | int, *, field: str = "tier", by_reaction: bool = False
) -> bool:
    """Gives a level of the profile's program, named by handle (or id), to a profile; False when nothing was done.

    by_reaction: levels that people may not assign are given too, and one that is held already is left as it is.
    Raises: NotFound, Invalid on `field`.
    """
    await lock_profile(session, profile_id)
    now = await present(session)
    (case,) = await _kept_up(session, [profile_id])
    statement, named = (_BY_ID, {"id": tier}) if isinstance(tier, int) else (_BY_HANDLE, {"handle": tier})
    level = await session.row(statement, program=case.program, **named)
    if level is None and isinstance(tier, int):
        level = await session.row(_BY_HANDLE, program=case.program, handle=str(tier))
    if level is None or not (level.is_assignable or by_reaction):
        raise Invalid.field(field, selected_is_invalid(field))
    if by_reaction and case.stand.tier_id == level.id:
        await _write(session, [case])
        return False
    case.assign(level.id, now.replace(microsecond=0))
    await _write(session, [case])
    return True


async def drop(session: Any, profile_id: uuid.UUID) -> None:
    """Forgets a profile's standing in its program; the next read places it afresh. Raises: NotFound."""
    await lock_profile(session, profile_id)
    await present(session)
    row = await session.row(_OWN, profile=profile_id)
    if row is None:
        raise NotFound
    if row.tier_id is not None:
        await events.tell_as_it_is(session, row.id, profile_id, Told(LOST, row.tier_id, row.tier_id))
    await session.execute(_DROP, id=row.id)
    old = {name: getattr(row, name) for name in SHOWN}
    session.outbox.audit("deleted", "Tier", row.id, {"id": row.id, **old}, None, profile_id)


# Merging --------------------------------------------------------------------------------------------------------------

_MERGE = tuple(
    Statement(step)
    for step in (
        "UPDATE tier_points SET profile_id = :winner::uuid WHERE profile_id = :loser::uuid",
        """
        DELETE FROM tier_standings l WHERE l.profile_id = :loser::uuid AND EXISTS
            (SELECT 1 FROM tier_standings w WHERE w.profile_id = :winner::uuid AND w.program = l.program)
        """,
        "UPDATE tier_standings SET profile_id = :winner::uuid WHERE profile_id = :loser::uuid",
    )
)


async def merge(session: Any, loser: uuid.UUID, winner: uuid.UUID) -> None:
    """Moves points and standings; where both stand in a program, the winner's standing stays.

    The caller holds both locks, and calculates the winner when its regions are what they will be.
    """
    for statement in _MERGE:
        await session.execute(statement, loser=loser, winner=winner)
