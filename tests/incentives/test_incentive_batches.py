"""`…/batch.json` of points, credits and redemptions: rows like single calls, each on its own (platform file B2)."""

import pytest

pytestmark = pytest.mark.anyio


async def results(till, jobs, path, body):
    answer = await till.shop.post(path, body, status=200)
    assert answer == {"message": "Queued for processing.", "batch_id": answer["batch_id"]}
    await jobs()
    batch = (await till.shop.get(f"/batches/{answer['batch_id']}"))["data"]
    assert batch["processed_count"] == batch["total_count"] == len(batch["items"])
    return batch, [(item["status"], item["entity_id"], item["external_id"]) for item in batch["items"]]


async def test_points_credits_and_redemptions_in_batches(till, jobs):
    """Later rows see what earlier ones did; a bad row is noted and hinders no other."""
    profile = await till.profile("ana@batch.example")
    points, cards = await till.define("points"), await till.define("credits", value=50)
    row = {"profile_id": "Ana@batch.example", "profile_id_handle": "email", "point_definition_id": points}
    rows = [
        {**row, "value_initial": 1500},
        {**row, "value_initial": 0},
        {**row, "profile_id": "nobody@batch.example", "value_initial": 5},
        {**row, "profile_id": profile, "profile_id_handle": None, "value_initial": -500.5},
    ]
    batch, told = await results(till, jobs, "/points/batch", {"points": rows})
    assert [status for status, _, _ in told] == ["success", "failed", "failed", "success"]
    assert (batch["entity_type"], batch["status"], batch["failed_count"]) == ("point", "failed", 2)
    assert (await till.left("points", int(told[0][1])), await till.left("points", int(told[3][1]))) == (999.5, 0)
    assert [bool(item["error"]) for item in batch["items"]] == [False, True, True, False]

    card = {"profile_id": profile, "credit_definition_id": cards, "external_id": "C-1", "external_namespace": "pos"}
    _, told = await results(
        till, jobs, "/credits/batch.json", {"credits": [card, card, {**card, "external_id": "C-2"}]}
    )
    assert [(status, external) for status, _, external in told] == [
        ("success", "C-1"),
        ("failed", "C-1"),
        ("success", "C-2"),
    ]
    assert (await till.balances(profile))["credit_balance"] == 100

    spend = {"profile_id": profile, "strategies": ["points", "credits"], "external_id": "R-1"}
    rows = [
        {**spend, "amount": 100},
        {**spend, "amount": 10, "strict": True},
        {**spend, "amount": 7, "profile_id": "0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710"},
        {"amount": 1},
        {**spend, "amount": 9},
    ]
    _, told = await results(till, jobs, "/redemptions/batch.json", {"redemptions": rows})
    assert [status for status, _, _ in told] == ["success", "failed", "failed", "failed", "success"]
    made = [(await till.shop.get(f"/redemptions/{told[place][1]}"))["data"] for place in (0, 4)]
    assert [(one["total"], one["external_id"]) for one in made] == [(100, "R-1"), (9, "R-1")]
    assert [item["type"] for item in made[0]["items"]] == ["point", "credit", "credit"]
    assert (await till.balances(profile))["credit_balance"] == 0.99
    assert (await till.shop.get("/redemptions", params={"filter[external_id]": "R-1"}))["meta"]["total"] == 2


async def test_wrong_types_are_refused_at_once_and_nothing_is_queued(till):
    for path, body, field in (
        ("/rewards/batch.json", {"rewards": [{"value_initial": 1}, {"value_initial": "x"}]}, "rewards.1.value_initial"),
        ("/points/batch.json", {"points": [{"value_initial": []}]}, "points.0.value_initial"),
        ("/credits/batch.json", {"credits": [{"recipient_email": "no"}]}, "credits.0.recipient_email"),
        ("/redemptions/batch.json", {"redemptions": [{"strategies": ["luck"]}]}, "redemptions.0.strategies.0"),
        ("/redemptions/batch", {"redemptions": []}, "redemptions"),
        ("/points/batch", {}, "points"),
        ("/credits/batch", {"credits": [{}] * 1001}, "credits"),
        ("/points/batch.json", {"points": [{}], "import_job_id": 77}, "import_job_id"),
    ):
        assert set((await till.shop.post(path, body, status=422))["errors"]) == {field}
    assert (await till.shop.get("/batches"))["meta"]["total"] == 0


async def test_redeeming_by_the_address_of_redemptions(till):
    profile = await till.profile()
    await till.reward(profile, 25)
    answer = await till.shop.post(f"/profiles/{profile}/redemptions", {"amount": 30}, status=201)
    assert (answer["data"]["total"], answer["data"]["balances"]["reward_balance"]) == (25, 0)
    assert set(answer["data"]) == {
        "id",
        "profile_id",
        "total",
        "total_localised",
        "location_id",
        "location",
        "balances",
        "currency",
        "meta",
        "transaction_external_id",
        "transaction_receipt_ref",
        "created_at",
        "updated_at",
    }
