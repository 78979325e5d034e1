"""The seam to benefits: they are redeemed by their own rules and noted in the same redemption."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from omneo_api.foundation.errors import Invalid
from omneo_api.incentives.account import Account
from omneo_api.incentives.redemptions.records import Item
from omneo_api.incentives.redemptions.schemas import BenefitUse

Use = Callable[[Any, Account, Sequence[BenefitUse]], Awaitable[list[Item]]]
GiveBack = Callable[[Any, Account, int, int], Awaitable[None]]
Tell = Callable[[Any, Account, Item, int], Awaitable[None]]
_rules: list[tuple[Use, GiveBack, Tell]] = []


def redeem_benefits_with(use: Use, give_back: GiveBack, tell: Tell) -> None:
    """Tells how benefits are used and given back.

    `use(session, account, asked)` takes all or raises Invalid on `benefits.N`, and answers the items to be noted
    (`dollar_value` 0). `give_back(session, account, benefit_id, count)` returns uses. `tell(session, account, item,
    redemption_id)` writes the line and the events of an item that was noted.
    """
    _rules[:] = [(use, give_back, tell)]


async def use(session: Any, account: Account, asked: Sequence[BenefitUse]) -> list[Item]:
    """Raises: Invalid."""
    if not asked:
        return []
    if not _rules:
        raise Invalid({f"benefits.{place}": ["The benefit cannot be redeemed."] for place in range(len(asked))})
    return await _rules[0][0](session, account, asked)


async def give_back(session: Any, account: Account, benefit_id: int, count: int) -> None:
    if _rules:
        await _rules[0][1](session, account, benefit_id, count)


async def tell(session: Any, account: Account, item: Item, redemption_id: int) -> None:
    if _rules:
        await _rules[0][2](session, account, item, redemption_id)
