"""Writing comms and appearance: one row per profile, made at its first write. Callers hold the profile's lock."""

import uuid
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sqlalchemy import bindparam, select

from omneo_api.foundation.statements import Statement
from omneo_api.profiles.appearance.models import Appearance
from omneo_api.profiles.comms.models import Comms
from omneo_api.profiles.profile import events

KINDS: dict[str, Any] = {"comms": Comms, "appearance": Appearance}


@lru_cache
def _row(model: Any) -> Statement:
    return Statement(lambda: select(*model.__table__.c).where(model.profile_id == bindparam("profile")))


async def apply(session: Any, profile_id: uuid.UUID, kind: str, values: Mapping[str, Any]) -> bool:
    """Merges sent values into the profile's `comms` or `appearance`; True when something changed."""
    if not values:
        return False
    model = KINDS[kind]
    row = await session.row(_row(model), profile=profile_id)
    changes = differing(row, values)
    if not changes:
        return False
    if row is None:
        await session.insert(model, {"profile_id": profile_id, **changes}, ())
    else:
        await session.update(model, {"profile_id": profile_id}, {**changes, "updated_at": session.now})
    tell(session, profile_id, kind, row, changes)
    return True


def differing(row: Any, values: Mapping[str, Any]) -> dict[str, Any]:
    """What of the values the stored row (None where there is none) does not say already."""
    return {name: value for name, value in values.items() if value != _stored(row, name)}


def tell(session: Any, profile_id: uuid.UUID, kind: str, row: Any, changes: Mapping[str, Any]) -> None:
    """Notes audit row and event of changes that were written."""
    old = {name: _stored(row, name) for name in changes}
    session.outbox.audit("updated", f"{kind.title()}Attribute", None, old, changes, profile_id)
    events.attribute_updated(session, profile_id, kind, attributes=changes)


def _stored(row: Any, name: str) -> Any:
    if row is not None:
        return getattr(row, name)
    return "not_sent" if name.endswith("_verification") else None
