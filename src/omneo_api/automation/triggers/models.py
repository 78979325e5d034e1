"""Triggers: reactions to events (automation 5)."""

from sqlalchemy import Boolean, Integer, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from omneo_api.foundation.models import Resource, lookup


class Trigger(Resource):
    """`event` is the native event that `trigger` stands for; `last_reference` numbers the actions it ever had."""

    __tablename__ = "triggers"
    __table_args__ = (lookup("ix_triggers_event", "event", where="is_active"),)

    name: Mapped[str]
    trigger: Mapped[str]
    event: Mapped[str]
    description: Mapped[str | None]
    notes: Mapped[str | None]
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    last_reference: Mapped[int] = mapped_column(Integer, server_default=text("0"))

    actions = relationship(
        "Action",
        primaryjoin="and_(foreign(Action.owner_id) == Trigger.id, foreign(Action.tenant_id) == Trigger.tenant_id,"
        " Action.owner_type == literal_column(\"'trigger'\"))",
        lazy="raise",
        viewonly=True,
        uselist=True,
        order_by="Action.sort_order, Action.id",
    )
