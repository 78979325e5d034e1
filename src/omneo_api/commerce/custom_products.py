"""Custom products: articles in a person's own words, which no catalogue has (commerce 7)."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from omneo_api.foundation import fields
from omneo_api.foundation.errors import Invalid, selected_is_invalid
from omneo_api.foundation.models import Money, Resource, SoftDeleted, belongs_to
from omneo_api.foundation.render import Read
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement


class CustomProduct(Resource, SoftDeleted):
    """`product_id` names the article of the catalogue that it stands for, where there is one."""

    __tablename__ = "custom_products"
    __table_args__ = (belongs_to("products", "product_id"),)

    name: Mapped[str]
    description: Mapped[str | None]
    barcode: Mapped[str | None]
    sku: Mapped[str | None]
    url: Mapped[str | None]
    price: Mapped[Decimal | None] = mapped_column(Money)
    currency: Mapped[str | None]
    image_url: Mapped[str | None]
    product_id: Mapped[int | None] = mapped_column(BigInteger)


class CustomProductRead(Read):
    id: int
    name: str
    description: str | None
    barcode: str | None
    sku: str | None
    url: str | None
    price: Decimal | None
    currency: str | None
    image_url: str | None
    product_id: int | None
    created_at: datetime
    updated_at: datetime


class CustomProductBody(fields.Body):
    name: fields.Text
    description: fields.LongText | None = None
    barcode: fields.Text | None = None
    sku: fields.Text | None = None
    url: Annotated[fields.LongText, Field(max_length=2048)] | None = None
    price: fields.Money | None = None
    currency: Annotated[fields.Text, Field(max_length=10)] | None = None
    image_url: Annotated[fields.LongText, Field(max_length=2048)] | None = None
    product_id: fields.Int | None = None


_PRODUCT = Statement("SELECT 1 FROM products WHERE id = :id::bigint AND deleted_at IS NULL")


class CustomProducts(PlainResource):
    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Raises: Invalid for a product that does not exist; one that was there when it was named may be gone since."""
        named = values.get("product_id")
        kept = current is not None and named == current.product_id
        if named is not None and not kept and await session.value(_PRODUCT, id=named) is None:
            raise Invalid.field("product_id", selected_is_invalid("product_id"))
        return values


custom_products = CustomProducts(
    CustomProduct,
    CustomProductRead,
    CustomProductBody,
    name="CustomProduct",
    tag="Custom products",
    scope="custom-products",
    path="/customProducts",
    aliases=("/custom-products",),
    listing={
        "filters": (
            "name",
            "description",
            "barcode",
            "sku",
            "url",
            "price",
            "currency",
            "image_url",
            "product_id",
        ),
        "search": ("name", "description", "sku", "barcode"),
    },
    example={"name": "Vintage lamp", "price": 45, "currency": "AUD"},
)
