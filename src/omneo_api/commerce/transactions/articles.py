"""What a line shows of the catalogue variant that it was found to be, deleted or not (commerce 2.1, automation 3.3)."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Text, cast, func, literal_column, select, type_coerce
from sqlalchemy.dialects.postgresql import JSON, JSONB
from sqlalchemy.orm import aliased

from omneo_api.commerce.products.models import Product, ProductVariant
from omneo_api.commerce.products.schemas import ProductVariantRead, SoldProduct, SoldProductContext
from omneo_api.commerce.transactions.models import TransactionItemAnnotation
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_MAP, Read, rendered_columns
from omneo_api.platform.custom_fields.models import CustomField

NO_IMAGES: Any = literal_column("'[]'::jsonb", JSONB())


def _found(item: Any, columns: Callable[[Any, Any], list[Any]]) -> Any:
    """A selection over the variant and product of a line's note."""
    note, sold, owner = aliased(TransactionItemAnnotation), aliased(ProductVariant), aliased(Product)
    return (
        select(*columns(sold, owner))
        .select_from(note)
        .join(sold, (sold.tenant_id == note.tenant_id) & (sold.id == note.product_variant_id))
        .join(owner, (owner.tenant_id == sold.tenant_id) & (owner.id == sold.product_id))
        .where(note.tenant_id == item.tenant_id, note.item_id == item.id)
        .correlate(item)
    )


def _shown(item: Any, schema: type[Read], which: int) -> Any:
    rows = _found(item, lambda *both: rendered_columns(schema, both[which])).subquery()
    return type_coerce(select(func.row_to_json(rows.table_valued())).scalar_subquery(), JSON)


def _value(item: Any, column: Callable[[Any, Any], Any]) -> Any:
    return _found(item, lambda sold, owner: [column(sold, owner)]).scalar_subquery()


def variant(item: Any) -> Any:
    return _shown(item, ProductVariantRead, 0)


def product(item: Any) -> Any:
    return _shown(item, SoldProduct, 1)


def product_context(item: Any) -> Any:
    return _shown(item, SoldProductContext, 1)


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
    entry = aliased(CustomField)
    owner = _value(item, lambda sold, _: sold.product_id)
    groups = (
        select(entry.namespace, func.json_object_agg(entry.handle, entry.value).label("entries"))
        .where(
            entry.tenant_id == item.tenant_id,
            entry.owner_type == lit("product"),
            entry.owner_id == cast(owner, Text),
        )
        .group_by(entry.namespace)
        .correlate(item)
        .subquery()
    )
    merged = select(func.json_object_agg(groups.c.namespace, groups.c.entries)).scalar_subquery()
    return func.coalesce(merged, EMPTY_MAP, type_=JSON)
