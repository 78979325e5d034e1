"""What goes in and out of aggregations (profiles 10)."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field
from sqlalchemy import func
from sqlalchemy.dialects.postgresql import JSONB

from omneo_api.commerce.locations.schemas import LocationRead
from omneo_api.configuration.currencies import CurrencyRead
from omneo_api.foundation import fields
from omneo_api.foundation.render import Read, Sql
from omneo_api.profiles.statuses.schemas import StatusRead

Stage = Literal["never_shopped", "new", "active", "lapsing", "lapsed"]


def _array(column: str) -> Sql:
    """Show an array that may be null: never calculated is not the same as empty."""
    return Sql(lambda row: func.to_json(getattr(row, column), type_=JSONB()))


class AggregationRead(Read):
    profile_id: uuid.UUID
    shop_days: Decimal | None
    spend_12m: Decimal | None
    spend_12m_now: Decimal | None
    spend_all: Decimal | None
    spend_atv_12m: Decimal | None
    spend_atv_all: Decimal | None
    discount_avg: Decimal | None
    spend_first_date: datetime | None
    spend_last_date: datetime | None
    first_shop_date: date | None
    latest_shop_date: date | None
    first_shop_days: int | None
    second_shop_date: date | None
    second_shop_days: int | None
    previous_shop_date: date | None
    latest_shop_days: int | None
    average_shop_days: int | None
    total_shop_days: int
    at_risk_date: date | None
    shop_count: int
    dimension_frequency: str | None
    dimension_recency: str | None
    dimension_join: str
    channel: str | None
    latest_shop_spend: Decimal | None
    latest_shop_currency: CurrencyRead | None
    purchased_brands: Annotated[list[str] | None, _array("purchased_brands")]
    store_join: LocationRead | None
    most_transacted_location: LocationRead | None
    latest_transacted_location: LocationRead | None
    most_spend_location: LocationRead | None
    most_spend_12m_location: LocationRead | None
    transacted_locations: Annotated[list[str] | None, _array("transacted_locations")]
    likely_country: str | None
    likely_country_score: Decimal | None
    likely_country_iso: str | None
    likely_country_iso_score: Decimal | None
    likely_state_iso: str | None
    likely_state_iso_score: Decimal | None
    likely_region: str | None
    likely_region_score: Decimal | None
    total_referred: int
    top_historic_status: StatusRead | None
    atv: Decimal | None
    purchase_frequency: int | None
    days_since_last_purchase: int | None
    preferred_channel: str | None
    preferred_location_id: int | None
    lifecycle_stage: Stage | None


Count = Annotated[fields.Int, Field(ge=0, le=2**31 - 1)]
Percent = Annotated[fields.Number, Field(ge=0, le=100)]
Id = Annotated[fields.Int, Field(ge=1)]
Sum = fields.Money
Day = fields.Date


class AggregationBody(fields.Body):
    """What a migration may put: what the vendor's clients send, kept until the next calculation."""

    shop_days: fields.Number | None = None
    spend_12m: Sum | None = None
    spend_12m_now: Sum | None = None
    spend_all: Sum | None = None
    spend_atv_12m: Sum | None = None
    spend_atv_all: Sum | None = None
    discount_avg: Percent | None = None
    spend_first_date: fields.DateTime | None = None
    spend_last_date: fields.DateTime | None = None
    first_shop_date: Day | None = None
    latest_shop_date: Day | None = None
    first_shop_days: Count | None = None
    second_shop_date: Day | None = None
    second_shop_days: Count | None = None
    previous_shop_date: Day | None = None
    latest_shop_days: Count | None = None
    average_shop_days: Count | None = None
    total_shop_days: Count = 0
    at_risk_date: Day | None = None
    shop_count: Count = 0
    dimension_frequency: fields.Text | None = None
    dimension_recency: fields.Text | None = None
    dimension_join: fields.Text = ""
    channel: fields.Text | None = None
    latest_shop_spend: Sum | None = None
    latest_shop_currency_id: Id | None = None
    purchased_brands: list[fields.Text] | None = None
    store_join_location_id: Id | None = None
    most_transacted_location_id: Id | None = None
    latest_transacted_location_id: Id | None = None
    most_spend_location_id: Id | None = None
    most_spend_12m_location_id: Id | None = None
    transacted_locations: list[fields.Text] | None = None
    likely_country: fields.Text | None = None
    likely_country_score: Percent | None = None
    likely_country_iso: fields.Text | None = None
    likely_country_iso_score: Percent | None = None
    likely_state_iso: fields.Text | None = None
    likely_state_iso_score: Percent | None = None
    likely_region: fields.Text | None = None
    likely_region_score: Percent | None = None
    total_referred: Count = 0
    top_historic_status_id: Id | None = None


class AggregationRow(fields.Body):
    """One row of a batch: a profile alone is calculated, with values they are put."""

    profile_id: fields.Uuid
