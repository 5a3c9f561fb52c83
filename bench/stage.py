"""The portal as it is run: its own database, a Redis to wake jobs, real people and sessions."""

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import flask_migrate
import structlog
from flask import Flask
from sqlalchemy import NullPool, create_engine, make_url, select, text

from bench.lists import OWNER
from policies.permissions import SYSTEM, Actor
from portal import cli, create_app
from portal.config import read_config
from portal.db import db
from portal.models import Person, Review
from portal.queries.actors import member_of
from portal.queries.links import actor_behind
from portal.usecases.links import write_link
from portal.usecases.members import add_member, install_roles
from scripts.children import Child
from scripts.embedded import Server, choose

ADMIN = "alma.admin@example.com"
PROJECT = Path(__file__).parents[1]


@dataclass(frozen=True)
class Place:
    """Where one run keeps its lists, its database and its Redis."""

    folder: Path
    database_url: str
    redis_url: str

    @property
    def environ(self) -> dict[str, str]:
        return {
            "DATA_DIR": str(self.folder),
            "DATABASE_URL": self.database_url,
            "REDIS_URL": self.redis_url,
            "BASE_URL": "http://localhost",
            "LOG_LEVEL": "ERROR",
        }


@contextmanager
def a_place(folder: Path, server_url: str) -> Iterator[Place]:
    """A place with an empty database: in `folder`, or a new one on the PostgreSQL at `server_url`.

    What was made is taken away at the end.
    """
    with _redis(folder) as redis_url, _database(folder, server_url) as database_url:
        place = Place(folder, database_url, redis_url)
        with the_portal(place) as app:
            cli.init_app(app)
            flask_migrate.upgrade()
            install_roles(by=SYSTEM)
            add_member(ADMIN, "Admin", name="Alma Ahlgren", by=SYSTEM)
        yield place


@contextmanager
def the_portal(place: Place, *, doors: bool = True) -> Iterator[Flask]:
    """The application in its context, as a process of its own would have it."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(40))
    app = create_app(read_config(place.environ), doors=doors)
    with app.app_context():
        try:
            yield app
        finally:
            db.session.remove()
            db.engine.dispose()


def person(email: str) -> Person:
    return db.session.scalars(select(Person).where(Person.email == email)).one()


def acting(email: str) -> Actor:
    """Someone, signed in: a member by their role, anybody else by their tasks."""
    who = person(email)
    purpose = "sign-in" if member_of(who.id) else "tasks"
    actor = actor_behind(write_link(who, purpose, by=SYSTEM))
    if actor is None:
        raise RuntimeError(f"{email} cannot sign in")
    return actor


def the_review() -> Review:
    return db.session.scalars(select(Review)).one()


def owner() -> Person:
    return person(OWNER)


@contextmanager
def _database(folder: Path, server_url: str) -> Iterator[str]:
    if not server_url:
        yield f"sqlite:///{folder}/countersign.db"
        return
    url = make_url(server_url.replace("postgres://", "postgresql://", 1))
    url = url.set(drivername="postgresql+psycopg")
    name = f"countersign_bench_{secrets.token_hex(4)}"
    server = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with server.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    try:
        yield url.set(database=name).render_as_string(hide_password=False)
    finally:
        with server.connect() as connection:
            connection.execute(text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@contextmanager
def _redis(folder: Path) -> Iterator[str]:
    server = choose(os.environ, folder)
    if server is None:
        yield os.environ["REDIS_URL"]
        return
    server.folder.mkdir(exist_ok=True)
    child = Child("redis", server.command, os.environ, folder / "redis.log", folder)
    child.start()
    try:
        _wait_for(server)
        yield server.url
    finally:
        child.ask_to_stop()
        child.wait_or_kill(time.monotonic() + 5)


def _wait_for(server: Server) -> None:
    until = time.monotonic() + 10
    while not server.socket.exists():
        if time.monotonic() > until:
            raise RuntimeError(f"{server.program} did not start")
        time.sleep(0.02)
