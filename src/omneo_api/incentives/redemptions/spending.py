"""Which lots a spending takes from, and how much of each: pure functions over lots (incentives-value 10.4)."""

from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from omneo_api.incentives.account import CENT, Account, Held, truncated
from omneo_api.incentives.ledger.service import ZERO
from omneo_api.incentives.redemptions.records import Item

POINT_UNIT = Decimal("0.0001")


def cents(dollars: Decimal) -> Decimal:
    return dollars.quantize(CENT, ROUND_HALF_UP)


def take_dollars(lots: Sequence[Held], need: Decimal) -> list[Item]:
    """Takes up to `need` dollars from rewards or credits in order; a lot of another currency gives its own units."""
    items = []
    for lot in lots:
        if need <= 0:
            break
        worth = cents(lot.value * lot.per_unit)
        dollars = min(worth, need)
        if dollars <= 0:
            continue
        value = lot.value if dollars == worth else min(lot.value, cents(dollars / lot.per_unit))
        items.append(Item(lot.kind, lot.id, value, dollars, lot=lot))
        need -= dollars
    return items


def take_points(lots: Sequence[Held], need: Decimal) -> list[Item]:
    """Burns points worth up to `need` dollars: never more than what all lots together, debts included, are worth.

    The burnt points are the dollars at the rate, halves up at four places; each lot's part of the dollars is rounded so
    that the parts sum to what was spent.
    """
    worth = truncated(max(ZERO, sum((lot.value * lot.per_unit for lot in lots), ZERO)))
    dollars = min(need, worth)
    if dollars <= 0:
        return []
    items: list[Item] = []
    open_dollars, told = dollars, ZERO
    for lot in (lot for lot in lots if lot.value > 0 and lot.per_unit > 0):
        whole = lot.value * lot.per_unit
        if whole < open_dollars:
            value, open_dollars = lot.value, open_dollars - whole
            shown = cents(dollars - open_dollars) - told
        else:
            value = min(lot.value, (open_dollars / lot.per_unit).quantize(POINT_UNIT, ROUND_HALF_UP))
            open_dollars, shown = ZERO, dollars - told
        told += shown
        if value > 0:
            items.append(Item("point", lot.id, value, shown, lot=lot))
        if open_dollars <= 0:
            break
    return items


def plan(account: Account, order: Sequence[str], need: Decimal) -> list[Item]:
    """What is taken from which lot, strategy after strategy."""
    items: list[Item] = []
    for strategy in order:
        left = need - sum((item.dollar_value for item in items), ZERO)
        match strategy:
            case "rewards":
                items += take_dollars(account.available("reward"), left)
            case "credits":
                items += take_dollars([lot for lot in account.available("credit") if not lot.secured], left)
            case "points":
                items += take_points(account.available("point"), left)
    return items
