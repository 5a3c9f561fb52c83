"""The stage: an application on a real database, emptied before every test."""

import importlib
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import fakeredis
import flask_migrate
import pytest
import redis
from flask import Flask, g
from flask.testing import FlaskClient
from sqlalchemy import Connection, NullPool, Table, create_engine, event, make_url, text

from policies.permissions import SYSTEM, Actor
from portal import clock, create_app
from portal.config import read_config
from portal.db import Base, db
from portal.models import Person
from portal.queries.actors import member_of
from portal.queries.links import actor_behind, url_of
from portal.queue import make_queue
from portal.usecases.links import write_link
from portal.usecases.members import install_roles
from portal.web.limits import limiter
from tests.cast import arrange_cast, find_cast

Rows = dict[Table, list[dict[str, Any]]]

APPEND_ONLY = ("decisions", "sign_offs", "trail", "votes")  # their triggers refuse even this
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application per process, its database migrated from nothing."""
    folder = tmp_path_factory.mktemp("data")
    url = _own_database(folder)
    app = create_app(
        read_config(
            {
                "ENVIRONMENT": "test",
                "DATA_DIR": str(folder),
                "DATABASE_URL": url,
                "SECRET_KEY": "test" * 8,
                "BASE_URL": "http://portal.test",
            }
        )
    )
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.enabled = False
    app.before_request_funcs.setdefault(None, []).insert(0, _forget_who_asked)
    app.extensions["queue"] = make_queue(_own_redis())
    with app.app_context():
        flask_migrate.upgrade()
        install_roles(by=SYSTEM)
        app.extensions["bare"] = _keep("bare")
        arrange_cast()
        app.extensions["cast"] = _keep("cast")
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def app(stage: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application in its context, with an empty queue, and nobody in its database but the
    cast, where the test asks for it."""
    with stage.app_context():
        _bring_back(stage.extensions["cast" if "cast" in request.fixturenames else "bare"])
        stage.extensions["queue"].connection.flushdb()
        yield stage
        db.session.rollback()
        db.session.remove()
        clock.shift(timedelta())


@pytest.fixture
def cast(app: Flask) -> SimpleNamespace:
    """Everybody in tests/cast.py, by first name."""
    if not vars(find_cast()):  # a fixture asks for them that nobody knew would
        arrange_cast()
    return find_cast()


@pytest.fixture
def once(app: Flask, cast: SimpleNamespace) -> Callable[[str, Callable[[], object]], None]:
    """`once("a name", build)`: what `build` stores is there.

    The first test that asks builds it, the later ones of the process get it back as it was.
    Rows that were read before are of the past then, but for the cast: read them anew.
    """
    kept = app.extensions.setdefault("kept", {})

    def once(name: str, build: Callable[[], object]) -> None:
        if name in kept:
            _bring_back(kept[name])
        else:
            build()
            kept[name] = _keep(name)
        vars(cast).update(vars(find_cast()))

    return once


@pytest.fixture
def acting(cast: SimpleNamespace) -> Callable[[str], Actor]:
    """The actor that someone of the cast is once signed in (members by role)."""

    def acting(first: str) -> Actor:
        actor = actor_behind(_own_link(getattr(cast, first)))
        assert actor
        return actor

    return acting


@pytest.fixture
def sign_in(app: Flask, cast: SimpleNamespace) -> Callable[[str], FlaskClient]:
    """A client with a session of someone of the cast, made by following a real link."""

    def sign_in(first: str) -> FlaskClient:
        client = app.test_client()
        path = url_of(_own_link(getattr(cast, first))).removeprefix("http://portal.test")
        assert client.post(path).status_code == 303
        return client

    return sign_in


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], list[str]]:
    """Run every job that was woken, in order, until none is left; returns their names."""

    def run_jobs() -> list[str]:
        queue, ran = app.extensions["queue"], []
        while ids := queue.get_job_ids():
            job = queue.fetch_job(ids[0])
            queue.remove(job)
            module, _, name = job.func_name.rpartition(".")
            getattr(importlib.import_module(module), name)()
            ran.append(job.func_name)
        return ran

    return run_jobs


