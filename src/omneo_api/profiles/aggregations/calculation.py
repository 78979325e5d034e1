"""The one statement that computes a profile's aggregations from its transactions (profiles 10).

Live transactions are those assigned to the profile whose state is not void. Where the contract leaves room:

- a window of 12 months ending at E holds what was bought after E minus 12 months: `transacted_at + 1 year > E`, so a
  purchase leaves it exactly once as E moves on;
- later of two transactions at the same moment is the one with the higher id; whatever ties (the most used location,
  the likeliest country) goes to what was seen in the latest transaction;
- a sale, for `discount_avg`, is a transaction with `total` of 0 or more and a positive undiscounted total, which is
  `total_original`, else `total` plus the amounts of its lines' discounts;
- a likely place's score is the share of all live transactions that were made there.
"""

from omneo_api.foundation.statements import Statement
from omneo_api.profiles.aggregations.dimensions import dimension_join, dimension_recency, next_join, next_recency
from omneo_api.profiles.aggregations.models import SHOWN, STORED

_DISCOUNT = """
    (SELECT sum(CASE jsonb_typeof(amount.value)
                WHEN 'number' THEN amount.value::numeric
                ELSE CASE WHEN amount.value #>> '{}' ~ '^[0-9]+([.][0-9]+)?$' THEN (amount.value #>> '{}')::numeric END
                END)
     FROM transaction_items i, jsonb_path_query(i.discounts, 'lax $.amount') AS amount (value)
     WHERE i.tenant_id = t.tenant_id AND i.transaction_id = t.id AND NOT i.is_void)
"""


def _brands(owned: str) -> str:
    """The brands of what was bought, as the catalogue tells them now."""
    return f"""
        SELECT s.profile_id, array_agg(DISTINCT p.brand ORDER BY p.brand) AS purchased_brands
        FROM transaction_states s
        JOIN transaction_items i ON i.tenant_id = s.tenant_id AND i.transaction_id = s.transaction_id
        JOIN transaction_item_annotations n ON n.tenant_id = i.tenant_id AND n.item_id = i.id
        JOIN product_variants v ON v.tenant_id = n.tenant_id AND v.id = n.product_variant_id
        JOIN products p ON p.tenant_id = v.tenant_id AND p.id = v.product_id
        WHERE s.profile_id {owned} AND s.void_kind IS NULL AND i.quantity > 0 AND NOT i.is_void AND p.brand IS NOT NULL
        GROUP BY s.profile_id
    """


def statement(owned: str) -> Statement:
    """The calculation for the profiles that `owned` admits; its rows are the ids of those whose shown facts changed.

    The caller holds the locks of the profiles, taken in a statement before this one.
    """
    return Statement(sql(owned))


