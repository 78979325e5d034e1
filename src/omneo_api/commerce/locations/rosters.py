"""Who works where: profiles assigned to locations (commerce 9.5)."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, bindparam, exists, select

from omneo_api.commerce.locations.bodies import LocationProfileFields
from omneo_api.commerce.locations.models import Location, LocationProfile
from omneo_api.commerce.locations.schemas import LocationProfileRead
from omneo_api.foundation.calls import EVERYONE, Owner
from omneo_api.foundation.errors import Errors, Invalid, NotFound, selected_is_invalid
from omneo_api.foundation.models import lit
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement

_HOLD_LOCATION = Statement("SELECT id FROM locations WHERE id = :id::bigint AND deleted_at IS NULL FOR SHARE")
_LOCK_LIVE = Statement("SELECT id FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL FOR UPDATE")
_LOCK_OF = Statement(
    """
    SELECT id FROM profiles
    WHERE id = (SELECT profile_id FROM location_profiles WHERE id = :id::bigint AND deleted_at IS NULL) FOR UPDATE
    """
)
_ONE_DEFAULT = Statement(
    """
    UPDATE location_profiles SET is_default = false, updated_at = omneo_now()
    WHERE profile_id = :profile::uuid AND assignment_type = :kind::text AND is_default AND deleted_at IS NULL
      AND id IS DISTINCT FROM :id::bigint
    """
)


def location_alive() -> Any:
    """The condition that the owner (bound as `owner`) is a live location."""
    owner = bindparam("owner", type_=BigInteger)
    return exists(select(lit(1)).where(Location.id == owner, Location.deleted_at.is_(None)))


def of_location(identifier: int) -> Owner:
    return Owner(identifier, location_alive)


def _out_of_order(start: datetime | None, end: datetime | None) -> Errors:
    if start is None or end is None or start <= end:
        return {}
    return {"ends_at": ["The ends at field must be a date after or equal to starts at."]}


class Roster(PlainResource):
    """A profile has at most one default per kind of assignment; its lock makes that so."""

    async def locked(self, session: Any, key: Any, owner: Owner = EVERYONE) -> Any:
        _, identifier = self.reader.address(key)
        await session.value(_LOCK_OF, id=identifier)
        return await super().locked(session, key, owner)

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Clears the profile's other default. Raises: Invalid for an end before the start."""

        def now(name: str) -> Any:
            return values[name] if name in values else getattr(current, name, None)

        if errors := _out_of_order(now("starts_at"), now("ends_at")):
            raise Invalid(errors)
        if now("is_default"):
            profile, identifier = now("profile_id"), getattr(current, "id", None)
            await session.execute(_ONE_DEFAULT, profile=profile, kind=now("assignment_type"), id=identifier)
        return values

    async def assign(self, session: Any, location: int, values: dict[str, Any]) -> int:
        """Assigns a profile. Raises: NotFound for the location, Invalid for the profile."""
        known = await session.value(_LOCK_LIVE, id=values["profile_id"])
        if await session.value(_HOLD_LOCATION, id=location) is None:
            raise NotFound
        if known is None:
            errors = {"profile_id": [selected_is_invalid("profile_id")]}
            raise Invalid(errors | _out_of_order(values.get("starts_at"), values.get("ends_at")))
        return await self.insert(session, {"location_id": location, **values})


roster = Roster(
    LocationProfile,
    LocationProfileRead,
    LocationProfileFields,
    name="LocationProfile",
    tag="Location profiles",
    scope="locations",
    path="/location-profiles",
    fixed=("location_id", "profile_id"),
    methods=("show", "update", "delete"),
    listing={
        "filters": ("id", "location_id", "profile_id", "assignment_type", "is_active", "is_default", "external_id")
    },
)
at_location = Reader(roster.listing, owned_by="location_id")
