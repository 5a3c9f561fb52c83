"""campaigns: all reviews with a fresh list are to be started"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = sa.DateTime(timezone=True)
    op.add_column("campaigns", sa.Column("start_wanted_at", moment, nullable=True))


def downgrade() -> None:
    op.drop_column("campaigns", "start_wanted_at")
