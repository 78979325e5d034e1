"""Recomputing the books of a tenant: lots from movements, movements from lots, statements from both, totals from items.

Nothing is assumed of the caches: each difference names what is stored and what the movements say.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from omneo_api.foundation.statements import Statement


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that does not add up: which rule, which row, what is stored and what it should be."""

    rule: str
    subject: str
    stored: Decimal | None
    expected: Decimal | None


LOTS = """
    lots AS (
        SELECT l.*, CASE d.step WHEN 'open' THEN 'pending' WHEN 'end' THEN 'open' ELSE 'ended' END AS phase
        FROM (
            SELECT 'reward' AS kind, id, profile_id, value_initial, value_remaining, issued_at, issued_at AS opens_at,
                   expires_at, deleted_at IS NULL AS live, currency, false AS locked,
                   NULL::timestamptz AS locked_until FROM rewards
            UNION ALL
            SELECT 'point', id, profile_id, value_initial, value_remaining, issued_at, issued_at, expires_at, true,
                   currency, false, NULL FROM points
            UNION ALL
            SELECT 'credit', id, profile_id, value_initial, value_remaining, issued_at,
                   greatest(issued_at, released_at), expires_at, deleted_at IS NULL, currency, locked,
                   lock_expires_at FROM credits
        ) AS l LEFT JOIN lot_deadlines d ON d.lot_kind = l.kind AND d.lot_id = l.id
    )
"""
RULES: dict[str, str] = {
    "a lot's remaining value is the sum of its movements": f"""
        WITH {LOTS}, moved AS (SELECT lot_kind, lot_id, sum(value) AS total FROM movements GROUP BY lot_kind, lot_id)
        SELECT l.kind || ' ' || l.id, l.value_remaining, coalesce(m.total, 0)
        FROM lots l LEFT JOIN moved m ON m.lot_kind = l.kind AND m.lot_id = l.id
        WHERE l.value_remaining IS DISTINCT FROM coalesce(m.total, 0)
    """,
    "every movement has its lot": f"""
        WITH {LOTS}
        SELECT m.lot_kind || ' ' || m.lot_id, m.value, NULL::numeric FROM movements m
        WHERE NOT EXISTS (SELECT 1 FROM lots l WHERE l.kind = m.lot_kind AND l.id = m.lot_id)
    """,
    "each movement continues where the one before it left off": """
        SELECT lot_kind || ' ' || lot_id || ' movement ' || id, remaining, expected FROM (
            SELECT lot_kind, lot_id, id, remaining,
                   value + coalesce(lag(remaining) OVER (PARTITION BY lot_kind, lot_id ORDER BY id), 0) AS expected
            FROM movements
        ) chain WHERE remaining <> expected
    """,
    "a lot begins with its issue and has one": """
        SELECT lot_kind || ' ' || lot_id, count(*) FILTER (WHERE kind = 'issue'), 1 FROM movements
        GROUP BY lot_kind, lot_id
        HAVING count(*) FILTER (WHERE kind = 'issue') <> 1 OR min(id) <> min(id) FILTER (WHERE kind = 'issue')
    """,
    "the newest movement knows the lot's owner, terms and life": f"""
        WITH {LOTS}, newest AS (
            SELECT DISTINCT ON (lot_kind, lot_id) * FROM movements ORDER BY lot_kind, lot_id, id DESC
        )
        SELECT l.kind || ' ' || l.id, l.value_remaining, n.remaining
        FROM lots l JOIN newest n ON n.lot_kind = l.kind AND n.lot_id = l.id
        WHERE n.profile_id IS DISTINCT FROM l.profile_id OR n.closes_at IS DISTINCT FROM l.expires_at
           OR n.opens_at IS DISTINCT FROM l.opens_at OR n.is_live <> l.live
           OR (n.locked, n.locked_until) IS DISTINCT FROM (l.locked, l.locked_until)
    """,
    "a redemption's items sum to its total": """
        SELECT 'redemption ' || r.id, r.total, coalesce(sum(i.dollar_value), 0)
        FROM redemptions r LEFT JOIN redemption_items i ON i.tenant_id = r.tenant_id AND i.redemption_id = r.id
        GROUP BY r.tenant_id, r.id, r.total HAVING r.total <> coalesce(sum(i.dollar_value), 0)
    """,
    "an item's value is what its lot moved by": """
        SELECT 'item ' || i.id, i.value, abs(sum(m.value))
        FROM redemption_items i JOIN movements m ON m.redemption_item_id = i.id
        GROUP BY i.tenant_id, i.id, i.value HAVING i.value IS DISTINCT FROM abs(sum(m.value))
    """,
    "a spending moved every lot that its items name": """
        SELECT 'item ' || i.id, NULL::numeric, i.value
        FROM redemption_items i JOIN redemptions r ON r.tenant_id = i.tenant_id AND r.id = i.redemption_id
        WHERE r.type IN ('redeem', 'reversal') AND i.type <> 'benefit'
          AND NOT EXISTS (SELECT 1 FROM movements m WHERE m.redemption_item_id = i.id)
    """,
    "what was given back never exceeds what was spent": """
        SELECT 'item ' || i.id, sum(u.value), i.value
        FROM redemption_items i JOIN redemption_items u ON u.tenant_id = i.tenant_id AND u.original_item_id = i.id
        WHERE i.value IS NOT NULL
        GROUP BY i.tenant_id, i.id, i.value, i.dollar_value
        HAVING sum(u.value) > i.value OR sum(u.dollar_value) > i.dollar_value
    """,
    "a reward's lines sum to what of it stands in the ledger": f"""
        WITH {LOTS}, told AS (
            SELECT subject_id, sum(dollar_value) AS total FROM ledger_entries WHERE type = 'reward' GROUP BY subject_id
        )
        SELECT 'reward ' || l.id, coalesce(t.total, 0), CASE WHEN l.phase = 'open' THEN l.value_remaining ELSE 0 END
        FROM lots l LEFT JOIN told t ON t.subject_id = l.id
        WHERE l.kind = 'reward' AND l.currency IS NULL
          AND coalesce(t.total, 0) <> CASE WHEN l.phase = 'open' THEN l.value_remaining ELSE 0 END
    """,
    "a profile's point lines sum to the points that stand in the ledger": f"""
        WITH {LOTS}, told AS (
            SELECT profile_id, sum(point_value) AS total FROM ledger_entries WHERE type = 'point' GROUP BY 1
        ), held AS (
            SELECT profile_id, sum(value_remaining) FILTER (WHERE phase = 'open') AS total FROM lots
            WHERE kind = 'point' GROUP BY 1
        )
        SELECT 'profile ' || coalesce(t.profile_id, h.profile_id), coalesce(t.total, 0), coalesce(h.total, 0)
        FROM told t FULL JOIN held h ON h.profile_id = t.profile_id
        WHERE coalesce(t.total, 0) <> coalesce(h.total, 0)
          AND NOT EXISTS (SELECT 1 FROM incentive_merges g
                          WHERE g.source_id = coalesce(t.profile_id, h.profile_id)
                             OR g.destination_id = coalesce(t.profile_id, h.profile_id))
    """,
    "each line's balances continue those of the line before it": """
        SELECT 'line ' || id, dollar_balance, dollars FROM (
            SELECT id, profile_id, dollar_balance, point_balance, type, description,
                   CASE WHEN type = 'reward' THEN dollar_value ELSE 0 END
                       + coalesce(lag(dollar_balance) OVER before, 0) AS dollars,
                   CASE WHEN type = 'point' THEN point_value ELSE 0 END
                       + coalesce(lag(point_balance) OVER before, 0) AS points
            FROM ledger_entries WINDOW before AS (PARTITION BY tenant_id, profile_id ORDER BY id)
        ) chain
        WHERE (dollar_balance <> dollars OR point_balance <> points) AND description <> 'Profiles merged'
    """,
    "a purchase that does not count has earned no points": """
        SELECT 'point ' || p.id, p.value_initial, 0
        FROM points p
        JOIN profiles q ON q.tenant_id = p.tenant_id AND q.id = p.profile_id AND q.purged_at IS NULL
        LEFT JOIN transaction_items i ON i.tenant_id = p.tenant_id AND i.id = p.source_id
            AND p.source_type = 'transaction_item'
        JOIN transaction_states s ON s.tenant_id = p.tenant_id
            AND s.transaction_id = coalesce(i.transaction_id, p.source_id)
        WHERE p.external_key IS NOT NULL AND s.void_kind IS NOT NULL
          AND p.source_type IN ('transaction', 'transaction_item')
        UNION ALL
        SELECT 'tier point ' || t.id, t.value, 0
        FROM tier_points t
        JOIN transaction_states s ON s.tenant_id = t.tenant_id AND s.transaction_id = t.transaction_id
        WHERE t.deleted_at IS NULL AND s.void_kind IS NOT NULL
    """,
    "a benefit's uses are those of its redemptions": """
        SELECT 'benefit ' || b.id, b.redeemed, coalesce(i.uses, 0)
        FROM benefits b LEFT JOIN (
            SELECT i.subject_id, sum(CASE WHEN r.type = 'redeem' THEN i.count ELSE -i.count END) AS uses
            FROM redemption_items i JOIN redemptions r ON r.tenant_id = i.tenant_id AND r.id = i.redemption_id
            WHERE i.type = 'benefit' GROUP BY i.subject_id
        ) i ON i.subject_id = b.id
        WHERE b.redeemed <> coalesce(i.uses, 0)
    """,
    "a definition's counters are those of its benefits": """
        SELECT 'benefit definition ' || d.id, coalesce(t.counted, 0), coalesce(b.counted, 0)
        FROM benefit_definitions d
        LEFT JOIN LATERAL (
            SELECT sum(created) AS counted, sum(redeemed) AS redeemed FROM benefit_tallies
            WHERE benefit_definition_id = d.id
        ) t ON true
        LEFT JOIN LATERAL (
            SELECT count(*) AS counted, sum(redeemed) AS redeemed FROM benefits WHERE benefit_definition_id = d.id
        ) b ON true
        WHERE coalesce(t.counted, 0) <> coalesce(b.counted, 0) OR coalesce(t.redeemed, 0) <> coalesce(b.redeemed, 0)
    """,
    "a pool's counters are those of its codes": """
        WITH told AS (
            SELECT definition_type, definition_id, sum(loaded) AS loaded, sum(given) AS given FROM allocation_tallies
            GROUP BY 1, 2
        ), held AS (
            SELECT definition_type, definition_id, count(*) AS loaded, count(allocated_at) AS given FROM allocations
            GROUP BY 1, 2
        )
        SELECT definition_type || ' ' || definition_id, coalesce(t.given, t.loaded), coalesce(h.given, h.loaded)
        FROM told t FULL JOIN held h USING (definition_type, definition_id)
        WHERE t.loaded IS DISTINCT FROM h.loaded OR t.given IS DISTINCT FROM h.given
    """,
    "a benefit's code was given to it": """
        SELECT 'code ' || a.id, a.allocated_id, NULL::numeric FROM allocations a
        WHERE a.allocated_type = 'benefit' AND NOT EXISTS (
            SELECT 1 FROM benefits b WHERE b.id = a.allocated_id AND b.benefit_definition_id = a.definition_id)
    """,
    "a deadline is that of a live lot with value, its owner's and at its moment": f"""
        WITH {LOTS}
        SELECT d.lot_kind || ' ' || d.lot_id, NULL::numeric, l.value_remaining
        FROM lot_deadlines d LEFT JOIN lots l ON l.kind = d.lot_kind AND l.id = d.lot_id
        WHERE l.id IS NULL OR NOT l.live OR l.value_remaining = 0 OR d.profile_id IS DISTINCT FROM l.profile_id
           OR d.at <> CASE d.step WHEN 'open' THEN l.opens_at ELSE coalesce(l.expires_at, 'infinity') END
    """,
    "nothing that can be spent, now or later, is called ended": f"""
        WITH {LOTS}
        SELECT kind || ' ' || id, value_remaining, 0 FROM lots
        WHERE phase = 'ended' AND live AND value_remaining <> 0
          AND (expires_at IS NULL OR expires_at >= date_trunc('second', omneo_now()))
    """,
}
_STATEMENTS = {
    rule: Statement(f"SELECT subject, stored, expected FROM ({query}) AS found (subject, stored, expected) LIMIT 100")
    for rule, query in RULES.items()
}


async def verify(session: Any) -> list[Difference]:
    """Every difference in the session's tenant, at most a hundred of each rule; none when the books balance."""
    return [
        Difference(rule, row.subject, row.stored, row.expected)
        for rule, statement in _STATEMENTS.items()
        for row in await session.rows(statement)
    ]
