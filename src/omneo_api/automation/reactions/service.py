"""Running chains of actions exactly once in effect (automation 6.4, 14).

A run is a history row, a step of it an item row. Every step is one transaction: it locks the history, does what the
next action of the plan says and writes the item. So a process may die anywhere: what was committed is not repeated,
what was not is done by whoever takes the event again, and two who run the same chain wait for each other.
"""

import uuid
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import orjson
from psycopg import DataError, Error, IntegrityError
from psycopg.types.json import Jsonb

from omneo_api.automation import events, json_logic
from omneo_api.automation.actions.types import TYPES, ActionFailed, ActionType, Outcome, Step
from omneo_api.automation.reactions.models import ActionHistory, ActionHistoryItem
from omneo_api.automation.reactions.scope import Scope
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation import clock
from omneo_api.foundation.constraints import INTEGRITY, as_invalid
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.errors import ApiError, Invalid, NotFound
from omneo_api.foundation.jobs import RETRY_DELAYS, JobContext, is_data_failure
from omneo_api.foundation.logs import log_failure
from omneo_api.foundation.outbox import REACT_QUEUE, PendingJob
from omneo_api.foundation.statements import Statement

RESUME_TASK = "automation.resume"
DEEPEST = 8
TRIGGER = "trigger"
ISSUING = frozenset({"reward.create", "benefit.create", "achievement.add"})
PER_PROFILE = frozenset({"transaction.created", "transaction-item.created"})

_EVENT = Statement(
    """
    SELECT e.id, e.name, e.entity_type, e.entity_id, e.profile_id, e.cause_chain, e.depth, e.parent_history_id,
           e.created_at, c.context
    FROM events e LEFT JOIN event_contexts c ON c.event_id = e.id
    WHERE e.id = :id::bigint
    """
)
CHAIN = """
    coalesce((
        SELECT jsonb_agg(jsonb_build_object('id', a.id, 'type', a.type, 'arguments', a.arguments)
                         ORDER BY a.sort_order, a.id)
        FROM actions a WHERE a.owner_type = 'trigger' AND a.owner_id = t.id), '[]') AS plan
"""
MATCHING = Statement(
    f"""
    SELECT t.id, {CHAIN}
    FROM triggers t
    WHERE t.event = :event::text AND t.is_active AND t.created_at <= :at::timestamptz
    ORDER BY t.id
    """
)
_UNFINISHED = Statement(
    "SELECT actionable_id AS id, plan FROM action_histories"
    " WHERE event_id = :event_id::bigint AND actionable_type = 'trigger' AND state = 'running' ORDER BY actionable_id"
)
_BEGIN = Statement(
    """
    INSERT INTO action_histories
        (actionable_type, actionable_id, run_key, event_id, parent_id, profile_id, entity, plan)
    VALUES (:kind::text, :owner::bigint, :key::text, :event_id::bigint, :parent::bigint, :profile::uuid, :entity::text,
            :plan::jsonb)
    ON CONFLICT (tenant_id, actionable_type, actionable_id, run_key) DO NOTHING
    """
)
_HISTORY = Statement(
    "SELECT id, state, attempts, plan FROM action_histories"
    " WHERE actionable_type = :kind::text AND actionable_id = :owner::bigint AND run_key = :key::text FOR UPDATE"
)
_ITEMS = Statement(
    "SELECT position, made, instance FROM action_history_items WHERE action_history_id = :id::bigint ORDER BY position"
)
_ANCESTORS = Statement(
    """
    WITH RECURSIVE line (id, parent_id, actionable_type, actionable_id, profile_id, entity, step) AS (
        SELECT id, parent_id, actionable_type, actionable_id, profile_id, entity, 1
        FROM action_histories WHERE id = :id::bigint
        UNION ALL
        SELECT h.id, h.parent_id, h.actionable_type, h.actionable_id, h.profile_id, h.entity, line.step + 1
        FROM action_histories h JOIN line ON h.id = line.parent_id WHERE line.step < 20
    )
    SELECT 1 FROM line
    WHERE actionable_type = :kind::text AND actionable_id = :owner::bigint
      AND CASE WHEN :profile::uuid IS NULL THEN profile_id IS NULL AND entity = :entity::text
               ELSE profile_id = :profile::uuid END
    LIMIT 1
    """
)
_RESUMED = Statement(
    "UPDATE action_histories SET state = 'running'"
    " WHERE id = :id::bigint AND state <> 'done'"
    " RETURNING actionable_id, run_key, event_id, parent_id, profile_id, entity, context, plan"
)
_ISSUED = Statement(
    """
    SELECT i.made, i.instance
    FROM action_histories h JOIN action_history_items i ON i.tenant_id = h.tenant_id AND i.action_history_id = h.id
    WHERE h.actionable_type = :kind::text AND h.actionable_id = :owner::bigint AND h.run_key = ANY (:keys::text[])
      AND i.action_id = :action::bigint AND i.made IS NOT NULL
    ORDER BY i.id DESC LIMIT 1
    """
)
_PLAN = Statement(f"SELECT t.trigger, {CHAIN} FROM triggers t WHERE t.id = :id::bigint")


