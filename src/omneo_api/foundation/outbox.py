"""What a transaction leaves behind besides its rows: events with their contexts, audit rows and jobs.

All of it is written at the end of the same transaction, after the consequences that the caller must see at once, so a
context shows the state that the change led to, and nothing is emitted for a write that is rolled back. An event that
nobody listens to keeps no context and defers no job; who listens is read inside the transaction, never from a cache.
"""

import json
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Protocol

import orjson

from omneo_api.foundation.statements import Statement

SECRET_WORDS = ("password", "secret", "token", "security_code", "hash")
REACT_TASK = "automation.react"
REACT_QUEUE = "reactions"


class OutboxSession(Protocol):
    tenant: Any
    actor: Any

    async def row(self, statement: Statement, /, **values: Any) -> Any: ...
    async def rows(self, statement: Statement, /, **values: Any) -> list[Any]: ...
    async def execute(self, statement: Statement, /, **values: Any) -> int: ...


@dataclass(frozen=True, slots=True)
class Context:
    """How to make an event's snapshot: a statement that answers one JSON text, with its values; or the text itself."""

    statement: Statement | None = None
    values: Mapping[str, Any] = field(default_factory=dict)
    text: str | None = None

    async def render(self, session: Any) -> str | None:
        if self.statement is None:
            return self.text
        rendered: str | None = await session.value(self.statement, **self.values)
        return rendered


@dataclass(frozen=True, slots=True)
class PendingEvent:
    name: str
    entity_type: str
    entity_id: str
    profile_id: uuid.UUID | None
    context: Context


@dataclass(frozen=True, slots=True)
class PendingJob:
    task: str
    arguments: Mapping[str, Any]
    queue: str = "default"
    lock: str | None = None
    queueing_lock: str | None = None
    priority: int = 0
    at: datetime | None = None


Which = Callable[[PendingEvent], bool]

_WRITE = Statement(
    """
        WITH audited AS (
            INSERT INTO audits (user_id, token_name, url, ip_address, user_agent,
                                event, auditable_type, auditable_id, old_values, new_values, profile_id)
            SELECT :user_id::bigint, :token_name::text, :url::text, :ip_address::text, :user_agent::text, a.*
            FROM unnest(:audit_event::text[], :audit_type::text[], :audit_id::bigint[],
                        :audit_old::text[], :audit_new::text[], :audit_profile::uuid[])
                 AS a (event, kind, id, old, new, profile)
            WHERE a.event NOT IN ('created', 'updated', 'deleted')
               OR position('"' || lower(a.kind) || '"' IN
                           coalesce((SELECT lower(value) FROM settings WHERE handle_key = 'audits.excluded'), '')) = 0
        ), emitted AS (
            INSERT INTO events (name, entity_type, entity_id, profile_id,
                                origin, user_id, token_name, cause_chain, depth, parent_history_id)
            SELECT e.name, e.entity_type, e.entity_id, e.profile_id,
                   :origin::text, :user_id::bigint, :token_name::text, :cause_chain::bigint[], :depth::int,
                   :history_id::bigint
            FROM unnest(:names::text[], :entity_types::text[], :entity_ids::text[], :profile_ids::uuid[])
                 WITH ORDINALITY AS e (name, entity_type, entity_id, profile_id, place)
            ORDER BY place
            RETURNING id, name
        )
        SELECT id, EXISTS (SELECT 1 FROM subscriptions s WHERE s.event = emitted.name) AS subscribed
        FROM emitted ORDER BY id
    """
)
_KEEP_CONTEXT = Statement("INSERT INTO event_contexts (event_id, context) VALUES (:event_id::bigint, :context::json)")
_DEFER = Statement(
    """
        INSERT INTO procrastinate_jobs (queue_name, task_name, priority, lock, queueing_lock, args, scheduled_at)
        SELECT queue, task, priority, lock, queueing_lock, arguments, at
        FROM unnest(:queues::text[], :tasks::text[], :priorities::int[], :locks::text[], :queueing_locks::text[],
                    :arguments::jsonb[], :ats::timestamptz[])
             WITH ORDINALITY AS j (queue, task, priority, lock, queueing_lock, arguments, at, place)
        ORDER BY place
        ON CONFLICT (queueing_lock) WHERE status = 'todo' DO NOTHING
    """
)


