"""What the rest of the program calls when a sale or a profile changed. Each may be repeated without effect."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from omneo_api.foundation.statements import Statement
from omneo_api.incentives.credits.service import claim_gifts, claim_gifts_of
from omneo_api.incentives.ledger.service import record_transaction
from omneo_api.incentives.points.earning import take_back
from omneo_api.incentives.redemptions.links import link_by_reference
from omneo_api.incentives.tiers.points import service as tier_points
from omneo_api.incentives.tiers.standing import service as tiers

_SALE = Statement(
    """
    SELECT t.total, t.external_id, s.receipt_ref FROM transactions t
    LEFT JOIN transaction_states s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id
    WHERE t.id = :id::bigint
    """
)
SAID = {"void": "voided", "superseded": "superseded", "deleted": "deleted"}


async def on_transaction_attached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A sale that counts became this profile's: its line, and the redemption that waited for it."""
    sale = await session.row(_SALE, id=transaction_id)
    await record_transaction(session, profile_id, transaction_id, sale.total)
    await link_by_reference(session, profile_id, transaction_id, sale.external_id, sale.receipt_ref)
    await tiers.catch_up(session, profile_id)


async def on_transaction_detached(session: Any, transaction_id: int, profile_id: uuid.UUID) -> None:
    """A sale that counted is no longer this profile's: its counter-line, and its points are taken back."""
    await _undone(session, transaction_id, profile_id, "unassigned")


async def on_transaction_voided(session: Any, transaction_id: int, profile_id: uuid.UUID, kind: str) -> None:
    """A sale stopped counting; `kind` is void, superseded or deleted. Its redemption stays redeemed."""
    await _undone(session, transaction_id, profile_id, SAID[kind])


async def _undone(session: Any, transaction_id: int, profile_id: uuid.UUID, what: str) -> None:
    sale = await session.row(_SALE, id=transaction_id)
    total: Decimal = sale.total
    await take_back(session, transaction_id)
    await tier_points.take_back(session, profile_id, transaction_id)
    await record_transaction(session, profile_id, transaction_id, -total, f"Transaction {what}")


async def on_purchases(session: Any, profiles: Sequence[uuid.UUID]) -> None:
    """Purchases of these profiles were recorded: what time alone has changed of their tiers is changed with them."""
    if profiles:
        await tiers.catch_up_many(session, profiles)


async def on_profiles_made(session: Any, made: Sequence[tuple[uuid.UUID, str | None]]) -> None:
    """Profiles (id, e-mail) are new: what `on_profile_email` and `on_profile_program` do for each of them."""
    await claim_gifts_of(session, {email: profile_id for profile_id, email in made if email})
    await tiers.calculate(session, [profile_id for profile_id, _ in made])


async def on_recalculation(session: Any, profile_id: uuid.UUID) -> None:
    """What a purchase does to its locked customer is to be computed again: the tier is measured as of now."""
    await tiers.recalculate(session, profile_id)


async def on_profile_program(session: Any, profile_id: uuid.UUID) -> None:
    """A profile is new, or its region changed: it is placed in the tier program that is its own from now on."""
    await tiers.calculate(session, [profile_id])


async def on_profile_email(session: Any, profile_id: uuid.UUID, email: str) -> int:
    """A profile has this address from now on: gifts sent to it become the profile's; answers how many."""
    return await claim_gifts(session, profile_id, email)
