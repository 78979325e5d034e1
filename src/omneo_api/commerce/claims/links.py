"""What transactions do to claims: a new one may be what somebody waits for, one that is let go fails its claim."""

from collections.abc import Sequence
from typing import Any

from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.statements import Statement

TASK = "commerce.claims.match"

_WAITED_FOR = Statement(
    """
    SELECT EXISTS (
        SELECT 1 FROM transaction_claims
        WHERE status = 'pending' AND receipt_ref_key = ANY (ARRAY[lower(:receipt_ref::text), lower(:external_id::text)])
    )
    """
)
_OFFERED = Statement(
    """
    SELECT DISTINCT o.id
    FROM unnest(:ids::bigint[], :receipt_refs::text[], :external_ids::text[]) AS o (id, receipt_ref, external_id)
    JOIN transaction_claims c ON c.receipt_ref_key = ANY (ARRAY[lower(o.receipt_ref), lower(o.external_id)])
    WHERE c.status = 'pending' ORDER BY o.id
    """
)
_FAIL = Statement(
    "UPDATE transaction_claims SET status = 'failed', updated_at = omneo_now()"
    " WHERE claimed_transaction_id = :transaction_id::bigint AND status = 'claimed'"
)
_MOVE = Statement(
    "UPDATE transaction_claims SET claimed_transaction_id = :new_id::bigint, updated_at = omneo_now()"
    " WHERE claimed_transaction_id = :old_id::bigint AND status = 'claimed'"
)


async def offer(session: Any, transaction_id: int, receipt_ref: str | None, external_id: str | None) -> None:
    """Has the pending claims of a new anonymous transaction looked at, if there are any."""
    if receipt_ref is None and external_id is None:
        return
    if await session.value(_WAITED_FOR, receipt_ref=receipt_ref, external_id=external_id):
        arguments = {"tenant": session.tenant.handle, "transaction_id": transaction_id}
        session.outbox.defer(PendingJob(TASK, arguments))


async def offer_many(session: Any, sales: Sequence[tuple[int, str | None, str | None]]) -> None:
    """The same for several: each with its receipt reference and external id."""
    if not sales:
        return
    ids, receipt_refs, external_ids = (list(column) for column in zip(*sales, strict=True))
    for row in await session.rows(_OFFERED, ids=ids, receipt_refs=receipt_refs, external_ids=external_ids):
        arguments = {"tenant": session.tenant.handle, "transaction_id": row.id}
        session.outbox.defer(PendingJob(TASK, arguments))


async def let_go(session: Any, transaction_id: int) -> None:
    """A claim whose transaction was taken away has failed, so that it is not claimed again at once."""
    await session.execute(_FAIL, transaction_id=transaction_id)


async def hand_over(session: Any, old_id: int, new_id: int) -> None:
    """The successor of a claimed transaction is what was claimed."""
    await session.execute(_MOVE, old_id=old_id, new_id=new_id)
