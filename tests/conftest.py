"""The stage: an application on a real database, emptied before every test."""

import gc
import importlib
import os
import shutil
import tempfile
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
from sqlalchemy import NullPool, create_engine, event, make_url, text

from policies.permissions import SYSTEM, Actor
from portal import cli, clock, create_app
from portal.config import read_config
from portal.db import db
from portal.models import Person
from portal.queries.actors import actor_for, member_of
from portal.queries.links import METHODS, REACHES
from portal.queue import make_queue
from portal.usecases.links import write_link
from portal.usecases.members import install_roles
from portal.usecases.sessions import Proof, open_session
from portal.web.limits import limiter
from tests.cast import arrange_cast, find_cast
from tests.keeping import Told, bring_back, how_much_is_stored, keep, turn_clock_to

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "gw0")


# What takes long, in the order in which it begins: beside each browser, something that computes.
LONG = (
    *("journeys/test_first_story.py", "security/test_matrix.py", "cli/test_demo.py"),
    *("journeys/test_table.py", "jobs/test_killed.py", "tests/test_query_counts.py"),
    *("journeys/test_doors.py", "scim/test_tester.py", "reports/test_ended.py"),
    *("journeys/test_planning.py", "jobs/test_killed_at_lists.py", "reports/test_pack.py"),
    "journeys/test_design.py",
)

# What asks for a database, though any would answer alike: who may, how often it is asked, what
# marks a download, what a SCIM client says. house/test_doors.py asks every page of PostgreSQL.
ONCE = (
    *("security/test_matrix.py", "security/test_auditor.py", "security/test_markup.py"),
    *("security/test_preview.py", "security/test_forgery.py", "tests/test_query_counts.py"),
    *("reports/test_marking.py", "scim/test_tester.py"),
)
MEMORY = Path("/dev/shm")  # noqa: S108  a folder of its own is made there
ROOM = 2 << 30  # bytes; a container often has less there


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a database, before that is asked for, and begin with what takes long."""
    for item in items:
        if "stage" in getattr(item, "fixturenames", ()) and _file(item) not in ONCE:
            item.add_marker("stored")
    items.sort(key=lambda item: _place(_file(item)))


def _file(item: pytest.Item) -> str:
    return "/".join(item.path.parts[-2:])


def _place(file: str) -> int:
    return LONG.index(file) if file in LONG else len(LONG)


def pytest_collection_finish() -> None:
    """Look less often for garbage, and never among what was loaded: a tenth of the time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """One application per process, its database migrated from nothing."""
    folder = tmp_path_factory.mktemp("data")
    in_memory = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM
    quick = Path(tempfile.mkdtemp(prefix="countersign-", dir=MEMORY if in_memory else folder))
    url = _own_database(quick)
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
    cli.init_app(app)
    app.config["WTF_CSRF_ENABLED"] = False
    limiter.enabled = False
    app.before_request_funcs.setdefault(None, []).insert(0, _forget_who_asked)
    app.extensions["queue"] = make_queue(_own_redis())
    with app.app_context():
        flask_migrate.upgrade()
        install_roles(by=SYSTEM)
        app.extensions["bare"] = keep(app, "bare")
        arrange_cast()
        app.extensions["cast"] = keep(app, "cast")
    yield app
    with app.app_context():
        db.engine.dispose()
    shutil.rmtree(quick)


@pytest.fixture
def app(stage: Flask, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The application in its context, with an empty queue, and nobody in its database but the
    cast, where the test asks for it."""
    with stage.app_context():
        db.session.remove()
        bring_back(stage, stage.extensions["cast" if "cast" in request.fixturenames else "bare"])
        yield stage
        db.session.rollback()
        db.session.remove()
        clock.shift(timedelta())


@pytest.fixture
def cast(app: Flask) -> SimpleNamespace:
    """Everybody in tests/cast.py, by first name."""
    if vars(found := find_cast()):
        return found
    arrange_cast()  # a fixture asks for them that nobody knew would
    return find_cast()


@pytest.fixture
def once(app: Flask, cast: SimpleNamespace) -> Callable[[str, Callable[[], Any]], Any]:
    """`once("a name", build)`: what `build` stores is there, and what it said is returned.

    The first test that asks builds it, the later ones of the process get it back as it was, at
    the moment that it was. See tests.story for fixtures of this kind.
    """
    kept, before = app.extensions.setdefault("kept", {}), []

    def once(name: str, build: Callable[[], Any]) -> Any:
        before.append(name)  # what was told before in this test is a part of it
        found = kept.get(tuple(before))
        stored = how_much_is_stored()
        if found:
            assert stored == found.before, f"{name} would undo what was stored before it"
            bring_back(app, found.after)
            turn_clock_to(found.after)
        else:
            said = build()
            found = Told(said, stored, keep(app, f"story{len(kept)}"))
            kept[tuple(before)] = found
        vars(cast).update(vars(find_cast()))
        return found.said

    return once


@pytest.fixture
def acting(cast: SimpleNamespace) -> Callable[[str], Actor]:
    """The actor that someone of the cast is once signed in (members by role)."""

    def acting(first: str) -> Actor:
        person = getattr(cast, first)
        purpose = _purpose(person)
        actor = actor_for(person, REACHES[purpose], METHODS[purpose])
        assert actor
        return actor

    return acting


@pytest.fixture
def sign_in(app: Flask, cast: SimpleNamespace) -> Callable[[str], FlaskClient]:
    """A client with a session of someone of the cast, as after a personal link."""
    cookies = app.session_interface.get_signing_serializer(app)

    def sign_in(first: str) -> FlaskClient:
        person = getattr(cast, first)
        purpose = _purpose(person)
        method, reach = METHODS[purpose], REACHES[purpose]
        link = write_link(person, purpose, by=SYSTEM)
        who = Actor(person.id, person.name, method=method)
        _, token = open_session(person, Proof(method, reach, link), by=who)
        held = {"_user_id": token, "_fresh": True, "_permanent": True}
        client = app.test_client()
        client.set_cookie(app.config["SESSION_COOKIE_NAME"], cookies.dumps(held))
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


def _purpose(person: Person) -> str:
    return "sign-in" if member_of(person.id) else "tasks"


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
