"""What follows a purchase once it is recorded: its reactions, and the word that its work is finished (commerce 1.7)."""

import uuid
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from omneo_api.automation.reactions import late
from omneo_api.automation.reactions.service import DEEPEST, PER_PROFILE, stands_by
from omneo_api.commerce.transactions import events
from omneo_api.foundation import clock
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, task
from omneo_api.foundation.outbox import REACT_QUEUE, Context, PendingEvent, PendingJob
from omneo_api.foundation.statements import Statement

TASK = "commerce.transactions.finished"
PAUSES = (0, 0, 0, 1, 5, 10, 30, 60, 120, 300, 300)
"""Seconds between looks; after the last one the word is given whatever a reaction still does."""

_FINISHED = Statement(
    "UPDATE transaction_states SET synced_at = omneo_now()"
    " WHERE transaction_id = :id::bigint AND synced_at IS NULL AND void_kind IS DISTINCT FROM 'deleted'"
    " RETURNING profile_id"
)
_ITEMS = Statement("SELECT id FROM transaction_items WHERE transaction_id = :id::bigint ORDER BY id")

_OWNER_LOCKED = Statement(
    """
    SELECT id FROM profiles WHERE id = (
        SELECT s.profile_id FROM transaction_states s WHERE s.transaction_id = CASE :kind::text
            WHEN 'transaction' THEN :id::bigint
            ELSE (SELECT i.transaction_id FROM transaction_items i WHERE i.id = :id::bigint) END)
    FOR UPDATE
    """
)
_COUNTS = Statement(
    """
    SELECT 1 FROM transaction_states s
    WHERE s.transaction_id = CASE :kind::text
            WHEN 'transaction' THEN :id::bigint
            ELSE (SELECT i.transaction_id FROM transaction_items i WHERE i.id = :id::bigint) END
      AND s.void_kind IS NULL
    FOR SHARE OF s
    """
)


async def _counts(session: Any, kind: str, identifier: str, _profile_id: uuid.UUID | None) -> bool:
    """Whether a purchase, or that of a line, is neither void nor superseded nor deleted; it stays so until the end.

    Whoever voids it holds the lock of its profile first, so that is what is waited for.
    """
    values = {"kind": kind, "id": int(identifier)}
    await session.execute(_OWNER_LOCKED, **values)
    return await session.value(_COUNTS, **values) is not None


for _event in PER_PROFILE:
    stands_by(_event, _counts)


def after_reactions(
    session: Any,
    identifier: int,
    profile_id: uuid.UUID | None,
    *,
    awaited: bool,
    among_others: Sequence[int] | None = None,
) -> None:
    """Emits `transaction.sync` of a new purchase when all of its reactions are done.

    The job waits in the line of the profile, behind the reactions; where nobody reacts to anything there is none.
    Where the database's transaction records other purchases too, `among_others` are the lines of this one.
    """
    if not awaited:
        events.emit(session, "sync", identifier, profile_id)
        return
    own = {("transaction", str(identifier)), *(("transaction-item", str(item)) for item in among_others or ())}

    def concerns(event: PendingEvent) -> bool:
        if profile_id is not None and event.profile_id == profile_id:
            return True
        return (event.entity_type, event.entity_id) in own

    arguments = {"tenant": session.tenant.handle, "transaction_id": identifier, "profile_id": profile_id}
    job = PendingJob(TASK, arguments, queue=REACT_QUEUE, lock=_line(session, profile_id))
    session.outbox.follow(job, None if among_others is None else concerns)


def _line(session: Any, profile_id: Any) -> str | None:
    return f"{session.tenant.id}:{profile_id}" if profile_id else None


@task(TASK, queue=REACT_QUEUE)
async def finish(
    job: JobContext, transaction_id: int, profile_id: str | None, events: list[int], looks: int = 0
) -> None:
    """Gives the word, or looks again later while reactions run; harmless when repeated."""

    async def work(session: WriteSession) -> None:
        if looks < len(PAUSES) and await late.unfinished(session, events, DEEPEST):
            arguments = {
                "tenant": session.tenant.handle,
                "transaction_id": transaction_id,
                "profile_id": profile_id,
                "events": events,
                "looks": looks + 1,
            }
            at = clock.now() + timedelta(seconds=PAUSES[looks]) if PAUSES[looks] else None
            lock = _line(session, profile_id)
            session.outbox.defer(PendingJob(TASK, arguments, queue=REACT_QUEUE, lock=lock, at=at))
            return
        await _tell(session, transaction_id)

    await job.write(Actor(origin="system"), work)


async def _tell(session: Any, identifier: int) -> None:
    row = await session.row(_FINISHED, id=identifier)
    if row is not None:
        events.emit(session, "sync", identifier, row.profile_id)


async def react_for(session: Any, identifier: int, profile_id: uuid.UUID) -> None:
    """Runs the triggers on the creation of a purchase and its lines once for the profile that it belongs to now."""
    listened = await late.listened_to(session, "transaction.created", "transaction-item.created")
    if "transaction.created" in listened:
        context = Context(events.CONTEXT, {"id": identifier})
        await late.begin(session, "transaction.created", "transaction", identifier, profile_id, context)
    if "transaction-item.created" in listened:
        for row in await session.rows(_ITEMS, id=identifier):
            context = Context(events.ITEM_CONTEXT, {"id": row.id})
            await late.begin(session, "transaction-item.created", "transaction-item", row.id, profile_id, context)
