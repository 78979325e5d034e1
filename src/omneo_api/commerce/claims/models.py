"""Claims: somebody says that an anonymous receipt is theirs (commerce 3)."""

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import DateTime, Integer, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Money, Resource, belongs_to, folded, lookup

PENDING, CLAIMED, FAILED = "pending", "claimed", "failed"


class TransactionClaim(Resource):
    """`transaction_transacted_at` is wall time in `transaction_timezone`."""

    __tablename__ = "transaction_claims"
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        lookup("ix_transaction_claims_profile", "profile_id", "id"),
        lookup("ix_transaction_claims_pending", "receipt_ref_key", "id", where="status = 'pending'"),
        lookup(
            "ix_transaction_claims_transaction",
            "claimed_transaction_id",
            where="claimed_transaction_id IS NOT NULL",
        ),
    )

    status: Mapped[str] = mapped_column(Text, server_default=text("'pending'"))
    profile_id: Mapped[uuid.UUID]
    transaction_receipt_ref: Mapped[str]
    receipt_ref_key: Mapped[str] = folded("transaction_receipt_ref")
    transaction_total: Mapped[Decimal] = mapped_column(Money)
    transaction_transacted_at: Mapped[datetime | None] = mapped_column(DateTime())
    transaction_timezone: Mapped[str]
    transaction_location_external_code: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    claimed_transaction_id: Mapped[int | None]
    claimed_at: Mapped[datetime | None]
    last_checked_at: Mapped[datetime | None]
