"""What the tests of benefits do again and again."""

import itertools

NUMBERS = itertools.count(1)


async def define(till, status=201, **values):
    """A definition of benefits: its body."""
    number = next(NUMBERS)
    body = {"name": f"B{number}", "handle": f"b-{number}", "period": 30, **values}
    answer = await till.shop.post("/benefits/definitions", body, status=status)
    return answer["data"] if status == 201 else answer["errors"]


async def issue(till, profile, definition, status=201, **values):
    """A benefit: its body, or the errors."""
    body = {"profile_id": profile, "benefit_definition_id": definition["id"], "timezone": "UTC", **values}
    answer = await till.shop.post("/benefits", body, status=status)
    return answer["data"] if status == 201 else answer["errors"]


async def redeem(till, benefit, status=201, **body):
    path = f"/profiles/{benefit['profile_id']}/benefits/{benefit['id']}/redeem"
    answer = await till.shop.post(path, body, status=status)
    return answer["data"] if status == 201 else answer.get("errors")


async def read(till, benefit):
    return (await till.shop.get(f"/benefits/{benefit['id']}"))["data"]


async def claim(till, profile, definition, status=201, **values):
    body = {"definition": definition["handle"], "timezone": "UTC", **values}
    answer = await till.shop.post(f"/profiles/{profile}/benefits/claim", body, status=status)
    return answer["data"] if status == 201 else answer["errors"]


async def load(till, jobs, definition, codes, kind="benefit_definition", **values):
    """Codes for the pool of a definition, loaded by a batch."""
    rows = [{"code": code, **values} for code in codes]
    body = {"definition": {"id": str(definition["id"]), "type": kind}, "allocations": rows}
    await till.shop.post("/allocations/batch.json", body, status=200)
    await jobs()


async def balance(till, profile):
    return (await till.balances(profile))["benefit_balance"]


async def told(till, profile):
    """The profile's events of benefits and balances, in order."""
    rows = await till.shop.sql(
        "SELECT name FROM events WHERE tenant_id = %s AND profile_id = %s AND name NOT LIKE 'profile%%' ORDER BY id",
        till.shop.tenant.id,
        profile,
    )
    return [name for (name,) in rows]
