"""Named, typed values that integrations keep on almost any resource (orgs-platform B7)."""

from typing import Any

from sqlalchemy import Boolean, Integer, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, unique


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
