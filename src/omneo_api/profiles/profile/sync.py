"""`POST /profiles/sync` in its two meanings, and what batches do with one profile (profiles 3.1, 3.2)."""

import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from psycopg.errors import UniqueViolation

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.errors import Invalid
from omneo_api.foundation.fields import parse_phone
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.statements import Statement
from omneo_api.foundation.validation import said, to_datetime
from omneo_api.profiles.identities import service as identities
from omneo_api.profiles.profile import events, service
from omneo_api.profiles.profile.bodies import ProfileBody

RESYNC = "profiles.resync"
_BY_EMAIL = Statement("SELECT id FROM profiles WHERE email = :email::text AND deleted_at IS NULL")
_BY_MOBILE = Statement("SELECT id FROM profiles WHERE mobile_phone = :mobile::text AND deleted_at IS NULL")
_NEXT = Statement(
    """
    SELECT id FROM profiles
    WHERE deleted_at IS NULL AND id > :after::uuid
      AND (:since::timestamptz IS NULL OR updated_at >= :since::timestamptz)
    ORDER BY id LIMIT 500
    """
)


def is_upsert(body: Mapping[str, Any]) -> bool:
    """Whether a sync body means one profile rather than the queue: it has a key of a profile, be it empty.

    A profile whose e-mail address got lost on the way must not publish everybody again.
    """
    return not ProfileBody.model_fields.keys().isdisjoint(body)


def queue(session: Any, body: Mapping[str, Any]) -> None:
    """Queues that profiles changed since a moment (all without one) are published again. Raises: Invalid."""
    name = next((key for key in ("updated_at", "since") if body.get(key)), None)
    since: datetime | None = None
    if name is not None:
        try:
            since = to_datetime(body[name])
        except ValueError as fault:
            raise Invalid.field(name, said(fault, name)) from None
        tomorrow = session.now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if since >= tomorrow:
            raise Invalid.field(name, f"The {name.replace('_', ' ')} field must be a date before tomorrow.")
    arguments = {"tenant": session.tenant.handle, "since": since.isoformat() if since else None}
    session.outbox.defer(PendingJob(RESYNC, arguments))


async def page(session: Any, since: str | None, after: str) -> list[uuid.UUID]:
    """The next profiles to publish again, by id."""
    return [row.id for row in await session.rows(_NEXT, since=since, after=after)]


def resync(session: Any, profile_id: uuid.UUID) -> None:
    """Publishes a profile again as it stands."""
    events.emit(session, "profile.updated", profile_id)


async def upsert(session: Any, body: ProfileBody, *, context: str = "") -> tuple[uuid.UUID, bool]:
    """Updates the profile that the body's keys name, or creates it; answers its id and whether it is new.

    The keys count in this order: identities, e-mail, mobile. A creation that loses a race becomes the update that it
    would have been a moment later. Raises: Invalid.
    """
    found = await _find(session, body)
    if found is None:
        try:
            async with session.savepoint():
                return await service.create(session, body, context=context or "create"), True
        except (UniqueViolation, Invalid):
            # The winner may commit before the checks of the creation, which then refuse the key, or after them.
            forget(session)
            found = await _find(session, body)
            if found is None:
                raise
    await service.change(session, found, body, context=context or "update")
    return found, False


def forget(session: Any) -> None:
    """Drops what a rolled back attempt wanted to tell."""
    session.outbox.__init__()


async def _find(session: Any, body: ProfileBody) -> uuid.UUID | None:
    items = body.identities or []
    owners = await identities.owners(session, [(item.handle, item.identifier) for item in items])
    for place in range(len(items)):
        if place in owners:
            owner: uuid.UUID = owners[place].profile_id
            return owner
    found: uuid.UUID | None = None
    if body.email is not None:
        found = await session.value(_BY_EMAIL, email=body.email)
    if found is None and body.mobile_phone is not None:
        number = parse_phone(body.mobile_phone, await setting(session, "country") or "AU")
        found = await session.value(_BY_MOBILE, mobile=number.e164) if number is not None else None
    return found


def wanted(body: ProfileBody, criteria: str) -> int | None:
    """Which of a batch row's identities names the profile by that criteria; None is its e-mail.

    Raises: Invalid when the row has no value for the criteria.
    """
    if criteria == "email":
        if body.email is None:
            raise Invalid.field("email", "The email field is required.")
        return None
    items = enumerate(body.identities or ())
    place = next((place for place, item in items if item.handle.lower() == criteria.lower()), None)
    if place is None:
        raise Invalid.field("identities", f"The row has no identity with the handle {criteria}.")
    return place


async def matched(session: Any, body: ProfileBody, criteria: str) -> tuple[uuid.UUID, bool]:
    """Updates the profile of a batch row's e-mail or identity of that handle, or creates it.

    Raises: Invalid when the row has no value for the criteria.
    """
    place = wanted(body, criteria)
    if place is None:
        found = await session.value(_BY_EMAIL, email=body.email)
    else:
        pair = (body.identities or [])[place]
        owner = await identities.owners(session, [(pair.handle, pair.identifier)])
        found = owner[0].profile_id if owner else None
    if found is None:
        return await service.create(session, body, context="import"), True
    await service.change(session, found, body, context="import")
    return found, False
