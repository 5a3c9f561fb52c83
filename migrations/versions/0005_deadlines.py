"""Due dates that are foretold, moved and settled; what a rule closed is signed by nobody."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

MOMENTS = ("warned_for", "warned_at", "settled_for", "settled_at")


def upgrade() -> None:
    op.create_table(
        "extensions",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("was", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("by_person_id", sa.Integer(), nullable=True),
        sa.Column("by_name", sa.String(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_extensions_campaign_id")
        ),
        sa.ForeignKeyConstraint(
            ["by_person_id"], ["people.id"], name=op.f("fk_extensions_by_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_extensions")),
    )
    op.create_index(op.f("ix_extensions_campaign_id"), "extensions", ["campaign_id"])
    op.add_column(
        "campaigns", sa.Column("closed_by", sa.String(), nullable=False, server_default="")
    )
    for name in MOMENTS:
        op.add_column("campaigns", sa.Column(name, sa.DateTime(timezone=True), nullable=True))
    _let_person_be_null(True)


def downgrade() -> None:
    _let_person_be_null(False)
    for name in (*MOMENTS, "closed_by"):
        op.drop_column("campaigns", name)
    op.drop_table("extensions")


def _let_person_be_null(nullable: bool) -> None:
    """SQLite makes the table anew for that, and its triggers go with the old one."""
    triggers = _triggers()
    with op.batch_alter_table("sign_offs") as batch:
        batch.alter_column("person_id", existing_type=sa.Integer(), nullable=nullable)
    for trigger in triggers:
        op.execute(sa.text(trigger))


def _triggers() -> list[str]:
    if op.get_bind().dialect.name != "sqlite":
        return []
    made = "SELECT sql FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'sign_offs'"
    return list(op.get_bind().execute(sa.text(made)).scalars())
