"""What the world is told of orders (automation 2.1): they come and they change, and nothing else."""

import uuid
from typing import Any

from sqlalchemy import bindparam

from omneo_api.commerce.orders.models import Order
from omneo_api.commerce.orders.schemas import OrderContext, OrderRead
from omneo_api.foundation.outbox import Context
from omneo_api.foundation.render import one_json, rows_json
from omneo_api.foundation.statements import Statement
from omneo_api.incentives.subjects import show_subject

CONTEXT = Statement(lambda: one_json(rows_json(OrderContext, Order).where(Order.id == bindparam("id"))))

show_subject("order", lambda: (OrderRead, Order))


def emit(session: Any, name: str, order_id: int, profile_id: uuid.UUID | None) -> None:
    """Notes `order.<name>`; its snapshot is taken when the transaction of the database ends."""
    session.outbox.emit(f"order.{name}", "order", order_id, Context(CONTEXT, {"id": order_id}), profile_id)
