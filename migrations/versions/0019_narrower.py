"""narrower: what most rows do not say is in no index; titles are in one"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

INDEXES = {
    "ix_people_manager_id": ("people", ["manager_id"]),
    "ix_people_external_id": ("people", ["external_id"]),
    "ix_people_withdrawn_at": ("people", ["withdrawn_at"]),
    "ix_trail_actor_id": ("trail", ["actor_id"]),
    "ix_trail_campaign_id_id": ("trail", ["campaign_id", "id"]),
    "ix_trail_review_id_id": ("trail", ["review_id", "id"]),
}


def upgrade() -> None:
    for name, (table, columns) in INDEXES.items():
        said = sa.text(f"{columns[0]} IS NOT NULL")
        op.drop_index(name, table)
        op.create_index(name, table, columns, sqlite_where=said, postgresql_where=said)
    op.create_index("ix_people_title", "people", ["title"])


def downgrade() -> None:
    op.drop_index("ix_people_title", "people")
    for name, (table, columns) in INDEXES.items():
        op.drop_index(name, table)
        op.create_index(name, table, columns)
