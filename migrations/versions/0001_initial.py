"""initial

Revises:
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from omneo_api.foundation import schema

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute("CREATE EXTENSION IF NOT EXISTS unaccent")
    for statement in (schema.ROLES, schema.FUNCTIONS, schema.COUNTERS, schema.queue_schema()):
        op.get_bind().exec_driver_sql(statement.replace("%", "%%"))

    op.create_table(
        "audits",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("auditable_type", sa.Text(), nullable=False),
        sa.Column("auditable_id", sa.BigInteger(), nullable=True),
        sa.Column("old_values", sa.Text(), nullable=False),
        sa.Column("new_values", sa.Text(), nullable=False),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("ip_address", sa.Text(), nullable=True),
        sa.Column("user_agent", sa.Text(), nullable=True),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("token_name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_audits")),
    )
    op.create_index("ix_audits_profile", "audits", ["tenant_id", "profile_id"], unique=False, postgresql_where=None)
    op.create_table(
        "brands",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_code", sa.Text(), nullable=True),
        sa.Column("is_system", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("internal_note", sa.Text(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_brands")),
    )
    op.create_index(
        "uq_brands_handle",
        "brands",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "events",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("entity_type", sa.Text(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("origin", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("token_name", sa.Text(), nullable=True),
        sa.Column("cause_chain", sa.ARRAY(sa.BigInteger()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("depth", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_events")),
    )
    op.create_index("ix_events_profile", "events", ["tenant_id", "profile_id"], unique=False, postgresql_where=None)
    op.create_table(
        "idempotency_keys",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("fingerprint", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "key", name=op.f("pk_idempotency_keys")),
    )
    op.create_index(
        "ix_idempotency_keys_created_at",
        "idempotency_keys",
        ["tenant_id", "created_at"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "regions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_regions")),
        sa.UniqueConstraint("tenant_id", "handle_key", name=op.f("uq_regions_tenant_id_handle_key")),
    )
    op.create_table(
        "settings",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("value", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("is_seeded", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_settings")),
        sa.UniqueConstraint("tenant_id", "handle_key", name=op.f("uq_settings_tenant_id_handle_key")),
    )
    op.create_table(
        "subscriptions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("subscriber_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "event", "kind", "subscriber_id", name=op.f("pk_subscriptions")),
    )
    op.create_table(
        "tenants",
        sa.Column("id", sa.Integer(), sa.Identity(always=False), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("is_test", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("clock_offset", sa.Interval(), server_default=sa.text("'0'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tenants")),
        sa.UniqueConstraint("handle", name=op.f("uq_tenants_handle")),
    )
    op.create_table(
        "users",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("throttle", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_users")),
    )
    op.create_index(
        "uq_users_email", "users", ["tenant_id", "email"], unique=True, postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.create_table(
        "countries",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("iso_2", sa.Text(), nullable=False),
        sa.Column("iso_3", sa.Text(), nullable=False),
        sa.Column("iso_numeric", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_countries_tenant_id_region_id"),
            ondelete="SET NULL (region_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_countries")),
        sa.UniqueConstraint("tenant_id", "iso_2", name=op.f("uq_countries_tenant_id_iso_2")),
        sa.UniqueConstraint("tenant_id", "iso_3", name=op.f("uq_countries_tenant_id_iso_3")),
    )
    op.create_index("ix_countries_region", "countries", ["tenant_id", "region_id"], unique=False, postgresql_where=None)
    op.create_table(
        "event_contexts",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("event_id", sa.BigInteger(), nullable=False),
        sa.Column("context", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "event_id"],
            ["events.tenant_id", "events.id"],
            name=op.f("fk_event_contexts_tenant_id_event_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "event_id", name=op.f("pk_event_contexts")),
    )
    op.create_table(
        "oauth_clients",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("secret_hash", sa.LargeBinary(), nullable=True),
        sa.Column("personal_access_client", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("password_client", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("revoked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"], ["users.tenant_id", "users.id"], name=op.f("fk_oauth_clients_tenant_id_user_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_oauth_clients")),
    )
    op.create_table(
        "user_roles",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_user_roles_tenant_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "role_id", name=op.f("pk_user_roles")),
    )
    op.create_table(
        "api_tokens",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("client_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("token_hash", sa.LargeBinary(), nullable=False),
        sa.Column("scopes", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("revoked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("refresh_hash", sa.LargeBinary(), nullable=True),
        sa.Column("refresh_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "client_id"],
            ["oauth_clients.tenant_id", "oauth_clients.id"],
            name=op.f("fk_api_tokens_tenant_id_client_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_api_tokens_tenant_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_api_tokens")),
        sa.UniqueConstraint("tenant_id", "refresh_hash", name=op.f("uq_api_tokens_tenant_id_refresh_hash")),
        sa.UniqueConstraint("tenant_id", "token_hash", name=op.f("uq_api_tokens_tenant_id_token_hash")),
    )
    op.create_index("ix_api_tokens_user", "api_tokens", ["tenant_id", "user_id"], unique=False, postgresql_where=None)
    op.create_table(
        "country_states",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("country_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("iso", sa.Text(), nullable=True),
        sa.Column("iso_2_country", sa.Text(), nullable=True),
        sa.Column("iso_2_country_state_code", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "country_id"],
            ["countries.tenant_id", "countries.id"],
            name=op.f("fk_country_states_tenant_id_country_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_country_states")),
    )
    op.create_index(
        "ix_country_states_country", "country_states", ["tenant_id", "country_id"], unique=False, postgresql_where=None
    )
    op.create_table(
        "token_usages",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("access_token_id", sa.Text(), nullable=False),
        sa.Column("last_used_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "access_token_id"],
            ["api_tokens.tenant_id", "api_tokens.id"],
            name=op.f("fk_token_usages_tenant_id_access_token_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_token_usages")),
        sa.UniqueConstraint("tenant_id", "access_token_id", name=op.f("uq_token_usages_tenant_id_access_token_id")),
    )


def downgrade() -> None:

    op.drop_table("token_usages")
    op.drop_index("ix_country_states_country", table_name="country_states", postgresql_where=None)
    op.drop_table("country_states")
    op.drop_index("ix_api_tokens_user", table_name="api_tokens", postgresql_where=None)
    op.drop_table("api_tokens")
    op.drop_table("user_roles")
    op.drop_table("oauth_clients")
    op.drop_table("event_contexts")
    op.drop_index("ix_countries_region", table_name="countries", postgresql_where=None)
    op.drop_table("countries")
    op.drop_index("uq_users_email", table_name="users", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("users")
    op.drop_table("tenants")
    op.drop_table("subscriptions")
    op.drop_table("settings")
    op.drop_table("regions")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys", postgresql_where=None)
    op.drop_table("idempotency_keys")
    op.drop_index("ix_events_profile", table_name="events", postgresql_where=None)
    op.drop_table("events")
    op.drop_index("uq_brands_handle", table_name="brands", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("brands")
    op.drop_index("ix_audits_profile", table_name="audits", postgresql_where=None)
    op.drop_table("audits")
