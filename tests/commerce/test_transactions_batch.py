"""A batch of purchases does what as many single calls do, whoever shares its transactions (commerce 12)."""

import asyncio
import re

import pytest
from sales import customer, line, sale

from omneo_api.automation.actions.types import Outcome, action
from omneo_api.commerce.transactions import many
from omneo_api.foundation.jobs import drain
from omneo_api.platform.batches import applying, service

pytestmark = pytest.mark.anyio


@action("test.told")
async def told(step):
    """Leaves an audit row"""
    profile = step.scope.context["profile"]
    seen = {"spent": profile and profile["aggregations"]["spend_all"], "event": step.scope.event}
    step.session.outbox.audit("created", "Told", step.owner_id, None, seen, step.scope.profile_id)
    return Outcome()


def rows():
    """Purchases of eleven customers: plain ones, later ones of the same, refused ones, corrections, repetitions."""
    plain = [
        sale(
            external_id=f"B-{number}",
            profile_id=f"c{number}@example.com",
            profile_id_handle="email",
            systems=["pos", "till-2"],
            location_id="S-1",
            staff_id="K-9",
            tags=["vip", "Spring Sale"],
            currency="AUD",
            total=number + 0.5,
            receipt_ref=f"R-{number}",
            payments=["EFTPOS"],
            meta={"lane": number},
            items=[line(tags=["gift"], meta={"a": 1}), {"name": "Socks", "price_current": 5, "price_sell": 5}],
        )
        for number in range(8)
    ]
    more = [
        sale(external_id="B-20", profile_id="c0@example.com", profile_id_handle="email", total=30),
        sale(external_id="B-21", profile_id="CARD-0", profile_id_handle="card", total=40),
        sale(external_id="B-22", total=50, receipt_ref="R-22"),
        sale(total=60),
        sale(external_id="B-23", profile_id="nobody@example.com", profile_id_handle="email"),
        {"external_id": "B-24", "total": "x"},
        {"external_id": "B-25", "total": 1},
        sale(external_id="B-26", is_void=True, profile_id="c2@example.com", profile_id_handle="email"),
        sale(external_id="B-27", items=[line(product_variant_id=999999)]),
        sale(external_id="B-28", currency="USD", currency_value={"from": "USD", "to": "AUD", "rate": 1.5}),
        plain[1],
        plain[3] | {"total": 333},
        plain[4] | {"tags": ["changed"]},
        plain[5] | {"items": [line(), line(name="Second")]},
        plain[6] | {"profile_id": "c7@example.com"},
    ]
    return [*plain, *more]


async def customers(shop, number):
    await shop.sql(
        "INSERT INTO profiles (tenant_id, email) SELECT %s, 'c' || n || '@example.com' FROM generate_series(0, %s) n",
        shop.tenant.id,
        number - 1,
    )


async def fill(shop):
    await shop.post("/locations", {"name": "One", "phone": "1", "external_id": "S-1"})
    for number in range(8):
        profile = await customer(shop, f"c{number}@example.com")
        if number == 0:
            await shop.post(f"/profiles/{profile}/identities", {"handle": "card", "identifier": "CARD-0"})
    body = {"name": "t", "trigger": "transaction.created", "actions": [{"name": "test.told", "arguments": []}]}
    await shop.post("/triggers", body)


KEPT = {
    "sales": "SELECT t.external_id, t.total, t.systems, t.tender, t.currency_rate, t.payments, p.email, s.void_kind,"
    " s.tags, s.meta, s.receipt_ref, l.external_id, s.synced_at IS NULL, (SELECT json_agg(json_build_array(i.name,"
    " i.quantity, i.price_sell, a.meta, a.tags) ORDER BY i.id)::text FROM transaction_items i"
    " LEFT JOIN transaction_item_annotations a ON a.tenant_id = i.tenant_id AND a.item_id = i.id"
    " WHERE i.tenant_id = t.tenant_id AND i.transaction_id = t.id) FROM transactions t JOIN transaction_states s"
    " ON s.tenant_id = t.tenant_id AND s.transaction_id = t.id LEFT JOIN profiles p ON p.id = s.profile_id"
    " LEFT JOIN locations l ON l.tenant_id = t.tenant_id AND l.id = t.location_id WHERE t.tenant_id = %s",
    "slots": "SELECT r.system, r.external_id_key, t.total FROM transaction_external_refs r JOIN transactions t"
    " ON t.tenant_id = r.tenant_id AND t.id = r.transaction_id WHERE r.tenant_id = %s",
    "aggregations": "SELECT p.email, a.spend_all, a.shop_count, a.channel, a.latest_shop_spend"
    " FROM profile_aggregations a JOIN profiles p ON p.id = a.profile_id WHERE a.tenant_id = %s",
    "ledger": "SELECT p.email, e.type, e.cause, e.description, e.dollar_value FROM ledger_entries e"
    " JOIN profiles p ON p.id = e.profile_id WHERE e.tenant_id = %s",
    "events": "SELECT e.name, p.email, e.entity_type, count(*) FROM events e LEFT JOIN profiles p"
    " ON p.id = e.profile_id WHERE e.tenant_id = %s AND e.name NOT LIKE 'profile%%' GROUP BY 1, 2, 3",
    "audits": "SELECT a.event, a.auditable_type, p.email, a.new_values::jsonb - '{id,profile_id,definition}'::text[]"
    " FROM audits a LEFT JOIN profiles p ON p.id = a.profile_id WHERE a.tenant_id = %s AND a.auditable_type <> 'Batch'"
    " AND a.auditable_type NOT LIKE 'Profile%%' AND a.auditable_type NOT IN ('Action', 'Trigger', 'User', 'Token', 'Location')",
}


