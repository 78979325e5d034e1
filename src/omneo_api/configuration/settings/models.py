"""Settings of a tenant: typed values under a handle (orgs-platform B5)."""

from sqlalchemy import Boolean, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import HasHandle, Resource, unique


class Setting(Resource, HasHandle):
    """`value` is kept as text, whatever its type."""

    __tablename__ = "settings"
    __table_args__ = (unique("handle_key"),)

    value: Mapped[str | None]
    type: Mapped[str]
    is_seeded: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
