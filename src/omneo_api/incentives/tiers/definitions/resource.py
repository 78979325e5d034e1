"""Levels over HTTP: `/tiers/definitions` (incentives-status 1)."""

from typing import Any

from sqlalchemy import Integer, Text, cast, literal_column

from omneo_api.configuration.detaching import told_of
from omneo_api.foundation.calls import EVERYONE, Owner
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.query import Filter
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.inputs import Definitions
from omneo_api.incentives.tiers.definitions.models import GLOBAL, TierDefinition
from omneo_api.incentives.tiers.definitions.schemas import TierDefinitionBody, TierDefinitionRead

LOST_LEVEL = "incentives.tiers.lost_level"

_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(hashtextextended('tier ladder', omneo_tenant()))")
_ONE_FLOOR = Statement(
    """
    UPDATE tier_definitions SET flagged_floor = false, updated_at = omneo_now()
    WHERE flagged_floor AND deleted_at IS NULL AND id <> :id::bigint
      AND program = (SELECT program FROM tier_definitions WHERE id = :id::bigint)
    RETURNING id
    """
)
_RENUMBER = Statement(
    """
    WITH live AS (
        SELECT id, program, lead(id) OVER rising AS next_id, lag(id) OVER rising AS prev_id,
               CASE WHEN bool_or(flagged_floor) OVER (PARTITION BY program) THEN flagged_floor
                    ELSE row_number() OVER rising = 1 END AS is_floor
        FROM tier_definitions WHERE deleted_at IS NULL
        WINDOW rising AS (PARTITION BY program ORDER BY value_min, id)
    ), ladder AS (
        SELECT id, next_id, prev_id, is_floor FROM live
        UNION ALL
        SELECT gone.id,
               (SELECT d.id FROM tier_definitions d WHERE d.program = gone.program AND d.deleted_at IS NULL
                AND d.value_min > gone.value_min ORDER BY d.value_min, d.id LIMIT 1),
               (SELECT d.id FROM tier_definitions d WHERE d.program = gone.program AND d.deleted_at IS NULL
                AND d.value_min < gone.value_min ORDER BY d.value_min DESC, d.id DESC LIMIT 1),
               false
        FROM tier_definitions gone WHERE gone.deleted_at IS NOT NULL
    )
    UPDATE tier_definitions d SET next_id = l.next_id, prev_id = l.prev_id, is_floor = l.is_floor
    FROM ladder l
    WHERE l.id = d.id AND (d.next_id, d.prev_id, d.is_floor) IS DISTINCT FROM (l.next_id, l.prev_id, l.is_floor)
    """
)
_HAS_LEVELS = Statement("SELECT 1 FROM tier_definitions WHERE program = :region::bigint AND deleted_at IS NULL LIMIT 1")
_LEAVE_REGION = Statement("UPDATE tier_definitions SET region_id = NULL WHERE id = :id::bigint")


class TierDefinitions(Definitions):
    """Writers of the ladder wait for each other; each leaves floor and neighbours of every level as they then are."""

    absolute = ()

    async def locked(self, session: Any, key: Any, owner: Owner = EVERYONE) -> Any:
        """The ladder comes before the level: whoever holds a level and waits for the ladder would stop its writer."""
        await session.execute(_ONE_AT_A_TIME)
        return await super().locked(session, key, owner)

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        await session.execute(_ONE_AT_A_TIME)
        values = dict(await super().prepare(session, values, current))
        if "is_floor" in values:
            values["flagged_floor"] = values.pop("is_floor")
        if "region_id" in values:
            values["program"] = GLOBAL if values["region_id"] is None else values["region_id"]
        return values

    async def insert(self, session: Any, values: dict[str, Any]) -> int:
        identifier = await super().insert(session, values)
        await self._put_in_order(session, identifier, floor=bool(values.get("is_floor")))
        return identifier

    async def change(self, session: Any, current: Any, values: dict[str, Any]) -> bool:
        changed = await super().change(session, current, values)
        if changed:
            floor = bool(values.get("is_floor", current.flagged_floor))
            await self._put_in_order(session, current.id, floor=floor)
        return changed

    async def remove(self, session: Any, current: Any) -> None:
        """Deletes a level; its holders are measured anew by a job, and show the deleted level until then."""
        await super().remove(session, current)
        await session.execute(_LEAVE_REGION, id=current.id)
        await session.execute(_RENUMBER)
        arguments = {"tenant": session.tenant.handle, "tier_id": current.id}
        session.outbox.defer(PendingJob(LOST_LEVEL, arguments))

    async def _put_in_order(self, session: Any, identifier: int, *, floor: bool) -> None:
        if floor:
            for row in await session.rows(_ONE_FLOOR, id=identifier):
                session.outbox.audit("updated", self.name, row.id, {"is_floor": True}, {"is_floor": False})
        await session.execute(_RENUMBER)


tier_definitions = TierDefinitions(
    TierDefinition,
    TierDefinitionRead,
    TierDefinitionBody,
    name="TierDefinition",
    tag="Tier definitions",
    scope="tier-definitions",
    path="/tiers/definitions",
    aliases=("/tier-definitions",),
    fixed=("handle",),
    listing={
        "filters": (
            "id",
            "name",
            "handle",
            "value_min",
            "value_maintain",
            "description",
            "is_assignable",
            "internal_notes",
            "short_description",
            "long_description",
            "terms_conditions",
            "icon",
            "image_url",
            "earn_instructions",
            "disable_credit",
            "region_id",
        ),
        "extra": {
            "period": Filter(expression=lambda _: literal_column("12", Integer)),
            "meta": Filter(expression=lambda tier: cast(tier.meta, Text), kind="text"),
        },
        "search": ("name", "handle"),
        "order": ("value_min",),
    },
    example={"name": "Silver", "handle": "silver", "value_min": 500, "value_maintain": 400, "is_assignable": True},
)


@told_of("regions")
async def _keep_region(session: Any, region_id: int) -> None:
    """Without their region the levels of a program would mix with those of everybody. Raises: Invalid."""
    if await session.value(_HAS_LEVELS, region=region_id) is not None:
        raise Invalid.field("region", "A region with tier definitions cannot be deleted.")
