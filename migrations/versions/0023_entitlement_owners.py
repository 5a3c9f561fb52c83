"""entitlements: who owns each"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

NAME = "fk_entitlements_owner_id"


def upgrade() -> None:
    with op.batch_alter_table("entitlements") as table:
        table.add_column(sa.Column("owner_id", sa.Integer(), nullable=True))
        table.create_foreign_key(op.f(NAME), "people", ["owner_id"], ["id"])
        table.create_index(op.f("ix_entitlements_owner_id"), ["owner_id"])


def downgrade() -> None:
    with op.batch_alter_table("entitlements") as table:
        table.drop_index(op.f("ix_entitlements_owner_id"))
        table.drop_constraint(op.f(NAME), type_="foreignkey")
        table.drop_column("owner_id")
