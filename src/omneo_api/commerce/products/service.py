"""The rules of the catalogue (commerce 6.4)."""

from collections.abc import Mapping
from typing import Any

from psycopg.errors import SerializationFailure, UniqueViolation
from sqlalchemy import BigInteger, Text, bindparam, exists, select

from omneo_api.commerce.products import variants
from omneo_api.commerce.products.bodies import (
    BatchedProductBody,
    NewKeyedProduct,
    ProductBody,
    ProductChange,
    QueuedProductBody,
    WholeProduct,
    dumped,
)
from omneo_api.commerce.products.models import Product, ProductVariant
from omneo_api.commerce.products.schemas import ProductRead, ProductVariantRead, found_in
from omneo_api.configuration.systems import register_named
from omneo_api.configuration.tags import register_tags
from omneo_api.foundation.calls import Owner
from omneo_api.foundation.errors import Errors, Invalid, selected_is_invalid
from omneo_api.foundation.fields import Body, sent, validate
from omneo_api.foundation.models import lit
from omneo_api.foundation.outbox import PendingJob
from omneo_api.foundation.query import Filter, Listing
from omneo_api.foundation.reading import Reader
from omneo_api.foundation.resources import PlainResource
from omneo_api.foundation.statements import Statement
from omneo_api.platform.custom_fields import service as custom_fields

KINDS: dict[str, type[Body]] = {
    "whole": WholeProduct,
    "queued": QueuedProductBody,
    "batched": BatchedProductBody,
}
NEVER_NULL = ("systems", "channels", "tags", "images")

_ONE_AT_A_TIME = Statement(
    "SELECT pg_advisory_xact_lock(hashtextextended('product ' || lower(:key::text), omneo_tenant()))"
)
_BY_EXTERNAL_ID = Statement("SELECT id FROM products WHERE external_id_key = lower(:key::text) AND deleted_at IS NULL")
_BY_HANDLE = Statement("SELECT id FROM products WHERE handle_key = lower(:key::text) AND deleted_at IS NULL")
_LIVE_VARIANTS = Statement(
    "SELECT * FROM product_variants WHERE product_id = :product::bigint AND deleted_at IS NULL ORDER BY id FOR UPDATE"
)
_SOLD = Statement(
    """
    SELECT 1 FROM product_variants v
    JOIN transaction_item_annotations n ON n.tenant_id = v.tenant_id AND n.product_variant_id = v.id
    WHERE v.product_id = :product::bigint LIMIT 1
    """
)


def _searched(product: Any) -> Any:
    return found_in(product, bindparam("search_pattern", type_=Text))


variant_listing = Listing(
    ProductVariantRead,
    ProductVariant,
    filters=(
        "id",
        "external_id",
        "handle",
        "web_url",
        "barcode",
        "sku",
        "title",
        "available_quantity",
        "description",
        "price",
        "price_discounted",
        "price_comparison",
        "price_cost",
        "position",
        "product_id",
    ),
    search=("sku", "barcode", "title", "external_id", "description"),
)
variant_reader = Reader(variant_listing, owned_by="product_id")


def product_alive() -> Any:
    """The condition that the owner (bound as `owner`) is a live product."""
    owner = bindparam("owner", type_=BigInteger)
    return exists(select(lit(1)).where(Product.id == owner, Product.deleted_at.is_(None)))


def of_product(identifier: int) -> Owner:
    return Owner(identifier, product_alive)