@dataclass(frozen=True, slots=True)
class Run:
    """A chain with what it runs on. `key` makes it happen once per owner."""

    kind: str
    owner: int
    key: str
    plan: list[dict[str, Any]]
    context: Mapping[str, Any]
    event: Any
    zone: str

    @property
    def actor(self) -> Actor:
        return Actor(
            token_name=f"reaction:{self.kind}:{self.owner}",
            url=f"reaction:{self.kind}:{self.owner}",
            origin=self.kind,
            cause_chain=(*self.event.cause_chain, self.owner),
            depth=self.event.depth + 1,
        )

    @property
    def entity(self) -> str:
        return f"{self.event.entity_type}:{self.event.entity_id}"


# Events ---------------------------------------------------------------------------------------------------------------


async def react(job: JobContext, event_id: int) -> None:
    """Runs every trigger that listens to an event, one after another; what fails in one leaves the others alone."""
    async with job.database.reading(job.tenant) as session:
        event = await session.row(_EVENT, id=event_id)
        if event is None or event.context is None or event.depth > DEEPEST:
            return
        name = events.canonical(event.name)
        matching = await session.rows(MATCHING, event=name, at=event.created_at)
        unfinished = await session.rows(_UNFINISHED, event_id=event_id)
        zone = await setting(session, "client_timezone") or "UTC"
    plans = {row.id: row.plan for row in (*matching, *unfinished)}
    key = run_key(event.name, event.id, event.entity_type, event.entity_id, event.profile_id)
    for owner in sorted(plans):
        await run_chain(job, Run(TRIGGER, owner, key, plans[owner], event.context, event, zone))


def run_key(name: str, event_id: int | None, entity_type: str, entity_id: str, profile_id: uuid.UUID | None) -> str:
    """What a trigger runs once for: the event, or the purchase with the profile that it belongs to."""
    if name in PER_PROFILE:
        return f"{entity_type}:{entity_id}:{profile_id or ''}"
    return f"event:{event_id}"


@dataclass(frozen=True, slots=True)
class Occasion:
    """What a run that was begun without an event runs on, in the words of an event."""

    name: str
    entity_type: str
    entity_id: str
    profile_id: uuid.UUID | None
    parent_history_id: int | None
    id: None = None
    cause_chain: tuple[int, ...] = ()
    depth: int = 0


async def resume(job: JobContext, history_id: int) -> None:
    """Goes on with a run that was put off, or that was begun without an event."""

    async def wake(session: WriteSession) -> tuple[Any, Any, str] | None:
        history = await session.row(_RESUMED, id=history_id)
        if history is None:
            return None
        return history, await _occasion(session, history), await setting(session, "client_timezone") or "UTC"

    found = await job.write(Actor(), wake)
    if found is not None:
        history, event, zone = found
        context = event.context if history.event_id is not None else history.context
        await run_chain(job, Run(TRIGGER, history.actionable_id, history.run_key, history.plan, context, event, zone))


async def _occasion(session: WriteSession, history: Any) -> Any:
    if history.event_id is not None:
        return await session.row(_EVENT, id=history.event_id)
    kind, _, identifier = history.entity.partition(":")
    return Occasion(f"{kind}.created", kind, identifier, history.profile_id, history.parent_id)


# Chains ---------------------------------------------------------------------------------------------------------------


async def run_chain(job: JobContext, run: Run) -> None:
    """Does what is left of a run. A failure that may pass puts the rest off; the third one in a step is final."""

    async def step(session: WriteSession) -> bool:
        return await _step(session, run)

    try:
        while await job.write(run.actor, step):
            pass
    except Exception as fault:  # noqa: BLE001 - whatever one chain fails with, the others run
        log_failure(f"job {job.job_id} {run.kind} {run.owner}", fault)
        kind = type(fault).__name__

        async def stumble(session: WriteSession) -> None:
            await _stumble(session, run, kind)

        await job.write(run.actor, stumble)


async def _open(session: WriteSession, run: Run) -> tuple[Any, bool]:
    """The run's history, locked, and whether it was begun just now."""
    key = {"kind": run.kind, "owner": run.owner, "key": run.key}
    history = await session.row(_HISTORY, **key)
    begun = 0
    if history is None:
        begun = await session.execute(
            _BEGIN,
            **key,
            event_id=run.event.id,
            parent=run.event.parent_history_id,
            profile=run.event.profile_id,
            entity=run.entity,
            plan=Jsonb(run.plan),
        )
        history = await session.row(_HISTORY, **key)
    session.actor = replace(session.actor, history_id=history.id)
    return history, begun == 1