@pytest.fixture
def counting(app: Flask) -> Callable[[], AbstractContextManager[SimpleNamespace]]:
    """`with counting() as asked:` counts what is asked of the database in `asked.count`."""

    @contextmanager
    def counting() -> Iterator[SimpleNamespace]:
        asked = SimpleNamespace(count=0)

        def hear(_: object, __: object, statement: str, *___: object) -> None:
            asked.count += statement.startswith(("SELECT", "WITH"))

        event.listen(db.engine, "before_cursor_execute", hear)
        try:
            yield asked
        finally:
            event.remove(db.engine, "before_cursor_execute", hear)

    return counting


def _forget_who_asked() -> None:
    # Every request of a test runs in the test's own context, where Flask-Login would find
    # whoever asked before.
    g.pop("_login_user", None)


def _own_link(person: Person):
    purpose = "sign-in" if member_of(person.id) else "tasks"
    return write_link(person, purpose, by=SYSTEM)


def _own_database(folder: Path) -> str:
    given = os.environ.get("DATABASE_URL", "")
    if not given.startswith("postgres"):
        return f"sqlite:///{folder}/test.db"
    url = make_url(given.replace("postgres://", "postgresql://", 1)).set(
        drivername="postgresql+psycopg"
    )
    own = url.set(database=f"{url.database}_{WORKER}")
    engine = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as server:
        server.execute(text(f'DROP DATABASE IF EXISTS "{own.database}" WITH (FORCE)'))
        server.execute(text(f'CREATE DATABASE "{own.database}"'))
    return own.render_as_string(hide_password=False)


def _own_redis() -> redis.Redis:
    if url := os.environ.get("REDIS_URL"):
        return redis.Redis.from_url(url, db=1 + int(WORKER.removeprefix("gw")))
    return fakeredis.FakeStrictRedis()


def _keep(name: str) -> Path | Rows:
    """What is in the database now: a copy of SQLite's file, or of the rows of PostgreSQL."""
    db.session.remove()
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        db.engine.dispose()
        path = Path(str(db.engine.url.database))
        return Path(shutil.copy(path, path.with_name(f"{name}.db")))
    with db.engine.begin() as connection:
        held = ((each, connection.execute(each.select())) for each in Base.metadata.sorted_tables)
        return {table: [dict(row) for row in found.mappings()] for table, found in held}


def _bring_back(kept: Path | Rows) -> None:
    """Make the database what it was when it was kept."""
    if not isinstance(kept, Path):
        with db.engine.begin() as connection:
            _empty_tables(connection)
            for table, rows in kept.items():
                if rows:
                    connection.execute(table.insert(), rows)
            _number_anew(connection, kept)
        return
    db.session.remove()
    db.engine.dispose()
    path = Path(str(db.engine.url.database))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(kept, path)


def _empty_tables(connection: Connection) -> None:
    """Empty those that hold anything, whoever refers first; TRUNCATE would rewrite all of them."""
    names = [table.name for table in reversed(Base.metadata.sorted_tables)]
    asked = (f"SELECT '{name}' WHERE EXISTS (SELECT FROM \"{name}\")" for name in names)
    held = set(connection.exec_driver_sql(" UNION ALL ".join(asked)).scalars())
    for name in (name for name in names if name in held):
        if name in APPEND_ONLY:
            connection.exec_driver_sql(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        connection.exec_driver_sql(f'DELETE FROM "{name}"')
        if name in APPEND_ONLY:
            connection.exec_driver_sql(f"ALTER TABLE {name} ENABLE TRIGGER USER")


def _number_anew(connection: Connection, kept: Rows) -> None:
    """Let the next row of each table have the number after its last."""
    last = {
        t.name: max((row["id"] for row in rows), default=0)
        for t, rows in kept.items()
        if "id" in t.c
    }
    anew = (
        f"setval(pg_get_serial_sequence('{name}', 'id'), {number + 1}, false)"
        for name, number in last.items()
        if isinstance(number, int)
    )
    connection.exec_driver_sql(f"SELECT {', '.join(anew)}")
