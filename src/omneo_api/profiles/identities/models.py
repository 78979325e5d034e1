"""External ids of a profile in other systems (profiles 4)."""

import uuid

from sqlalchemy import Boolean, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Resource, belongs_to, folded, lookup, unique_live
from omneo_api.foundation.relationships import single


class Identity(Resource):
    """`is_live` carries the deletion mark of its profile, so that a deleted profile frees its identities."""

    __tablename__ = "identities"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        unique_live(
            "uq_identities_pair",
            "handle_key",
            "identifier_key",
            where="is_live",
            field="identifier",
            message="The identity already exists.",
        ),
        unique_live("uq_identities_primary", "profile_id", where="is_primary", field="is_primary"),
        lookup("ix_identities_profile", "profile_id", "id"),
        lookup("ix_identities_identifier", "identifier_key"),
    )

    profile_id: Mapped[uuid.UUID]
    handle: Mapped[str]
    identifier: Mapped[str]
    is_primary: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    is_live: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    merged_from: Mapped[uuid.UUID | None]
    handle_key: Mapped[str] = folded("handle")
    identifier_key: Mapped[str] = folded("identifier")

    profile = single("Profile")
