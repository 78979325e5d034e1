"""Calculating, putting and reading a profile's aggregations (profiles 10)."""

import uuid
from collections.abc import Sequence
from typing import Any

import orjson
from sqlalchemy import bindparam

from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.query import Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.aggregations.calculation import statement
from omneo_api.profiles.aggregations.context import AggregationContext
from omneo_api.profiles.aggregations.models import Aggregation
from omneo_api.profiles.aggregations.schemas import AggregationRead
from omneo_api.profiles.aggregations.view import PUT, AggregationView
from omneo_api.profiles.scope import lock_profile

reader = Reader(Listing(AggregationRead, AggregationView, filters=(), order=("profile_id",), key="profile_id"))

# The sub-select hides the value from the planner: estimates by the profile's own number of purchases would make it plan
# the statement anew for each, which costs ten times what running it does.
_ONE = statement("= (SELECT :profile::uuid)")
_MANY = statement("= ANY (:profiles::uuid[])")
_CONTEXT = Statement(
    lambda: one_json(
        rows_json(AggregationContext, AggregationView).where(
            AggregationView.__table__.c.profile_id == bindparam("profile")
        )
    )
)
_LOCK = Statement("SELECT id FROM profiles WHERE id = ANY (:profiles::uuid[]) ORDER BY id FOR UPDATE")
_DUE = Statement(
    """
    SELECT profile_id FROM profile_aggregations
    WHERE refresh_at <= omneo_now() ORDER BY refresh_at, profile_id LIMIT :most::int
    """
)
_ENSURE = Statement(
    "INSERT INTO profile_aggregations (profile_id) VALUES (:profile::uuid)"
    " ON CONFLICT (tenant_id, profile_id) DO NOTHING"
)
_STATE = Statement("SELECT * FROM profile_aggregations WHERE profile_id = :profile::uuid")
_KNOWN = {
    "_location_id": Statement("SELECT id FROM locations WHERE id = :id::bigint AND deleted_at IS NULL"),
    "_status_id": Statement("SELECT id FROM statuses WHERE id = :id::bigint AND deleted_at IS NULL"),
    "_currency_id": Statement("SELECT id FROM currencies WHERE id = :id::bigint"),
}


async def recalculate(session: Any, profile_id: uuid.UUID) -> bool:
    """Compute the profile's aggregations from its transactions as this transaction sees them.

    The caller has locked the profile (`lock_profile`), so that one calculation runs after another. True when a shown
    fact changed; then `aggregation.updated` is emitted.
    """
    changed = await session.value(_ONE, profile=profile_id)
    if changed is None:
        return False
    _emit(session, profile_id)
    return True


async def recalculate_many(session: Any, profile_ids: Sequence[uuid.UUID]) -> list[uuid.UUID]:
    """Compute those of several profiles at once, locking them in order; answers whose facts changed."""
    profiles = sorted(set(profile_ids))
    await session.execute(_LOCK, profiles=profiles)
    changed = [row.profile_id for row in await session.rows(_MANY, profiles=profiles)]
    for profile_id in changed:
        _emit(session, profile_id)
    return changed


async def refresh_due(session: Any, most: int = 500) -> int:
    """Calculate those of which time alone has changed something; answers how many were due, at most `most`."""
    due = [row.profile_id for row in await session.rows(_DUE, most=most)]
    if due:
        await recalculate_many(session, due)
    return len(due)


async def put(session: Any, profile_id: uuid.UUID, values: dict[str, Any]) -> None:
    """Set facts by hand, for migrations: they hold until the next calculation. Raises: NotFound, Invalid."""
    await lock_profile(session, profile_id)
    await _check_references(session, values)
    await session.execute(_ENSURE, profile=profile_id)
    current = await session.row(_STATE, profile=profile_id)
    kept = dict(current.overrides or {})
    old = {name: kept[name] if name in kept else getattr(current, name, None) for name in values}
    changes = {name: value for name, value in values.items() if name not in PUT and value != getattr(current, name)}
    put_over = {
        name: value for name, value in values.items() if name in PUT and (name not in kept or kept[name] != value)
    }
    if not changes and not put_over:
        return
    if put_over:
        changes["overrides"] = orjson.loads(orjson.dumps({**kept, **put_over}, default=float))
    await session.update(Aggregation, {"profile_id": profile_id}, {**changes, "updated_at": session.now})
    new = {name: value for name, value in values.items() if name in changes or name in put_over}
    session.outbox.audit("updated", "Aggregation", None, {name: old[name] for name in new}, new, profile_id)
    _emit(session, profile_id)


async def _check_references(session: Any, values: dict[str, Any]) -> None:
    wrong = []
    for name, value in values.items():
        known = next((known for ending, known in _KNOWN.items() if name.endswith(ending)), None)
        if known is not None and value is not None and await session.value(known, id=value) is None:
            wrong.append(name)
    if wrong:
        raise Invalid({name: [selected_is_invalid(name)] for name in wrong})


def _emit(session: Any, profile_id: uuid.UUID) -> None:
    context = Context(_CONTEXT, {"profile": profile_id})
    session.outbox.emit("aggregation.updated", "aggregation", profile_id, context, profile_id)
