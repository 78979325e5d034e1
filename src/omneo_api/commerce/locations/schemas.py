"""What goes in and out of locations (commerce 9)."""

import uuid
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from sqlalchemy import DateTime, Float, Numeric, Text, bindparam, cast, func, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import JSONB, UUID

from omneo_api.commerce.departments import DepartmentRead
from omneo_api.commerce.locations.models import LocationAddress
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Grouped, Included, Read, Source, Sql

AddressType = Literal["home", "business", "billing", "holiday", "hotel", "recipient", "other"]


def _midnight(column: str) -> Sql:
    return Sql(lambda row: cast(getattr(row, column), DateTime))


class LocationAddressRead(Read):
    id: int
    address_line_1: str
    address_line_2: str | None
    address_line_3: str | None
    company: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    city: str
    postcode: str
    state: str
    country: str
    notes: str | None
    external_id: str | None
    is_default: bool
    iso: str | None
    iso_state: str | None
    name: str | None
    type: AddressType | None
    phone: str | None
    meta: Any
    profile_id: Annotated[str | None, Sql(lambda _: literal_column("NULL::uuid", UUID()))]
    custom_fields: Annotated[dict[str, Any], Grouped()]
    created_at: datetime
    updated_at: datetime


class NormalHoursRead(Read):
    id: int
    location_id: int
    day_of_week: str
    open_at: time | None
    close_at: time | None
    created_at: datetime
    updated_at: datetime


class SpecialHoursRead(Read):
    """`start_at` and `end_at` are dates in the form of date-times, as the contract has them."""

    id: int
    location_id: int
    name: str | None
    is_repeating: bool
    open_at: time | None
    close_at: time | None
    start_at: Annotated[date | None, _midnight("start_at")]
    end_at: Annotated[date | None, _midnight("end_at")]
    created_at: datetime
    updated_at: datetime


class LocationRead(Read):
    id: int
    type: str | None
    name: str | None
    handle: str | None
    description: str | None
    phone: str | None
    email: str | None
    timezone: str | None
    external_id: str | None
    external_code: str | None
    is_published: bool
    is_permanently_closed: bool
    icon: str | None
    image_url: str | None
    country_iso_3: str | None
    address: LocationAddressRead | None
    normal_hours: list[NormalHoursRead]
    special_hours: list[SpecialHoursRead]
    tags: list[str]
    custom_fields: Annotated[dict[str, Any], Grouped()]
    departments: Annotated[list[DepartmentRead], Included()]
    created_at: datetime
    updated_at: datetime


class ShortLocation(Read):
    """A location as transactions and orders embed it (commerce 1.1); it stays when the location is deleted."""

    id: int
    type: str | None
    name: str | None
    description: str | None
    phone: str | None
    email: str | None
    external_id: str | None
    is_published: bool
    is_permanently_closed: bool
    address: LocationAddressRead | None


EARTH_RADIUS_KM = 6371.0088
LATITUDE, LONGITUDE = bindparam("near_latitude", type_=Float), bindparam("near_longitude", type_=Float)


def great_circle(latitude: Any, longitude: Any) -> Any:
    """The distance in kilometres of coordinates from the point asked for (haversine)."""
    along, across = func.radians(latitude - LATITUDE) / lit(2), func.radians(longitude - LONGITUDE) / lit(2)
    squared = func.power(func.sin(along), lit(2)) + func.cos(func.radians(latitude)) * func.cos(
        func.radians(LATITUDE)
    ) * func.power(func.sin(across), lit(2))
    return lit(2) * literal_column(str(EARTH_RADIUS_KM)) * func.asin(func.sqrt(func.least(squared, lit(1))))


def distance(location: Any) -> Any:
    """The same for a location, null without coordinates."""
    latitude, longitude = (cast(column, Float) for column in (LocationAddress.latitude, LocationAddress.longitude))
    return type_coerce(
        select(great_circle(latitude, longitude))
        .where(LocationAddress.tenant_id == location.tenant_id, LocationAddress.location_id == location.id)
        .correlate(location)
        .scalar_subquery(),
        Float,
    )


class NearLocationRead(LocationRead):
    """A location found by its distance (km) from a point."""

    distance: Annotated[Decimal, Sql(lambda row: func.round(cast(distance(row), Numeric), lit(2), type_=Numeric))]


class LocationAddressContext(Read):
    """What subscribers of address events see of a location's address (automation 3.3)."""

    id: int
    profile_id: Annotated[str | None, Sql(lambda _: literal_column("NULL::uuid", UUID()))]
    external_id: str | None
    resource_owner_id: Annotated[int, Source("location_id")]
    resource_owner_type: Annotated[str, Sql(lambda _: cast(lit("location"), Text))]
    name: str | None
    type: AddressType | None
    phone: str | None
    address_line_1: str
    address_line_2: str | None
    address_line_3: str | None
    company: str | None
    city: str
    state: str
    postcode: str
    country: str
    iso: str | None
    iso_state: str | None
    latitude: Decimal | None
    longitude: Decimal | None
    is_default: bool
    notes: str | None
    meta: Any
    profile: Annotated[None, Sql(lambda _: literal_column("NULL::json", JSONB()))]
    created_at: datetime
    updated_at: datetime


class RosterLocation(Read):
    id: int
    name: str | None
    handle: str | None


class RosterProfile(Read):
    id: uuid.UUID
    first_name: str | None
    last_name: str | None
    email: str | None


class LocationProfileRead(Read):
    id: int
    location_id: int
    profile_id: uuid.UUID
    assignment_type: str
    role_type: str | None
    is_default: bool
    is_active: bool
    starts_at: datetime | None
    ends_at: datetime | None
    external_id: str | None
    profile_external_id: str | None
    sort_order: int | None
    notes: str | None
    meta: Any
    excluded_service_handles: Annotated[
        list[str] | None, Sql(lambda row: func.to_json(row.excluded_service_handles, type_=JSONB()))
    ]
    location: RosterLocation
    profile: RosterProfile
    created_at: datetime
    updated_at: datetime
    deleted_at: datetime | None