class Outbox:
    """Collects during the transaction, writes when it ends."""

    def __init__(self) -> None:
        self.events: list[PendingEvent] = []
        self.jobs: list[PendingJob] = []
        self._followers: list[tuple[PendingJob, Which | None]] = []
        self._audits: list[tuple[str, str, int | None, str, str, uuid.UUID | None]] = []
        self._updated: set[tuple[str, str]] = set()

    def emit(
        self, name: str, entity_type: str, entity_id: object, context: Context, profile_id: uuid.UUID | None = None
    ) -> None:
        """Notes an event. Several `….updated` of one row in one transaction are one event with the final state."""
        key = (name, str(entity_id))
        if name.endswith(".updated"):
            if key in self._updated:
                return
            self._updated.add(key)
        self.events.append(PendingEvent(name, entity_type, str(entity_id), profile_id, context))

    def audit(
        self,
        event: str,
        kind: str,
        identifier: object,
        old: Mapping[str, Any] | None = None,
        new: Mapping[str, Any] | None = None,
        profile_id: uuid.UUID | None = None,
    ) -> None:
        """Notes an audit row (orgs-platform B4): `event` is created, updated or deleted, `kind` the model's name."""
        number = identifier if isinstance(identifier, int) else None
        self._audits.append((event, kind, number, _audit_text(old), _audit_text(new), profile_id))

    def defer(self, job: PendingJob) -> None:
        """Notes a job. One whose `queueing_lock` a waiting job already has is not queued a second time."""
        self.jobs.append(job)

    def follow(self, job: PendingJob, which: Which | None = None) -> None:
        """Notes a job that is told, as `events`, the ids of this transaction's events that somebody listens to.

        which: the events that the job is told of, where the transaction is about several things; all by default.
        """
        self._followers.append((job, which))

    def copy(self) -> "Outbox":
        """What is noted so far, to come back to when what follows is undone."""
        copied = Outbox()
        copied.events, copied.jobs = [*self.events], [*self.jobs]
        copied._followers, copied._audits = [*self._followers], [*self._audits]
        copied._updated = {*self._updated}
        return copied

    async def flush(self, session: OutboxSession) -> None:
        heard = await self._write(session) if self.events or self._audits else []
        for job, which in self._followers:
            told = [identifier for identifier, event in heard if which is None or which(event)]
            self.defer(replace(job, arguments={**job.arguments, "events": told}))
        if self.jobs:
            await self._defer(session)
        self.__init__()  # type: ignore[misc]

    async def _write(self, session: OutboxSession) -> list[tuple[int, PendingEvent]]:
        """Answers the events that have subscribers, with their ids.

        What an event is about may be gone by the end of the transaction: then there is nothing to tell anybody.
        """
        actor, audits, events = session.actor, self._audits, self.events
        written = await session.rows(
            _WRITE,
            user_id=actor.user_id,
            token_name=actor.token_name,
            url=actor.url,
            ip_address=actor.ip_address,
            user_agent=actor.user_agent,
            audit_event=[row[0] for row in audits],
            audit_type=[row[1] for row in audits],
            audit_id=[row[2] for row in audits],
            audit_old=[row[3] for row in audits],
            audit_new=[row[4] for row in audits],
            audit_profile=[row[5] for row in audits],
            origin=actor.origin,
            cause_chain=list(actor.cause_chain),
            depth=actor.depth,
            history_id=actor.history_id,
            names=[event.name for event in events],
            entity_types=[event.entity_type for event in events],
            entity_ids=[event.entity_id for event in events],
            profile_ids=[event.profile_id for event in events],
        )
        heard: list[tuple[int, PendingEvent]] = []
        for event, row in zip(events, written, strict=True):
            context = await event.context.render(session) if row.subscribed else None
            if context is not None:
                heard.append((row.id, event))
                await session.execute(_KEEP_CONTEXT, event_id=row.id, context=context)
                lock = f"{session.tenant.id}:{event.profile_id}" if event.profile_id else None
                arguments = {"tenant": session.tenant.handle, "event_id": row.id}
                self.defer(PendingJob(REACT_TASK, arguments, queue=REACT_QUEUE, lock=lock))
        return heard

    async def _defer(self, session: OutboxSession) -> None:
        jobs = self.jobs
        await session.execute(
            _DEFER,
            queues=[job.queue for job in jobs],
            tasks=[job.task for job in jobs],
            priorities=[job.priority for job in jobs],
            locks=[job.lock for job in jobs],
            queueing_locks=[job.queueing_lock for job in jobs],
            arguments=[orjson.dumps(job.arguments, default=str).decode() for job in jobs],
            ats=[job.at for job in jobs],
        )


def _audit_text(values: Mapping[str, Any] | None) -> str:
    if not values:
        return "[]"
    shown = {key: "***" if any(word in key for word in SECRET_WORDS) else value for key, value in values.items()}
    options = orjson.OPT_NON_STR_KEYS | orjson.OPT_PASSTHROUGH_DATETIME
    try:
        return orjson.dumps(shown, default=_audit_value, option=options).decode()
    except TypeError:
        # Integers beyond 64 bit are JSON, but not for orjson.
        return json.dumps(shown, default=_audit_value)


def _audit_value(value: Any) -> Any:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%d %H:%M:%S")
    if isinstance(value, date):
        return value.isoformat()
    return str(value)
