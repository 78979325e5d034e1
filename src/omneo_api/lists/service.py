"""The rules of lists (lists A2): whoever changes what a profile owns holds the profile's lock, then the list's."""

import re
import unicodedata
import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.errors import Errors, Invalid, NotFound, Unauthorized, selected_is_invalid
from omneo_api.foundation.fields import sent
from omneo_api.foundation.statements import Statement
from omneo_api.lists import events, items
from omneo_api.lists.items import Held
from omneo_api.lists.models import ProductList
from omneo_api.lists.schemas import ProductListBody, ProductListUpdate
from omneo_api.platform.custom_fields import service as custom_fields
from omneo_api.platform.custom_fields.service import CustomFieldItem
from omneo_api.profiles.scope import lock_profile

FIELDS_OF = "product_list"
COLUMNS = ("name", "description", "sort_order", "custom_date", "location_id", "staff_id", "meta")
LONGEST = 240

_FIND = Statement(
    """
    SELECT id, profile_id FROM product_lists
    WHERE (id = :id::bigint OR handle_key = :handle::text) AND deleted_at IS NULL
      AND coalesce(profile_id = :profile::uuid, true)
    """
)
_LOCK = Statement(
    """
    SELECT l.*, d.allow_quantity, d.allow_custom_product, d.allow_share, d.allow_edit, d.allow_delete
    FROM product_lists l
    LEFT JOIN list_definitions d ON d.tenant_id = l.tenant_id AND d.id = l.list_definition_id
    WHERE l.id = :id::bigint AND l.deleted_at IS NULL FOR UPDATE OF l
    """
)
_DEFINITION = Statement(
    "SELECT id, is_active, allow_new, allow_quantity FROM list_definitions"
    " WHERE id = :id::bigint AND deleted_at IS NULL"
)
_REFERENCES = Statement(
    """
    SELECT :location::bigint IS NULL OR EXISTS
               (SELECT 1 FROM locations WHERE id = :location::bigint AND deleted_at IS NULL) AS location_id,
           :staff::uuid IS NULL OR EXISTS
               (SELECT 1 FROM profiles WHERE id = :staff::uuid AND deleted_at IS NULL) AS staff_id,
           :owner::uuid IS NULL OR EXISTS
               (SELECT 1 FROM profiles WHERE id = :owner::uuid AND deleted_at IS NULL) AS profile_id
    """
)
_HANDLES = Statement(
    "SELECT handle_key FROM product_lists WHERE profile_id = :profile::uuid AND deleted_at IS NULL"
    " AND id <> coalesce(:but::bigint, 0)"
)
_OF_PROFILE = Statement(
    "SELECT id, handle FROM product_lists WHERE profile_id = :profile::uuid AND deleted_at IS NULL ORDER BY id"
)
_MOVE = Statement("UPDATE product_lists SET profile_id = :winner::uuid, handle = :handle::text WHERE id = :id::bigint")
_MOVE_DELETED = Statement("UPDATE product_lists SET profile_id = :winner::uuid WHERE profile_id = :loser::uuid")


