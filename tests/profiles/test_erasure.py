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
    await shop.put(f"/profiles/{made['id']}", {"company": "Quillfeather and Sons"})
    act = {"action": "view", "channel": "app", "signal": 1, "name": "n", "namespace": "s", "profile_id": made["id"]}
    await shop.post("/interactions", act, headers={**shop.client.headers, "Idempotency-Key": "k1"})
    return made, other


async def remembered(shop):
    """Every text of the tenant's tables that still holds a planted value."""
    tables = await shop.sql(
        "SELECT c.table_name FROM information_schema.columns c WHERE c.column_name = 'tenant_id'"
        " AND c.table_schema = 'public' AND c.table_name <> 'row_counts'"
    )
    found = []
    for (table,) in tables:
        for value in PLANTED:
            rows = await shop.sql(
                f"SELECT 1 FROM {table} t WHERE t.tenant_id = %s AND strpos(t::text, %s) > 0 LIMIT 1",
                shop.tenant.id,
                value,
            )
            found += [(table, value)] if rows else []
    jobs = await shop.sql("SELECT args::text FROM procrastinate_jobs WHERE args ->> 'tenant' = %s", shop.handle)
    return found + [("jobs", value) for value in PLANTED for (text,) in jobs if value in text]


async def test_after_a_purge_nothing_remembers_the_person(shop, jobs):
    made, other = await planted(shop)
    await jobs(errors=True)
    assert len(await remembered(shop)) > 10
    await shop.delete(f"/profiles/{made['id']}/purge")
    await jobs(errors=True)
    assert await remembered(shop) == []
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
    shown = (await shop.post(f"/profiles/{made['id']}/depersonalise", status=200))["data"]
    await jobs(errors=True)
    assert await remembered(shop) == []
    assert shown["email"] == f"{made['id']}@depersonalised.invalid"
    assert (shown["full_name"], shown["mobile_phone"], shown["company"]) == ("Unknown Unknown", None, None)
    assert (shown["identities"], shown["custom_attributes"]) == ([], {})
    address = shown["addresses"][0]
    assert (address["country"], address["state"], address["city"]) == ("AU", "VIC", None)
    assert shown["profile_type"] == "active"
