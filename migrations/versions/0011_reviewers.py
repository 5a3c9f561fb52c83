"""reviewers: whose items went to whom, levels, votes of several together, delegates"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
CHANGE = sa.Enum(
    *("reassigned", "replaced", "added", "assigned", "delegated", "left"),
    name="change", native_enum=False, length=32,
)  # fmt: skip
VERDICT = sa.Enum(
    *("undecided", "approved", "rejected"), name="verdict", native_enum=False, length=32
)


def upgrade() -> None:
    _make_reassignments()
    _make_levels()
    _make_votes()
    _make_delegations()


def downgrade() -> None:
    op.drop_table("delegations")
    op.drop_table("votes")
    op.drop_column("assignments", "vote")
    op.drop_column("removals", "opened_at")
    op.drop_table("reassigned_items")
    op.drop_table("reassignments")
    op.drop_column("reviews", "changes")


def _make_reassignments() -> None:
    op.add_column("reviews", sa.Column("changes", JSON, nullable=False, server_default="{}"))
    op.create_table(
        "reassignments",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("change", CHANGE, nullable=False),
        sa.Column("from_id", sa.Integer(), nullable=True),
        sa.Column("to_id", sa.Integer(), nullable=True),
        sa.Column("items", sa.Integer(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["people.id"], name=op.f("fk_reassignments_by_person_id")
        ),
        sa.ForeignKeyConstraint(["from_id"], ["people.id"], name=op.f("fk_reassignments_from_id")),
        sa.ForeignKeyConstraint(
            ["review_id"], ["reviews.id"], name=op.f("fk_reassignments_review_id")
        ),
        sa.ForeignKeyConstraint(["to_id"], ["people.id"], name=op.f("fk_reassignments_to_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reassignments")),
    )
    op.create_index(op.f("ix_reassignments_review_id"), "reassignments", ["review_id"])
    op.create_table(
        "reassigned_items",
        sa.Column("reassignment_id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("was_id", sa.Integer(), nullable=False),
        sa.Column("was_basis", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["item_id"], ["items.id"], name=op.f("fk_reassigned_items_item_id")
        ),
        sa.ForeignKeyConstraint(
            ["reassignment_id"],
            ["reassignments.id"],
            name=op.f("fk_reassigned_items_reassignment_id"),
        ),
        sa.PrimaryKeyConstraint(
            "reassignment_id", "item_id", "was_id", name=op.f("pk_reassigned_items")
        ),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_reassigned_items_item_id"), "reassigned_items", ["item_id"])


def _make_levels() -> None:
    op.add_column("removals", sa.Column("opened_at", sa.DateTime(timezone=True), nullable=True))


def _make_votes() -> None:
    op.add_column("assignments", sa.Column("vote", VERDICT, nullable=True))
    op.create_table(
        "votes",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("item_id", sa.Integer(), nullable=False),
        sa.Column("review_id", sa.Integer(), nullable=False),
        sa.Column("level", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("verdict", VERDICT, nullable=False),
        sa.Column("comment", sa.String(), nullable=False),
        sa.Column("bulk_id", sa.String(), nullable=True),
        sa.Column("voted_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name=op.f("fk_votes_item_id")),
        sa.ForeignKeyConstraint(["person_id"], ["people.id"], name=op.f("fk_votes_person_id")),
        sa.ForeignKeyConstraint(["review_id"], ["reviews.id"], name=op.f("fk_votes_review_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_votes")),
    )
    op.create_index(op.f("ix_votes_bulk_id"), "votes", ["bulk_id"])
    op.create_index("ix_votes_item_id_level_person_id", "votes", ["item_id", "level", "person_id"])
    op.create_index(op.f("ix_votes_review_id"), "votes", ["review_id"])
    for verb in _verbs():
        op.execute(sa.text(_trigger(verb)))


def _make_delegations() -> None:
    op.create_table(
        "delegations",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.Column("delegate_id", sa.Integer(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["delegate_id"], ["people.id"], name=op.f("fk_delegations_delegate_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_delegations_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegations")),
    )
    op.create_index(op.f("ix_delegations_delegate_id"), "delegations", ["delegate_id"])
    op.create_index(op.f("ix_delegations_person_id"), "delegations", ["person_id"])


def _verbs() -> tuple[str, ...]:
    """SQLite has no TRUNCATE."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    return ("UPDATE", "DELETE", "TRUNCATE") if on_postgresql else ("UPDATE", "DELETE")


def _trigger(verb: str) -> str:
    """As those of decisions, sign-offs and the trail (0002)."""
    name = f"votes_refuse_{verb.lower()}"
    if op.get_bind().dialect.name == "postgresql":
        each = "STATEMENT" if verb == "TRUNCATE" else "ROW"
        return (
            f"CREATE TRIGGER {name} BEFORE {verb} ON votes "
            f"FOR EACH {each} EXECUTE FUNCTION refuse_change()"
        )
    return (
        f"CREATE TRIGGER {name} BEFORE {verb} ON votes "
        f"BEGIN SELECT RAISE(ABORT, 'votes is append-only'); END"
    )
