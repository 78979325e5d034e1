"""The rules of profiles: create, change, delete, restore (profiles 1)."""

import secrets
import string
import uuid
from collections.abc import Mapping
from typing import Any

from omneo_api.configuration.settings.service import setting
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.errors import Errors, Invalid, NotFound, already_taken
from omneo_api.foundation.fields import sent
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.statements import Statement
from omneo_api.incentives import hooks
from omneo_api.profiles.addresses import service as addresses
from omneo_api.profiles.comms import service as comms
from omneo_api.profiles.custom_attributes import service as custom_attributes
from omneo_api.profiles.dates import service as dates
from omneo_api.profiles.hours import service as hours
from omneo_api.profiles.identities import service as identities
from omneo_api.profiles.profile import events
from omneo_api.profiles.profile.bodies import ProfileBody, RegionItem
from omneo_api.profiles.profile.checking import PHONE_EXISTS, UNKNOWN, columns_of
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.regions import service as regions
from omneo_api.profiles.scope import lock_profile, profile_by_identity
from omneo_api.profiles.statuses import service as statuses

STAFF_HANDLE = "staff"
ANNOUNCED = frozenset({"identities", "statuses", "regions", "comms", "custom_attributes"})

_ONE_AT_A_TIME = Statement("SELECT pg_advisory_xact_lock(hashtextextended(:key::text, 0))")
_LIVE = Statement("SELECT id FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL")
_KILL = Statement("UPDATE identities SET is_live = false WHERE profile_id = :id::uuid AND is_live")
_REVIVE = Statement("UPDATE identities SET is_live = true WHERE profile_id = :id::uuid AND NOT is_live")
_DELETED = Statement(
    "SELECT id, email, mobile_phone, type_before_deletion FROM profiles"
    " WHERE id = :id::uuid AND deleted_at IS NOT NULL AND purged_at IS NULL FOR UPDATE"
)
_TAKEN = Statement(
    """
    SELECT EXISTS (SELECT 1 FROM profiles WHERE email = :email::text AND deleted_at IS NULL) AS email,
           EXISTS (SELECT 1 FROM profiles WHERE mobile_phone = :mobile::text AND deleted_at IS NULL) AS mobile_phone,
           EXISTS (SELECT 1 FROM identities mine JOIN identities other
                       ON other.tenant_id = mine.tenant_id AND other.handle_key = mine.handle_key
                       AND other.identifier_key = mine.identifier_key AND other.is_live
                   WHERE mine.profile_id = :id::uuid AND NOT mine.is_live) AS identities
    """
)


class Parts:
    """The nested parts of a profile body, checked before anything is written."""

    def __init__(self, body: ProfileBody) -> None:
        self.body = body
        self.given = body.model_fields_set
        self.region_ids: list[int] = []
        self.hours: dict[str, list[dict[str, Any]]] = {}
        self.regions, self.region_paths = _regions(body)
        self.comms = merged(body, "comms")
        self.appearance = merged(body, "appearance")
        attributes = body.attributes
        self.dates = [*(body.dates_attributes or ()), *((attributes.dates if attributes else None) or ())]

    async def check(self, session: Any, own: uuid.UUID | None, errors: Errors) -> None:
        body = self.body
        if body.identities:
            await identities.check(session, body.identities, own, "identities", errors)
        addresses.check(body.addresses or (), "addresses", errors)
        custom_attributes.check(body.custom_attributes or (), "custom_attributes", errors)
        await dates.check(session, self.dates, "dates_attributes", errors)
        self.region_ids = await regions.resolve(session, self.regions, self.region_paths, errors)
        for kind in hours.MODELS:
            items = getattr(body, kind)
            if items is not None:
                self.hours[kind] = hours.check(kind, items, errors)

    async def write(self, session: Any, profile_id: uuid.UUID, *, created: bool) -> set[str]:
        """Writes the parts; answers the names of those that changed."""
        body = self.body
        changed: dict[str, bool] = {}
        if body.identities:
            changed["identities"] = await identities.apply(session, profile_id, body.identities, created=created)
        if body.addresses:
            changed["addresses"] = await addresses.apply(session, profile_id, body.addresses, created=created)
        if self.comms:
            changed["comms"] = await comms.apply(session, profile_id, "comms", self.comms)
        if self.appearance:
            changed["appearance"] = await comms.apply(session, profile_id, "appearance", self.appearance)
        if self.dates:
            changed["dates"] = await dates.apply(session, profile_id, self.dates)
        if body.custom_attributes:
            changed["custom_attributes"] = await custom_attributes.apply(
                session, profile_id, body.custom_attributes, created=created
            )
        for item, region_id in zip(self.regions, self.region_ids, strict=True):
            touched = await regions.attach(session, profile_id, region_id, sent(item))
            changed["regions"] = touched or changed.get("regions", False)
        if body.statuses is not None and (body.statuses or not created):
            changed["statuses"] = await statuses.replace(session, profile_id, body.statuses)
        for kind, rows in self.hours.items():
            changed[kind] = await hours.replace(session, profile_id, kind, rows)
        return {name for name, touched in changed.items() if touched}


