import asyncio

import psycopg
import pytest
from persons import errors, events, forget_events, person

from omneo_api import registry  # noqa: F401
from omneo_api.foundation.models import Base, Tenanted

pytestmark = pytest.mark.anyio


async def full(shop, number, **values):
    """A profile with every kind of child that the HTTP API of profiles can make."""
    return await person(
        shop,
        identities=[{"handle": "card", "identifier": number, "is_primary": True}],
        addresses=[
            {"address_line_1": f"{number} A", "city": "B", "postcode": "1", "country": "AU", "external_id": "home"}
        ],
        comms_attributes={"sms_promo": True},
        attributes={"appearance": {"size_shoe": str(number), "size_top": None if number == 1 else "M"}},
        custom_attributes=[
            {"namespace": "n", "handle": "same", "type": "integer", "value": number},
            {"namespace": "n", "handle": f"own{number}", "type": "integer", "value": number},
        ],
        dates_attributes=[
            {"date": "2020-01-01", "handle": f"d{number}"},
            {"date": f"200{number}-01-01", "handle": "same"},
        ],
        tags=[f"t{number}", "both"],
        statuses=["vip", f"s{number}"],
        regions=[{"handle": "all"}, {"handle": f"r{number}"}],
        normal_hours=[{"day_of_week": "MON", "is_closed": True}],
        special_hours=[{"name": "x", "start_at": "2025-01-01", "end_at": "2025-01-02", "is_closed": True}],
        **values,
    )


@pytest.fixture
async def pair(shop):
    for handle in ("vip", "s1", "s2"):
        await shop.post("/statuses", {"name": handle, "handle": handle})
    for handle in ("all", "r1", "r2"):
        await shop.post("/regions", {"name": handle, "handle": handle})
    winner = await full(shop, 1, first_name="Ann")
    loser = await full(
        shop, 2, first_name="Bea", last_name="Costa", mobile_phone="0412000111", birth_day=1, birth_month=2
    )
    third = await person(shop)
    await shop.post("/connection/definitions", {"name": "R", "handle": "r", "type": "referral"})
    for one, two in ((loser, winner), (loser, third), (winner, third), (third, loser)):
        body = {"connection_definition_handle": "r", "connector_id": one["id"], "connected_id": two["id"]}
        await shop.post("/connections", body)
    interaction = {
        "action": "view",
        "channel": "app",
        "signal": 1,
        "name": "n",
        "namespace": "s",
        "profile_id": loser["id"],
    }
    await shop.post("/interactions", interaction)
    return winner, loser, third


async def left_on(shop, profile_id):
    """Mutable rows that still name the profile, by table."""
    found = {}
    for mapper in Base.registry.mappers:
        model, table = mapper.class_, mapper.local_table
        if not issubclass(model, Tenanted) or model.insert_only or table.name in ("profiles", "profile_searches"):
            continue
        for rule in table.foreign_key_constraints:
            if rule.referred_table.name == "profiles":
                column = rule.column_keys[-1]
                where = " AND deleted_at IS NULL" if table.name == "connections" else ""
                count = (await shop.sql(f"SELECT count(*) FROM {table.name} WHERE {column} = %s{where}", profile_id))[
                    0
                ][0]
                if count:
                    found[table.name] = count
    return found


async def test_nothing_is_left_on_the_loser_and_the_winner_wins(shop, pair):
    winner, loser, third = pair
    assert len(await left_on(shop, loser["id"])) >= 11
    await forget_events(shop)
    body = {"source_profile_id": loser["id"], "destination_profile_id": winner["id"]}
    merged = (await shop.post("/profiles/merge", body, status=200))["data"]
    assert await left_on(shop, loser["id"]) == {}
    assert merged["id"] == winner["id"]
    assert (merged["first_name"], merged["last_name"], merged["email"]) == ("Ann", "Costa", winner["email"])
    assert merged["mobile_phone"] == "+61412000111"
    assert (merged["birth_day"], merged["birth_month"]) == (1, 2)
    assert merged["external_id"] == "1"
    assert [(row["identifier"], row["is_primary"], row["merged_from"]) for row in merged["identities"]] == [
        ("1", True, None),
        ("2", False, loser["id"]),
    ]
    assert [(row["is_default"], row["external_id"]) for row in merged["addresses"]] == [(True, "home"), (False, None)]
    assert merged["custom_attributes"] == {"n": {"same": 1, "own1": 1, "own2": 2}}
    assert {(row["handle"], row["date"]) for row in merged["attributes"]["dates"]} == {
        ("d1", "2020-01-01"),
        ("d2", "2020-01-01"),
        ("same", "2001-01-01"),
    }
    assert merged["attributes"]["appearance"]["size_shoe"] == "1"
    assert merged["attributes"]["appearance"]["size_top"] == "M"
    assert merged["tags"] == ["t1", "both", "t2"]
    assert set(merged["statuses"]) == {"vip", "s1", "s2"}
    assert {row["handle"] for row in merged["regions"]} == {"all", "r1", "r2"}
    assert merged["region"]["handle"] == "all"
    assert len(merged["normal_hours"]) == 1
    assert len(merged["special_hours"]) == 2
    connections = (await shop.get(f"/profiles/{winner['id']}/connections"))["data"]
    assert sorted((row["connector_id"], row["connected_id"]) for row in connections) == sorted(
        [(winner["id"], third["id"]), (third["id"], winner["id"])]
    )
    assert (await shop.get(f"/profiles/{winner['id']}/interactions"))["meta"]["total"] == 1
    names = [name for name, _ in await events(shop)]
    assert names.count("profile.merged") == 1
    assert "profile.deleted" not in names
    await shop.get(f"/profiles/{loser['id']}", status=404)
    await shop.post("/profiles/merge", body, status=404)


