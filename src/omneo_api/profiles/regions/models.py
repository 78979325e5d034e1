"""The regions of a profile (profiles 14)."""

import uuid

from sqlalchemy import Boolean, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, lookup, unique, unique_live
from omneo_api.foundation.relationships import single


class ProfileRegion(Resource):
    """A profile's place in a region, with a country and state in its own words."""

    __tablename__ = "profile_regions"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("regions", "region_id", ondelete="CASCADE"),
        unique("profile_id", "region_id", field="region_id"),
        unique_live("uq_profile_regions_active", "profile_id", where="is_active", field="is_active"),
        lookup("ix_profile_regions_region", "region_id"),
    )

    profile_id: Mapped[uuid.UUID]
    region_id: Mapped[int]
    country: Mapped[str | None]
    state: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    region = single("Region")
