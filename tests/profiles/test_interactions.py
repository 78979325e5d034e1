import pytest
from persons import errors, events, person

pytestmark = pytest.mark.anyio

FIVE = {"action": "view", "channel": "website", "signal": "1", "name": "Viewed", "namespace": "web"}


async def test_an_interaction_belongs_to_the_profile_that_an_identity_names(shop):
    made = await person(shop, identities=[{"handle": "card", "identifier": "7"}])
    other = await person(shop)
    by_identity = {**FIVE, "identifier": {"handle": "CARD", "id": 7}, "tags": ["spring sale"], "meta": {"ref": "mail"}}
    row = (await shop.post("/interactions", by_identity))["data"]
    assert row["signal"] == 1
    assert row["profile"]["id"] == made["id"]
    assert "aggregations" not in row["profile"]
    assert row["identity"]["identifier"] == "7"
    assert row["tags"] == ["spring-sale"]
    assert row["interacted_at"] == row["created_at"]
    assert (await events(shop, "interaction.created")) == [("interaction.created", str(row["id"]))]
    plain = (await shop.post("/interactions", {**FIVE, "identifier": "7"}))["data"]
    assert plain["profile"]["id"] == made["id"]
    mixed = await shop.post("/interactions", {**FIVE, "identifier": "7", "profile_id": other["id"]}, status=422)
    assert list(errors(mixed)) == ["identifier"]
    assert list(errors(await shop.post("/interactions", FIVE, status=422))) == ["profile_id"]
    half = {**FIVE, "profile_id": other["id"], "interacted_type": "tier"}
    assert list(errors(await shop.post("/interactions", half, status=422))) == ["interacted_id"]
    nothing = errors(await shop.post("/interactions", {}, status=422))
    assert set(nothing) >= {"action", "channel", "signal", "name", "namespace"}
    bad = errors(
        await shop.post(
            "/interactions",
            {**FIVE, "profile_id": other["id"], "signal": 2, "location_id": 9, "action": "x"},
            status=422,
        )
    )
    assert {"signal", "action"} <= set(bad)
    assert (await shop.get(f"/profiles/{made['id']}/interactions"))["meta"]["total"] == 2
    assert (await shop.get(f"/profiles/{other['id']}/interactions"))["data"] == []
    await shop.get(f"/profiles/{other['id']}/interactions/{row['id']}", status=404)
    assert (await shop.get(f"/profiles/{made['id']}/interaction/{row['id']}"))["data"] == row
    changed = (await shop.put(f"/interactions/{row['id']}", {"signal": -1, "interacted_type": "tier"}))["data"]
    assert (changed["signal"], changed["interacted_type"]) == (-1, None)
    await shop.post(f"/profiles/{made['id']}/interactions", FIVE, status=405)
    await shop.delete(f"/profiles/{made['id']}/interactions/{row['id']}")
    await shop.get(f"/interactions/{row['id']}", status=404)
    named = {**FIVE, "profile_id": other["id"], "interacted_type": "tier", "interacted_id": 12, "namespace": "tiers"}
    assert (await shop.post("/interactions", named))["data"]["interacted_id"] == 12
    found = await shop.get("/interactions", params={"filter[interacted_id]": "12", "filter[namespace]": "TIERS"})
    assert found["meta"]["total"] == 1
    await shop.delete(f"/profiles/{other['id']}")
    assert (await shop.get("/interactions"))["meta"]["total"] == 1


async def test_every_missing_key_is_named_at_once(shop):
    refused = errors(await shop.post("/interactions", {}, status=422))
    assert sorted(refused) == ["action", "channel", "name", "namespace", "profile_id", "signal"]
    assert refused["profile_id"] == ["The profile id field is required."]
    act = {"action": "view", "channel": "app", "signal": "0", "name": "n", "namespace": "s"}
    both = {**act, "profile_id": (await person(shop))["id"], "interacted_type": "product"}
    assert list(errors(await shop.post("/interactions", both, status=422))) == ["interacted_id"]
