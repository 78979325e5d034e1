"""Fills a benchmark database: one tenant with profiles, identities and purchases, made by set-based SQL in seconds."""

import psycopg

from omneo_api.platform import tenants

TENANT = "bench"
TOKEN = "bench-token-0123456789abcdef0123456789abcdef"

FILL = [
    (
        "profiles",
        """
        INSERT INTO profiles (id, first_name, last_name, email, joined_at, mobile_phone, mobile_phone_country,
                              mobile_phone_national, mobile_phone_national_prefix, birth_day, birth_month, birth_year,
                              tags, created_at)
        SELECT md5('profile' || n)::uuid, initcap(substr(md5('f' || n % 5000), 1, 6)), initcap(substr(md5('l' || n), 1, 8)),
               'customer' || n || '@example.com', omneo_now() - make_interval(days => n % 900),
               '+614' || lpad(n::text, 8, '0'), 61, '4' || lpad(n::text, 8, '0'), '04' || lpad(n::text, 8, '0'),
               n % 28 + 1, n % 12 + 1, 1950 + n % 50, ARRAY['vip', 'newsletter'],
               omneo_now() - make_interval(secs => %(profiles)s - n)
        FROM generate_series(1, %(profiles)s) AS n
        """,
    ),
    (
        "identities",
        """
        INSERT INTO identities (profile_id, handle, identifier, is_primary)
        SELECT md5('profile' || n)::uuid, 'loyalty-card', 'CARD-' || n, true FROM generate_series(1, %(profiles)s) AS n
        """,
    ),
    (
        "locations",
        """
        INSERT INTO locations (name, phone, external_id) SELECT 'Store ' || n, '03900000' || n, 'S' || n
        FROM generate_series(1, 20) AS n
        """,
    ),
    (
        "transactions",
        """
        WITH made AS (
            INSERT INTO transactions (external_id, total, systems, transacted_at, timezone, location_id, currency,
                                      currency_rate)
            SELECT 'T-' || n, n % 20000 / 100.0, '{pos}', omneo_now() - make_interval(mins => n), 'Australia/Melbourne',
                   (SELECT min(id) FROM locations) + n % 20, 'AUD', 1
            FROM generate_series(1, %(transactions)s) AS n
            RETURNING id, external_id, transacted_at, total
        ), stated AS (
            INSERT INTO transaction_states (transaction_id, profile_id, transacted_at, receipt_ref)
            SELECT id, md5('profile' || (substr(external_id, 3)::int %% %(profiles)s + 1))::uuid, transacted_at, external_id
            FROM made
        ), referred AS (
            INSERT INTO transaction_external_refs (system, external_id_key, transaction_id)
            SELECT 'pos', lower(external_id), id FROM made
        )
        INSERT INTO transaction_items (transaction_id, name, quantity, price_current, price_sell)
        SELECT id, 'Scarf', 1, total, total FROM made
        """,
    ),
]


def fill(url: str, profiles: int, transactions: int) -> None:
    """Makes the tenant and its rows, unless they are there."""
    if TENANT in [row[0] for row in tenants.list_tenants(url)]:
        return
    tenants.create_tenant(url, TENANT, "Benchmark", is_test=True, token=TOKEN)
    with psycopg.connect(url, autocommit=True) as connection:
        with tenants.acting_for(connection, TENANT):
            for _, statement in FILL:
                text = statement.replace(" % ", " %% ").replace("%%%%", "%%")
                connection.execute(text, {"profiles": profiles, "transactions": transactions})
        connection.execute("VACUUM ANALYZE")
