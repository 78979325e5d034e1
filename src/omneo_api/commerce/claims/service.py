"""Claims and their matching: whoever commits first gets the transaction (commerce 3.3)."""

import uuid
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from omneo_api.commerce.claims.models import CLAIMED, FAILED, PENDING, TransactionClaim
from omneo_api.commerce.claims.schemas import ClaimBody
from omneo_api.commerce.transactions import service as transactions
from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.errors import NotFound
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.scope import lock_profile

_SAME = Statement(
    """
    SELECT id FROM transaction_claims
    WHERE profile_id = :profile_id::uuid AND status = 'pending' AND receipt_ref_key = lower(:receipt_ref::text)
      AND transaction_total = :total::numeric AND transaction_timezone = :zone::text
      AND transaction_transacted_at IS NOT DISTINCT FROM :at::timestamp
      AND transaction_location_external_code IS NOT DISTINCT FROM :code::text
    ORDER BY id LIMIT 1
    """
)
_OWNER = Statement("SELECT profile_id FROM transaction_claims WHERE id = :id::bigint AND status = 'pending'")
_LOCK = Statement("SELECT * FROM transaction_claims WHERE id = :id::bigint FOR UPDATE")
_CANDIDATE = Statement(
    """
    WITH named AS (
        SELECT transaction_id AS id, 0 AS place FROM transaction_states WHERE receipt_ref_key = :key::text
        UNION ALL
        SELECT id, 1 FROM transactions WHERE external_id_key = :key::text
    )
    SELECT t.id
    FROM named
    JOIN transactions t ON t.id = named.id
    JOIN transaction_states s ON s.transaction_id = t.id
    LEFT JOIN locations l ON l.id = t.location_id
    WHERE s.profile_id IS NULL AND s.void_kind IS NULL
      AND abs(t.total - :total::numeric) < 0.01
      AND (:day::date IS NULL OR (t.transacted_at AT TIME ZONE :zone::text)::date = :day::date)
      AND (:code::text IS NULL OR l.external_code = :code::text OR l.external_id_key = lower(:code::text)
           OR l.id::text = :code::text)
      AND (:days::int IS NULL OR t.transacted_at >= omneo_now() - :days::int * interval '1 day')
    ORDER BY named.place, t.transacted_at DESC, t.id DESC LIMIT 1
    """
)
_UNLINK = Statement(
    "UPDATE transaction_states SET claim_id = NULL WHERE transaction_id = :id::bigint AND claim_id = :claim_id::bigint"
)
_DELETE = Statement("DELETE FROM transaction_claims WHERE id = :id::bigint")


async def create(session: Any, profile_id: uuid.UUID, body: ClaimBody) -> tuple[int, bool]:
    """Stores a claim and looks for its transaction at once; answers its id and whether it is new.

    Raises: NotFound for the profile.
    """
    await lock_profile(session, profile_id)
    zone = body.transaction_timezone or await setting(session, "client_timezone") or "UTC"
    values = {
        "transaction_receipt_ref": body.transaction_receipt_ref,
        "transaction_total": body.transaction_total,
        "transaction_transacted_at": wall_time(body.transaction_transacted_at, zone),
        "transaction_timezone": zone,
        "transaction_location_external_code": body.transaction_location_external_code,
    }
    same: int | None = await session.value(
        _SAME,
        profile_id=profile_id,
        receipt_ref=body.transaction_receipt_ref,
        total=body.transaction_total,
        zone=zone,
        at=values["transaction_transacted_at"],
        code=body.transaction_location_external_code,
    )
    if same is not None:
        return same, False
    row = await session.insert(TransactionClaim, {"profile_id": profile_id, **values})
    new = {"id": row.id, "profile_id": profile_id, **values}
    session.outbox.audit("created", "TransactionClaim", row.id, None, new, profile_id)
    await attempt(session, row.id)
    return row.id, True


def wall_time(moment: datetime | None, zone: str) -> datetime | None:
    """The clock on the wall there; a moment without a zone is that already."""
    if moment is None or moment.tzinfo is None:
        return moment
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


async def attempt(session: Any, identifier: int, *, counted: bool = True) -> bool:
    """Looks for the transaction of a pending claim; True when it is claimed now.

    Runs that are `counted` add up to `claims.max_attempts`; the last one of them fails the claim.
    """
    profile_id = await session.value(_OWNER, id=identifier)
    if profile_id is None:
        return False
    try:
        await lock_profile(session, profile_id)
    except NotFound:
        await session.update(TransactionClaim, {"id": identifier}, {"status": FAILED, "updated_at": session.now})
        return False
    claim = await session.row(_LOCK, id=identifier)
    if claim is None or claim.status != PENDING or claim.profile_id != profile_id:
        return False
    values = {"attempts": claim.attempts + counted, "last_checked_at": session.now, "updated_at": session.now}
    transaction_id = await _match(session, claim)
    if transaction_id is not None:
        values |= {"status": CLAIMED, "claimed_transaction_id": transaction_id, "claimed_at": session.now}
    elif counted and values["attempts"] >= int(await setting(session, "claims.max_attempts") or 168):
        values["status"] = FAILED
    await session.update(TransactionClaim, {"id": identifier}, values)
    if "status" in values:
        old, new = {"status": PENDING}, {"status": values["status"], "claimed_transaction_id": transaction_id}
        session.outbox.audit("updated", "TransactionClaim", identifier, old, new, profile_id)
    return transaction_id is not None


async def _match(session: Any, claim: Any) -> int | None:
    """Gives the newest matching transaction to the claim's profile; None when none matches.

    A transaction that somebody else takes at this moment begins the whole attempt anew.
    """
    days = await setting(session, "claims.max_transaction_age_days")
    at = claim.transaction_transacted_at
    found: int | None = await session.value(
        _CANDIDATE,
        key=claim.receipt_ref_key,
        total=claim.transaction_total,
        day=None if at is None else at.date(),
        zone=claim.transaction_timezone,
        code=claim.transaction_location_external_code,
        days=None if days is None else int(days),
    )
    if found is None:
        return None
    state = await transactions.lock(session, found, claim.profile_id)
    if state.profile_id is not None or state.void_kind is not None:
        return None
    await transactions.assign(session, state, claim.profile_id, session.now, claim.id)
    return found


async def delete(session: Any, identifier: int, profile_id: uuid.UUID) -> None:
    """Forgets a claim; what it claimed stays claimed. Raises: NotFound."""
    await lock_profile(session, profile_id)
    claim = await session.row(_LOCK, id=identifier)
    if claim is None or claim.profile_id != profile_id:
        raise NotFound
    if claim.claimed_transaction_id is not None:
        await session.execute(_UNLINK, id=claim.claimed_transaction_id, claim_id=identifier)
    await session.execute(_DELETE, id=identifier)
    old = {name: value for name, value in claim._asdict().items() if name not in ("tenant_id", "receipt_ref_key")}
    session.outbox.audit("deleted", "TransactionClaim", identifier, old, None, profile_id)
