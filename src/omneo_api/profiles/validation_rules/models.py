"""Rules that keep unwanted e-mail addresses, numbers and names out (profiles 17)."""

from datetime import datetime

from sqlalchemy import Boolean, Integer, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, lookup
from omneo_api.foundation.relationships import several, single


class ValidationRule(Resource):
    __tablename__ = "validation_rules"

    name: Mapped[str]
    type: Mapped[str]
    rule_type: Mapped[str]
    applies_to: Mapped[str]
    pattern: Mapped[str | None]
    error_message: Mapped[str | None]
    priority: Mapped[int | None] = mapped_column(Integer)
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    effective_from: Mapped[datetime | None]
    effective_to: Mapped[datetime | None]
    created_by: Mapped[str | None]
    updated_by: Mapped[str | None]

    values = several("ValidationRuleValue")


class ValidationRuleValue(Resource):
    __tablename__ = "validation_rule_values"
    __table_args__ = (
        belongs_to("validation_rules", "rule_id", ondelete="CASCADE"),
        lookup("ix_validation_rule_values_rule", "rule_id", "id"),
    )

    rule_id: Mapped[int]
    value: Mapped[str]
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))

    rule = single("ValidationRule")
