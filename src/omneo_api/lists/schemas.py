"""What goes in and out of lists, items and shares (lists A2, A3, A5), and their events (automation 3.3)."""

import uuid
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field, create_model
from sqlalchemy import Text, cast, exists, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSON
from sqlalchemy.orm import aliased

from omneo_api.commerce.custom_products import CustomProductBody, CustomProductRead
from omneo_api.commerce.locations.schemas import ShortLocation
from omneo_api.commerce.products.schemas import CategoryRead, ProductRead, ProductVariantRead
from omneo_api.commerce.transactions.models import TransactionItem
from omneo_api.commerce.transactions.schemas import ItemTransaction, TransactionItemRead, TransactionLine
from omneo_api.foundation import fields
from omneo_api.foundation.models import lit
from omneo_api.foundation.render import EMPTY_LIST, Included, Read, Source, Sql, rendered_columns, wire
from omneo_api.lists.definitions import ListDefinitionRead
from omneo_api.lists.models import ProductList, ProductListItem, ProductListPurchase, ProductListShare
from omneo_api.platform.custom_fields.service import CustomFieldItem
from omneo_api.profiles.profile.models import Profile
from omneo_api.profiles.profile.schemas import ProfileContext, ShortProfile, StaffRead

MOST_ITEMS = 1000
LARGEST = 2**31 - 1

# Purchases ------------------------------------------------------------------------------------------------------------


def _pivot(link: Any) -> Any:
    return func.json_build_object(
        lit("created_at"), wire(link.created_at), lit("updated_at"), wire(link.updated_at), type_=JSON
    )


class BuyerRead(Read):
    id: uuid.UUID
    first_name: str | None
    last_name: str | None
    email: str | None


class BoughtTransaction(ItemTransaction):
    profile: BuyerRead | None


_line = {
    name: (info.annotation, info)
    for name, info in TransactionLine.model_fields.items()
    if name not in ("product", "product_variant", "pivot")
}
BoughtLine: type[Read] = create_model("BoughtLine", __base__=Read, **_line)  # type: ignore[call-overload]


class BoughtRead(BoughtLine):
    """A line of a sale as the item that it bought shows it."""

    transaction: BoughtTransaction


def _bought(item: Any) -> Any:
    line, link = aliased(TransactionItem), aliased(ProductListPurchase)
    rows = (
        select(*rendered_columns(BoughtRead, line), _pivot(link).label("pivot"))
        .select_from(line)
        .join(link, (link.tenant_id == line.tenant_id) & (link.transaction_item_id == line.id))
        .where(link.tenant_id == item.tenant_id, link.product_list_item_id == item.id)
        .order_by(link.id)
        .correlate(item)
        .subquery()
    )
    return func.coalesce(select(func.json_agg(rows.table_valued(), type_=JSON)).scalar_subquery(), EMPTY_LIST)


def _no_rows(_: Any) -> Any:
    return literal_column("'[]'::json", JSON())


# Items ----------------------------------------------------------------------------------------------------------------


class ProductListItemRead(Read):
    id: int
    product_list_id: int
    product_category: CategoryRead | None
    product_variant: ProductVariantRead | None
    product: ProductRead | None
    custom_product: CustomProductRead | None
    quantity: int
    position: int | None
    status: str | None
    meta: Any
    source: str | None
    location: ShortLocation | None
    reservations: Annotated[list[dict[str, Any]], Sql(_no_rows)]
    transaction_items: Annotated[list[dict[str, Any]], Sql(_bought), Included("read-transactions")]
    created_at: datetime
    updated_at: datetime


class OwnerRead(Read):
    id: uuid.UUID
    first_name: str | None
    last_name: str | None
    email: str | None


def owner_of(row: Any) -> Any:
    """The profile that owns the list of an item or share."""
    found = aliased(ProductList)
    same = (found.tenant_id == row.tenant_id, found.id == row.product_list_id)
    return select(found.profile_id).where(*same).correlate(row).scalar_subquery()


class ShareRead(Read):
    id: int
    handle: str
    profile_id: Annotated[uuid.UUID, Sql(owner_of)]
    product_list_id: int
    created_at: datetime
    updated_at: datetime


def _field_value(row: Any) -> Any:
    """The value as text, whatever its type: lists show the raw row."""
    return cast(row.value.op("#>>")(lit("{}")), Text)


class ListFieldRead(Read):
    name: str | None
    handle: str
    namespace: str
    value: Annotated[str | None, Sql(_field_value)]
    type: str
    version: int
    is_index: bool
    custom_fieldable_id: Annotated[int, Sql(lambda row: cast(row.owner_id, ProductList.id.type))]
    custom_fieldable_type: Annotated[str, Source("owner_type")]
    created_at: datetime
    updated_at: datetime


def _is_shared(row: Any) -> Any:
    share = aliased(ProductListShare)
    return exists(
        select(lit(1)).where(share.tenant_id == row.tenant_id, share.product_list_id == row.id).correlate(row)
    )


