"""reviewing: who reviews is data of the campaign; levels by basis and their named people move in"""

import json
from collections import defaultdict

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

JSON = sa.JSON().with_variant(postgresql.JSONB(astext_type=sa.Text()), "postgresql")
OWNERS = {"basis": "owner", "which": "all"}
REMOVERS = [{"basis": "owner", "which": "primary"}, {"basis": "campaign owner"}]


def upgrade() -> None:
    op.add_column("campaigns", sa.Column("reviewing", JSON, nullable=False, server_default="{}"))
    for campaign_id, said in _as_data().items():
        op.execute(
            sa.text("UPDATE campaigns SET reviewing = :said WHERE id = :id").bindparams(
                sa.bindparam("said", said, type_=JSON), id=campaign_id
            )
        )
    op.drop_table("level_reviewers")
    op.drop_table("levels")


def downgrade() -> None:
    op.create_table(
        "levels",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("campaign_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.ForeignKeyConstraint(
            ["campaign_id"], ["campaigns.id"], name=op.f("fk_levels_campaign_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_levels")),
        sa.UniqueConstraint("campaign_id", "number", name=op.f("uq_levels_campaign_id_number")),
    )
    op.create_table(
        "level_reviewers",
        sa.Column("level_id", sa.Integer(), nullable=False),
        sa.Column("person_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["level_id"], ["levels.id"], name=op.f("fk_level_reviewers_level_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["people.id"], name=op.f("fk_level_reviewers_person_id")
        ),
        sa.PrimaryKeyConstraint("level_id", "person_id", name=op.f("pk_level_reviewers")),
    )
    for campaign_id, said in _rows("SELECT id, reviewing FROM campaigns"):
        data = json.loads(said) if isinstance(said, str) else said
        _take_back(campaign_id, data.get("levels") or [{"bases": [OWNERS]}])
    op.drop_column("campaigns", "reviewing")


def _as_data() -> dict[int, dict[str, object]]:
    named = defaultdict(list)
    for level_id, person_id in _rows(
        "SELECT level_id, person_id FROM level_reviewers ORDER BY level_id, person_id"
    ):
        named[level_id].append(person_id)
    levels = defaultdict(list)
    for level_id, campaign_id in _rows("SELECT id, campaign_id FROM levels ORDER BY number"):
        people = named[level_id]
        basis = {"basis": "named", "people": people} if people else OWNERS
        levels[campaign_id].append({"bases": [basis], "outcome": "any", "moves_on": "approved"})
    removers = dict(_rows("SELECT id, remediation_owner_id FROM campaigns"))
    return {
        campaign_id: {
            "levels": levels[campaign_id] or [{"bases": [OWNERS]}],
            "fallbacks": [{"basis": "campaign owner"}],
            "remediation": [{"basis": "named", "people": [remover]}] if remover else REMOVERS,
        }
        for campaign_id, remover in removers.items()
    }


def _take_back(campaign_id: int, levels: list[dict[str, list[dict[str, object]]]]) -> None:
    for number, level in enumerate(levels, 1):
        people = [p for basis in level["bases"] for p in basis.get("people", ())]
        level_id = (_rows("SELECT max(id) FROM levels")[0][0] or 0) + 1
        op.execute(
            sa.text("INSERT INTO levels VALUES (:id, :campaign, :number, :basis)").bindparams(
                id=level_id, campaign=campaign_id, number=number,
                basis="named" if people else "owner",
            )
        )  # fmt: skip
        for person_id in sorted(set(people)):
            op.execute(
                sa.text("INSERT INTO level_reviewers VALUES (:level, :person)").bindparams(
                    level=level_id, person=person_id
                )
            )


def _rows(query: str) -> list:
    return list(op.get_bind().execute(sa.text(query)))
