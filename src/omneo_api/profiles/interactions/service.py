"""The rules of interactions (profiles 16)."""

import uuid
from functools import lru_cache
from typing import Any

from sqlalchemy import BigInteger, bindparam, delete, exists, select

from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.errors import Errors, Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.models import Base, lit
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.interactions.models import Interaction
from omneo_api.profiles.interactions.schemas import InteractionContext, InteractionRead
from omneo_api.profiles.profile.models import Profile

REFERENCES = {
    "location_id": "locations",
    "product_id": "products",
    "product_variant_id": "product_variants",
    "product_category_id": "product_categories",
}
FILTERS = (
    "id",
    "profile_id",
    "action",
    "channel",
    "signal",
    "name",
    "namespace",
    "description",
    "url",
    "duration",
    "latitude",
    "longitude",
    "interacted_at",
    "interacted_type",
)
_ID = bindparam("id", type_=BigInteger)
_IDENTITY = Statement(
    """
    SELECT i.id, i.profile_id FROM identities i
    WHERE i.identifier_key = lower(:identifier::text) AND i.is_live
      AND (:handle::text IS NULL OR i.handle_key = lower(:handle::text))
    ORDER BY i.profile_id IS DISTINCT FROM :profile::uuid, i.is_active DESC, i.id LIMIT 1
    """
)
_LIVE = Statement("SELECT id FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL")
_ROW = Statement(lambda: select(*Interaction.__table__.c).where(Interaction.id == _ID).with_for_update())
_DELETE = Statement(lambda: delete(Interaction).where(Interaction.id == _ID))
_CONTEXT = Statement(lambda: one_json(rows_json(InteractionContext, Interaction).where(Interaction.id == _ID)))


def of_live_profile(interaction: Any) -> Any:
    alive = select(lit(1)).where(
        Profile.tenant_id == interaction.tenant_id,
        Profile.id == interaction.profile_id,
        Profile.deleted_at.is_(None),
    )
    return exists(alive.correlate(interaction))


listing = Listing(
    InteractionRead,
    Interaction,
    filters=FILTERS,
    extra={"interacted_id": Filter(path=("interacted_id",))},
    search=("name", "namespace", "description"),
    live=of_live_profile,
)
reader = Reader(listing)


@lru_cache
def _known(table: str) -> Statement:
    return Statement(f"SELECT id FROM {table} WHERE id = :id::bigint{_undeleted(table)}")


def _undeleted(table: str) -> str:
    return " AND deleted_at IS NULL" if "deleted_at" in Base.metadata.tables[table].c else ""


async def _check(session: Any, values: dict[str, Any], errors: Errors) -> None:
    for name, table in REFERENCES.items():
        if values.get(name) is not None and await session.value(_known(table), id=values[name]) is None:
            errors[name] = [selected_is_invalid(name)]
    if values.get("staff_id") is not None and await session.value(_LIVE, id=values["staff_id"]) is None:
        errors["staff_id"] = [selected_is_invalid("staff_id")]


async def create(session: Any, body: Any) -> int:
    """Stores an interaction of the profile that is named by id or by an identity. Raises: Invalid."""
    values = sent(body)
    errors: Errors = {}
    identifier, profile_id = values.pop("identifier", None), values.get("profile_id")
    if identifier is not None:
        handle, text = (None, identifier) if isinstance(identifier, str) else (identifier.handle, identifier.id)
        found = await session.row(_IDENTITY, identifier=text, handle=handle, profile=profile_id)
        if found is None or profile_id not in (None, found.profile_id):
            errors["identifier"] = [selected_is_invalid("identifier")]
        else:
            values |= {"profile_id": found.profile_id, "identity_id": found.id}
    if profile_id is not None and await session.value(_LIVE, id=profile_id) is None:
        errors["profile_id"] = [selected_is_invalid("profile_id")]
    await _check(session, values, errors)
    if errors:
        raise Invalid(errors)
    columns = {name: value for name, value in values.items() if value is not None}
    columns["tags"] = await register_tags(session, values.get("tags") or [])
    owner: uuid.UUID = columns["profile_id"]
    number: int = (await session.insert(Interaction, columns)).id
    session.outbox.audit("created", "Interaction", number, None, {"id": number, **columns}, owner)
    session.outbox.emit("interaction.created", "interaction", number, Context(_CONTEXT, {"id": number}), owner)
    return number


async def locked(session: Any, identifier: int, owner: Any = None) -> Any:
    """The interaction's row, locked. Raises: NotFound."""
    row = await session.row(_ROW, id=identifier)
    if row is None or (owner is not None and row.profile_id != owner):
        raise NotFound
    return row


async def change(session: Any, row: Any, body: Any) -> None:
    """Applies what was sent; whose it is and what it acted on stay. Raises: Invalid."""
    values = sent(body)
    errors: Errors = {}
    await _check(session, values, errors)
    if errors:
        raise Invalid(errors)
    if values.get("tags", ()) is None:
        values["tags"] = []
    if values.get("tags"):
        values["tags"] = await register_tags(session, values["tags"])
    changes = {name: value for name, value in values.items() if value != getattr(row, name)}
    if not changes:
        return
    await session.update(Interaction, {"id": row.id}, {**changes, "updated_at": session.now})
    old = {name: getattr(row, name) for name in changes}
    session.outbox.audit("updated", "Interaction", row.id, old, changes, row.profile_id)


async def remove(session: Any, row: Any) -> None:
    await session.execute(_DELETE, id=row.id)
    old = {"id": row.id, "action": row.action, "channel": row.channel, "name": row.name}
    session.outbox.audit("deleted", "Interaction", row.id, old, None, row.profile_id)
