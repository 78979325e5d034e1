"""Standings in the database: loading what time has made of them, saving and telling (incentives-status 7.3)."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam

from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.achievements.models import AchievementProgress
from omneo_api.incentives.achievements.schemas import AchievementContext
from omneo_api.incentives.achievements.scoring import Count, Level, Occurrence, Rules, Standing

_LEVELS_OF = """
    (SELECT coalesce(json_agg(json_build_array(l.id, l.display_number, l.trigger, l.repeats, l.repeat_interval,
                                               l.allow_multiple_earn) ORDER BY l.trigger), '[]'::json)
     FROM achievement_levels l
     WHERE l.tenant_id = d.tenant_id AND l.achievement_definition_id = d.id AND l.deleted_at IS NULL) AS levels,
    d.revision AS newest, d.period, d.timezone, d.enable_annual_earn_cycle, d.starts_at
"""
_DEFINITION = Statement(
    f"SELECT d.id, d.ends_at, d.display_option, {_LEVELS_OF} FROM achievement_definitions d"
    " WHERE d.id = :id::bigint AND (d.deleted_at IS NULL OR :deleted::boolean)"
)
_ONE = Statement(
    "SELECT * FROM achievement_progress WHERE profile_id = :profile::uuid AND definition_id = :definition::bigint"
)
_STALE = Statement(
    f"""
    SELECT p.*, {_LEVELS_OF}
    FROM achievement_progress p
    JOIN achievement_definitions d ON d.tenant_id = p.tenant_id AND d.id = p.definition_id
    WHERE p.profile_id = :profile::uuid AND (p.due_at <= omneo_now() OR p.revision <> d.revision)
    ORDER BY p.id
    """
)
# What began or expired since `as_of`; and, for rules that give the cycle another name, nothing else.
_CHANGES = Statement(
    """
    SELECT id, count, issued_at, expires_at, cycle FROM achievement_points
    WHERE profile_id = :profile::uuid AND definition_id = :definition::bigint
      AND issued_at > :after::timestamptz AND issued_at <= :now::timestamptz
    UNION
    SELECT id, count, issued_at, expires_at, cycle FROM achievement_points
    WHERE profile_id = :profile::uuid AND definition_id = :definition::bigint
      AND expires_at > :after::timestamptz AND expires_at <= :now::timestamptz
    ORDER BY id
    """
)
_PLACE = Statement("UPDATE achievement_points SET cycle = :cycle::timestamptz WHERE id = ANY (:ids::bigint[])")
_REBASE = tuple(
    Statement(
        f"UPDATE {table} SET cycle = :new::timestamptz WHERE profile_id = :profile::uuid"
        " AND definition_id = :definition::bigint AND cycle = :old::timestamptz"
    )
    for table in ("achievement_points", "achievement_unlocks")
)
_DUE = Statement(
    """
    UPDATE achievement_progress p SET due_at = least(
        :closes::timestamptz,
        (SELECT min(issued_at) FROM achievement_points
         WHERE profile_id = :profile::uuid AND definition_id = :definition::bigint AND issued_at > :now::timestamptz),
        (SELECT min(expires_at) FROM achievement_points
         WHERE profile_id = :profile::uuid AND definition_id = :definition::bigint AND expires_at > :now::timestamptz))
    WHERE p.id = :id::bigint
    """
)
# An occurrence that was reached in an earlier cycle is told again only when its level may be earned again.
_UNLOCK = Statement(
    """
    INSERT INTO achievement_unlocks (profile_id, definition_id, level_id, repetition, cycle, trigger, is_told)
    SELECT :profile::uuid, :definition::bigint, u.level_id, u.repetition, u.cycle, u.trigger,
           u.multiple OR NOT EXISTS (
               SELECT 1 FROM achievement_unlocks o WHERE o.profile_id = :profile::uuid
                 AND o.definition_id = :definition::bigint AND o.level_id = u.level_id AND o.repetition = u.repetition)
    FROM unnest(:levels::bigint[], :repetitions::bigint[], :cycles::timestamptz[], :triggers::bigint[],
                :multiples::boolean[]) AS u (level_id, repetition, cycle, trigger, multiple)
    ON CONFLICT DO NOTHING
    RETURNING level_id, repetition, cycle, is_told
    """
)
_CONTEXT = Statement(
    lambda: one_json(
        rows_json(AchievementContext, AchievementProgress).where(AchievementProgress.id == bindparam("id"))
    )
)


def rules_of(row: Any) -> Rules:
    """The rules of a row that brought a definition's scoring columns."""
    levels = tuple(
        Level(identifier, number, trigger, repeats, interval, multiple)
        for identifier, number, trigger, repeats, interval, multiple in row.levels
    )
    return Rules(levels, row.period, row.enable_annual_earn_cycle, row.timezone or "UTC", row.starts_at)


