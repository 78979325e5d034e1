"""Runs of triggers and automations with their steps; also what makes them happen once (automation 11, 14)."""

import uuid
from typing import Any

from sqlalchemy import SmallInteger, text
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from omneo_api.foundation.models import Resource, belongs_to, lookup, unique
from omneo_api.foundation.relationships import several


class ActionHistory(Resource):
    """One run of a trigger or automation.

    `run_key` says what it ran for; with the owner it is unique, so nothing runs twice. `plan` is the chain as it was
    when the run began: what is changed or deleted meanwhile touches later runs only. `context` is kept where there is
    no event to read it from. `attempts` counts the failures of the step that is next.
    """

    __tablename__ = "action_histories"
    __table_args__ = (
        unique("actionable_type", "actionable_id", "run_key"),
        lookup("ix_action_histories_event", "event_id"),
        lookup("ix_action_histories_parent", "parent_id"),
        lookup("ix_action_histories_created_at", "created_at"),
    )

    actionable_type: Mapped[str]
    actionable_id: Mapped[int]
    run_key: Mapped[str]
    event_id: Mapped[int | None]
    parent_id: Mapped[int | None]
    profile_id: Mapped[uuid.UUID | None]
    entity: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default=text("'running'"))
    attempts: Mapped[int] = mapped_column(SmallInteger, server_default=text("0"))
    plan: Mapped[list[Any]] = mapped_column(JSONB)
    context: Mapped[Any | None] = mapped_column(JSON)

    items = several("ActionHistoryItem", order_by="ActionHistoryItem.position")
    parent_history = relationship(
        "ActionHistory",
        primaryjoin="and_(foreign(ActionHistory.parent_id) == remote(ActionHistory.id),"
        " foreign(ActionHistory.tenant_id) == remote(ActionHistory.tenant_id))",
        lazy="raise",
        viewonly=True,
        uselist=False,
    )
    children_history = relationship(
        "ActionHistory",
        primaryjoin="and_(remote(foreign(ActionHistory.parent_id)) == ActionHistory.id,"
        " remote(foreign(ActionHistory.tenant_id)) == ActionHistory.tenant_id)",
        lazy="raise",
        viewonly=True,
        uselist=True,
        order_by="ActionHistory.id",
    )


class ActionHistoryItem(Resource):
    """One step of a run, written in the transaction of its effect. `made` and `instance` serve the steps after it."""

    __tablename__ = "action_history_items"
    __table_args__ = (
        belongs_to("action_histories", "action_history_id", ondelete="CASCADE"),
        unique("action_history_id", "position"),
    )

    action_history_id: Mapped[int]
    position: Mapped[int] = mapped_column(SmallInteger)
    action_id: Mapped[int]
    handler: Mapped[str]
    arguments: Mapped[Any | None] = mapped_column(JSONB)
    result: Mapped[Any | None] = mapped_column(JSONB)
    status: Mapped[str]
    made: Mapped[str | None]
    instance: Mapped[Any | None] = mapped_column(JSONB)
