"""How many statements each write of a profile's families takes, rendering, audit row and event included."""

import pytest
from persons import person

pytestmark = pytest.mark.anyio

ADDRESS = {"address_line_1": "9 Z", "city": "B", "postcode": "1", "country": "AU"}
ACT = {"action": "view", "channel": "app", "signal": 1, "name": "n", "namespace": "s"}
RULE = {"name": "R", "type": "email", "rule_type": "domain", "applies_to": "all"}
HOURS = {"available_from": "09:00", "available_until": "17:00"}
TIME_OFF = {"name": "Off", "start_at": "2025-01-01", "end_at": "2025-01-02", "is_closed": True}
MOST = [
    ("POST", "/profiles/sync", {"email": "synced@example.com"}, 8),
    ("POST", "/profiles/sync", {"email": "synced@example.com", "first_name": "Again"}, 7),
    ("POST", "/profiles/sync", {}, 1),
    ("POST", "/profiles/batch", {"match_criteria": "email", "profiles": [{"email": "x@example.com"}] * 100}, 3),
    ("POST", "/identities/batch", {"handle": "h", "identities": [{"profile_id": "{q}", "identifier": "batched"}] * 100}, 3),
    ("POST", "/profile/aggregations/batch.json", {"profiles": [{"profile_id": "{q}"}] * 100}, 3),
    ("PUT", "/profiles/{p}/update-type", {"profile_type": "incomplete"}, 5),
    ("PUT", "/profiles/{p}/public", {"is_public": True}, 5),
    ("POST", "/profiles/{p}/custom-event", {"event": "survey.completed"}, 3),
    ("GET", "/profiles/{p}/resync", None, 3),
    ("POST", "/profiles/{p}/identities", {"handle": "new", "identifier": "1", "is_primary": True}, 6),
    ("PUT", "/profiles/{p}/identities/card", {"is_primary": True}, 7),
    ("PUT", "/profiles/{p}/identities/id/{identity}", {"identifier": "70"}, 6),
    ("DELETE", "/profiles/{p}/identities/web", None, 5),
    ("DELETE", "/profiles/{p}/identities/id/{identity}", None, 5),
    ("POST", "/profiles/{p}/addresses", {**ADDRESS, "is_default": True}, 6),
    ("POST", "/profiles/{p}/addresses/upsert", {**ADDRESS, "external_id": "e1"}, 7),
    ("PUT", "/profiles/{p}/addresses/external/e1", {**ADDRESS, "city": "C"}, 6),
    ("PUT", "/profiles/{p}/addresses/{address}", {"is_default": True}, 7),
    ("DELETE", "/profiles/{p}/addresses/{address}", None, 8),
    ("PUT", "/profiles/{p}/comms", {"email_promo": False}, 6),
    ("PUT", "/profiles/{p}/attributes/appearance", {"size_shoe": 39}, 6),
    ("PUT", "/profiles/{p}/attributes/dates", {"date": "2020-02-02", "handle": "d", "relationship": "Me"}, 6),
    ("DELETE", "/profiles/{p}/attributes/dates/{date}", None, 6),
    ("POST", "/profiles/{p}/attributes/custom", {"namespace": "n", "handle": "new", "type": "string"}, 7),
    ("PUT", "/profiles/{p}/attributes/custom/n:h1", {"value": 99}, 7),
    ("DELETE", "/profiles/{p}/attributes/custom/n:h1", None, 5),
    ("POST", "/profiles/{p}/regions", {"region_id": "{region}", "is_active": True}, 9),
    ("PUT", "/profiles/{p}/regions/{region}", {"state": "NY"}, 8),
    ("DELETE", "/profiles/{p}/regions/{region}", None, 6),
    ("POST", "/profiles/{p}/normal-hours", {"day_of_week": "TUE", **HOURS}, 5),
    ("PUT", "/profiles/{p}/normal-hours/{normal}", HOURS, 6),
    ("DELETE", "/profiles/{p}/normal-hours/{normal}", None, 5),
    ("POST", "/profiles/{p}/special-hours", TIME_OFF, 5),
    ("PUT", "/profiles/{p}/special-hours/{special}", {"name": "Away"}, 6),
    ("DELETE", "/profiles/{p}/special-hours/{special}", None, 5),
    ("POST", "/profiles/{p}/statuses", {"statuses": ["gold"]}, 7),
    ("DELETE", "/profiles/{p}/statuses/vip", None, 5),
    ("PUT", "/profiles/{p}/aggregations", {"spend_all": 5}, 6),
    ("GET", "/profiles/{p}/aggregations/calculate", None, 4),
    ("POST", "/interactions", {**ACT, "identifier": "1"}, 4),
    ("PUT", "/interactions/{interaction}", {"signal": 0}, 5),
    ("DELETE", "/interactions/{interaction}", None, 4),
    ("DELETE", "/profiles/{p}/interactions/{interaction2}", None, 4),
    ("POST", "/connection/definitions", {"name": "N", "handle": "n"}, 3),
    ("PUT", "/connection/definitions/r", {"end_date_duration": 30}, 6),
    ("POST", "/connections", {"connection_definition_handle": "n", "connector_id": "{p}", "connected_id": "{o}"}, 7),
    (
        "POST",
        "/connections/create-update",
        {"connection_definition_handle": "n", "connector_id": "{p}", "connected_id": "{o}", "is_primary": True},
        12,
    ),
    ("PUT", "/connections/{connection}", {"notes": "x"}, 7),
    ("PUT", "/profiles/{p}/connections/{connection}", {"status": "break"}, 8),
    ("DELETE", "/connections/{connection}", None, 6),
    ("DELETE", "/connection/definitions/n", None, 4),
    ("POST", "/profiles/validation-rules", {**RULE, "values": [{"value": f"{n}.example"} for n in range(5)]}, 4),
    ("PUT", "/profiles/validation-rules/{rule}", {"priority": 1}, 4),
    ("POST", "/profiles/validation-rules/{rule}/values", {"value": "a.example"}, 4),
    ("PUT", "/profiles/validation-rules/{rule}/values/{value}", {"is_active": True}, 4),
    ("DELETE", "/profiles/validation-rules/{rule}/values/{value}", None, 3),
    ("DELETE", "/profiles/validation-rules/{rule}", None, 3),
    ("DELETE", "/profiles/{o}", None, 5),
    ("POST", "/profiles/{o}/restore", None, 8),
    ("POST", "/profiles/merge", {"source_profile_id": "{o}", "destination_profile_id": "{p}"}, 77),
    ("POST", "/profiles/{p}/depersonalise", None, 24),
    ("DELETE", "/profiles/{p}/purge", None, 42),
]
"""(method, path, body, the most statements)."""


