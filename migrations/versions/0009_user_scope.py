"""user scope, and what a draft says of its schedule"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
SERVICES = sa.Enum("in", "out", "only", name="services", native_enum=False, length=32)


def upgrade() -> None:
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.add_column(sa.Column("services", SERVICES, server_default="in", nullable=False))
        batch_op.add_column(
            sa.Column("inactive_days", sa.Integer(), server_default="90", nullable=False)
        )
        batch_op.add_column(sa.Column("timing", JSON, server_default="{}", nullable=False))
    with op.batch_alter_table("campaign_series", schema=None) as batch_op:
        batch_op.add_column(sa.Column("due_time", sa.String(), server_default="", nullable=False))
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("privileged_words", JSON, server_default="[]", nullable=False)
        )


def downgrade() -> None:
    with op.batch_alter_table("applications", schema=None) as batch_op:
        batch_op.drop_column("privileged_words")
    with op.batch_alter_table("campaign_series", schema=None) as batch_op:
        batch_op.drop_column("due_time")
    with op.batch_alter_table("campaigns", schema=None) as batch_op:
        batch_op.drop_column("timing")
        batch_op.drop_column("inactive_days")
        batch_op.drop_column("services")
