"""Benefits that become redeemable or expire as time passes: their line of the statement, and the new balance.

Whether a benefit can be redeemed never waits for this; its phase only says what was told. Expiry itself changes no
benefit and has no event of its own.
"""

import uuid
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Account, open_account
from omneo_api.incentives.benefits.models import LEFT
from omneo_api.incentives.ledger.service import Entry, record
from omneo_api.incentives.lots import ENDED, OPEN, PENDING

BALANCE = "balance.updated"
PORTION = 1000
_PAST = "usable_until < (SELECT date_trunc('second', omneo_now()))"
_BEGUN = "phase = 'pending' AND deleted_at IS NULL AND issued_at <= (SELECT omneo_now())"
_OVER = f"phase = 'open' AND {LEFT} AND {_PAST}"

Issued = tuple[uuid.UUID, int, datetime | None]


def phase_at(issued_at: datetime, expires_at: datetime | None, now: datetime) -> str:
    """How far a benefit of these terms has come at a moment."""
    if expires_at is not None and expires_at < whole_second(now):
        return ENDED
    return OPEN if issued_at <= now else PENDING


async def tell_issued(session: Any, benefits: Sequence[Issued]) -> None:
    """Writes that benefits (owner, id, expiry) were issued, once each whenever they become redeemable."""
    entries = [
        Entry(profile_id, "benefit", identifier, "issued", 0, "Benefit issued", expires_at=expires_at)
        for profile_id, identifier, expires_at in benefits
    ]
    await record(session, entries)


def _turning(which: str) -> Statement:
    """A benefit that expired before anybody saw it redeemable ends in silence."""
    return Statement(
        f"""
        WITH turned AS (
            UPDATE benefits SET phase = CASE WHEN {_PAST} THEN 'ended' ELSE 'open' END
            WHERE {which} AND (({_BEGUN}) OR ({_OVER}))
            RETURNING id, profile_id, phase, expires_at
        )
        SELECT * FROM turned ORDER BY profile_id, id
        """
    )


_TURN_OWN = _turning("profile_id = :profile::uuid AND phase <> 'ended'")
_TURN_PICKED = _turning("id = ANY (:ids::bigint[])")


async def _turned(session: Any, statement: Statement, **which: Any) -> dict[uuid.UUID, None]:
    """Brings the phases of benefits to this moment; answers whose balance changed."""
    rows = await session.rows(statement, **which)
    await tell_issued(session, [(row.profile_id, row.id, row.expires_at) for row in rows if row.phase == OPEN])
    return dict.fromkeys(row.profile_id for row in rows)


async def catch_up(session: Any, profile_id: uuid.UUID) -> None:
    """Brings a profile's benefits to this moment, under the profile's lock. Harmless when repeated."""
    for owner in await _turned(session, _TURN_OWN, profile=profile_id):
        events.balance(session, owner)


async def open_benefits(session: Any, profile_id: uuid.UUID) -> Account:
    """The profile's account, locked, with its benefits brought to the moment of the lock. Raises: NotFound."""
    account = await open_account(session, profile_id)
    await catch_up(session, profile_id)
    return account


def _picking(due: str, order: str) -> Statement:
    """Locks the profiles of the benefits that are due longest; those that others hold are left for the next run."""
    return Statement(
        f"""
        WITH due AS MATERIALIZED (
            SELECT id, profile_id FROM benefits WHERE {due} ORDER BY {order} LIMIT {PORTION}
        ), held AS MATERIALIZED (
            SELECT id FROM profiles WHERE id = ANY (ARRAY(SELECT DISTINCT profile_id FROM due))
            ORDER BY id FOR UPDATE SKIP LOCKED
        )
        SELECT ARRAY(SELECT due.id FROM due JOIN held ON held.id = due.profile_id) AS ids,
               EXISTS (SELECT 1 FROM subscriptions WHERE event = :balance::text) AS is_heard
        """
    )


SWEEPS = (_picking(_BEGUN, "issued_at"), _picking(_OVER, "usable_until"))


async def sweep(session: Any, due: Statement) -> int:
    """Handles a portion of what is due; answers how many benefits it picked. Balances are told to who listens."""
    picked = await session.row(due, balance=BALANCE)
    if not picked.ids:
        return 0
    owners = await _turned(session, _TURN_PICKED, ids=picked.ids)
    for owner in owners if picked.is_heard else ():
        events.balance(session, owner)
    return len(picked.ids)
