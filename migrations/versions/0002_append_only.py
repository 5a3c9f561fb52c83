"""Decisions, sign-offs and the trail refuse to be changed or removed."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

TABLES = ("decisions", "sign_offs", "trail")


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute(
            sa.text(
                "CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$ "
                "BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME; END $$"
            )
        )
    for table in TABLES:
        for verb in _verbs():
            op.execute(sa.text(_trigger(table, verb)))


def downgrade() -> None:
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    for table in TABLES:
        for verb in map(str.lower, _verbs()):
            where = f" ON {table}" if on_postgresql else ""
            op.execute(sa.text(f"DROP TRIGGER {table}_refuse_{verb}{where}"))
    if on_postgresql:
        op.execute(sa.text("DROP FUNCTION refuse_change()"))


def _verbs() -> tuple[str, ...]:
    """SQLite has no TRUNCATE."""
    on_postgresql = op.get_bind().dialect.name == "postgresql"
    return ("UPDATE", "DELETE", "TRUNCATE") if on_postgresql else ("UPDATE", "DELETE")


def _trigger(table: str, verb: str) -> str:
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