@dataclass(slots=True)
class Stored:
    """A standing with its row (None before the first count) and what was loaded of its counts."""

    profile_id: uuid.UUID
    definition_id: int
    revision: int
    standing: Standing
    row: Any | None = None
    counts: Sequence[Count] = ()

    @property
    def columns(self) -> dict[str, Any]:
        """The values of the row's columns, all but `due_at`."""
        standing = self.standing
        places = (("current", standing.held), ("prev", standing.previous), ("next", standing.following))
        occurrences = {
            f"{place}_{name}": None if found is None else value
            for place, found in places
            for name, value in (
                ("level_id", found and found.level_id),
                ("number", found and found.number),
                ("trigger", found and found.trigger),
            )
        }
        return {
            "revision": self.revision,
            "as_of": standing.as_of,
            "cycle": standing.cycle,
            "total": standing.total,
            "current_credit": standing.credit,
            "prev_credit": standing.prev_credit,
            "used_score": standing.used,
            "achieved_at": standing.achieved_at,
            "anniversary_at": standing.anniversary_at,
            **occurrences,
        }


async def definition(session: Any, identifier: int, *, deleted: bool = False) -> Any | None:
    """A definition's scoring columns; a deleted one only when asked for."""
    return await session.row(_DEFINITION, id=identifier, deleted=deleted)


async def load(session: Any, profile_id: uuid.UUID, found: Any, now: datetime) -> Stored:
    """The standing of a profile with a definition's row, brought to `now`."""
    row = await session.row(_ONE, profile=profile_id, definition=found.id)
    if row is None:
        return Stored(profile_id, found.id, found.newest, Standing.begun(rules_of(found), now))
    return await _brought(session, row, found, now)


async def overdue(session: Any, profile_id: uuid.UUID, now: datetime) -> list[Stored]:
    """The profile's standings that time or a new definition has changed since they were saved, brought to `now`."""
    return [await _brought(session, row, row, now) for row in await session.rows(_STALE, profile=profile_id)]


async def _brought(session: Any, row: Any, found: Any, now: datetime) -> Stored:
    held = None
    if row.current_level_id is not None:
        held = Occurrence(row.current_level_id, 0, row.current_number, row.current_trigger)
    standing = Standing(
        rules_of(found),
        row.as_of,
        row.cycle,
        row.total,
        row.current_credit,
        row.prev_credit,
        row.used_score,
        held,
        row.achieved_at,
        row.anniversary_at,
    )
    # A clock that was set back undoes nothing.
    now = max(now, row.as_of)
    counts: list[Count] = []
    if row.due_at is not None and row.due_at <= now:
        changes = await session.rows(
            _CHANGES, profile=row.profile_id, definition=row.definition_id, after=row.as_of, now=now
        )
        counts = [Count(one.count, one.issued_at, one.expires_at, one.cycle, one.id) for one in changes]
    if row.revision != found.newest:
        standing.adopt(counts)
    standing.advance(counts, now)
    return Stored(row.profile_id, row.definition_id, found.newest, standing, row, counts)


