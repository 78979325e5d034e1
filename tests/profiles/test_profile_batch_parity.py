"""Rows of profiles that are applied together lead to what they lead to one at a time."""

import json
import re
from collections import Counter

import pytest
from persons import person

from omneo_api.foundation.jobs import drain

pytestmark = pytest.mark.anyio
SHAPED = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?")
RULES = (
    {"type": "email", "rule_type": "regex", "pattern": "^bot[0-9]+@", "error_message": "No robots."},
    {"type": "email", "rule_type": "domain", "values": [{"value": "trash.example", "is_active": True}]},
    {"type": "name", "rule_type": "exact", "values": [{"value": "nobody", "is_active": True}]},
)
ROWS = [
    {"email": "known@example.com", "first_name": "Kay", "tags": ["old"]},
    {"email": "a@example.com"},
    {"email": "b@example.com", "first_name": "Bo", "tags": ["x", "y", "x"], "joined_at": "2024-02-03 04:05:06"},
    {"email": "bot7@example.com"},
    {
        "email": "c@example.com",
        "mobile_phone": "0412000222",
        "birth_day": 29,
        "birth_month": 2,
        "identities": [{"handle": "card", "identifier": "C-1", "is_primary": True}, {"handle": "web", "identifier": 5}],
        "comms_attributes": {"email_promo": False, "terms_accepted_version": "2"},
        "attributes": {"comms": {"sms_promo": True}},
    },
    {"email": "d@example.com", "mobile_phone": "0412000111"},
    {"email": "e@example.com", "mobile_phone": "0412000222"},
    {"email": "f@example.com", "profile_type": "temporary", "secondary_phone": "0412000333"},
    {"email": "known@example.com", "first_name": "Kate"},
    {"email": "a@example.com", "company": "Tern"},
    {"email": "g@trash.example"},
    {"email": "h@example.com", "addresses": [{"address_line_1": "1", "city": "M", "postcode": "3", "country": "AU"}]},
    {"email": "i@example.com", "identities": [{"handle": "CARD", "identifier": "c-1"}]},
    {"email": "j@example.com", "identities": [{"handle": "card", "identifier": n} for n in (1, 1)]},
    {"email": "k@example.com", "identities": [{"handle": n, "identifier": n, "is_primary": True} for n in ("p", "q")]},
    {"email": "l@example.com", "mobile_phone": "12", "birth_day": 31, "birth_month": 6, "first_name": "Nobody"},
    {"email": "m@example.com", "currency": "AUD", "gender": "female", "region": "nowhere"},
    {"email": "n@example.com", "currency": "XTS"},
    {"first_name": "nobody"},
    {"email": "gift@example.com"},
    {"email": "known@example.com", "email_promo": 1, "identities": [{"handle": "card", "identifier": "K"}]},
    {"email": "known@example.com", "comms_attributes": {"email_promo": True}},
    {"email": "c@example.com", "mobile_phone": "+61412000222", "tags": []},
    {"email": "p@example.com", "attributes": {"appearance": {"height": "tall"}}},
]


def shaped(value):
    """JSON with ids and moments made alike."""
    return json.loads(SHAPED.sub("·", re.sub(r'"((?:\w+_)?id|secure_id)": ?\d+', r'"\1": 0', json.dumps(value))))


async def prepared(shop):
    for place, rule in enumerate(RULES):
        await shop.post("/profiles/validation-rules", {"name": f"r{place}", "applies_to": "import", **rule})
    await shop.post("/triggers", {"name": "t", "trigger": "profile.created", "actions": []})
    for name, least in (("bronze", 0), ("silver", 10)):
        await shop.post("/tiers/definitions", {"name": name, "handle": name, "value_min": least, "value_maintain": 0})
    giver = await person(shop, email="known@example.com", first_name="Kay", mobile_phone="0412000111", tags=["old"])
    card = {"name": "Gift", "handle": "gift", "type": "gift_card", "is_reassignable": True}
    gift = (await shop.post("/credits/definitions", card))["data"]["id"]
    gift_of = {"creator_profile_id": giver["id"], "credit_definition_id": gift, "value_initial": 5}
    await shop.post("/credits", gift_of | {"recipient_email": "gift@example.com"})


