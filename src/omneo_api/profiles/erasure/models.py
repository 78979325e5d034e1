"""Erasures whose second half is still to be done (profiles 1.5)."""

import uuid
from typing import Any

from sqlalchemy.dialects.postgresql import JSONB, UUID
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Tenanted


class PendingErasure(Tenanted):
    """How an erased person was named, until the job has looked for it; the row goes in the job's transaction.

    Not in the job's arguments: those stay after the job.
    """

    __tablename__ = "pending_erasures"

    profile_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    traces: Mapped[dict[str, Any]] = mapped_column(JSONB)
