"""Pools of codes that were made elsewhere, each code given to one instance of a definition (commerce 10.4)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, SmallInteger, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, Tenanted, Value, belongs_to, lookup, unique, unique_live


class Allocation(Resource):
    """One code. Once `allocated_at` is set it never becomes free again, whatever happens to the instance."""

    __tablename__ = "allocations"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        unique("definition_type", "definition_id", "code"),
        unique_live(
            "uq_allocations_instance", "allocated_type", "allocated_id", where="allocated_id IS NOT NULL", field="code"
        ),
        CheckConstraint(
            "definition_type IN ('benefit_definition', 'point_definition', 'reward_definition')", name="definition_type"
        ),
        CheckConstraint("(allocated_id IS NULL) = (allocated_type IS NULL)", name="instance"),
        CheckConstraint("allocated_id IS NULL OR allocated_at IS NOT NULL", name="given_at_a_time"),
        lookup("ix_allocations_free", "definition_type", "definition_id", "id", where="allocated_at IS NULL"),
        lookup("ix_allocations_profile", "profile_id", where="profile_id IS NOT NULL"),
    )

    definition_type: Mapped[str]
    definition_id: Mapped[int]
    code: Mapped[str]
    name: Mapped[str | None]
    external_id: Mapped[str | None]
    value: Mapped[Decimal | None] = mapped_column(Value)
    valid_from: Mapped[datetime | None]
    valid_to: Mapped[datetime | None]
    allocated_at: Mapped[datetime | None]
    allocated_type: Mapped[str | None]
    allocated_id: Mapped[int | None] = mapped_column(BigInteger)
    profile_id: Mapped[uuid.UUID | None]
    meta: Mapped[Any | None] = mapped_column(JSONB)


class AllocationTally(Tenanted):
    """How many codes of a pool were loaded and given, spread over slots so that takers do not queue for one row."""

    __tablename__ = "allocation_tallies"

    definition_type: Mapped[str] = mapped_column(primary_key=True)
    definition_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    slot: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    loaded: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    given: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
