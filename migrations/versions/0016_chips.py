"""chips: what quick filters ask for, as bits of an item, in the index that counts them"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

BITS = (
    "delta = 'new'", "delta = 'changed'", "is_privileged", "is_inactive", "is_past", "is_orphan",
    "is_external", "kind = 'service'", "recommendation = 'reject'", "recommendation = 'approve'",
)  # fmt: skip
INDEX = "ix_items_review_id_verdict"
BEFORE = ["review_id", "verdict", "signed_off", "is_privileged"]


def upgrade() -> None:
    op.add_column("items", sa.Column("bits", sa.Integer(), nullable=False, server_default="0"))
    bits = " + ".join(f"CASE WHEN {has} THEN {1 << nth} ELSE 0 END" for nth, has in enumerate(BITS))
    op.execute(f"UPDATE items SET bits = {bits}")  # noqa: S608  our own words
    op.drop_index(INDEX, "items")
    op.create_index(INDEX, "items", [*BEFORE, "decided_by_id", "bits"])


def downgrade() -> None:
    op.drop_index(INDEX, "items")
    op.create_index(INDEX, "items", BEFORE)
    op.drop_column("items", "bits")
