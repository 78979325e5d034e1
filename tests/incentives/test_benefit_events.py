"""What listeners are told of benefits (automation 2.1 and 3.3), and that every write is audited."""

import pytest
from entitlements import claim, define, load, redeem

pytestmark = pytest.mark.anyio
EVENTS = ("created", "updated", "deleted", "claimed", "redeemed", "code.allocated")


async def test_contexts_and_audits(till, jobs):
    shop, profile = till.shop, await till.profile("told@example.com")
    for number, name in enumerate(EVENTS):
        await shop.sql(
            "INSERT INTO subscriptions (tenant_id, event, kind, subscriber_id) VALUES (%s, %s, 'trigger', %s)",
            shop.tenant.id,
            f"benefit.{name}",
            number + 1,
        )
    definition = await define(till, is_claimable=True, max_redemptions=2)
    await load(till, jobs, definition, ["T-1"])
    made = await claim(till, profile, definition, timezone="Australia/Melbourne")
    done = await redeem(till, made)
    state = (await shop.get(f"/benefits/{made['id']}"))["data"]
    await shop.delete(f"/benefits/{made['id']}")
    rows = await shop.sql(
        "SELECT e.name, c.context FROM events e JOIN event_contexts c ON c.tenant_id = e.tenant_id AND c.event_id = e.id"
        " WHERE e.tenant_id = %s ORDER BY e.id",
        shop.tenant.id,
    )
    assert [name.removeprefix("benefit.") for name, _ in rows] == [
        "created",
        "code.allocated",
        "claimed",
        "redeemed",
        "updated",
        "deleted",
    ]
    contexts = dict(rows)
    besides = {"profile", "issued_local_at", "expires_local_at"}
    for name, context in rows:
        more = {"benefit.redeemed": {"redemption"}, "benefit.code.allocated": {"allocation"}}.get(name, set())
        assert set(context) == set(state) | besides | more, name
        assert (context["id"], context["profile"]["email"]) == (made["id"], "told@example.com")
        assert context["definition"]["handle"] == definition["handle"]
    created = contexts["benefit.created"]
    assert (created["redemptions_remaining"], created["redeem_code_pos"]) == (2, "T-1")
    assert created["issued_local_at"] > created["issued_at"]
    (allocation,) = (await shop.get("/allocations"))["data"]
    assert contexts["benefit.code.allocated"]["allocation"] == {
        "id": allocation["id"],
        "code": "T-1",
        "type": "benefit_definition",
    }
    assert contexts["benefit.redeemed"]["redemption"] == {
        "id": done["id"],
        "type": "redeem",
        "total": 0,
        "total_localised": 0,
        "transaction_id": None,
        "created_at": done["created_at"],
    }
    assert contexts["benefit.redeemed"]["redemptions_remaining"] == 1
    assert {name: contexts["benefit.deleted"][name] for name in state} == state
    audited = await shop.sql(
        "SELECT event, auditable_type, auditable_id FROM audits WHERE tenant_id = %s"
        " AND auditable_type IN ('Benefit', 'BenefitDefinition', 'Allocation', 'Redemption') ORDER BY id",
        shop.tenant.id,
    )
    assert audited == [
        ("created", "BenefitDefinition", int(definition["id"])),
        ("created", "Allocation", allocation["id"]),
        ("updated", "Allocation", allocation["id"]),
        ("created", "Benefit", made["id"]),
        ("created", "Redemption", done["id"]),
        ("deleted", "Benefit", made["id"]),
    ]
