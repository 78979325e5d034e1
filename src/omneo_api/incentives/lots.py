"""A lot: a stored value of one profile that is spent bit by bit, whatever it is worth (reward, point, credit).

`value_remaining` is the cached sum of the lot's movements. The phase of a lot says how far the ledger has followed the
clock: `pending` (not yet spendable when last looked at), `open` (its remaining value stands in the ledger) or `ended`
(expired or deleted: its value was taken out of the ledger). It is no column: a lot with value that is pending or open
has a deadline (below), and one that holds nothing is what the clock says, as nothing of it is in the ledger. What a lot
is worth at this moment never depends on the phase. `cycle` counts how often value came back to it after its end.
"""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Computed, Integer, SmallInteger, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import Moment, Tenanted, Value, lookup

PENDING, OPEN, ENDED = "pending", "open", "ended"
FOREVER = "coalesce(expires_at, 'infinity'::timestamp with time zone)"


def stored_columns(model: Any) -> list[Any]:
    """The columns of a lot that hold facts; `usable_until` may be infinite, which Python cannot say."""
    return [column for column in model.__table__.c if column.computed is None]


class Lot:
    """The columns that every kind of lot has. `currency` is the definition's at issue; null is the system's."""

    value_initial: Mapped[Decimal] = mapped_column(Value)
    value_remaining: Mapped[Decimal] = mapped_column(Value)
    issued_at: Mapped[datetime]
    expires_at: Mapped[datetime | None]
    currency: Mapped[str | None]
    cycle: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    usable_until: Mapped[datetime] = mapped_column(Moment, Computed(FOREVER, persisted=True), sort_order=95)


class LotDeadline(Tenanted):
    """When a lot that holds value is to `open` or to `end`; without a row here it has ended. Never is infinity.

    The lots of a profile that are neither spent nor over are found here, and what is due is found here by time. A
    million lots end without one of them being written: their rows here go, which touches no index.
    """

    __tablename__ = "lot_deadlines"
    __table_args__ = (
        CheckConstraint("lot_kind IN ('reward', 'point', 'credit')", name="lot_kind"),
        CheckConstraint("step IN ('open', 'end')", name="step"),
        lookup("ix_lot_deadlines_profile", "profile_id"),
        lookup("ix_lot_deadlines_due", "lot_kind", "step", "at"),
    )

    lot_kind: Mapped[str] = mapped_column(Text, primary_key=True)
    lot_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    profile_id: Mapped[uuid.UUID | None]
    step: Mapped[str]
    at: Mapped[datetime]


class Presentation:
    """The texts, periods and offsets that definitions of rewards and credits share."""

    name: Mapped[str]
    region_id: Mapped[int | None]
    currency: Mapped[str | None]
    period: Mapped[int | None] = mapped_column(Integer)
    period_type: Mapped[str] = mapped_column(Text, server_default=text("'days'"))
    absolute_expiry: Mapped[str | None]
    description: Mapped[str | None]
    short_description: Mapped[str | None]
    long_description: Mapped[str | None]
    terms_conditions: Mapped[str | None]
    earn_instructions: Mapped[str | None]
    internal_notes: Mapped[str | None]
    icon: Mapped[str | None]
    image_url: Mapped[str | None]
    max_value: Mapped[Decimal | None] = mapped_column(Value)
    type: Mapped[str]
    is_extendable: Mapped[bool] = mapped_column(server_default=text("false"))
    is_assignable: Mapped[bool] = mapped_column(server_default=text("true"))
    is_reassignable: Mapped[bool] = mapped_column(server_default=text("false"))
    is_published: Mapped[bool] = mapped_column(server_default=text("false"))
    extend_days: Mapped[int | None] = mapped_column(Integer)
    issue_target_id: Mapped[int | None]
    expiry_target_id: Mapped[int | None]
    extend_target_id: Mapped[int | None]
    notify_schedule_offset: Mapped[int | None] = mapped_column(Integer)
    notify_issue_offset_days: Mapped[int | None] = mapped_column(Integer)
    notify_issue_offset_hour: Mapped[int | None] = mapped_column(SmallInteger)
    notify_remind_offset_days: Mapped[int | None] = mapped_column(Integer)
    notify_remind_offset_hour: Mapped[int | None] = mapped_column(SmallInteger)
