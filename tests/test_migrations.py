"""The migrations make exactly what the models say, and can be taken back."""

import flask_migrate
import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, text

from portal.db import Base, db
from portal.queries.health import MIGRATIONS, newest_migration


@pytest.fixture
def empty(app):
    """The database as it is before the first migration; afterwards as the tests want it."""
    db.session.remove()
    flask_migrate.downgrade(revision="base")
    yield app
    db.session.remove()
    flask_migrate.upgrade()


def test_migrated_up_the_database_is_what_the_models_say(empty):
    flask_migrate.upgrade()
    assert differences() == []


def test_taken_back_nothing_is_left_but_the_note_of_the_version(empty):
    assert tables() == {"alembic_version"}


def test_up_and_back_and_up_again_is_as_good_as_once(empty):
    flask_migrate.upgrade()
    flask_migrate.downgrade(revision="base")
    flask_migrate.upgrade()
    assert differences() == []
    assert triggers() >= {"trail_refuse_update", "decisions_refuse_delete"}


def test_the_newest_is_known_without_alembic():
    assert ScriptDirectory(str(MIGRATIONS)).get_heads() == [newest_migration()]


def differences() -> list:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        return compare_metadata(context, Base.metadata)


def tables() -> set[str]:
    return set(inspect(db.engine).get_table_names())


def triggers() -> set[str]:
    sqlite = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    postgres = "SELECT tgname FROM pg_trigger"
    with db.engine.connect() as connection:
        query = sqlite if db.engine.dialect.name == "sqlite" else postgres
        return set(connection.execute(text(query)).scalars())
