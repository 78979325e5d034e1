"""Ratings and custom products (commerce 7, 10.3)."""

import uuid

import pytest
from catalogue import make, told, variant
from sales import customer, sale

pytestmark = pytest.mark.anyio

KEYS = [
    "id",
    "profile_id",
    "source",
    "transaction_id",
    "product_id",
    "product_variant_id",
    "interaction_id",
    "staff_id",
    "external_id",
    "status",
    "score_type",
    "score",
    "namespace",
    "title",
    "comment",
    "reason",
    "requires_action",
    "is_public",
    "is_active",
    "meta",
    "created_at",
    "updated_at",
]
FREE = {"source": "external", "external_id": "X", "status": "received", "score_type": "nps", "score": 9}


async def test_a_rating_of_each_source(shop, other_shop):
    profile, staff = await customer(shop), await customer(shop)
    scarf = await make(shop, variants=[variant("A")])
    location = (await shop.post("/locations", {"name": "Shop", "phone": "1"}))["data"]["id"]
    sold = (await shop.post("/transactions", sale(location_id=location)))["data"]
    act = {"action": "view", "channel": "website", "signal": 1, "name": "n", "namespace": "s"}
    seen = (await shop.post("/interactions", act | {"profile_id": profile}))["data"]
    subjects = {
        "product": ("product_id", scarf["id"]),
        "product_variant": ("product_variant_id", scarf["variants"][0]["id"]),
        "transaction": ("transaction_id", sold["id"]),
        "interaction": ("interaction_id", seen["id"]),
        "staff": ("staff_id", staff),
        "external": ("external_id", "R-1"),
    }
    score = {"profile_id": profile, "status": "received", "score_type": "csat5", "score": 4.5}
    made = {}
    for source, (key, value) in subjects.items():
        body = score | {"source": source, key: value, "requires_action": True, "meta": {"n": 1}}
        rating = made[source] = (await shop.post("/ratings", body))["data"]
        assert list(rating) == KEYS
        assert {name: rating[name] for name in body} == body
        held = {name: rating[name] for name, _ in subjects.values()}
        assert held == {name: None for name, _ in subjects.values()} | {key: value}
        assert (rating["is_public"], rating["is_active"]) == (False, True)
        missing = await shop.post("/ratings", score | {"source": source}, status=422)
        assert set(missing["errors"]) == {key}
        found = await shop.get("/ratings", params={"filter[source]": source})
        assert found["data"] == [rating]
        await other_shop.get(f"/ratings/{rating['id']}", status=404)
    unknown = {"product_id": 10**9, "product_variant_id": 10**9, "transaction_id": 10**9, "interaction_id": 10**9}
    people = {"staff_id": str(uuid.uuid4()), "profile_id": str(uuid.uuid4())}
    refused = await shop.post("/ratings", score | {"source": "product"} | unknown | people, status=422)
    assert set(refused["errors"]) == {*unknown, *people}
    by_place = await shop.get("/ratings", params={"filter[location_id]": str(location)})
    assert by_place["data"] == [made["transaction"]]
    assert (await shop.get("/ratings", params={"filter[score][gte]": "4.6"}))["data"] == []
    await shop.delete(f"/interactions/{seen['id']}")
    left = (await shop.get(f"/ratings/{made['interaction']['id']}"))["data"]
    assert (left["source"], left["interaction_id"]) == ("interaction", None)
    assert await told(shop, "rating") == ["rating.created"] * 6


