"""A profile's hours over HTTP (profiles 15)."""

from typing import Any

from omneo_api.foundation.calls import EVERYONE, Owner
from omneo_api.foundation.errors import Errors, Invalid
from omneo_api.foundation.resources import PlainResource
from omneo_api.profiles.hours import service
from omneo_api.profiles.hours.models import ProfileNormalHours, ProfileSpecialHours
from omneo_api.profiles.hours.schemas import ProfileNormalHoursRead, ProfileSpecialHoursRead
from omneo_api.profiles.profile.bodies import NormalHoursBody, SpecialHoursBody
from omneo_api.profiles.profile.events import touched
from omneo_api.profiles.scope import lock_profile

TIMES = ("is_closed", "available_from", "available_until", "start_at", "end_at")


class Hours(PlainResource):
    """Hours of one profile, whose lock is taken before they change."""

    async def insert(self, session: Any, values: dict[str, Any]) -> int:
        await lock_profile(session, values["profile_id"])
        identifier = await super().insert(session, values)
        await touched(session, values["profile_id"], announced=False)
        return identifier

    async def locked(self, session: Any, key: Any, owner: Owner = EVERYONE) -> Any:
        await lock_profile(session, owner.id)
        return await super().locked(session, key, owner)

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        stored = {name: getattr(current, name) for name in TIMES if hasattr(current, name)}
        errors: Errors = {}
        whole = service.normal({**stored, **values}, "", errors)
        if errors:
            raise Invalid(errors)
        return {**values, **{name: whole[name] for name in TIMES if name in whole}}

    async def change(self, session: Any, current: Any, values: dict[str, Any]) -> bool:
        changed = await super().change(session, current, values)
        if changed:
            await touched(session, current.profile_id, announced=False)
        return changed

    async def remove(self, session: Any, current: Any) -> None:
        await super().remove(session, current)
        await touched(session, current.profile_id, announced=False)


normal_hours = Hours(
    ProfileNormalHours,
    ProfileNormalHoursRead,
    NormalHoursBody,
    name="NormalHours",
    tag="Profile hours",
    scope="profiles",
    path="/normal-hours",
    paging="all",
    scopes={"create": "update-profiles", "delete": "update-profiles"},
    example={"day_of_week": "MON", "available_from": "09:00:00", "available_until": "17:00:00"},
)
special_hours = Hours(
    ProfileSpecialHours,
    ProfileSpecialHoursRead,
    SpecialHoursBody,
    name="SpecialHours",
    tag="Profile hours",
    scope="profiles",
    path="/special-hours",
    paging="all",
    scopes={"create": "update-profiles", "delete": "update-profiles"},
    example={"name": "Holidays", "start_at": "2025-12-24", "end_at": "2025-12-27", "is_closed": True},
)
