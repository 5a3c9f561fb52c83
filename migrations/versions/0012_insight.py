"""insight: what changed since the last review, recommendations, conflicts of duties"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
TEXTS = ("recommendation", "reasons", "delta", "changes", "previous_verdict", "previous_by")


def upgrade() -> None:
    for name in TEXTS:
        column = sa.Column(name, sa.String(), nullable=False, server_default="")
        op.add_column("items", column)
    op.add_column("items", sa.Column("previous_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("items", sa.Column("previous_id", sa.Integer(), nullable=True))
    op.add_column("campaigns", sa.Column("guidance", JSON, nullable=False, server_default="{}"))
    op.create_table(
        "gone_items",
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_gone_items_item_id")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_gone_items_review_id")
        ),
        sa.PrimaryKeyConstraint("review_id", "item_id", name=op.f("pk_gone_items")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "duty_conflicts",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("entitlement", sa.String(), nullable=False),
        sa.Column("other_application_id", sa.Integer(), nullable=False),
        sa.Column("other_entitlement", sa.String(), nullable=False),
        sa.Column("why", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["application_id"], ["applications.id"], name=op.f("fk_duty_conflicts_application_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_application_id"],
            ["applications.id"],
            name=op.f("fk_duty_conflicts_other_application_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty_conflicts")),
    )


def downgrade() -> None:
    op.drop_table("duty_conflicts")
    op.drop_table("gone_items")
    op.drop_column("campaigns", "guidance")
    for name in (*TEXTS, "previous_at", "previous_id"):
        op.drop_column("items", name)