async def test_scores_keep_to_their_scale(shop):
    body = FREE | {"profile_id": await customer(shop)}
    for scale, score, allowed in [
        ("nps", 10, True),
        ("nps", 0, True),
        ("nps", 11, False),
        ("csat3", 3, True),
        ("csat3", 3.5, False),
        ("csat10", 10, True),
        ("csat1", -1, False),
        ("nps", None, False),
    ]:
        sent = body | {"score_type": scale, "score": score}
        answer = await shop.post("/ratings", sent, status=201 if allowed else 422)
        assert allowed or set(answer["errors"]) == {"score"}
    wrong = body | {"score_type": "csat11", "status": "done", "source": "thing"}
    refused = await shop.post("/ratings", wrong, status=422)
    assert set(refused["errors"]) == {"score_type", "status", "source"}
    offered = (await shop.post("/ratings", body | {"status": "offered", "score": None}))["data"]
    path = f"/ratings/{offered['id']}"
    assert set((await shop.put(path, {"status": "received"}, status=422))["errors"]) == {"score"}
    await shop.put(path, {"score": 9, "score_type": "csat5"}, status=422)
    assert await shop.put(path, offered) == {"data": offered}
    other = await customer(shop)
    await shop.advance(minutes=5)
    given = {"status": "received", "score": 3, "comment": "Quick", "profile_id": other, "external_id": "Y"}
    changed = (await shop.put(path, given))["data"]
    assert changed == offered | {
        "status": "received",
        "score": 3,
        "comment": "Quick",
        "updated_at": changed["updated_at"],
    }
    await shop.delete(path)
    await shop.get(path, status=404)
    assert (await told(shop, "rating"))[-2:] == ["rating.created", "rating.updated"]


async def test_ratings_follow_their_profile(shop):
    """They move with a merge and go with a purge; subscribers see whose they are."""
    winner = (await shop.post("/profiles", {"email": "w@example.com", "first_name": "Ada"}))["data"]["id"]
    loser = (await shop.post("/profiles", {"email": "l@example.com"}))["data"]["id"]
    await shop.sql(
        "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, 'rating.created', 'trigger', 1)",
        shop.tenant.id,
    )
    rating = (await shop.post("/ratings", FREE | {"profile_id": loser, "comment": "personal"}))["data"]
    about = (await shop.post("/ratings", FREE | {"profile_id": winner, "source": "staff", "staff_id": loser}))["data"]
    contexts = await shop.sql("SELECT context FROM event_contexts WHERE tenant_id = %s", shop.tenant.id)
    shown = {row["id"]: (row["profile_id"], row["profile"]["first_name"], row["score"]) for (row,) in contexts}
    assert shown == {rating["id"]: (loser, "Unknown", 9), about["id"]: (winner, "Ada", 9)}
    await shop.post("/profiles/merge", {"source_profile_id": loser, "destination_profile_id": winner}, status=200)
    assert (await shop.get(f"/ratings/{rating['id']}"))["data"]["profile_id"] == winner
    assert (await shop.get(f"/ratings/{about['id']}"))["data"]["staff_id"] == winner
    await shop.delete(f"/profiles/{winner}/purge")
    assert (await shop.get("/ratings"))["data"] == []


async def test_custom_products(shop, other_shop):
    made = (await shop.post("/customProducts", {"name": "Vintage lamp", "price": 45, "currency": "AUD"}))["data"]
    assert made == {
        "id": made["id"],
        "name": "Vintage lamp",
        "description": None,
        "barcode": None,
        "sku": None,
        "url": None,
        "price": 45,
        "currency": "AUD",
        "image_url": None,
        "product_id": None,
        "created_at": made["created_at"],
        "updated_at": made["updated_at"],
    }
    path = f"/custom-products/{made['id']}"
    scarf = await make(shop)
    assert set((await shop.post("/custom-products", {"price": "dear"}, status=422))["errors"]) == {"name", "price"}
    unknown = await shop.put(path, {"product_id": scarf["id"] + 9}, status=422)
    assert unknown["errors"] == {"product_id": ["The selected product id is invalid."]}
    linked = (await shop.put(path, {"product_id": scarf["id"], "price": None}))["data"]
    assert (linked["product_id"], linked["price"]) == (scarf["id"], None)
    await shop.delete(f"/products/{scarf['id']}")
    assert await shop.put(f"/customProducts/{made['id']}", linked) == {"data": linked}
    other = (await shop.post("/customProducts", {"name": "Rug", "sku": 12}))["data"]
    for query, found in [
        ({"filter[sku]": "12"}, [other]),
        ({"filter[price][nullable]": "0"}, []),
        ({"filter[product_id]": str(scarf["id"])}, [linked]),
        ({"filter[search]": "LAMP"}, [linked]),
    ]:
        assert (await shop.get("/customProducts", params=query))["data"] == found
    await other_shop.get(path, status=404)
    await shop.delete(path)
    await shop.get(path, status=404)
    rows = await shop.sql("SELECT name FROM custom_products WHERE tenant_id = %s ORDER BY id", shop.tenant.id)
    assert rows == [("Vintage lamp",), ("Rug",)]
