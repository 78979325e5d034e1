"""What comes in: purchases as tills, shops and old integrations write them (commerce 1.1, 2.1)."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator, WithJsonSchema

from omneo_api.foundation import fields
from omneo_api.foundation.fields import Keep
from omneo_api.foundation.validation import to_int, wrong
from omneo_api.platform.custom_fields.service import CustomFieldItem

EIGHT_PLACES = Decimal("0.00000001")


def _structure(value: Any) -> Any:
    return _one_of(value, list, dict)


def _list(value: Any) -> Any:
    return _one_of(value, list)


def _one_of(value: Any, *kinds: type) -> Any:
    if value is None or isinstance(value, kinds):
        return value
    if isinstance(value, str) and not value.strip():
        return None
    raise wrong("must be an array.")


def _own_id(value: Any) -> int | None:
    try:
        return to_int(value)
    except ValueError:
        return None


def _as_stored(rate: Decimal) -> Decimal:
    return rate.quantize(EIGHT_PLACES, ROUND_HALF_UP)


Structure = Annotated[
    Any, Keep.VERBATIM, PlainValidator(_structure), WithJsonSchema({"type": ["array", "object", "null"]})
]
"""An array or object kept as sent."""
Rows = Annotated[Any, Keep.VERBATIM, PlainValidator(_list), WithJsonSchema({"type": ["array", "null"], "items": {}})]
"""An array kept as sent."""
LineId = Annotated[int | None, BeforeValidator(_own_id)]
"""The server's id of a line that was read; whatever else a client keeps under that key is not ours and says nothing."""
Reference = Annotated[str, Field(max_length=255, coerce_numbers_to_str=True)]
Currency = Annotated[str, Field(max_length=10)]
Rate = Annotated[fields.Number, AfterValidator(_as_stored), Field(gt=0, lt=10**10)]
"""An exchange rate as it is stored, so that one with more places is the same when it is sent again."""


class ItemFields(fields.Body):
    """A line of which any part may be missing, as in a transaction that was read and is sent back."""

    id: LineId = None
    external_id: fields.Text | None = None
    name: fields.Text | None = None
    quantity: fields.Money | None = None
    price_current: fields.Money | None = None
    price_sell: fields.Money | None = None
    price_original: fields.Money | None = None
    price_margin: fields.Money | None = None
    price_tax: fields.Money | None = None
    discounts: Structure = None
    is_void: fields.Bool | None = None
    product_variant_id: fields.Int | None = None
    product_variant_sku: fields.Text | None = None
    sku: fields.Text | None = None
    variant_external_id: fields.Text | None = None
    product_variant: Structure = None
    department: fields.Text | None = None
    meta: fields.Meta | None = None
    tags: fields.Tags | None = None


class NewItem(ItemFields):
    """A line of a new transaction."""

    name: fields.Text
    quantity: fields.Money
    price_current: fields.Money
    price_sell: fields.Money


class CurrencyValueBody(fields.Body):
    """An explicit rate: `from` × rate = `to`."""

    from_: Currency = Field(validation_alias="from")
    to: Currency
    rate: Rate


class PurchaseFields(fields.Body):
    """What transactions and orders have in common, each part of which may be missing."""

    external_id: fields.Text | None = None
    profile_id: Reference | None = None
    profile_id_handle: fields.Text | None = None
    redemption_id: fields.Int | None = None
    location_id: Reference | None = None
    meta: fields.Meta | None = None
    total: fields.Money | None = None
    total_original: fields.Money | None = None
    rounding: fields.Money | None = None
    margin: fields.Money | None = None
    systems: fields.Handles | None = None
    is_void: fields.Bool | None = None
    transacted_at: fields.DateTime | None = None
    timezone: fields.Timezone | None = None
    tags: fields.Tags | None = None
    payments: Rows = None
    fees: Structure = None
    receipt_is_email: fields.Bool | None = None
    receipt_ref: fields.Text | None = None
    receipt_email: fields.Email | None = None
    staff_id: Reference | None = None
    currency: Currency | None = None
    currency_value: CurrencyValueBody | None = None
    type: fields.Text | None = None
    status: fields.Text | None = None
    order_number: fields.Text | None = None
    organisation_id: fields.Int | None = None
    custom_fields: list[CustomFieldItem] | None = None
    deliver_at: fields.DateTime | None = None


class TransactionFields(PurchaseFields):
    """A transaction of which any part may be missing: annotations, or a whole one that is sent back."""

    id: fields.Json = None
    tender: fields.Text | None = None
    items: list[ItemFields] | None = None
    linked_receipt_ref: fields.Text | None = None
    order_id: fields.Int | None = None
    external_order_id: fields.Text | None = None
    need_action: fields.Bool | None = None


class SupersedingTransaction(TransactionFields):
    """A corrected transaction: what is absent stays as it was, lines that are sent are whole ones."""

    items: list[NewItem] | None = None  # type: ignore[assignment]


class NewTransaction(SupersedingTransaction):
    """A new transaction."""

    total: fields.Money
    transacted_at: fields.DateTime
    timezone: fields.Timezone
    items: list[NewItem] | None = Field()


class EventTrigger(fields.Body):
    event: Literal["transaction.sync", "transaction.recalculate"]


ANNOTATIONS = (
    "meta",
    "tags",
    "receipt_is_email",
    "receipt_ref",
    "linked_receipt_ref",
    "receipt_email",
    "need_action",
    "status",
)
SCALAR_FACTS = (
    "external_id",
    "total",
    "total_original",
    "rounding",
    "margin",
    "tender",
    "transacted_at",
    "timezone",
    "payments",
    "fees",
    "currency",
    "type",
    "order_number",
    "order_id",
    "external_order_id",
    "deliver_at",
)
LINE_FACTS = (
    "external_id",
    "name",
    "quantity",
    "price_current",
    "price_sell",
    "price_original",
    "price_margin",
    "price_tax",
    "discounts",
    "is_void",
    "sku",
    "variant_external_id",
    "department",
)
NEVER_NULL = frozenset({"total", "transacted_at", "timezone", "is_void", "receipt_is_email", "tags"})
"""Keys whose null means that they were not sent: the vendor's own clients send such nulls."""


def told(body: PurchaseFields) -> dict[str, Any]:
    """The fields of a body that say something, lines and rates as dictionaries."""
    values = {name: value for name, value in fields.sent(body).items() if value is not None or name not in NEVER_NULL}
    lines = values.get("items")
    if lines is not None:
        values["items"] = [fields.sent(line) for line in lines]
    return values
