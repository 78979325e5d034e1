"""Records that a queue route accepts and the worker applies, each in a transaction of its own (commerce 12)."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.calls import data
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, task
from omneo_api.foundation.models import NOW, Moment, Numbered
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.statements import Statement

TASK = "commerce.queued"
ACCEPTED = data("OK")

Apply = Callable[[WriteSession, dict[str, Any], bool], Awaitable[Any]]

_TAKE = Statement("DELETE FROM record_queue WHERE id = :id::bigint RETURNING kind, payload, creates")
_WHOSE = Statement("SELECT user_id, token_name FROM record_queue WHERE id = :id::bigint")
_APPLIED_BY: dict[str, Apply] = {}


class QueuedRecord(Numbered):
    """A record that was accepted and is not applied yet; its row goes in the transaction that applies it.

    So a job that runs twice finds nothing to do the second time, also where the record has no external id to be
    recognised by.
    """

    __tablename__ = "record_queue"

    kind: Mapped[str]
    payload: Mapped[dict[str, Any]]
    creates: Mapped[bool] = mapped_column(Boolean)
    user_id: Mapped[int | None]
    token_name: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


def applies(kind: str) -> Callable[[Apply], Apply]:
    """Registers what applies a record of this kind; its last argument says that the record may only create."""

    def register(apply: Apply) -> Apply:
        _APPLIED_BY[kind] = apply
        return apply

    return register


async def accept(session: Any, kind: str, payload: dict[str, Any], *, creates: bool = False) -> int:
    """Keeps a record for the worker, which acts for whoever sent it; answers the number it waits under."""
    actor = session.actor
    values = {"kind": kind, "payload": payload, "creates": creates}
    row = await session.insert(QueuedRecord, {**values, "user_id": actor.user_id, "token_name": actor.token_name})
    session.outbox.defer(PendingJob(TASK, {"tenant": session.tenant.handle, "queue_id": row.id}))
    return int(row.id)


@task(TASK)
async def run(job: JobContext, queue_id: int) -> None:
    """Applies one queued record; harmless when repeated."""
    async with job.database.reading(job.tenant) as session:
        whose = await session.row(_WHOSE, id=queue_id)
    if whose is None:
        return

    async def work(session: WriteSession) -> None:
        taken = await session.row(_TAKE, id=queue_id)
        if taken is not None:
            await _APPLIED_BY[taken.kind](session, taken.payload, taken.creates)

    await job.write(Actor(user_id=whose.user_id, token_name=whose.token_name, origin="api"), work)
