"""What moved: the movements of lots, and the statement that a profile's holder reads (incentives-value 1 and 12)."""

import uuid
from datetime import datetime
from decimal import Decimal

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import NOW, Moment, Numbered, Value, belongs_to, lookup, unique
from omneo_api.foundation.relationships import single

KINDS = ("issue", "redeem", "reverse", "refill", "adjust", "settle", "terms", "void")


class Movement(Numbered):
    """One change of a lot, never altered: `value` was added and `remaining` stood there afterwards.

    Beside the amount it carries the terms that the lot had from then on (owner, first and last usable moment, lock,
    whether it lives), so the newest movement of a lot up to a moment tells what it was worth then. A change of terms
    alone is a movement of zero.
    """

    __tablename__ = "movements"
    insert_only = True
    __table_args__ = (
        CheckConstraint(
            "kind IN ('issue', 'redeem', 'reverse', 'refill', 'adjust', 'settle', 'terms', 'void')", name="kind"
        ),
        CheckConstraint("lot_kind IN ('reward', 'point', 'credit')", name="lot_kind"),
        CheckConstraint("lot_kind = 'point' OR remaining >= 0", name="never_negative"),
        lookup("ix_movements_lot", "lot_kind", "lot_id", "id"),
        lookup("ix_movements_profile", "profile_id", "at"),
        lookup("ix_movements_item", "redemption_item_id", where="redemption_item_id IS NOT NULL"),
    )

    lot_kind: Mapped[str] = mapped_column(Text)
    lot_id: Mapped[int]
    profile_id: Mapped[uuid.UUID | None]
    kind: Mapped[str]
    value: Mapped[Decimal] = mapped_column(Value)
    remaining: Mapped[Decimal] = mapped_column(Value)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime | None]
    locked: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    locked_until: Mapped[datetime | None]
    is_live: Mapped[bool] = mapped_column(Boolean, server_default=text("true"))
    redemption_item_id: Mapped[int | None] = mapped_column(BigInteger)
    at: Mapped[datetime]


class LedgerEntry(Numbered):
    """One line of a profile's statement with the balances after it.

    `cause` and `occurrence` name why it was written: one line per lot, cause and occurrence, however often a job runs.
    """

    __tablename__ = "ledger_entries"
    insert_only = True
    __table_args__ = (
        belongs_to("profiles", "profile_id"),
        unique("type", "subject_id", "cause", "occurrence"),
        lookup("ix_ledger_entries_profile", "profile_id", "id"),
    )

    profile_id: Mapped[uuid.UUID]
    type: Mapped[str]
    subject_id: Mapped[int | None] = mapped_column(BigInteger)
    cause: Mapped[str]
    occurrence: Mapped[int]
    description: Mapped[str | None]
    dollar_value: Mapped[Decimal] = mapped_column(Value)
    dollar_balance: Mapped[Decimal] = mapped_column(Value)
    point_value: Mapped[Decimal] = mapped_column(Value)
    point_balance: Mapped[Decimal] = mapped_column(Value)
    point_dollar_value: Mapped[Decimal | None] = mapped_column(Value)
    expires_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    profile = single("Profile")


class ProfileMerge(Numbered):
    """That one profile's value went to another; the other's statement is read together with its lines."""

    __tablename__ = "incentive_merges"
    insert_only = True
    __table_args__ = (
        lookup("ix_incentive_merges_destination", "destination_id"),
        lookup("ix_incentive_merges_source", "source_id"),
    )

    source_id: Mapped[uuid.UUID]
    destination_id: Mapped[uuid.UUID]
    at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
