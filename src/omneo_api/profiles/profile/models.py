"""The record of one person; everything else hangs on its id (profiles 1)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ARRAY,
    BigInteger,
    Boolean,
    SmallInteger,
    Text,
    and_,
    func,
    literal_column,
    or_,
    select,
    text,
)
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship, synonym

from omneo_api.foundation.models import NOW, Moment, SoftDeleted, Tenanted, Timed, belongs_to, lookup, unique_live
from omneo_api.foundation.relationships import several, single
from omneo_api.platform.custom_fields.models import shown_fields
from omneo_api.profiles.identities.models import Identity
from omneo_api.profiles.profile import birthdays
from omneo_api.profiles.statuses.models import ProfileStatus

INCOMPLETE_TYPES = ("incomplete", "pending", "temporary")


def _staff(column: str) -> Any:
    """The live or deleted profile of a member of staff: who served a person is not forgotten with the account."""
    return relationship(
        "Profile",
        lazy="raise",
        viewonly=True,
        uselist=False,
        primaryjoin=f"and_(Profile.tenant_id == foreign(remote(Profile.tenant_id)), "
        f"foreign(remote(Profile.id)) == Profile.{column})",
    )


def _location(column: str) -> Any:
    return single("Location", on=f"Profile.{column} == Location.id")


class Profile(Tenanted, Timed, SoftDeleted):
    __tablename__ = "profiles"
    counted = "{row}.deleted_at IS NULL AND {row}.profile_type <> 'deleted'"
    __table_args__ = (
        belongs_to("locations", "joined_location_id"),
        belongs_to("locations", "preferred_location_id"),
        unique_live("uq_profiles_email", "email"),
        unique_live("uq_profiles_mobile_phone", "mobile_phone", message="The phone number exists"),
        lookup("ix_profiles_created_at", "created_at", "id", where="deleted_at IS NULL AND profile_type <> 'deleted'"),
        lookup("ix_profiles_updated_at", "updated_at"),
        lookup("ix_profiles_secondary_phone", "secondary_phone", where="secondary_phone IS NOT NULL"),
        lookup("ix_profiles_joined_staff", "joined_staff_id", where="joined_staff_id IS NOT NULL"),
        lookup("ix_profiles_preferred_staff", "preferred_staff_id", where="preferred_staff_id IS NOT NULL"),
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
    purged_at: Mapped[datetime | None]

    identities = several("Identity", on="Profile.id == Identity.profile_id")
    joined_location = _location("joined_location_id")
    preferred_location = _location("preferred_location_id")
    joined_staff = _staff("joined_staff_id")
    preferred_staff = _staff("preferred_staff_id")
    addresses = several("Address")
    default_address = single("Address", on="Profile.id == Address.profile_id", where="Address.is_default")
    dates = several("ProfileDate")
    custom_attribute_rows = several("CustomAttribute")
    custom_field_rows = shown_fields("profile", lambda: Profile)
    regions = several("ProfileRegion")
    active_region = single(
        "ProfileRegion", on="Profile.id == ProfileRegion.profile_id", where="ProfileRegion.is_active"
    )
    active_statuses = relationship(
        ProfileStatus,
        lazy="raise",
        viewonly=True,
        primaryjoin=lambda: and_(
            Profile.tenant_id == foreign(ProfileStatus.tenant_id),
            Profile.id == foreign(ProfileStatus.profile_id),
            ProfileStatus.removed_at.is_(None),
            or_(ProfileStatus.expires_at.is_(None), ProfileStatus.expires_at > func.omneo_now()),
        ),
    )
    aggregations = single("AggregationView", on="Profile.id == AggregationView.profile_id")
    normal_hours = several("ProfileNormalHours")
    special_hours = several("ProfileSpecialHours")

    # Both are stored in one letter case, so they are their own folded twins.
    email_key = synonym("email")
    mobile_phone_key = synonym("mobile_phone")
    secondary_phone_key = synonym("secondary_phone")
    profile_type_key = synonym("profile_type")

    @hybrid_property
    def full_name(self) -> Any:
        return func.btrim(func.concat(self.first_name, literal_column("' '"), self.last_name))

    @hybrid_property
    def is_completed(self) -> Any:
        kind: Any = self.profile_type
        return kind.not_in([literal_column(f"'{name}'") for name in INCOMPLETE_TYPES])

    @hybrid_property
    def external_id(self) -> Any:
        found = select(Identity.identifier).where(
            Identity.tenant_id == self.tenant_id, Identity.profile_id == self.id, Identity.is_primary
        )
        return found.correlate_except(Identity).scalar_subquery()

    @hybrid_property
    def birth_date(self) -> Any:
        return birthdays.on(self.birth_year, self.birth_month, self.birth_day)

    @hybrid_property
    def next_birthday(self) -> Any:
        return birthdays.following(self.birth_month, self.birth_day)

    @hybrid_property
    def birth_days(self) -> Any:
        return birthdays.days_until(self.birth_month, self.birth_day)

    @hybrid_property
    def birth_days_past(self) -> Any:
        return birthdays.days_since(self.birth_month, self.birth_day)
