"""Redeeming benefits, alone or within a redemption of other incentives, and giving uses back (incentives-status 9.4).

The profile is locked first, then the benefits and then their definitions, each in ascending order. A definition with a
limit over all profiles is locked while its sum is read and added to; one without is only kept from getting a limit.
"""

import uuid
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from psycopg.errors import SerializationFailure

from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Account
from omneo_api.incentives.benefits.clock import catch_up, open_benefits
from omneo_api.incentives.benefits.models import LEFT, Benefit
from omneo_api.incentives.benefits.schemas import BenefitRead
from omneo_api.incentives.benefits.service import left
from omneo_api.incentives.ledger.service import ZERO, Entry, record
from omneo_api.incentives.redemptions.benefits import redeem_benefits_with
from omneo_api.incentives.redemptions.records import Item
from omneo_api.incentives.redemptions.schemas import BenefitUse
from omneo_api.incentives.redemptions.service import write_spending
from omneo_api.incentives.subjects import show_subject

EXPIRED = "The benefit has expired."
EARLY = "The benefit cannot be redeemed before it is issued."
SPENT = "The benefit has no redemptions left."
ALL_SPENT = "The benefit definition has no redemptions left."

_LOCK = Statement(
    """
    SELECT b.id, b.profile_id, b.benefit_definition_id, b.issued_at, b.expires_at, b.value, b.max_redemptions,
           b.redeemed, b.deleted_at, d.max_global_redemptions, d.handle_key
    FROM benefits b JOIN benefit_definitions d ON d.tenant_id = b.tenant_id AND d.id = b.benefit_definition_id
    WHERE b.id = ANY (:ids::bigint[]) ORDER BY b.id FOR UPDATE OF b
    """
)
_KEEP = Statement(
    "SELECT max_global_redemptions FROM benefit_definitions WHERE id = ANY (:ids::bigint[]) ORDER BY id FOR KEY SHARE"
)
_LIMIT = Statement("SELECT id FROM benefit_definitions WHERE id = ANY (:ids::bigint[]) ORDER BY id FOR NO KEY UPDATE")
_SUMS = Statement(
    """
    SELECT d.id, d.max_global_redemptions - coalesce(sum(t.redeemed), 0)::bigint AS remaining
    FROM benefit_definitions d
    LEFT JOIN benefit_tallies t ON t.tenant_id = d.tenant_id AND t.benefit_definition_id = d.id
    WHERE d.id = ANY (:ids::bigint[]) AND d.max_global_redemptions IS NOT NULL GROUP BY d.tenant_id, d.id
    """
)
_USE = Statement(
    """
    WITH used AS (
        UPDATE benefits b SET redeemed = b.redeemed + u.uses, updated_at = omneo_now()
        FROM unnest(:ids::bigint[], :uses::bigint[]) AS u (id, uses) WHERE b.id = u.id
        RETURNING b.benefit_definition_id, u.uses
    )
    INSERT INTO benefit_tallies AS t (benefit_definition_id, slot, redeemed)
    SELECT benefit_definition_id, pg_backend_pid() % 16, sum(uses) FROM used GROUP BY 1 ORDER BY 1
    ON CONFLICT (tenant_id, benefit_definition_id, slot) DO UPDATE SET redeemed = t.redeemed + excluded.redeemed
    """
)
_BY_HANDLES = Statement(
    f"""
    SELECT id FROM benefits WHERE profile_id = :profile::uuid AND {LEFT} AND benefit_definition_id = ANY (ARRAY(
        SELECT id FROM benefit_definitions WHERE handle_key = ANY (:handles::text[])))
    """
)
_NEWEST = Statement(
    f"""
    SELECT id FROM benefits WHERE profile_id = :profile::uuid AND benefit_definition_id = :definition::bigint
        AND {LEFT} AND issued_at <= omneo_now() AND usable_until >= date_trunc('second', omneo_now())
    ORDER BY issued_at DESC, id DESC LIMIT 1
    """
)