def filled(body, names):
    if isinstance(body, dict):
        return {name: filled(value, names) for name, value in body.items()}
    if isinstance(body, list):
        return [filled(value, names) for value in body]
    return names.get(body[1:-1], body) if isinstance(body, str) and body.startswith("{") else body


async def test_every_write_takes_few_statements(shop, statements):
    for handle in ("vip", "gold"):
        await shop.post("/statuses", {"name": handle, "handle": handle})
    region = (await shop.post("/regions", {"name": "North", "handle": "north"}))["data"]["id"]
    made = await person(
        shop,
        identities=[{"handle": "card", "identifier": "7"}, {"handle": "web", "identifier": "8"}],
        addresses=[{**ADDRESS, "address_line_1": line} for line in ("1 A", "2 B", "3 C")],
        custom_attributes=[{"namespace": "n", "handle": f"h{n}", "type": "integer", "value": n} for n in range(10)],
        dates_attributes=[{"date": "2020-01-01", "handle": "d"}],
        statuses=["vip"],
        normal_hours=[{"day_of_week": "MON", "is_closed": False}],
        special_hours=[TIME_OFF],
    )
    other = await person(shop, identities=[{"handle": "card", "identifier": "17"}], addresses=[ADDRESS])
    await shop.post("/connection/definitions", {"name": "R", "handle": "r"})
    pair = {"connection_definition_handle": "r", "connector_id": made["id"], "connected_id": other["id"]}
    acts = [(await shop.post("/interactions", {**ACT, "profile_id": made["id"]}))["data"]["id"] for _ in range(2)]
    rule = (await shop.post("/profiles/validation-rules", {**RULE, "values": [{"value": "b.example"}]}))["data"]
    names = {
        "q": "3f0c6f0e-7b1d-4b61-9f53-0f6a2a4f9c10",
        "p": made["id"],
        "o": other["id"],
        "region": region,
        "address": made["addresses"][1]["id"],
        "identity": made["identities"][0]["id"],
        "date": made["attributes"]["dates"][0]["id"],
        "normal": made["normal_hours"][0]["id"],
        "special": made["special_hours"][0]["id"],
        "interaction": acts[0],
        "interaction2": acts[1],
        "connection": (await shop.post("/connections", pair))["data"]["id"],
        "rule": rule["id"],
        "value": rule["values"][0]["id"],
    }
    over = {}
    for method, path, body, most in MOST:
        with statements() as run:
            answer = await shop.call(method, path.format(**names), json=filled(body, names))
        assert answer.status_code < 300, f"{method} {path}: {answer.text[:500]}"
        if len(run) > most:
            over[method, path] = (len(run), most)
    assert over == {}
