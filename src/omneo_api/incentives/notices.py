"""Announcements of rewards by the targets of their definitions (incentives-value 15.1)."""

from collections.abc import Awaitable, Callable
from typing import Any

from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events

KINDS = ("issue", "expiry", "extend")
PORTION = 500
Send = Callable[[Any, int, str, int], Awaitable[None]]
_senders: list[Send] = []


def send_with(send: Send) -> None:
    """Tells how a target is told of a lot: `send(session, target_id, lot_kind, lot_id)`, within the transaction."""
    _senders[:] = [send]


def can_send() -> bool:
    return bool(_senders)


async def send(session: Any, target_id: int, kind: str, lot_id: int) -> None:
    if _senders:
        await _senders[0](session, target_id, kind, lot_id)


# The marked rows are those still worth telling of: unspent, not past. What is past is marked too, so that it is not
# looked at again, but nobody is told.
_DUE = {
    kind: Statement(
        f"""
        WITH due AS MATERIALIZED (
            SELECT id FROM rewards
            WHERE notify_{kind}_at <= (SELECT omneo_now()) AND NOT coalesce(has_notified_{kind}, false)
            ORDER BY notify_{kind}_at LIMIT {PORTION} FOR UPDATE SKIP LOCKED
        ), marked AS (
            UPDATE rewards r SET has_notified_{kind} = true FROM due WHERE r.id = due.id RETURNING r.*
        )
        SELECT m.id, m.profile_id, d.{kind}_target_id AS target_id,
               m.deleted_at IS NULL AND m.value_remaining > 0
                   AND m.usable_until >= date_trunc('second', omneo_now()) AS is_told
        FROM marked m JOIN reward_definitions d ON d.tenant_id = m.tenant_id AND d.id = m.reward_definition_id
        ORDER BY m.id
        """
    )
    for kind in KINDS
}


async def announce_due(session: Any, kind: str) -> int:
    """Tells the targets of a portion of due rewards, each once; answers how many were looked at."""
    rows = await session.rows(_DUE[kind])
    for row in rows:
        if not row.is_told:
            continue
        if kind == "expiry":
            events.lot(session, "reward.expiring", "reward", row.id, row.profile_id)
        if row.target_id is not None:
            await send(session, row.target_id, "reward", row.id)
    return len(rows)
