"""Purchases and customers for the tests of transactions."""

import uuid


def line(**changes):
    return {"name": "Wool Scarf", "sku": "SC-GRN", "quantity": 1, "price_current": 95, "price_sell": 80.5} | changes


def sale(**changes):
    return {
        "total": 80.5,
        "transacted_at": "2025-03-02 01:10:00",
        "timezone": "Australia/Melbourne",
        "items": [line()],
    } | changes


async def customer(shop, email=None):
    """A live profile."""
    email = email or f"{uuid.uuid4().hex}@example.com"
    rows = await shop.sql(
        "INSERT INTO profiles (tenant_id, email) VALUES (%s, %s) RETURNING id::text", shop.tenant.id, email
    )
    return rows[0][0]


async def identity(shop, profile, handle, identifier):
    await shop.sql(
        "INSERT INTO identities (tenant_id, profile_id, handle, identifier) VALUES (%s, %s, %s, %s)",
        shop.tenant.id,
        profile,
        handle,
        identifier,
    )


async def events(shop, transaction_id):
    """The names of a transaction's events, in order."""
    rows = await shop.sql(
        "SELECT name FROM events WHERE tenant_id = %s AND entity_type = 'transaction' AND entity_id = %s ORDER BY id",
        shop.tenant.id,
        str(transaction_id),
    )
    return [name for (name,) in rows]


async def audits(shop, kind="Transaction"):
    rows = await shop.sql(
        "SELECT count(*) FROM audits WHERE tenant_id = %s AND auditable_type = %s", shop.tenant.id, kind
    )
    return rows[0][0]
