"""The rules of locations (commerce 1.4, 9)."""

from typing import Any

from sqlalchemy import bindparam

from omneo_api.commerce.locations.models import Location
from omneo_api.commerce.locations.schemas import LocationRead
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement

LARGEST_ID = 2**63 - 1

CONTEXT = Statement(lambda: one_json(rows_json(LocationRead, Location).where(Location.id == bindparam("id"))))
_FIND = Statement(
    """
    SELECT id FROM (
        SELECT 1 AS rank, id FROM locations WHERE id = :id::bigint AND deleted_at IS NULL
        UNION ALL
        SELECT 2, id FROM locations WHERE external_id_key = lower(:reference::text) AND deleted_at IS NULL
        UNION ALL
        SELECT 3, id FROM locations WHERE external_code = :reference::text AND deleted_at IS NULL
    ) found
    ORDER BY rank, id LIMIT 1
    """
)
_PLACEHOLDER = Statement(
    """
    INSERT INTO locations (external_id) VALUES (:reference::text)
    ON CONFLICT (tenant_id, external_id_key) WHERE deleted_at IS NULL DO NOTHING
    RETURNING id
    """
)


async def find(session: Any, reference: int | str) -> int | None:
    """Find the live location with that id, else external id, else external code; None when there is none."""
    text = str(reference)
    number = int(text) if text.isascii() and text.isdigit() and len(text) <= 19 else None
    if number is not None and number > LARGEST_ID:
        number = None
    found: int | None = await session.value(_FIND, id=number, reference=text)
    return found


async def resolve(session: Any, reference: int | str) -> int:
    """Answer the id of the location that a record names; an unknown reference becomes a placeholder with that external id.

    Two requests that name the same unknown reference at once share one placeholder: the unique key lets one insert
    it, the other waits for that commit and finds it. The record that made it emits `location.created`.
    """
    found = await find(session, reference)
    if found is not None:
        return found
    made: int | None = await session.value(_PLACEHOLDER, reference=str(reference))
    if made is None:
        return await resolve(session, reference)
    session.outbox.audit("created", "Location", made, None, {"id": made, "external_id": str(reference)})
    session.outbox.emit("location.created", "location", made, Context(CONTEXT, {"id": made}))
    return made
