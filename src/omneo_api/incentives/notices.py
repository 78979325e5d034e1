"""Announcements of rewards, credits and benefits by the targets of their definitions (incentives-value 15.1)."""

from collections.abc import Awaitable, Callable
from typing import Any

from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events

PORTION = 500
Send = Callable[[Any, int, str, int], Awaitable[None]]
_senders: list[Send] = []


def send_with(send: Send) -> None:
    """Tells how a target is told of a lot: `send(session, target_id, lot_kind, lot_id)`, within the transaction."""
    _senders[:] = [send]


async def send(session: Any, target_id: int | None, kind: str, lot_id: int) -> bool:
    """Sends a notification of a lot; False when no target is named or nobody sends."""
    if target_id is None or not _senders:
        return False
    await _senders[0](session, target_id, kind, lot_id)
    return True


# What is still left of a lot, by its kind, and what its definition may announce of it.
_LEFT = {
    "reward": "m.value_remaining > 0",
    "credit": "m.value_remaining > 0",
    "benefit": "(m.max_redemptions IS NULL OR m.redeemed < m.max_redemptions)",
}
KINDS = (
    ("reward", "issue"),
    ("reward", "expiry"),
    ("reward", "extend"),
    ("credit", "issue"),
    ("credit", "expiry"),
    ("credit", "release"),
    ("credit", "remind"),
    ("credit", "extend"),
    ("benefit", "issue"),
    ("benefit", "remind"),
    ("benefit", "extend"),
)

# The marked rows are those still worth telling of: unspent, not past. What is past is marked too, so that it is not
# looked at again, but nobody is told.
_DUE = {
    (lot, kind): Statement(
        f"""
        WITH due AS MATERIALIZED (
            SELECT id FROM {lot}s
            WHERE notify_{kind}_at <= (SELECT omneo_now()) AND NOT coalesce(has_notified_{kind}, false)
            ORDER BY notify_{kind}_at LIMIT {PORTION} FOR UPDATE SKIP LOCKED
        ), marked AS (
            UPDATE {lot}s r SET has_notified_{kind} = true FROM due WHERE r.id = due.id RETURNING r.*
        )
        SELECT m.id, m.profile_id, d.{kind}_target_id AS target_id,
               m.deleted_at IS NULL AND {_LEFT[lot]}
                   AND m.usable_until >= date_trunc('second', omneo_now()) AS is_told
        FROM marked m JOIN {lot}_definitions d ON d.tenant_id = m.tenant_id AND d.id = m.{lot}_definition_id
        ORDER BY m.id
        """
    )
    for lot, kind in KINDS
}


async def announce_due(session: Any, lot: str, kind: str) -> int:
    """Tells the targets of a portion of due rewards, credits or benefits, each once. Answers how many it saw."""
    rows = await session.rows(_DUE[lot, kind])
    for row in rows:
        if not row.is_told:
            continue
        if (lot, kind) == ("reward", "expiry"):
            events.lot(session, "reward.expiring", "reward", row.id, row.profile_id)
        if row.target_id is not None:
            await send(session, row.target_id, lot, row.id)
    return len(rows)
