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
        "locations",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_code", sa.Text(), nullable=True),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_permanently_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("country_iso_3", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=True),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_locations")),
    )
    op.create_index(
        "ix_locations_external_code", "locations", ["tenant_id", "external_code"], unique=False, postgresql_where=None
    )
    op.create_index(
        "uq_locations_external_id",
        "locations",
        ["tenant_id", "external_id_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_locations_handle",
        "locations",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
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
        "systems",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_systems")),
        sa.UniqueConstraint("tenant_id", "handle_key", name=op.f("uq_systems_tenant_id_handle_key")),
    )
    op.create_table(
        "tags",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tags")),
        sa.UniqueConstraint("tenant_id", "handle", name=op.f("uq_tags_tenant_id_handle")),
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
        "location_addresses",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address_line_1", sa.Text(), nullable=False),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("address_line_3", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("postcode", sa.Text(), nullable=False),
        sa.Column("country", sa.Text(), nullable=False),
        sa.Column("iso", sa.Text(), nullable=True),
        sa.Column("iso_state", sa.Text(), nullable=True),
        sa.Column("latitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("longitude", sa.Numeric(precision=9, scale=6), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_location_addresses_tenant_id_location_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_location_addresses")),
        sa.UniqueConstraint("tenant_id", "location_id", name=op.f("uq_location_addresses_tenant_id_location_id")),
    )
    op.create_table(
        "location_normal_hours",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("day_of_week", sa.Text(), nullable=False),
        sa.Column("open_at", sa.Time(), nullable=True),
        sa.Column("close_at", sa.Time(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_location_normal_hours_tenant_id_location_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_location_normal_hours")),
    )
    op.create_index(
        "ix_location_normal_hours_location",
        "location_normal_hours",
        ["tenant_id", "location_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "location_special_hours",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("is_repeating", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("open_at", sa.Time(), nullable=True),
        sa.Column("close_at", sa.Time(), nullable=True),
        sa.Column("start_at", sa.Date(), nullable=True),
        sa.Column("end_at", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_location_special_hours_tenant_id_location_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_location_special_hours")),
    )
    op.create_index(
        "ix_location_special_hours_location",
        "location_special_hours",
        ["tenant_id", "location_id"],
        unique=False,
        postgresql_where=None,
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
        "profiles",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("first_name", sa.Text(), server_default=sa.text("'Unknown'"), nullable=False),
        sa.Column("last_name", sa.Text(), server_default=sa.text("'Unknown'"), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("gender", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("joined_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=True),
        sa.Column("mobile_phone", sa.Text(), nullable=True),
        sa.Column("mobile_phone_country", sa.BigInteger(), nullable=True),
        sa.Column("mobile_phone_national", sa.Text(), nullable=True),
        sa.Column("mobile_phone_national_prefix", sa.Text(), nullable=True),
        sa.Column("secondary_phone", sa.Text(), nullable=True),
        sa.Column("birth_year", sa.SmallInteger(), nullable=True),
        sa.Column("birth_month", sa.SmallInteger(), nullable=True),
        sa.Column("birth_day", sa.SmallInteger(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("occupation", sa.Text(), nullable=True),
        sa.Column("avatar_url", sa.Text(), nullable=True),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("profile_type", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("type_before_deletion", sa.Text(), nullable=True),
        sa.Column("joined_location_id", sa.BigInteger(), nullable=True),
        sa.Column("preferred_location_id", sa.BigInteger(), nullable=True),
        sa.Column("joined_staff_id", sa.UUID(), nullable=True),
        sa.Column("preferred_staff_id", sa.UUID(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "joined_location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_profiles_tenant_id_joined_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "preferred_location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_profiles_tenant_id_preferred_location_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profiles")),
    )
    op.create_index(
        "ix_profiles_created_at",
        "profiles",
        ["tenant_id", "created_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL AND profile_type <> 'deleted'"),
    )
    op.create_index(
        "ix_profiles_updated_at", "profiles", ["tenant_id", "updated_at"], unique=False, postgresql_where=None
    )
    op.create_index(
        "uq_profiles_email",
        "profiles",
        ["tenant_id", "email"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_profiles_mobile_phone",
        "profiles",
        ["tenant_id", "mobile_phone"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "transactions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("total_original", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("rounding", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("margin", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("tender", sa.Text(), nullable=True),
        sa.Column("systems", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("transacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("fees", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("currency_id", sa.BigInteger(), nullable=True),
        sa.Column("currency_rate", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("currency_value", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("external_order_id", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("deliver_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payments", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_transactions_tenant_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_transactions")),
    )
    op.create_index(
        "ix_transactions_external_id",
        "transactions",
        ["tenant_id", "external_id_key"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_transactions_external_order",
        "transactions",
        ["tenant_id", "external_order_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_transactions_location",
        "transactions",
        ["tenant_id", "location_id", "transacted_at"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_transactions_order_number",
        "transactions",
        ["tenant_id", "order_number"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_transactions_transacted_at",
        "transactions",
        ["tenant_id", "transacted_at", "id"],
        unique=False,
        postgresql_where=None,
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
        "identities",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("identifier", sa.Text(), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("merged_from", sa.UUID(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.Column("identifier_key", sa.Text(), sa.Computed("lower(identifier)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_identities_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_identities")),
    )
    op.create_index(
        "ix_identities_identifier", "identities", ["tenant_id", "identifier_key"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_identities_profile", "identities", ["tenant_id", "profile_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "uq_identities_pair",
        "identities",
        ["tenant_id", "handle_key", "identifier_key"],
        unique=True,
        postgresql_where=sa.text("is_live"),
    )
    op.create_index(
        "uq_identities_primary",
        "identities",
        ["tenant_id", "profile_id"],
        unique=True,
        postgresql_where=sa.text("is_primary"),
    )
    op.create_table(
        "transaction_external_refs",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id_key", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transactions.tenant_id", "transactions.id"],
            name=op.f("fk_transaction_external_refs_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system", "external_id_key", name=op.f("pk_transaction_external_refs")),
    )
    op.create_index(
        "ix_transaction_external_refs_transaction",
        "transaction_external_refs",
        ["tenant_id", "transaction_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "transaction_items",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("price_current", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_sell", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_original", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_margin", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_tax", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("discounts", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("is_void", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("variant_external_id", sa.Text(), nullable=True),
        sa.Column("sent_variant_id", sa.BigInteger(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transactions.tenant_id", "transactions.id"],
            name=op.f("fk_transaction_items_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_transaction_items")),
    )
    op.create_index(
        "ix_transaction_items_transaction",
        "transaction_items",
        ["tenant_id", "transaction_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "transaction_states",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_id", sa.BigInteger(), nullable=True),
        sa.Column("transacted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("void_kind", sa.Text(), nullable=True),
        sa.Column("successor_id", sa.BigInteger(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("receipt_is_email", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("receipt_ref", sa.Text(), nullable=True),
        sa.Column("linked_receipt_ref", sa.Text(), nullable=True),
        sa.Column("receipt_email", sa.Text(), nullable=True),
        sa.Column("need_action", sa.Boolean(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("receipt_ref_key", sa.Text(), sa.Computed("lower(receipt_ref)", persisted=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_transaction_states_tenant_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transactions.tenant_id", "transactions.id"],
            name=op.f("fk_transaction_states_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "transaction_id", name=op.f("pk_transaction_states")),
    )
    op.create_index(
        "ix_transaction_states_profile",
        "transaction_states",
        ["tenant_id", "profile_id", "transacted_at", "transaction_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_transaction_states_receipt",
        "transaction_states",
        ["tenant_id", "receipt_ref_key"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "transaction_voids",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("successor_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transactions.tenant_id", "transactions.id"],
            name=op.f("fk_transaction_voids_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_transaction_voids")),
        sa.UniqueConstraint(
            "tenant_id", "transaction_id", "kind", name=op.f("uq_transaction_voids_tenant_id_transaction_id_kind")
        ),
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
    op.create_table(
        "transaction_item_annotations",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("item_id", sa.BigInteger(), nullable=False),
        sa.Column("product_variant_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("achievement_counted", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "item_id"],
            ["transaction_items.tenant_id", "transaction_items.id"],
            name=op.f("fk_transaction_item_annotations_tenant_id_item_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", name=op.f("pk_transaction_item_annotations")),
    )
    op.create_index(
        "ix_item_annotations_variant",
        "transaction_item_annotations",
        ["tenant_id", "product_variant_id"],
        unique=False,
        postgresql_where=None,
    )


def downgrade() -> None:

    op.drop_index("ix_item_annotations_variant", table_name="transaction_item_annotations", postgresql_where=None)
    op.drop_table("transaction_item_annotations")
    op.drop_table("token_usages")
    op.drop_table("transaction_voids")
    op.drop_index("ix_transaction_states_receipt", table_name="transaction_states", postgresql_where=None)
    op.drop_index("ix_transaction_states_profile", table_name="transaction_states", postgresql_where=None)
    op.drop_table("transaction_states")
    op.drop_index("ix_transaction_items_transaction", table_name="transaction_items", postgresql_where=None)
    op.drop_table("transaction_items")
    op.drop_index(
        "ix_transaction_external_refs_transaction", table_name="transaction_external_refs", postgresql_where=None
    )
    op.drop_table("transaction_external_refs")
    op.drop_index("uq_identities_primary", table_name="identities", postgresql_where=sa.text("is_primary"))
    op.drop_index("uq_identities_pair", table_name="identities", postgresql_where=sa.text("is_live"))
    op.drop_index("ix_identities_profile", table_name="identities", postgresql_where=None)
    op.drop_index("ix_identities_identifier", table_name="identities", postgresql_where=None)
    op.drop_table("identities")
    op.drop_index("ix_country_states_country", table_name="country_states", postgresql_where=None)
    op.drop_table("country_states")
    op.drop_index("ix_api_tokens_user", table_name="api_tokens", postgresql_where=None)
    op.drop_table("api_tokens")
    op.drop_table("user_roles")
    op.drop_index("ix_transactions_transacted_at", table_name="transactions", postgresql_where=None)
    op.drop_index("ix_transactions_order_number", table_name="transactions", postgresql_where=None)
    op.drop_index("ix_transactions_location", table_name="transactions", postgresql_where=None)
    op.drop_index("ix_transactions_external_order", table_name="transactions", postgresql_where=None)
    op.drop_index("ix_transactions_external_id", table_name="transactions", postgresql_where=None)
    op.drop_table("transactions")
    op.drop_index("uq_profiles_mobile_phone", table_name="profiles", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("uq_profiles_email", table_name="profiles", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_profiles_updated_at", table_name="profiles", postgresql_where=None)
    op.drop_index(
        "ix_profiles_created_at",
        table_name="profiles",
        postgresql_where=sa.text("deleted_at IS NULL AND profile_type <> 'deleted'"),
    )
    op.drop_table("profiles")
    op.drop_table("oauth_clients")
    op.drop_index("ix_location_special_hours_location", table_name="location_special_hours", postgresql_where=None)
    op.drop_table("location_special_hours")
    op.drop_index("ix_location_normal_hours_location", table_name="location_normal_hours", postgresql_where=None)
    op.drop_table("location_normal_hours")
    op.drop_table("location_addresses")
    op.drop_table("event_contexts")
    op.drop_index("ix_countries_region", table_name="countries", postgresql_where=None)
    op.drop_table("countries")
    op.drop_index("uq_users_email", table_name="users", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("users")
    op.drop_table("tenants")
    op.drop_table("tags")
    op.drop_table("systems")
    op.drop_table("subscriptions")
    op.drop_table("settings")
    op.drop_table("regions")
    op.drop_index("uq_locations_handle", table_name="locations", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("uq_locations_external_id", table_name="locations", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_locations_external_code", table_name="locations", postgresql_where=None)
    op.drop_table("locations")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys", postgresql_where=None)
    op.drop_table("idempotency_keys")
    op.drop_index("ix_events_profile", table_name="events", postgresql_where=None)
    op.drop_table("events")
    op.drop_index("uq_brands_handle", table_name="brands", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("brands")
    op.drop_index("ix_audits_profile", table_name="audits", postgresql_where=None)
    op.drop_table("audits")
