"""References to locations in other records (commerce 1.4)."""

import asyncio

import pytest

from omneo_api.commerce.locations import service

pytestmark = pytest.mark.anyio


async def resolve(shop, reference):
    async with shop.writing() as session:
        return await service.resolve(session, reference)


async def insert(shop, **values):
    async with shop.writing() as session:
        return (await session.insert(service.Location, values)).id


async def test_id_wins_over_external_id_and_that_over_external_code(shop):
    first = await insert(shop, name="First")
    second = await insert(shop, name="Second", external_id=str(first), external_code="C1")
    third = await insert(shop, name="Third", external_id="c1", external_code="C2")
    assert await resolve(shop, first) == first
    assert await resolve(shop, str(first)) == first
    assert await resolve(shop, "C1") == third
    assert await resolve(shop, "C2") == third
    await shop.sql("UPDATE locations SET deleted_at = now() WHERE id = %s", first)
    assert await resolve(shop, first) == second
    await shop.sql("UPDATE locations SET deleted_at = now() WHERE id = %s", third)
    assert await resolve(shop, "C1") == second


async def test_an_unknown_reference_becomes_a_placeholder(shop, other_shop):
    made = await resolve(shop, 99999999999999999999)
    rows = await shop.sql("SELECT external_id, name, phone, email, is_published FROM locations WHERE id = %s", made)
    assert rows == [("99999999999999999999", None, None, None, False)]
    assert await resolve(shop, "99999999999999999999") == made
    events = await shop.sql("SELECT name, entity_id FROM events WHERE tenant_id = %s", shop.tenant.id)
    assert events == [("location.created", str(made))]
    assert await resolve(other_shop, "99999999999999999999") != made


async def test_the_same_unknown_reference_at_once_makes_one_placeholder(shop):
    made = await asyncio.gather(*(resolve(shop, word) for word in ["S-77", "s-77"] * 6))
    assert len(set(made)) == 1
    events = await shop.sql("SELECT count(*) FROM events WHERE tenant_id = %s", shop.tenant.id)
    assert events == [(1,)]