async def told(shop):
    """All that the rows left behind: results, profiles with their histories, and what is told of whom, in order."""
    own = shop.tenant.id
    people = await shop.sql("SELECT id::text, email FROM profiles WHERE tenant_id = %s ORDER BY email", own)
    shown = {}
    for identifier, mail in people:
        history = await shop.sql(
            "SELECT event, auditable_type, old_values, new_values FROM audits"
            " WHERE tenant_id = %s AND profile_id = %s ORDER BY id",
            own,
            identifier,
        )
        events = await shop.sql(
            "SELECT e.name, e.entity_type, e.origin, c.context::text FROM events e LEFT JOIN event_contexts c"
            " ON c.tenant_id = e.tenant_id AND c.event_id = e.id"
            " WHERE e.tenant_id = %s AND e.profile_id = %s ORDER BY e.id",
            own,
            identifier,
        )
        profile = (await shop.get(f"/profiles/{identifier}"))["data"]
        audits = [(*row[:2], *map(json.loads, row[2:])) for row in history]
        told = [(*row[:3], json.loads(row[3] or "null")) for row in events]
        words = await shop.sql("SELECT words FROM profile_searches WHERE profile_id = %s", identifier)
        shown[mail] = shaped([profile, audits, told, words])
    items = await shop.sql(
        "SELECT i.status, i.error, p.email FROM batch_items i LEFT JOIN profiles p ON p.id::text = i.entity_id"
        " WHERE i.tenant_id = %s ORDER BY i.id",
        own,
    )
    tags = await shop.sql("SELECT handle FROM tags WHERE tenant_id = %s ORDER BY 1", own)
    gifts = await shop.sql("SELECT recipient_email, profile_id IS NULL FROM credits WHERE tenant_id = %s", own)
    return {"items": items, "profiles": shown, "tags": tags, "gifts": gifts}


async def test_rows_together_leave_what_rows_alone_leave(shop, other_shop, jobs):
    for one in (shop, other_shop):
        await prepared(one)
    for row in ROWS:
        await other_shop.post("/profiles/batch", {"match_criteria": "email", "profiles": [row]}, status=200)
    await shop.post("/profiles/batch", {"match_criteria": "email", "profiles": ROWS}, status=200)
    await jobs()
    assert not [ran.error for ran in await drain(other_shop.database, other_shop.handle) if ran.error]
    together, alone = await told(shop), await told(other_shop)
    assert together["items"] == alone["items"]
    assert together == alone
    assert Counter(status for status, _, _ in alone["items"]) == {"success": 14, "failed": 10}
    assert alone["gifts"] == [("gift@example.com", False)]
    assert [row[:2] for row in alone["profiles"]["c@example.com"][1]] == [
        *[["created", "Identity"]] * 2,
        ["updated", "CommsAttribute"],
        ["created", "Profile"],
        ["created", "Tier"],
    ]


@pytest.mark.parametrize("criteria", ["email", "card"])
async def test_new_and_unchanged_people_take_a_handful_of_statements(shop, jobs, statements, criteria):
    rows = [
        {
            "email": f"p{n}@example.com",
            "mobile_phone": f"04{n:08d}",
            "identities": [{"handle": "card", "identifier": n}],
            "comms_attributes": {"email_promo": True},
            "tags": ["a"],
        }
        for n in range(12000000, 12000150)
    ]
    again = [{name: value for name, value in row.items() if name != "comms_attributes"} for row in rows]
    for sent, most in ((rows, 25), (again, 20)):
        body = {"match_criteria": criteria, "profiles": sent}
        batch = (await shop.post("/profiles/batch", body, status=200))["data"]["batch_id"]
        with statements() as asked:
            await jobs()
        assert 5 < len(asked) <= most
        assert (await shop.get(f"/batches/{batch}"))["data"]["success_count"] == len(sent)
    counts = await shop.sql(
        "SELECT (SELECT count(*) FROM profiles p WHERE p.tenant_id = t.id), count(*), count(DISTINCT e.entity_id)"
        " FROM tenants t JOIN events e ON e.tenant_id = t.id WHERE t.id = %s AND e.name = 'profile.created' GROUP BY t.id",
        shop.tenant.id,
    )
    assert counts == [(150, 150, 150)]
