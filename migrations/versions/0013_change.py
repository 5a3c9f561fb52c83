"""change: keep with less; how long a decision took, and how many were taken at once"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    for table, column in _columns():
        op.add_column(table, column)
    op.create_index("ix_decisions_by_person_id_id", "decisions", ["by_person_id", "id"])


def downgrade() -> None:
    op.drop_index("ix_decisions_by_person_id_id", table_name="decisions")
    for table, column in reversed(_columns()):
        op.drop_column(table, column.name)


def _columns() -> list[tuple[str, sa.Column]]:
    """Rows from before say what they said: nothing was changed, and removals were whole."""
    return [
        ("decisions", sa.Column("takes", JSON, nullable=False, server_default="[]")),
        ("decisions", sa.Column("seconds", sa.Double(), nullable=True)),
        ("decisions", sa.Column("batch", sa.Integer(), nullable=True)),
        ("items", _flag("is_reduced", sa.false())),
        ("item_grants", sa.Column("taken_at", sa.Integer(), nullable=True)),
        ("removals", _flag("is_whole", sa.true())),
        ("sign_offs", _count("changed")),
        ("reviewer_tallies", _count("changed")),
    ]


def _flag(name: str, usual: sa.sql.expression.ColumnElement[bool]) -> sa.Column:
    return sa.Column(name, sa.Boolean(), nullable=False, server_default=usual)


def _count(name: str) -> sa.Column:
    return sa.Column(name, sa.Integer(), nullable=False, server_default="0")
