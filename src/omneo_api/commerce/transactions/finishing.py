"""What follows a purchase once it is recorded: its reactions, and the word that its work is finished (commerce 1.7)."""

import uuid
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from functools import partial
from typing import Any

from omneo_api.automation.reactions import late
from omneo_api.automation.reactions.again import evaluate_again
from omneo_api.automation.reactions.service import DEEPEST, PER_PROFILE, Run, corrects_with, followed_by, stands_by
from omneo_api.commerce.transactions import events
from omneo_api.foundation import clock
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, task
from omneo_api.foundation.outbox import REACT_QUEUE, Context, PendingEvent, PendingJob
from omneo_api.foundation.statements import Statement

TASK = "commerce.transactions.finished"
POINTS_TASK = "commerce.transactions.points-issued"
PAUSES = (0, 0, 0, 1, 5, 10, 30, 60, 120, 300, 300)
"""Seconds between looks; after the last one the word is given whatever a reaction still does."""

EARNED = """
    (SELECT count(*) FROM points p WHERE p.source_type = 'transaction' AND p.source_id = s.transaction_id
        AND p.external_key IS NOT NULL)
    + (SELECT count(*) FROM points p WHERE p.source_type = 'transaction_item' AND p.external_key IS NOT NULL
        AND p.source_id = ANY (SELECT i.id FROM transaction_items i WHERE i.transaction_id = s.transaction_id))
"""
"""How many lots a sale and its lines earned and have not lost."""
_FINISHED = Statement(
    f"""
    UPDATE transaction_states s SET synced_at = omneo_now()
    WHERE transaction_id = :id::bigint AND synced_at IS NULL AND void_kind IS DISTINCT FROM 'deleted'
    RETURNING profile_id, {EARNED} AS earned
    """
)
_FIRST_POINTS = Statement(
    f"""
    SELECT s.transaction_id, s.profile_id FROM transaction_states s
    WHERE s.transaction_id = CASE :kind::text
            WHEN 'transaction' THEN :id::bigint
            ELSE (SELECT i.transaction_id FROM transaction_items i WHERE i.id = :id::bigint) END
      AND s.synced_at IS NOT NULL AND {EARNED} = 1
    """
)
_POINTS = Statement(
    f"SELECT s.profile_id, {EARNED} AS earned FROM transaction_states s WHERE s.transaction_id = :id::bigint"
)
_MADE = Statement("SELECT created_at FROM transactions WHERE id = :id::bigint")
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


_FORMER_SALES = """
    WITH RECURSIVE former (id) AS (
        SELECT v.transaction_id FROM transaction_voids v WHERE v.successor_id = {sale} AND v.kind = 'superseded'
        UNION
        SELECT v.transaction_id FROM transaction_voids v JOIN former f ON v.successor_id = f.id
        WHERE v.kind = 'superseded'
    )
"""
_FORMER = {
    "transaction": Statement(_FORMER_SALES.format(sale=":id::bigint") + "SELECT id FROM former"),
    "transaction-item": Statement(
        _FORMER_SALES.format(sale="(SELECT i.transaction_id FROM transaction_items i WHERE i.id = :id::bigint)")
        + """
        , numbered AS (
            SELECT i.id, i.transaction_id, i.external_id,
                   row_number() OVER (PARTITION BY i.transaction_id ORDER BY i.id) AS place
            FROM transaction_items i
            WHERE i.transaction_id = ANY (SELECT id FROM former)
               OR i.transaction_id = (SELECT m.transaction_id FROM transaction_items m WHERE m.id = :id::bigint)
        )
        SELECT o.id
        FROM numbered me
        JOIN numbered o ON o.transaction_id <> me.transaction_id
            AND CASE WHEN me.external_id IS NULL THEN o.external_id IS NULL AND o.place = me.place
                     ELSE o.external_id = me.external_id END
        WHERE me.id = :id::bigint
        """
    ),
}


async def _former(session: Any, kind: str, identifier: str) -> list[str]:
    """The purchases that a purchase corrects, or the lines that a line does: of the same external id, else place."""
    return [str(row.id) for row in await session.rows(_FORMER[kind], id=int(identifier))]


for _event in PER_PROFILE:
    stands_by(_event, _counts)
    corrects_with(_event, _former)


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
    if row is None:
        return
    if row.earned:
        events.emit_points_issued(session, identifier, row.profile_id)
    events.emit(session, "sync", identifier, row.profile_id)


# Points ---------------------------------------------------------------------------------------------------------------


async def _points_came_late(session: WriteSession, run: Run) -> None:
    """The first points of a purchase whose work was finished are told of behind the reactions that still wait.

    Those of a purchase whose work goes on are told of with its end.
    """
    if run.event.entity_type not in ("transaction", "transaction-item"):
        return
    sale = await session.row(_FIRST_POINTS, kind=run.event.entity_type, id=int(run.event.entity_id))
    if sale is not None:
        arguments = {"tenant": session.tenant.handle, "transaction_id": sale.transaction_id}
        session.outbox.defer(
            PendingJob(POINTS_TASK, arguments, queue=REACT_QUEUE, lock=_line(session, sale.profile_id))
        )


followed_by("point", _points_came_late)


@task(POINTS_TASK, queue=REACT_QUEUE)
async def tell_of_points(job: JobContext, transaction_id: int) -> None:
    """Tells that a purchase earned points, if it still does."""

    async def work(session: WriteSession) -> None:
        row = await session.row(_POINTS, id=transaction_id)
        if row.earned:
            events.emit_points_issued(session, transaction_id, row.profile_id)

    await job.write(Actor(origin="system"), work)


# Customers that come later, and purchases evaluated again -------------------------------------------------------------


async def react_for(session: Any, identifier: int, profile_id: uuid.UUID) -> None:
    """Runs the triggers on the creation of a purchase and its lines once for the profile that it belongs to now.

    What ran for the same profile before, and was taken back when the purchase was taken from it, is evaluated again.
    """

    async def react(session: Any, event: str, entity_id: int, profile_id: uuid.UUID, context: Context) -> None:
        if await late.begin(session, event, entity_id, profile_id, context):
            await evaluate_again(session, event, entity_id, profile_id, context, finished=False, since=session.now)

    await _each(session, identifier, profile_id, react, None)


async def evaluate(session: Any, state: Any, item: int | None = None) -> None:
    """Evaluates the points of a locked purchase that counts again, or those of one of its lines alone."""
    identifier, profile_id = state.transaction_id, state.profile_id
    before = await session.row(_POINTS, id=identifier)
    made = await session.value(_MADE, id=identifier)
    again = partial(evaluate_again, finished=state.synced_at is not None, since=made)
    await _each(session, identifier, profile_id, again, item)
    after = await session.row(_POINTS, id=identifier)
    if after.earned and not before.earned:
        events.emit_points_issued(session, identifier, profile_id)


async def _each(
    session: Any, identifier: int, profile_id: uuid.UUID, work: Callable[..., Awaitable[None]], item: int | None
) -> None:
    """Does something for the creation of a purchase and of each of its lines, or of one line, where triggers listen."""
    listened = await late.listened_to(session, "transaction.created", "transaction-item.created")
    if "transaction.created" in listened and item is None:
        context = Context(events.CONTEXT, {"id": identifier})
        await work(session, "transaction.created", identifier, profile_id, context)
    if "transaction-item.created" in listened:
        items = [row.id for row in await session.rows(_ITEMS, id=identifier)] if item is None else [item]
        for line in items:
            await work(
                session, "transaction-item.created", line, profile_id, Context(events.ITEM_CONTEXT, {"id": line})
            )