def slug(name: str) -> str:
    """A handle made of a name's letters and digits, never of digits alone."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    words = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:LONGEST].strip("-")
    return f"list-{words}".strip("-") if not words or words.isdigit() else words


def unused(handle: str, taken: set[str]) -> str:
    """The handle, or the handle with the first number behind it that nobody has."""
    found, number = handle, 1
    while found.lower() in taken:
        number += 1
        found = f"{handle}-{number}"
    return found


async def find(session: Any, key: str, profile_id: uuid.UUID | None = None) -> Any:
    """(id, profile_id) of a live list by id or, below a profile, by handle. Raises: NotFound."""
    number = int(key) if key.isascii() and key.isdigit() and len(key) < 20 else None
    if "\x00" in key or (number is None and profile_id is None) or (number or 0) > 2**63 - 1:
        raise NotFound
    handle = key.lower() if number is None else None
    row = await session.row(_FIND, id=number, handle=handle, profile=profile_id)
    if row is None:
        raise NotFound
    return row


async def hold(
    session: Any, key: str, profile_id: uuid.UUID | None = None, *, customer: bool = False, what: str = "edit"
) -> Held:
    """A list with its profile, both locked.

    customer: whether the definition must allow `what` (edit, delete). Raises: NotFound, Unauthorized.
    """
    found = await find(session, key, profile_id)
    await lock_profile(session, found.profile_id)
    row = await session.row(_LOCK, id=found.id)
    if row is None or row.profile_id != found.profile_id:
        raise NotFound
    if row.list_definition_id is None:
        return Held(row.id, row.profile_id, row)
    if customer and not getattr(row, f"allow_{what}"):
        raise Unauthorized
    allowed = {name: getattr(row, name) for name in ("allow_quantity", "allow_custom_product", "allow_share")}
    return Held(row.id, row.profile_id, row, **allowed)


async def _check(session: Any, values: Mapping[str, Any], errors: Errors) -> None:
    found = await session.row(
        _REFERENCES,
        location=values.get("location_id"),
        staff=values.get("staff_id"),
        owner=values.get("profile_id"),
    )
    for name in ("location_id", "staff_id", "profile_id"):
        if not getattr(found, name):
            errors[name] = [selected_is_invalid(name)]


def _fields(given: Any) -> Sequence[CustomFieldItem]:
    return given if isinstance(given, list) else [given] if given is not None else []


async def create(session: Any, profile_id: uuid.UUID, body: ProductListBody, *, customer: bool = False) -> int:
    """Makes a list with its items; answers its id. Raises: NotFound, Invalid, Unauthorized."""
    await lock_profile(session, profile_id)
    errors: Errors = {}
    values = sent(body)
    definition = None
    if body.list_definition_id is not None:
        definition = await session.row(_DEFINITION, id=body.list_definition_id)
        if definition is None or not definition.is_active:
            errors["list_definition_id"] = [selected_is_invalid("list_definition_id")]
        elif customer and not definition.allow_new:
            raise Unauthorized
    await _check(session, values, errors)
    if errors:
        raise Invalid(errors)
    handle = body.handle
    if handle is None:
        taken = {row.handle_key for row in await session.rows(_HANDLES, profile=profile_id, but=None)}
        handle = unused(slug(body.name), taken)
    columns = {name: values[name] for name in COLUMNS if name in values}
    columns |= {"profile_id": profile_id, "handle": handle, "list_definition_id": body.list_definition_id}
    if body.tags:
        columns["tags"] = await register_tags(session, body.tags)
    identifier: int = (await session.insert(ProductList, columns)).id
    shown = {name: value for name, value in columns.items() if value is not None}
    session.outbox.audit("created", "ProductList", identifier, None, {"id": identifier, **shown}, profile_id)
    events.told(session, "created", identifier, profile_id)
    held = Held(identifier, profile_id, None, allow_quantity=definition is None or definition.allow_quantity)
    if body.items:
        for item in body.items:
            item.id = None
        await items.replace(session, held, body.items)
    await custom_fields.keep(session, FIELDS_OF, identifier, _fields(body.custom_fields))
    return identifier


async def change(session: Any, held: Held, body: ProductListUpdate) -> None:
    """Applies what was sent to a held list: all of it or nothing. Raises: Invalid."""
    errors: Errors = {}
    values = sent(body)
    await _check(session, values, errors)
    if errors:
        raise Invalid(errors)
    columns = {name: values[name] for name in COLUMNS if name in values}
    if "tags" in values:
        columns["tags"] = await register_tags(session, values["tags"] or [])
    if values.get("profile_id") not in (None, held.profile_id):
        columns |= await _handed(session, held, values["profile_id"])
    touched = False
    if body.items is not None:
        touched = await items.replace(session, held, body.items, only_update=bool(body.update_items_only))
    touched |= await custom_fields.keep(session, FIELDS_OF, held.id, _fields(body.custom_fields))
    changes = {name: value for name, value in columns.items() if value != getattr(held.row, name)}
    if changes or touched:
        owner = changes.get("profile_id", held.profile_id)
        await session.update(ProductList, {"id": held.id}, {**changes, "updated_at": session.now})
        old = {name: getattr(held.row, name) for name in changes}
        session.outbox.audit("updated", "ProductList", held.id, old, changes, owner)
        events.told(session, "updated", held.id, owner)


async def _handed(session: Any, held: Held, owner: uuid.UUID) -> dict[str, Any]:
    """Another profile gets the list; where it has the handle already, a number is put behind."""
    taken = {row.handle_key for row in await session.rows(_HANDLES, profile=owner, but=held.id)}
    return {"profile_id": owner, "handle": unused(held.row.handle, taken)}


async def touch(session: Any, identifier: int, held: Held) -> None:
    """Something that belongs to the list changed."""
    await session.update(ProductList, {"id": identifier}, {"updated_at": session.now})
    events.told(session, "updated", identifier, held.profile_id)


async def remove(session: Any, held: Held) -> None:
    """Deletes a held list; its share codes lead nowhere from now on."""
    await session.update(ProductList, {"id": held.id}, {"deleted_at": session.now})
    old = {"id": held.id, "name": held.row.name, "handle": held.row.handle}
    session.outbox.audit("deleted", "ProductList", held.id, old, None, held.profile_id)


async def merge(session: Any, loser: uuid.UUID, winner: uuid.UUID) -> None:
    """Gives every list of one profile to the other; the caller holds both locks."""
    taken = {row.handle_key for row in await session.rows(_HANDLES, profile=winner, but=None)}
    for row in await session.rows(_OF_PROFILE, profile=loser):
        handle = unused(row.handle, taken)
        taken.add(handle.lower())
        await session.execute(_MOVE, id=row.id, winner=winner, handle=handle)
    await session.execute(_MOVE_DELETED, winner=winner, loser=loser)
