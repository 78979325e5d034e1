"""Merging what two profiles own (incentives-value 15.4): lots and redemptions move, nothing written is rewritten."""

import uuid
from decimal import Decimal
from typing import Any

from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Account, Held, load, open_account
from omneo_api.incentives.achievements import service as achievements
from omneo_api.incentives.ledger.models import ProfileMerge
from omneo_api.incentives.tiers.standing import service as tiers
from omneo_api.profiles.scope import lock_profile

TABLES = {"reward": "rewards", "point": "points", "credit": "credits"}
_IDS = {
    kind: Statement(f"SELECT id FROM {table} WHERE profile_id = :source::uuid ORDER BY id")
    for kind, table in TABLES.items()
}
_MOVE = {
    kind: Statement(f"UPDATE {table} SET profile_id = :destination::uuid WHERE profile_id = :source::uuid")
    for kind, table in TABLES.items()
}
_FOLLOW = (
    Statement("UPDATE benefits SET profile_id = :destination::uuid WHERE profile_id = :source::uuid"),
    Statement("UPDATE redemption_states SET profile_id = :destination::uuid WHERE profile_id = :source::uuid"),
    Statement("UPDATE points SET linked_profile_id = :destination::uuid WHERE linked_profile_id = :source::uuid"),
    Statement("UPDATE credits SET creator_profile_id = :destination::uuid WHERE creator_profile_id = :source::uuid"),
)
_BALANCES = Statement(
    """
    SELECT coalesce(sum(l.dollar_balance), 0) AS dollars, coalesce(sum(l.point_balance), 0) AS points
    FROM unnest(ARRAY[:source::uuid, :destination::uuid]) AS p (id)
    CROSS JOIN LATERAL (
        SELECT dollar_balance, point_balance FROM ledger_entries e WHERE e.profile_id = p.id ORDER BY e.id DESC LIMIT 1
    ) AS l
    """
)
_LINE = Statement(
    """
    INSERT INTO ledger_entries (profile_id, type, subject_id, cause, occurrence, description, dollar_value,
                                dollar_balance, point_value, point_balance)
    VALUES (:destination::uuid, 'reward', NULL, 'merged', :occurrence::bigint, 'Profiles merged', 0,
            :dollars::numeric, 0, :points::numeric)
    """
)


async def merge(session: Any, source_id: uuid.UUID, destination_id: uuid.UUID) -> None:
    """Moves every lot and redemption of the source to the destination, under both locks, the smaller id first.

    Both profiles must be alive: the caller deletes the source afterwards. Raises: NotFound.
    """
    for profile_id in sorted((source_id, destination_id)):
        await lock_profile(session, profile_id)
    source = await open_account(session, source_id)
    await source.flush()
    account = await open_account(session, destination_id)
    await account.flush()
    sums = await session.row(_BALANCES, source=source_id, destination=destination_id)
    for kind in TABLES:
        ids = [row.id for row in await session.rows(_IDS[kind], source=source_id)]
        moved: list[Held] = await load(session, kind, ids)  # type: ignore[arg-type]
        await session.execute(_MOVE[kind], source=source_id, destination=destination_id)
        _note(account, moved)
    for statement in _FOLLOW:
        await session.execute(statement, source=source_id, destination=destination_id)
    await tiers.merge(session, source_id, destination_id)
    row = await session.insert(ProfileMerge, {"source_id": source_id, "destination_id": destination_id})
    await session.execute(
        _LINE, destination=destination_id, occurrence=row.id, dollars=sums.dollars, points=sums.points
    )
    account.settle()
    await account.flush()
    await achievements.merge(session, source_id, destination_id)
    events.balance(session, destination_id)


async def settle(session: Any, destination_id: uuid.UUID) -> None:
    """Calculates what follows from everything that has moved, the winner's regions included: its tier."""
    await tiers.recalculate(session, destination_id)


def _note(account: Account, lots: list[Held]) -> None:
    for lot in lots:
        lot.profile_id = account.profile_id
        account.add(lot)
        account.move(lot, "terms", Decimal(0))
