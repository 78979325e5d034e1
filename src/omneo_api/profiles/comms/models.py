"""Which channels and purposes a person accepts (profiles 6)."""

import uuid
from datetime import datetime

from sqlalchemy import Boolean, Text, text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Tenanted, Timed, belongs_to

CHANNELS = ("email", "sms", "push", "phone", "post")
PURPOSES = ("discover", "benefits", "reminders", "account", "bookings", "feedback", "location", "service")
KINDS = ("optout", "bounced", "promo", *PURPOSES)
FLAGS = tuple(f"{channel}_{kind}" for channel in CHANNELS for kind in KINDS)
VERIFIED = ("email", "sms", "phone", "post")

_ACCEPTED = {
    "email": {"promo", *PURPOSES} - {"location"},
    "sms": {"reminders", "bookings", "service"},
    "push": {"promo", *PURPOSES},
    "phone": set(PURPOSES),
    "post": set(PURPOSES),
}
DEFAULTS = {f"{channel}_{kind}": kind in _ACCEPTED[channel] for channel in CHANNELS for kind in KINDS}
"""What a flag means that the person never decided."""


class Comms(Tenanted, Timed):
    """One row per profile, made at the first decision; a flag that is null was never decided."""

    __tablename__ = "profile_comms"
    __table_args__ = (belongs_to("profiles", "profile_id"),)

    profile_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)
    email_verification: Mapped[str] = mapped_column(Text, server_default=text("'not_sent'"))
    sms_verification: Mapped[str] = mapped_column(Text, server_default=text("'not_sent'"))
    phone_verification: Mapped[str] = mapped_column(Text, server_default=text("'not_sent'"))
    post_verification: Mapped[str] = mapped_column(Text, server_default=text("'not_sent'"))
    email_consent_updated_at: Mapped[datetime | None]
    sms_consent_updated_at: Mapped[datetime | None]
    terms_accepted_at: Mapped[datetime | None]
    terms_accepted_version: Mapped[str | None]


for _flag in FLAGS:
    setattr(Comms, _flag, mapped_column(_flag, Boolean, nullable=True))