def sql(owned: str) -> str:
    columns = ", ".join(STORED)
    row = ", ".join(f"a.{name}" for name in STORED)
    new = ", ".join(f"excluded.{name}" for name in STORED)
    sets = ", ".join(f"{name} = excluded.{name}" for name in STORED)
    before = ", ".join(f"o.{name}" for name in SHOWN)
    after = ", ".join(f"f.{name}" for name in SHOWN)
    return f"""
    WITH wanted AS (
        SELECT id AS profile_id, coalesce(joined_at, created_at) AS joined FROM profiles WHERE id {owned}
    ), purchase AS MATERIALIZED (
        SELECT s.profile_id, t.transacted_at AS at, t.transacted_at + interval '1 year' AS gone_at, t.location_id,
               t.currency_id, (t.transacted_at AT TIME ZONE t.timezone)::date AS day,
               CASE WHEN t.currency_rate IS NULL THEN t.total ELSE round(t.total * t.currency_rate, 2) END AS net,
               'pos' = ANY (lower(t.systems::text)::text[]) AS in_store,
               'web' = ANY (lower(t.systems::text)::text[]) AS online,
               t.total,
               CASE WHEN t.total < 0 THEN NULL
                    WHEN t.total_original IS NOT NULL THEN t.total_original
                    ELSE t.total + coalesce({_DISCOUNT}, 0) END AS undiscounted,
               row_number() OVER newest AS back, first_value(t.transacted_at) OVER newest AS latest
        FROM transaction_states s
        JOIN transactions t ON t.tenant_id = s.tenant_id AND t.id = s.transaction_id
        WHERE s.profile_id {owned} AND s.void_kind IS NULL
        WINDOW newest AS (PARTITION BY s.profile_id ORDER BY t.transacted_at DESC, t.id DESC)
    ), totals AS (
        SELECT profile_id, count(*) AS transactions, sum(net) AS spend, min(at) AS first_at, max(at) AS last_at,
               sum(net) FILTER (WHERE gone_at > latest) AS spend_12m,
               sum(net) FILTER (WHERE at <= omneo_now() AND gone_at > omneo_now()) AS spend_12m_now,
               least(min(gone_at) FILTER (WHERE at <= omneo_now() AND gone_at > omneo_now()),
                     min(at) FILTER (WHERE at > omneo_now())) AS spend_changes_at,
               count(*) FILTER (WHERE net > 0) AS sales,
               count(*) FILTER (WHERE net > 0 AND gone_at > latest) AS sales_12m,
               bool_or(in_store) AS in_store, bool_or(online) AS online,
               round(avg(greatest(0, least(100, (undiscounted - total) * 100 / undiscounted)))
                     FILTER (WHERE undiscounted > 0), 2) AS discount_avg,
               max(currency_id) FILTER (WHERE back = 1) AS currency_id,
               max(location_id) FILTER (WHERE back = 1) AS location_id
        FROM purchase GROUP BY profile_id
    ), shop_day AS (
        SELECT profile_id, day, sum(net) AS net,
               row_number() OVER (PARTITION BY profile_id ORDER BY day) AS nth,
               row_number() OVER (PARTITION BY profile_id ORDER BY day DESC) AS back
        FROM purchase GROUP BY profile_id, day
    ), days AS (
        SELECT profile_id, count(*) AS days, count(*) FILTER (WHERE net > 0) AS paid_days,
               min(day) AS first, max(day) AS latest,
               max(day) FILTER (WHERE nth = 2) AS second, max(day) FILTER (WHERE back = 2) AS previous,
               max(net) FILTER (WHERE back = 1) AS latest_spend,
               round((max(day) FILTER (WHERE net > 0) - min(day) FILTER (WHERE net > 0))::numeric
                     / nullif(count(*) FILTER (WHERE net > 0) - 1, 0), 1) AS gap,
               CASE WHEN count(*) >= 3 THEN round((max(day) - min(day))::numeric / count(*))::int END AS average
        FROM shop_day GROUP BY profile_id
    ), place AS MATERIALIZED (
        SELECT profile_id, location_id, count(*) AS times, sum(net) AS net, min(back) AS back,
               sum(net) FILTER (WHERE gone_at > latest) AS net_12m
        FROM purchase WHERE location_id IS NOT NULL GROUP BY profile_id, location_id
    ), places AS (
        SELECT profile_id,
               (array_agg(location_id ORDER BY times DESC, back))[1] AS most_transacted,
               (array_agg(location_id ORDER BY net DESC, back))[1] AS most_spend,
               (array_agg(location_id ORDER BY net_12m DESC, back) FILTER (WHERE net_12m IS NOT NULL))[1]
                   AS most_spend_12m,
               array_agg(location_id::text ORDER BY location_id) AS locations
        FROM place GROUP BY profile_id
    ), addressed AS MATERIALIZED (
        SELECT p.profile_id, p.times, p.back, a.country, a.iso, a.iso_state, upper(a.iso) AS code
        FROM place p JOIN location_addresses a ON a.location_id = p.location_id
    ), vote AS (
        SELECT a.profile_id, v.kind, v.value, sum(a.times) AS times, min(a.back) AS back
        FROM addressed a
        LEFT JOIN countries c2 ON c2.iso_2 = a.code
        LEFT JOIN countries c3 ON c3.iso_3 = a.code
        LEFT JOIN regions r ON r.id = coalesce(c2.region_id, c3.region_id)
        CROSS JOIN LATERAL
            (VALUES ('country', a.country), ('iso', a.iso), ('state', a.iso_state), ('region', r.handle))
            v (kind, value)
        WHERE v.value IS NOT NULL GROUP BY a.profile_id, v.kind, v.value
    ), elected AS (
        SELECT DISTINCT ON (profile_id, kind) profile_id, kind, value, times
        FROM vote ORDER BY profile_id, kind, times DESC, back
    ), likely AS (
        SELECT profile_id,
               max(value) FILTER (WHERE kind = 'country') AS country,
               max(times) FILTER (WHERE kind = 'country') AS countries,
               max(value) FILTER (WHERE kind = 'iso') AS iso, max(times) FILTER (WHERE kind = 'iso') AS isos,
               max(value) FILTER (WHERE kind = 'state') AS state, max(times) FILTER (WHERE kind = 'state') AS states,
               max(value) FILTER (WHERE kind = 'region') AS region, max(times) FILTER (WHERE kind = 'region') AS regions
        FROM elected GROUP BY profile_id
    ), brands AS ({_brands(owned)}
    ), fact AS (
        SELECT w.profile_id,
               d.gap AS shop_days,
               round(coalesce(t.spend_12m, 0), 2) AS spend_12m,
               round(coalesce(t.spend_12m_now, 0), 2) AS spend_12m_now,
               round(coalesce(t.spend, 0), 2) AS spend_all,
               round(coalesce(t.spend_12m / nullif(t.sales_12m, 0), 0), 2) AS spend_atv_12m,
               round(coalesce(t.spend / nullif(t.sales, 0), 0), 2) AS spend_atv_all,
               t.discount_avg,
               t.first_at AS spend_first_date, t.last_at AS spend_last_date,
               d.first AS first_shop_date, d.latest AS latest_shop_date,
               d.second AS second_shop_date, d.second - d.first AS second_shop_days,
               d.previous AS previous_shop_date, d.latest - d.previous AS latest_shop_days,
               d.average AS average_shop_days, coalesce(d.days, 0)::int AS total_shop_days,
               d.latest + 3 * d.average AS at_risk_date, coalesce(d.paid_days, 0)::int AS shop_count,
               CASE coalesce(d.paid_days, 0) WHEN 0 THEN 'F0' WHEN 1 THEN 'F1' WHEN 2 THEN 'F2'
                    ELSE CASE WHEN d.gap < 30 THEN 'FH' ELSE 'FL' END END AS dimension_frequency,
               {dimension_recency("t.last_at")} AS dimension_recency,
               {dimension_join("w.joined")} AS dimension_join,
               CASE WHEN t.in_store AND t.online THEN 'CM' WHEN t.in_store THEN 'CF' WHEN t.online THEN 'CO' END
                   AS channel,
               round(d.latest_spend, 2) AS latest_shop_spend,
               t.currency_id AS latest_shop_currency_id,
               coalesce(b.purchased_brands, '{{}}') AS purchased_brands,
               p.most_transacted AS most_transacted_location_id, t.location_id AS latest_transacted_location_id,
               p.most_spend AS most_spend_location_id, p.most_spend_12m AS most_spend_12m_location_id,
               coalesce(p.locations, '{{}}') AS transacted_locations,
               l.country AS likely_country, round(l.countries * 100 / t.transactions, 2) AS likely_country_score,
               l.iso AS likely_country_iso, round(l.isos * 100 / t.transactions, 2) AS likely_country_iso_score,
               l.state AS likely_state_iso, round(l.states * 100 / t.transactions, 2) AS likely_state_iso_score,
               l.region AS likely_region, round(l.regions * 100 / t.transactions, 2) AS likely_region_score,
               least(t.spend_changes_at, {next_recency("t.last_at")}, {next_join("w.joined")}) AS refresh_at,
               NULL::jsonb AS overrides
        FROM wanted w
        LEFT JOIN totals t ON t.profile_id = w.profile_id
        LEFT JOIN days d ON d.profile_id = w.profile_id
        LEFT JOIN places p ON p.profile_id = w.profile_id
        LEFT JOIN likely l ON l.profile_id = w.profile_id
        LEFT JOIN brands b ON b.profile_id = w.profile_id
    ), written AS (
        INSERT INTO profile_aggregations AS a (profile_id, {columns})
        SELECT profile_id, {columns} FROM fact
        ON CONFLICT (tenant_id, profile_id) DO UPDATE SET {sets}, updated_at = omneo_now()
        WHERE ({row}) IS DISTINCT FROM ({new})
        RETURNING a.profile_id
    )
    SELECT f.profile_id
    FROM written w
    JOIN fact f ON f.profile_id = w.profile_id
    LEFT JOIN profile_aggregations o ON o.profile_id = w.profile_id
    WHERE o.profile_id IS NULL OR o.overrides IS NOT NULL OR ({before}) IS DISTINCT FROM ({after})
    ORDER BY f.profile_id
    """
