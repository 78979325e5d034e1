import pytest
from persons import events, person

pytestmark = pytest.mark.anyio

PLANTED = [
    "Quillfeather",
    "Zebediah",
    "zebediah@planted.example",
    "+61412987654",
    "PLANT-CARD-1",
    "77 Planted Lane",
    "SecretHue",
]


async def planted(shop):
    await shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) SELECT %s, e, 'trigger', 1"
        " FROM unnest(ARRAY['profile.created', 'profile.updated', 'identity.created', 'connection.created',"
        " 'profile-attribute.updated', 'profile.address.created', 'interaction.created']) e",
        shop.tenant.id,
    )
    made = await person(
        shop,
        first_name="Zebediah",
        last_name="Quillfeather",
        email="zebediah@planted.example",
        mobile_phone="0412 987 654",
        identities=[{"handle": "card", "identifier": "PLANT-CARD-1"}],
        addresses=[
            {"address_line_1": "77 Planted Lane", "city": "B", "postcode": "1", "country": "AU", "state": "VIC"}
        ],
        custom_attributes=[{"namespace": "n", "handle": "hue", "type": "string", "value": "SecretHue"}],
    )
    other = await person(shop)
    await shop.post("/connection/definitions", {"name": "R", "handle": "r"})
    body = {"connection_definition_handle": "r", "connector_id": other["id"], "connected_id": made["id"]}
    await shop.post("/connections", body)
    await shop.put("/profiles/PLANT-CARD-1?identity[handle]=card", {"company": "Quillfeather and Sons"})
    act = {"action": "view", "channel": "app", "signal": 1, "name": "n", "namespace": "s", "profile_id": made["id"]}
    await shop.post("/interactions", act, headers={**shop.client.headers, "Idempotency-Key": "k1"})
    return made, other


async def planted_elsewhere(shop, made):
    """The person in what waits to be applied, in answers that are kept, and in the history of a run."""
    queued = {
        "external_id": "T-PLANT",
        "total": 5,
        "currency": "AUD",
        "systems": ["pos"],
        "transacted_at": "2026-01-01 00:00:00",
        "timezone": "UTC",
        "receipt_email": "Zebediah@planted.example",
        "profile_id": "PLANT-CARD-1",
        "profile_id_handle": "card",
        "items": [{"name": "Scarf", "quantity": 1, "price_current": 5, "price_sell": 5}],
    }
    await shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, 'transaction.received',"
        " 'trigger', 1)",
        shop.tenant.id,
    )
    await shop.post("/transactions/queue", queued, status=200)
    await shop.post("/orders/queue", {**queued, "external_id": "O-PLANT"}, status=200)
    await shop.post("/orders/batch.json", {"orders": [{**queued, "external_id": "O-2"}]}, status=200)
    await shop.post("/transactions/batch.json", {"transactions": [{**queued, "external_id": "T-2"}]}, status=200)
    rows = [{"email": "zebediah@planted.example", "company": "Quillfeather and Sons"}]
    await shop.post("/profiles/batch", {"match_criteria": "email", "profiles": rows}, status=200)
    kind = {"name": "Gift", "handle": "gift", "type": "gift_card", "value": 1, "period": 1, "period_type": "years"}
    gift = {
        "profile_id": made["id"],
        "credit_definition_id": (await shop.post("/credits/definitions", kind))["data"]["id"],
        "value": 1,
        "recipient_email": "zebediah@planted.example",
        "recipient_first_name": "Zebediah",
        "message": "Dear Zebediah",
    }
    await shop.post("/credits", gift)
    await shop.sql(
        "WITH run AS (INSERT INTO action_histories (tenant_id, actionable_type, actionable_id, run_key, profile_id,"
        " plan, context) VALUES (%s, 'trigger', 1, 'k', %s, '[]', '{\"first_name\": \"Zebediah\"}') RETURNING id)"
        " INSERT INTO action_history_items (tenant_id, action_history_id, position, action_id, handler, arguments,"
        " result, status) SELECT %s, id, 1, 1, 'h', '{\"to\": \"zebediah@planted.example\"}',"
        ' \'{"body": {"name": "Zebediah Quillfeather"}}\', \'done\' FROM run',
        shop.tenant.id,
        made["id"],
        shop.tenant.id,
    )