async def _step(session: WriteSession, run: Run) -> bool:
    """One action of a run; False when the run has ended or waits."""
    history, begun = await _open(session, run)
    if history.state != "running":
        return False
    if begun and await _is_loop(session, run):
        entry = history.plan[0] if history.plan else {"id": 0, "type": "filter"}
        await _record(session, history, 0, entry, None, Outcome.skipped("loop"), done=True)
        return False
    items = [] if begun else await session.rows(_ITEMS, id=history.id)
    position = len(items)
    if position < len(history.plan) and not await _stands(session, run):
        await _record(session, history, position, history.plan[position], None, Outcome.skipped("undone"), done=True)
        return False
    if position >= len(history.plan):
        await _end(session, history.id)
        return False
    entry = history.plan[position]
    made = {item.made: item.instance for item in items if item.made is not None and item.instance is not None}
    scope = Scope(run.context, run.event.name, session.now, run.zone, made)
    arguments = None
    outcome = await _issued_before(session, run, entry)
    if outcome is None:
        arguments, outcome = await perform(session, run, history.id, entry, scope)
    if outcome.made in _FOLLOWED:
        await _FOLLOWED[outcome.made](session, run)
    done = outcome.status in ("stopped", "failed") or position + 1 == len(history.plan)
    await _record(session, history, position, entry, arguments, outcome, done=done)
    return not done


Stands = Callable[[Any, str, str, uuid.UUID | None], Awaitable[bool]]
_STANDS: dict[str, Stands] = {}


def stands_by(event: str, check: Stands) -> None:
    """Registers how to tell, under lock, whether what an event told of still holds.

    check: gets the session, the entity's type and id, and the profile of the run. Where it does not hold, the rest of
    the chain is skipped.
    """
    _STANDS[event] = check


Former = Callable[[Any, str, str], Awaitable[list[str]]]
_FORMER: dict[str, Former] = {}


def corrects_with(event: str, former: Former) -> None:
    """Registers how to find, by session, kind and id, what the subject of an event corrects: ids of that kind."""
    _FORMER[event] = former


async def _issued_before(session: WriteSession, run: Run, entry: Mapping[str, Any]) -> Outcome | None:
    """What an action that issues something issued for the purchase that this one corrects: it is not issued twice.

    Points are computed anew instead, because those of the purchase that was corrected are taken back.
    """
    former = _FORMER.get(events.canonical(run.event.name))
    if former is None or entry["type"] not in ISSUING:
        return None
    kind, profile_id = run.event.entity_type, run.event.profile_id
    ids = await former(session, kind, run.event.entity_id)
    if not ids:
        return None
    keys = [run_key(run.event.name, None, kind, identifier, profile_id) for identifier in ids]
    found = await session.row(_ISSUED, kind=run.kind, owner=run.owner, keys=keys, action=entry["id"])
    if found is None:
        return None
    instance = None if found.instance is None else orjson.dumps(found.instance).decode()
    return Outcome("skipped", {"reason": f"issued already for what this {kind} corrects"}, found.made, instance)


Follow = Callable[[WriteSession, Run], Awaitable[None]]
_FOLLOWED: dict[str | None, Follow] = {}


def followed_by(made: str, follow: Follow) -> None:
    """Registers what is done, in the transaction of the step, when a run has made a thing of this kind."""
    _FOLLOWED[made] = follow


async def _stands(session: WriteSession, run: Run) -> bool:
    check = _STANDS.get(events.canonical(run.event.name))
    return check is None or await check(session, run.event.entity_type, run.event.entity_id, run.event.profile_id)


async def _is_loop(session: WriteSession, run: Run) -> bool:
    """Whether the same owner already ran for the same profile on the way to this event."""
    if run.owner not in run.event.cause_chain:
        return False
    values = {"profile": run.event.profile_id, "entity": run.entity}
    found = await session.value(_ANCESTORS, id=run.event.parent_history_id, kind=run.kind, owner=run.owner, **values)
    return found is not None


async def perform(
    session: WriteSession, run: Run, history_id: int, entry: Mapping[str, Any], scope: Scope
) -> tuple[dict[str, Any] | None, Outcome]:
    """The action's evaluated arguments and outcome. What a failing action did is undone, its failure is kept."""
    arguments: dict[str, Any] | None = None
    noted = session.outbox.copy()
    try:
        kind = _type_of(entry)
        arguments = evaluated(entry, scope)
        async with session.savepoint():
            bound = kind.bind(arguments)
            step = Step(session, scope, bound, run.kind, run.owner, history_id, entry["id"])
            return arguments, await kind.run(step)
    except (ApiError, DataError, IntegrityError, json_logic.LogicError) as fault:
        if not (isinstance(fault, json_logic.LogicError) or is_data_failure(fault)):
            raise
        session.outbox = noted
        session.memory.clear()
        return arguments, Outcome("failed", {"error": _explained(fault)})


