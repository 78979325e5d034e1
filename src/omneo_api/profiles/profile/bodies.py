"""What clients send about a profile (profiles 1.2)."""

from typing import Annotated, Any

from pydantic import BeforeValidator, Field, WithJsonSchema, create_model, field_validator, model_validator

from omneo_api.foundation import fields
from omneo_api.foundation.fields import Body, FieldError
from omneo_api.foundation.validation import wrong
from omneo_api.platform.custom_fields.service import CustomFieldItem
from omneo_api.profiles.addresses.schemas import AddressType
from omneo_api.profiles.appearance.models import FIELDS as LOOKS
from omneo_api.profiles.comms.models import DEFAULTS, FLAGS, VERIFIED
from omneo_api.profiles.comms.schemas import Verification
from omneo_api.profiles.custom_attributes.schemas import AttributeType
from omneo_api.profiles.hours.schemas import Weekday
from omneo_api.profiles.profile.schemas import Gender, ProfileType

MOST = 1000


def _gender(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    text = value.lower()
    return "withheld" if text == "witheld" else text


def _code(value: Any) -> Any:
    return value.upper() if isinstance(value, str) else value


def _statuses(value: Any) -> Any:
    if not isinstance(value, list):
        raise wrong("must be an array.")
    return [item.get("handle") if isinstance(item, dict) else item for item in value]


class IdentityBody(Body):
    handle: fields.Text
    identifier: fields.Text
    is_active: fields.Bool = True
    is_primary: fields.Bool = False


class IdentityItem(IdentityBody):
    """An identity within a profile; with `id` it is that identity of the profile that changes."""

    id: fields.Int | None = None


class AddressBody(Body):
    address_line_1: fields.Text
    address_line_2: fields.Text | None = None
    address_line_3: fields.Text | None = None
    city: fields.Text
    postcode: fields.Text
    country: fields.Text
    state: fields.Text | None = None
    iso: fields.Text | None = None
    iso_state: fields.Text | None = None
    company: fields.Text | None = None
    name: fields.Text | None = None
    phone: fields.Text | None = None
    notes: fields.LongText | None = None
    type: AddressType | None = None
    is_default: fields.Bool | None = None
    external_id: fields.Text | None = None
    meta: fields.Meta | None = None
    custom_fields: list[CustomFieldItem] | None = None

    @model_validator(mode="before")
    @classmethod
    def _other_names(cls, data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        named = dict(data)
        for alias, name in (("street_address", "address_line_1"), ("apartment", "address_line_2")):
            if alias in named and name not in named:
                named[name] = named[alias]
        if isinstance(named.get("custom_fields"), dict):
            # The grouped form of an answer, sent back as it was read, says nothing new.
            del named["custom_fields"]
        return named


class _CommsBase(Body):
    email_consent_updated_at: fields.DateTime | None = None
    sms_consent_updated_at: fields.DateTime | None = None
    terms_accepted_at: fields.DateTime | None = None
    terms_accepted_version: fields.Text | None = None

    @model_validator(mode="before")
    @classmethod
    def _undecided(cls, data: Any) -> Any:
        """A flag that comes back as it was read, with its `_raw` null, is not a decision."""
        if not isinstance(data, dict):
            return data
        return {
            name: value
            for name, value in data.items()
            if not (name in DEFAULTS and value is DEFAULTS[name] and data.get(f"{name}_raw", 0) is None)
        }


_flags: dict[str, Any] = dict.fromkeys(FLAGS, (fields.Bool | None, None))
_verifications: dict[str, Any] = {f"{channel}_verification": (Verification, "not_sent") for channel in VERIFIED}
CommsBody: type[Body] = create_model("CommsBody", __base__=_CommsBase, **_flags, **_verifications)

_looks: dict[str, Any] = dict.fromkeys(LOOKS, (fields.Text | None, None))
AppearanceBody: type[Body] = create_model("AppearanceBody", __base__=Body, **_looks)


class DateLinkBody(Body):
    profile_id: fields.Uuid
    relationship: fields.Text | None = None
    role: fields.Text | None = None


class DateBody(Body):
    date: fields.Date
    handle: fields.Text
    name: fields.Text | None = None
    relationship: fields.Text | None = None
    role: fields.Text | None = None
    is_recurring: fields.Bool | None = None
    recurring_schedule: fields.Text | None = None
    description: fields.LongText | None = None
    note: fields.LongText | None = None
    meta: fields.Meta | None = None
    links: Annotated[list[DateLinkBody], Field(max_length=MOST)] | None = None


class CustomAttributeBody(Body):
    namespace: Annotated[fields.Text, Field(min_length=1, pattern=r"^[^:]+$")]
    handle: fields.Text
    type: AttributeType
    value: fields.Json = None


class RegionItem(Body):
    """`region_id` or `id` (the same), or the region's handle."""

    region_id: fields.Int | None = None
    id: fields.Int | None = None
    handle: fields.Text | None = None
    country: fields.Text | None = None
    state: fields.Text | None = None
    is_active: fields.Bool | None = None

    @model_validator(mode="after")
    def _named(self) -> "RegionItem":
        if self.region_id is None and self.id is None and self.handle is None:
            raise FieldError({"region_id": "The {field} field is required."})
        return self


class _Times(Body):
    is_closed: fields.Bool = False
    available_from: fields.TimeOfDay | None = None
    available_until: fields.TimeOfDay | None = None


class NormalHoursBody(_Times):
    day_of_week: Weekday


class SpecialHoursBody(_Times):
    name: fields.Text
    start_at: fields.Date
    end_at: fields.Date
    is_repeating: fields.Bool = False


class AttributesBody(Body):
    comms: CommsBody | None = None
    appearance: AppearanceBody | None = None
    dates: Annotated[list[DateBody], Field(max_length=MOST)] | None = None


def _grouped(value: Any) -> Any:
    """The grouped form `{namespace: {handle: value}}` of an answer, sent back: rows without a type of their own."""
    if not isinstance(value, dict):
        return value
    if not all(isinstance(entries, dict) for entries in value.values()):
        raise wrong("must be an array.")
    return [
        {"namespace": namespace, "handle": handle, "type": type_of(entry), "value": entry, "is_grouped": True}
        for namespace, entries in value.items()
        for handle, entry in entries.items()
    ]


def type_of(value: Any) -> str:
    """The type that a JSON value has by itself."""
    kinds = {bool: "boolean", int: "integer", float: "float", dict: "json", list: "array"}
    return kinds.get(type(value), "string")


class CustomAttributeItem(CustomAttributeBody):
    is_grouped: fields.Bool = False


Statuses = Annotated[
    list[fields.Text], BeforeValidator(_statuses), Field(max_length=MOST), WithJsonSchema({"type": "array"})
]
CustomAttributes = Annotated[list[CustomAttributeItem], BeforeValidator(_grouped), Field(max_length=MOST)]


class ProfileBody(Body):
    """The keys of a profile that clients may write; a create needs `email`."""

    email: fields.Email | None = None
    first_name: fields.Text | None = None
    last_name: fields.Text | None = None
    title: fields.Text | None = None
    gender: Annotated[Gender, BeforeValidator(_gender)] | None = None
    currency: Annotated[fields.Text, BeforeValidator(_code)] | None = None
    profile_type: ProfileType | None = None
    joined_at: fields.DateTime | None = None
    mobile_phone: fields.Text | None = None
    secondary_phone: fields.Text | None = None
    birth_day: Annotated[fields.Int, Field(ge=1, le=31)] | None = None
    birth_month: Annotated[fields.Int, Field(ge=1, le=12)] | None = None
    birth_year: Annotated[fields.Int, Field(ge=1900)] | None = None
    company: fields.Text | None = None
    occupation: fields.Text | None = None
    avatar_url: fields.Url | None = None
    joined_location_id: fields.Int | None = None
    joined_location_external_id: fields.Text | None = None
    joined_location_external_code: fields.Text | None = None
    preferred_location_id: fields.Int | None = None
    preferred_location_external_id: fields.Text | None = None
    preferred_location_external_code: fields.Text | None = None
    joined_staff_id: fields.Uuid | None = None
    preferred_staff_id: fields.Uuid | None = None
    tags: fields.Tags | None = None
    statuses: Statuses | None = None
    identities: Annotated[list[IdentityItem], Field(max_length=MOST)] | None = None
    addresses: Annotated[list[AddressBody], Field(max_length=MOST)] | None = None
    attributes: AttributesBody | None = None
    comms_attributes: CommsBody | None = None
    custom_attributes: CustomAttributes | None = None
    dates_attributes: Annotated[list[DateBody], Field(max_length=MOST)] | None = None
    regions: Annotated[list[RegionItem], Field(max_length=MOST)] | None = None
    region: fields.Text | None = None
    region_id: fields.Int | None = None
    region_country: fields.Text | None = None
    region_state: fields.Text | None = None
    normal_hours: Annotated[list[NormalHoursBody], Field(max_length=MOST)] | None = None
    special_hours: Annotated[list[SpecialHoursBody], Field(max_length=MOST)] | None = None

    @field_validator("region", mode="before")
    @classmethod
    def _region_handle(cls, value: Any) -> Any:
        return value.get("handle") if isinstance(value, dict) else value


class TypeBody(Body):
    profile_type: ProfileType


class PublicBody(Body):
    is_public: fields.Bool


class KeyBody(Body):
    """A profile by its id (`type` is `profile_id`) or by an identity (`type` is its handle)."""

    type: fields.Text
    id: fields.Text


class AvailabilityBody(Body):
    email: fields.Email | None = None
    mobile_phone: fields.Text | None = None


class CustomEventBody(Body):
    event: fields.Text
    context: fields.Meta | None = None


class MergeBody(Body):
    source_profile_id: fields.Uuid
    destination_profile_id: fields.Uuid


class LoserBody(Body):
    loser_id: fields.Uuid