def _regions(body: ProfileBody) -> tuple[list[RegionItem], list[str]]:
    items = list(body.regions or ())
    paths = [
        f"regions.{place}.{'region_id' if item.region_id is not None else 'id' if item.id is not None else 'handle'}"
        for place, item in enumerate(items)
    ]
    if body.region is not None or body.region_id is not None:
        values: dict[str, Any] = {"region_id": body.region_id, "is_active": True}
        if body.region_id is None:
            values["handle"] = body.region
        for name in ("country", "state"):
            if f"region_{name}" in body.model_fields_set:
                values[name] = getattr(body, f"region_{name}")
        items.append(RegionItem(**values))
        paths.append("region_id" if body.region_id is not None else "region")
    return items, paths


def merged(body: ProfileBody, kind: str) -> dict[str, Any]:
    attributes = body.attributes
    nested = getattr(attributes, kind) if attributes is not None else None
    values = sent(nested) if nested is not None else {}
    if kind == "comms" and body.comms_attributes is not None:
        values.update(sent(body.comms_attributes))
    return values


async def create(session: Any, body: ProfileBody, *, context: str = "create") -> uuid.UUID:
    """Creates a profile with everything nested in the body; answers its id.

    context: which validation rules apply (create or import). Raises: Invalid with every failing field.
    """
    checked = await columns_of(session, sent(body), None, context)
    parts = Parts(body)
    await parts.check(session, None, checked.errors)
    if checked.errors:
        raise Invalid(checked.errors)
    return await insert(session, checked.columns, parts, tags=body.tags)


async def insert(
    session: Any, columns: dict[str, Any], parts: Parts | None = None, tags: list[str | int] | None = None
) -> uuid.UUID:
    """Stores a profile of checked columns, with audit row and event; answers its id."""
    columns = begun(session, columns)
    profile_id: uuid.UUID = columns["id"]
    if tags:
        columns["tags"] = await register_tags(session, tags)
    await session.insert(Profile, columns, ())
    if parts is not None:
        await parts.write(session, profile_id, created=True)
    tell_created(session, columns)
    await _has_address(session, profile_id, columns)
    await hooks.on_profile_program(session, profile_id)
    return profile_id


def begun(session: Any, columns: Mapping[str, Any]) -> dict[str, Any]:
    """Checked columns with those that a new profile has by itself."""
    return {"id": uuid.uuid4(), "created_by": session.actor.token_name, **columns}


def tell_created(session: Any, columns: Mapping[str, Any]) -> None:
    """Notes audit row and event of a new profile."""
    shown = {name: value for name, value in columns.items() if value is not None}
    session.outbox.audit("created", "Profile", None, None, shown, columns["id"])
    temporary = columns.get("profile_type") == "temporary"
    events.emit(session, "profile-temporary.created" if temporary else "profile.created", columns["id"])


