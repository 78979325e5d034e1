"""What a transaction corrects is looked up when triggers run for it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_transaction_voids_successor",
        "transaction_voids",
        ["tenant_id", "successor_id"],
        postgresql_where=sa.text("successor_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_transaction_voids_successor", table_name="transaction_voids")
