"""Finding out who somebody is, and whether a key is free (profiles 2)."""

import uuid
from typing import Any

from omneo_api.configuration.settings.service import setting
from omneo_api.foundation.errors import Errors, Invalid
from omneo_api.foundation.fields import parse_phone
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.profile import service
from omneo_api.profiles.profile.bodies import AvailabilityBody, KeyBody
from omneo_api.profiles.profile.checking import not_a_phone

BY_ID = "profile_id"
_HOLDERS = Statement(
    """
    SELECT id, btrim(concat(first_name, ' ', last_name)) AS full_name, email = :email::text AS by_email,
           mobile_phone = :mobile_phone::text AS by_mobile_phone
    FROM profiles WHERE deleted_at IS NULL AND (email = :email::text OR mobile_phone = :mobile_phone::text)
    """
)


async def by_key(session: Any, body: KeyBody) -> uuid.UUID | None:
    """The live profile that the pair of type and id names."""
    return await service.find(session, body.id, None if body.type == BY_ID else body.type)


async def availability(session: Any, body: AvailabilityBody) -> dict[str, Any]:
    """For each key asked for, whether it is free and who has it. Raises: Invalid."""
    errors: Errors = {}
    mobile = body.mobile_phone
    if body.email is None and mobile is None:
        errors["email"] = ["The email field is required."]
    if mobile is not None:
        number = parse_phone(mobile, await setting(session, "country") or "AU")
        if number is None:
            errors["mobile_phone"] = [not_a_phone("mobile_phone")]
        mobile = number.e164 if number else None
    if errors:
        raise Invalid(errors)
    rows = await session.rows(_HOLDERS, email=body.email, mobile_phone=mobile)
    asked = {"email": body.email, "mobile_phone": mobile}
    return {
        name: None if value is None else _holder(next((row for row in rows if getattr(row, f"by_{name}")), None))
        for name, value in asked.items()
    }


def _holder(row: Any) -> dict[str, Any]:
    shown = {"id": row.id, "full_name": row.full_name} if row is not None else None
    return {"available": row is None, "profile": shown}
