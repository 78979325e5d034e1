"""What a purchase does to its customer, inside the same transaction: value and ledger first, then the aggregations.

The rooms that know how are asked through their services, which are looked up when first used, because they in turn read
purchases.
"""

import uuid
from collections.abc import Mapping
from typing import Any

from omneo_api.foundation.errors import Invalid, selected_is_invalid


async def attached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A purchase that counts became this profile's."""


async def detached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A purchase that counted is no longer this profile's."""


async def voided(session: Any, transaction_id: int, profile_id: uuid.UUID, kind: str) -> None:
    """A purchase of this profile stopped counting: `kind` is void, superseded or deleted."""


async def recalculated(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """Evaluates again what a purchase that counts does to its profile."""


async def placeholder_staff(session: Any, reference: str) -> uuid.UUID:
    """A member of staff of whom nothing is known but the reference."""
    from omneo_api.profiles.profile import service

    return await service.placeholder_staff(session, reference)


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
