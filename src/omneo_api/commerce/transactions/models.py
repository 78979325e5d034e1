"""Completed purchases (commerce 1 and 2).

`transactions` (payments among them), `transaction_items` and `transaction_currency_values` hold purchase facts: the
application's role can insert there and nothing else. What legitimately happens later stands beside them: voids
(insert-only too), assignments, annotations, external references and item links (small and mutable).
"""

import uuid
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import ARRAY, BigInteger, Boolean, Index, Numeric, Text, and_, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, foreign, mapped_column, relationship

from omneo_api.foundation.models import (
    NOW,
    Base,
    Moment,
    Money,
    Numbered,
    Tenanted,
    belongs_to,
    folded,
    lit,
    lookup,
    unique,
)
from omneo_api.foundation.relationships import several, single
from omneo_api.platform.custom_fields.models import shown_fields
from omneo_api.profiles.profile.models import Profile


def _newest_first(name: str, *columns: str) -> Index:
    """The order of a list; whether a row is listed is in the index too, so that counting reads nothing else."""
    return Index(name, "tenant_id", *columns, "transacted_at", "transaction_id", postgresql_include=["void_kind"])


LISTED = "(void_kind IS NULL OR void_kind = 'void')"
COUNTER = "transactions"


def _count(*steps: tuple[str, int]) -> str:
    """Adds what a statement listed and unlisted to the counters of the tenant and of each profile, in one order."""
    parts = [
        f"SELECT tenant_id, '{name}, {slot}, {step} AS step FROM {rows} WHERE {LISTED} AND {owned}"
        for rows, step in steps
        for name, slot, owned in (
            (f"{COUNTER}' AS name", "pg_backend_pid() % 16 AS slot", "true"),
            (f"{COUNTER}:' || profile_id", "0", "profile_id IS NOT NULL"),
        )
    ]
    return f"""
        INSERT INTO row_counts AS c (tenant_id, name, slot, rows)
        SELECT tenant_id, name, slot, sum(step) FROM ({" UNION ALL ".join(parts)}) AS moved
        GROUP BY tenant_id, name, slot HAVING sum(step) <> 0 ORDER BY tenant_id, name, slot
        ON CONFLICT (tenant_id, name, slot) DO UPDATE SET rows = c.rows + excluded.rows
    """


def _counters() -> tuple[str, ...]:
    """Keeps how many transactions the lists show: in `row_counts` by `transactions` and by `transactions:<profile>`."""
    run = "FOR EACH STATEMENT EXECUTE FUNCTION omneo_count_sales()"
    on = "ON transaction_states REFERENCING"
    return (
        f"""
        CREATE OR REPLACE FUNCTION omneo_count_sales() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER
        SET search_path = public AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN {_count(("added", 1))};
            ELSIF TG_OP = 'DELETE' THEN {_count(("gone", -1))};
            ELSE {_count(("added", 1), ("gone", -1))};
            END IF;
            RETURN NULL;
        END $$
        """,
        f"CREATE OR REPLACE TRIGGER count_insert AFTER INSERT {on} NEW TABLE AS added {run}",
        f"CREATE OR REPLACE TRIGGER count_delete AFTER DELETE {on} OLD TABLE AS gone {run}",
        f"CREATE OR REPLACE TRIGGER count_update AFTER UPDATE {on} NEW TABLE AS added OLD TABLE AS gone {run}",
    )


