"""holdings: people kept in order of their names, and what they hold counted"""

import sqlalchemy as sa
from alembic import op

from portal.db import name_key

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None

KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")
PEOPLE = sa.table("people", sa.column("id"), sa.column("name"), sa.column("name_key"))


def upgrade() -> None:
    op.add_column("people", sa.Column("name_key", KEY, nullable=False, server_default=""))
    _fill()
    op.create_index("ix_people_name_key", "people", ["name_key"])
    op.drop_index("ix_people_name", "people")
    op.create_table(
        "holdings",
        sa.Column("person_id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("accounts", sa.Integer(), nullable=False),
        sa.Column("used_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_holdings_person_id_people")
        ),
        sa.PrimaryKeyConstraint("person_id", name=op.f("pk_holdings")),
        sqlite_with_rowid=False,
    )
    op.create_table(
        "holdings_counts",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("lists", sa.Integer(), nullable=False),
        sa.Column("counted_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_holdings_counts")),
    )


def downgrade() -> None:
    op.drop_table("holdings_counts")
    op.drop_table("holdings")
    op.create_index("ix_people_name", "people", ["name"])
    op.drop_index("ix_people_name_key", "people")
    op.drop_column("people", "name_key")


def _fill() -> None:
    """In Python, so that both databases have the same keys."""
    connection = op.get_bind()
    rows = connection.execute(sa.select(PEOPLE.c.id, PEOPLE.c.name)).all()
    keys = [{"which": row.id, "key": name_key(row.name)} for row in rows]
    if keys:
        update = sa.update(PEOPLE).where(PEOPLE.c.id == sa.bindparam("which"))
        connection.execute(update.values(name_key=sa.bindparam("key")), keys)
