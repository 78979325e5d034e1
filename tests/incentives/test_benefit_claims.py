"""Which definitions a profile is shown, which it may claim, and what a claim makes."""

import pytest
from entitlements import balance, claim, define, issue, load, read, redeem, told

pytestmark = pytest.mark.anyio

GOLD = {"in": ["gold", {"var": "flattened_tags"}]}
OPEN = {"is_claimable": True, "is_published": True}
# What the definition says, whether it is viewable and claimable, and the refusal of a claim (None: it succeeds).
RULES = [
    ("plain", {}, True, True, None),
    ("not published", {"is_published": False}, False, False, None),
    ("not claimable", {"is_claimable": False}, True, False, "The benefit definition cannot be claimed."),
    ("archived", {"is_archived": True}, False, False, "The benefit definition is archived."),
    ("ended", {"end_at": "2020-01-01"}, False, False, "The offer of the benefit definition has ended."),
    ("to end", {"end_at": "2099-01-01"}, True, True, None),
    ("too early", {"claim_period_start_at": "2099-01-01"}, True, False, "The claim period has not started."),
    ("too late", {"claim_period_end_at": "2020-01-01"}, True, False, "The claim period has ended."),
    ("in time", {"claim_period_start_at": "2020-01-01", "claim_period_end_at": "2099-01-01"}, True, True, None),
    ("condition met", {"claim_condition": {"==": [{"var": "gender"}, "female"]}}, True, True, None),
    (
        "condition unmet",
        {"claim_condition": {"==": [{"var": "gender"}, "male"]}},
        True,
        False,
        "The profile does not meet the claim condition.",
    ),
    ("by the profile", {"claim_condition": {"==": [{"var": "profile.gender"}, "female"]}}, True, True, None),
    ("tag held", {"claim_condition": GOLD}, True, True, None),
    ("a number", {"claim_condition": {">=": [{"var": "combined_balance_dollars"}, 20]}}, True, True, None),
    ("attribute", {"claim_condition": {"==": [{"var": "custom_attributes.club.level"}, 3]}}, True, True, None),
    ("by the clock", {"claim_condition": {">": [{"var": "now"}, "2020-01-01"]}}, True, True, None),
    ("no operator", {"claim_condition": {"huh": 1}}, True, False, "The profile does not meet the claim condition."),
    (
        "a fault",
        {"claim_condition": {"map": [5, 5]}},
        True,
        False,
        "The profile does not meet the claim condition.",
    ),
    ("empty", {"claim_condition": {}, "view_condition": {}, "claim_timeframe": {}}, True, True, None),
    ("timeframe as data", {"claim_timeframe": {"days": 3, "from": "x"}}, True, True, None),
    ("timeframe met", {"claim_timeframe": {"<": ["2020-01-01", {"var": "today"}]}}, True, True, None),
    (
        "timeframe unmet",
        {"claim_timeframe": {"<": [{"var": "today"}, "2020-01-01"]}},
        True,
        False,
        "The profile does not meet the claim condition.",
    ),
    ("view met", {"view_condition": GOLD, "visibility_condition": GOLD}, True, True, None),
    ("view unmet", {"view_condition": {"!": GOLD}}, False, False, None),
    ("visibility unmet", {"visibility_condition": {"!": GOLD}, "view_condition": GOLD}, False, False, None),
    (
        "nothing left",
        {"max_global_redemptions": 0},
        True,
        False,
        "The benefit definition has no redemptions left.",
    ),
    ("no code", {"force_allocation": True}, True, False, "The benefit definition has no codes left."),
]


async def test_what_is_shown_and_what_may_be_claimed(till):
    shop = till.shop
    body = {"email": "rules@example.com", "gender": "female", "tags": ["gold"]}
    profile = (await shop.post("/profiles", body))["data"]["id"]
    level = {"namespace": "club", "handle": "level", "type": "integer", "value": 3}
    await shop.post(f"/profiles/{profile}/attributes/custom", level)
    await till.reward(profile, 20)
    here, there = [
        (await shop.post("/regions", {"name": handle, "handle": handle}))["data"]["id"] for handle in ("here", "there")
    ]
    await shop.post(f"/profiles/{profile}/regions", {"region_id": here, "country": "AU", "is_active": True})
    elsewhere = "The benefit definition is not offered in the profile's region."
    rules = [
        *RULES,
        ("here", {"region_id": here}, True, True, None),
        ("there", {"region_id": there}, False, False, elsewhere),
    ]
    made = {name: await define(till, **{**OPEN, **values}) for name, values, *_ in rules}

    async def names(kind):
        shown = (await shop.get(f"/profiles/{profile}/benefits/{kind}"))["data"]
        by_id = {definition["id"]: name for name, definition in made.items()}
        assert [list(one) for one in shown] == [list(made["plain"])] * len(shown)
        return [by_id[one["id"]] for one in shown]

    assert await names("viewable") == [name for name, _, viewable, _, _ in rules if viewable]
    assert await names("claimable") == [name for name, _, _, claimable, _ in rules if claimable]
    for name, _, _, _, refusal in rules:
        answer = await claim(till, profile, made[name], status=422 if refusal else 201)
        assert answer == {"definition": [refusal]} if refusal else answer["claimed_at"], name
    assert await names("claimable") == []
    claimed = {"definition": ["The benefit has already been claimed."]}
    assert await claim(till, profile, made["plain"], status=422) == claimed


