"""care: second looks at approvals drawn by lot; what reviewers approved against advice"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
VERDICT = sa.Enum(
    *("undecided", "approved", "rejected", "changed"),
    name="verdict", native_enum=False, length=32,
)  # fmt: skip
COUNTS = ("against", "privileged")


def upgrade() -> None:
    op.create_table(
        "second_looks",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("seed", sa.String(), nullable=False),
        sa.Column("population", sa.Integer(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("items", JSON, nullable=False),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_second_looks_person_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_second_looks_review_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_second_looks")),
    )
    op.create_index(
        "ix_second_looks_review_id_person_id", "second_looks", ["review_id", "person_id", "level"]
    )
    op.create_table(
        "glances",
        sa.Column("look_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("verdict", VERDICT, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_glances_item_id")),
        sa.ForeignKeyConstraint(["look_id"], ["second_looks.id"], name=op.f("fk_glances_look_id")),
        sa.PrimaryKeyConstraint("look_id", "item_id", name=op.f("pk_glances")),
    )
    for table in ("second_looks", "glances"):
        for verb in _verbs():
            op.execute(sa.text(_trigger(table, verb)))
    for name in COUNTS:
        count = sa.Column(name, sa.Integer(), nullable=False, server_default="0")
        op.add_column("reviewer_tallies", count)


def downgrade() -> None:
    for name in COUNTS:
        op.drop_column("reviewer_tallies", name)
    op.drop_table("glances")
    op.drop_table("second_looks")


def _verbs() -> tuple[str, ...]:
    """SQLite has no TRUNCATE."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    return ("UPDATE", "DELETE", "TRUNCATE") if on_postgresql else ("UPDATE", "DELETE")


def _trigger(table: str, verb: str) -> str:
    """As those of decisions, sign-offs and the trail (0002)."""
    name = f"{table}_refuse_{verb.lower()}"
    if op.get_bind().dialect.name == "postgresql":
        each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
        return (
            f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )
    return (
        f"CREATE TRIGGER {name} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"
    )