class Products(PlainResource):
    """Products with their variants, tags and custom fields."""

    async def taken(self, session: Any, values: dict[str, Any], current: Any | None) -> Errors:
        """An upsert has looked for its keys: one that is taken since starts it anew."""
        return {} if values.get("claims") else await super().taken(session, values, current)

    async def prepare(self, session: Any, values: dict[str, Any], current: Any | None) -> dict[str, Any]:
        """Registers tags and systems. Raises: Invalid for an organisation that does not exist."""
        if values.get("organisation_id") is not None:
            raise Invalid.field("organisation_id", selected_is_invalid("organisation_id"))
        prepared = dumped(values)
        for name in NEVER_NULL:
            if name in prepared and prepared[name] is None:
                prepared[name] = []
        if prepared.get("tags"):
            prepared["tags"] = await register_tags(session, prepared["tags"])
        if prepared.get("systems"):
            prepared["systems"] = await register_named(session, prepared["systems"])
        if prepared.get("channels"):
            prepared["channels"] = [channel for channel in prepared["channels"] if isinstance(channel, str)]
        return prepared

    async def related(self, session: Any, identifier: int, values: dict[str, Any], current: Any | None) -> bool:
        archive = bool(values.get("archive_existing_variants")) and current is not None
        changed = False
        if values.get("variants") is not None or archive:
            claims = values.get("claims", False)
            written = await variants.write(
                session,
                identifier,
                values.get("variants") or [],
                archive=archive,
                take=claims,
                priced=not values.get("unpriced", False),
            )
            changed = written.changed
            for former in sorted(written.former):
                await self.touched(session, former)
            if written.former:
                await self._rebranded(session, identifier)
        if values.get("custom_fields"):
            changed |= await custom_fields.keep(session, "product", identifier, values["custom_fields"])
        if current is not None and "brand" in values and values["brand"] != current.brand:
            await self._rebranded(session, identifier)
        return changed

    async def _rebranded(self, session: Any, identifier: int) -> None:
        """Whoever bought the product bought another brand, as it is told now."""
        if await session.value(_SOLD, product=identifier) is not None:
            arguments = {"tenant": session.tenant.handle, "product_id": identifier}
            session.outbox.defer(PendingJob("profiles.aggregations.product", arguments))

    async def touched(self, session: Any, identifier: int) -> None:
        """Notes that something a locked product shows has changed."""
        await session.update(Product, {"id": identifier}, {"updated_at": session.now})
        self._emit(session, "updated", identifier)

    def announce(self, session: Any, identifier: int, columns: Mapping[str, Any]) -> None:
        """Notes a product that was made beside a sale."""
        session.outbox.audit("created", self.name, identifier, None, {"id": identifier, **columns})
        self._emit(session, "created", identifier)

    async def remove(self, session: Any, current: Any) -> None:
        """The variants and custom fields go with it, once its last state has been told."""
        await super().remove(session, current)
        for row in await session.rows(_LIVE_VARIANTS, product=current.id):
            await variants.remove(session, row)
        await custom_fields.drop(session, "product", current.id)


products = Products(
    Product,
    ProductRead,
    ProductBody,
    update=ProductChange,
    name="Product",
    scope="products",
    path="/products",
    fixed=("handle",),
    event="product",
    emits=("created", "updated", "deleted"),
    listing={
        "filters": (
            "id",
            "title",
            "type",
            "handle",
            "external_id",
            "status",
            "brand",
            "description",
            "currency",
            "position",
            "department",
        ),
        "extra": {"tags.handle": Filter(path=("tags", "handle"))},
        "search": _searched,
        "custom_field": "custom_fields",
    },
    example={
        "title": "Wool Scarf",
        "handle": "wool-scarf",
        "external_id": "P501",
        "brand": "Northline",
        "variants": [{"sku": "SC-GRN", "price": 95, "options": [{"name": "Colour", "value": "Green"}]}],
    },
)


async def upsert(session: Any, raw: Mapping[str, Any], kind: str) -> tuple[int, bool]:
    """Brings a product to the state of a record, found by external id, then handle; answers its id and if it is new.

    kind: `whole` for create-update, `queued`, or `batched`, which differ in what they require. Records of one external
    id wait for each other. Raises: Invalid; SerializationFailure, which starts the work anew, when another transaction
    takes a key at this moment.
    """
    keys: Any = validate(KINDS[kind], raw)
    for key in (keys.external_id, keys.handle):
        if key is not None:
            await session.value(_ONE_AT_A_TIME, key=key)
            break
    found = await _named(session, keys)
    try:
        if found is not None:
            current = await products.locked(session, str(found))
            await products.change(session, current, _claiming(keys, kind))
            return found, False
        create: type[Body] = WholeProduct if kind == "whole" else NewKeyedProduct
        return await products.insert(session, _claiming(validate(create, raw), kind)), True
    except UniqueViolation as fault:
        raise SerializationFailure("another request took the key of this product") from fault


def _claiming(body: Body, kind: str) -> dict[str, Any]:
    return {**sent(body), "claims": True, "unpriced": kind != "whole"}


async def _named(session: Any, keys: Any) -> int | None:
    found: int | None = None
    if keys.external_id is not None:
        found = await session.value(_BY_EXTERNAL_ID, key=keys.external_id)
    if found is None and keys.handle is not None:
        found = await session.value(_BY_HANDLE, key=keys.handle)
    return found
