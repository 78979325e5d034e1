"""The life of tier points; each change leaves the tier as it then must be (incentives-status 2.3)."""

import uuid
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, select

from omneo_api.commerce.transactions.events import CONTEXT_WITH_TIER_POINTS
from omneo_api.foundation.clock import whole_second
from omneo_api.foundation.errors import Errors, Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.points.service import find_definition
from omneo_api.incentives.sources import Source, action_of
from omneo_api.incentives.tiers.points.models import TierPoint
from omneo_api.incentives.tiers.points.schemas import TierPointBody, TierPointContext
from omneo_api.incentives.tiers.standing import service as standing
from omneo_api.profiles.scope import lock_profile

SHOWN = ("profile_id", "point_definition_id", "value", "issued_at", "accrued_at", "source_type", "source_id", "meta")

_CONTEXT = Statement(
    lambda: one_json(rows_json(TierPointContext, TierPoint).where(TierPoint.id == bindparam("id", type_=BigInteger)))
)
_OWNER = Statement("SELECT profile_id FROM tier_points WHERE id = :id::bigint AND deleted_at IS NULL")
_STATE = Statement(
    select(*TierPoint.__table__.c)
    .where(TierPoint.id == bindparam("id"), TierPoint.deleted_at.is_(None))
    .with_for_update()
)
_OF_SOURCE = Statement(
    "SELECT id, profile_id, point_definition_id, value, external_key FROM tier_points"
    " WHERE source_type = :kind::text AND source_id = :id::bigint AND deleted_at IS NULL"
    " AND starts_with(external_key, :prefix::text) ORDER BY id"
)
_FIRST_OF_SALE = Statement(
    "SELECT NOT EXISTS (SELECT 1 FROM tier_points WHERE transaction_id = :transaction::bigint AND id <> :id::bigint)"
)
_EARNERS = Statement(
    "SELECT DISTINCT profile_id FROM tier_points WHERE transaction_id = :transaction::bigint AND deleted_at IS NULL"
)
_LOCK = Statement(
    "SELECT id FROM profiles WHERE id = ANY (:profiles::uuid[]) AND deleted_at IS NULL ORDER BY id FOR UPDATE"
)
_TAKE_BACK = Statement(
    """
    UPDATE tier_points SET deleted_at = omneo_now()
    WHERE transaction_id = :transaction::bigint AND profile_id = ANY (:profiles::uuid[]) AND deleted_at IS NULL
    RETURNING id, profile_id, value, issued_at
    """
)


async def create(session: Any, body: TierPointBody) -> int:
    """Gives a tier point as a request asks. Raises: Invalid with every wrong reference."""
    errors: Errors = {}
    try:
        await lock_profile(session, body.profile_id)
    except NotFound:
        errors["profile_id"] = [selected_is_invalid("profile_id")]
    if await find_definition(session, body.point_definition_id) is None:
        errors["point_definition_id"] = [selected_is_invalid("point_definition_id")]
    if errors:
        raise Invalid(errors)
    now = await standing.present(session)
    values = {
        "profile_id": body.profile_id,
        "point_definition_id": body.point_definition_id,
        "value": body.value,
        "issued_at": body.issued_at or whole_second(now),
        "accrued_at": body.accrued_at,
        "meta": body.meta,
    }
    return await _give(session, values)


async def give(
    session: Any,
    *,
    profile_id: uuid.UUID,
    definition: int | str,
    value: int,
    issued_at: datetime | None = None,
    accrued_at: datetime | None = None,
    meta: Any = None,
    source: Source | None = None,
) -> int:
    """Gives a tier point on behalf of a reaction; answers its id.

    Where the source has a key and the same action gave for it before, that point gets the value, and what it gave to
    somebody else or by another definition goes. Raises: NotFound, Invalid.
    """
    await lock_profile(session, profile_id)
    found = await find_definition(session, definition)
    if found is None:
        raise Invalid.field("point_definition_id", selected_is_invalid("point_definition_id"))
    kept: int | None = None
    for row in await _given(session, source):
        if kept is None and (row.profile_id, row.point_definition_id) == (profile_id, found.id):
            kept = row.id
            await change(session, kept, {"value": value})
        else:
            await remove(session, row.id)
    if kept is not None:
        return kept
    now = await standing.present(session)
    values = {
        "profile_id": profile_id,
        "point_definition_id": found.id,
        "value": value,
        "issued_at": issued_at or whole_second(now),
        "accrued_at": accrued_at,
        "meta": meta,
        "source_type": source.kind if source else None,
        "source_id": source.id if source else None,
        "transaction_id": source.transaction_id if source else None,
        "external_key": source.key if source else None,
    }
    return await _give(session, values)


