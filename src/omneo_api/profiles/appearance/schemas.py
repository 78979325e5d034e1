"""The shape of appearance (profiles 7)."""

import uuid
from datetime import datetime
from typing import Any

from pydantic import create_model

from omneo_api.foundation.render import Read
from omneo_api.profiles.appearance.models import FIELDS, Appearance
from omneo_api.profiles.comms.schemas import object_of

_fields: dict[str, Any] = {
    "profile_id": (uuid.UUID, ...),
    **dict.fromkeys(FIELDS, (str | None, ...)),
    "created_at": (datetime, ...),
    "updated_at": (datetime, ...),
}
AppearanceRead: type[Read] = create_model("AppearanceRead", __base__=Read, **_fields)


def appearance_of(profile: Any) -> Any:
    return object_of(AppearanceRead, Appearance, profile)
