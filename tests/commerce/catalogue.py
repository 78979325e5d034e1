"""Products for the tests of whatever names them."""


def product(**changes):
    return {"title": "Wool Scarf", "handle": "wool-scarf", "brand": "Northline"} | changes


def variant(sku="SC-GRN", **changes):
    return {"sku": sku, "price": 95} | changes


async def make(shop, **changes):
    return (await shop.post("/products", product(**changes)))["data"]


async def told(shop, *families):
    """The names of the events of some families, in order."""
    rows = await shop.sql(
        "SELECT name FROM events WHERE tenant_id = %s AND entity_type = ANY (%s) ORDER BY id",
        shop.tenant.id,
        list(families),
    )
    return [name for (name,) in rows]
