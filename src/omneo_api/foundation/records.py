"""The tables that the foundation itself keeps: tenants, events, subscriptions, audits, idempotency keys."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ARRAY, JSON, BigInteger, Boolean, Identity, Integer, Interval, LargeBinary, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation.models import NOW, Base, Moment, Numbered, Tenanted, belongs_to, lookup


class TenantRecord(Base):
    """A tenant of this installation. `is_test` tenants may have their clock moved."""

    __tablename__ = "tenants"

    id: Mapped[int] = mapped_column(Integer, Identity(), primary_key=True)
    handle: Mapped[str] = mapped_column(Text, unique=True)
    name: Mapped[str]
    is_test: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    clock_offset: Mapped[timedelta] = mapped_column(Interval, server_default=text("'0'"))
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class Event(Numbered):
    """Something that happened, written in the transaction in which it happened."""

    __tablename__ = "events"
    insert_only = True
    __table_args__ = (
        lookup("ix_events_profile", "profile_id"),
        lookup("ix_events_parent_history", "parent_history_id", where="parent_history_id IS NOT NULL"),
    )

    name: Mapped[str]
    entity_type: Mapped[str]
    entity_id: Mapped[str]
    profile_id: Mapped[uuid.UUID | None]
    origin: Mapped[str]
    user_id: Mapped[int | None]
    token_name: Mapped[str | None]
    cause_chain: Mapped[list[int]] = mapped_column(ARRAY(BigInteger), server_default=text("'{}'"))
    depth: Mapped[int] = mapped_column(Integer, server_default=text("0"))
    parent_history_id: Mapped[int | None]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class EventContext(Tenanted):
    """The snapshot that subscribers see; kept only for events that had a subscriber when they happened."""

    __tablename__ = "event_contexts"
    insert_only = True
    __table_args__ = (belongs_to("events", "event_id"),)

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    context: Mapped[Any] = mapped_column(JSON)


class Subscription(Tenanted):
    """That somebody listens to an event: a trigger or a webhook. Kept by their owners, read by the outbox."""

    __tablename__ = "subscriptions"

    event: Mapped[str] = mapped_column(Text, primary_key=True)
    kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subscriber_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)


class Audit(Numbered):
    """Who changed what, written in the transaction of the change."""

    __tablename__ = "audits"
    insert_only = True
    __table_args__ = (lookup("ix_audits_profile", "profile_id"),)

    user_id: Mapped[int | None]
    event: Mapped[str]
    auditable_type: Mapped[str]
    auditable_id: Mapped[int | None]
    old_values: Mapped[str]
    new_values: Mapped[str]
    url: Mapped[str | None]
    ip_address: Mapped[str | None]
    user_agent: Mapped[str | None]
    profile_id: Mapped[uuid.UUID | None]
    token_name: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class IdempotencyKey(Tenanted):
    """The first answer to a request that carried an `Idempotency-Key`, kept for 24 hours."""

    __tablename__ = "idempotency_keys"
    __table_args__ = (lookup("ix_idempotency_keys_created_at", "created_at"),)

    user_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    key: Mapped[str] = mapped_column(Text, primary_key=True)
    fingerprint: Mapped[bytes] = mapped_column(LargeBinary)
    status: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)
