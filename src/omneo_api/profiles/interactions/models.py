"""Small acts that are no purchase (profiles 16)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Numeric, SmallInteger, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import NOW, Moment, Resource, belongs_to, lookup
from omneo_api.foundation.relationships import single


class Interaction(Resource):
    """`interacted_type` and `interacted_id` name the object that was acted on, whatever it is."""

    __tablename__ = "interactions"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("identities", "identity_id", ondelete="SET NULL (identity_id)"),
        belongs_to("locations", "location_id"),
        belongs_to("products", "product_id"),
        belongs_to("product_variants", "product_variant_id"),
        belongs_to("product_categories", "product_category_id"),
        lookup("ix_interactions_profile", "profile_id", "id"),
        lookup("ix_interactions_identity", "identity_id", where="identity_id IS NOT NULL"),
        lookup("ix_interactions_object", "interacted_type", "interacted_id", where="interacted_type IS NOT NULL"),
    )

    profile_id: Mapped[uuid.UUID]
    identity_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str]
    channel: Mapped[str]
    signal: Mapped[int] = mapped_column(SmallInteger)
    name: Mapped[str]
    namespace: Mapped[str]
    description: Mapped[str | None]
    url: Mapped[str | None]
    duration: Mapped[Decimal | None] = mapped_column(Numeric)
    latitude: Mapped[Decimal | None] = mapped_column(Numeric)
    longitude: Mapped[Decimal | None] = mapped_column(Numeric)
    interacted_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
    interacted_type: Mapped[str | None]
    interacted_id: Mapped[str | None]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    product_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    product_category_id: Mapped[int | None] = mapped_column(BigInteger)
    staff_id: Mapped[uuid.UUID | None]
    organisation_id: Mapped[int | None] = mapped_column(BigInteger)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)

    profile = single("Profile")
    identity = single("Identity")
    location = single("Location")