PLAIN = {
    "uuid": "'00000000-0000-4000-8000-000000000000'",
    "boolean": "false",
    "json": "'[]'",
    "jsonb": "'[]'",
    "date": "'2026-01-01'",
    "timestamp with time zone": "'2026-01-01'",
    "time without time zone": "'10:00'",
    "ARRAY": "'{}'",
    "bytea": "'x'",
}


async def fill_everything(shop, loser):
    """A row of the loser in every mutable table that names a profile and is empty of it; answers what was filled.

    Triggers rest meanwhile, so that a table of any domain is filled without knowing its rules; a table whose own
    conditions refuse the row, or that needs rows which nobody made, is left to the tests of its domain.
    """
    filled, refused = {}, []
    async with await psycopg.AsyncConnection.connect(shop.url, autocommit=True) as connection:
        await connection.execute("SET session_replication_role = replica")
        for mapper in Base.registry.mappers:
            model, table = mapper.class_, mapper.local_table
            if not issubclass(model, Tenanted) or model.insert_only or table.name in ("profiles", "profile_searches"):
                continue
            owning = [
                rule.column_keys[-1] for rule in table.foreign_key_constraints if rule.referred_table.name == "profiles"
            ]
            for column in owning:
                held = await connection.execute(f"SELECT 1 FROM {table.name} WHERE {column} = %s", [loser])
                if await held.fetchone():
                    filled[table.name] = filled.get(table.name, 0) + 1
                    continue
                wanted = await connection.execute(
                    "SELECT column_name, data_type FROM information_schema.columns WHERE table_name = %s"
                    " AND is_nullable = 'NO' AND column_default IS NULL AND is_identity = 'NO'"
                    " AND is_generated = 'NEVER' AND column_name NOT IN ('tenant_id', %s)",
                    [table.name, column],
                )
                given = {"tenant_id": str(shop.tenant.id), column: f"'{loser}'"}
                needed = dict(await wanted.fetchall())
                given |= {name: PLAIN.get(kind, "'7'") for name, kind in needed.items()}
                for rule in table.foreign_key_constraints:
                    name, other = rule.column_keys[-1], rule.elements[-1].column
                    if name in needed:
                        given[name] = (
                            f"(SELECT min({other.name}) FROM {other.table.name} WHERE tenant_id = {shop.tenant.id})"
                        )
                try:
                    await connection.execute(
                        f"INSERT INTO {table.name} ({', '.join(given)}) VALUES ({', '.join(given.values())})"
                    )
                except psycopg.Error as fault:
                    refused.append((table.name, column, str(fault)[:90]))
                else:
                    filled[table.name] = filled.get(table.name, 0) + 1
    return filled, refused


async def test_no_table_of_any_domain_keeps_a_row_of_the_loser(shop, pair):
    winner, loser, _ = pair
    for kind in ("reward", "point", "credit"):
        about = {"reward": {"type": "other", "value": 1, "period": 1}, "credit": {"type": "gift_card"}}.get(kind, {})
        await shop.post(f"/{kind}s/definitions", {"name": kind, "handle": kind, **about})
    await shop.post("/locations", {"name": "Shop", "phone": "0390000000"})
    filled, refused = await fill_everything(shop, loser["id"])
    assert len(filled) >= 18, (sorted(filled), refused)
    assert await left_on(shop, loser["id"]) != {}
    body = {"source_profile_id": loser["id"], "destination_profile_id": winner["id"]}
    await shop.post("/profiles/merge", body, status=200)
    assert await left_on(shop, loser["id"]) == {}


async def test_a_merge_says_who_was_merged(shop):
    one, two = await person(shop), await person(shop)
    await shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, 'profile.merged', 'trigger', 1)",
        shop.tenant.id,
    )
    await shop.post(f"/profiles/{one['id']}/merge", {"loser_id": two["id"]}, status=200)
    context = (await shop.sql("SELECT context FROM event_contexts WHERE tenant_id = %s", shop.tenant.id))[0][0]
    assert context["id"] == context["profile"]["id"] == context["destination_profile_id"] == one["id"]
    assert context["merged_profile_id"] == context["source_profile_id"] == two["id"]
    assert context["merged_profile"]["email"] == two["email"]


async def test_merging_both_ways_at_once_keeps_exactly_one(shop):
    one, two = await person(shop), await person(shop)
    answers = await asyncio.gather(
        *(
            shop.call("POST", f"/profiles/{a['id']}/merge", json={"loser_id": b["id"]})
            for a, b in [(one, two), (two, one)] * 3
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [404] * 5
    assert (await shop.get("/profiles"))["meta"]["total"] == 1
    same = errors(await shop.post(f"/profiles/{one['id']}/merge", {"loser_id": one["id"]}, status=422))
    assert list(same) == ["source_profile_id"]
