"""planted: a line of a review that no account is behind"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # SQLite copies the table once, in the order of its ids.
    with op.batch_alter_table("items") as items:
        items.alter_column("account_id", existing_type=sa.Integer(), nullable=True)


def downgrade() -> None:
    # What was planted cannot be kept without the right to have no account, nor may what was said
    # of it be deleted: it is refused while there is any.
    with op.batch_alter_table("items") as items:
        items.alter_column("account_id", existing_type=sa.Integer(), nullable=False)