async def _given(session: Any, source: Source | None) -> list[Any]:
    """The living points that the action of the source's key gave for it."""
    if source is None or source.key is None:
        return []
    rows = await session.rows(_OF_SOURCE, kind=source.kind, id=source.id, prefix=source.key)
    return [row for row in rows if action_of(row.external_key) == source.key]


async def withdraw(session: Any, source: Source) -> bool:
    """Removes what the action gave for the source; False when there was nothing."""
    rows = await _given(session, source)
    for row in rows:
        await remove(session, row.id)
    return bool(rows)


async def withdraw_others(session: Any, source: Source, owner: str, kept: Collection[str]) -> None:
    """Removes what an owner of actions (`trigger:7`) gave for the source by other actions than those of the keys."""
    for row in await session.rows(_OF_SOURCE, kind=source.kind, id=source.id, prefix=f"{owner}:"):
        if action_of(row.external_key) not in kept:
            await remove(session, row.id)


async def _give(session: Any, values: Mapping[str, Any]) -> int:
    row = await session.insert(TierPoint, values)
    profile_id, transaction_id = values["profile_id"], values.get("transaction_id")
    shown = {name: values[name] for name in SHOWN if values.get(name) is not None}
    session.outbox.audit("created", "TierPoint", row.id, None, {"id": row.id, **shown}, profile_id)
    _tell(session, "created", row.id, profile_id)
    if transaction_id is not None and await session.value(_FIRST_OF_SALE, transaction=transaction_id, id=row.id):
        context = Context(CONTEXT_WITH_TIER_POINTS, {"id": transaction_id})
        session.outbox.emit("transaction.tier-points.issued", "transaction", transaction_id, context, profile_id)
    await standing.calculate(session, [profile_id], by_point=True)
    identifier: int = row.id
    return identifier


async def change(session: Any, identifier: int, values: Mapping[str, Any]) -> None:
    """Applies what was sent and differs. Raises: NotFound."""
    current = await _locked(session, identifier)
    changes = {name: value for name, value in values.items() if value != getattr(current, name)}
    if not changes:
        return
    await standing.present(session)
    await session.update(TierPoint, {"id": identifier}, {**changes, "updated_at": session.now})
    old = {name: getattr(current, name) for name in changes}
    session.outbox.audit("updated", "TierPoint", identifier, old, changes, current.profile_id)
    _tell(session, "updated", identifier, current.profile_id)
    if changes.keys() - {"meta"}:
        await standing.calculate(session, [current.profile_id], by_point=True)


async def remove(session: Any, identifier: int) -> None:
    """Marks a tier point as deleted: it counts no more. Raises: NotFound."""
    current = await _locked(session, identifier)
    now = await standing.present(session)
    await session.update(TierPoint, {"id": identifier}, {"deleted_at": now})
    _gone(session, current)
    await standing.calculate(session, [current.profile_id], by_point=True)


async def take_back(session: Any, profile_id: uuid.UUID, transaction_id: int) -> None:
    """Marks what a sale and its lines earned, its customer and others; without such points only what is due is done.

    The caller holds the lock of the customer. Repeating it changes nothing.
    """
    earners = [row.profile_id for row in await session.rows(_EARNERS, transaction=transaction_id)]
    if not earners:
        await standing.catch_up(session, profile_id)
        return
    alive = [row.id for row in await session.rows(_LOCK, profiles=sorted({*earners, profile_id}))]
    await standing.present(session)
    rows: Sequence[Any] = await session.rows(_TAKE_BACK, transaction=transaction_id, profiles=earners)
    for row in sorted(rows, key=lambda taken: int(taken.id)):
        _gone(session, row)
    await standing.calculate(session, [earner for earner in alive if earner in earners], by_point=True)
    if profile_id not in earners:
        await standing.catch_up(session, profile_id)


async def _locked(session: Any, identifier: int) -> Any:
    """The point's row, locked after its profile. Raises: NotFound."""
    owner = await session.value(_OWNER, id=identifier)
    if owner is None:
        raise NotFound
    await lock_profile(session, owner)
    current = await session.row(_STATE, id=identifier)
    if current is None or current.profile_id != owner:
        raise NotFound
    return current


def _gone(session: Any, row: Any) -> None:
    old = {"id": row.id, "value": row.value, "issued_at": row.issued_at}
    session.outbox.audit("deleted", "TierPoint", row.id, old, None, row.profile_id)
    _tell(session, "deleted", row.id, row.profile_id)


def _tell(session: Any, what: str, identifier: int, profile_id: uuid.UUID) -> None:
    """The row of a deleted point stays, so its snapshot is that of its last state."""
    context = Context(_CONTEXT, {"id": identifier})
    session.outbox.emit(f"tier-point.{what}", "tier-point", identifier, context, profile_id)
