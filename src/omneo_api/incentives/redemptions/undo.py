"""Undoing a spending: reversal within ten minutes, return at any time (incentives-value 10.6)."""

import uuid
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from psycopg.errors import SerializationFailure

from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Account, Held, load, open_account
from omneo_api.incentives.credits import service as credit_service
from omneo_api.incentives.ledger.service import ZERO
from omneo_api.incentives.points import service as points
from omneo_api.incentives.redemptions import benefits
from omneo_api.incentives.redemptions.records import Item, insert_items, insert_redemption
from omneo_api.incentives.redemptions.schemas import BenefitUse, RedeemBody
from omneo_api.incentives.redemptions.service import check_location, foreign_rate
from omneo_api.incentives.redemptions.spending import POINT_UNIT, cents
from omneo_api.incentives.rewards import service as rewards

REVERSIBLE = timedelta(minutes=10)
STRATEGY_TYPES = {"rewards": "reward", "points": "point", "benefits": "benefit", "credits": "credit"}

_ORIGINAL = Statement(
    """
    SELECT r.*, s.profile_id AS owner_id, s.transaction_id AS linked_transaction_id,
           EXISTS (SELECT 1 FROM redemptions u WHERE u.original_id = r.id AND u.type = 'reversal') AS is_reversed,
           EXISTS (SELECT 1 FROM redemptions u WHERE u.original_id = r.id AND u.type = 'return') AS is_returned
    FROM redemptions r JOIN redemption_states s ON s.tenant_id = r.tenant_id AND s.redemption_id = r.id
    WHERE r.id = :id::bigint
    """
)
_OPEN_ITEMS = Statement(
    """
    SELECT i.id, i.type, i.subject_id, i.value, i.dollar_value, i.count,
           i.value - coalesce(sum(u.value), 0) AS value_left,
           i.dollar_value - coalesce(sum(u.dollar_value), 0) AS dollars_left,
           i.count - coalesce(sum(u.count) FILTER (WHERE i.type = 'benefit'), 0) AS count_left
    FROM redemption_items i LEFT JOIN redemption_items u ON u.tenant_id = i.tenant_id AND u.original_item_id = i.id
    WHERE i.redemption_id = :id::bigint
    GROUP BY i.tenant_id, i.id ORDER BY i.id
    """
)


@dataclass(slots=True)
class Undoing:
    """A spending under the locks of everybody whose lots it touched."""

    row: Any
    account: Account
    accounts: dict[uuid.UUID, Account]
    items: list[Any]
    lots: dict[tuple[str, int], Held]

    def of(self, lot: Held) -> Account:
        return self.accounts.get(lot.profile_id, self.account) if lot.profile_id else self.account

    async def flush(self) -> None:
        for account in self.accounts.values():
            await account.flush()


async def _open(session: Any, identifier: int) -> Undoing:
    """Locks the owner of a spending, and of credits that went to others since, in ascending order. Raises: NotFound."""
    row = await session.row(_ORIGINAL, id=identifier)
    if row is None:
        raise NotFound
    items = await session.rows(_OPEN_ITEMS, id=identifier)
    given = await load(session, "credit", [item.subject_id for item in items if item.type == "credit"])
    owners = {row.owner_id} | {lot.profile_id for lot in given if lot.profile_id is not None}
    accounts = {owner: await open_account(session, owner) for owner in sorted(owners)}
    row = await session.row(_ORIGINAL, id=identifier)
    if row.owner_id not in accounts:
        raise SerializationFailure("The redemption went to another profile meanwhile.")
    items = await session.rows(_OPEN_ITEMS, id=identifier)
    lots: dict[tuple[str, int], Held] = {}
    for kind in ("reward", "point", "credit"):
        for lot in await load(session, kind, [item.subject_id for item in items if item.type == kind]):
            holder = accounts.get(lot.profile_id) if lot.profile_id else None
            lots[kind, lot.id] = (holder or accounts[row.owner_id]).add(lot)
    if row.type != "redeem":
        raise Invalid.field("redemption", "Only a redemption of type redeem can be undone.")
    if row.is_reversed:
        raise Invalid.field("redemption", "The redemption has already been reversed.")
    return Undoing(row, accounts[row.owner_id], accounts, items, lots)


def _copied(row: Any) -> dict[str, Any]:
    names = ("currency", "exchange_rate", "location_id", "transaction_external_id", "transaction_receipt_ref")
    return {name: getattr(row, name) for name in names}


