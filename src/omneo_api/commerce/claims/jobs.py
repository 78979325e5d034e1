"""Claims that wait: looked at when an anonymous transaction comes, and every hour (commerce 3.3)."""

from omneo_api.commerce.claims import service
from omneo_api.commerce.claims.links import TASK
from omneo_api.foundation.database import Actor, WriteSession
from omneo_api.foundation.jobs import JobContext, periodic, task
from omneo_api.foundation.statements import Statement

PAGE = 500

_WAITING = Statement(
    "SELECT id FROM transaction_claims WHERE status = 'pending' AND id > :after::bigint ORDER BY id LIMIT :page::int"
)
_WAITING_FOR = Statement(
    """
    SELECT c.id
    FROM transaction_states s
    JOIN transactions t ON t.id = s.transaction_id
    JOIN transaction_claims c ON c.receipt_ref_key = ANY (ARRAY[s.receipt_ref_key, t.external_id_key])
    WHERE s.transaction_id = :id::bigint AND s.profile_id IS NULL AND c.status = 'pending'
    ORDER BY c.id
    """
)


async def _attempt(job: JobContext, identifier: int, *, counted: bool) -> bool:
    async def work(session: WriteSession) -> bool:
        return await service.attempt(session, identifier, counted=counted)

    return await job.write(Actor(token_name="claims", origin="system"), work)  # noqa: S106 - a name


@task(TASK)
async def match(job: JobContext, transaction_id: int) -> None:
    """Offers a new anonymous transaction to the claims that name it, the oldest first."""
    async with job.database.reading(job.tenant) as session:
        waiting = await session.rows(_WAITING_FOR, id=transaction_id)
    for row in waiting:
        if await _attempt(job, row.id, counted=False):
            return


@periodic("commerce.claims.hourly", cron="23 * * * *")
async def hourly(job: JobContext) -> None:
    """Looks at every pending claim again, each in a transaction of its own."""
    after = 0
    while True:
        async with job.database.reading(job.tenant) as session:
            waiting = await session.rows(_WAITING, after=after, page=PAGE)
        if not waiting:
            return
        for row in waiting:
            await _attempt(job, row.id, counted=True)
        after = waiting[-1].id
