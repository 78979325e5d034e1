"""Postal places of a profile (profiles 5)."""

import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import Boolean, Numeric, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, lookup, unique_live
from omneo_api.foundation.relationships import single
from omneo_api.platform.custom_fields.models import shown_fields


class Address(Resource):
    __tablename__ = "profile_addresses"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        lookup("ix_profile_addresses_profile", "profile_id", "id"),
        unique_live("uq_profile_addresses_default", "profile_id", where="is_default", field="is_default"),
        unique_live(
            "uq_profile_addresses_external_id",
            "profile_id",
            "external_id",
            where="external_id IS NOT NULL",
            field="external_id",
        ),
    )

    profile_id: Mapped[uuid.UUID]
    name: Mapped[str | None]
    type: Mapped[str | None]
    phone: Mapped[str | None]
    address_line_1: Mapped[str]
    address_line_2: Mapped[str | None]
    address_line_3: Mapped[str | None]
    company: Mapped[str | None]
    city: Mapped[str | None]
    state: Mapped[str | None]
    postcode: Mapped[str | None]
    country: Mapped[str]
    iso: Mapped[str | None]
    iso_state: Mapped[str | None]
    latitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    longitude: Mapped[Decimal | None] = mapped_column(Numeric(9, 6))
    notes: Mapped[str | None]
    external_id: Mapped[str | None]
    is_default: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    meta: Mapped[Any | None] = mapped_column(JSONB)

    custom_fields = shown_fields("address", lambda: Address)
    profile = single("Profile")