class _Held:
    """Benefits under their locks, with what may still be taken of them and of their definitions."""

    def __init__(self, rows: Iterable[Any], limits: Mapping[int, int]) -> None:
        self.rows = {row.id: row for row in rows}
        self.own = {row.id: left(row) for row in self.rows.values()}
        self.limits = dict(limits)
        self.uses: dict[int, int] = {}

    def refusal(self, row: Any, count: int, now: datetime) -> str | None:
        """Why a benefit cannot be redeemed so many times; None when it can."""
        own, everybody = self.own[row.id], self.limits.get(row.benefit_definition_id)
        if row.expires_at is not None and row.expires_at < whole_second(now):
            return EXPIRED
        if row.issued_at > now:
            return EARLY
        if own is not None and own < count:
            return SPENT if own <= 0 else f"The benefit has only {own} redemption(s) left."
        if everybody is not None and everybody < count:
            return ALL_SPENT if everybody <= 0 else f"The benefit definition has only {everybody} redemption(s) left."
        return None

    def take(self, row: Any, count: int) -> None:
        self.uses[row.id] = self.uses.get(row.id, 0) + count
        own, everybody = self.own[row.id], self.limits.get(row.benefit_definition_id)
        if own is not None:
            self.own[row.id] = own - count
        if everybody is not None:
            self.limits[row.benefit_definition_id] = everybody - count

    def is_used_up(self, row: Any) -> bool:
        return self.own[row.id] == 0 or self.limits.get(row.benefit_definition_id) == 0


async def _hold(session: Any, ids: Iterable[int]) -> _Held:
    rows = await session.rows(_LOCK, ids=sorted(set(ids)))
    free = sorted({row.benefit_definition_id for row in rows if row.max_global_redemptions is None})
    limited = sorted({row.benefit_definition_id for row in rows} - set(free))
    kept = await session.rows(_KEEP, ids=free) if free else []
    if any(row.max_global_redemptions is not None for row in kept):
        raise SerializationFailure("The definition got a limit meanwhile.")
    if limited:
        await session.rows(_LIMIT, ids=limited)
    sums = await session.rows(_SUMS, ids=limited) if limited else []
    return _Held(rows, {row.id: row.remaining for row in sums})


async def _write(session: Any, account: Account, held: _Held) -> list[Item]:
    """Takes the uses and answers the items that the redemption notes."""
    ids = sorted(held.uses)
    await session.execute(_USE, ids=ids, uses=[held.uses[identifier] for identifier in ids])
    if any(held.is_used_up(held.rows[identifier]) for identifier in ids):
        events.balance(session, account.profile_id)
    return [
        Item("benefit", identifier, held.rows[identifier].value, ZERO, Decimal(held.uses[identifier]))
        for identifier in ids
    ]


async def redeem(
    session: Any, profile_id: uuid.UUID, benefit_id: int, count: int = 1, more: Mapping[str, Any] | None = None
) -> int:
    """Redeems one benefit of a profile so many times; answers the redemption's id.

    more: further columns of the redemption (`meta`, `transaction_id`). Raises: NotFound when it is not a live benefit
    of the profile, Invalid on `benefit` when it cannot be redeemed; then nothing was.
    """
    return await redeem_held(session, await open_redeemer(session, profile_id), benefit_id, count, more)


async def open_redeemer(session: Any, profile_id: uuid.UUID) -> Account:
    """The account of a profile that may redeem and claim, locked. Raises: NotFound."""
    account = await open_benefits(session, profile_id)
    if account.profile.profile_type == "deleted":
        raise NotFound
    return account