def _type_of(entry: Mapping[str, Any]) -> ActionType:
    found = TYPES.get(entry["type"])
    if found is None:
        raise ActionFailed(f"The action {entry['type']} is not available.")
    return found


def evaluated(entry: Mapping[str, Any], scope: Scope) -> dict[str, Any]:
    """The arguments of an action by name, the last of each name. Raises: LogicError."""
    values: dict[str, Any] = {}
    for argument in entry["arguments"]:
        value = argument["value"]
        is_condition = entry["type"] == "filter" and argument["name"] == "condition"
        if argument.get("is_dynamic") and not is_condition:
            value = json_logic.resolve(value, scope.context, lookup=scope.lookup)
        values[argument["name"]] = value
    return values


def _explained(fault: Exception) -> str:
    if isinstance(fault, Error):
        known = isinstance(fault, INTEGRITY)
        return _explained(as_invalid(fault)) if known else "A value is out of range."
    if isinstance(fault, Invalid):
        return " ".join(text for texts in fault.errors.values() for text in texts)
    return str(fault)


async def _record(
    session: WriteSession,
    history: Any,
    position: int,
    entry: Mapping[str, Any],
    arguments: dict[str, Any] | None,
    outcome: Outcome,
    *,
    done: bool,
) -> None:
    await session.insert(
        ActionHistoryItem,
        {
            "action_history_id": history.id,
            "position": position,
            "action_id": entry["id"],
            "handler": entry["type"],
            "arguments": arguments,
            "result": outcome.result,
            "status": outcome.status,
            "made": outcome.made,
            "instance": None if outcome.instance is None else orjson.loads(outcome.instance),
        },
    )
    if done:
        await _end(session, history.id)
    elif history.attempts:
        await session.update(ActionHistory, {"id": history.id}, {"attempts": 0, "updated_at": session.now})


async def _end(session: WriteSession, identifier: int) -> None:
    values = {"state": "done", "attempts": 0, "updated_at": session.now}
    await session.update(ActionHistory, {"id": identifier}, values)


async def _stumble(session: WriteSession, run: Run, kind: str) -> None:
    """After a failure that may pass: the run waits for its next attempt, or ends with a failed item."""
    history, _ = await _open(session, run)
    if history.state != "running":
        return
    if history.attempts < len(RETRY_DELAYS):
        values = {"state": "waiting", "attempts": history.attempts + 1, "updated_at": session.now}
        await session.update(ActionHistory, {"id": history.id}, values)
        at = clock.now() + timedelta(seconds=RETRY_DELAYS[history.attempts])
        arguments = {"tenant": session.tenant.handle, "history_id": history.id}
        session.outbox.defer(PendingJob(RESUME_TASK, arguments, queue=REACT_QUEUE, at=at))
        return
    position = len(await session.rows(_ITEMS, id=history.id))
    if position < len(history.plan):
        outcome = Outcome("failed", {"error": f"internal error ({kind})"})
        await _record(session, history, position, history.plan[position], None, outcome, done=True)
    else:
        await _end(session, history.id)


# The dry run ----------------------------------------------------------------------------------------------------------


async def rehearse(session: Any, trigger_id: int, context: dict[str, Any]) -> dict[str, Any]:
    """What each action of a trigger would be given by a context, filters with their result. Raises: NotFound.

    The status is `success` or `failed`, `stopped` for a filter that does not pass, and `skipped` for what comes after.
    """
    found = await session.row(_PLAN, id=trigger_id)
    if found is None:
        raise NotFound
    scope = Scope(context, found.trigger, session.now, await setting(session, "client_timezone") or "UTC")
    shown: list[dict[str, Any]] = []
    stopped = False
    for entry in found.plan:
        arguments: dict[str, Any] | None = None
        result: dict[str, Any] | None = None
        status = "skipped" if stopped else "success"
        try:
            arguments = evaluated(entry, scope)
            if entry["type"] == "filter":
                passed, error = json_logic.met(arguments.get("condition"), scope.context, lookup=scope.lookup)
                result = {"passed": passed, **({"error": error} if error else {})}
                status = status if passed or stopped else "stopped"
            else:
                _type_of(entry).bind(arguments)
        except (json_logic.LogicError, ActionFailed) as fault:
            result, status = {"error": str(fault)}, "skipped" if stopped else "failed"
        stopped = stopped or status in ("stopped", "failed")
        shown.append(
            {
                "action_id": entry["id"],
                "handler": entry["type"],
                "arguments": arguments,
                "result": result,
                "status": status,
            }
        )
    return {"actions": shown}
