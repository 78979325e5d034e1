"""What goes in and out of locations (commerce 9)."""

from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal

from sqlalchemy import DateTime, cast, literal_column
from sqlalchemy.dialects.postgresql import JSONB, UUID

from omneo_api.commerce.departments import DepartmentRead
from omneo_api.foundation.render import Grouped, Included, Read, Sql

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
    custom_fields: Annotated[dict[str, Any], Sql(lambda _: literal_column("'{}'::json", JSONB()))]
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
