"""Reactions to a purchase for the customer that it gets later, and whether an event's reactions are done.

A trigger on `transaction.created` or `transaction-item.created` runs once for each profile that the purchase belongs
to (automation 2.3). The run for a later one is begun in the transaction of the assignment, with the snapshot of that
moment and without an event of its own: webhooks hear of the assignment only as of a change.
"""

import uuid
from typing import Any

import orjson
from psycopg.types.json import Jsonb

from omneo_api.automation.reactions.service import MATCHING, RESUME_TASK, TRIGGER, run_key
from omneo_api.foundation.outbox import REACT_QUEUE, Context, PendingJob
from omneo_api.foundation.statements import Statement

_LISTENED_TO = Statement(
    "SELECT DISTINCT event FROM subscriptions WHERE kind = 'trigger' AND event = ANY (:events::text[])"
)
_BEGIN = Statement(
    """
    INSERT INTO action_histories
        (actionable_type, actionable_id, run_key, parent_id, profile_id, entity, plan, context)
    VALUES (:kind::text, :owner::bigint, :key::text, :parent::bigint, :profile::uuid, :entity::text, :plan::jsonb,
            :context::json)
    ON CONFLICT (tenant_id, actionable_type, actionable_id, run_key) DO NOTHING RETURNING id
    """
)
_UNFINISHED = Statement(
    """
    WITH RECURSIVE caused (event_id, step) AS (
        SELECT id, 0 FROM unnest(:events::bigint[]) AS id
        UNION
        SELECT e.id, caused.step + 1
        FROM caused
        JOIN action_histories h ON h.event_id = caused.event_id
        JOIN events e ON e.parent_history_id = h.id
        WHERE caused.step < 20
    )
    SELECT EXISTS (
        SELECT 1 FROM caused JOIN action_histories h ON h.event_id = caused.event_id
        WHERE h.state IN ('running', 'waiting')
    ) OR EXISTS (
        SELECT 1
        FROM caused
        JOIN events e ON e.id = caused.event_id AND e.depth <= :deepest::int
        JOIN event_contexts c ON c.event_id = e.id
        JOIN triggers t ON t.event = e.name AND t.is_active AND t.created_at <= e.created_at
        WHERE NOT EXISTS (
            SELECT 1 FROM action_histories h
            WHERE h.actionable_type = 'trigger' AND h.actionable_id = t.id AND h.event_id = e.id)
    )
    """
)


async def listened_to(session: Any, *events: str) -> set[str]:
    """Those of the events that triggers listen to."""
    return {row.event for row in await session.rows(_LISTENED_TO, events=list(events))}


async def begin(session: Any, event: str, entity_id: int, profile_id: uuid.UUID, context: Context) -> bool:
    """Begins the runs of the triggers on `event` that have not run yet for this thing and this profile.

    Answers whether there are triggers that have. The snapshot is taken now, so the caller has made the consequences
    that it is to show.
    """
    matching = await session.rows(MATCHING, event=event, at=session.now)
    if not matching:
        return False
    before = False
    text = await context.render(session)
    entity_type = event.removesuffix(".created")
    key = run_key(event, None, entity_type, str(entity_id), profile_id)
    for trigger in matching:
        history_id = await session.value(
            _BEGIN,
            kind=TRIGGER,
            owner=trigger.id,
            key=key,
            parent=session.actor.history_id,
            profile=profile_id,
            entity=f"{entity_type}:{entity_id}",
            plan=Jsonb(trigger.plan, dumps=orjson.dumps),
            context=text or "null",
        )
        if history_id is None:
            before = True
        else:
            arguments = {"tenant": session.tenant.handle, "history_id": history_id}
            lock = f"{session.tenant.id}:{profile_id}"
            session.outbox.defer(PendingJob(RESUME_TASK, arguments, queue=REACT_QUEUE, lock=lock))
    return before


async def unfinished(session: Any, events: list[int], deepest: int) -> bool:
    """Whether a trigger has still to run, or is in the middle of its chain, for these events or what they caused.

    A chain that waits for a later day by its own action is not in the middle of anything.
    """
    found: bool = await session.value(_UNFINISHED, events=events, deepest=deepest)
    return found
