"""Stores, kiosks, warehouses and web shops (commerce 9)."""

import uuid
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, Boolean, Date, Numeric, Text, Time, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, SoftDeleted, belongs_to, folded, lookup, unique, unique_live
from omneo_api.foundation.relationships import several, single
from omneo_api.platform.custom_fields.models import OF_LOCATION_ADDRESS, shown_fields


class Location(Resource, SoftDeleted):
    """`name` is null only on placeholders made for an unknown reference of a transaction."""

    __tablename__ = "locations"
    __table_args__ = (
        unique_live("uq_locations_handle", "handle_key"),
        unique_live("uq_locations_external_id", "external_id_key", field="external_id"),
        lookup("ix_locations_external_code", "external_code"),
    )

    type: Mapped[str | None]
    name: Mapped[str | None]
    handle: Mapped[str | None]
    description: Mapped[str | None]
    phone: Mapped[str | None]
    email: Mapped[str | None]
    timezone: Mapped[str | None]
    external_id: Mapped[str | None]
    external_code: Mapped[str | None]
    is_published: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_permanently_closed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    icon: Mapped[str | None]
    image_url: Mapped[str | None]
    country_iso_3: Mapped[str | None]
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    handle_key: Mapped[str | None] = folded("handle")
    external_id_key: Mapped[str | None] = folded("external_id")

    address = single("LocationAddress")
    normal_hours = several("LocationNormalHours")
    special_hours = several("LocationSpecialHours")
    custom_fields = shown_fields("location", lambda: Location)
    departments = several(
        "Department", on="Location.id == Department.location_id", where="Department.deleted_at.is_(None)"
    )


class LocationAddress(Resource):
    __tablename__ = "location_addresses"
    __table_args__ = (
        belongs_to("locations", "location_id", ondelete="CASCADE"),
        unique("location_id"),
        lookup("ix_location_addresses_place", "latitude", "longitude", where="latitude IS NOT NULL"),
    )

    location_id: Mapped[int]
    name: Mapped[str | None]
    type: Mapped[str | None]
    phone: Mapped[str | None]
    address_line_1: Mapped[str]
    address_line_2: Mapped[str | None]
    address_line_3: Mapped[str | None]
    company: Mapped[str | None]
    city: Mapped[str]
    state: Mapped[str]
    postcode: Mapped[str]
    country: Mapped[str]
    iso: Mapped[str | None]
    iso_state: Mapped[str | None]
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    notes: Mapped[str | None]
    external_id: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    meta: Mapped[Any | None] = mapped_column(JSONB)

    custom_fields = shown_fields(OF_LOCATION_ADDRESS, lambda: LocationAddress)


class LocationNormalHours(Resource):
    __tablename__ = "location_normal_hours"
    __table_args__ = (
        belongs_to("locations", "location_id", ondelete="CASCADE"),
        lookup("ix_location_normal_hours_location", "location_id"),
    )

    location_id: Mapped[int]
    day_of_week: Mapped[str]
    open_at: Mapped[time | None] = mapped_column(Time)
    close_at: Mapped[time | None] = mapped_column(Time)


class LocationSpecialHours(Resource):
    __tablename__ = "location_special_hours"
    __table_args__ = (
        belongs_to("locations", "location_id", ondelete="CASCADE"),
        lookup("ix_location_special_hours_location", "location_id"),
    )

    location_id: Mapped[int]
    name: Mapped[str | None]
    is_repeating: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    open_at: Mapped[time | None] = mapped_column(Time)
    close_at: Mapped[time | None] = mapped_column(Time)
    start_at: Mapped[date | None] = mapped_column(Date)
    end_at: Mapped[date | None] = mapped_column(Date)


class LocationProfile(Resource, SoftDeleted):
    """A profile that works at a location."""

    __tablename__ = "location_profiles"
    __table_args__ = (
        belongs_to("locations", "location_id"),
        belongs_to("profiles", "profile_id"),
        unique_live(
            "uq_location_profiles_assignment", "location_id", "profile_id", "assignment_type", field="profile_id"
        ),
        unique_live(
            "uq_location_profiles_default",
            "profile_id",
            "assignment_type",
            where="is_default AND deleted_at IS NULL",
            field="is_default",
        ),
        lookup("ix_location_profiles_profile", "profile_id", "id", where="deleted_at IS NULL"),
    )

    location_id: Mapped[int]
    profile_id: Mapped[uuid.UUID]
    assignment_type: Mapped[str]
    role_type: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    starts_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]
    external_id: Mapped[str | None]
    profile_external_id: Mapped[str | None]
    sort_order: Mapped[int | None]
    notes: Mapped[str | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)
    excluded_service_handles: Mapped[list[str] | None] = mapped_column(ARRAY(Text))

    location = single("Location")
    profile = single("Profile")
