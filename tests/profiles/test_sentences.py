"""Single sentences of the contract that no scenario reaches."""

import pytest
from persons import errors, person

pytestmark = pytest.mark.anyio


async def test_a_sync_with_a_key_of_a_profile_never_publishes_everybody(shop):
    for body in ({"email": ""}, {"email": None}, {"first_name": "Lost"}, {"identities": []}, {"mobile_phone": None}):
        refused = errors(await shop.post("/profiles/sync", body, status=422))
        assert refused == {"email": ["The email field is required."]}, body
    for body in ({}, {"since": "2020-01-01"}, {"updated_at": "2020-01-01 10:00:00", "page": 1}):
        answer = await shop.post("/profiles/sync", body, status=200)
        assert answer == {"data": {"message": "Profiles queued for sync."}}


async def test_a_number_in_a_rule_is_the_same_however_it_is_written(shop):
    rule = {"name": "m", "type": "mobile", "applies_to": "all", "error_message": "Not this one."}
    values = [{"value": text, "is_active": True} for text in ("0412 999 888", "+61 (412) 999-777", "no number")]
    await shop.post("/profiles/validation-rules", {**rule, "rule_type": "exact", "values": values})
    prefix = [{"value": "+61 48", "is_active": True}, {"value": "+6149"}]
    await shop.post("/profiles/validation-rules", {**rule, "rule_type": "prefix", "values": prefix})
    for number, fits in (
        ("+61412999888", False),
        ("0412 999 777", False),
        ("0481 234 567", False),
        ("0491 570 156", True),
        ("0412 999 666", True),
    ):
        body = {"email": f"{abs(hash(number))}@example.com", "mobile_phone": number}
        answer = await shop.post("/profiles", body, status=201 if fits else 422)
        if not fits:
            assert errors(answer) == {"mobile_phone": ["Not this one."]}


async def test_what_a_body_says_of_a_new_address_counts(shop):
    made = await person(shop, mobile_phone="0412000111")
    path = f"/profiles/{made['id']}"
    proofs = {f"{channel}_verification": "verified" for channel in ("email", "sms", "phone", "post")}
    await shop.put(f"{path}/attributes/comms", {**proofs, "email_bounced": True, "sms_bounced": True})
    comms = (await shop.put(path, {"mobile_phone": "0412000222"}))["data"]["attributes"]["comms"]
    assert [comms[f"{channel}_verification"] for channel in ("email", "sms", "phone", "post")] == [
        "verified",
        "not_sent",
        "not_sent",
        "verified",
    ]
    assert (comms["email_bounced"], comms["sms_bounced"]) == (True, False)
    said = {"email": "b@example.com", "comms_attributes": {"email_bounced": True, "email_verification": "sent"}}
    comms = (await shop.put(path, said))["data"]["attributes"]["comms"]
    assert (comms["email_bounced"], comms["email_verification"]) == (True, "sent")


async def test_an_attribute_is_found_by_its_presence_and_by_numbers_however_written(shop):
    rows = [
        {"namespace": "n", "handle": "f", "type": "float", "value": 7.5},
        {"namespace": "n", "handle": "b", "type": "boolean", "value": False},
        {"namespace": "n", "handle": "t", "type": "string", "value": "Oak, red"},
    ]
    holder = await person(shop, custom_attributes=rows)
    await person(shop)
    for query, found in (
        ("[handle]=f", True),
        ("[handle]=zz", False),
        ("[handle]=f&attributes[0][value]=7.50", True),
        ("[handle]=f&attributes[0][value][gt]=10", False),
        ("[handle]=f&attributes[0][value][in]=1,7.5", True),
        ("[handle]=b&attributes[0][value]=false", True),
        ("[handle]=t&attributes[0][value]=oak, RED", True),
        ("[handle]=t&attributes[1][namespace]=n&attributes[1][handle]=zz", False),
    ):
        answer = await shop.get(f"/profiles/attributes/custom?attributes[0][namespace]=n&attributes[0]{query}")
        assert [row["id"] for row in answer["data"]] == ([holder["id"]] if found else []), query