async def kept(shop):
    found = {name: await shop.sql(query, shop.tenant.id) for name, query in KEPT.items()}
    placeholder = re.compile("staff-profile-[a-z]+@")
    return {name: sorted(placeholder.sub("staff@", repr(line)) for line in lines) for name, lines in found.items()}


async def test_a_batch_leaves_what_single_calls_leave(shop, other_shop, jobs):
    singly = other_shop
    await fill(singly)
    await fill(shop)
    errors = []
    for row in rows():
        items = [{"quantity": 1, **each} for each in row.get("items", [])]
        answer = await singly.call(
            "POST", "/transactions/update-create", json=row | ({"items": items} if items else {})
        )
        errors.append(answer.json().get("errors"))
    answer = await shop.post("/transactions/batch.json", {"transactions": rows()}, status=200)
    await jobs()
    for job in await drain(singly.database, singly.handle):
        assert job.error is None
    told = (await shop.get(f"/batches/{answer['batch_id']}"))["data"]
    texts = [" ".join(text for texts in found.values() for text in texts) if found else None for found in errors]
    assert [item["error"] for item in told["items"]] == texts
    assert (told["success_count"], told["failed_count"]) == (19, 4)
    assert [item["external_id"] for item in told["items"]] == [row.get("external_id") for row in rows()]
    first, second = await kept(shop), await kept(singly)
    for name in KEPT:
        assert first[name] == second[name], name
    again = await shop.post("/transactions/batch.json", {"transactions": rows()[:11]}, status=200)
    await jobs()
    assert (await shop.get(f"/batches/{again['batch_id']}"))["data"]["failed_count"] == 0


async def test_parallel_batches_of_the_same_rows_record_each_once(shop):
    await customers(shop, 40)
    body = [
        sale(external_id=f"P-{number}", profile_id=f"c{number}@example.com", profile_id_handle="email")
        for number in range(40)
    ]
    async with shop.writing() as session:
        batches = [await service.queue(session, "transaction", part) for part in (body, body[::-1], body, body[::-1])]
    await asyncio.gather(
        *(applying.run(shop.database, shop.tenant, batch) for batch in (*batches, *batches)),
        *(shop.post("/transactions/update-create", row, status=None) for row in body[::4]),
    )
    assert await shop.sql(
        "SELECT count(*), count(DISTINCT external_id) FROM transactions WHERE tenant_id = %s", shop.tenant.id
    ) == [(40, 40)]
    for batch in batches:
        told = (await shop.get(f"/batches/{batch}"))["data"]
        assert (told["status"], told["success_count"]) == ("success", 40)
    entries = await shop.sql("SELECT count(*) FROM ledger_entries WHERE tenant_id = %s", shop.tenant.id)
    assert entries == [(40,)]


async def test_a_group_that_breaks_leaves_the_good_rows(shop, monkeypatch):
    await customers(shop, 12)
    body = [
        sale(external_id=f"G-{number}", profile_id=f"c{number}@example.com", profile_id_handle="email")
        for number in range(12)
    ]
    body[7]["total_original"] = "1e30"
    body[8]["items"] = [line(name="x" * 300)]
    groups = []
    original = many.apply

    async def noted(session, rows):
        groups.append(len(rows))
        return await original(session, rows)

    monkeypatch.setattr(many, "apply", noted)
    async with shop.writing() as session:
        batch = await service.queue(session, "transaction", body)
    await applying.run(shop.database, shop.tenant, batch)
    told = (await shop.get(f"/batches/{batch}"))["data"]
    assert groups == [12]
    assert [place for place, item in enumerate(told["items"]) if item["status"] == "failed"] == [7, 8]
    assert (told["success_count"], told["failed_count"]) == (10, 2)


async def test_a_batch_takes_a_few_statements_whatever_its_size(shop, statements):
    await customers(shop, 100)

    async def taken(first, last):
        body = [
            sale(external_id=f"S-{number}", profile_id=f"c{number}@example.com", profile_id_handle="email")
            for number in range(first, last)
        ]
        async with shop.writing() as session:
            batch = await service.queue(session, "transaction", body)
        with statements() as run:
            await applying.run(shop.database, shop.tenant, batch)
        return len(run)

    assert await taken(0, 20) == await taken(20, 100) <= 16
    assert await taken(0, 100) <= 14
