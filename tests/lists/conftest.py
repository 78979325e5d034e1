"""A house with a catalogue and a person in it."""

from dataclasses import dataclass
from typing import Any

import pytest


@dataclass
class House:
    shop: Any
    profile: str
    product: Any
    other: Any

    @property
    def path(self) -> str:
        return f"/profiles/{self.profile}/lists"

    async def kind(self, handle: str, **more: Any) -> Any:
        """A definition of lists."""
        body = {"name": handle, "handle": handle, "type": "wishlist", **more}
        return (await self.shop.post("/lists/definitions", body))["data"]

    async def make(self, name: str, status: int = 201, **more: Any) -> Any:
        answer = await self.shop.post(self.path, {"name": name, **more}, status=status)
        return answer["data"] if status == 201 else answer["errors"]

    async def read(self, made: Any) -> Any:
        return (await self.shop.get(f"{self.path}/{made['id']}"))["data"]

    async def sale(self, **more: Any) -> Any:
        """A sale of both products by the person."""
        line = {"quantity": 1, "price_current": 10, "price_sell": 10}
        body = {
            "profile_id": self.profile,
            "total": 20,
            "transacted_at": "2026-01-02 03:04:05",
            "timezone": "UTC",
            "items": [{"name": "Scarf", "sku": "SC-1", **line}, {"name": "Hat", "sku": "HT-1", **line}],
            **more,
        }
        return (await self.shop.post("/transactions", body))["data"]

    async def events(self) -> list[str]:
        """The list events so far, and no others from then on."""
        rows = await self.shop.sql(
            "SELECT id, name FROM events WHERE tenant_id = %s AND name LIKE 'product-list%%' AND id > %s ORDER BY id",
            self.shop.tenant.id,
            self.seen,
        )
        self.seen = rows[-1][0] if rows else self.seen
        return [name.removeprefix("product-") for _, name in rows]

    seen = 0


@pytest.fixture
async def house(shop: Any) -> House:
    person = (await shop.post("/profiles", {"email": "ada@example.com", "first_name": "Ada", "last_name": "Quill"}))[
        "data"
    ]
    made = []
    for word in ("scarf", "hat"):
        sku = {"scarf": "SC-1", "hat": "HT-1"}[word]
        body = {"title": word, "handle": word, "external_id": f"X-{word}", "brand": "Northwind"}
        product = (await shop.post("/products", body))["data"]
        variant = {"product_id": product["id"], "sku": sku, "barcode": f"B-{word}", "title": word, "price": 10}
        await shop.post(f"/products/{product['id']}/variants", variant)
        made.append((await shop.get(f"/products/{product['id']}"))["data"])
    return House(shop, person["id"], *made)
