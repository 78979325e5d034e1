"""What comes in: orders as shops and tills write them (commerce 5.1, 5.3)."""

from typing import Any

from pydantic import Field

from omneo_api.commerce.transactions.bodies import LINE_FACTS, ItemFields, NewItem, PurchaseFields
from omneo_api.foundation import fields
from omneo_api.foundation.fields import partial, sent


class OrderLineBody(ItemFields):
    """A line as it comes with its order."""

    name: fields.Text
    quantity: fields.Money


class OrderFields(PurchaseFields):
    items: list[OrderLineBody] | None = None
    due_date: fields.DateTime | None = None


class NewOrder(OrderFields):
    """A new order; without a time it is made now, without a zone it is in that of its location, then of the tenant."""

    total: fields.Money
    items: list[OrderLineBody] | None = Field()


class ImportedOrder(fields.Body):
    """What only an import says of an order."""

    claimed_at: fields.DateTime | None = None


NewOrderItem = NewItem
ChangedOrder: type[NewOrder] = partial(NewOrder)
ChangedOrderItem: type[OrderLineBody] = partial(OrderLineBody)

COLUMNS = (
    "external_id",
    "total",
    "total_original",
    "rounding",
    "margin",
    "is_void",
    "transacted_at",
    "timezone",
    "payments",
    "fees",
    "meta",
    "receipt_is_email",
    "receipt_ref",
    "receipt_email",
    "currency",
    "type",
    "status",
    "order_number",
    "due_date",
    "deliver_at",
    "claimed_at",
)
"""What is stored of an order as it was sent."""
LINE_COLUMNS = (*LINE_FACTS, "meta", "tags")
"""The same of a line."""
VARIANT_KEYS = ("product_variant_id", "product_variant_sku", "variant_external_id", "sku", "product_variant")
"""Whatever says which catalogue variant a line is."""
NEVER_NULL = frozenset({"transacted_at", "timezone", "is_void", "receipt_is_email", "tags", "systems", "items"})
"""Keys whose null means that they were not sent, as with transactions."""


def told(body: OrderFields) -> dict[str, Any]:
    """The fields of a body that say something, lines as dictionaries."""
    values = {name: value for name, value in sent(body).items() if value is not None or name not in NEVER_NULL}
    if "items" in values:
        values["items"] = [told_line(line) for line in values["items"]]
    return values


def told_line(body: ItemFields) -> dict[str, Any]:
    return {name: value for name, value in sent(body).items() if value is not None or name not in NEVER_NULL}
