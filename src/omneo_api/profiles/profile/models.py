"""The record of one person; everything else hangs on its id (profiles 1)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, SmallInteger, Text, func, literal_column, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from omneo_api.foundation.models import NOW, Moment, SoftDeleted, Tenanted, Timed, belongs_to, lookup, unique_live

INCOMPLETE_TYPES = ("incomplete", "pending", "temporary")


class Profile(Tenanted, Timed, SoftDeleted):
    __tablename__ = "profiles"
    __table_args__ = (
        belongs_to("locations", "joined_location_id"),
        belongs_to("locations", "preferred_location_id"),
        unique_live("uq_profiles_email", "email"),
        unique_live("uq_profiles_mobile_phone", "mobile_phone", message="The phone number exists"),
        lookup("ix_profiles_created_at", "created_at", "id", where="deleted_at IS NULL AND profile_type <> 'deleted'"),
        lookup("ix_profiles_updated_at", "updated_at"),
    )

    id: Mapped[uuid.UUID] = mapped_column(
        UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"), sort_order=-20
    )
    title: Mapped[str | None]
    first_name: Mapped[str] = mapped_column(Text, server_default=text("'Unknown'"))
    last_name: Mapped[str] = mapped_column(Text, server_default=text("'Unknown'"))
    email: Mapped[str | None]
    gender: Mapped[str | None]
    currency: Mapped[str | None]
    joined_at: Mapped[datetime | None] = mapped_column(Moment, server_default=NOW)
    mobile_phone: Mapped[str | None]
    mobile_phone_country: Mapped[int | None]
    mobile_phone_national: Mapped[str | None]
    mobile_phone_national_prefix: Mapped[str | None]
    secondary_phone: Mapped[str | None]
    birth_year: Mapped[int | None] = mapped_column(SmallInteger)
    birth_month: Mapped[int | None] = mapped_column(SmallInteger)
    birth_day: Mapped[int | None] = mapped_column(SmallInteger)
    company: Mapped[str | None]
    occupation: Mapped[str | None]
    avatar_url: Mapped[str | None]
    is_public: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    profile_type: Mapped[str] = mapped_column(Text, server_default=text("'active'"))
    type_before_deletion: Mapped[str | None]
    joined_location_id: Mapped[int | None] = mapped_column(BigInteger)
    preferred_location_id: Mapped[int | None] = mapped_column(BigInteger)
    joined_staff_id: Mapped[uuid.UUID | None]
    preferred_staff_id: Mapped[uuid.UUID | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    created_by: Mapped[str | None]

    identities = relationship(
        "Identity",
        lazy="raise",
        viewonly=True,
        order_by="Identity.id",
        primaryjoin="and_(Profile.tenant_id == foreign(Identity.tenant_id), Profile.id == foreign(Identity.profile_id))",
    )
    joined_location = relationship(
        "Location",
        lazy="raise",
        viewonly=True,
        primaryjoin="and_(Profile.tenant_id == foreign(Location.tenant_id), foreign(Location.id) == Profile.joined_location_id)",
        uselist=False,
    )
    preferred_location = relationship(
        "Location",
        lazy="raise",
        viewonly=True,
        primaryjoin=(
            "and_(Profile.tenant_id == foreign(Location.tenant_id), foreign(Location.id) == Profile.preferred_location_id)"
        ),
        uselist=False,
    )

    @hybrid_property
    def full_name(self) -> Any:
        return func.btrim(func.concat(self.first_name, literal_column("' '"), self.last_name))

    @hybrid_property
    def is_completed(self) -> Any:
        column: Any = self.profile_type
        return column.not_in([literal_column(f"'{name}'") for name in INCOMPLETE_TYPES])
