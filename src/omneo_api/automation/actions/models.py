"""The actions of triggers and automations: what is done, in which order, with which arguments (automation 6.1)."""

from typing import Any

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, unique


class Action(Resource):
    """`references_id` counts the actions that the owner ever had."""

    __tablename__ = "actions"
    __table_args__ = (unique("owner_type", "owner_id", "references_id"),)

    owner_type: Mapped[str]
    owner_id: Mapped[int]
    type: Mapped[str]
    references_id: Mapped[int]
    name: Mapped[str]
    sort_order: Mapped[int]
    description: Mapped[str | None]
    notes: Mapped[str | None]
    arguments: Mapped[list[Any]] = mapped_column(JSONB, server_default=text("'[]'"))
