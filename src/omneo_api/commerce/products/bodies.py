"""What is sent to the catalogue (commerce 6.1 to 6.3)."""

from typing import Annotated, Any

from pydantic import Field

from omneo_api.commerce.products.schemas import ProductStatus, ProductType
from omneo_api.foundation import fields
from omneo_api.platform.custom_fields.service import CustomFieldItem

MOST_VARIANTS = 2000
ImageUrl = Annotated[fields.LongText, Field(max_length=2048)]
Order = Annotated[fields.Int, Field(ge=-(2**31), le=2**31 - 1)]
Stock = Annotated[fields.Int, Field(ge=-(2**53), le=2**53)]


class ImageBody(fields.Body):
    url: ImageUrl
    sort_order: Order | None = None


class OptionBody(fields.Body):
    value: fields.Text
    name: fields.Text | None = None
    sort_order: Order | None = None


Images = Annotated[list[ImageBody], Field(max_length=1000)]


class VariantChange(fields.Body):
    """A variant of which any part may be missing; `id` counts where the product's variants are sent with it."""

    id: fields.Int | None = None
    sku: fields.Text = Field(default=None)  # type: ignore[assignment]
    title: fields.Text | None = None
    external_id: fields.Text | None = None
    barcode: fields.Text | None = None
    handle: fields.Text | None = None
    web_url: fields.Url | None = None
    description: fields.LongText | None = None
    position: Order = 0
    price: fields.Money | None = None
    price_discounted: fields.Money | None = None
    price_comparison: fields.Money | None = None
    price_cost: fields.Money | None = None
    available_quantity: Stock | None = None
    images: Images | None = None
    meta: fields.Meta | None = None
    tags: fields.Tags | None = None
    options: Annotated[list[OptionBody], Field(max_length=1000)] | None = None


class KeyedVariant(VariantChange):
    """A variant of a queued product."""

    sku: fields.Text


class NewVariant(KeyedVariant):
    price: fields.Money


class PlacedVariant(NewVariant):
    """A variant of a product that is sent to create-update."""

    position: Order


class SingleVariant(NewVariant):
    """A variant that is added to a product."""

    title: fields.Text


class ProductChange(fields.Body):
    """A product of which any part may be missing."""

    title: fields.Text = Field(default=None)  # type: ignore[assignment]
    external_id: fields.Text | None = None
    type: ProductType | None = None
    status: ProductStatus = "active"
    brand: fields.Text | None = None
    department: fields.Text | None = None
    description: fields.LongText | None = None
    web_url: fields.Url | None = None
    currency: Annotated[fields.Text, Field(max_length=10)] | None = None
    position: Order = 1
    images: Images | None = None
    systems: fields.Handles | None = None
    channels: fields.Handles | None = None
    tags: fields.Tags | None = None
    meta: fields.Meta | None = None
    organisation_id: fields.Int | None = None
    custom_fields: list[CustomFieldItem] | None = None
    variants: Annotated[list[VariantChange], Field(max_length=MOST_VARIANTS)] | None = None
    archive_existing_variants: fields.Bool | None = None


class ProductBody(ProductChange):
    title: fields.Text
    handle: fields.Handle
    brand: fields.Text
    variants: Annotated[list[NewVariant], Field(max_length=MOST_VARIANTS)] | None = None  # type: ignore[assignment]


class WholeProduct(ProductBody):
    """A product that is made, or brought to this state when it is there."""

    external_id: fields.Text
    variants: Annotated[list[PlacedVariant], Field(max_length=MOST_VARIANTS)]  # type: ignore[assignment]


class KeyedProduct(ProductChange):
    """A product that is there, named by its external id or handle."""

    handle: fields.Handle | None = None
    variants: Annotated[list[KeyedVariant], Field(max_length=MOST_VARIANTS)] | None = None  # type: ignore[assignment]


class QueuedProductBody(KeyedProduct):
    external_id: fields.Text


class BatchedProductBody(KeyedProduct):
    handle: fields.Handle


class NewKeyedProduct(KeyedProduct):
    """A queued or batched product that nobody has made yet."""

    title: fields.Text
    handle: fields.Handle
    brand: fields.Text


SHOWN = {"images": ("url", "sort_order"), "options": ("name", "value", "sort_order")}


def dumped(values: dict[str, Any]) -> dict[str, Any]:
    """Sent values with images and options as plain rows."""
    rows = {
        name: [{key: getattr(item, key) for key in keys} for item in values[name]]
        for name, keys in SHOWN.items()
        if values.get(name) is not None
    }
    return {**values, **rows}