async def redeem_held(
    session: Any, account: Account, benefit_id: int, count: int, more: Mapping[str, Any] | None = None
) -> int:
    """The same under the profile's lock."""
    held = await _hold(session, [benefit_id])
    row = held.rows.get(benefit_id)
    if row is None or row.deleted_at is not None or row.profile_id != account.profile_id:
        raise NotFound
    refused = held.refusal(row, count, account.now)
    if refused is not None:
        raise Invalid.field("benefit", refused)
    held.take(row, count)
    items = await _write(session, account, held)
    values = {**(more or {}), "type": "redeem", "total": ZERO, "total_localised": ZERO}
    return await write_spending(session, account, values, items)


async def redeem_newest(
    session: Any, profile_id: uuid.UUID, definition_id: int, more: Mapping[str, Any] | None = None
) -> int:
    """Redeems the newest redeemable benefit of a definition once; answers the redemption's id.

    Raises: NotFound, Invalid on `benefit` when there is none.
    """
    account = await open_redeemer(session, profile_id)
    found = await session.value(_NEWEST, profile=profile_id, definition=definition_id)
    if found is None:
        raise Invalid.field("benefit", "The profile has no benefit of this definition that can be redeemed.")
    return await redeem_held(session, account, found, 1, more)


# Within other redemptions ---------------------------------------------------------------------------------------------


async def use(session: Any, account: Account, asked: Sequence[BenefitUse]) -> list[Item]:
    """Takes every benefit that a redemption names, by id or by its definition's handle. Raises: Invalid."""
    await catch_up(session, account.profile_id)
    handles = [one.handle.lower() for one in asked if one.id is None and one.handle is not None]
    named = await session.rows(_BY_HANDLES, profile=account.profile_id, handles=handles) if handles else []
    held = await _hold(session, [*(one.id for one in asked if one.id is not None), *(row.id for row in named)])
    errors: dict[str, list[str]] = {}
    for place, one in enumerate(asked):
        refused = _take(held, one, account)
        if refused is not None:
            key = f"benefits.{place}"
            errors[key] = [refused or selected_is_invalid(key)]
    if errors:
        raise Invalid(errors)
    return await _write(session, account, held)


def _take(held: _Held, one: BenefitUse, account: Account) -> str | None:
    """Takes what is asked; answers why not otherwise, an empty text when there is no such benefit."""
    refused: str | None = ""
    for row in _meant(held, one, account.profile_id):
        refused = held.refusal(row, one.quantity, account.now)
        if refused is None:
            held.take(row, one.quantity)
            return None
    return refused


def _meant(held: _Held, one: BenefitUse, profile_id: uuid.UUID) -> list[Any]:
    """The benefits that an entry may mean: the one of its id, or those of its handle, nearest expiry first."""
    own = [row for row in held.rows.values() if row.profile_id == profile_id and row.deleted_at is None]
    if one.id is not None:
        return [row for row in own if row.id == one.id]
    found = [row for row in own if one.handle is not None and row.handle_key == one.handle.lower()]
    return sorted(found, key=lambda row: (row.expires_at is None, row.expires_at or row.issued_at, row.id))


async def tell(session: Any, account: Account, item: Item, redemption_id: int) -> None:
    """Writes the line and the events of a benefit that was redeemed."""
    owner = account.profile_id
    await record(session, [Entry(owner, "benefit", item.subject_id, "redeemed", redemption_id, "Benefit redeemed")])
    events.redeemed(session, "benefit", item.subject_id, owner, value=item.value or ZERO, redemption_id=redemption_id)


async def give_back(session: Any, account: Account, benefit_id: int, count: int) -> None:
    """Returns uses to a benefit, whoever owns it by now."""
    rows = await session.rows(_LOCK, ids=[benefit_id])
    await session.execute(_USE, ids=[benefit_id], uses=[-count])
    for row in rows:
        events.changed(session, "benefit", benefit_id, row.profile_id)
        events.balance(session, row.profile_id)


redeem_benefits_with(use, give_back, tell)
show_subject("benefit", lambda: (BenefitRead, Benefit))