def overrides(stored: Sequence[Stored]) -> dict[str, Mapping[str, Any]]:
    """What those rows have become, by their ids, for reading without writing."""
    return {
        str(one.row.id): {**one.columns, "current_score": one.standing.score} for one in stored if one.row is not None
    }


async def save(session: Any, stored: Stored, accepted: int | None = None, before: int = 0) -> int:
    """Writes a standing and tells what happened; answers the row's id.

    accepted: the count that this is about; `before` of the happenings came before it, with the time that had passed.
    """
    key = {"profile": stored.profile_id, "definition": stored.definition_id}
    standing = stored.standing
    for old, new in standing.rebased:
        for statement in _REBASE:
            await session.execute(statement, old=old, new=new, **key)
    since = stored.row.as_of if stored.row is not None else standing.as_of
    begun = [count for count in stored.counts if count.issued_at > since]
    for cycle in {count.cycle for count in begun}:
        await session.execute(_PLACE, cycle=cycle, ids=[count.id for count in begun if count.cycle == cycle])
    columns = stored.columns
    if stored.row is None:
        values = {"profile_id": stored.profile_id, "definition_id": stored.definition_id, **columns}
        identifier: int = (await session.insert(AchievementProgress, values)).id
    else:
        identifier = stored.row.id
        await session.update(AchievementProgress, {"id": identifier}, {**columns, "updated_at": session.now})
        _audit(session, stored, columns)
    await session.execute(_DUE, closes=standing.closes_at, now=standing.as_of, id=identifier, **key)
    told = await _unlock(session, stored)
    count = 0
    for place, happened in enumerate([*standing.happened, None]):
        if accepted is not None and place == before:
            count = accepted
            _emit(session, "progressed", stored, identifier, None, count)
        if happened is None:
            break
        occurrence = happened.occurrence
        if happened.what == "lost":
            _emit(session, "lost", stored, identifier, occurrence, 0)
        elif (occurrence.level_id, occurrence.repetition, happened.cycle) in told:
            _emit(session, "unlocked", stored, identifier, occurrence, count)
    return identifier


async def _unlock(session: Any, stored: Stored) -> set[tuple[int, int, datetime]]:
    """Notes the occurrences reached; answers those that are to be told."""
    told: set[tuple[int, int, datetime]] = set()
    reached = [happened for happened in stored.standing.happened if happened.what == "unlocked"]
    # Cycle by cycle, so that a later one sees what an earlier one reached in the same breath.
    for cycle in sorted({happened.cycle for happened in reached}):
        found = [happened.occurrence for happened in reached if happened.cycle == cycle]
        rows = await session.rows(
            _UNLOCK,
            profile=stored.profile_id,
            definition=stored.definition_id,
            levels=[one.level_id for one in found],
            repetitions=[one.repetition for one in found],
            cycles=[cycle for _ in found],
            triggers=[one.trigger for one in found],
            multiples=[one.multiple for one in found],
        )
        told |= {(row.level_id, row.repetition, row.cycle) for row in rows if row.is_told}
    return told


def _emit(session: Any, what: str, stored: Stored, identifier: int, occurrence: Occurrence | None, count: int) -> None:
    values = {
        "id": identifier,
        "count": count,
        "level_id": occurrence and occurrence.level_id,
        "number": occurrence and occurrence.number,
        "trigger": occurrence and occurrence.trigger,
    }
    context = Context(_CONTEXT, values)
    session.outbox.emit(f"achievement.{what}", "achievement", identifier, context, stored.profile_id)


SHOWN = ("total", "current_credit", "used_score", "current_level_id", "current_number", "achieved_at", "anniversary_at")


def _audit(session: Any, stored: Stored, columns: Mapping[str, Any]) -> None:
    row: Any = stored.row
    changes = {name: columns[name] for name in SHOWN if columns[name] != getattr(row, name)}
    if changes:
        old = {name: getattr(row, name) for name in changes}
        session.outbox.audit("updated", "AchievementProgress", row.id, old, changes, stored.profile_id)
