"""Points that a sale earns through an action: once, as many as was computed last, none when it stops counting (5.3).

What an action gave for a sale or a line is the sum of the lots with the action's key. A lot is never changed: the
difference to what is computed anew is a lot of its own, and what is taken back loses its key.
"""

import uuid
from collections.abc import Collection, Sequence
from decimal import Decimal
from typing import Any

from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import events
from omneo_api.incentives.account import Account, open_account
from omneo_api.incentives.lots import ENDED, PENDING
from omneo_api.incentives.points.schemas import PointBody
from omneo_api.incentives.points.service import ByRate, Prepared, award, find_definition, prepare, settled
from omneo_api.incentives.sources import Source, action_of

_COLUMNS = "SELECT id, profile_id, point_definition_id, value_initial, issued_at, accrued_at, external_key FROM points"
_OF_SOURCE = Statement(
    f"{_COLUMNS} WHERE source_type = :kind::text AND source_id = :id::bigint"
    " AND starts_with(external_key, :prefix::text) ORDER BY id"
)
_OF_SALE = Statement(
    f"""
    {_COLUMNS} WHERE source_type = 'transaction' AND source_id = :id::bigint AND external_key IS NOT NULL
    UNION ALL
    {_COLUMNS} WHERE source_type = 'transaction_item' AND external_key IS NOT NULL
        AND source_id = ANY (SELECT i.id FROM transaction_items i WHERE i.transaction_id = :id::bigint)
    ORDER BY id
    """
)
_RELEASE = Statement("UPDATE points SET external_key = NULL WHERE id = ANY (:ids::bigint[])")


async def earn(
    session: Any,
    profile_id: uuid.UUID,
    body: PointBody,
    source: Source,
    *,
    by_rate: ByRate | None = None,
    linked_profile_id: uuid.UUID | None = None,
) -> int:
    """Awards what an action gives for a source; answers the lot's id.

    Where the source has a key and the action gave for it before, only the difference is awarded, and what it gave to
    somebody else or by another definition is taken back. linked_profile_id: who did what earned the points, where that
    is somebody else. The caller holds the profile's lock. Raises: Invalid.
    """
    rows = [] if source.key is None else await _given(session, source)
    if rows:
        chosen = body.point_definition_id if body.point_definition_id is not None else body.point_definition_handle
        definition = None if chosen is None else await find_definition(session, chosen)
        same = (profile_id, definition.id if definition is not None else None)
        others = [row for row in rows if (row.profile_id, row.point_definition_id) != same]
        await _let_go(session, others, source)
        rows = [row for row in rows if row not in others]
    prepared = await prepare(session, profile_id, body, by_rate)
    prepared.values.update(
        source_type=source.kind,
        source_id=source.id,
        external_key=source.key,
        linked_profile_id=linked_profile_id,
    )
    return await _corrected(session, prepared, rows) if rows else await settled(session, prepared)


async def _corrected(session: Any, prepared: Prepared, rows: Sequence[Any]) -> int:
    """Awards the difference to what the lots were given as; it is spendable from the same moment on as the first."""
    values, first = prepared.values, rows[0]
    due = values["value_initial"] - sum(row.value_initial for row in rows)
    if due == 0:
        identifier: int = first.id
        await prepared.account.flush()
        return identifier
    values.update(
        value_initial=due,
        value_remaining=due,
        accrued_at=first.accrued_at,
        issued_at=max(first.issued_at, whole_second(prepared.account.now)),
        expires_at=values["expires_at"] if due > 0 else None,
        external_key=f"{values['external_key']}:{rows[-1].id}",
    )
    return await settled(session, prepared, "adjusted")


async def _given(session: Any, source: Source) -> list[Any]:
    """The lots that the action of the source's key gave for it."""
    rows = await session.rows(_OF_SOURCE, kind=source.kind, id=source.id, prefix=source.key)
    return [row for row in rows if action_of(row.external_key) == source.key]


async def withdraw(session: Any, source: Source) -> bool:
    """Takes back what the action gave for the source; False when there was nothing."""
    rows = await _given(session, source)
    await _let_go(session, rows, source)
    return bool(rows)


async def withdraw_others(session: Any, source: Source, owner: str, kept: Collection[str]) -> None:
    """Takes back what an owner of actions (`trigger:7`) gave for the source by other actions than those of the keys."""
    rows = await session.rows(_OF_SOURCE, kind=source.kind, id=source.id, prefix=f"{owner}:")
    await _let_go(session, [row for row in rows if action_of(row.external_key) not in kept], source)


async def take_back(session: Any, transaction_id: int) -> None:
    """Takes back what a sale and its lines earned, its customer and others. Repeating it changes nothing.

    The caller holds the lock of the customer.
    """
    rows = await session.rows(_OF_SALE, id=transaction_id)
    await _let_go(session, rows, Source("transaction", transaction_id))


async def _let_go(session: Any, rows: Sequence[Any], source: Source) -> None:
    """Empties the lots that are still pending and meets the rest by one lot of the contrary per definition."""
    if not rows:
        return
    for profile_id in sorted({row.profile_id for row in rows}):
        account = await open_account(session, profile_id, living=False)
        await _reverse(session, account, [row for row in rows if row.profile_id == profile_id], source)
        account.settle()
        await account.flush()
    await session.execute(_RELEASE, ids=[row.id for row in rows])


async def _reverse(session: Any, account: Account, rows: Sequence[Any], source: Source) -> None:
    owed: dict[int, Decimal] = {}
    for row in rows:
        lot = account.lots.get(("point", row.id))
        if lot is not None and lot.phase == PENDING:
            account.move(lot, "void", -lot.value)
            account.set_phase(lot, ENDED)
            events.changed(session, "point", lot.id, account.profile_id)
        else:
            owed[row.point_definition_id] = owed.get(row.point_definition_id, Decimal(0)) + row.value_initial
    moment = whole_second(account.now)
    for definition_id, value in sorted(owed.items()):
        if value == 0:
            continue
        values = {
            "value_initial": -value,
            "value_remaining": -value,
            "accrued_at": moment,
            "issued_at": moment,
            "source_type": source.kind,
            "source_id": source.id,
        }
        definition = await find_definition(session, definition_id, live=False)
        await award(session, account, definition, values, "deleted" if value > 0 else "returned")
