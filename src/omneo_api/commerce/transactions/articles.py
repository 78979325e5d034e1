"""What a line of a sale or order shows of its catalogue variant, deleted or not (commerce 2.1, automation 3.3).

The statements of sales are many (one per combination of filters) and each shows its lines, so the tables are taken
plainly here: mapped aliases double what it costs to compile one.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any

from sqlalchemy import Text, cast, func, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import JSON, JSONB, aggregate_order_by

from omneo_api.commerce.products.models import Product, ProductVariant
from omneo_api.commerce.products.schemas import ProductVariantRead
from omneo_api.commerce.transactions.models import TransactionItemAnnotation
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, EMPTY_MAP, Read, Source, Sql, rendered_columns
from omneo_api.platform.custom_fields.models import CustomField
from omneo_api.platform.custom_fields.shapes import ShownCustomField
from omneo_api.profiles.profile.schemas import ShortProfile

NO_IMAGES: Any = literal_column("'[]'::jsonb", JSONB())


class SoldProduct(Read):
    """A product as a line shows it; it stays when the product is deleted."""

    title: str
    department: str | None
    brand: str | None
    custom_fields: list[ShownCustomField]


class SoldProductContext(SoldProduct):
    """The same in the events of a line."""

    id: int
    description: str | None


def _found(item: Any, columns: Callable[[Any, Any], list[Any]]) -> Any:
    """A selection over the variant and product of a line: an order's names them itself, a sale's in its note."""
    note = TransactionItemAnnotation.__table__.alias()
    sold, owner = ProductVariant.__table__.alias(), Product.__table__.alias()
    rows = select(*columns(sold.c, owner.c))
    if hasattr(item, "product_variant_id"):
        rows = rows.select_from(sold).where(sold.c.tenant_id == item.tenant_id, sold.c.id == item.product_variant_id)
    else:
        rows = rows.select_from(note).where(note.c.tenant_id == item.tenant_id, note.c.item_id == item.id)
        rows = rows.join(sold, (sold.c.tenant_id == note.c.tenant_id) & (sold.c.id == note.c.product_variant_id))
    return rows.join(owner, (owner.c.tenant_id == sold.c.tenant_id) & (owner.c.id == sold.c.product_id)).correlate(item)


def _value(item: Any, column: Callable[[Any, Any], Any]) -> Any:
    return _found(item, lambda sold, owner: [column(sold, owner)]).scalar_subquery()


def variant(item: Any) -> Any:
    rows = _found(item, lambda sold, _: rendered_columns(ProductVariantRead, sold)).subquery()
    return type_coerce(select(func.row_to_json(rows.table_valued())).scalar_subquery(), JSON)


def _fields_of(owner: Any) -> Any:
    """The custom fields of a product, in the order in which they were made."""
    entry = CustomField.__table__.alias()
    pairs = [part for shown in rendered_columns(ShownCustomField, entry.c) for part in (lit(shown.name), shown.element)]
    row = func.json_build_object(*pairs)
    return (
        select(func.coalesce(func.json_agg(aggregate_order_by(row, entry.c.id)), EMPTY_LIST))
        .where(
            entry.c.tenant_id == owner.tenant_id,
            entry.c.owner_type == lit("product"),
            entry.c.owner_id == cast(owner.id, Text),
        )
        .scalar_subquery()
    )


def _shown(schema: type[Read]) -> Callable[[Any, Any], Any]:
    def column(_: Any, owner: Any) -> Any:
        fields = {name: getattr(owner, name, None) for name in schema.model_fields} | {
            "custom_fields": _fields_of(owner)
        }
        return func.json_build_object(*(part for name, value in fields.items() for part in (lit(name), value)))

    return column


def product(item: Any) -> Any:
    return type_coerce(_value(item, _shown(SoldProduct)), JSON)


def product_context(item: Any) -> Any:
    return type_coerce(_value(item, _shown(SoldProductContext)), JSON)


def product_id(item: Any) -> Any:
    return _value(item, lambda sold, _: sold.product_id)


def barcode(item: Any) -> Any:
    return _value(item, lambda sold, _: sold.barcode)


def description(item: Any) -> Any:
    return _value(item, lambda sold, _: sold.description)


def options(item: Any) -> Any:
    return _value(item, lambda sold, _: sold.options)


def images(item: Any) -> Any:
    """The images of the variant, else those of the product."""
    own = _value(item, lambda sold, owner: func.coalesce(func.nullif(sold.images, NO_IMAGES), owner.images))
    return func.coalesce(own, NO_IMAGES, type_=JSONB)


def custom_fields(item: Any) -> Any:
    """The custom fields of the product as `{namespace: {handle: value}}`."""
    entry = CustomField.__table__.alias()
    owner = _value(item, lambda sold, _: sold.product_id)
    groups = (
        select(entry.c.namespace, func.json_object_agg(entry.c.handle, entry.c.value).label("entries"))
        .where(
            entry.c.tenant_id == item.tenant_id,
            entry.c.owner_type == lit("product"),
            entry.c.owner_id == cast(owner, Text),
        )
        .group_by(entry.c.namespace)
        .correlate(item)
        .subquery()
    )
    merged = select(func.json_object_agg(groups.c.namespace, groups.c.entries)).scalar_subquery()
    return func.coalesce(merged, EMPTY_MAP, type_=JSON)


class LineInEvents(Read):
    """What a line of a sale or an order tells subscribers besides itself (automation 3.3)."""

    product: Annotated[SoldProductContext | None, Sql(product_context)]
    profile: ShortProfile | None
    quantity_abs: Annotated[Decimal, Sql(lambda item: func.abs(item.quantity, type_=item.quantity.type))]
    item_sku: Annotated[str | None, Source("sku")]
    barcode: Annotated[str | None, Sql(barcode)]
    product_variant_description: Annotated[str | None, Sql(description)]
    product_options: Annotated[list[Any] | None, Sql(options)]
    custom_fields: Annotated[dict[str, Any], Sql(custom_fields)]
