"""What is sent to locations (commerce 9)."""

from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from omneo_api.commerce.locations.schemas import AddressType
from omneo_api.foundation import fields
from omneo_api.foundation.fields import FieldError
from omneo_api.foundation.validation import URL_LENGTH
from omneo_api.platform.custom_fields.service import CustomFieldItem

Day = Literal["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"]
Assignment = Literal["staff", "manager", "profile"]
Contract = Literal["full_time", "part_time", "casual", "other"]
Picture = Annotated[fields.LongText, Field(max_length=URL_LENGTH)]
Latitude = Annotated[fields.Number, Field(ge=-90, le=90)]
Longitude = Annotated[fields.Number, Field(ge=-180, le=180)]


class CustomFieldsOwner(fields.Body):
    """What shows its custom fields grouped; sent back as they were read, they say nothing new."""

    custom_fields: list[CustomFieldItem] | None = None

    @model_validator(mode="before")
    @classmethod
    def _sent_back(cls, data: Any) -> Any:
        if isinstance(data, dict) and isinstance(data.get("custom_fields"), dict):
            return {name: value for name, value in data.items() if name != "custom_fields"}
        return data


class LocationAddressBody(CustomFieldsOwner):
    address_line_1: fields.Text
    city: fields.Text
    postcode: fields.Text
    state: fields.Text
    country: fields.Text
    address_line_2: fields.Text | None = None
    address_line_3: fields.Text | None = None
    company: fields.Text | None = None
    latitude: Latitude | None = None
    longitude: Longitude | None = None
    notes: fields.LongText | None = None
    external_id: fields.Text | None = None
    is_default: fields.Bool = False
    iso: fields.Text | None = None
    iso_state: fields.Text | None = None
    name: fields.Text | None = None
    type: AddressType | None = None
    phone: fields.Text | None = None
    meta: fields.Meta | None = None


class NormalHoursBody(fields.Body):
    """Hours of one day; a close before the open is past midnight, both null is closed."""

    day_of_week: Day
    open_at: fields.TimeOfDay | None = None
    close_at: fields.TimeOfDay | None = None


class SpecialHoursBody(fields.Body):
    """Hours of some dates, instead of the normal ones."""

    name: fields.Text | None = None
    is_repeating: fields.Bool = False
    open_at: fields.TimeOfDay | None = None
    close_at: fields.TimeOfDay | None = None
    start_at: fields.Date | None = None
    end_at: fields.Date | None = None

    @model_validator(mode="after")
    def _in_order(self) -> "SpecialHoursBody":
        if self.start_at is not None and self.end_at is not None and self.start_at > self.end_at:
            raise FieldError({"end_at": "The {field} field must be a date after or equal to start at."})
        return self


class LocationFields(CustomFieldsOwner):
    """Everything that create and update have in common."""

    type: fields.Text | None = None
    handle: fields.Handle | None = None
    description: fields.LongText | None = None
    email: fields.Email | None = None
    timezone: fields.Timezone | None = None
    external_id: fields.Text | None = None
    external_code: fields.Text | None = None
    is_published: fields.Bool = False
    is_permanently_closed: fields.Bool = False
    icon: Picture | None = None
    image_url: Picture | None = None
    country_iso_3: fields.Text | None = None
    normal_hours: list[NormalHoursBody] | None = None
    special_hours: list[SpecialHoursBody] | None = None
    tags: fields.Tags | None = None


class LocationBody(LocationFields):
    name: fields.Text
    phone: fields.Text
    address: LocationAddressBody | None = None


class LocationUpdateBody(LocationFields):
    """Absent keys stay; the keys of `address` are merged into the stored one.

    A placeholder has neither name nor phone and is sent back with nulls, so null is accepted where null is stored.
    """

    name: fields.Text | None = None
    phone: fields.Text | None = None
    address: fields.partial(LocationAddressBody) | None = None  # type: ignore[valid-type]


class LocationProfileFields(fields.Body):
    assignment_type: Assignment
    role_type: Contract | None = None
    is_default: fields.Bool = False
    is_active: fields.Bool = True
    starts_at: fields.DateTime | None = None
    ends_at: fields.DateTime | None = None
    external_id: fields.Text | None = None
    profile_external_id: fields.Text | None = None
    sort_order: Annotated[fields.Int, Field(ge=0, le=2**31 - 1)] | None = None
    notes: fields.LongText | None = None
    meta: fields.Meta | None = None
    excluded_service_handles: list[fields.Text] | None = None


class LocationProfileBody(LocationProfileFields):
    profile_id: fields.Uuid
