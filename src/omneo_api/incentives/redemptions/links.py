"""Which sale a redemption belongs to (incentives-value 10.7): facts that stand beside both, never in them."""

import uuid
from typing import Any

from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.statements import Statement

_CANDIDATE = Statement(
    """
    SELECT s.profile_id, s.transaction_id, r.type,
           EXISTS (SELECT 1 FROM redemptions u WHERE u.original_id = r.id AND u.type = 'reversal') AS is_reversed,
           EXISTS (SELECT 1 FROM transaction_states t
                   WHERE t.transaction_id = s.transaction_id AND t.void_kind IS DISTINCT FROM 'deleted') AS is_taken,
           s.order_id,
           EXISTS (SELECT 1 FROM transaction_states m
                   WHERE m.transaction_id = :transaction::bigint AND m.order_id = s.order_id) AS is_of_order
    FROM redemption_states s JOIN redemptions r ON r.tenant_id = s.tenant_id AND r.id = s.redemption_id
    WHERE s.redemption_id = :id::bigint FOR UPDATE OF s
    """
)
_LINK = Statement(
    """
    UPDATE redemption_states SET transaction_id = :transaction::bigint, updated_at = omneo_now()
    WHERE redemption_id = :id::bigint
    """
)
_LINK_ORDER = Statement(
    """
    UPDATE redemption_states SET order_id = :order::bigint, updated_at = omneo_now() WHERE redemption_id = :id::bigint
    """
)
_UNLINK_ORDER = Statement(
    """
    UPDATE redemption_states SET order_id = NULL, updated_at = omneo_now() WHERE order_id = :order::bigint
    """
)
_UNLINK = Statement(
    """
    UPDATE redemption_states SET transaction_id = NULL, updated_at = omneo_now()
    WHERE transaction_id = :transaction::bigint
    """
)
_HAND_OVER = Statement(
    """
    UPDATE redemption_states SET transaction_id = :new::bigint, updated_at = omneo_now()
    WHERE transaction_id = :old::bigint
    """
)
_WAITING = Statement(
    """
    SELECT r.id FROM redemptions r
    JOIN redemption_states s ON s.tenant_id = r.tenant_id AND s.redemption_id = r.id
    WHERE s.profile_id = :profile::uuid AND s.transaction_id IS NULL AND r.type = 'redeem'
      AND (r.transaction_external_id_key = lower(:external_id::text)
           OR r.transaction_receipt_ref_key = lower(:receipt_ref::text))
      AND NOT EXISTS (SELECT 1 FROM redemptions u WHERE u.original_id = r.id AND u.type = 'reversal')
    ORDER BY r.id DESC LIMIT 1
    """
)
# The one that the sale or order shows, else the newest of those that were reversed.
_SHOWN_FIRST = """
    SELECT s.redemption_id FROM redemption_states s WHERE s.{link} = :id::bigint
    ORDER BY EXISTS (SELECT FROM redemptions u WHERE u.original_id = s.redemption_id AND u.type = 'reversal'),
             s.redemption_id DESC
    LIMIT 1
"""
_OF = Statement(_SHOWN_FIRST.format(link="transaction_id"))
_OF_ORDER = Statement(_SHOWN_FIRST.format(link="order_id"))
_REDEEMER = Statement("SELECT profile_id FROM redemption_states WHERE redemption_id = :id::bigint")


async def redeemer(session: Any, redemption_id: int) -> uuid.UUID | None:
    """Whose a redemption is; None for an unknown one."""
    found: uuid.UUID | None = await session.value(_REDEEMER, id=redemption_id)
    return found


async def redemption_of(session: Any, transaction_id: int) -> int | None:
    """The redemption that is linked to a transaction."""
    found: int | None = await session.value(_OF, id=transaction_id)
    return found


async def redemption_of_order(session: Any, order_id: int) -> int | None:
    """The redemption that is linked to an order."""
    found: int | None = await session.value(_OF_ORDER, id=order_id)
    return found


async def _check(
    session: Any, redemption_id: int, profile_id: uuid.UUID | None, transaction_id: int | None = None
) -> Any:
    found = await session.row(_CANDIDATE, id=redemption_id, transaction=transaction_id)
    refused = found is None or found.type != "redeem" or found.is_reversed or profile_id not in (None, found.profile_id)
    if refused:
        raise Invalid.field("redemption_id", selected_is_invalid("redemption_id"))
    return found


async def attach(session: Any, redemption_id: int, transaction_id: int, profile_id: uuid.UUID | None) -> None:
    """Links a redemption to a sale of the same profile; that of an order may go to a sale made from the order.

    Raises: Invalid on `redemption_id` when it is unknown, another profile's, reversed, another live sale's or that of
    an order which this sale does not fulfil.
    """
    found = await _check(session, redemption_id, profile_id, transaction_id)
    if found.transaction_id == transaction_id:
        return
    if found.is_taken or (found.order_id is not None and not found.is_of_order):
        raise Invalid.field("redemption_id", selected_is_invalid("redemption_id"))
    await session.execute(_LINK, id=redemption_id, transaction=transaction_id)


async def attach_order(session: Any, redemption_id: int, order_id: int, profile_id: uuid.UUID | None) -> None:
    """Links a redemption to an order; the sale made from the order may be linked to it as well.

    Raises: Invalid on `redemption_id` as for a sale, and when it is another order's.
    """
    found = await _check(session, redemption_id, profile_id)
    if found.order_id == order_id:
        return
    if found.is_taken or found.order_id is not None:
        raise Invalid.field("redemption_id", selected_is_invalid("redemption_id"))
    await session.execute(_LINK_ORDER, id=redemption_id, order=order_id)


async def detach_order(session: Any, order_id: int) -> None:
    """Lets go of an order's redemption, which stays redeemed."""
    await session.execute(_UNLINK_ORDER, order=order_id)


async def detach(session: Any, transaction_id: int) -> None:
    """Lets go of a deleted sale's redemption, which stays redeemed."""
    await session.execute(_UNLINK, transaction=transaction_id)


async def hand_over(session: Any, old_transaction_id: int, new_transaction_id: int) -> None:
    """Moves the redemption of a superseded sale to its successor."""
    await session.execute(_HAND_OVER, old=old_transaction_id, new=new_transaction_id)


async def link_by_reference(
    session: Any, profile_id: uuid.UUID, transaction_id: int, external_id: str | None, receipt_ref: str | None
) -> int | None:
    """Links the newest unlinked redemption that was made for this external id or receipt; answers its id."""
    if external_id is None and receipt_ref is None:
        return None
    found: int | None = await session.value(
        _WAITING, profile=profile_id, external_id=external_id, receipt_ref=receipt_ref
    )
    if found is not None:
        await session.execute(_LINK, id=found, transaction=transaction_id)
    return found
