"""Relations between profiles and their kinds (profiles 18, 19)."""

import uuid
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Computed, Integer, Text, func, or_, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import (
    HasHandle,
    Resource,
    SoftDeleted,
    belongs_to,
    lit,
    lookup,
    unique_live,
)
from omneo_api.foundation.relationships import single

CLOSED = ("rejected", "archived", "break")
MUTUAL = ("household", "partner")
_OPEN = "deleted_at IS NULL AND status NOT IN ('rejected', 'archived', 'break') AND ended_at IS NULL"
_LEAST = "CASE WHEN is_mutual THEN least(connector_id, connected_id) ELSE connector_id END"
_GREATEST = "CASE WHEN is_mutual THEN greatest(connector_id, connected_id) ELSE connected_id END"


class ConnectionDefinition(Resource, HasHandle, SoftDeleted):
    __tablename__ = "connection_definitions"
    __table_args__ = (unique_live("uq_connection_definitions_handle", "handle_key"),)

    name: Mapped[str]
    type: Mapped[str] = mapped_column(Text, server_default=text("'other'"))
    short_description: Mapped[str | None]
    description: Mapped[str | None]
    shareable_attributes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    icon: Mapped[str | None]
    cover: Mapped[str | None]
    internal_notes: Mapped[str | None]
    tenant: Mapped[str | None]
    start_date_global: Mapped[datetime | None]
    end_date_global: Mapped[datetime | None]
    end_date_duration: Mapped[int | None] = mapped_column(Integer)
    connector_condition: Mapped[Any | None] = mapped_column(JSONB)
    connected_condition: Mapped[Any | None] = mapped_column(JSONB)
    connector_can_break: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    connected_can_break: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_published: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_pending: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_archived: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))


class Connection(Resource, SoftDeleted):
    """One relation. `first_id` and `second_id` are its pair as uniqueness sees it: without order where mutual.

    `ended_at` is set when its time has run out; until the job has seen it, reading tells by the definition.
    """

    __tablename__ = "connections"
    __table_args__ = (
        belongs_to("connection_definitions", "definition_id"),
        belongs_to("profiles", "connector_id"),
        belongs_to("profiles", "connected_id"),
        unique_live(
            "uq_connections_open",
            "definition_id",
            "first_id",
            "second_id",
            where=_OPEN,
            field="connected_id",
            message="The profiles are already connected.",
        ),
        unique_live(
            "uq_connections_primary",
            "definition_id",
            "connector_id",
            where="is_primary AND deleted_at IS NULL",
            field="is_primary",
        ),
        unique_live(
            "uq_connections_default",
            "definition_id",
            "connector_id",
            where="is_default AND deleted_at IS NULL",
            field="is_default",
        ),
        lookup("ix_connections_connector", "connector_id", "id"),
        lookup("ix_connections_connected", "connected_id", "id"),
    )

    definition_id: Mapped[int]
    is_mutual: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    connector_id: Mapped[uuid.UUID]
    connected_id: Mapped[uuid.UUID]
    first_id: Mapped[uuid.UUID] = mapped_column(Computed(_LEAST, persisted=True))
    second_id: Mapped[uuid.UUID] = mapped_column(Computed(_GREATEST, persisted=True))
    name: Mapped[str | None]
    description: Mapped[str | None]
    notes: Mapped[str | None]
    status: Mapped[str]
    connected_at: Mapped[datetime | None]
    disconnected_at: Mapped[datetime | None]
    disconnected_by: Mapped[str | None]
    is_published: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_default: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_archived: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    was_invalidated: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_primary: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    sort_order: Mapped[int | None] = mapped_column(Integer)
    external_id: Mapped[str | None]
    external_id_type: Mapped[str | None]
    organisation_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    ended_at: Mapped[datetime | None]
    ends_at: Mapped[datetime | None]

    definition = single("ConnectionDefinition")
    connector = single("Profile", on="Connection.connector_id == Profile.id")
    connected = single("Profile", on="Connection.connected_id == Profile.id")

    @hybrid_property
    def is_invalid(self) -> Any:
        ended = func.coalesce(self.ends_at < func.omneo_now(), lit("false"))
        marked: Any = self.was_invalidated
        return or_(marked, ended)
