"""What the tests of profiles share."""

import itertools
from typing import Any

_numbers = itertools.count(1)


async def person(shop: Any, **values: Any) -> dict[str, Any]:
    """A new profile with an e-mail address of its own."""
    body = {"email": f"person{next(_numbers)}@example.com", **values}
    return (await shop.post("/profiles", body))["data"]


async def events(shop: Any, *names: str) -> list[tuple[str, str]]:
    """(name, entity id) of the tenant's events, in order."""
    rows = await shop.sql("SELECT name, entity_id FROM events WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
    return [row for row in rows if not names or row[0] in names]


async def forget_events(shop: Any) -> None:
    await shop.sql("DELETE FROM events WHERE tenant_id = %s", shop.tenant.id)


def errors(answer: Any) -> dict[str, list[str]]:
    assert answer["message"] == "The given data was invalid."
    return answer["errors"]