class Transaction(Numbered):
    """The facts of one sale or return, written once."""

    __tablename__ = "transactions"
    insert_only = True
    __table_args__ = (
        belongs_to("locations", "location_id"),
        lookup("ix_transactions_location", "location_id", "transacted_at"),
        lookup("ix_transactions_external_id", "external_id_key"),
        lookup("ix_transactions_order_number", "order_number"),
        lookup("ix_transactions_external_order", "external_order_id_key"),
    )

    external_id: Mapped[str | None]
    external_id_key: Mapped[str | None] = folded("external_id")
    total: Mapped[Decimal] = mapped_column(Money)
    total_original: Mapped[Decimal | None] = mapped_column(Money)
    rounding: Mapped[Decimal | None] = mapped_column(Money)
    margin: Mapped[Decimal | None] = mapped_column(Money)
    tender: Mapped[str | None]
    systems: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    transacted_at: Mapped[datetime]
    timezone: Mapped[str]
    location_id: Mapped[int | None] = mapped_column(BigInteger)
    staff_id: Mapped[uuid.UUID | None]
    fees: Mapped[Any | None] = mapped_column(JSONB)
    currency: Mapped[str | None]
    currency_id: Mapped[int | None] = mapped_column(BigInteger)
    currency_rate: Mapped[Decimal | None] = mapped_column(Numeric(18, 8))
    type: Mapped[str | None]
    order_number: Mapped[str | None]
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    external_order_id: Mapped[str | None]
    external_order_id_key: Mapped[str | None] = folded("external_order_id")
    organisation_id: Mapped[int | None] = mapped_column(BigInteger)
    deliver_at: Mapped[datetime | None]
    payments: Mapped[Any | None] = mapped_column(JSONB)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class TransactionCurrencyValue(Numbered):
    """The explicit rate that a sale came with, and its total at that rate."""

    __tablename__ = "transaction_currency_values"
    insert_only = True
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        lookup("ix_transaction_currency_values_transaction", "transaction_id"),
    )

    transaction_id: Mapped[int]
    from_currency: Mapped[str]
    to_currency: Mapped[str]
    rate: Mapped[Decimal] = mapped_column(Numeric(18, 8))
    total: Mapped[Decimal] = mapped_column(Money)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class TransactionItem(Numbered):
    """One line of a sale, written with it."""

    __tablename__ = "transaction_items"
    insert_only = True
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        belongs_to("product_variants", "sent_variant_id"),
        lookup("ix_transaction_items_transaction", "transaction_id", "id"),
    )

    transaction_id: Mapped[int]
    external_id: Mapped[str | None]
    name: Mapped[str]
    quantity: Mapped[Decimal] = mapped_column(Money)
    price_current: Mapped[Decimal | None] = mapped_column(Money)
    price_sell: Mapped[Decimal | None] = mapped_column(Money)
    price_original: Mapped[Decimal | None] = mapped_column(Money)
    price_margin: Mapped[Decimal | None] = mapped_column(Money)
    price_tax: Mapped[Decimal | None] = mapped_column(Money)
    discounts: Mapped[Any | None] = mapped_column(JSONB)
    is_void: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    sku: Mapped[str | None]
    variant_external_id: Mapped[str | None]
    sent_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    department: Mapped[str | None]
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)

    transaction = single("RecordedTransaction", on="TransactionItem.transaction_id == RecordedTransaction.id")
    annotation = single("TransactionItemAnnotation")
    profile = relationship(
        Profile,
        lazy="raise",
        viewonly=True,
        uselist=False,
        secondary=lambda: TransactionState.__table__,
        primaryjoin=lambda: and_(
            TransactionItem.tenant_id == foreign(TransactionState.tenant_id),
            TransactionItem.transaction_id == foreign(TransactionState.transaction_id),
        ),
        secondaryjoin=lambda: and_(
            foreign(TransactionState.tenant_id) == Profile.tenant_id,
            foreign(TransactionState.profile_id) == Profile.id,
        ),
    )

    @hybrid_property
    def is_return(self) -> Any:
        return self.quantity < lit(0)

    @hybrid_property
    def transacted_at(self) -> Any:
        sale = TransactionState.__table__.alias()
        same = (sale.c.tenant_id == self.tenant_id, sale.c.transaction_id == self.transaction_id)
        return select(sale.c.transacted_at).where(*same).scalar_subquery()


