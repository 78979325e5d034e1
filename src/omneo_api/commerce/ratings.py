"""Ratings: what a customer thinks of one thing (commerce 10.3)."""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import BigInteger, Boolean, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, aliased, mapped_column

from omneo_api.commerce.transactions.models import Transaction
from omneo_api.foundation import fields
from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid
from omneo_api.foundation.models import Resource, SoftDeleted, Value, belongs_to, lookup
from omneo_api.foundation.query import Filter
from omneo_api.foundation.relationships import single
from omneo_api.foundation.render import Read, one_json, rows_json
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.profiles.profile.schemas import ProfileContext

Source = Literal["product", "staff", "product_variant", "transaction", "interaction", "external"]
Status = Literal["offered", "declined", "received"]
ScoreType = Literal["csat1", "csat2", "csat3", "csat4", "csat5", "csat6", "csat7", "csat8", "csat9", "csat10", "nps"]
SUBJECTS = {
    "product": "product_id",
    "product_variant": "product_variant_id",
    "transaction": "transaction_id",
    "interaction": "interaction_id",
    "staff": "staff_id",
    "external": "external_id",
}
"""By source the field that names the subject."""
FIXED = ("profile_id", "source", *SUBJECTS.values())


class Rating(Resource, SoftDeleted):
    """A score about the subject that `source` names. Only its own profile's end takes a rating away."""

    __tablename__ = "ratings"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        belongs_to("products", "product_id"),
        belongs_to("product_variants", "product_variant_id"),
        belongs_to("transactions", "transaction_id"),
        belongs_to("interactions", "interaction_id", ondelete="SET NULL (interaction_id)"),
        lookup("ix_ratings_profile", "profile_id", "id"),
        lookup("ix_ratings_product", "product_id", where="product_id IS NOT NULL"),
        lookup("ix_ratings_variant", "product_variant_id", where="product_variant_id IS NOT NULL"),
        lookup("ix_ratings_transaction", "transaction_id", where="transaction_id IS NOT NULL"),
        lookup("ix_ratings_interaction", "interaction_id", where="interaction_id IS NOT NULL"),
        lookup("ix_ratings_staff", "staff_id", where="staff_id IS NOT NULL"),
    )

    profile_id: Mapped[uuid.UUID]
    source: Mapped[str]
    transaction_id: Mapped[int | None] = mapped_column(BigInteger)
    product_id: Mapped[int | None] = mapped_column(BigInteger)
    product_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    interaction_id: Mapped[int | None] = mapped_column(BigInteger)
    staff_id: Mapped[uuid.UUID | None]
    external_id: Mapped[str | None]
    status: Mapped[str | None]
    score_type: Mapped[str | None]
    score: Mapped[Decimal | None] = mapped_column(Value)
    namespace: Mapped[str | None]
    title: Mapped[str | None]
    comment: Mapped[str | None]
    reason: Mapped[str | None]
    requires_action: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_public: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    is_active: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    meta: Mapped[Any | None] = mapped_column(JSONB)

    profile = single("Profile")


class RatingRead(Read):
    id: int
    profile_id: uuid.UUID
    source: Source
    transaction_id: int | None
    product_id: int | None
    product_variant_id: int | None
    interaction_id: int | None
    staff_id: uuid.UUID | None
    external_id: str | None
    status: Status
    score_type: ScoreType
    score: Decimal | None
    namespace: str | None
    title: str | None
    comment: str | None
    reason: str | None
    requires_action: bool
    is_public: bool
    is_active: bool
    meta: Any
    created_at: datetime
    updated_at: datetime


class RatingContext(RatingRead):
    """What subscribers of rating events see."""

    profile: ProfileContext | None


