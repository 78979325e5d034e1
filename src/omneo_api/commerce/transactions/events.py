"""What the world is told of transactions (automation 2.1): event names and their snapshots."""

import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy import bindparam

from omneo_api.commerce.transactions.models import RecordedTransaction, TransactionItem
from omneo_api.commerce.transactions.schemas import TransactionContext, TransactionItemContext, TransactionPointsContext
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement

CONTEXT = Statement(
    lambda: one_json(
        rows_json(TransactionContext, RecordedTransaction).where(RecordedTransaction.id == bindparam("id"))
    )
)
CONTEXT_WITH_TIER_POINTS = Statement(
    lambda: one_json(
        rows_json(TransactionContext, RecordedTransaction, frozenset({"tier_points"})).where(
            RecordedTransaction.id == bindparam("id")
        )
    )
)
CONTEXT_WITH_POINTS = Statement(
    lambda: one_json(
        rows_json(TransactionPointsContext, RecordedTransaction).where(RecordedTransaction.id == bindparam("id"))
    )
)
ITEM_CONTEXT = Statement(
    lambda: one_json(rows_json(TransactionItemContext, TransactionItem).where(TransactionItem.id == bindparam("id")))
)


def emit(session: Any, name: str, transaction_id: int, profile_id: uuid.UUID | None) -> None:
    """Notes `transaction.<name>`; its snapshot is taken when the transaction of the database ends."""
    context = Context(CONTEXT, {"id": transaction_id})
    session.outbox.emit(f"transaction.{name}", "transaction", transaction_id, context, profile_id)


def emit_points_issued(session: Any, transaction_id: int, profile_id: uuid.UUID | None) -> None:
    """Notes `transaction.points.issued`, which shows the points beside the transaction."""
    context = Context(CONTEXT_WITH_POINTS, {"id": transaction_id})
    session.outbox.emit("transaction.points.issued", "transaction", transaction_id, context, profile_id)


def emit_items(session: Any, name: str, items: Iterable[int], profile_id: uuid.UUID | None) -> None:
    """Notes one `transaction-item.<name>` per line."""
    for item in items:
        context = Context(ITEM_CONTEXT, {"id": item})
        session.outbox.emit(f"transaction-item.{name}", "transaction-item", item, context, profile_id)


async def emit_last_state(session: Any, name: str, transaction_id: int, profile_id: uuid.UUID | None) -> None:
    """The same with the state as it is now, before what follows in this transaction."""
    state = Context(text=await Context(CONTEXT, {"id": transaction_id}).render(session))
    session.outbox.emit(f"transaction.{name}", "transaction", transaction_id, state, profile_id)
