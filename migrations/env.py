"""How Alembic reaches the portal's database: through the running application."""

from alembic import context

from portal.db import Base, Instant, db


def _as_plain_type(kind: str, thing: object, autogen: object) -> str | bool:
    """Write our own column types by the SQL type they are made of."""
    if kind == "type" and isinstance(thing, Instant):
        return "sa.DateTime(timezone=True)"
    return False


def run() -> None:
    """Run the migrations on the application's database, in one transaction."""
    with db.engine.connect() as connection:
        # In bulk: SQLite changes some tables by copying them, and others refer to the first copy.
        connection = connection.execution_options(writing=True, in_bulk=True)
        context.configure(
            connection=connection,
            target_metadata=Base.metadata,
            render_as_batch=connection.dialect.name == "sqlite",
            render_item=_as_plain_type,
            compare_type=True,
        )
        with context.begin_transaction():
            context.run_migrations()


if context.is_offline_mode():
    raise SystemExit("Migrations need the database: set DATABASE_URL and run them online.")
run()