async def reverse(session: Any, identifier: int) -> int:
    """Undoes a whole spending exactly: every value goes back to the lot that it came from. Answers the new record's id.

    Raises: NotFound, Invalid when it is older than ten minutes, was undone before, or is no spending.
    """
    undoing = await _open(session, identifier)
    row, account = undoing.row, undoing.account
    if row.is_returned:
        raise Invalid.field("redemption", "The redemption has already been returned in part or in full.")
    if account.now - row.created_at > REVERSIBLE:
        raise Invalid.field("redemption", "The redemption is older than 10 minutes and cannot be reversed.")
    values = {
        **_copied(row),
        "type": "reversal",
        "original_id": row.id,
        "total": row.total,
        "total_localised": row.total_localised,
        "meta": row.meta,
    }
    made = await insert_redemption(session, account, values)
    mirrored = [
        Item(item.type, item.subject_id, item.value, item.dollar_value, item.count, item.id) for item in undoing.items
    ]
    ids = await insert_items(session, account, made, mirrored)
    for item, item_id in zip(mirrored, ids, strict=True):
        if item.type == "benefit":
            await benefits.give_back(session, account, item.subject_id, int(item.count or 1))
        elif item.value is not None:
            lot = undoing.lots[item.type, item.subject_id]
            holder = undoing.of(lot)
            holder.give_back(lot, item.value, made, item_id, "reversed")
            events.changed(session, lot.kind, lot.id, lot.profile_id)
            holder.settle()
    await undoing.flush()
    return made


async def give_return(session: Any, identifier: int, body: RedeemBody) -> int:
    """Gives back all or part of a spending as new incentives (credits are refilled). Answers the new record's id.

    Raises: NotFound, Invalid when nothing is left, a field is wrong, or (strict) less is left than asked.
    """
    undoing = await _open(session, identifier)
    row, account = undoing.row, undoing.account
    errors: dict[str, list[str]] = {}
    await check_location(session, body.location_id, errors)
    # An amount is in the currency that is named with it, else in the system's; without one all is told as it was spent.
    as_spent = body.currency is None and body.amount is None
    code = row.currency if as_spent else body.currency
    rate = row.exchange_rate if as_spent else await foreign_rate(session, code, errors)
    if errors:
        raise Invalid(errors)
    ordered = _return_order(undoing.items, body.strategies)
    left = sum((item.dollars_left for item in ordered), ZERO)
    uses = await _named_uses(session, undoing, body.benefits)
    asked = body.amount if rate is None or body.amount is None else cents(body.amount / rate)
    if uses and body.amount is None:
        asked = ZERO
    if left <= 0 and not uses and not any(item.type == "benefit" and item.count_left > 0 for item in ordered):
        raise Invalid.field("amount", "Nothing is left to be returned.")
    if body.strict and asked is not None and asked > left:
        raise Invalid.field("amount", "The amount field must not be greater than what is left to be returned.")
    shares = [Share(item, None, ZERO, Decimal(count)) for item, count in uses]
    shares += _shares(ordered, left if asked is None else min(asked, left), left, uses_too=not uses)
    if not shares:
        raise Invalid.field("amount", "Nothing is left to be returned.")
    total = sum((share.dollars for share in shares), ZERO)
    values = {
        **_copied(row),
        "type": "return",
        "original_id": row.id,
        "total": total,
        "total_localised": body.amount if asked == total and body.amount is not None else cents(total * (rate or 1)),
        "currency": code,
        "exchange_rate": rate,
        "meta": body.meta,
        "external_id": body.external_id,
    }
    for name in ("location_id", "transaction_external_id", "transaction_receipt_ref"):
        values[name] = getattr(body, name) if getattr(body, name) is not None else values[name]
    made = await insert_redemption(session, account, values)
    await _give(session, undoing, made, shares)
    await undoing.flush()
    return made


def _return_order(items: list[Any], strategies: Any) -> list[Any]:
    """Last consumed first; with strategies their kinds alone, in their order."""
    latest = sorted(items, key=lambda item: -item.id)
    if not strategies:
        return latest
    return [item for strategy in strategies for item in latest if item.type == STRATEGY_TYPES[strategy]]


_HANDLES = Statement(
    """
    SELECT b.id, d.handle_key FROM benefits b
    JOIN benefit_definitions d ON d.tenant_id = b.tenant_id AND d.id = b.benefit_definition_id
    WHERE b.id = ANY (:ids::bigint[])
    """
)