class RatingBody(fields.Body):
    profile_id: fields.Uuid
    source: Source
    status: Status
    score_type: ScoreType
    product_id: fields.Int | None = None
    product_variant_id: fields.Int | None = None
    transaction_id: fields.Int | None = None
    interaction_id: fields.Int | None = None
    staff_id: fields.Uuid | None = None
    external_id: fields.Text | None = None
    score: fields.Money | None = None
    namespace: fields.Text | None = None
    title: fields.Text | None = None
    reason: fields.LongText | None = None
    comment: fields.LongText | None = None
    requires_action: fields.Bool = False
    is_public: fields.Bool = False
    is_active: fields.Bool = True
    meta: fields.Meta | None = None


_LIVE = Statement("SELECT id FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL FOR SHARE")
_KNOWN = {
    "product_id": Statement("SELECT 1 FROM products WHERE id = :id::bigint AND deleted_at IS NULL"),
    "product_variant_id": Statement("SELECT 1 FROM product_variants WHERE id = :id::bigint AND deleted_at IS NULL"),
    "transaction_id": Statement(
        "SELECT 1 FROM transaction_states WHERE transaction_id = :id::bigint AND void_kind IS DISTINCT FROM 'deleted'"
    ),
    "interaction_id": Statement("SELECT 1 FROM interactions WHERE id = :id::bigint"),
    "staff_id": Statement("SELECT 1 FROM profiles WHERE id = :id::uuid AND deleted_at IS NULL"),
}
_CONTEXT = Statement(lambda: one_json(rows_json(RatingContext, Rating).where(Rating.id == bindparam("id"))))


def highest(score_type: str) -> int:
    """The best score of a scale; the worst is 0."""
    return 10 if score_type == "nps" else int(score_type.removeprefix("csat"))


class Ratings(PlainResource):
    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._context = _CONTEXT

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Raises: Invalid for a subject or profile that does not exist, and for a score outside its scale."""
        errors: Errors = {}
        if current is None:
            await self._check_subject(session, values, errors)

        def held(name: str) -> Any:
            return values[name] if name in values else getattr(current, name, None)

        score, most = held("score"), highest(held("score_type"))
        if score is None and held("status") == "received":
            errors["score"] = ["The score field is required."]
        if score is not None and not 0 <= score <= most:
            errors["score"] = [f"The score field must be between 0 and {most}."]
        if errors:
            raise Invalid(errors)
        return values

    async def _check_subject(self, session: Any, values: dict[str, Any], errors: Errors) -> None:
        if await session.value(_LIVE, id=values["profile_id"]) is None:
            errors["profile_id"] = [selected_is_invalid("profile_id")]
        required = SUBJECTS[values["source"]]
        if values.get(required) is None:
            errors[required] = [f"The {required.replace('_', ' ')} field is required."]
        for name, known in _KNOWN.items():
            if values.get(name) is not None and await session.value(known, id=values[name]) is None:
                errors[name] = [selected_is_invalid(name)]


def _location(rating: Any) -> Any:
    """Where the sale was made that a rating is about."""
    sale = aliased(Transaction)
    same = (sale.tenant_id == rating.tenant_id, sale.id == rating.transaction_id)
    return select(sale.location_id).where(*same).correlate(rating).scalar_subquery()


ratings = Ratings(
    Rating,
    RatingRead,
    RatingBody,
    name="Rating",
    scope="ratings",
    path="/ratings",
    fixed=FIXED,
    event="rating",
    listing={
        "filters": (
            "id",
            "profile_id",
            "product_id",
            "product_variant_id",
            "interaction_id",
            "staff_id",
            "source",
            "status",
            "score_type",
            "score",
            "namespace",
            "title",
            "comment",
            "reason",
            "requires_action",
            "is_public",
            "is_active",
            "transaction_id",
        ),
        "extra": {"location_id": Filter(expression=_location, kind="integer")},
        "search": ("title", "comment", "reason", "namespace"),
    },
    example={
        "profile_id": "3f0c1c9e-6f0e-4a55-9b8b-0d8b2f6f1a10",
        "source": "transaction",
        "transaction_id": 9041,
        "status": "received",
        "score_type": "nps",
        "score": 9,
        "requires_action": False,
    },
)
