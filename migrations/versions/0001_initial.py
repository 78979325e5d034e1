"""The first tables."""

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
        "action_histories",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("actionable_type", sa.Text(), nullable=False),
        sa.Column("actionable_id", sa.BigInteger(), nullable=False),
        sa.Column("run_key", sa.Text(), nullable=False),
        sa.Column("event_id", sa.BigInteger(), nullable=True),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("entity", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), server_default=sa.text("'running'"), nullable=False),
        sa.Column("attempts", sa.SmallInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("plan", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("context", postgresql.JSON(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_action_histories")),
        sa.UniqueConstraint(
            "tenant_id",
            "actionable_type",
            "actionable_id",
            "run_key",
            name=op.f("uq_action_histories_tenant_id_actionable_type_actionable_id_run_key"),
        ),
    )
    op.create_index(
        "ix_action_histories_created_at",
        "action_histories",
        ["tenant_id", "created_at"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_action_histories_event", "action_histories", ["tenant_id", "event_id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_action_histories_parent",
        "action_histories",
        ["tenant_id", "parent_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "actions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("references_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_actions")),
        sa.UniqueConstraint(
            "tenant_id",
            "owner_type",
            "owner_id",
            "references_id",
            name=op.f("uq_actions_tenant_id_owner_type_owner_id_references_id"),
        ),
    )
    op.create_table(
        "allocation_tallies",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("definition_type", sa.Text(), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("loaded", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("given", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.PrimaryKeyConstraint(
            "tenant_id", "definition_type", "definition_id", "slot", name=op.f("pk_allocation_tallies")
        ),
    )
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
        "batches",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.UUID(), server_default=sa.text("gen_random_uuid()"), nullable=False),
        sa.Column("import_job_id", sa.BigInteger(), nullable=True),
        sa.Column("entity_type", sa.Text(), nullable=True),
        sa.Column("processor", sa.Text(), nullable=True),
        sa.Column("context", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("executed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("total_count", sa.Integer(), nullable=True),
        sa.Column("success_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("failed_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column(
            "processed_count", sa.Integer(), sa.Computed("success_count + failed_count", persisted=True), nullable=False
        ),
        sa.Column(
            "status",
            sa.Text(),
            sa.Computed(
                "CASE WHEN total_count IS NULL OR success_count + failed_count < total_count THEN 'pending' WHEN failed_count = 0 THEN 'success' ELSE 'failed' END",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_batches")),
    )
    op.create_index(
        "ix_batches_created_at", "batches", ["tenant_id", "created_at", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_batches_import_job",
        "batches",
        ["tenant_id", "import_job_id"],
        unique=False,
        postgresql_where=sa.text("import_job_id IS NOT NULL"),
    )
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
        sa.Column("name_key", sa.Text(), sa.Computed("lower(name)", persisted=True), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_brands")),
    )
    op.create_index(
        "ix_brands_name",
        "brands",
        ["tenant_id", "name_key"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_brands_handle",
        "brands",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "connection_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), server_default=sa.text("'other'"), nullable=False),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("shareable_attributes", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("cover", sa.Text(), nullable=True),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("tenant", sa.Text(), nullable=True),
        sa.Column("start_date_global", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_date_global", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_date_duration", sa.Integer(), nullable=True),
        sa.Column("connector_condition", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("connected_condition", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("connector_can_break", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("connected_can_break", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_pending", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_connection_definitions")),
    )
    op.create_index(
        "uq_connection_definitions_handle",
        "connection_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "currencies",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("from_code", sa.Text(), nullable=False),
        sa.Column("to_code", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=34, scale=20), nullable=False),
        sa.Column("is_system", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_currencies")),
        sa.UniqueConstraint(
            "tenant_id", "from_code", "to_code", name=op.f("uq_currencies_tenant_id_from_code_to_code")
        ),
    )
    op.create_table(
        "custom_field_versions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("is_index", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_custom_field_versions")),
    )
    op.create_index(
        "ix_custom_field_versions_key",
        "custom_field_versions",
        ["tenant_id", "owner_type", "namespace", "handle", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_custom_field_versions_owner",
        "custom_field_versions",
        ["tenant_id", "owner_type", "owner_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "custom_fields",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("owner_type", sa.Text(), nullable=False),
        sa.Column("owner_id", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), server_default=sa.text("'string'"), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("version", sa.Integer(), server_default=sa.text("1"), nullable=False),
        sa.Column("is_index", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_custom_fields")),
        sa.UniqueConstraint(
            "tenant_id",
            "owner_type",
            "owner_id",
            "namespace",
            "handle",
            name=op.f("uq_custom_fields_tenant_id_owner_type_owner_id_namespace_handle"),
        ),
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
        sa.Column("parent_history_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_events")),
    )
    op.create_index(
        "ix_events_parent_history",
        "events",
        ["tenant_id", "parent_history_id"],
        unique=False,
        postgresql_where=sa.text("parent_history_id IS NOT NULL"),
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
        "incentive_merges",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("source_id", sa.UUID(), nullable=False),
        sa.Column("destination_id", sa.UUID(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_incentive_merges")),
    )
    op.create_index(
        "ix_incentive_merges_destination",
        "incentive_merges",
        ["tenant_id", "destination_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_incentive_merges_source",
        "incentive_merges",
        ["tenant_id", "source_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "list_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("cover", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("allow_share", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allow_quantity", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allow_reserve", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allow_custom_product", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allow_new", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("allow_edit", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("allow_delete", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("reservation_period", sa.Integer(), nullable=True),
        sa.Column("reservation_period_type", sa.Text(), nullable=True),
        sa.Column("reservation_absolute_expiry", sa.Text(), nullable=True),
        sa.Column("reservation_reserved_target_id", sa.BigInteger(), nullable=True),
        sa.Column("reservation_notify_reserved_offset_days", sa.Integer(), nullable=True),
        sa.Column("reservation_notify_reserved_offset_hours", sa.Integer(), nullable=True),
        sa.Column("reservation_expiry_target_id", sa.BigInteger(), nullable=True),
        sa.Column("reservation_remind_target_id", sa.BigInteger(), nullable=True),
        sa.Column("reservation_notify_remind_offset_days", sa.Integer(), nullable=True),
        sa.Column("reservation_notify_remind_offset_hours", sa.Integer(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_list_definitions")),
    )
    op.create_index(
        "uq_list_definitions_handle",
        "list_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
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
        "lot_deadlines",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("lot_kind", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("lot_kind IN ('reward', 'point', 'credit')", name=op.f("ck_lot_deadlines_lot_kind")),
        sa.CheckConstraint("step IN ('open', 'end')", name=op.f("ck_lot_deadlines_step")),
        sa.PrimaryKeyConstraint("tenant_id", "lot_kind", "lot_id", name=op.f("pk_lot_deadlines")),
    )
    op.create_index(
        "ix_lot_deadlines_due",
        "lot_deadlines",
        ["tenant_id", "lot_kind", "step", "at"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_lot_deadlines_profile", "lot_deadlines", ["tenant_id", "profile_id"], unique=False, postgresql_where=None
    )
    op.create_table(
        "movements",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("lot_kind", sa.Text(), nullable=False),
        sa.Column("lot_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("remaining", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("opens_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closes_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("locked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_live", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("redemption_item_id", sa.BigInteger(), nullable=True),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('issue', 'redeem', 'reverse', 'refill', 'adjust', 'settle', 'terms', 'void')",
            name=op.f("ck_movements_kind"),
        ),
        sa.CheckConstraint("lot_kind = 'point' OR remaining >= 0", name=op.f("ck_movements_never_negative")),
        sa.CheckConstraint("lot_kind IN ('reward', 'point', 'credit')", name=op.f("ck_movements_lot_kind")),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_movements")),
    )
    op.create_index(
        "ix_movements_item",
        "movements",
        ["tenant_id", "redemption_item_id"],
        unique=False,
        postgresql_where=sa.text("redemption_item_id IS NOT NULL"),
    )
    op.create_index(
        "ix_movements_lot", "movements", ["tenant_id", "lot_kind", "lot_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_movements_profile", "movements", ["tenant_id", "profile_id", "at"], unique=False, postgresql_where=None
    )
    op.create_table(
        "pending_erasures",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("traces", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "profile_id", name=op.f("pk_pending_erasures")),
    )
    op.create_table(
        "permissions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False, start=5), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_permissions")),
        sa.UniqueConstraint("tenant_id", "handle_key", name=op.f("uq_permissions_tenant_id_handle_key")),
    )
    op.create_table(
        "product_categories",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("parent_id", sa.BigInteger(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "parent_id"],
            ["product_categories.tenant_id", "product_categories.id"],
            name=op.f("fk_product_categories_tenant_id_parent_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product_categories")),
        sa.UniqueConstraint("tenant_id", "handle_key", name=op.f("uq_product_categories_tenant_id_handle_key")),
    )
    op.create_table(
        "products",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'active'"), nullable=False),
        sa.Column("brand", sa.Text(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("web_url", sa.Text(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("images", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("systems", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("channels", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.Column("brand_key", sa.Text(), sa.Computed("lower(brand)", persisted=True), nullable=True),
        sa.Column("department_key", sa.Text(), sa.Computed("lower(department)", persisted=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_products")),
    )
    op.create_index(
        "ix_products_brand",
        "products",
        ["tenant_id", "brand_key"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_products_external_id",
        "products",
        ["tenant_id", "external_id_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_products_handle",
        "products",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "record_queue",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("payload", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("creates", sa.Boolean(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=True),
        sa.Column("token_name", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_record_queue")),
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
        "reminders",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=True),
        sa.Column("schedule_type", sa.Text(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("remind_at", sa.DateTime(), nullable=True),
        sa.Column("period_unit", sa.Text(), nullable=True),
        sa.Column("period_value", sa.Integer(), nullable=True),
        sa.Column("period_time_at", sa.Time(), nullable=True),
        sa.Column("repeat_unit", sa.Text(), nullable=True),
        sa.Column("repeat_value", sa.Integer(), nullable=True),
        sa.Column("repeat_time_at", sa.Time(), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("next_run_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("username", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reminders")),
    )
    op.create_index(
        "ix_reminders_due",
        "reminders",
        ["tenant_id", "next_run_at"],
        unique=False,
        postgresql_where=sa.text("is_active AND next_run_at IS NOT NULL"),
    )
    op.create_table(
        "roles",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("weight", sa.Integer(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_roles")),
        sa.UniqueConstraint("tenant_id", "handle_key", name=op.f("uq_roles_tenant_id_handle_key")),
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
        "statuses",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=True),
        sa.Column("group_handle", sa.Text(), nullable=True),
        sa.Column("group_name", sa.Text(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("period_type", sa.Text(), nullable=True),
        sa.Column("absolute_expiry", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("colour", sa.Text(), nullable=True),
        sa.Column("text_colour", sa.Text(), nullable=True),
        sa.Column("primary_colour", sa.Text(), nullable=True),
        sa.Column("secondary_colour", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("long_description", sa.Text(), nullable=True),
        sa.Column("terms_conditions", sa.Text(), nullable=True),
        sa.Column("earn_instructions", sa.Text(), nullable=True),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_statuses")),
    )
    op.create_index(
        "uq_statuses_handle",
        "statuses",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
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
        "triggers",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("trigger", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("last_reference", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_triggers")),
    )
    op.create_index(
        "ix_triggers_event", "triggers", ["tenant_id", "event"], unique=False, postgresql_where=sa.text("is_active")
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
        "validation_rules",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("rule_type", sa.Text(), nullable=False),
        sa.Column("applies_to", sa.Text(), nullable=False),
        sa.Column("pattern", sa.Text(), nullable=True),
        sa.Column("error_message", sa.Text(), nullable=True),
        sa.Column("priority", sa.Integer(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("effective_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("effective_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=True),
        sa.Column("updated_by", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_validation_rules")),
    )
    op.create_table(
        "achievement_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("display_level", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("display_option", sa.Text(), server_default=sa.text("'visible'"), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("long_description", sa.Text(), nullable=True),
        sa.Column("terms_conditions", sa.Text(), nullable=True),
        sa.Column("earn_instructions", sa.Text(), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("period", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("enable_annual_earn_cycle", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("revision", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_achievement_definitions_tenant_id_region_id"),
            ondelete="SET NULL (region_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_achievement_definitions")),
    )
    op.create_index(
        "uq_achievement_definitions_handle",
        "achievement_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "action_history_items",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("action_history_id", sa.BigInteger(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("action_id", sa.BigInteger(), nullable=False),
        sa.Column("handler", sa.Text(), nullable=False),
        sa.Column("arguments", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("result", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("made", sa.Text(), nullable=True),
        sa.Column("instance", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "action_history_id"],
            ["action_histories.tenant_id", "action_histories.id"],
            name=op.f("fk_action_history_items_tenant_id_action_history_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_action_history_items")),
        sa.UniqueConstraint(
            "tenant_id",
            "action_history_id",
            "position",
            name=op.f("uq_action_history_items_tenant_id_action_history_id_position"),
        ),
    )
    op.create_table(
        "batch_items",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("batch_id", sa.UUID(), nullable=False),
        sa.Column("entity_id", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("payload", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "batch_id"],
            ["batches.tenant_id", "batches.id"],
            name=op.f("fk_batch_items_tenant_id_batch_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_batch_items")),
    )
    op.create_index(
        "ix_batch_items_batch", "batch_items", ["tenant_id", "batch_id", "id"], unique=False, postgresql_where=None
    )
    op.create_table(
        "benefit_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("max_redemptions", sa.Integer(), server_default=sa.text("1"), nullable=True),
        sa.Column("max_global_redemptions", sa.Integer(), nullable=True),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("allow_user_redeem", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_claimable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_reclaimable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("claim_period_start_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_period_end_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claim_condition", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("claim_timeframe", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("view_condition", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("visibility_condition", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("campaign", sa.Text(), nullable=True),
        sa.Column("force_allocation", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("redeem_code_pos", sa.Text(), nullable=True),
        sa.Column("redeem_code_online", sa.Text(), nullable=True),
        sa.Column("redeem_instructions_store", sa.Text(), nullable=True),
        sa.Column("redeem_instructions_online", sa.Text(), nullable=True),
        sa.Column("notify_extend_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_extend_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("remind_target_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("period_type", sa.Text(), server_default=sa.text("'days'"), nullable=False),
        sa.Column("absolute_expiry", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("long_description", sa.Text(), nullable=True),
        sa.Column("terms_conditions", sa.Text(), nullable=True),
        sa.Column("earn_instructions", sa.Text(), nullable=True),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("is_extendable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_assignable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_reassignable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("issue_target_id", sa.BigInteger(), nullable=True),
        sa.Column("extend_target_id", sa.BigInteger(), nullable=True),
        sa.Column("notify_schedule_offset", sa.Integer(), nullable=True),
        sa.Column("notify_issue_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_issue_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("notify_remind_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_remind_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.CheckConstraint("max_redemptions >= 1", name=op.f("ck_benefit_definitions_redeemable_once_at_least")),
        sa.CheckConstraint(
            "value >= 0 AND period >= 0 AND max_global_redemptions >= 0",
            name=op.f("ck_benefit_definitions_not_negative"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_benefit_definitions_tenant_id_region_id"),
            ondelete="SET NULL (region_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_benefit_definitions")),
    )
    op.create_index(
        "ix_benefit_definitions_campaign",
        "benefit_definitions",
        ["tenant_id", "campaign"],
        unique=False,
        postgresql_where=sa.text("campaign IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_index(
        "uq_benefit_definitions_handle",
        "benefit_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
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
        "credit_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("release_period", sa.Integer(), nullable=True),
        sa.Column("release_period_type", sa.Text(), nullable=True),
        sa.Column("release_period_absolute_expiry", sa.Text(), nullable=True),
        sa.Column("is_releasable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("primary_colour", sa.Text(), nullable=True),
        sa.Column("secondary_colour", sa.Text(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("require_creator", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("require_assigned", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("require_security_code", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("credit_number_range_type", sa.Text(), nullable=True),
        sa.Column("credit_number_range_start", sa.Text(), nullable=True),
        sa.Column("credit_number_range_end", sa.Text(), nullable=True),
        sa.Column("credit_number_length", sa.SmallInteger(), nullable=True),
        sa.Column("security_code_type", sa.Text(), nullable=True),
        sa.Column("use_custom_numbers", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("release_target_id", sa.BigInteger(), nullable=True),
        sa.Column("remind_target_id", sa.BigInteger(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("max_value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("extend_days", sa.Integer(), nullable=True),
        sa.Column("expiry_target_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("period_type", sa.Text(), server_default=sa.text("'days'"), nullable=False),
        sa.Column("absolute_expiry", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("long_description", sa.Text(), nullable=True),
        sa.Column("terms_conditions", sa.Text(), nullable=True),
        sa.Column("earn_instructions", sa.Text(), nullable=True),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("is_extendable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_assignable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_reassignable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("issue_target_id", sa.BigInteger(), nullable=True),
        sa.Column("extend_target_id", sa.BigInteger(), nullable=True),
        sa.Column("notify_schedule_offset", sa.Integer(), nullable=True),
        sa.Column("notify_issue_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_issue_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("notify_remind_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_remind_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_credit_definitions_tenant_id_region_id"),
            ondelete="SET NULL (region_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credit_definitions")),
    )
    op.create_index(
        "uq_credit_definitions_handle",
        "credit_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "custom_products",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("sku", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_custom_products_tenant_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_custom_products")),
    )
    op.create_table(
        "departments",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("brand_id", sa.BigInteger(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_code", sa.Text(), nullable=True),
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
        sa.Column("name_key", sa.Text(), sa.Computed("lower(name)", persisted=True), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "brand_id"], ["brands.tenant_id", "brands.id"], name=op.f("fk_departments_tenant_id_brand_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_departments_tenant_id_location_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_departments")),
    )
    op.create_index(
        "ix_departments_brand",
        "departments",
        ["tenant_id", "brand_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_departments_location",
        "departments",
        ["tenant_id", "location_id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_departments_name",
        "departments",
        ["tenant_id", "name_key"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_departments_handle",
        "departments",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
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
    op.create_index(
        "ix_location_addresses_place",
        "location_addresses",
        ["tenant_id", "latitude", "longitude"],
        unique=False,
        postgresql_where=sa.text("latitude IS NOT NULL"),
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
        "point_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("is_reassignable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("issue_period", sa.Integer(), nullable=True),
        sa.Column("issue_period_type", sa.Text(), nullable=True),
        sa.Column("issue_absolute_expiry", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_point_definitions_tenant_id_region_id"),
            ondelete="SET NULL (region_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_point_definitions")),
    )
    op.create_index(
        "uq_point_definitions_handle",
        "point_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "product_variants",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_id", sa.BigInteger(), nullable=False),
        sa.Column("sku", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("barcode", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=True),
        sa.Column("web_url", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("position", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("price", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_discounted", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_comparison", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("price_cost", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("available_quantity", sa.BigInteger(), nullable=True),
        sa.Column("images", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("options", postgresql.JSONB(astext_type=sa.Text()), server_default=sa.text("'[]'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sku_key", sa.Text(), sa.Computed("lower(sku)", persisted=True), nullable=False),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.Column("barcode_key", sa.Text(), sa.Computed("lower(barcode)", persisted=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_product_variants_tenant_id_product_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product_variants")),
    )
    op.create_index(
        "ix_product_variants_barcode",
        "product_variants",
        ["tenant_id", "barcode_key"],
        unique=False,
        postgresql_where=sa.text("barcode IS NOT NULL"),
    )
    op.create_index(
        "ix_product_variants_external_id",
        "product_variants",
        ["tenant_id", "external_id_key"],
        unique=False,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_index(
        "ix_product_variants_product",
        "product_variants",
        ["tenant_id", "product_id", "position", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "uq_product_variants_sku",
        "product_variants",
        ["tenant_id", "sku_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
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
        sa.Column("purged_at", sa.DateTime(timezone=True), nullable=True),
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
        "ix_profiles_joined_staff",
        "profiles",
        ["tenant_id", "joined_staff_id"],
        unique=False,
        postgresql_where=sa.text("joined_staff_id IS NOT NULL"),
    )
    op.create_index(
        "ix_profiles_preferred_staff",
        "profiles",
        ["tenant_id", "preferred_staff_id"],
        unique=False,
        postgresql_where=sa.text("preferred_staff_id IS NOT NULL"),
    )
    op.create_index(
        "ix_profiles_secondary_phone",
        "profiles",
        ["tenant_id", "secondary_phone"],
        unique=False,
        postgresql_where=sa.text("secondary_phone IS NOT NULL"),
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
        "rates",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("rate", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("location", sa.Text(), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("country_iso_2", sa.Text(), nullable=True),
        sa.Column("profile_conditions", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("product_conditions", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("start_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_time", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issue_period", sa.BigInteger(), nullable=True),
        sa.Column("issue_period_type", sa.Text(), nullable=True),
        sa.Column("issue_absolute_expiry", sa.Text(), nullable=True),
        sa.Column("earn_instructions", sa.Text(), nullable=True),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("priority", sa.BigInteger(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.Column("code_key", sa.Text(), sa.Computed("lower(code)", persisted=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_rates_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_rates_tenant_id_region_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rates")),
    )
    op.create_index(
        "ix_rates_handle",
        "rates",
        ["tenant_id", "handle_key", "code_key"],
        unique=False,
        postgresql_where=sa.text("NOT is_archived"),
    )
    op.create_table(
        "reward_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("notify_issue_offset", sa.Integer(), nullable=True),
        sa.Column("notify_expiry_offset", sa.Integer(), nullable=True),
        sa.Column("notify_extend_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_extend_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("max_value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("extend_days", sa.Integer(), nullable=True),
        sa.Column("expiry_target_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("period", sa.Integer(), nullable=True),
        sa.Column("period_type", sa.Text(), server_default=sa.text("'days'"), nullable=False),
        sa.Column("absolute_expiry", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("long_description", sa.Text(), nullable=True),
        sa.Column("terms_conditions", sa.Text(), nullable=True),
        sa.Column("earn_instructions", sa.Text(), nullable=True),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("is_extendable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_assignable", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_reassignable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("issue_target_id", sa.BigInteger(), nullable=True),
        sa.Column("extend_target_id", sa.BigInteger(), nullable=True),
        sa.Column("notify_schedule_offset", sa.Integer(), nullable=True),
        sa.Column("notify_issue_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_issue_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("notify_remind_offset_days", sa.Integer(), nullable=True),
        sa.Column("notify_remind_offset_hour", sa.SmallInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.CheckConstraint(
            "value >= 0 AND period >= 0 AND max_value >= 0", name=op.f("ck_reward_definitions_not_negative")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_reward_definitions_tenant_id_region_id"),
            ondelete="SET NULL (region_id)",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_reward_definitions")),
    )
    op.create_index(
        "uq_reward_definitions_handle",
        "reward_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "role_permissions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("role_id", sa.SmallInteger(), nullable=False),
        sa.Column("permission_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "permission_id"],
            ["permissions.tenant_id", "permissions.id"],
            name=op.f("fk_role_permissions_tenant_id_permission_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "role_id"],
            ["roles.tenant_id", "roles.id"],
            name=op.f("fk_role_permissions_tenant_id_role_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "role_id", "permission_id", name=op.f("pk_role_permissions")),
    )
    op.create_table(
        "tier_definitions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("program", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("value_min", sa.BigInteger(), nullable=False),
        sa.Column("value_maintain", sa.BigInteger(), nullable=True),
        sa.Column("flagged_floor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_floor", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("next_id", sa.BigInteger(), nullable=True),
        sa.Column("prev_id", sa.BigInteger(), nullable=True),
        sa.Column("is_assignable", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("disable_credit", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("internal_notes", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("short_description", sa.Text(), nullable=True),
        sa.Column("long_description", sa.Text(), nullable=True),
        sa.Column("terms_conditions", sa.Text(), nullable=True),
        sa.Column("earn_instructions", sa.Text(), nullable=True),
        sa.Column("icon", sa.Text(), nullable=True),
        sa.Column("image_url", sa.Text(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("region_id", sa.BigInteger(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.CheckConstraint(
            "value_min >= 0 AND (value_maintain IS NULL OR value_maintain >= 0)",
            name=op.f("ck_tier_definitions_thresholds"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_tier_definitions_tenant_id_region_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tier_definitions")),
    )
    op.create_index(
        "ix_tier_definitions_region",
        "tier_definitions",
        ["tenant_id", "region_id"],
        unique=False,
        postgresql_where=sa.text("region_id IS NOT NULL"),
    )
    op.create_index(
        "uq_tier_definitions_handle",
        "tier_definitions",
        ["tenant_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_tier_definitions_value_min",
        "tier_definitions",
        ["tenant_id", "program", "value_min"],
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
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("external_order_id", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("deliver_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("payments", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.Column(
            "external_order_id_key", sa.Text(), sa.Computed("lower(external_order_id)", persisted=True), nullable=True
        ),
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
        ["tenant_id", "external_order_id_key"],
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
    op.create_table(
        "user_roles",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("role_id", sa.SmallInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "role_id"], ["roles.tenant_id", "roles.id"], name=op.f("fk_user_roles_tenant_id_role_id")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "user_id"],
            ["users.tenant_id", "users.id"],
            name=op.f("fk_user_roles_tenant_id_user_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "user_id", "role_id", name=op.f("pk_user_roles")),
    )
    op.create_index("ix_user_roles_role", "user_roles", ["tenant_id", "role_id"], unique=False, postgresql_where=None)
    op.create_table(
        "validation_rule_values",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("rule_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "rule_id"],
            ["validation_rules.tenant_id", "validation_rules.id"],
            name=op.f("fk_validation_rule_values_tenant_id_rule_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_validation_rule_values")),
    )
    op.create_index(
        "ix_validation_rule_values_rule",
        "validation_rule_values",
        ["tenant_id", "rule_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "achievement_levels",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("achievement_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("display_number", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("trigger", sa.BigInteger(), nullable=False),
        sa.Column("repeats", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("repeat_interval", sa.BigInteger(), nullable=True),
        sa.Column("allow_multiple_earn", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("NOT repeats OR repeat_interval IS NOT NULL", name=op.f("ck_achievement_levels_interval")),
        sa.CheckConstraint("trigger >= 1 AND repeat_interval >= 1", name=op.f("ck_achievement_levels_positive")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "achievement_definition_id"],
            ["achievement_definitions.tenant_id", "achievement_definitions.id"],
            name=op.f("fk_achievement_levels_tenant_id_achievement_definition_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_achievement_levels")),
    )
    op.create_index(
        "uq_achievement_levels_trigger",
        "achievement_levels",
        ["tenant_id", "achievement_definition_id", "trigger"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "achievement_points",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cycle", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_type", sa.Text(), nullable=True),
        sa.Column("source_id", sa.Text(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.CheckConstraint("count <> 0", name=op.f("ck_achievement_points_counts")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "definition_id"],
            ["achievement_definitions.tenant_id", "achievement_definitions.id"],
            name=op.f("fk_achievement_points_tenant_id_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_achievement_points_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_achievement_points")),
    )
    op.create_index(
        "ix_achievement_points_expiry",
        "achievement_points",
        ["tenant_id", "profile_id", "definition_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.create_index(
        "ix_achievement_points_profile",
        "achievement_points",
        ["tenant_id", "profile_id", "definition_id", sa.literal_column("issued_at DESC"), sa.literal_column("id DESC")],
        unique=False,
    )
    op.create_table(
        "allocations",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("definition_type", sa.Text(), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("valid_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("valid_to", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allocated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("allocated_type", sa.Text(), nullable=True),
        sa.Column("allocated_id", sa.BigInteger(), nullable=True),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.CheckConstraint(
            "definition_type IN ('benefit_definition', 'point_definition', 'reward_definition')",
            name=op.f("ck_allocations_definition_type"),
        ),
        sa.CheckConstraint("(allocated_id IS NULL) = (allocated_type IS NULL)", name=op.f("ck_allocations_instance")),
        sa.CheckConstraint(
            "allocated_id IS NULL OR allocated_at IS NOT NULL", name=op.f("ck_allocations_given_at_a_time")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_allocations_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_allocations")),
        sa.UniqueConstraint(
            "tenant_id",
            "definition_type",
            "definition_id",
            "code",
            name=op.f("uq_allocations_tenant_id_definition_type_definition_id_code"),
        ),
    )
    op.create_index(
        "ix_allocations_free",
        "allocations",
        ["tenant_id", "definition_type", "definition_id", "id"],
        unique=False,
        postgresql_where=sa.text("allocated_at IS NULL"),
    )
    op.create_index(
        "ix_allocations_profile",
        "allocations",
        ["tenant_id", "profile_id"],
        unique=False,
        postgresql_where=sa.text("profile_id IS NOT NULL"),
    )
    op.create_index(
        "uq_allocations_instance",
        "allocations",
        ["tenant_id", "allocated_type", "allocated_id"],
        unique=True,
        postgresql_where=sa.text("allocated_id IS NOT NULL"),
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
        "benefit_tallies",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("benefit_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("slot", sa.SmallInteger(), nullable=False),
        sa.Column("created", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("redeemed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "benefit_definition_id"],
            ["benefit_definitions.tenant_id", "benefit_definitions.id"],
            name=op.f("fk_benefit_tallies_tenant_id_benefit_definition_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "benefit_definition_id", "slot", name=op.f("pk_benefit_tallies")),
    )
    op.create_table(
        "benefits",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("benefit_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("phase", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("max_redemptions", sa.Integer(), nullable=True),
        sa.Column("redeemed", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("redeem_code_pos", sa.Text(), nullable=True),
        sa.Column("redeem_code_online", sa.Text(), nullable=True),
        sa.Column("is_combined", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("combine_meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("source_type", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("notify_issue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_extend_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_notified_issue", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_notified_remind", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_notified_extend", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.Column(
            "usable_until",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(expires_at, 'infinity'::timestamp with time zone)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("phase IN ('pending', 'open', 'ended')", name=op.f("ck_benefits_phase")),
        sa.CheckConstraint("redeemed >= 0 AND redeemed <= max_redemptions", name=op.f("ck_benefits_within_its_limit")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "benefit_definition_id"],
            ["benefit_definitions.tenant_id", "benefit_definitions.id"],
            name=op.f("fk_benefits_tenant_id_benefit_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_benefits_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_benefits")),
    )
    op.create_index(
        "ix_benefits_claims",
        "benefits",
        ["tenant_id", "profile_id", "benefit_definition_id"],
        unique=False,
        postgresql_where=sa.text("claimed_at IS NOT NULL"),
    )
    op.create_index(
        "ix_benefits_definition",
        "benefits",
        ["tenant_id", "benefit_definition_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_benefits_external_id",
        "benefits",
        ["tenant_id", "external_id_key"],
        unique=False,
        postgresql_where=sa.text("external_id_key IS NOT NULL"),
    )
    op.create_index(
        "ix_benefits_notify_extend",
        "benefits",
        ["tenant_id", "notify_extend_at"],
        unique=False,
        postgresql_where=sa.text("NOT has_notified_extend"),
    )
    op.create_index(
        "ix_benefits_notify_issue",
        "benefits",
        ["tenant_id", "notify_issue_at"],
        unique=False,
        postgresql_where=sa.text("NOT has_notified_issue"),
    )
    op.create_index(
        "ix_benefits_notify_remind",
        "benefits",
        ["tenant_id", "notify_remind_at"],
        unique=False,
        postgresql_where=sa.text("NOT has_notified_remind"),
    )
    op.create_index(
        "ix_benefits_open",
        "benefits",
        ["tenant_id", "profile_id", "usable_until"],
        unique=False,
        postgresql_where=sa.text("(max_redemptions IS NULL OR redeemed < max_redemptions) AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_benefits_profile", "benefits", ["tenant_id", "profile_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_benefits_source",
        "benefits",
        ["tenant_id", "source_type", "source_id"],
        unique=False,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.create_index(
        "ix_benefits_to_activate",
        "benefits",
        ["tenant_id", "issued_at"],
        unique=False,
        postgresql_where=sa.text("phase = 'pending' AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_benefits_to_expire",
        "benefits",
        ["tenant_id", "usable_until"],
        unique=False,
        postgresql_where=sa.text(
            "phase = 'open' AND (max_redemptions IS NULL OR redeemed < max_redemptions) AND deleted_at IS NULL"
        ),
    )
    op.create_index(
        "ix_benefits_unended",
        "benefits",
        ["tenant_id", "profile_id"],
        unique=False,
        postgresql_where=sa.text("phase <> 'ended' AND deleted_at IS NULL"),
    )
    op.create_table(
        "connections",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("is_mutual", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("connector_id", sa.UUID(), nullable=False),
        sa.Column("connected_id", sa.UUID(), nullable=False),
        sa.Column(
            "first_id",
            sa.UUID(),
            sa.Computed(
                "CASE WHEN is_mutual THEN least(connector_id, connected_id) ELSE connector_id END", persisted=True
            ),
            nullable=False,
        ),
        sa.Column(
            "second_id",
            sa.UUID(),
            sa.Computed(
                "CASE WHEN is_mutual THEN greatest(connector_id, connected_id) ELSE connected_id END", persisted=True
            ),
            nullable=False,
        ),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("connected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disconnected_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("disconnected_by", sa.Text(), nullable=True),
        sa.Column("is_published", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_archived", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("was_invalidated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_primary", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("sort_order", sa.Integer(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_id_type", sa.Text(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connected_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_connections_tenant_id_connected_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "connector_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_connections_tenant_id_connector_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "definition_id"],
            ["connection_definitions.tenant_id", "connection_definitions.id"],
            name=op.f("fk_connections_tenant_id_definition_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_connections")),
    )
    op.create_index(
        "ix_connections_connected",
        "connections",
        ["tenant_id", "connected_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_connections_connector",
        "connections",
        ["tenant_id", "connector_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "uq_connections_default",
        "connections",
        ["tenant_id", "definition_id", "connector_id"],
        unique=True,
        postgresql_where=sa.text("is_default AND deleted_at IS NULL"),
    )
    op.create_index(
        "uq_connections_open",
        "connections",
        ["tenant_id", "definition_id", "first_id", "second_id"],
        unique=True,
        postgresql_where=sa.text(
            "deleted_at IS NULL AND status NOT IN ('rejected', 'archived', 'break') AND ended_at IS NULL"
        ),
    )
    op.create_index(
        "uq_connections_primary",
        "connections",
        ["tenant_id", "definition_id", "connector_id"],
        unique=True,
        postgresql_where=sa.text("is_primary AND deleted_at IS NULL"),
    )
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
        "credit_number_sequences",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("credit_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("last_number", sa.Numeric(precision=40, scale=0), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_definition_id"],
            ["credit_definitions.tenant_id", "credit_definitions.id"],
            name=op.f("fk_credit_number_sequences_tenant_id_credit_definition_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "credit_definition_id", name=op.f("pk_credit_number_sequences")),
    )
    op.create_table(
        "credits",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("creator_profile_id", sa.UUID(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("credit_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("recipient_first_name", sa.Text(), nullable=True),
        sa.Column("recipient_email", sa.Text(), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("released_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("external_namespace", sa.Text(), nullable=True),
        sa.Column("credit_number", sa.Text(), nullable=True),
        sa.Column("security_code", sa.Text(), nullable=True),
        sa.Column("failed_codes", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("codes_blocked_until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("source_type", sa.Text(), nullable=True),
        sa.Column("locked", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("lock_expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("has_notified_issue", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_notified_expiry", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_notified_release", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_notified_remind", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("has_notified_extend", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("notify_issue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_expiry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_release_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_remind_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_extend_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("is_imported", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_system_generated", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("value_initial", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("value_remaining", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("cycle", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "usable_until",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(expires_at, 'infinity'::timestamp with time zone)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("value_remaining >= 0 AND value_initial > 0", name=op.f("ck_credits_never_negative")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "creator_profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_credits_tenant_id_creator_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "credit_definition_id"],
            ["credit_definitions.tenant_id", "credit_definitions.id"],
            name=op.f("fk_credits_tenant_id_credit_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_credits_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_credits_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_credits")),
        sa.UniqueConstraint("tenant_id", "credit_number", name=op.f("uq_credits_tenant_id_credit_number")),
    )
    op.create_index(
        "ix_credits_definition", "credits", ["tenant_id", "credit_definition_id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_credits_notify_expiry",
        "credits",
        ["tenant_id", "notify_expiry_at"],
        unique=False,
        postgresql_where=sa.text("notify_expiry_at IS NOT NULL AND NOT coalesce(has_notified_expiry, false)"),
    )
    op.create_index(
        "ix_credits_notify_extend",
        "credits",
        ["tenant_id", "notify_extend_at"],
        unique=False,
        postgresql_where=sa.text("notify_extend_at IS NOT NULL AND NOT coalesce(has_notified_extend, false)"),
    )
    op.create_index(
        "ix_credits_notify_issue",
        "credits",
        ["tenant_id", "notify_issue_at"],
        unique=False,
        postgresql_where=sa.text("notify_issue_at IS NOT NULL AND NOT coalesce(has_notified_issue, false)"),
    )
    op.create_index(
        "ix_credits_notify_release",
        "credits",
        ["tenant_id", "notify_release_at"],
        unique=False,
        postgresql_where=sa.text("notify_release_at IS NOT NULL AND NOT coalesce(has_notified_release, false)"),
    )
    op.create_index(
        "ix_credits_notify_remind",
        "credits",
        ["tenant_id", "notify_remind_at"],
        unique=False,
        postgresql_where=sa.text("notify_remind_at IS NOT NULL AND NOT coalesce(has_notified_remind, false)"),
    )
    op.create_index(
        "ix_credits_open",
        "credits",
        ["tenant_id", "profile_id", "usable_until"],
        unique=False,
        postgresql_where=sa.text("value_remaining > 0 AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_credits_profile", "credits", ["tenant_id", "profile_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_credits_recipient",
        "credits",
        ["tenant_id", "recipient_email"],
        unique=False,
        postgresql_where=sa.text("recipient_email IS NOT NULL"),
    )
    op.create_index(
        "uq_credits_external_id",
        "credits",
        ["tenant_id", "external_id", "external_namespace"],
        unique=True,
        postgresql_where=sa.text("external_namespace IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_table(
        "custom_attributes",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "value_text", sa.Text(), sa.Computed("left(lower(value #>> '{}'), 255)", persisted=True), nullable=True
        ),
        sa.Column(
            "value_number",
            sa.Numeric(),
            sa.Computed("CASE WHEN jsonb_typeof(value) = 'number' THEN value::numeric END", persisted=True),
            nullable=True,
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_custom_attributes_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_custom_attributes")),
        sa.UniqueConstraint("tenant_id", "profile_id", "namespace", "handle", name="uq_custom_attributes_key"),
    )
    op.create_index(
        "ix_custom_attributes_value",
        "custom_attributes",
        ["tenant_id", "namespace", "handle", "value_text"],
        unique=False,
        postgresql_where=None,
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
        "ledger_entries",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=True),
        sa.Column("cause", sa.Text(), nullable=False),
        sa.Column("occurrence", sa.BigInteger(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("dollar_value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("dollar_balance", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("point_value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("point_balance", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("point_dollar_value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_ledger_entries_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ledger_entries")),
        sa.UniqueConstraint(
            "tenant_id",
            "type",
            "subject_id",
            "cause",
            "occurrence",
            name=op.f("uq_ledger_entries_tenant_id_type_subject_id_cause_occurrence"),
        ),
    )
    op.create_index(
        "ix_ledger_entries_profile",
        "ledger_entries",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "location_profiles",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("assignment_type", sa.Text(), nullable=False),
        sa.Column("role_type", sa.Text(), nullable=True),
        sa.Column("is_default", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("starts_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ends_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("profile_external_id", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.BigInteger(), nullable=True),
        sa.Column("notes", sa.Text(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("excluded_service_handles", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_location_profiles_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_location_profiles_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_location_profiles")),
    )
    op.create_index(
        "ix_location_profiles_profile",
        "location_profiles",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_location_profiles_assignment",
        "location_profiles",
        ["tenant_id", "location_id", "profile_id", "assignment_type"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "uq_location_profiles_default",
        "location_profiles",
        ["tenant_id", "profile_id", "assignment_type"],
        unique=True,
        postgresql_where=sa.text("is_default AND deleted_at IS NULL"),
    )
    op.create_table(
        "orders",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("profile_id", sa.UUID(), nullable=True),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("total_original", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("rounding", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("margin", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("systems", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("is_void", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("transacted_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=False),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("payments", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("fees", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("receipt_is_email", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("receipt_ref", sa.Text(), nullable=True),
        sa.Column("receipt_email", sa.Text(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("currency_id", sa.BigInteger(), nullable=True),
        sa.Column("currency_rate", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("order_number", sa.Text(), nullable=True),
        sa.Column("due_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("deliver_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.Column("receipt_ref_key", sa.Text(), sa.Computed("lower(receipt_ref)", persisted=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_orders_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_orders_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_orders")),
    )
    op.create_index(
        "ix_orders_external_id", "orders", ["tenant_id", "external_id_key"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_orders_location",
        "orders",
        ["tenant_id", "location_id", "transacted_at"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_orders_order_number", "orders", ["tenant_id", "order_number"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_orders_profile",
        "orders",
        ["tenant_id", "profile_id", "transacted_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_orders_receipt", "orders", ["tenant_id", "receipt_ref_key"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_orders_transacted_at",
        "orders",
        ["tenant_id", "transacted_at", "id"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "points",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("point_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("linked_profile_id", sa.UUID(), nullable=True),
        sa.Column("accrued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("rate_id", sa.BigInteger(), nullable=True),
        sa.Column("rate", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("source_type", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("external_key", sa.Text(), nullable=True),
        sa.Column("value_initial", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("value_remaining", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("cycle", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column(
            "usable_until",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(expires_at, 'infinity'::timestamp with time zone)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint(
            "CASE WHEN value_initial > 0 THEN value_remaining BETWEEN 0 AND value_initial ELSE value_initial < 0 AND value_remaining BETWEEN value_initial AND 0 END",
            name=op.f("ck_points_one_sign"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "point_definition_id"],
            ["point_definitions.tenant_id", "point_definitions.id"],
            name=op.f("fk_points_tenant_id_point_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_points_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_points")),
    )
    op.create_index(
        "ix_points_definition", "points", ["tenant_id", "point_definition_id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_points_linked",
        "points",
        ["tenant_id", "linked_profile_id", "id"],
        unique=False,
        postgresql_where=sa.text("linked_profile_id IS NOT NULL"),
    )
    op.create_index(
        "ix_points_open",
        "points",
        ["tenant_id", "profile_id", "usable_until"],
        unique=False,
        postgresql_where=sa.text("value_remaining <> 0"),
    )
    op.create_index(
        "ix_points_profile", "points", ["tenant_id", "profile_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_points_source",
        "points",
        ["tenant_id", "source_type", "source_id"],
        unique=False,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.create_index(
        "uq_points_external_key",
        "points",
        ["tenant_id", "external_key"],
        unique=True,
        postgresql_where=sa.text("external_key IS NOT NULL"),
    )
    op.create_table(
        "product_lists",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("list_definition_id", sa.BigInteger(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("sort_order", sa.BigInteger(), nullable=True),
        sa.Column("custom_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handle_key", sa.Text(), sa.Computed("lower(handle)", persisted=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "list_definition_id"],
            ["list_definitions.tenant_id", "list_definitions.id"],
            name=op.f("fk_product_lists_tenant_id_list_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_product_lists_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_product_lists_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product_lists")),
    )
    op.create_index(
        "ix_product_lists_definition",
        "product_lists",
        ["tenant_id", "list_definition_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_product_lists_profile",
        "product_lists",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "uq_product_lists_handle",
        "product_lists",
        ["tenant_id", "profile_id", "handle_key"],
        unique=True,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_table(
        "profile_addresses",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("type", sa.Text(), nullable=True),
        sa.Column("phone", sa.Text(), nullable=True),
        sa.Column("address_line_1", sa.Text(), nullable=False),
        sa.Column("address_line_2", sa.Text(), nullable=True),
        sa.Column("address_line_3", sa.Text(), nullable=True),
        sa.Column("company", sa.Text(), nullable=True),
        sa.Column("city", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("postcode", sa.Text(), nullable=True),
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
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_addresses_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profile_addresses")),
    )
    op.create_index(
        "ix_profile_addresses_profile",
        "profile_addresses",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "uq_profile_addresses_default",
        "profile_addresses",
        ["tenant_id", "profile_id"],
        unique=True,
        postgresql_where=sa.text("is_default"),
    )
    op.create_index(
        "uq_profile_addresses_external_id",
        "profile_addresses",
        ["tenant_id", "profile_id", "external_id"],
        unique=True,
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.create_table(
        "profile_aggregations",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("shop_days", sa.Numeric(precision=9, scale=1), nullable=True),
        sa.Column("spend_12m", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("spend_12m_now", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("spend_all", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("spend_atv_12m", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("spend_atv_all", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("discount_avg", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("spend_first_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("spend_last_date", sa.DateTime(timezone=True), nullable=True),
        sa.Column("first_shop_date", sa.Date(), nullable=True),
        sa.Column("latest_shop_date", sa.Date(), nullable=True),
        sa.Column("second_shop_date", sa.Date(), nullable=True),
        sa.Column("second_shop_days", sa.Integer(), nullable=True),
        sa.Column("previous_shop_date", sa.Date(), nullable=True),
        sa.Column("latest_shop_days", sa.Integer(), nullable=True),
        sa.Column("average_shop_days", sa.Integer(), nullable=True),
        sa.Column("total_shop_days", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("at_risk_date", sa.Date(), nullable=True),
        sa.Column("shop_count", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("dimension_frequency", sa.Text(), nullable=True),
        sa.Column("dimension_recency", sa.Text(), nullable=True),
        sa.Column("dimension_join", sa.Text(), nullable=True),
        sa.Column("channel", sa.Text(), nullable=True),
        sa.Column("latest_shop_spend", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("latest_shop_currency_id", sa.BigInteger(), nullable=True),
        sa.Column("purchased_brands", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("most_transacted_location_id", sa.BigInteger(), nullable=True),
        sa.Column("latest_transacted_location_id", sa.BigInteger(), nullable=True),
        sa.Column("most_spend_location_id", sa.BigInteger(), nullable=True),
        sa.Column("most_spend_12m_location_id", sa.BigInteger(), nullable=True),
        sa.Column("transacted_locations", sa.ARRAY(sa.Text()), nullable=True),
        sa.Column("likely_country", sa.Text(), nullable=True),
        sa.Column("likely_country_score", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("likely_country_iso", sa.Text(), nullable=True),
        sa.Column("likely_country_iso_score", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("likely_state_iso", sa.Text(), nullable=True),
        sa.Column("likely_state_iso_score", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("likely_region", sa.Text(), nullable=True),
        sa.Column("likely_region_score", sa.Numeric(precision=5, scale=2), nullable=True),
        sa.Column("refresh_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overrides", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_aggregations_tenant_id_profile_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "profile_id", name=op.f("pk_profile_aggregations")),
    )
    op.create_index(
        "ix_profile_aggregations_refresh",
        "profile_aggregations",
        ["tenant_id", "refresh_at"],
        unique=False,
        postgresql_where=sa.text("refresh_at IS NOT NULL"),
    )
    op.create_table(
        "profile_appearances",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("hair_colour", sa.Text(), nullable=True),
        sa.Column("hair_length", sa.Text(), nullable=True),
        sa.Column("brow_colour", sa.Text(), nullable=True),
        sa.Column("eye_colour", sa.Text(), nullable=True),
        sa.Column("skin_type", sa.Text(), nullable=True),
        sa.Column("shape_body", sa.Text(), nullable=True),
        sa.Column("shape_face", sa.Text(), nullable=True),
        sa.Column("size_cup", sa.Text(), nullable=True),
        sa.Column("size_hat", sa.Text(), nullable=True),
        sa.Column("size_formal_jacket", sa.Text(), nullable=True),
        sa.Column("size_formal_jacket_length", sa.Text(), nullable=True),
        sa.Column("size_formal_shirt", sa.Text(), nullable=True),
        sa.Column("size_formal_shirt_fit", sa.Text(), nullable=True),
        sa.Column("size_formal_trouser", sa.Text(), nullable=True),
        sa.Column("size_formal_trouser_drop", sa.Text(), nullable=True),
        sa.Column("size_formal_trouser_leg", sa.Text(), nullable=True),
        sa.Column("size_jacket", sa.Text(), nullable=True),
        sa.Column("size_pant", sa.Text(), nullable=True),
        sa.Column("size_shoe", sa.Text(), nullable=True),
        sa.Column("size_type_age", sa.Text(), nullable=True),
        sa.Column("size_type_region", sa.Text(), nullable=True),
        sa.Column("size_top", sa.Text(), nullable=True),
        sa.Column("size_gloves", sa.Text(), nullable=True),
        sa.Column("size_swimwear_top", sa.Text(), nullable=True),
        sa.Column("size_swimwear_bottom", sa.Text(), nullable=True),
        sa.Column("size_swimwear_cup", sa.Text(), nullable=True),
        sa.Column("size_dress", sa.Text(), nullable=True),
        sa.Column("measurement_arm", sa.Text(), nullable=True),
        sa.Column("measurement_arm_inside", sa.Text(), nullable=True),
        sa.Column("measurement_bust", sa.Text(), nullable=True),
        sa.Column("measurement_chest", sa.Text(), nullable=True),
        sa.Column("measurement_foot_length", sa.Text(), nullable=True),
        sa.Column("measurement_head", sa.Text(), nullable=True),
        sa.Column("measurement_height", sa.Text(), nullable=True),
        sa.Column("measurement_hip", sa.Text(), nullable=True),
        sa.Column("measurement_leg_inside", sa.Text(), nullable=True),
        sa.Column("measurement_leg_outside", sa.Text(), nullable=True),
        sa.Column("measurement_neck", sa.Text(), nullable=True),
        sa.Column("measurement_neck_to_wrist", sa.Text(), nullable=True),
        sa.Column("measurement_shoulders", sa.Text(), nullable=True),
        sa.Column("measurement_waist", sa.Text(), nullable=True),
        sa.Column("measurement_weight", sa.Text(), nullable=True),
        sa.Column("measurement_hand_right_thumb", sa.Text(), nullable=True),
        sa.Column("measurement_hand_right_index", sa.Text(), nullable=True),
        sa.Column("measurement_hand_right_middle", sa.Text(), nullable=True),
        sa.Column("measurement_hand_right_ring", sa.Text(), nullable=True),
        sa.Column("measurement_hand_right_pinky", sa.Text(), nullable=True),
        sa.Column("measurement_hand_left_thumb", sa.Text(), nullable=True),
        sa.Column("measurement_hand_left_index", sa.Text(), nullable=True),
        sa.Column("measurement_hand_left_middle", sa.Text(), nullable=True),
        sa.Column("measurement_hand_left_ring", sa.Text(), nullable=True),
        sa.Column("measurement_hand_left_pinky", sa.Text(), nullable=True),
        sa.Column("measurement_ear_helix", sa.Text(), nullable=True),
        sa.Column("measurement_ear_forward_helix", sa.Text(), nullable=True),
        sa.Column("measurement_ear_flat", sa.Text(), nullable=True),
        sa.Column("measurement_ear_conch", sa.Text(), nullable=True),
        sa.Column("measurement_ear_tragus", sa.Text(), nullable=True),
        sa.Column("measurement_ear_lobe", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_appearances_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "profile_id", name=op.f("pk_profile_appearances")),
    )
    op.create_table(
        "profile_comms",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("email_verification", sa.Text(), server_default=sa.text("'not_sent'"), nullable=False),
        sa.Column("sms_verification", sa.Text(), server_default=sa.text("'not_sent'"), nullable=False),
        sa.Column("phone_verification", sa.Text(), server_default=sa.text("'not_sent'"), nullable=False),
        sa.Column("post_verification", sa.Text(), server_default=sa.text("'not_sent'"), nullable=False),
        sa.Column("email_consent_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sms_consent_updated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms_accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("terms_accepted_version", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("email_optout", sa.Boolean(), nullable=True),
        sa.Column("email_bounced", sa.Boolean(), nullable=True),
        sa.Column("email_promo", sa.Boolean(), nullable=True),
        sa.Column("email_discover", sa.Boolean(), nullable=True),
        sa.Column("email_benefits", sa.Boolean(), nullable=True),
        sa.Column("email_reminders", sa.Boolean(), nullable=True),
        sa.Column("email_account", sa.Boolean(), nullable=True),
        sa.Column("email_bookings", sa.Boolean(), nullable=True),
        sa.Column("email_feedback", sa.Boolean(), nullable=True),
        sa.Column("email_location", sa.Boolean(), nullable=True),
        sa.Column("email_service", sa.Boolean(), nullable=True),
        sa.Column("sms_optout", sa.Boolean(), nullable=True),
        sa.Column("sms_bounced", sa.Boolean(), nullable=True),
        sa.Column("sms_promo", sa.Boolean(), nullable=True),
        sa.Column("sms_discover", sa.Boolean(), nullable=True),
        sa.Column("sms_benefits", sa.Boolean(), nullable=True),
        sa.Column("sms_reminders", sa.Boolean(), nullable=True),
        sa.Column("sms_account", sa.Boolean(), nullable=True),
        sa.Column("sms_bookings", sa.Boolean(), nullable=True),
        sa.Column("sms_feedback", sa.Boolean(), nullable=True),
        sa.Column("sms_location", sa.Boolean(), nullable=True),
        sa.Column("sms_service", sa.Boolean(), nullable=True),
        sa.Column("push_optout", sa.Boolean(), nullable=True),
        sa.Column("push_bounced", sa.Boolean(), nullable=True),
        sa.Column("push_promo", sa.Boolean(), nullable=True),
        sa.Column("push_discover", sa.Boolean(), nullable=True),
        sa.Column("push_benefits", sa.Boolean(), nullable=True),
        sa.Column("push_reminders", sa.Boolean(), nullable=True),
        sa.Column("push_account", sa.Boolean(), nullable=True),
        sa.Column("push_bookings", sa.Boolean(), nullable=True),
        sa.Column("push_feedback", sa.Boolean(), nullable=True),
        sa.Column("push_location", sa.Boolean(), nullable=True),
        sa.Column("push_service", sa.Boolean(), nullable=True),
        sa.Column("phone_optout", sa.Boolean(), nullable=True),
        sa.Column("phone_bounced", sa.Boolean(), nullable=True),
        sa.Column("phone_promo", sa.Boolean(), nullable=True),
        sa.Column("phone_discover", sa.Boolean(), nullable=True),
        sa.Column("phone_benefits", sa.Boolean(), nullable=True),
        sa.Column("phone_reminders", sa.Boolean(), nullable=True),
        sa.Column("phone_account", sa.Boolean(), nullable=True),
        sa.Column("phone_bookings", sa.Boolean(), nullable=True),
        sa.Column("phone_feedback", sa.Boolean(), nullable=True),
        sa.Column("phone_location", sa.Boolean(), nullable=True),
        sa.Column("phone_service", sa.Boolean(), nullable=True),
        sa.Column("post_optout", sa.Boolean(), nullable=True),
        sa.Column("post_bounced", sa.Boolean(), nullable=True),
        sa.Column("post_promo", sa.Boolean(), nullable=True),
        sa.Column("post_discover", sa.Boolean(), nullable=True),
        sa.Column("post_benefits", sa.Boolean(), nullable=True),
        sa.Column("post_reminders", sa.Boolean(), nullable=True),
        sa.Column("post_account", sa.Boolean(), nullable=True),
        sa.Column("post_bookings", sa.Boolean(), nullable=True),
        sa.Column("post_feedback", sa.Boolean(), nullable=True),
        sa.Column("post_location", sa.Boolean(), nullable=True),
        sa.Column("post_service", sa.Boolean(), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_comms_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "profile_id", name=op.f("pk_profile_comms")),
    )
    op.create_table(
        "profile_dates",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("date", sa.Date(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("relationship", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("is_recurring", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("recurring_schedule", sa.Text(), nullable=True),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column(
            "relationship_key", sa.Text(), sa.Computed("coalesce(relationship, '')", persisted=True), nullable=False
        ),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_dates_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profile_dates")),
        sa.UniqueConstraint("tenant_id", "profile_id", "handle", "relationship_key", name="uq_profile_dates_key"),
    )
    op.create_table(
        "profile_normal_hours",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("day_of_week", sa.Text(), nullable=False),
        sa.Column("is_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("available_from", sa.Time(), nullable=True),
        sa.Column("available_until", sa.Time(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_normal_hours_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profile_normal_hours")),
        sa.UniqueConstraint(
            "tenant_id",
            "profile_id",
            "day_of_week",
            name=op.f("uq_profile_normal_hours_tenant_id_profile_id_day_of_week"),
        ),
    )
    op.create_table(
        "profile_regions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("region_id", sa.BigInteger(), nullable=False),
        sa.Column("country", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=True),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_regions_tenant_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "region_id"],
            ["regions.tenant_id", "regions.id"],
            name=op.f("fk_profile_regions_tenant_id_region_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profile_regions")),
        sa.UniqueConstraint(
            "tenant_id", "profile_id", "region_id", name=op.f("uq_profile_regions_tenant_id_profile_id_region_id")
        ),
    )
    op.create_index(
        "ix_profile_regions_region", "profile_regions", ["tenant_id", "region_id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "uq_profile_regions_active",
        "profile_regions",
        ["tenant_id", "profile_id"],
        unique=True,
        postgresql_where=sa.text("is_active"),
    )
    op.create_table(
        "profile_searches",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_searches_tenant_id_profile_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "profile_id", name=op.f("pk_profile_searches")),
    )
    op.create_index(
        "ix_profile_searches_words",
        "profile_searches",
        ["words"],
        unique=False,
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )
    op.create_table(
        "profile_special_hours",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("start_at", sa.Date(), nullable=False),
        sa.Column("end_at", sa.Date(), nullable=False),
        sa.Column("is_repeating", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_closed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("available_from", sa.Time(), nullable=True),
        sa.Column("available_until", sa.Time(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_special_hours_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profile_special_hours")),
    )
    op.create_index(
        "ix_profile_special_hours_profile",
        "profile_special_hours",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "profile_statuses",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("status_id", sa.BigInteger(), nullable=False),
        sa.Column("attached_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("expired_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("removed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_statuses_tenant_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "status_id"],
            ["statuses.tenant_id", "statuses.id"],
            name=op.f("fk_profile_statuses_tenant_id_status_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profile_statuses")),
    )
    op.create_index(
        "ix_profile_statuses_expiry",
        "profile_statuses",
        ["tenant_id", "expires_at"],
        unique=False,
        postgresql_where=sa.text("removed_at IS NULL AND expired_at IS NULL"),
    )
    op.create_index(
        "ix_profile_statuses_profile",
        "profile_statuses",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_profile_statuses_status",
        "profile_statuses",
        ["tenant_id", "status_id", "profile_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "uq_profile_statuses_held",
        "profile_statuses",
        ["tenant_id", "profile_id", "status_id"],
        unique=True,
        postgresql_where=sa.text("removed_at IS NULL"),
    )
    op.create_table(
        "redemptions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("total_localised", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("exchange_rate", sa.Numeric(precision=18, scale=8), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("original_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("transaction_external_id", sa.Text(), nullable=True),
        sa.Column("transaction_receipt_ref", sa.Text(), nullable=True),
        sa.Column("redeem_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column(
            "transaction_external_id_key",
            sa.Text(),
            sa.Computed("lower(transaction_external_id)", persisted=True),
            nullable=True,
        ),
        sa.Column(
            "transaction_receipt_ref_key",
            sa.Text(),
            sa.Computed("lower(transaction_receipt_ref)", persisted=True),
            nullable=True,
        ),
        sa.CheckConstraint("(type = 'redeem') = (original_id IS NULL)", name=op.f("ck_redemptions_original")),
        sa.CheckConstraint("type IN ('redeem', 'return', 'reversal')", name=op.f("ck_redemptions_type")),
        sa.CheckConstraint("total >= 0 AND total_localised >= 0", name=op.f("ck_redemptions_never_negative")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_redemptions_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "original_id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name=op.f("fk_redemptions_tenant_id_original_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_redemptions_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_redemptions")),
    )
    op.create_index(
        "ix_redemptions_external_id", "redemptions", ["tenant_id", "external_id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_redemptions_original",
        "redemptions",
        ["tenant_id", "original_id"],
        unique=False,
        postgresql_where=sa.text("original_id IS NOT NULL"),
    )
    op.create_index(
        "ix_redemptions_transaction_external_id",
        "redemptions",
        ["tenant_id", "transaction_external_id_key"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_redemptions_transaction_receipt_ref",
        "redemptions",
        ["tenant_id", "transaction_receipt_ref_key"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "uq_redemptions_reversal",
        "redemptions",
        ["tenant_id", "original_id"],
        unique=True,
        postgresql_where=sa.text("type = 'reversal'"),
    )
    op.create_table(
        "rewards",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("reward_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("timezone", sa.Text(), nullable=True),
        sa.Column("has_notified_issue", sa.Boolean(), nullable=True),
        sa.Column("has_notified_expiry", sa.Boolean(), nullable=True),
        sa.Column("has_notified_extend", sa.Boolean(), nullable=True),
        sa.Column("notify_issue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_expiry_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notify_extend_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("source_type", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("value_initial", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("value_remaining", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("currency", sa.Text(), nullable=True),
        sa.Column("cycle", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("expires_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("external_id_key", sa.Text(), sa.Computed("lower(external_id)", persisted=True), nullable=True),
        sa.Column(
            "usable_until",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(expires_at, 'infinity'::timestamp with time zone)", persisted=True),
            nullable=False,
        ),
        sa.CheckConstraint("expires_at IS NOT NULL", name=op.f("ck_rewards_expires")),
        sa.CheckConstraint("value_remaining >= 0 AND value_initial >= 0", name=op.f("ck_rewards_never_negative")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_rewards_tenant_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "reward_definition_id"],
            ["reward_definitions.tenant_id", "reward_definitions.id"],
            name=op.f("fk_rewards_tenant_id_reward_definition_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_rewards")),
    )
    op.create_index(
        "ix_rewards_definition", "rewards", ["tenant_id", "reward_definition_id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_rewards_notify_expiry",
        "rewards",
        ["tenant_id", "notify_expiry_at"],
        unique=False,
        postgresql_where=sa.text("notify_expiry_at IS NOT NULL AND NOT coalesce(has_notified_expiry, false)"),
    )
    op.create_index(
        "ix_rewards_notify_extend",
        "rewards",
        ["tenant_id", "notify_extend_at"],
        unique=False,
        postgresql_where=sa.text("notify_extend_at IS NOT NULL AND NOT coalesce(has_notified_extend, false)"),
    )
    op.create_index(
        "ix_rewards_notify_issue",
        "rewards",
        ["tenant_id", "notify_issue_at"],
        unique=False,
        postgresql_where=sa.text("notify_issue_at IS NOT NULL AND NOT coalesce(has_notified_issue, false)"),
    )
    op.create_index(
        "ix_rewards_open",
        "rewards",
        ["tenant_id", "profile_id", "usable_until"],
        unique=False,
        postgresql_where=sa.text("value_remaining > 0 AND deleted_at IS NULL"),
    )
    op.create_index(
        "ix_rewards_profile", "rewards", ["tenant_id", "profile_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_rewards_source",
        "rewards",
        ["tenant_id", "source_type", "source_id"],
        unique=False,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.create_index(
        "uq_rewards_external_id",
        "rewards",
        ["tenant_id", "external_id_key"],
        unique=True,
        postgresql_where=sa.text("external_id_key IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_table(
        "tier_points",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("point_definition_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("accrued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "issued_on", sa.Date(), sa.Computed("(timezone('UTC', issued_at))::date", persisted=True), nullable=False
        ),
        sa.Column(
            "counts_from",
            sa.DateTime(timezone=True),
            sa.Computed("greatest(issued_at, accrued_at)", persisted=True),
            nullable=False,
        ),
        sa.Column("source_type", sa.Text(), nullable=True),
        sa.Column("source_id", sa.BigInteger(), nullable=True),
        sa.Column("transaction_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("external_key", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("value <> 0", name=op.f("ck_tier_points_not_nothing")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "point_definition_id"],
            ["point_definitions.tenant_id", "point_definitions.id"],
            name=op.f("fk_tier_points_tenant_id_point_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_tier_points_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tier_points")),
    )
    op.create_index(
        "ix_tier_points_dated",
        "tier_points",
        ["tenant_id", "profile_id", "issued_on"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_tier_points_definition",
        "tier_points",
        ["tenant_id", "point_definition_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_tier_points_pending",
        "tier_points",
        ["tenant_id", "profile_id", "counts_from"],
        unique=False,
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.create_index(
        "ix_tier_points_profile", "tier_points", ["tenant_id", "profile_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_tier_points_source",
        "tier_points",
        ["tenant_id", "source_type", "source_id"],
        unique=False,
        postgresql_where=sa.text("source_id IS NOT NULL"),
    )
    op.create_index(
        "ix_tier_points_transaction",
        "tier_points",
        ["tenant_id", "transaction_id"],
        unique=False,
        postgresql_where=sa.text("transaction_id IS NOT NULL"),
    )
    op.create_index(
        "uq_tier_points_external_key",
        "tier_points",
        ["tenant_id", "external_key"],
        unique=True,
        postgresql_where=sa.text("external_key IS NOT NULL AND deleted_at IS NULL"),
    )
    op.create_table(
        "tier_standings",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("program", sa.BigInteger(), nullable=False),
        sa.Column("tier_id", sa.BigInteger(), nullable=True),
        sa.Column("cycle_on", sa.Date(), nullable=True),
        sa.Column("cycle_boundary_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("achieved_on", sa.Date(), nullable=True),
        sa.Column("achieved_boundary_id", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("maintained_on", sa.Date(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "anniversary_on",
            sa.Date(),
            sa.Computed("(cycle_on + interval '1 year')::date", persisted=True),
            nullable=True,
        ),
        sa.Column("is_placed", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_tier_standings_tenant_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "tier_id"],
            ["tier_definitions.tenant_id", "tier_definitions.id"],
            name=op.f("fk_tier_standings_tenant_id_tier_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_tier_standings")),
        sa.UniqueConstraint(
            "tenant_id", "profile_id", "program", name=op.f("uq_tier_standings_tenant_id_profile_id_program")
        ),
    )
    op.create_index(
        "ix_tier_standings_anniversary",
        "tier_standings",
        ["tenant_id", "anniversary_on"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_tier_standings_due",
        "tier_standings",
        ["tenant_id", "due_at", "id"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_index(
        "ix_tier_standings_tier",
        "tier_standings",
        ["tenant_id", "tier_id", "profile_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "transaction_claims",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("status", sa.Text(), server_default=sa.text("'pending'"), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("transaction_receipt_ref", sa.Text(), nullable=False),
        sa.Column("transaction_total", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("transaction_transacted_at", sa.DateTime(), nullable=True),
        sa.Column("transaction_timezone", sa.Text(), nullable=False),
        sa.Column("transaction_location_external_code", sa.Text(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("claimed_transaction_id", sa.BigInteger(), nullable=True),
        sa.Column("claimed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("last_checked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column(
            "receipt_ref_key", sa.Text(), sa.Computed("lower(transaction_receipt_ref)", persisted=True), nullable=False
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_transaction_claims_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_transaction_claims")),
    )
    op.create_index(
        "ix_transaction_claims_pending",
        "transaction_claims",
        ["tenant_id", "receipt_ref_key", "id"],
        unique=False,
        postgresql_where=sa.text("status = 'pending'"),
    )
    op.create_index(
        "ix_transaction_claims_profile",
        "transaction_claims",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_transaction_claims_transaction",
        "transaction_claims",
        ["tenant_id", "claimed_transaction_id"],
        unique=False,
        postgresql_where=sa.text("claimed_transaction_id IS NOT NULL"),
    )
    op.create_table(
        "transaction_currency_values",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=False),
        sa.Column("from_currency", sa.Text(), nullable=False),
        sa.Column("to_currency", sa.Text(), nullable=False),
        sa.Column("rate", sa.Numeric(precision=18, scale=8), nullable=False),
        sa.Column("total", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transactions.tenant_id", "transactions.id"],
            name=op.f("fk_transaction_currency_values_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_transaction_currency_values")),
    )
    op.create_index(
        "ix_transaction_currency_values_transaction",
        "transaction_currency_values",
        ["tenant_id", "transaction_id"],
        unique=False,
        postgresql_where=None,
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
        "ix_transaction_external_refs_external_id",
        "transaction_external_refs",
        ["tenant_id", "external_id_key"],
        unique=False,
        postgresql_where=None,
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
            ["tenant_id", "sent_variant_id"],
            ["product_variants.tenant_id", "product_variants.id"],
            name=op.f("fk_transaction_items_tenant_id_sent_variant_id"),
        ),
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
        "achievement_progress",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("as_of", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cycle", sa.DateTime(timezone=True), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("current_credit", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("prev_credit", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("used_score", sa.BigInteger(), server_default=sa.text("0"), nullable=False),
        sa.Column("current_level_id", sa.BigInteger(), nullable=True),
        sa.Column("current_number", sa.BigInteger(), nullable=True),
        sa.Column("current_trigger", sa.BigInteger(), nullable=True),
        sa.Column("prev_level_id", sa.BigInteger(), nullable=True),
        sa.Column("prev_number", sa.BigInteger(), nullable=True),
        sa.Column("prev_trigger", sa.BigInteger(), nullable=True),
        sa.Column("next_level_id", sa.BigInteger(), nullable=True),
        sa.Column("next_number", sa.BigInteger(), nullable=True),
        sa.Column("next_trigger", sa.BigInteger(), nullable=True),
        sa.Column("achieved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("anniversary_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column(
            "current_score",
            sa.BigInteger(),
            sa.Computed("greatest(0, current_credit + total)", persisted=True),
            nullable=False,
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "current_level_id"],
            ["achievement_levels.tenant_id", "achievement_levels.id"],
            name=op.f("fk_achievement_progress_tenant_id_current_level_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "definition_id"],
            ["achievement_definitions.tenant_id", "achievement_definitions.id"],
            name=op.f("fk_achievement_progress_tenant_id_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "next_level_id"],
            ["achievement_levels.tenant_id", "achievement_levels.id"],
            name=op.f("fk_achievement_progress_tenant_id_next_level_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "prev_level_id"],
            ["achievement_levels.tenant_id", "achievement_levels.id"],
            name=op.f("fk_achievement_progress_tenant_id_prev_level_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_achievement_progress_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_achievement_progress")),
        sa.UniqueConstraint(
            "tenant_id",
            "profile_id",
            "definition_id",
            name=op.f("uq_achievement_progress_tenant_id_profile_id_definition_id"),
        ),
    )
    op.create_index(
        "ix_achievement_progress_definition",
        "achievement_progress",
        ["tenant_id", "definition_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_achievement_progress_due",
        "achievement_progress",
        ["tenant_id", "due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
    op.create_table(
        "achievement_unlocks",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("definition_id", sa.BigInteger(), nullable=False),
        sa.Column("level_id", sa.BigInteger(), nullable=False),
        sa.Column("repetition", sa.BigInteger(), nullable=False),
        sa.Column("cycle", sa.DateTime(timezone=True), nullable=False),
        sa.Column("trigger", sa.BigInteger(), nullable=False),
        sa.Column("is_told", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "definition_id"],
            ["achievement_definitions.tenant_id", "achievement_definitions.id"],
            name=op.f("fk_achievement_unlocks_tenant_id_definition_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "level_id"],
            ["achievement_levels.tenant_id", "achievement_levels.id"],
            name=op.f("fk_achievement_unlocks_tenant_id_level_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_achievement_unlocks_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_achievement_unlocks")),
        sa.UniqueConstraint(
            "tenant_id",
            "profile_id",
            "definition_id",
            "level_id",
            "repetition",
            "cycle",
            name="uq_achievement_unlocks_once",
        ),
    )
    op.create_table(
        "interactions",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("identity_id", sa.BigInteger(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("signal", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("namespace", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=True),
        sa.Column("url", sa.Text(), nullable=True),
        sa.Column("duration", sa.Numeric(), nullable=True),
        sa.Column("latitude", sa.Numeric(), nullable=True),
        sa.Column("longitude", sa.Numeric(), nullable=True),
        sa.Column("interacted_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("interacted_type", sa.Text(), nullable=True),
        sa.Column("interacted_id", sa.Text(), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("product_variant_id", sa.BigInteger(), nullable=True),
        sa.Column("product_category_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("organisation_id", sa.BigInteger(), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "identity_id"],
            ["identities.tenant_id", "identities.id"],
            name=op.f("fk_interactions_tenant_id_identity_id"),
            ondelete="SET NULL (identity_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_interactions_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_category_id"],
            ["product_categories.tenant_id", "product_categories.id"],
            name=op.f("fk_interactions_tenant_id_product_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_interactions_tenant_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_variant_id"],
            ["product_variants.tenant_id", "product_variants.id"],
            name=op.f("fk_interactions_tenant_id_product_variant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_interactions_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_interactions")),
    )
    op.create_index(
        "ix_interactions_identity",
        "interactions",
        ["tenant_id", "identity_id"],
        unique=False,
        postgresql_where=sa.text("identity_id IS NOT NULL"),
    )
    op.create_index(
        "ix_interactions_object",
        "interactions",
        ["tenant_id", "interacted_type", "interacted_id"],
        unique=False,
        postgresql_where=sa.text("interacted_type IS NOT NULL"),
    )
    op.create_index(
        "ix_interactions_profile",
        "interactions",
        ["tenant_id", "profile_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "order_external_refs",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("system", sa.Text(), nullable=False),
        sa.Column("external_id_key", sa.Text(), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["orders.tenant_id", "orders.id"],
            name=op.f("fk_order_external_refs_tenant_id_order_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "system", "external_id_key", name=op.f("pk_order_external_refs")),
    )
    op.create_index(
        "ix_order_external_refs_external_id",
        "order_external_refs",
        ["tenant_id", "external_id_key"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_order_external_refs_order",
        "order_external_refs",
        ["tenant_id", "order_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "order_items",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("order_id", sa.BigInteger(), nullable=False),
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
        sa.Column("product_variant_id", sa.BigInteger(), nullable=True),
        sa.Column("department", sa.Text(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("tags", sa.ARRAY(sa.Text()), server_default=sa.text("'{}'"), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"], ["orders.tenant_id", "orders.id"], name=op.f("fk_order_items_tenant_id_order_id")
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_order_items")),
    )
    op.create_index(
        "ix_order_items_order", "order_items", ["tenant_id", "order_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_order_items_variant",
        "order_items",
        ["tenant_id", "product_variant_id"],
        unique=False,
        postgresql_where=sa.text("product_variant_id IS NOT NULL"),
    )
    op.create_table(
        "product_list_items",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_list_id", sa.BigInteger(), nullable=False),
        sa.Column("product_variant_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("product_category_id", sa.BigInteger(), nullable=True),
        sa.Column("custom_product_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.BigInteger(), server_default=sa.text("1"), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("location_id", sa.BigInteger(), nullable=True),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.CheckConstraint("quantity >= 1", name=op.f("ck_product_list_items_quantity")),
        sa.ForeignKeyConstraint(
            ["tenant_id", "custom_product_id"],
            ["custom_products.tenant_id", "custom_products.id"],
            name=op.f("fk_product_list_items_tenant_id_custom_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "location_id"],
            ["locations.tenant_id", "locations.id"],
            name=op.f("fk_product_list_items_tenant_id_location_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_category_id"],
            ["product_categories.tenant_id", "product_categories.id"],
            name=op.f("fk_product_list_items_tenant_id_product_category_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_product_list_items_tenant_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_list_id"],
            ["product_lists.tenant_id", "product_lists.id"],
            name=op.f("fk_product_list_items_tenant_id_product_list_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_variant_id"],
            ["product_variants.tenant_id", "product_variants.id"],
            name=op.f("fk_product_list_items_tenant_id_product_variant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product_list_items")),
    )
    op.create_index(
        "ix_product_list_items_list",
        "product_list_items",
        ["tenant_id", "product_list_id", "position", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_product_list_items_product",
        "product_list_items",
        ["tenant_id", "product_id"],
        unique=False,
        postgresql_where=sa.text("product_id IS NOT NULL"),
    )
    op.create_table(
        "product_list_shares",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_list_id", sa.BigInteger(), nullable=False),
        sa.Column("handle", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_list_id"],
            ["product_lists.tenant_id", "product_lists.id"],
            name=op.f("fk_product_list_shares_tenant_id_product_list_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product_list_shares")),
        sa.UniqueConstraint("tenant_id", "handle", name=op.f("uq_product_list_shares_tenant_id_handle")),
    )
    op.create_index(
        "ix_product_list_shares_list",
        "product_list_shares",
        ["tenant_id", "product_list_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "profile_date_links",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("attributes_date_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("relationship", sa.Text(), nullable=True),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "attributes_date_id"],
            ["profile_dates.tenant_id", "profile_dates.id"],
            name=op.f("fk_profile_date_links_tenant_id_attributes_date_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_profile_date_links_tenant_id_profile_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_profile_date_links")),
    )
    op.create_index(
        "ix_profile_date_links_date",
        "profile_date_links",
        ["tenant_id", "attributes_date_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_profile_date_links_profile",
        "profile_date_links",
        ["tenant_id", "profile_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "redemption_items",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("redemption_id", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.BigInteger(), nullable=False),
        sa.Column("value", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("dollar_value", sa.Numeric(precision=18, scale=4), nullable=False),
        sa.Column("count", sa.Numeric(precision=12, scale=0), nullable=True),
        sa.Column("original_item_id", sa.BigInteger(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.CheckConstraint("type IN ('reward', 'point', 'benefit', 'credit')", name=op.f("ck_redemption_items_type")),
        sa.CheckConstraint(
            "value >= 0 AND dollar_value >= 0 AND count > 0", name=op.f("ck_redemption_items_never_negative")
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "original_item_id"],
            ["redemption_items.tenant_id", "redemption_items.id"],
            name=op.f("fk_redemption_items_tenant_id_original_item_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "redemption_id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name=op.f("fk_redemption_items_tenant_id_redemption_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_redemption_items")),
    )
    op.create_index(
        "ix_redemption_items_original",
        "redemption_items",
        ["tenant_id", "original_item_id"],
        unique=False,
        postgresql_where=sa.text("original_item_id IS NOT NULL"),
    )
    op.create_index(
        "ix_redemption_items_redemption",
        "redemption_items",
        ["tenant_id", "redemption_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_redemption_items_subject",
        "redemption_items",
        ["tenant_id", "type", "subject_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "redemption_states",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("redemption_id", sa.BigInteger(), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=True),
        sa.Column("order_id", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_redemption_states_tenant_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "redemption_id"],
            ["redemptions.tenant_id", "redemptions.id"],
            name=op.f("fk_redemption_states_tenant_id_redemption_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "redemption_id", name=op.f("pk_redemption_states")),
    )
    op.create_index(
        "ix_redemption_states_order",
        "redemption_states",
        ["tenant_id", "order_id"],
        unique=False,
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index(
        "ix_redemption_states_profile",
        "redemption_states",
        ["tenant_id", "profile_id", "redemption_id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_redemption_states_transaction",
        "redemption_states",
        ["tenant_id", "transaction_id"],
        unique=False,
        postgresql_where=sa.text("transaction_id IS NOT NULL"),
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
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_variant_id"],
            ["product_variants.tenant_id", "product_variants.id"],
            name=op.f("fk_transaction_item_annotations_tenant_id_product_variant_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "item_id", name=op.f("pk_transaction_item_annotations")),
    )
    op.create_index(
        "ix_item_annotations_variant",
        "transaction_item_annotations",
        ["tenant_id", "product_variant_id"],
        unique=False,
        postgresql_where=sa.text("product_variant_id IS NOT NULL"),
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
        sa.Column("order_id", sa.BigInteger(), nullable=True),
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
        sa.Column("synced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("receipt_ref_key", sa.Text(), sa.Computed("lower(receipt_ref)", persisted=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "order_id"],
            ["orders.tenant_id", "orders.id"],
            name=op.f("fk_transaction_states_tenant_id_order_id"),
        ),
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
        "ix_transaction_states_order",
        "transaction_states",
        ["tenant_id", "order_id"],
        unique=False,
        postgresql_where=sa.text("order_id IS NOT NULL"),
    )
    op.create_index(
        "ix_transaction_states_profile",
        "transaction_states",
        ["tenant_id", "profile_id", "transacted_at", "transaction_id"],
        unique=False,
        postgresql_include=["void_kind"],
    )
    op.create_index(
        "ix_transaction_states_receipt",
        "transaction_states",
        ["tenant_id", "receipt_ref_key"],
        unique=False,
        postgresql_where=None,
    )
    op.create_index(
        "ix_transaction_states_transacted_at",
        "transaction_states",
        ["tenant_id", "transacted_at", "transaction_id"],
        unique=False,
        postgresql_include=["void_kind"],
    )
    op.create_table(
        "product_list_purchases",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("product_list_item_id", sa.BigInteger(), nullable=False),
        sa.Column("transaction_item_id", sa.BigInteger(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_list_item_id"],
            ["product_list_items.tenant_id", "product_list_items.id"],
            name=op.f("fk_product_list_purchases_tenant_id_product_list_item_id"),
            ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_item_id"],
            ["transaction_items.tenant_id", "transaction_items.id"],
            name=op.f("fk_product_list_purchases_tenant_id_transaction_item_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_product_list_purchases")),
        sa.UniqueConstraint(
            "tenant_id",
            "transaction_item_id",
            "product_list_item_id",
            name=op.f("uq_product_list_purchases_tenant_id_transaction_item_id_product_list_item_id"),
        ),
    )
    op.create_index(
        "ix_product_list_purchases_item",
        "product_list_purchases",
        ["tenant_id", "product_list_item_id", "id"],
        unique=False,
        postgresql_where=None,
    )
    op.create_table(
        "ratings",
        sa.Column(
            "tenant_id", sa.Integer(), server_default=sa.text("omneo_tenant()"), autoincrement=False, nullable=False
        ),
        sa.Column("id", sa.BigInteger(), sa.Identity(always=False), nullable=False),
        sa.Column("profile_id", sa.UUID(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("transaction_id", sa.BigInteger(), nullable=True),
        sa.Column("product_id", sa.BigInteger(), nullable=True),
        sa.Column("product_variant_id", sa.BigInteger(), nullable=True),
        sa.Column("interaction_id", sa.BigInteger(), nullable=True),
        sa.Column("staff_id", sa.UUID(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("status", sa.Text(), nullable=True),
        sa.Column("score_type", sa.Text(), nullable=True),
        sa.Column("score", sa.Numeric(precision=18, scale=4), nullable=True),
        sa.Column("namespace", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("requires_action", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_public", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("is_active", sa.Boolean(), server_default=sa.text("true"), nullable=False),
        sa.Column("meta", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), server_default=sa.text("omneo_now()"), nullable=False),
        sa.Column("deleted_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["tenant_id", "interaction_id"],
            ["interactions.tenant_id", "interactions.id"],
            name=op.f("fk_ratings_tenant_id_interaction_id"),
            ondelete="SET NULL (interaction_id)",
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_id"],
            ["products.tenant_id", "products.id"],
            name=op.f("fk_ratings_tenant_id_product_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "product_variant_id"],
            ["product_variants.tenant_id", "product_variants.id"],
            name=op.f("fk_ratings_tenant_id_product_variant_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "profile_id"],
            ["profiles.tenant_id", "profiles.id"],
            name=op.f("fk_ratings_tenant_id_profile_id"),
        ),
        sa.ForeignKeyConstraint(
            ["tenant_id", "transaction_id"],
            ["transactions.tenant_id", "transactions.id"],
            name=op.f("fk_ratings_tenant_id_transaction_id"),
        ),
        sa.PrimaryKeyConstraint("tenant_id", "id", name=op.f("pk_ratings")),
    )
    op.create_index(
        "ix_ratings_interaction",
        "ratings",
        ["tenant_id", "interaction_id"],
        unique=False,
        postgresql_where=sa.text("interaction_id IS NOT NULL"),
    )
    op.create_index(
        "ix_ratings_product",
        "ratings",
        ["tenant_id", "product_id"],
        unique=False,
        postgresql_where=sa.text("product_id IS NOT NULL"),
    )
    op.create_index(
        "ix_ratings_profile", "ratings", ["tenant_id", "profile_id", "id"], unique=False, postgresql_where=None
    )
    op.create_index(
        "ix_ratings_staff",
        "ratings",
        ["tenant_id", "staff_id"],
        unique=False,
        postgresql_where=sa.text("staff_id IS NOT NULL"),
    )
    op.create_index(
        "ix_ratings_transaction",
        "ratings",
        ["tenant_id", "transaction_id"],
        unique=False,
        postgresql_where=sa.text("transaction_id IS NOT NULL"),
    )
    op.create_index(
        "ix_ratings_variant",
        "ratings",
        ["tenant_id", "product_variant_id"],
        unique=False,
        postgresql_where=sa.text("product_variant_id IS NOT NULL"),
    )


def downgrade() -> None:

    op.drop_index(
        "ix_ratings_variant", table_name="ratings", postgresql_where=sa.text("product_variant_id IS NOT NULL")
    )
    op.drop_index(
        "ix_ratings_transaction", table_name="ratings", postgresql_where=sa.text("transaction_id IS NOT NULL")
    )
    op.drop_index("ix_ratings_staff", table_name="ratings", postgresql_where=sa.text("staff_id IS NOT NULL"))
    op.drop_index("ix_ratings_profile", table_name="ratings", postgresql_where=None)
    op.drop_index("ix_ratings_product", table_name="ratings", postgresql_where=sa.text("product_id IS NOT NULL"))
    op.drop_index(
        "ix_ratings_interaction", table_name="ratings", postgresql_where=sa.text("interaction_id IS NOT NULL")
    )
    op.drop_table("ratings")
    op.drop_index("ix_product_list_purchases_item", table_name="product_list_purchases", postgresql_where=None)
    op.drop_table("product_list_purchases")
    op.drop_index(
        "ix_transaction_states_transacted_at", table_name="transaction_states", postgresql_include=["void_kind"]
    )
    op.drop_index("ix_transaction_states_receipt", table_name="transaction_states", postgresql_where=None)
    op.drop_index("ix_transaction_states_profile", table_name="transaction_states", postgresql_include=["void_kind"])
    op.drop_index(
        "ix_transaction_states_order", table_name="transaction_states", postgresql_where=sa.text("order_id IS NOT NULL")
    )
    op.drop_table("transaction_states")
    op.drop_index(
        "ix_item_annotations_variant",
        table_name="transaction_item_annotations",
        postgresql_where=sa.text("product_variant_id IS NOT NULL"),
    )
    op.drop_table("transaction_item_annotations")
    op.drop_table("token_usages")
    op.drop_index(
        "ix_redemption_states_transaction",
        table_name="redemption_states",
        postgresql_where=sa.text("transaction_id IS NOT NULL"),
    )
    op.drop_index("ix_redemption_states_profile", table_name="redemption_states", postgresql_where=None)
    op.drop_index(
        "ix_redemption_states_order", table_name="redemption_states", postgresql_where=sa.text("order_id IS NOT NULL")
    )
    op.drop_table("redemption_states")
    op.drop_index("ix_redemption_items_subject", table_name="redemption_items", postgresql_where=None)
    op.drop_index("ix_redemption_items_redemption", table_name="redemption_items", postgresql_where=None)
    op.drop_index(
        "ix_redemption_items_original",
        table_name="redemption_items",
        postgresql_where=sa.text("original_item_id IS NOT NULL"),
    )
    op.drop_table("redemption_items")
    op.drop_index("ix_profile_date_links_profile", table_name="profile_date_links", postgresql_where=None)
    op.drop_index("ix_profile_date_links_date", table_name="profile_date_links", postgresql_where=None)
    op.drop_table("profile_date_links")
    op.drop_index("ix_product_list_shares_list", table_name="product_list_shares", postgresql_where=None)
    op.drop_table("product_list_shares")
    op.drop_index(
        "ix_product_list_items_product",
        table_name="product_list_items",
        postgresql_where=sa.text("product_id IS NOT NULL"),
    )
    op.drop_index("ix_product_list_items_list", table_name="product_list_items", postgresql_where=None)
    op.drop_table("product_list_items")
    op.drop_index(
        "ix_order_items_variant", table_name="order_items", postgresql_where=sa.text("product_variant_id IS NOT NULL")
    )
    op.drop_index("ix_order_items_order", table_name="order_items", postgresql_where=None)
    op.drop_table("order_items")
    op.drop_index("ix_order_external_refs_order", table_name="order_external_refs", postgresql_where=None)
    op.drop_index("ix_order_external_refs_external_id", table_name="order_external_refs", postgresql_where=None)
    op.drop_table("order_external_refs")
    op.drop_index("ix_interactions_profile", table_name="interactions", postgresql_where=None)
    op.drop_index(
        "ix_interactions_object", table_name="interactions", postgresql_where=sa.text("interacted_type IS NOT NULL")
    )
    op.drop_index(
        "ix_interactions_identity", table_name="interactions", postgresql_where=sa.text("identity_id IS NOT NULL")
    )
    op.drop_table("interactions")
    op.drop_table("achievement_unlocks")
    op.drop_index(
        "ix_achievement_progress_due", table_name="achievement_progress", postgresql_where=sa.text("due_at IS NOT NULL")
    )
    op.drop_index("ix_achievement_progress_definition", table_name="achievement_progress", postgresql_where=None)
    op.drop_table("achievement_progress")
    op.drop_table("transaction_voids")
    op.drop_index("ix_transaction_items_transaction", table_name="transaction_items", postgresql_where=None)
    op.drop_table("transaction_items")
    op.drop_index(
        "ix_transaction_external_refs_transaction", table_name="transaction_external_refs", postgresql_where=None
    )
    op.drop_index(
        "ix_transaction_external_refs_external_id", table_name="transaction_external_refs", postgresql_where=None
    )
    op.drop_table("transaction_external_refs")
    op.drop_index(
        "ix_transaction_currency_values_transaction", table_name="transaction_currency_values", postgresql_where=None
    )
    op.drop_table("transaction_currency_values")
    op.drop_index(
        "ix_transaction_claims_transaction",
        table_name="transaction_claims",
        postgresql_where=sa.text("claimed_transaction_id IS NOT NULL"),
    )
    op.drop_index("ix_transaction_claims_profile", table_name="transaction_claims", postgresql_where=None)
    op.drop_index(
        "ix_transaction_claims_pending", table_name="transaction_claims", postgresql_where=sa.text("status = 'pending'")
    )
    op.drop_table("transaction_claims")
    op.drop_index("ix_tier_standings_tier", table_name="tier_standings", postgresql_where=None)
    op.drop_index("ix_tier_standings_due", table_name="tier_standings", postgresql_where=sa.text("due_at IS NOT NULL"))
    op.drop_index("ix_tier_standings_anniversary", table_name="tier_standings", postgresql_where=None)
    op.drop_table("tier_standings")
    op.drop_index(
        "uq_tier_points_external_key",
        table_name="tier_points",
        postgresql_where=sa.text("external_key IS NOT NULL AND deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_tier_points_transaction", table_name="tier_points", postgresql_where=sa.text("transaction_id IS NOT NULL")
    )
    op.drop_index("ix_tier_points_source", table_name="tier_points", postgresql_where=sa.text("source_id IS NOT NULL"))
    op.drop_index("ix_tier_points_profile", table_name="tier_points", postgresql_where=None)
    op.drop_index("ix_tier_points_pending", table_name="tier_points", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_tier_points_definition", table_name="tier_points", postgresql_where=None)
    op.drop_index("ix_tier_points_dated", table_name="tier_points", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("tier_points")
    op.drop_index(
        "uq_rewards_external_id",
        table_name="rewards",
        postgresql_where=sa.text("external_id_key IS NOT NULL AND deleted_at IS NULL"),
    )
    op.drop_index("ix_rewards_source", table_name="rewards", postgresql_where=sa.text("source_id IS NOT NULL"))
    op.drop_index("ix_rewards_profile", table_name="rewards", postgresql_where=None)
    op.drop_index(
        "ix_rewards_open", table_name="rewards", postgresql_where=sa.text("value_remaining > 0 AND deleted_at IS NULL")
    )
    op.drop_index(
        "ix_rewards_notify_issue",
        table_name="rewards",
        postgresql_where=sa.text("notify_issue_at IS NOT NULL AND NOT coalesce(has_notified_issue, false)"),
    )
    op.drop_index(
        "ix_rewards_notify_extend",
        table_name="rewards",
        postgresql_where=sa.text("notify_extend_at IS NOT NULL AND NOT coalesce(has_notified_extend, false)"),
    )
    op.drop_index(
        "ix_rewards_notify_expiry",
        table_name="rewards",
        postgresql_where=sa.text("notify_expiry_at IS NOT NULL AND NOT coalesce(has_notified_expiry, false)"),
    )
    op.drop_index("ix_rewards_definition", table_name="rewards", postgresql_where=None)
    op.drop_table("rewards")
    op.drop_index("uq_redemptions_reversal", table_name="redemptions", postgresql_where=sa.text("type = 'reversal'"))
    op.drop_index("ix_redemptions_transaction_receipt_ref", table_name="redemptions", postgresql_where=None)
    op.drop_index("ix_redemptions_transaction_external_id", table_name="redemptions", postgresql_where=None)
    op.drop_index(
        "ix_redemptions_original", table_name="redemptions", postgresql_where=sa.text("original_id IS NOT NULL")
    )
    op.drop_index("ix_redemptions_external_id", table_name="redemptions", postgresql_where=None)
    op.drop_table("redemptions")
    op.drop_index(
        "uq_profile_statuses_held", table_name="profile_statuses", postgresql_where=sa.text("removed_at IS NULL")
    )
    op.drop_index("ix_profile_statuses_status", table_name="profile_statuses", postgresql_where=None)
    op.drop_index("ix_profile_statuses_profile", table_name="profile_statuses", postgresql_where=None)
    op.drop_index(
        "ix_profile_statuses_expiry",
        table_name="profile_statuses",
        postgresql_where=sa.text("removed_at IS NULL AND expired_at IS NULL"),
    )
    op.drop_table("profile_statuses")
    op.drop_index("ix_profile_special_hours_profile", table_name="profile_special_hours", postgresql_where=None)
    op.drop_table("profile_special_hours")
    op.drop_index(
        "ix_profile_searches_words",
        table_name="profile_searches",
        postgresql_using="gin",
        postgresql_ops={"words": "gin_trgm_ops"},
    )
    op.drop_table("profile_searches")
    op.drop_index("uq_profile_regions_active", table_name="profile_regions", postgresql_where=sa.text("is_active"))
    op.drop_index("ix_profile_regions_region", table_name="profile_regions", postgresql_where=None)
    op.drop_table("profile_regions")
    op.drop_table("profile_normal_hours")
    op.drop_table("profile_dates")
    op.drop_table("profile_comms")
    op.drop_table("profile_appearances")
    op.drop_index(
        "ix_profile_aggregations_refresh",
        table_name="profile_aggregations",
        postgresql_where=sa.text("refresh_at IS NOT NULL"),
    )
    op.drop_table("profile_aggregations")
    op.drop_index(
        "uq_profile_addresses_external_id",
        table_name="profile_addresses",
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.drop_index(
        "uq_profile_addresses_default", table_name="profile_addresses", postgresql_where=sa.text("is_default")
    )
    op.drop_index("ix_profile_addresses_profile", table_name="profile_addresses", postgresql_where=None)
    op.drop_table("profile_addresses")
    op.drop_index("uq_product_lists_handle", table_name="product_lists", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_product_lists_profile", table_name="product_lists", postgresql_where=None)
    op.drop_index("ix_product_lists_definition", table_name="product_lists", postgresql_where=None)
    op.drop_table("product_lists")
    op.drop_index("uq_points_external_key", table_name="points", postgresql_where=sa.text("external_key IS NOT NULL"))
    op.drop_index("ix_points_source", table_name="points", postgresql_where=sa.text("source_id IS NOT NULL"))
    op.drop_index("ix_points_profile", table_name="points", postgresql_where=None)
    op.drop_index("ix_points_open", table_name="points", postgresql_where=sa.text("value_remaining <> 0"))
    op.drop_index("ix_points_linked", table_name="points", postgresql_where=sa.text("linked_profile_id IS NOT NULL"))
    op.drop_index("ix_points_definition", table_name="points", postgresql_where=None)
    op.drop_table("points")
    op.drop_index("ix_orders_transacted_at", table_name="orders", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_orders_receipt", table_name="orders", postgresql_where=None)
    op.drop_index("ix_orders_profile", table_name="orders", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_orders_order_number", table_name="orders", postgresql_where=None)
    op.drop_index("ix_orders_location", table_name="orders", postgresql_where=None)
    op.drop_index("ix_orders_external_id", table_name="orders", postgresql_where=None)
    op.drop_table("orders")
    op.drop_index(
        "uq_location_profiles_default",
        table_name="location_profiles",
        postgresql_where=sa.text("is_default AND deleted_at IS NULL"),
    )
    op.drop_index(
        "uq_location_profiles_assignment",
        table_name="location_profiles",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_location_profiles_profile", table_name="location_profiles", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("location_profiles")
    op.drop_index("ix_ledger_entries_profile", table_name="ledger_entries", postgresql_where=None)
    op.drop_table("ledger_entries")
    op.drop_index("uq_identities_primary", table_name="identities", postgresql_where=sa.text("is_primary"))
    op.drop_index("uq_identities_pair", table_name="identities", postgresql_where=sa.text("is_live"))
    op.drop_index("ix_identities_profile", table_name="identities", postgresql_where=None)
    op.drop_index("ix_identities_identifier", table_name="identities", postgresql_where=None)
    op.drop_table("identities")
    op.drop_index("ix_custom_attributes_value", table_name="custom_attributes", postgresql_where=None)
    op.drop_table("custom_attributes")
    op.drop_index(
        "uq_credits_external_id",
        table_name="credits",
        postgresql_where=sa.text("external_namespace IS NOT NULL AND deleted_at IS NULL"),
    )
    op.drop_index("ix_credits_recipient", table_name="credits", postgresql_where=sa.text("recipient_email IS NOT NULL"))
    op.drop_index("ix_credits_profile", table_name="credits", postgresql_where=None)
    op.drop_index(
        "ix_credits_open", table_name="credits", postgresql_where=sa.text("value_remaining > 0 AND deleted_at IS NULL")
    )
    op.drop_index(
        "ix_credits_notify_remind",
        table_name="credits",
        postgresql_where=sa.text("notify_remind_at IS NOT NULL AND NOT coalesce(has_notified_remind, false)"),
    )
    op.drop_index(
        "ix_credits_notify_release",
        table_name="credits",
        postgresql_where=sa.text("notify_release_at IS NOT NULL AND NOT coalesce(has_notified_release, false)"),
    )
    op.drop_index(
        "ix_credits_notify_issue",
        table_name="credits",
        postgresql_where=sa.text("notify_issue_at IS NOT NULL AND NOT coalesce(has_notified_issue, false)"),
    )
    op.drop_index(
        "ix_credits_notify_extend",
        table_name="credits",
        postgresql_where=sa.text("notify_extend_at IS NOT NULL AND NOT coalesce(has_notified_extend, false)"),
    )
    op.drop_index(
        "ix_credits_notify_expiry",
        table_name="credits",
        postgresql_where=sa.text("notify_expiry_at IS NOT NULL AND NOT coalesce(has_notified_expiry, false)"),
    )
    op.drop_index("ix_credits_definition", table_name="credits", postgresql_where=None)
    op.drop_table("credits")
    op.drop_table("credit_number_sequences")
    op.drop_index("ix_country_states_country", table_name="country_states", postgresql_where=None)
    op.drop_table("country_states")
    op.drop_index(
        "uq_connections_primary",
        table_name="connections",
        postgresql_where=sa.text("is_primary AND deleted_at IS NULL"),
    )
    op.drop_index(
        "uq_connections_open",
        table_name="connections",
        postgresql_where=sa.text(
            "deleted_at IS NULL AND status NOT IN ('rejected', 'archived', 'break') AND ended_at IS NULL"
        ),
    )
    op.drop_index(
        "uq_connections_default",
        table_name="connections",
        postgresql_where=sa.text("is_default AND deleted_at IS NULL"),
    )
    op.drop_index("ix_connections_connector", table_name="connections", postgresql_where=None)
    op.drop_index("ix_connections_connected", table_name="connections", postgresql_where=None)
    op.drop_table("connections")
    op.drop_index(
        "ix_benefits_unended",
        table_name="benefits",
        postgresql_where=sa.text("phase <> 'ended' AND deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_benefits_to_expire",
        table_name="benefits",
        postgresql_where=sa.text(
            "phase = 'open' AND (max_redemptions IS NULL OR redeemed < max_redemptions) AND deleted_at IS NULL"
        ),
    )
    op.drop_index(
        "ix_benefits_to_activate",
        table_name="benefits",
        postgresql_where=sa.text("phase = 'pending' AND deleted_at IS NULL"),
    )
    op.drop_index("ix_benefits_source", table_name="benefits", postgresql_where=sa.text("source_id IS NOT NULL"))
    op.drop_index("ix_benefits_profile", table_name="benefits", postgresql_where=None)
    op.drop_index(
        "ix_benefits_open",
        table_name="benefits",
        postgresql_where=sa.text("(max_redemptions IS NULL OR redeemed < max_redemptions) AND deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_benefits_notify_remind", table_name="benefits", postgresql_where=sa.text("NOT has_notified_remind")
    )
    op.drop_index("ix_benefits_notify_issue", table_name="benefits", postgresql_where=sa.text("NOT has_notified_issue"))
    op.drop_index(
        "ix_benefits_notify_extend", table_name="benefits", postgresql_where=sa.text("NOT has_notified_extend")
    )
    op.drop_index(
        "ix_benefits_external_id", table_name="benefits", postgresql_where=sa.text("external_id_key IS NOT NULL")
    )
    op.drop_index("ix_benefits_definition", table_name="benefits", postgresql_where=None)
    op.drop_index("ix_benefits_claims", table_name="benefits", postgresql_where=sa.text("claimed_at IS NOT NULL"))
    op.drop_table("benefits")
    op.drop_table("benefit_tallies")
    op.drop_index("ix_api_tokens_user", table_name="api_tokens", postgresql_where=None)
    op.drop_table("api_tokens")
    op.drop_index(
        "uq_allocations_instance", table_name="allocations", postgresql_where=sa.text("allocated_id IS NOT NULL")
    )
    op.drop_index(
        "ix_allocations_profile", table_name="allocations", postgresql_where=sa.text("profile_id IS NOT NULL")
    )
    op.drop_index("ix_allocations_free", table_name="allocations", postgresql_where=sa.text("allocated_at IS NULL"))
    op.drop_table("allocations")
    op.drop_index("ix_achievement_points_profile", table_name="achievement_points")
    op.drop_index(
        "ix_achievement_points_expiry",
        table_name="achievement_points",
        postgresql_where=sa.text("expires_at IS NOT NULL"),
    )
    op.drop_table("achievement_points")
    op.drop_index(
        "uq_achievement_levels_trigger", table_name="achievement_levels", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("achievement_levels")
    op.drop_index("ix_validation_rule_values_rule", table_name="validation_rule_values", postgresql_where=None)
    op.drop_table("validation_rule_values")
    op.drop_index("ix_user_roles_role", table_name="user_roles", postgresql_where=None)
    op.drop_table("user_roles")
    op.drop_index("ix_transactions_order_number", table_name="transactions", postgresql_where=None)
    op.drop_index("ix_transactions_location", table_name="transactions", postgresql_where=None)
    op.drop_index("ix_transactions_external_order", table_name="transactions", postgresql_where=None)
    op.drop_index("ix_transactions_external_id", table_name="transactions", postgresql_where=None)
    op.drop_table("transactions")
    op.drop_index(
        "uq_tier_definitions_value_min", table_name="tier_definitions", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "uq_tier_definitions_handle", table_name="tier_definitions", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index(
        "ix_tier_definitions_region", table_name="tier_definitions", postgresql_where=sa.text("region_id IS NOT NULL")
    )
    op.drop_table("tier_definitions")
    op.drop_table("role_permissions")
    op.drop_index(
        "uq_reward_definitions_handle", table_name="reward_definitions", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("reward_definitions")
    op.drop_index("ix_rates_handle", table_name="rates", postgresql_where=sa.text("NOT is_archived"))
    op.drop_table("rates")
    op.drop_index("uq_profiles_mobile_phone", table_name="profiles", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("uq_profiles_email", table_name="profiles", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_profiles_updated_at", table_name="profiles", postgresql_where=None)
    op.drop_index(
        "ix_profiles_secondary_phone", table_name="profiles", postgresql_where=sa.text("secondary_phone IS NOT NULL")
    )
    op.drop_index(
        "ix_profiles_preferred_staff", table_name="profiles", postgresql_where=sa.text("preferred_staff_id IS NOT NULL")
    )
    op.drop_index(
        "ix_profiles_joined_staff", table_name="profiles", postgresql_where=sa.text("joined_staff_id IS NOT NULL")
    )
    op.drop_index(
        "ix_profiles_created_at",
        table_name="profiles",
        postgresql_where=sa.text("deleted_at IS NULL AND profile_type <> 'deleted'"),
    )
    op.drop_table("profiles")
    op.drop_index(
        "uq_product_variants_sku", table_name="product_variants", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_index("ix_product_variants_product", table_name="product_variants", postgresql_where=None)
    op.drop_index(
        "ix_product_variants_external_id",
        table_name="product_variants",
        postgresql_where=sa.text("external_id IS NOT NULL"),
    )
    op.drop_index(
        "ix_product_variants_barcode", table_name="product_variants", postgresql_where=sa.text("barcode IS NOT NULL")
    )
    op.drop_table("product_variants")
    op.drop_index(
        "uq_point_definitions_handle", table_name="point_definitions", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("point_definitions")
    op.drop_table("oauth_clients")
    op.drop_index("ix_location_special_hours_location", table_name="location_special_hours", postgresql_where=None)
    op.drop_table("location_special_hours")
    op.drop_index("ix_location_normal_hours_location", table_name="location_normal_hours", postgresql_where=None)
    op.drop_table("location_normal_hours")
    op.drop_index(
        "ix_location_addresses_place", table_name="location_addresses", postgresql_where=sa.text("latitude IS NOT NULL")
    )
    op.drop_table("location_addresses")
    op.drop_table("event_contexts")
    op.drop_index("uq_departments_handle", table_name="departments", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_departments_name", table_name="departments", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_departments_location", table_name="departments", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_departments_brand", table_name="departments", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("departments")
    op.drop_table("custom_products")
    op.drop_index(
        "uq_credit_definitions_handle", table_name="credit_definitions", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("credit_definitions")
    op.drop_index("ix_countries_region", table_name="countries", postgresql_where=None)
    op.drop_table("countries")
    op.drop_index(
        "uq_benefit_definitions_handle",
        table_name="benefit_definitions",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_index(
        "ix_benefit_definitions_campaign",
        table_name="benefit_definitions",
        postgresql_where=sa.text("campaign IS NOT NULL AND deleted_at IS NULL"),
    )
    op.drop_table("benefit_definitions")
    op.drop_index("ix_batch_items_batch", table_name="batch_items", postgresql_where=None)
    op.drop_table("batch_items")
    op.drop_table("action_history_items")
    op.drop_index(
        "uq_achievement_definitions_handle",
        table_name="achievement_definitions",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("achievement_definitions")
    op.drop_table("validation_rules")
    op.drop_index("uq_users_email", table_name="users", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("users")
    op.drop_index("ix_triggers_event", table_name="triggers", postgresql_where=sa.text("is_active"))
    op.drop_table("triggers")
    op.drop_table("tenants")
    op.drop_table("tags")
    op.drop_table("systems")
    op.drop_table("subscriptions")
    op.drop_index("uq_statuses_handle", table_name="statuses", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("statuses")
    op.drop_table("settings")
    op.drop_table("roles")
    op.drop_index(
        "ix_reminders_due", table_name="reminders", postgresql_where=sa.text("is_active AND next_run_at IS NOT NULL")
    )
    op.drop_table("reminders")
    op.drop_table("regions")
    op.drop_table("record_queue")
    op.drop_index("uq_products_handle", table_name="products", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("uq_products_external_id", table_name="products", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_products_brand", table_name="products", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("products")
    op.drop_table("product_categories")
    op.drop_table("permissions")
    op.drop_table("pending_erasures")
    op.drop_index("ix_movements_profile", table_name="movements", postgresql_where=None)
    op.drop_index("ix_movements_lot", table_name="movements", postgresql_where=None)
    op.drop_index(
        "ix_movements_item", table_name="movements", postgresql_where=sa.text("redemption_item_id IS NOT NULL")
    )
    op.drop_table("movements")
    op.drop_index("ix_lot_deadlines_profile", table_name="lot_deadlines", postgresql_where=None)
    op.drop_index("ix_lot_deadlines_due", table_name="lot_deadlines", postgresql_where=None)
    op.drop_table("lot_deadlines")
    op.drop_index("uq_locations_handle", table_name="locations", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("uq_locations_external_id", table_name="locations", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_locations_external_code", table_name="locations", postgresql_where=None)
    op.drop_table("locations")
    op.drop_index(
        "uq_list_definitions_handle", table_name="list_definitions", postgresql_where=sa.text("deleted_at IS NULL")
    )
    op.drop_table("list_definitions")
    op.drop_index("ix_incentive_merges_source", table_name="incentive_merges", postgresql_where=None)
    op.drop_index("ix_incentive_merges_destination", table_name="incentive_merges", postgresql_where=None)
    op.drop_table("incentive_merges")
    op.drop_index("ix_idempotency_keys_created_at", table_name="idempotency_keys", postgresql_where=None)
    op.drop_table("idempotency_keys")
    op.drop_index("ix_events_profile", table_name="events", postgresql_where=None)
    op.drop_index(
        "ix_events_parent_history", table_name="events", postgresql_where=sa.text("parent_history_id IS NOT NULL")
    )
    op.drop_table("events")
    op.drop_table("custom_fields")
    op.drop_index("ix_custom_field_versions_owner", table_name="custom_field_versions", postgresql_where=None)
    op.drop_index("ix_custom_field_versions_key", table_name="custom_field_versions", postgresql_where=None)
    op.drop_table("custom_field_versions")
    op.drop_table("currencies")
    op.drop_index(
        "uq_connection_definitions_handle",
        table_name="connection_definitions",
        postgresql_where=sa.text("deleted_at IS NULL"),
    )
    op.drop_table("connection_definitions")
    op.drop_index("uq_brands_handle", table_name="brands", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_index("ix_brands_name", table_name="brands", postgresql_where=sa.text("deleted_at IS NULL"))
    op.drop_table("brands")
    op.drop_index("ix_batches_import_job", table_name="batches", postgresql_where=sa.text("import_job_id IS NOT NULL"))
    op.drop_index("ix_batches_created_at", table_name="batches", postgresql_where=None)
    op.drop_table("batches")
    op.drop_index("ix_audits_profile", table_name="audits", postgresql_where=None)
    op.drop_table("audits")
    op.drop_table("allocation_tallies")
    op.drop_table("actions")
    op.drop_index("ix_action_histories_parent", table_name="action_histories", postgresql_where=None)
    op.drop_index("ix_action_histories_event", table_name="action_histories", postgresql_where=None)
    op.drop_index("ix_action_histories_created_at", table_name="action_histories", postgresql_where=None)
    op.drop_table("action_histories")
    op.get_bind().exec_driver_sql(schema.UNDO.replace("%", "%%"))
