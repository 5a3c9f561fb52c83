"""follow-ups: closed decisions that another campaign takes again"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("again", JSON, nullable=False, server_default="{}"))
    op.create_table(
        "follow_ups",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("count", sa.Integer(), nullable=False),
        sa.Column("chosen", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        _key("follow_ups", "review_id", "reviews"),
        _key("follow_ups", "by_person_id", "people"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_follow_ups")),
    )
    op.create_index(op.f("ix_follow_ups_review_id"), "follow_ups", ["review_id"])
    op.create_table(
        "follow_up_items",
        sa.Column("follow_up_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("item_id", sa.Integer(), autoincrement=False, nullable=False),
        _key("follow_up_items", "follow_up_id", "follow_ups"),
        _key("follow_up_items", "item_id", "items"),
        sa.PrimaryKeyConstraint("follow_up_id", "item_id", name=op.f("pk_follow_up_items")),
        sqlite_with_rowid=False,
    )
    op.create_index("ix_follow_up_items_item_id", "follow_up_items", ["item_id"])


def downgrade() -> None:
    op.drop_table("follow_up_items")
    op.drop_table("follow_ups")
    op.drop_column("campaigns", "again")


def _key(table: str, column: str, other: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{other}.id"], name=op.f(f"fk_{table}_{column}"))
