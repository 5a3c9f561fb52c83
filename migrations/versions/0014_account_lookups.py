"""Accounts are counted by index alone, and found by whoever answers for them."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

OWNED = sa.text("owner_id IS NOT NULL")
BY_APPLICATION = "ix_accounts_application_id_gone_at"
BY_PERSON = "ix_accounts_person_id"


def upgrade() -> None:
    op.create_index(
        BY_APPLICATION + "_person_id", "accounts", ["application_id", "gone_at", "person_id"]
    )
    op.create_index(
        BY_PERSON + "_gone_at_application_id",
        "accounts",
        ["person_id", "gone_at", "application_id"],
    )
    op.create_index(
        "ix_accounts_owner_id", "accounts", ["owner_id"], sqlite_where=OWNED, postgresql_where=OWNED
    )
    op.drop_index(BY_APPLICATION, "accounts")
    op.drop_index(BY_PERSON, "accounts")


def downgrade() -> None:
    op.create_index(BY_PERSON, "accounts", ["person_id"])
    op.create_index(BY_APPLICATION, "accounts", ["application_id", "gone_at"])
    op.drop_index("ix_accounts_owner_id", "accounts")
    op.drop_index(BY_PERSON + "_gone_at_application_id", "accounts")
    op.drop_index(BY_APPLICATION + "_person_id", "accounts")
