"""Shapes of addresses (profiles 5, automation 3.3)."""

import uuid
from datetime import datetime
from typing import Annotated, Any, Literal

from sqlalchemy import Text, cast

from omneo_api.foundation.models import lit
from omneo_api.foundation.render import Grouped, Read, Source, Sql

AddressType = Literal["home", "business", "billing", "holiday", "hotel", "recipient", "other"]


class AddressRead(Read):
    id: int
    profile_id: uuid.UUID
    name: str | None
    type: AddressType | None
    phone: str | None
    address_line_1: str
    address_line_2: str | None
    address_line_3: str | None
    company: str | None
    city: str | None
    state: str | None
    postcode: str | None
    country: str
    iso: str | None
    iso_state: str | None
    latitude: float | None
    longitude: float | None
    notes: str | None
    external_id: str | None
    is_default: bool
    meta: dict[str, Any] | list[Any] | None
    custom_fields: Annotated[dict[str, dict[str, Any]], Grouped()]
    created_at: datetime
    updated_at: datetime


class AddressOwner(Read):
    id: uuid.UUID
    email: str | None


class AddressContext(Read):
    """What subscribers of address events see."""

    id: int
    profile_id: uuid.UUID
    external_id: str | None
    resource_owner_id: Annotated[uuid.UUID, Source("profile_id")]
    resource_owner_type: Annotated[str, Sql(lambda _: cast(lit("profile"), Text))]
    name: str | None
    type: str | None
    phone: str | None
    address_line_1: str
    address_line_2: str | None
    address_line_3: str | None
    company: str | None
    city: str | None
    state: str | None
    postcode: str | None
    country: str
    iso: str | None
    iso_state: str | None
    latitude: float | None
    longitude: float | None
    is_default: bool
    notes: str | None
    meta: dict[str, Any] | list[Any] | None
    profile: AddressOwner | None
    created_at: datetime
    updated_at: datetime