async def _has_address(session: Any, profile_id: uuid.UUID, columns: Mapping[str, Any]) -> None:
    """Gives a profile what was sent to the e-mail address that it has from now on."""
    if columns.get("email"):
        await hooks.on_profile_email(session, profile_id, columns["email"])


async def change(session: Any, profile_id: uuid.UUID, body: ProfileBody, *, context: str = "update") -> bool:
    """Applies what was sent to a profile; False when nothing differs. Raises: NotFound, Invalid."""
    current = await lock_profile(session, profile_id)
    given = sent(body)
    checked = await columns_of(session, given, current, context)
    parts = Parts(body)
    await parts.check(session, profile_id, checked.errors)
    if checked.errors:
        raise Invalid(checked.errors)
    if body.tags is not None:
        checked.columns["tags"] = await register_tags(session, body.tags)
    before = await _before(session, profile_id)
    changes = differing(checked.columns, current)
    place = len(session.outbox.events)
    nested = await parts.write(session, profile_id, created=False)
    nested |= await _unproven(session, profile_id, changes, parts.comms)
    if not changes and not nested:
        return False
    incoming = {name: given[name] for name in nested if name in given}
    announced = bool(changes) or bool(nested & ANNOUNCED)
    await _apply(session, current, changes, before, incoming, announced=announced, place=place)
    return True


def differing(columns: Mapping[str, Any], current: Any) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if value != getattr(current, name)}


async def _unproven(
    session: Any, profile_id: uuid.UUID, changes: Mapping[str, Any], said: Mapping[str, Any]
) -> set[str]:
    """A new address or number has neither bounced nor been verified, unless the same body says so."""
    wanted: dict[str, Any] = {}
    for column, fresh in UNPROVEN.items():
        if column in changes:
            wanted |= fresh
    if not wanted:
        return set()
    row = await session.row(_PROOFS, id=profile_id)
    flags = {name: value for name, value in wanted.items() if name not in said and getattr(row, name, None)}
    return {"comms"} if flags and await comms.apply(session, profile_id, "comms", flags) else set()


UNPROVEN: dict[str, dict[str, Any]] = {
    "email": {"email_bounced": False, "email_verification": "not_sent"},
    "mobile_phone": {"sms_bounced": False, "sms_verification": "not_sent", "phone_verification": "not_sent"},
}
_PROOFS = Statement(
    "SELECT email_bounced, sms_bounced, email_verification, sms_verification, phone_verification"
    " FROM profile_comms WHERE profile_id = :id::uuid"
)


async def _before(session: Any, profile_id: uuid.UUID) -> str | None:
    """The state before a change, for those who listen to it."""
    if not await events.listened_to(session, "profile.before.update"):
        return None
    return await events.state_of(session, profile_id)


async def _apply(
    session: Any,
    current: Any,
    changes: dict[str, Any],
    before: str | None,
    incoming: Mapping[str, Any],
    *,
    announced: bool = True,
    place: int | None = None,
) -> None:
    """Writes changed columns with audit row and events. `place`: how many events came before the first change."""
    profile_id = current.id
    if announced:
        text = events.with_changes(before, {**changes, **incoming}) if before is not None else None
        events.emit(session, "profile.before.update", profile_id, Context(text=text))
        if place is not None:
            told = session.outbox.events
            told.insert(place, told.pop())
    await session.update(Profile, {"id": profile_id}, {**changes, "updated_at": session.now})
    await _has_address(session, profile_id, changes)
    if changes:
        old = {name: getattr(current, name) for name in changes}
        session.outbox.audit("updated", "Profile", None, old, changes, profile_id)
    if not announced:
        return
    kind = changes.get("profile_type")
    if current.profile_type == "temporary" and kind not in (None, "temporary"):
        events.emit(session, "profile.created", profile_id)
    events.emit(session, "profile.updated", profile_id)


