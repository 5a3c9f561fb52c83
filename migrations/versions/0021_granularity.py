"""granularity: reviews by entitlement, of which an account has one line for each it holds"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

KINDS = sa.Enum("account", "entitlement", name="granularity", native_enum=False, length=32)
LINE = ["account_id", "review_id", "entitlement_kind", "entitlement"]
BEFORE = "uq_items_account_id_review_id"


def upgrade() -> None:
    op.add_column(
        "campaigns",
        sa.Column("granularity", KINDS, nullable=False, server_default="account"),
    )
    # SQLite cannot drop a constraint: it copies the table once, in the order of its ids. From now
    # on an index keeps lines apart, which can be replaced where it stands.
    with op.batch_alter_table("items") as items:
        items.add_column(
            sa.Column("entitlement_kind", sa.String(), nullable=False, server_default="")
        )
        items.add_column(sa.Column("entitlement", sa.String(), nullable=False, server_default=""))
        items.drop_constraint(BEFORE, type_="unique")
    op.create_index("ix_items_line", "items", LINE, unique=True)


def downgrade() -> None:
    op.drop_index("ix_items_line", "items")
    with op.batch_alter_table("items") as items:
        items.create_unique_constraint(BEFORE, ["account_id", "review_id"])
        items.drop_column("entitlement")
        items.drop_column("entitlement_kind")
    op.drop_column("campaigns", "granularity")
