"""Templates of achievements with their levels: `/achievements/definitions` (incentives-status 6)."""

from collections.abc import Sequence
from typing import Any

from omneo_api.foundation.fields import sent
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.query import Filter
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.achievements.models import AchievementDefinition, AchievementLevel
from omneo_api.incentives.achievements.schemas import AchievementDefinitionBody, AchievementDefinitionRead, LevelBody
from omneo_api.incentives.inputs import Definitions

REVIEW = "incentives.achievements.review"
SCORING = frozenset({"period", "timezone", "enable_annual_earn_cycle", "starts_at"})
LEVEL_SCORING = frozenset({"display_number", "trigger", "repeats", "repeat_interval", "allow_multiple_earn"})
LEVEL_COLUMNS = (
    "name",
    "display_number",
    "description",
    "trigger",
    "repeats",
    "repeat_interval",
    "allow_multiple_earn",
    "meta",
)
BOTH_CYCLES = "The enable annual earn cycle field must not be set together with period."

_LEVELS = Statement(
    "SELECT * FROM achievement_levels WHERE achievement_definition_id = :id::bigint AND deleted_at IS NULL ORDER BY id"
)
_TAKE_OUT = Statement("UPDATE achievement_levels SET deleted_at = omneo_now() WHERE id = ANY (:ids::bigint[])")
_REVISE = Statement(
    "UPDATE achievement_definitions SET revision = revision + 1, updated_at = omneo_now() WHERE id = :id::bigint"
)
_IN_USE = Statement("SELECT 1 FROM achievement_progress WHERE definition_id = :id::bigint LIMIT 1")


class AchievementDefinitions(Definitions):
    def check(self, values: dict[str, Any], current: Any | None, errors: dict[str, list[str]]) -> None:
        """The window ends after it began; a period and a year of its own exclude each other."""

        def held(name: str) -> Any:
            return values.get(name, getattr(current, name, None))

        starts_at, ends_at = held("starts_at"), held("ends_at")
        if starts_at is not None and ends_at is not None and ends_at < starts_at:
            errors["ends_at"] = ["The ends at field must be a date after or equal to starts at."]
        if held("period") is not None and held("enable_annual_earn_cycle"):
            errors["enable_annual_earn_cycle"] = [BOTH_CYCLES]

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> bool:
        """Sent levels replace the set: one is known again by its id, else by its number."""
        rescored = current is not None and any(
            name in values and values[name] != getattr(current, name) for name in SCORING
        )
        changed = False
        if "levels" in values:
            changed, scoring = await self._replace(session, identifier, values["levels"] or [])
            rescored |= scoring
        if rescored and current is not None:
            await session.execute(_REVISE, id=identifier)
            if await session.value(_IN_USE, id=identifier) is not None:
                arguments = {"tenant": session.tenant.handle, "definition": identifier}
                lock = f"{REVIEW}:{session.tenant.id}:{identifier}"
                session.outbox.defer(PendingJob(REVIEW, arguments, queueing_lock=lock))
        return changed

    async def _replace(self, session: Any, identifier: int, sent_levels: Sequence[LevelBody]) -> tuple[bool, bool]:
        """(something changed, something changed that scoring depends on)."""
        known = await session.rows(_LEVELS, id=identifier)
        matched = _matched(known, sent_levels)
        kept = {row.id for row in matched if row is not None}
        gone = [row.id for row in known if row.id not in kept]
        if gone:
            await session.execute(_TAKE_OUT, ids=gone)
        new = [body for body, row in zip(sent_levels, matched, strict=True) if row is None]
        moves = [
            (row, changes)
            for body, row in zip(sent_levels, matched, strict=True)
            if row is not None and (changes := _changes(row, body))
        ]
        # Two levels may change places; a trigger is free only when its old holder has moved.
        if sum("trigger" in changes for _, changes in moves) > 1:
            for row, changes in moves:
                if "trigger" in changes:
                    await session.update(AchievementLevel, {"id": row.id}, {"trigger": 2**40 + row.id})
        for row, changes in moves:
            await session.update(AchievementLevel, {"id": row.id}, changes)
        for body in new:
            columns = {name: getattr(body, name) for name in LEVEL_COLUMNS}
            await session.insert(AchievementLevel, {"achievement_definition_id": identifier, **columns})
        if gone or new or moves:
            shown = [{name: getattr(body, name) for name in LEVEL_COLUMNS} for body in sent_levels]
            old = [{name: getattr(row, name) for name in LEVEL_COLUMNS} for row in known]
            session.outbox.audit(
                "updated", "AchievementDefinition", identifier, {"levels": old}, {"levels": shown}, None
            )
        scoring = bool(gone or new) or any(LEVEL_SCORING & changes.keys() for _, changes in moves)
        return bool(gone or new or moves), scoring


def _matched(known: Sequence[Any], bodies: Sequence[LevelBody]) -> list[Any]:
    """The stored level that each sent one means, None for a new one; none is meant twice."""
    free = {row.id: row for row in known}
    found: list[Any] = [free.pop(body.id, None) if body.id is not None else None for body in bodies]
    for place, body in enumerate(bodies):
        if body.id is None:
            row = next((row for row in free.values() if row.display_number == body.display_number), None)
            found[place] = free.pop(row.id) if row is not None else None
    return found


def _changes(row: Any, body: LevelBody) -> dict[str, Any]:
    given = sent(body)
    return {name: given[name] for name in LEVEL_COLUMNS if name in given and given[name] != getattr(row, name)}


achievement_definitions = AchievementDefinitions(
    AchievementDefinition,
    AchievementDefinitionRead,
    AchievementDefinitionBody,
    name="AchievementDefinition",
    tag="Achievement definitions",
    scope="achievement-definitions",
    path="/achievements/definitions",
    aliases=("/achievement-definitions",),
    fixed=("handle",),
    listing={
        "search": ("name", "handle"),
        "extra": {
            "starts_at": Filter(path=("starts_at",)),
            "ends_at": Filter(path=("ends_at",)),
            "meta": Filter(path=("meta",)),
        },
    },
    example={
        "name": "Store visits",
        "handle": "store-visits",
        "is_published": True,
        "levels": [{"name": "Regular", "display_number": 1, "trigger": 10, "repeats": True, "repeat_interval": 10}],
    },
)
