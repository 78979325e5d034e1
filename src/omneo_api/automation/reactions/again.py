"""Points of a purchase evaluated again, and corrected where something else comes out (commerce 1.7).

The triggers that were there when the purchase was made, and are active, are evaluated with the purchase, the
customer, the rates and the actions as they are now. A run that is to come or goes on is left to itself.
"""

import uuid
from collections.abc import Mapping
from typing import Any

import orjson

from omneo_api.automation.reactions import sources
from omneo_api.automation.reactions.evaluation import EVALUATED, GIVING, Evaluated, evaluate
from omneo_api.automation.reactions.service import CHAIN, TRIGGER, Occasion, Run, run_key
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.points import earning
from omneo_api.incentives.sources import Source
from omneo_api.incentives.tiers.points import service as tier_points

_TRIGGERS = Statement(
    f"""
    SELECT t.id, h.id AS history_id, {CHAIN}
    FROM triggers t
    LEFT JOIN action_histories h ON h.tenant_id = t.tenant_id AND h.actionable_type = 'trigger'
        AND h.actionable_id = t.id AND h.run_key = :key::text
    WHERE t.event = :event::text AND t.is_active
      AND CASE WHEN h.id IS NULL THEN :finished::boolean AND t.created_at <= :since::timestamptz
               ELSE h.state = 'done' END
    ORDER BY t.id
    """
)
_PASSED_OVER = Statement(
    """
    SELECT made, instance, status FROM action_history_items
    WHERE action_history_id = :id::bigint AND handler <> ALL (:evaluated::text[]) ORDER BY position
    """
)


async def evaluate_again(
    session: Any,
    event: str,
    entity_id: int,
    profile_id: uuid.UUID,
    context: Context,
    *,
    finished: bool,
    since: Any,
) -> None:
    """Evaluates the triggers on the creation of a purchase (or a line) for its customer, whose lock the caller holds.

    finished: whether all runs for the purchase have ended, so that a trigger without a run has none to come.
    since: when the purchase was made; a trigger that is younger and never ran for it is not evaluated.
    """
    entity_type = event.removesuffix(".created")
    key = run_key(event, None, entity_type, str(entity_id), profile_id)
    triggers = await session.rows(_TRIGGERS, event=event, key=key, finished=finished, since=since)
    if not triggers:
        return
    told: Mapping[str, Any] = orjson.loads(await context.render(session) or "{}")
    zone = await setting(session, "client_timezone") or "UTC"
    occasion = Occasion(event, entity_type, str(entity_id), profile_id, session.actor.history_id)
    for trigger in triggers:
        made, failed = await _passed_over(session, trigger.history_id)
        if failed:
            continue
        steps = await evaluate(session, Run(TRIGGER, trigger.id, key, trigger.plan, told, occasion, zone), made)
        if all(step.outcome.status != "failed" for step in steps):
            await _withdraw_the_rest(session, trigger.id, Source(entity_type.replace("-", "_"), entity_id), steps)


async def _passed_over(session: Any, history_id: int | None) -> tuple[dict[str, Any], bool]:
    """What the actions that are not evaluated made when they ran, and whether one of them ended the chain."""
    rows = [] if history_id is None else await session.rows(_PASSED_OVER, id=history_id, evaluated=list(EVALUATED))
    made = {row.made: row.instance for row in rows if row.made is not None and row.instance is not None}
    return made, any(row.status == "failed" for row in rows)


async def _withdraw_the_rest(session: Any, trigger_id: int, source: Source, steps: list[Evaluated]) -> None:
    """What the trigger gave by actions that were not reached, or are not in its chain any more, is no longer due."""
    kept = [
        sources.key(TRIGGER, trigger_id, step.entry["id"], source.kind, source.id)
        for step in steps
        if step.entry["type"] in GIVING
    ]
    owner = f"{TRIGGER}:{trigger_id}"
    await earning.withdraw_others(session, source, owner, kept)
    await tier_points.withdraw_others(session, source, owner, kept)
