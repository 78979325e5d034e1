"""What a purchase does to its customer, inside the same transaction: value and ledger first, then the aggregations.

The rooms that know how are asked through their services.
"""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from psycopg.errors import SerializationFailure, UniqueViolation

from omneo_api.commerce.transactions.models import RecordedTransaction
from omneo_api.commerce.transactions.schemas import TransactionRead
from omneo_api.incentives import hooks
from omneo_api.incentives.ledger import service as ledger
from omneo_api.incentives.subjects import show_subject
from omneo_api.profiles.aggregations.service import recalculate, recalculate_many
from omneo_api.profiles.profile import service as profiles

show_subject("transaction", lambda: (TransactionRead, RecordedTransaction))


async def recorded(session: Any, sales: Sequence[tuple[int, uuid.UUID, Decimal]]) -> None:
    """New purchases that count (id, profile, total), of a profile each.

    What was never told needs no look-up of what was told.
    """
    entries = [
        ledger.Entry(profile_id, "transaction", transaction_id, "recorded", 0, "Transaction", total)
        for transaction_id, profile_id, total in sales
    ]
    await ledger.record(session, entries)
    if len(sales) == 1:
        await recalculate(session, sales[0][1])
    elif sales:
        await recalculate_many(session, [profile_id for _, profile_id, _ in sales])
    await hooks.on_purchases(session, [profile_id for _, profile_id, _ in sales])


async def computed_again(session: Any, profile_id: uuid.UUID) -> None:
    """The figures of a locked profile are to be what its purchases make them at this moment."""
    await recalculate(session, profile_id)
    await hooks.on_recalculation(session, profile_id)


async def attached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A purchase that counts became this profile's."""
    await hooks.on_transaction_attached(session, transaction_id, profile_id)
    await recalculate(session, profile_id)


async def detached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A purchase that counted is no longer this profile's."""
    await hooks.on_transaction_detached(session, transaction_id, profile_id)
    await recalculate(session, profile_id)


async def voided(session: Any, transaction_id: int, profile_id: uuid.UUID, kind: str) -> None:
    """A purchase of this profile stopped counting: `kind` is void, superseded or deleted."""
    await hooks.on_transaction_voided(session, transaction_id, profile_id, kind)
    await recalculate(session, profile_id)


async def placeholder_staff(session: Any, reference: str) -> uuid.UUID:
    """A member of staff of whom nothing is known but the reference.

    Raises: SerializationFailure, which starts the request anew, when another request makes the same one at this moment.
    """
    try:
        return await profiles.placeholder_staff(session, reference)
    except UniqueViolation as fault:
        raise SerializationFailure("the member of staff was made meanwhile") from fault
