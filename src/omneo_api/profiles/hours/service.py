"""The rules of a profile's hours (profiles 15). Callers hold the profile's lock."""

import uuid
from collections.abc import Sequence
from datetime import time
from typing import Any

from sqlalchemy import bindparam, delete, select

from omneo_api.foundation.errors import Errors, spoken
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.hours.models import ProfileNormalHours, ProfileSpecialHours

MODELS: dict[str, Any] = {"normal_hours": ProfileNormalHours, "special_hours": ProfileSpecialHours}
NAMES = {"normal_hours": "NormalHours", "special_hours": "SpecialHours"}
_SELECT = {
    kind: Statement(select(*model.__table__.c).where(model.profile_id == bindparam("profile")).order_by(model.id))
    for kind, model in MODELS.items()
}
_CLEAR = {
    kind: Statement(delete(model).where(model.profile_id == bindparam("profile"))) for kind, model in MODELS.items()
}
_FIELDS = {
    kind: [
        column.key
        for column in model.__table__.c
        if column.key not in ("tenant_id", "id", "profile_id", "created_at", "updated_at")
    ]
    for kind, model in MODELS.items()
}


def normal(values: dict[str, Any], prefix: str, errors: Errors) -> dict[str, Any]:
    """A row without times when it is closed; notes times that are missing or in the wrong order, and late ends."""
    row = dict(values)
    if row.get("is_closed"):
        row["available_from"] = row["available_until"] = None
    else:
        _check_times(row.get("available_from"), row.get("available_until"), prefix, errors)
    start, end = row.get("start_at"), row.get("end_at")
    if start is not None and end is not None and end < start:
        path = f"{prefix}end_at"
        errors.setdefault(path, [f"The {spoken(path)} field must be a date after or equal to start at."])
    return row


def _check_times(start: time | None, end: time | None, prefix: str, errors: Errors) -> None:
    for name, value, other in (("available_from", start, end), ("available_until", end, start)):
        if value is None and other is not None:
            errors.setdefault(f"{prefix}{name}", [f"The {spoken(prefix + name)} field is required."])
    if start is not None and end is not None and end <= start:
        path = f"{prefix}available_until"
        errors.setdefault(path, [f"The {spoken(path)} field must be a time after available from."])


def check(kind: str, items: Sequence[Any], errors: Errors) -> list[dict[str, Any]]:
    """The rows of a profile body's set; notes wrong times and weekdays that come twice."""
    rows = [normal(item.model_dump(), f"{kind}.{place}.", errors) for place, item in enumerate(items)]
    days: set[str] = set()
    for place, row in enumerate(rows):
        day = row.get("day_of_week")
        if day is not None and day in days:
            path = f"{kind}.{place}.day_of_week"
            errors.setdefault(path, [f"The {spoken(path)} field has a duplicate value."])
        days.add(day or "")
    return rows


async def replace(session: Any, profile_id: uuid.UUID, kind: str, rows: Sequence[dict[str, Any]]) -> bool:
    """Puts the rows in the place of the profile's set; True when that changes it."""
    names = _FIELDS[kind]
    stored = [
        tuple(getattr(row, name) for name in names) for row in await session.rows(_SELECT[kind], profile=profile_id)
    ]
    wanted = [tuple(row.get(name) for name in names) for row in rows]
    if stored == wanted:
        return False
    await session.execute(_CLEAR[kind], profile=profile_id)
    for row in rows:
        await session.insert(MODELS[kind], {"profile_id": profile_id, **row}, ())
    session.outbox.audit("updated", NAMES[kind], None, {kind: len(stored)}, {kind: len(wanted)}, profile_id)
    return True
