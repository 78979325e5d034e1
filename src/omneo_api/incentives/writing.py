"""What an account changed, as one statement: lots, their movements and their deadlines."""

from omneo_api.foundation.statements import Statement

MOVED = (
    "m_kind",
    "m_lot",
    "m_profile",
    "m_cause",
    "m_value",
    "m_remaining",
    "m_opens",
    "m_closes",
    "m_locked",
    "m_until",
    "m_live",
    "m_item",
)


def _update(table: str, kind: str) -> str:
    return f"""
        UPDATE {table} SET value_remaining = l.value, cycle = l.cycle,
            updated_at = CASE WHEN l.touched THEN :now::timestamptz ELSE {table}.updated_at END
        FROM l WHERE l.kind = '{kind}' AND {table}.id = l.id AND {table}.value_remaining = l.stored RETURNING 1
    """


WRITE = Statement(
    f"""
    WITH l AS MATERIALIZED (
        SELECT * FROM unnest(:kind::text[], :id::bigint[], :stored::numeric[], :value::numeric[], :cycle::int[],
                             :touched::bool[]) AS l (kind, id, stored, value, cycle, touched)
    ), changed_rewards AS ({_update("rewards", "reward")}),
    changed_points AS ({_update("points", "point")}),
    changed_credits AS ({_update("credits", "credit")}),
    moved AS (
        INSERT INTO movements (lot_kind, lot_id, profile_id, kind, value, remaining, opens_at, closes_at, locked,
                               locked_until, is_live, redemption_item_id, at)
        SELECT m.kind, m.lot, m.profile, m.cause, m.value, m.remaining, m.opens, m.closes, m.locked, m.until, m.live,
               m.item, :now::timestamptz
        FROM unnest(:m_kind::text[], :m_lot::bigint[], :m_profile::uuid[], :m_cause::text[], :m_value::numeric[],
                    :m_remaining::numeric[], :m_opens::timestamptz[], :m_closes::timestamptz[], :m_locked::bool[],
                    :m_until::timestamptz[], :m_live::bool[], :m_item::bigint[])
             WITH ORDINALITY AS m (kind, lot, profile, cause, value, remaining, opens, closes, locked, until, live,
                                   item, place)
        ORDER BY m.place
    ), d AS MATERIALIZED (
        SELECT * FROM unnest(:d_kind::text[], :d_lot::bigint[], :d_profile::uuid[], :d_step::text[],
                             :d_at::timestamptz[]) AS d (kind, lot, profile, step, at)
    ), over AS (
        DELETE FROM lot_deadlines o USING d WHERE d.step IS NULL AND o.lot_kind = d.kind AND o.lot_id = d.lot
    ), ahead AS (
        INSERT INTO lot_deadlines (lot_kind, lot_id, profile_id, step, at)
        SELECT kind, lot, profile, step, coalesce(at, 'infinity') FROM d WHERE step IS NOT NULL
        ON CONFLICT (tenant_id, lot_kind, lot_id)
        DO UPDATE SET profile_id = excluded.profile_id, step = excluded.step, at = excluded.at
    )
    SELECT (SELECT count(*) FROM changed_rewards) + (SELECT count(*) FROM changed_points)
         + (SELECT count(*) FROM changed_credits)
    """
)