async def remembered(shop):
    """(table, column, value) of every text, JSON, array and byte string of the database with a planted value."""
    columns = await shop.sql(
        "SELECT table_name, array_agg(column_name::text ORDER BY ordinal_position), array_agg(data_type::text"
        " ORDER BY ordinal_position), bool_or(column_name = 'tenant_id') FROM information_schema.columns"
        " WHERE table_schema = 'public' AND table_name IN (SELECT tablename FROM pg_tables)"
        " GROUP BY table_name"
    )
    found = []
    for table, names, kinds, tenanted in columns:
        texts = [
            f"encode({name}, 'escape')" if kind == "bytea" else f"{name}::text"
            for name, kind in zip(names, kinds, strict=True)
            if kind in ("bytea", "text", "character varying", "json", "jsonb", "ARRAY")
        ]
        if not texts:
            continue
        where = "tenant_id = %s" if tenanted else "%s::int IS NOT NULL"
        if table == "procrastinate_jobs":
            where = f"args ->> 'tenant' = '{shop.handle}' AND {where}"
        everything = f"lower(concat_ws(' ', {', '.join(texts)}))"
        rows = await shop.sql(
            f"SELECT DISTINCT v, {everything} FROM {table}, unnest(%s::text[]) v WHERE strpos({everything}, lower(v)) > 0"
            f" AND {where}",
            PLANTED,
            shop.tenant.id,
        )
        found += [(table, value, text) for value, text in rows]
    return found


async def test_after_a_purge_nothing_remembers_the_person(shop, jobs):
    made, other = await planted(shop)
    await jobs(errors=True)
    await planted_elsewhere(shop, made)
    tables = {table for table, *_ in await remembered(shop)}
    assert tables >= {
        "profiles",
        "profile_searches",
        "identities",
        "profile_addresses",
        "custom_attributes",
        "event_contexts",
        "audits",
        "idempotency_keys",
        "record_queue",
        "batch_items",
        "credits",
        "action_histories",
        "action_history_items",
    }
    await shop.delete(f"/profiles/{made['id']}/purge")
    await jobs(errors=True)
    assert await remembered(shop) == []
    sales = (await shop.get("/transactions"))["data"]
    assert sorted((sale["external_id"], sale["total"], sale["profile_id"]) for sale in sales) == [
        ("T-2", 5, None),
        ("T-PLANT", 5, None),
    ]
    orders = (await shop.get("/orders"))["data"]
    assert sorted((order["external_id"], order["profile_id"]) for order in orders) == [("O-2", None), ("O-PLANT", None)]
    assert await shop.sql("SELECT 1 FROM pending_erasures WHERE tenant_id = %s", shop.tenant.id) == []
    await shop.get(f"/profiles/{made['id']}", status=404)
    await shop.post(f"/profiles/{made['id']}/restore", status=404)
    await shop.post(f"/profiles/{made['id']}/purge", status=404)
    assert (await shop.get("/profiles"))["meta"]["total"] == 1
    assert (await shop.get("/connections"))["data"] == []
    assert (await events(shop, "profile.deleted")) == [("profile.deleted", made["id"])]
    audit = await shop.sql("SELECT new_values FROM audits WHERE tenant_id = %s AND event = 'erased'", shop.tenant.id)
    assert '"kind":"purge"' in audit[0][0]
    assert await shop.get(f"/profiles/{other['id']}")


async def test_a_deleted_profile_can_be_purged(shop):
    made = await person(shop)
    await shop.delete(f"/profiles/{made['id']}")
    await shop.call("POST", f"/profiles/{made['id']}/purge", status=204)
    await shop.delete(f"/profiles/{made['id']}/purge", status=404)


async def test_a_depersonalised_profile_keeps_its_business(shop, jobs):
    made, _ = await planted(shop)
    await planted_elsewhere(shop, made)
    shown = (await shop.post(f"/profiles/{made['id']}/depersonalise", status=200))["data"]
    await jobs(errors=True)
    assert await remembered(shop) == []
    assert shown["email"] == f"{made['id']}@depersonalised.invalid"
    assert (shown["full_name"], shown["mobile_phone"], shown["company"]) == ("Unknown Unknown", None, None)
    assert (shown["identities"], shown["custom_attributes"]) == ([], {})
    address = shown["addresses"][0]
    assert (address["country"], address["state"], address["city"]) == ("AU", "VIC", None)
    assert shown["profile_type"] == "active"
