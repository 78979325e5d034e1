"""Sizes, measures and looks of a person (profiles 7)."""

import uuid

from sqlalchemy import Text
from sqlalchemy.dialects.postgresql import UUID
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Tenanted, Timed, belongs_to

LOOKS = ("hair_colour", "hair_length", "brow_colour", "eye_colour", "skin_type", "shape_body", "shape_face")
SIZES = (
    "cup hat formal_jacket formal_jacket_length formal_shirt formal_shirt_fit formal_trouser formal_trouser_drop "
    "formal_trouser_leg jacket pant shoe type_age type_region top gloves swimwear_top swimwear_bottom swimwear_cup "
    "dress"
)
MEASUREMENTS = (
    "arm arm_inside bust chest foot_length head height hip leg_inside leg_outside neck neck_to_wrist "
    "shoulders waist weight "
    "hand_right_thumb hand_right_index hand_right_middle hand_right_ring hand_right_pinky "
    "hand_left_thumb hand_left_index hand_left_middle hand_left_ring hand_left_pinky "
    "ear_helix ear_forward_helix ear_flat ear_conch ear_tragus ear_lobe"
)
FIELDS = (
    *LOOKS,
    *(f"size_{name}" for name in SIZES.split()),
    *(f"measurement_{name}" for name in MEASUREMENTS.split()),
)


class Appearance(Tenanted, Timed):
    """One row per profile, made when something is first known."""

    __tablename__ = "profile_appearances"
    __table_args__ = (belongs_to("profiles", "profile_id"),)

    profile_id: Mapped[uuid.UUID] = mapped_column(UUID(as_uuid=True), primary_key=True)


for _field in FIELDS:
    setattr(Appearance, _field, mapped_column(_field, Text, nullable=True))