async def test_a_claim(till):
    shop, profile = till.shop, await till.profile()
    definition = await define(till, **OPEN)
    made = await claim(till, profile, definition, timezone="Australia/Melbourne", external_id="E", meta={"a": 1})
    assert made["claimed_at"] == made["issued_at"]
    assert (made["source_type"], made["external_id"], made["meta"]) == ("claim", "E", {"a": 1})
    assert (made["timezone"], await balance(till, profile)) == ("Australia/Melbourne", 1)
    assert (await told(till, profile))[:1] == ["benefit.created"]
    assert "benefit.claimed" in (await told(till, profile))[1:]
    await shop.delete(f"/benefits/{made['id']}")
    await claim(till, profile, definition, status=422)
    again = await define(till, **OPEN, is_reclaimable=True)
    for word in (again["id"], again["handle"], int(again["id"])):
        body = {"definition": word, "timezone": "UTC"}
        assert (await shop.post(f"/profiles/{profile}/benefits/claim", body))["data"]["definition"]["id"] == again["id"]
        older = (await shop.post(f"/profiles/{profile}/benefits/{word}/claim"))["data"]
        assert (older["timezone"], older["definition"]["id"]) == ("UTC", again["id"])
    path = f"/profiles/{profile}/benefits"
    await shop.post(f"{path}/unknown/claim", status=404)
    errors = (await shop.post(f"{path}/claim", {"timezone": "Nowhere"}, status=422))["errors"]
    assert errors == {
        "definition": ["The definition field is required."],
        "timezone": ["The timezone field must be a valid timezone."],
    }
    errors = (await shop.post(f"{path}/claim", {"definition": "unknown", "timezone": "UTC"}, status=422))["errors"]
    assert errors == {"definition": ["The selected definition is invalid."]}
    for kind in ("viewable", "claimable"):
        await shop.get(f"/profiles/0b7d1f7e-3a55-4d8e-9d0e-2f1c6a9b7710/benefits/{kind}", status=404)


async def test_claim_and_redeem_are_one(till):
    shop, profile = till.shop, await till.profile()
    definition = await define(till, **OPEN, max_redemptions=2, is_reclaimable=True)
    path, body = f"/profiles/{profile}/benefits/claim-redeem", {"definition": definition["handle"], "timezone": "UTC"}
    done = (await shop.post(path, body))["data"]
    benefit = done["items"][0]["type_attributes"]
    assert (done["type"], done["items"][0]["count"], benefit["redemptions_remaining"]) == ("redeem", 1, 1)
    assert await read(till, benefit) == benefit
    await shop.put(
        f"/benefits/definitions/{definition['id']}", {"period_type": "absolute_date", "absolute_expiry": "2020-01-01"}
    )
    refused = await shop.post(path, body, status=422)
    assert refused["errors"] == {"benefit": ["The benefit has expired."]}
    assert (await shop.get("/benefits.count"))["data"] == {"countAll": 1, "countRedeemed": 1}


async def test_codes_go_with_benefits(till, jobs):
    """A benefit carries the code it got; a pool that must be used and is empty stops issues and claims."""
    shop, profile = till.shop, await till.profile()
    definition = await define(till, **OPEN, force_allocation=True, is_reclaimable=True)
    await load(till, jobs, definition, ["C-1", "C-2"], value=5)
    first = await issue(till, profile, definition)
    assert (first["redeem_code_pos"], first["redeem_code_online"]) == ("C-1", "C-1")
    figures = ("total_allocations", "total_allocations_remaining")
    assert [first["definition"][name] for name in figures] == [2, 1]
    events = (await told(till, profile))[:2]
    assert events == ["benefit.created", "benefit.code.allocated"]
    second = await claim(till, profile, definition)
    assert second["redeem_code_pos"] == "C-2"
    empty = ["The benefit definition has no codes left."]
    assert await issue(till, profile, definition, status=422) == {"benefit_definition_id": empty}
    assert await claim(till, profile, definition, status=422) == {"definition": empty}
    assert (await shop.get(f"/profiles/{profile}/benefits/claimable"))["data"] == []
    await shop.delete(f"/benefits/{first['id']}")
    assert await issue(till, profile, definition, status=422) == {"benefit_definition_id": empty}
    assert (await shop.get("/benefits.count"))["data"]["countAll"] == 1
    lenient = await define(till)
    await load(till, jobs, lenient, ["L-1"])
    codes = [(await issue(till, profile, lenient))["redeem_code_online"] for _ in range(2)]
    assert codes == ["L-1", None]
    await redeem(till, second)
