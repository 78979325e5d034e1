"""Spending what a profile has, in one transaction (incentives-value 10.1 to 10.5)."""

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Account, open_account
from omneo_api.incentives.balances.routes import rate_of
from omneo_api.incentives.ledger.service import ZERO
from omneo_api.incentives.redemptions import benefits
from omneo_api.incentives.redemptions.links import attach, detach, hand_over, link_by_reference
from omneo_api.incentives.redemptions.records import Item, insert_items, insert_redemption
from omneo_api.incentives.redemptions.schemas import DEFAULT_ORDER, RedeemBody
from omneo_api.incentives.redemptions.spending import cents, plan

INSUFFICIENT = "The amount cannot be covered: insufficient balance."
_LOCATION = Statement("SELECT 1 FROM locations WHERE id = :id::bigint AND deleted_at IS NULL")


async def check_location(session: Any, location_id: int | None, errors: dict[str, list[str]]) -> None:
    if location_id is not None and await session.value(_LOCATION, id=location_id) is None:
        errors["location_id"] = [selected_is_invalid("location_id")]


async def foreign_rate(session: Any, code: str | None, errors: dict[str, list[str]]) -> Decimal | None:
    """The rate of a currency other than the system's; an unknown one is noted."""
    if code is None:
        return None
    try:
        rate: Decimal = await rate_of(session, code)
    except Invalid as fault:
        errors.update(fault.errors)
        return None
    return rate


async def redeem(session: Any, profile_id: uuid.UUID, body: RedeemBody) -> int:
    """Spends up to `amount` (exactly it, when strict) by the strategies in their order; answers the redemption's id.

    Raises: NotFound for an unknown or deleted profile, Invalid when a field is wrong or nothing can be spent; then
    nothing was.
    """
    account = await open_account(session, profile_id)
    if account.profile.profile_type == "deleted":
        raise NotFound
    errors: dict[str, list[str]] = {}
    if body.amount is None and not body.benefits:
        errors["amount"] = ["The amount field is required."]
    await check_location(session, body.location_id, errors)
    rate = await foreign_rate(session, body.currency, errors)
    if errors:
        raise Invalid(errors)
    amount = body.amount or ZERO
    need = cents(amount / rate) if rate is not None else amount
    used = await benefits.use(session, account, body.benefits or [])
    items = used + plan(account, body.strategies or DEFAULT_ORDER, need)
    total = sum((item.dollar_value for item in items), ZERO)
    if (body.strict and total < need) or (amount > 0 and total == 0 and not used):
        raise Invalid.field("amount", INSUFFICIENT)
    values = {
        "type": "redeem",
        "total": total,
        "total_localised": amount if total == need else cents(total * (rate or 1)),
        "currency": body.currency,
        "exchange_rate": rate,
        "location_id": body.location_id,
        "meta": body.meta,
        "external_id": body.external_id,
        "transaction_external_id": body.transaction_external_id,
        "transaction_receipt_ref": body.transaction_receipt_ref,
    }
    return await write_spending(session, account, values, items)


async def write_spending(session: Any, account: Account, values: dict[str, Any], items: Sequence[Item]) -> int:
    """Writes a spending with its items, lots, movements, lines and events; answers its id."""
    identifier = await insert_redemption(session, account, values)
    ids = await insert_items(session, account, identifier, items)
    for item, item_id in zip(items, ids, strict=True):
        if item.type == "benefit":
            await benefits.tell(session, account, item, identifier)
        if item.lot is not None and item.value is not None:
            account.spend(item.lot, item.value, identifier, item_id)
            events.redeemed(
                session, item.lot.kind, item.lot.id, account.profile_id, value=item.value, redemption_id=identifier
            )
    await account.flush()
    return identifier


# Links to sales, for the rooms that call this service.
__all__ = ["attach", "check_location", "detach", "hand_over", "link_by_reference", "redeem", "write_spending"]
