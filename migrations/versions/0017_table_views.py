"""table views: columns that people, campaigns and applications have, and views kept by name"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")


def upgrade() -> None:
    op.add_column(
        "applications", sa.Column("column_labels", JSON, nullable=False, server_default="{}")
    )
    op.add_column(
        "campaigns", sa.Column("table_columns", JSON, nullable=False, server_default="[]")
    )
    op.create_table(
        "table_layouts",
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("columns", JSON, nullable=False),
        *_keys("table_layouts"),
        sa.PrimaryKeyConstraint("person_id", "application_id", name=op.f("pk_table_layouts")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "table_views",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("query", sa.String(), nullable=False),
        sa.Column("is_shared", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_keys("table_views"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_views")),
    )
    op.create_index(
        "ix_table_views_application_id_person_id", "table_views", ["application_id", "person_id"]
    )


def downgrade() -> None:
    op.drop_table("table_views")
    op.drop_table("table_layouts")
    op.drop_column("campaigns", "table_columns")
    op.drop_column("applications", "column_labels")


def _keys(table: str) -> list[sa.ForeignKeyConstraint]:
    return [
        sa.ForeignKeyConstraint([f"{one}_id"], [f"{many}.id"], name=op.f(f"fk_{table}_{one}_id"))
        for one, many in (("application", "applications"), ("person", "people"))
    ]
