"""Batches: what was queued or reported in bulk, with a result per row (orgs-platform B2)."""

import uuid
from typing import Any

from sqlalchemy import JSON, Boolean, Computed, Integer, Text, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, Tenanted, Timed, belongs_to, lookup
from omneo_api.foundation.relationships import several

PROCESSED = "success_count + failed_count"


class Batch(Tenanted, Timed):
    """`executed` batches hold rows that the server applies; the others are reports of an external loader."""

    __tablename__ = "batches"
    __table_args__ = (
        lookup("ix_batches_created_at", "created_at", "id"),
        lookup("ix_batches_import_job", "import_job_id", where="import_job_id IS NOT NULL"),
    )

    id: Mapped[uuid.UUID] = mapped_column(
        UUID(as_uuid=True), primary_key=True, server_default=text("gen_random_uuid()"), sort_order=-20
    )
    import_job_id: Mapped[int | None]
    entity_type: Mapped[str | None]
    processor: Mapped[str | None]
    context: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
    executed: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    total_count: Mapped[int | None] = mapped_column(Integer)
    success_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    failed_count: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    processed_count: Mapped[int] = mapped_column(Integer, Computed(PROCESSED, persisted=True))
    status: Mapped[str] = mapped_column(
        Text,
        Computed(
            f"CASE WHEN total_count IS NULL OR {PROCESSED} < total_count THEN 'pending'"
            " WHEN failed_count = 0 THEN 'success' ELSE 'failed' END",
            persisted=True,
        ),
    )

    items = several("BatchItem")


class BatchItem(Resource):
    """One row. What it is to do (`payload`) is kept only until it is done: it may hold personal data."""

    __tablename__ = "batch_items"
    __table_args__ = (
        belongs_to("batches", "batch_id", ondelete="CASCADE"),
        lookup("ix_batch_items_batch", "batch_id", "id"),
    )

    batch_id: Mapped[uuid.UUID]
    entity_id: Mapped[str | None]
    external_id: Mapped[str | None]
    status: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    error: Mapped[str | None]
    payload: Mapped[Any] = mapped_column(JSON(none_as_null=True), nullable=True)