async def _named_uses(session: Any, undoing: Undoing, named: list[BenefitUse] | None) -> list[tuple[Any, int]]:
    """The items of the benefits that a return names, each with the uses to be given back. Raises: Invalid."""
    if not named:
        return []
    items = [item for item in undoing.items if item.type == "benefit"]
    rows = await session.rows(_HANDLES, ids=[item.subject_id for item in items])
    handles = {row.id: row.handle_key for row in rows}
    left = {item.id: item.count_left for item in items}
    found: list[tuple[Any, int]] = []
    errors: dict[str, list[str]] = {}
    for place, one in enumerate(named):
        handle = one.handle.lower() if one.handle is not None else None
        for item in items:
            is_meant = item.subject_id == one.id if one.id is not None else handles[item.subject_id] == handle
            if is_meant and left[item.id] >= one.quantity:
                left[item.id] -= one.quantity
                found.append((item, one.quantity))
                break
        else:
            errors[f"benefits.{place}"] = [selected_is_invalid(f"benefits.{place}")]
    if errors:
        raise Invalid(errors)
    return found


@dataclass(frozen=True, slots=True)
class Share:
    """What of an item is given back: value in its unit and dollars, or (of a benefit) a count of uses."""

    item: Any
    value: Decimal | None
    dollars: Decimal
    count: Decimal = Decimal(1)


def _shares(ordered: list[Any], dollars: Decimal, left: Decimal, *, uses_too: bool) -> list[Share]:
    """The parts to be given back; the last part of an item takes what rounding left of it.

    uses_too: a return of everything gives benefits back as well.
    """
    everything = dollars == left
    shares: list[Share] = []
    for item in ordered:
        if item.type == "benefit":
            if uses_too and everything and item.count_left > 0:
                shares.append(Share(item, None, ZERO, item.count_left))
            continue
        part = min(item.dollars_left, dollars)
        if part == item.dollars_left and (part > 0 or everything):
            value = item.value_left
        else:
            unit = POINT_UNIT if item.type == "point" else Decimal("0.01")
            worth = item.value * part / item.dollar_value if item.dollar_value else ZERO
            value = min(item.value_left, worth.quantize(unit, ROUND_HALF_UP))
        if value > 0:
            shares.append(Share(item, value, part))
            dollars -= part
    return shares


async def _give(session: Any, undoing: Undoing, made: int, shares: list[Share]) -> None:
    account, items = undoing.account, []
    refills: list[tuple[int, Held, Decimal]] = []
    for share in shares:
        item, value, dollars = share.item, share.value, share.dollars
        if value is None:
            await benefits.give_back(session, account, item.subject_id, int(share.count))
            items.append(Item("benefit", item.subject_id, None, ZERO, share.count, item.id))
            continue
        old = undoing.lots[item.type, item.subject_id]
        if item.type == "reward":
            lot = await rewards.reissue(session, account, old.id, value, made)
        elif item.type == "point":
            lot = await points.reissue(session, account, old, value, made)
        elif old.live and not old.is_expired(account.now):
            lot = old
            refills.append((len(items), old, value))
        else:
            lot = await credit_service.reissue(session, account, old, value, made)
        items.append(Item(item.type, lot.id, value, dollars, original_item_id=item.id))
    ids = await insert_items(session, account, made, items)
    for place, lot, value in refills:
        undoing.of(lot).give_back(lot, value, made, ids[place], "returned")
        events.changed(session, "credit", lot.id, lot.profile_id)
    account.settle()


async def return_benefit(session: Any, identifier: int, count: int | None) -> int:
    """Gives uses back to the benefit of a spending; all that are left by default. Raises: NotFound, Invalid."""
    undoing = await _open(session, identifier)
    item = next((item for item in undoing.items if item.type == "benefit" and item.count_left > 0), None)
    if item is None:
        raise Invalid.field("redemption", "The redemption has no benefit to be returned.")
    asked = Decimal(count) if count is not None else item.count_left
    if asked > item.count_left:
        raise Invalid.field("count", f"The count field must not be greater than {item.count_left}.")
    values = {
        **_copied(undoing.row),
        "type": "return",
        "original_id": undoing.row.id,
        "total": ZERO,
        "total_localised": ZERO,
    }
    made = await insert_redemption(session, undoing.account, values)
    await insert_items(session, undoing.account, made, [Item("benefit", item.subject_id, None, ZERO, asked, item.id)])
    await benefits.give_back(session, undoing.account, item.subject_id, int(asked))
    await undoing.flush()
    return made
