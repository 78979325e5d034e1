"""What a purchase does to its customer, inside the same transaction: value and ledger first, then the aggregations.

The rooms that know how are asked through their services.
"""

import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from psycopg.errors import SerializationFailure, UniqueViolation

from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.ledger import service as ledger
from omneo_api.profiles.aggregations.service import recalculate
from omneo_api.profiles.profile import service as profiles

_TOTAL = Statement("SELECT total FROM transactions WHERE id = :id::bigint")


async def recorded(session: Any, transaction_id: int, profile_id: uuid.UUID, total: Decimal) -> None:
    """A new purchase that counts is this profile's."""
    await ledger.record(
        session, [ledger.Entry(profile_id, "transaction", transaction_id, "recorded", 0, "Transaction", total)]
    )
    await recalculate(session, profile_id)


async def attached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A purchase that counts became this profile's."""
    total = await session.value(_TOTAL, id=transaction_id)
    await ledger.record_transaction(session, profile_id, transaction_id, total)
    await recalculate(session, profile_id)


async def detached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A purchase that counted is no longer this profile's."""
    await _taken_back(session, transaction_id, profile_id, "unassigned")


async def voided(session: Any, transaction_id: int, profile_id: uuid.UUID, kind: str) -> None:
    """A purchase of this profile stopped counting: `kind` is void, superseded or deleted."""
    await _taken_back(session, transaction_id, profile_id, "voided" if kind == "void" else kind)


async def _taken_back(session: Any, transaction_id: int, profile_id: uuid.UUID, what: str) -> None:
    total = await session.value(_TOTAL, id=transaction_id)
    await ledger.record_transaction(session, profile_id, transaction_id, -total, f"Transaction {what}")
    await recalculate(session, profile_id)


async def recalculated(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """Evaluates again what a purchase that counts does to its profile."""
    del transaction_id
    await recalculate(session, profile_id)


async def placeholder_staff(session: Any, reference: str) -> uuid.UUID:
    """A member of staff of whom nothing is known but the reference.

    Raises: SerializationFailure, which starts the request anew, when another request makes the same one at this moment.
    """
    try:
        return await profiles.placeholder_staff(session, reference)
    except UniqueViolation as fault:
        raise SerializationFailure("the member of staff was made meanwhile") from fault


async def redeemer(session: Any, redemption_id: int) -> uuid.UUID | None:
    """The profile that redeemed; an anonymous purchase with a redemption becomes its."""
    return None


async def redemption_of(session: Any, transaction_id: int) -> int | None:
    """The redemption that is attached to a transaction."""
    return None


async def attach_redemption(
    session: Any, redemption_id: int, transaction_id: int, profile_id: uuid.UUID | None
) -> None:
    """Links a redemption to a purchase. Raises: Invalid on redemption_id."""
    raise Invalid.field("redemption_id", selected_is_invalid("redemption_id"))


async def link_redemption(session: Any, profile_id: uuid.UUID, transaction_id: int, values: Mapping[str, Any]) -> None:
    """Links the redemption that was made for this external id or receipt before the purchase arrived."""


async def detach_redemption(session: Any, transaction_id: int) -> None:
    """Lets go of a purchase's redemption, which stays redeemed."""


async def hand_over_redemption(session: Any, old_transaction_id: int, new_transaction_id: int) -> None:
    """Moves the redemption of a superseded purchase to its successor."""
