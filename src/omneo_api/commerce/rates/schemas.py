"""What goes in and out of rates (commerce 11.2)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AfterValidator, Field, PlainValidator, WithJsonSchema, model_validator

from omneo_api.automation.json_logic import check_size
from omneo_api.foundation import fields
from omneo_api.foundation.fields import FieldError, Keep
from omneo_api.foundation.render import Read
from omneo_api.foundation.validation import wrong
from omneo_api.incentives.inputs import Absolute, Count, RegionShort
from omneo_api.incentives.periods import IssuePeriodType


class LocationShort(Read):
    id: int
    name: str | None
    handle: str | None


class RateRead(Read):
    id: int
    handle: str
    type: str
    code: str | None
    name: str | None
    rate: Decimal
    location: str | None
    location_id: int | None
    location_object: LocationShort | None
    region_id: int | None
    region: RegionShort | None
    country_iso_2: str | None
    profile_conditions: Any
    product_conditions: Any
    start_time: datetime | None
    end_time: datetime | None
    issue_period: int | None
    issue_period_type: IssuePeriodType | None
    issue_absolute_expiry: str | None
    earn_instructions: str | None
    internal_notes: str | None
    priority: int | None
    is_default: bool
    is_published: bool
    is_archived: bool
    created_at: datetime
    updated_at: datetime


class RateEstimateRead(Read):
    """The rate that would be chosen, in short."""

    name: str | None
    handle: str
    rate: Decimal
    location: str | None
    code: str | None
    region_id: int | None
    country_iso_2: str | None
    priority: int | None


def _condition(value: Any) -> Any:
    """A JSON Logic rule; `[]` is none. It is kept as sent."""
    if value == []:
        return None
    if not isinstance(value, dict):
        raise wrong("must be an object.")
    too_large = check_size(value)
    if too_large:
        raise ValueError(too_large)
    return value


def _location(value: Any) -> str:
    """The external code of a location, or the external id or id of a location object."""
    if isinstance(value, dict):
        found = value.get("external_id")
        value = value.get("id") if found is None else found
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not 0 < len(value.strip()) <= 255:
        raise wrong("must be a string.")
    return value.strip()


Condition = Annotated[
    dict[str, Any], Keep.VERBATIM, PlainValidator(_condition), WithJsonSchema({"type": ["object", "null"]})
]
LocationWord = Annotated[
    str, Keep.VERBATIM, PlainValidator(_location), WithJsonSchema({"type": "string", "maxLength": 255})
]
Country = Annotated[fields.Text, Field(pattern=r"^[A-Za-z]{2}$"), AfterValidator(str.upper)]
Rank = Annotated[fields.Int, Field(ge=-(2**31), le=2**31 - 1)]
Multiplier = Annotated[fields.Money, Field(ge=0)]


class RateBody(fields.Body):
    handle: fields.Text
    type: fields.Text
    rate: Multiplier
    code: fields.Text | None = None
    name: fields.Text | None = None
    location: LocationWord | None = None
    location_id: fields.Int | None = None
    region_id: fields.Int | None = None
    country_iso_2: Country | None = None
    profile_conditions: Condition | None = None
    product_conditions: Condition | None = None
    start_time: fields.DateTime | None = None
    end_time: fields.DateTime | None = None
    issue_period: Count | None = None
    issue_period_type: IssuePeriodType | None = None
    issue_absolute_expiry: Absolute | None = None
    earn_instructions: fields.LongText | None = None
    internal_notes: fields.LongText | None = None
    priority: Rank | None = None
    is_default: fields.Bool = False
    is_published: fields.Bool = True


class CalculateBody(fields.Body):
    """What a price would earn by the rates of a handle."""

    handle: fields.Text
    price: fields.Money
    type: fields.Text | None = None
    code: fields.Text | None = None
    location: LocationWord | None = None


class EstimateBody(fields.Body):
    """`definition` is the handle of the rates, `region` that of a region, `country` an ISO code."""

    definition: fields.Text
    location_id: fields.Int | None = None
    country: fields.Text | None = None
    region: fields.Text | None = None


class ProductEstimateBody(EstimateBody):
    product_id: fields.Int


class VariantEstimateBody(EstimateBody):
    """The variant is named by one of its words."""

    sku: fields.Text | None = None
    barcode: fields.Text | None = None
    external_id: fields.Text | None = None

    @model_validator(mode="after")
    def _named(self) -> "VariantEstimateBody":
        if self.sku is None and self.barcode is None and self.external_id is None:
            raise FieldError({"sku": "The {field} field is required."})
        return self
