"""How many statements each route of a profile takes, whatever the profile holds."""

import pytest
from persons import person

pytestmark = pytest.mark.anyio

ONE = [
    "/profiles",
    "/profiles?page[size]=50&search=person",
    "/profiles?include=aggregations&filter[tags.handle]=a&sort=-full_name",
    "/profiles/{p}",
    "/profiles/{p}/addresses",
    "/profiles/{p}/addresses/{address}",
    "/profiles/{p}/aggregations",
    "/profiles/{p}/attributes",
    "/profiles/{p}/attributes/appearance",
    "/profiles/{p}/attributes/comms",
    "/profiles/{p}/attributes/custom",
    "/profiles/{p}/attributes/dates",
    "/profiles/{p}/balances",
    "/profiles/{p}/identities",
    "/profiles/{p}/identities/id/{identity}",
    "/profiles/{p}/interactions",
    "/profiles/{p}/interactions/{interaction}",
    "/profiles/{p}/ledgers",
    "/profiles/{p}/normal-hours",
    "/profiles/{p}/regions",
    "/profiles/{p}/rewards",
    "/profiles/{p}/special-hours",
    "/profiles/{p}/transactions",
    "/identities?include=profile",
    "/identities/search-profile/7",
    "/identities/handles",
    "/interactions",
    "/connections",
    "/connection/definitions",
    "/profiles/validation-rules",
    "/statuses",
    "/tags",
]
"""Reads of one statement, the page's rows and their number together."""
FEW = [
    ("GET", "/profiles/7?identity[handle]=card", None, 2),
    ("GET", "/profiles/{p}/attributes/custom/n:h", None, 2),
    ("GET", "/profiles/{p}/connections", None, 2),
    ("GET", "/profiles/{p}/connections/{connection}", None, 3),
    ("GET", "/profiles/{p}/identities/card", None, 2),
    ("GET", "/profiles/{p}/statuses", None, 2),
    ("GET", "/profiles/{p}/tags", None, 2),
    ("GET", "/profiles/{p}/connections/{connection}/profileInfo", None, 3),
    ("POST", "/profiles/exists", {"type": "card", "id": "7"}, 1),
    ("POST", "/profiles/search-id", {"type": "card", "id": "7"}, 2),
    ("POST", "/profiles/availability", {"email": "new@example.com", "mobile_phone": "0412000999"}, 2),
    ("PUT", "/profiles/{p}", {"first_name": "Changed"}, 6),
    ("PUT", "/profiles/{p}/attributes/comms", {"sms_promo": True}, 6),
    ("POST", "/profiles", {"email": "counted@example.com"}, 8),
]
"""(method, path, body, number): the most statements, rendering, audit row and event included."""


async def test_every_read_is_one_statement_and_writes_take_few(shop, statements):
    await shop.post("/statuses", {"name": "VIP", "handle": "vip"})
    await shop.post("/regions", {"name": "North", "handle": "north"})
    made = await person(
        shop,
        identities=[{"handle": "card", "identifier": "7"}, {"handle": "web", "identifier": "8"}],
        addresses=[
            {"address_line_1": line, "city": "B", "postcode": "1", "country": "AU"} for line in ("1 A", "2 B", "3 C")
        ],
        custom_attributes=[
            {"namespace": "n", "handle": f"h{n}" if n else "h", "type": "integer", "value": n} for n in range(20)
        ],
        dates_attributes=[{"date": "2020-01-01", "handle": "d"}],
        tags=["a", "b"],
        statuses=["vip"],
        regions=[{"handle": "north"}],
        normal_hours=[{"day_of_week": "MON", "is_closed": True}],
    )
    others = [await person(shop) for _ in range(5)]
    await shop.post("/connection/definitions", {"name": "R", "handle": "r"})
    for other in others:
        body = {"connection_definition_handle": "r", "connector_id": made["id"], "connected_id": other["id"]}
        connection = (await shop.post("/connections", body))["data"]["id"]
    act = {"action": "view", "channel": "app", "signal": 1, "name": "n", "namespace": "s", "profile_id": made["id"]}
    names = {
        "p": made["id"],
        "address": made["addresses"][0]["id"],
        "identity": made["identities"][0]["id"],
        "interaction": (await shop.post("/interactions", act))["data"]["id"],
        "connection": connection,
    }
    counted = {}
    for path in ONE:
        with statements() as run:
            await shop.get(path.format(**names))
        counted[path] = len(run)
    assert {path: count for path, count in counted.items() if count != 1} == {}
    most = {(method, path): number for method, path, _, number in FEW}
    for method, path, body, _ in FEW:
        with statements() as run:
            answer = await shop.call(method, path.format(**names), json=body)
        assert answer.status_code < 300, answer.text
        counted[method, path] = len(run)
    assert {name: counted[name] for name in most if counted[name] > most[name]} == {}
