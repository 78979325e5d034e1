"""Orders for the tests of orders."""


def piece(**changes):
    return {"name": "Rain Jacket", "sku": "RJ-M", "quantity": 1, "price_current": 120, "price_sell": 120} | changes


def order(**changes):
    return {
        "total": 120,
        "transacted_at": "2025-04-01 03:00:00",
        "timezone": "Australia/Perth",
        "items": [piece()],
    } | changes


async def noted(shop, *kinds):
    """The audit rows of orders and their lines, in order: (event, kind)."""
    rows = await shop.sql(
        "SELECT event, auditable_type FROM audits WHERE tenant_id = %s AND auditable_type = ANY (%s) ORDER BY id",
        shop.tenant.id,
        list(kinds or ("Order", "OrderItem")),
    )
    return list(rows)


async def told(shop):
    """The names of all events of orders, in order."""
    rows = await shop.sql(
        "SELECT name FROM events WHERE tenant_id = %s AND entity_type = 'order' ORDER BY id", shop.tenant.id
    )
    return [name for (name,) in rows]


async def statement(shop, profile):
    """What a profile's ledger says of orders, oldest first: (value, description)."""
    rows = (await shop.get(f"/profiles/{profile}/ledgers"))["data"]
    return sorted((row["id"], row["dollar_value"], row["description"]) for row in rows if row["type"] == "order")
