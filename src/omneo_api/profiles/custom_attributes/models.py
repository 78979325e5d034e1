"""Brand-defined data on a profile under a namespace and a handle (profiles 9)."""

import uuid
from decimal import Decimal
from typing import Any

from sqlalchemy import Computed, Numeric, Text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, lookup, unique

TEXT = "left(lower(value #>> '{}'), 255)"
NUMBER = "CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END"


class CustomAttribute(Resource):
    """`value_text` and `value_number` are what conditions on a value compare with."""

    __tablename__ = "custom_attributes"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        unique("profile_id", "namespace", "handle", name="uq_custom_attributes_key", field="handle"),
        lookup("ix_custom_attributes_value", "namespace", "handle", "value_text"),
    )

    profile_id: Mapped[uuid.UUID]
    namespace: Mapped[str]
    handle: Mapped[str]
    type: Mapped[str]
    value: Mapped[Any | None] = mapped_column(JSONB)
    value_text: Mapped[str | None] = mapped_column(Text, Computed(TEXT, persisted=True))
    value_number: Mapped[Decimal | None] = mapped_column(Numeric, Computed(NUMBER, persisted=True))
