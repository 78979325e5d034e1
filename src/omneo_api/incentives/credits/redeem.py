"""Spending one named credit, in full or not at all (incentives-value 8.3)."""

import uuid
from datetime import timedelta
from typing import Any

from omneo_api.foundation.errors import Invalid
from omneo_api.incentives.credits import numbers
from omneo_api.incentives.credits.models import Credit
from omneo_api.incentives.credits.schemas import CreditRedeemBody
from omneo_api.incentives.credits.service import locked
from omneo_api.incentives.redemptions.records import Item
from omneo_api.incentives.redemptions.service import check_location, foreign_rate, write_spending
from omneo_api.incentives.redemptions.spending import cents

MOST_GUESSES = 5
PAUSE = timedelta(minutes=15)


class WrongCode(Invalid):
    """A wrong code: the count of guesses must outlive the refusal, so the transaction is kept."""


async def redeem_credit(
    session: Any, profile_id: uuid.UUID, identifier: int, body: CreditRedeemBody
) -> int | WrongCode:
    """Answers the redemption's id, or the refusal that is to be answered with the transaction kept.

    Raises: NotFound, Invalid.
    """
    account, row, lot = await locked(session, identifier, profile_id)
    errors: dict[str, list[str]] = {}
    worth = cents(lot.value * lot.per_unit)
    rate = await foreign_rate(session, body.currency, errors)
    need = cents(body.amount / rate) if rate is not None else body.amount
    if body.amount <= 0:
        errors["amount"] = ["The amount field must be greater than 0."]
    elif body.amount != cents(body.amount):
        errors["amount"] = ["The amount field must not have more than 2 decimals."]
    elif need <= 0:
        errors["amount"] = ["The amount field must be worth at least a cent."]
    elif need > worth:
        most = cents(worth * (rate or 1))
        errors["amount"] = [f"The amount field must not be greater than {format(most, 'f')}."]
    if lot.is_expired(account.now):
        errors["credit"] = ["The credit has expired."]
    elif lot.is_locked(account.now):
        errors["credit"] = ["The credit is locked."]
    await check_location(session, body.location_id, errors)
    if row.codes_blocked_until is not None and row.codes_blocked_until > account.now:
        raise Invalid.field("security_code", "Too many wrong codes. Try again later.")
    if body.security_code is None and lot.secured:
        errors["security_code"] = ["The security code field is required."]
    elif body.security_code is not None and not numbers.is_code(row.security_code, body.security_code):
        failed = row.failed_codes + 1
        blocked = account.now + PAUSE if failed % MOST_GUESSES == 0 else None
        await session.update(Credit, {"id": identifier}, {"failed_codes": failed, "codes_blocked_until": blocked})
        await account.flush()
        return WrongCode({**errors, "security_code": ["The selected security code is invalid."]})
    if errors:
        raise Invalid(errors)
    if row.failed_codes:
        await session.update(Credit, {"id": identifier}, {"failed_codes": 0, "codes_blocked_until": None})
    value = lot.value if need == worth else min(lot.value, cents(need / lot.per_unit))
    values = {
        "type": "redeem",
        "total": need,
        "total_localised": body.amount,
        "currency": body.currency,
        "exchange_rate": rate,
        "location_id": body.location_id,
        "meta": body.meta,
        "transaction_external_id": body.transaction_external_id,
        "transaction_receipt_ref": body.transaction_receipt_ref,
    }
    return await write_spending(session, account, values, [Item("credit", lot.id, value, need, lot=lot)])
