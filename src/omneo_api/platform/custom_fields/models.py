"""Named, typed values that integrations keep on almost any resource (orgs-platform B7)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from sqlalchemy import Boolean, Integer, Text, and_, cast, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from omneo_api.foundation.models import NOW, Moment, Numbered, Resource, lit, lookup, unique

OF_LOCATION_ADDRESS = "location_address"
"""The owner type of the address of a location, shown as `address`: those of profiles have ids of their own."""


class CustomField(Resource):
    """`owner_id` is text because profiles have uuids; the owner's service deletes its fields with it."""

    __tablename__ = "custom_fields"
    __table_args__ = (unique("owner_type", "owner_id", "namespace", "handle"),)

    owner_type: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str] = mapped_column(Text)
    namespace: Mapped[str]
    handle: Mapped[str]
    name: Mapped[str | None]
    type: Mapped[str] = mapped_column(Text, server_default=text("'string'"))
    value: Mapped[Any | None] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer, server_default=text("1"))
    is_index: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


def shown_fields(owner_type: str, owner: Callable[[], Any]) -> Any:
    """The relationship of a model to its fields, for Read schemas; `owner` answers the model."""
    return relationship(
        CustomField,
        lazy="raise",
        viewonly=True,
        order_by=CustomField.id,
        primaryjoin=lambda: and_(
            owner().tenant_id == foreign(CustomField.tenant_id),
            foreign(CustomField.owner_type) == lit(owner_type),
            cast(owner().id, Text) == foreign(CustomField.owner_id),
        ),
    )


class CustomFieldVersion(Numbered):
    """A value that a field of a transaction, order, product or location had, with the field as it then was."""

    __tablename__ = "custom_field_versions"
    __table_args__ = (
        lookup("ix_custom_field_versions_key", "owner_type", "namespace", "handle", "id"),
        lookup("ix_custom_field_versions_owner", "owner_type", "owner_id"),
    )

    owner_type: Mapped[str] = mapped_column(Text)
    owner_id: Mapped[str] = mapped_column(Text)
    namespace: Mapped[str]
    handle: Mapped[str]
    name: Mapped[str | None]
    type: Mapped[str]
    value: Mapped[Any | None] = mapped_column(JSONB)
    version: Mapped[int] = mapped_column(Integer)
    is_index: Mapped[bool] = mapped_column(Boolean)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
