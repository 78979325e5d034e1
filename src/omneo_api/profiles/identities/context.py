"""Identities together with the profile that they belong to."""

import uuid
from datetime import datetime
from typing import Annotated

from omneo_api.foundation.render import Included, Read
from omneo_api.profiles.identities.schemas import IdentityRead
from omneo_api.profiles.profile.schemas import ProfileContext, ProfileOfIdentity


class IdentityWithProfile(IdentityRead):
    """An identity in the list of all: `include=profile` adds its profile."""

    profile: Annotated[ProfileOfIdentity | None, Included("read-profiles")]


class IdentityContext(Read):
    """What subscribers of `identity.created` see."""

    id: int
    profile_id: uuid.UUID
    profile: ProfileContext | None
    handle: str
    identifier: str
    is_primary: bool
    is_active: bool
    merged_from: uuid.UUID | None
    created_at: datetime
    updated_at: datetime