async def set_columns(session: Any, profile_id: uuid.UUID, columns: dict[str, Any]) -> bool:
    """Sets single columns (type, visibility, tags); False when nothing differs. Raises: NotFound."""
    current = await lock_profile(session, profile_id)
    changes = differing(columns, current)
    if not changes:
        return False
    await _apply(session, current, changes, await _before(session, profile_id), {})
    return True


async def delete(session: Any, profile_id: uuid.UUID) -> None:
    """Marks a profile as deleted: it is gone from every answer, its keys are free. Raises: NotFound."""
    current = await lock_profile(session, profile_id)
    events.emit(session, "profile.deleted", profile_id, Context(text=await events.state_of(session, profile_id)))
    await mark_deleted(session, current)
    old = {"email": current.email, "profile_type": current.profile_type}
    session.outbox.audit("deleted", "Profile", None, old, None, profile_id)


async def mark_deleted(session: Any, current: Any) -> None:
    """Takes a locked profile out of every answer."""
    now = session.now
    columns = {
        "profile_type": "deleted",
        "type_before_deletion": current.profile_type,
        "deleted_at": now,
        "updated_at": now,
    }
    await session.update(Profile, {"id": current.id}, columns)
    await session.execute(_KILL, id=current.id)


async def restore(session: Any, profile_id: uuid.UUID) -> None:
    """Brings a deleted profile back with the type it had. Raises: NotFound, Invalid when its keys are taken now."""
    row = await session.row(_DELETED, id=profile_id)
    if row is None:
        raise NotFound
    taken = await session.row(_TAKEN, id=profile_id, email=row.email, mobile=row.mobile_phone)
    errors: Errors = {}
    if taken.email:
        errors["email"] = [already_taken("email")]
    if taken.mobile_phone:
        errors["mobile_phone"] = [PHONE_EXISTS]
    if taken.identities:
        errors["identities"] = [identities.EXISTS]
    if errors:
        raise Invalid(errors)
    kind = row.type_before_deletion or "active"
    columns = {
        "profile_type": kind,
        "type_before_deletion": None,
        "deleted_at": None,
        "updated_at": session.now,
    }
    await session.update(Profile, {"id": profile_id}, columns)
    await session.execute(_REVIVE, id=profile_id)
    await _has_address(session, profile_id, {"email": row.email})
    await hooks.on_profile_program(session, profile_id)
    session.outbox.audit("restored", "Profile", None, {"profile_type": "deleted"}, {"profile_type": kind}, profile_id)
    events.emit(session, "profile.updated", profile_id)


async def find(session: Any, reference: str, handle: str | None = None) -> uuid.UUID | None:
    """The live profile that a reference means: an identity of that handle, or else the profile's own id."""
    if handle is not None:
        return await profile_by_identity(session, handle, reference)
    try:
        wanted = uuid.UUID(reference)
    except (ValueError, AttributeError, TypeError):
        return None
    found: uuid.UUID | None = await session.value(_LIVE, id=wanted)
    return found


async def placeholder_staff(session: Any, staff_reference: str) -> uuid.UUID:
    """The staff profile that a reference means, made when nobody knows it yet (commerce 1.4).

    A reference is the id of a profile or the identifier of an identity `staff`.
    """
    reference = staff_reference.strip()
    found = await find(session, reference) or await find(session, reference, STAFF_HANDLE)
    if found is not None:
        return found
    await session.row(_ONE_AT_A_TIME, key=f"{session.tenant.id}:{STAFF_HANDLE}:{reference.lower()}")
    found = await find(session, reference, STAFF_HANDLE)
    if found is not None:
        return found
    letters = "".join(secrets.choice(string.ascii_lowercase) for _ in range(16))
    domain = await setting(session, "staff.placeholder_domain")
    columns = {
        "first_name": UNKNOWN,
        "last_name": UNKNOWN,
        "email": f"staff-profile-{letters}@{domain}",
        "profile_type": "system",
    }
    profile_id = await insert(session, columns)
    await identities.add(session, profile_id, {"handle": STAFF_HANDLE, "identifier": reference})
    return profile_id
