"""The profile's shapes: the whole, the context of events, and what others show of it (profiles 1.1, automation 3.2)."""

import uuid
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import create_model
from sqlalchemy import and_, func, literal_column, select, union_all, values
from sqlalchemy import column as named
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import aliased

from omneo_api.commerce.locations.schemas import LocationRead
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, Grouped, Included, Read, Source, Sql, rendered_columns
from omneo_api.incentives.balances import expressions as balances
from omneo_api.incentives.tiers.standing.schemas import HeldTierRead, tier_handle_of, tier_of
from omneo_api.profiles.addresses.schemas import AddressRead
from omneo_api.profiles.aggregations.schemas import AggregationRead
from omneo_api.profiles.appearance.schemas import AppearanceRead, appearance_of
from omneo_api.profiles.comms.schemas import CommsRead, comms_of
from omneo_api.profiles.custom_attributes.models import CustomAttribute
from omneo_api.profiles.dates.models import ProfileDate
from omneo_api.profiles.dates.schemas import DateRead
from omneo_api.profiles.hours.schemas import ProfileNormalHoursRead, ProfileSpecialHoursRead
from omneo_api.profiles.identities.schemas import IdentityRead
from omneo_api.profiles.regions.schemas import ProfileRegionRead
from omneo_api.profiles.statuses.schemas import Assignments, StatusHandles

ProfileType = Literal["active", "incomplete", "pending", "temporary", "dependant", "system", "deleted"]
Gender = Literal["male", "female", "withheld", "other"]
OWN_ATTRIBUTES = ("comms", "appearance", "dates")


def _no_rows(_: Any) -> Any:
    return literal_column("'[]'::json", JSONB)


def dates_of(profile: Any) -> Any:
    """The dates of a profile as a JSON array."""
    found = aliased(ProfileDate)
    rows = select(*rendered_columns(DateRead, found)).where(
        found.tenant_id == profile.tenant_id, found.profile_id == profile.id
    )
    inner = rows.order_by(found.id).correlate(profile).subquery()
    return func.coalesce(select(func.json_agg(inner.table_valued())).scalar_subquery(), EMPTY_LIST)


def attributes_of(profile: Any) -> Any:
    return func.json_build_object(
        lit("comms"),
        comms_of(profile),
        lit("appearance"),
        appearance_of(profile),
        lit("dates"),
        dates_of(profile),
        type_=JSONB,
    )


def flat_attributes_of(profile: Any) -> Any:
    """The attributes with one more key per namespace of custom attributes, for templates and conditions."""
    own = values(named("place"), named("name"), named("entries"), name="own").data(
        [
            (lit(0), lit("comms"), comms_of(profile)),
            (lit(1), lit("appearance"), appearance_of(profile)),
            (lit(2), lit("dates"), dates_of(profile)),
        ]
    )
    custom = aliased(CustomAttribute)
    grouped = (
        select(lit(3), custom.namespace, func.json_object_agg(custom.handle, custom.value))
        .where(
            and_(custom.tenant_id == profile.tenant_id, custom.profile_id == profile.id),
            custom.namespace.not_in([lit(name) for name in OWN_ATTRIBUTES]),
        )
        .group_by(custom.namespace)
        .correlate(profile)
    )
    rows = union_all(select(own.c.place, own.c.name, own.c.entries).correlate(profile), grouped).subquery()
    return select(func.json_object_agg(rows.c.name, rows.c.entries, type_=JSONB)).scalar_subquery()


class AttributesRead(Read):
    comms: CommsRead
    appearance: AppearanceRead
    dates: list[DateRead]


class StaffRead(Read):
    """A member of staff as other records name them."""

    id: uuid.UUID
    full_name: str | None
    email: str | None
    identities: list[IdentityRead]


class ProfileRead(Read):
    id: uuid.UUID
    external_id: str | None
    title: str | None
    first_name: str | None
    last_name: str | None
    full_name: str | None
    email: str | None
    gender: Gender | None
    currency: str | None
    joined_at: datetime | None
    mobile_phone: str | None
    mobile_phone_country: int | None
    mobile_phone_national: str | None
    mobile_phone_national_prefix: str | None
    mobile_phone_e164: Annotated[str | None, Source("mobile_phone")]
    secondary_phone: str | None
    birth_day: int | None
    birth_month: int | None
    birth_year: int | None
    birth_date: date | None
    next_birthday: date | None
    birth_days: int | None
    birth_days_past: int | None
    company: str | None
    occupation: str | None
    avatar_url: str | None
    is_completed: bool
    is_public: bool
    profile_type: ProfileType | None
    joined_location_id: int | None
    joined_location: LocationRead | None
    preferred_location_id: int | None
    preferred_location: LocationRead | None
    joined_staff_id: uuid.UUID | None
    preferred_staff_id: uuid.UUID | None
    joined_staff: StaffRead | None
    preferred_staff: StaffRead | None
    identities: list[IdentityRead]
    tags: list[str]
    statuses: StatusHandles
    statuses_original: Assignments
    attributes: Annotated[AttributesRead, Sql(attributes_of)]
    custom_attributes: Annotated[dict[str, dict[str, Any]], Grouped(), Source("custom_attribute_rows")]
    custom_fields: Annotated[dict[str, dict[str, Any]], Grouped(), Source("custom_field_rows")]
    address: Annotated[AddressRead | None, Source("default_address")]
    addresses: list[AddressRead]
    region: Annotated[ProfileRegionRead | None, Source("active_region")]
    regions: list[ProfileRegionRead]
    tier_handle: Annotated[str | None, Sql(tier_handle_of)]
    tier: Annotated[HeldTierRead | None, Sql(tier_of)]
    reward_balance: Annotated[Decimal, Sql(balances.reward_balance)]
    point_balance: Annotated[Decimal, Sql(balances.point_balance)]
    point_balance_dollars: Annotated[Decimal, Sql(balances.point_balance_dollars)]
    benefit_balance: Annotated[int, Sql(balances.benefit_balance)]
    credit_balance: Annotated[Decimal, Sql(balances.credit_balance)]
    combined_balance_dollars: Annotated[Decimal, Sql(balances.combined_balance_dollars)]
    normal_hours: list[ProfileNormalHoursRead]
    special_hours: list[ProfileSpecialHoursRead]
    organisations: Annotated[list[dict[str, Any]], Sql(_no_rows)]
    aggregations: Annotated[AggregationRead | None, Included()]
    created_by: str | None
    created_at: datetime
    updated_at: datetime


_others = {name: (info.annotation, info) for name, info in ProfileRead.model_fields.items() if name != "identities"}
ProfileOfIdentity: type[Read] = create_model("ProfileOfIdentity", __base__=Read, **_others)  # type: ignore[call-overload]
"""A profile as one of its identities shows it: everything but the identities."""


class ProfileContext(ProfileRead):
    """The root of profile events, and `profile` in the events of what a profile owns: of its addresses the default."""

    attributes: Annotated[AttributesRead, Sql(flat_attributes_of)]
    addresses: Annotated[list[AddressRead], Included()]
    aggregations: AggregationRead | None
    flattened_tags: Annotated[list[str], Source("tags")]
    flattened_statuses: StatusHandles


class ShortProfile(Read):
    """`profile` in the events of small things."""

    id: uuid.UUID
    email: str | None
    first_name: str | None
    last_name: str | None
    tier_handle: Annotated[str | None, Sql(tier_handle_of)]
    flattened_tags: Annotated[list[str], Source("tags")]
    flattened_statuses: StatusHandles