class TransactionState(Tenanted):
    """What may still change about a transaction, one row each: its owner, its annotations and whether it is void.

    `void_kind` is void, superseded or deleted; the history of voids is in `transaction_voids`. `synced_at` is when the
    world was told that the work of its creation is finished. `order_id` is the order that it fulfils: the facts say
    what the sale came with, this says what is linked now, also to an order that arrived later.
    """

    __tablename__ = "transaction_states"
    derived_sql = _counters()
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        belongs_to("profiles", "profile_id"),
        belongs_to("orders", "order_id"),
        lookup("ix_transaction_states_order", "order_id", where="order_id IS NOT NULL"),
        _newest_first("ix_transaction_states_profile", "profile_id"),
        _newest_first("ix_transaction_states_transacted_at"),
        lookup("ix_transaction_states_receipt", "receipt_ref_key"),
    )

    transaction_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    profile_id: Mapped[uuid.UUID | None]
    claimed_at: Mapped[datetime | None]
    claim_id: Mapped[int | None] = mapped_column(BigInteger)
    order_id: Mapped[int | None] = mapped_column(BigInteger)
    transacted_at: Mapped[datetime]
    void_kind: Mapped[str | None]
    successor_id: Mapped[int | None] = mapped_column(BigInteger)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    meta: Mapped[Any | None] = mapped_column(JSONB)
    receipt_is_email: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    receipt_ref: Mapped[str | None]
    receipt_ref_key: Mapped[str | None] = folded("receipt_ref")
    linked_receipt_ref: Mapped[str | None]
    receipt_email: Mapped[str | None]
    need_action: Mapped[bool | None] = mapped_column(Boolean)
    status: Mapped[str | None]
    synced_at: Mapped[datetime | None]
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class TransactionVoid(Numbered):
    """That a transaction stopped counting: voided, superseded by another, or deleted."""

    __tablename__ = "transaction_voids"
    insert_only = True
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        unique("transaction_id", "kind"),
        lookup("ix_transaction_voids_successor", "successor_id", where="successor_id IS NOT NULL"),
    )

    transaction_id: Mapped[int]
    kind: Mapped[str]
    successor_id: Mapped[int | None] = mapped_column(BigInteger)
    created_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


class TransactionRef(Tenanted):
    """The slot that a transaction holds in a source system: one living transaction per (system, external id)."""

    __tablename__ = "transaction_external_refs"
    __table_args__ = (
        belongs_to("transactions", "transaction_id"),
        lookup("ix_transaction_external_refs_transaction", "transaction_id"),
        lookup("ix_transaction_external_refs_external_id", "external_id_key"),
    )

    system: Mapped[str] = mapped_column(Text, primary_key=True)
    external_id_key: Mapped[str] = mapped_column(Text, primary_key=True)
    transaction_id: Mapped[int]


TransactionRef.__table__.primary_key.info["field"] = "external_id"  # type: ignore[attr-defined]


class TransactionItemAnnotation(Tenanted):
    """What may still change about a line: its meta, its tags, and the catalogue variant it was found to be."""

    __tablename__ = "transaction_item_annotations"
    __table_args__ = (
        belongs_to("transaction_items", "item_id"),
        belongs_to("product_variants", "product_variant_id"),
        lookup("ix_item_annotations_variant", "product_variant_id", where="product_variant_id IS NOT NULL"),
    )

    item_id: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    product_variant_id: Mapped[int | None] = mapped_column(BigInteger)
    meta: Mapped[Any | None] = mapped_column(JSONB)
    tags: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    achievement_counted: Mapped[bool] = mapped_column(Boolean, server_default=text("false"))
    updated_at: Mapped[datetime] = mapped_column(Moment, server_default=NOW)


def _recorded() -> Any:
    facts, states = Transaction.__table__, TransactionState.__table__
    told = [column for column in states.c if column.name not in ("tenant_id", "transaction_id")]
    fixed = [column for column in facts.c if column.name not in ("transacted_at", "order_id")]
    together = and_(states.c.tenant_id == facts.c.tenant_id, states.c.transaction_id == facts.c.id)
    return select(*fixed, *told).join_from(states, facts, together).subquery("recorded")


class RecordedTransaction(Base):
    """A transaction as it is read: its facts with what was said about it later.

    Lists walk `transaction_states` in the order of its indexes (the planner flattens the subquery) and fetch the facts
    of the rows that they show; that is why `transacted_at` is taken from there.
    """

    __table__ = _recorded()
    if TYPE_CHECKING:
        id: Any
        tenant_id: Any
        profile_id: Any
        location_id: Any
        staff_id: Any
        order_id: Any
        transacted_at: Any
        void_kind: Any

    __mapper_args__ = {"primary_key": [__table__.c.tenant_id, __table__.c.id]}

    items = several("TransactionItem", on="RecordedTransaction.id == TransactionItem.transaction_id")
    currency_values = several(
        "TransactionCurrencyValue", on="RecordedTransaction.id == TransactionCurrencyValue.transaction_id"
    )
    custom_fields = shown_fields("transaction", lambda: RecordedTransaction)
    profile = single("Profile", on="RecordedTransaction.profile_id == Profile.id")
    staff = single("Profile", on="RecordedTransaction.staff_id == Profile.id")
    location = single("Location", on="RecordedTransaction.location_id == Location.id")

    @hybrid_property
    def is_void(self) -> Any:
        return self.void_kind.is_not(None)