class ProductListRead(Read):
    id: int
    profile_id: uuid.UUID
    profile: OwnerRead | None
    name: str
    description: str | None
    handle: str
    sort_order: int | None
    custom_date: datetime | None
    definition: ListDefinitionRead | None
    organisation: Annotated[dict[str, Any] | None, Sql(lambda _: literal_column("NULL::json", JSON()))]
    location: ShortLocation | None
    staff: StaffRead | None
    items: list[ProductListItemRead]
    is_shared: Annotated[bool, Sql(_is_shared)]
    shares: list[ShareRead]
    tags: list[str]
    custom_fields: list[ListFieldRead]
    meta: Any
    created_at: datetime
    updated_at: datetime


# Events ---------------------------------------------------------------------------------------------------------------


class ProductListContext(ProductListRead):
    profile: ProfileContext | None  # type: ignore[assignment]


class ShortListRead(Read):
    """A list in the events of its items."""

    id: int
    name: str
    handle: str
    definition: ListDefinitionRead | None


def _short_owner(row: Any) -> Any:
    profile = aliased(Profile)
    rows = select(*rendered_columns(ShortProfile, profile)).where(profile.id == owner_of(row)).correlate(row).subquery()
    return select(func.row_to_json(rows.table_valued(), type_=JSON)).scalar_subquery()


class ProductListItemContext(ProductListItemRead):
    product_list: ShortListRead
    profile_id: Annotated[uuid.UUID, Sql(owner_of)]
    profile: Annotated[dict[str, Any] | None, Sql(_short_owner)]


class ProductListShareContext(ShareRead):
    product_list: ShortListRead
    profile: Annotated[dict[str, Any] | None, Sql(_short_owner)]


# Lines of sales -------------------------------------------------------------------------------------------------------


class LinkedList(Read):
    name: str
    handle: str
    description: str | None


class ListItemOfLine(Read):
    """An item as the line that bought it shows it."""

    id: int
    product_list_id: int
    list: Annotated[LinkedList, Source("product_list")]
    quantity: int
    position: int | None
    status: str | None
    meta: Any
    created_at: datetime
    updated_at: datetime


def _list_items(line: Any) -> Any:
    item, link = aliased(ProductListItem), aliased(ProductListPurchase)
    rows = (
        select(*rendered_columns(ListItemOfLine, item), _pivot(link).label("pivot"))
        .select_from(item)
        .join(link, (link.tenant_id == item.tenant_id) & (link.product_list_item_id == item.id))
        .where(link.tenant_id == line.tenant_id, link.transaction_item_id == line.id)
        .order_by(link.id)
        .correlate(line)
        .subquery()
    )
    return func.coalesce(select(func.json_agg(rows.table_valued(), type_=JSON)).scalar_subquery(), EMPTY_LIST)


class LineRead(TransactionItemRead):
    """A line of a sale; its list items are shown where they are asked for."""

    list_items: Annotated[list[dict[str, Any]], Sql(_list_items), Included()]


# In -------------------------------------------------------------------------------------------------------------------

Whole = Annotated[fields.Int, Field(ge=-LARGEST, le=LARGEST)]
Quantity = Annotated[fields.Int, Field(ge=1, le=LARGEST)]


class ItemBody(fields.Body):
    """What an item takes; which product is meant may be said in several ways, which must agree."""

    id: fields.Int | None = None
    product_variant_id: fields.Int | None = None
    product_variant_sku: fields.Text | None = None
    product_variant_barcode: fields.Text | None = None
    product_id: fields.Int | None = None
    external_id: fields.Text | None = None
    custom_field: Annotated[fields.LongText, Field(max_length=1024)] | None = None
    product_category_id: fields.Int | None = None
    quantity: Quantity | None = None
    position: Whole | None = None
    status: fields.Text | None = None
    source: fields.Text | None = None
    location_id: fields.Int | None = None
    meta: fields.Meta | None = None


class CustomItemBody(CustomProductBody):
    """An article in the customer's own words, with its place on the list."""

    quantity: Quantity | None = None
    position: Whole | None = None
    status: fields.Text | None = None
    source: fields.Text | None = None
    meta: fields.Meta | None = None


class ProductListBody(fields.Body):
    name: fields.Text
    handle: fields.Handle | None = None
    description: fields.LongText | None = None
    sort_order: Whole | None = None
    custom_date: fields.DateTime | None = None
    list_definition_id: fields.Int | None = None
    location_id: fields.Int | None = None
    staff_id: fields.Uuid | None = None
    items: Annotated[list[ItemBody], Field(max_length=MOST_ITEMS)] | None = None
    tags: fields.Tags | None = None
    custom_fields: list[CustomFieldItem] | CustomFieldItem | None = None
    meta: fields.Meta | None = None


class ProductListUpdate(fields.Body):
    name: fields.Text = ""
    description: fields.LongText | None = None
    sort_order: Whole | None = None
    custom_date: fields.DateTime | None = None
    location_id: fields.Int | None = None
    staff_id: fields.Uuid | None = None
    profile_id: fields.Uuid | None = None
    items: Annotated[list[ItemBody], Field(max_length=MOST_ITEMS)] | None = None
    update_items_only: fields.Bool | None = None
    tags: fields.Tags | None = None
    custom_fields: list[CustomFieldItem] | CustomFieldItem | None = None
    meta: fields.Meta | None = None
