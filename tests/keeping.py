"""What a test begins with is kept, and brought back for later ones."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import Connection, func, select

from portal import clock
from portal.db import Base, db
from portal.models import Application, Link, Session, TrailLine

NOTED = (TrailLine, Session, Link, Application)  # one of them tells of all that anybody does

COUNTERS = "SELECT sequencename FROM pg_sequences WHERE schemaname = 'public'"

COUNT_ON = "PERFORM setval('{}_id_seq', (SELECT coalesce(max(id), 0) + 1 FROM {}), false);"


class Kept(NamedTuple):
    """What was stored at a moment: SQLite's file or PostgreSQL's schema, and the queue."""

    database: Path | str
    queue: dict[bytes, bytes]
    moment: datetime


class Told(NamedTuple):
    """A story: what it said, how much was stored before it, and all that was after it."""

    said: Any
    before: tuple[int, ...]
    after: Kept


def how_much_is_stored() -> tuple[int, ...]:
    """Another answer, and something was stored in between."""
    counts = (select(func.count()).select_from(each).scalar_subquery() for each in NOTED)
    found = tuple(db.session.execute(select(*counts)).one())
    db.session.rollback()
    return found


def keep(app: Flask, name: str) -> Kept:
    """What is stored now."""
    db.session.rollback()
    redis = app.extensions["queue"].connection
    waiting = {key: redis.dump(key) for key in redis.scan_iter()}
    return Kept(_copy_of_database(name), waiting, clock.now())


def bring_back(app: Flask, kept: Kept) -> None:
    """Make it what it was; rows that a test holds are read anew when they are next looked at."""
    db.session.rollback()
    db.session.expire_all()
    if isinstance(kept.database, Path):
        _put_file(kept.database)
    else:
        _put_rows(kept.database)
    redis = app.extensions["queue"].connection
    redis.flushdb()
    for key, value in kept.queue.items():
        redis.restore(key, 0, value)


def turn_clock_to(kept: Kept) -> None:
    """Let it be the moment at which it was kept."""
    clock.shift(kept.moment - datetime.now(UTC))


def _copy_of_database(name: str) -> Path | str:
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            connection.exec_driver_sql("BEGIN")
        db.engine.dispose()
        path = Path(str(db.engine.url.database))
        return Path(shutil.copy(path, path.with_name(f"{name}.db")))
    with db.engine.begin() as connection:
        _copy_rows(connection, f"kept_{name}")
    return f"kept_{name}"


def _copy_rows(connection: Connection, schema: str) -> None:
    """Copy each row into `schema`, with a function there that puts all of them in again.

    It deletes, since TRUNCATE would write every table anew; and it is a replica's, which fires no
    trigger and checks no reference: of a role that may be one, which a superuser may.
    """
    tables = Base.metadata.sorted_tables
    connection.exec_driver_sql(f"CREATE SCHEMA {schema}")
    lines = [f'DELETE FROM public."{table.name}";' for table in tables]
    for table in tables:
        if connection.scalar(select(select(table).exists())):
            kept = f'{schema}."{table.name}"'
            connection.exec_driver_sql(f'CREATE TABLE {kept} AS TABLE public."{table.name}"')
            lines.append(f'INSERT INTO public."{table.name}" SELECT * FROM {kept};')
    for counter in connection.exec_driver_sql(COUNTERS).scalars():
        name = f"public.{counter.removesuffix('_id_seq')}"
        lines.append(COUNT_ON.format(name, name))
    connection.exec_driver_sql(
        f"CREATE FUNCTION {schema}.put() RETURNS void SET session_replication_role = replica"
        f" LANGUAGE plpgsql AS $$ BEGIN {' '.join(lines)} END $$"
    )


def _put_file(copy: Path) -> None:
    db.engine.dispose()
    path = Path(str(db.engine.url.database))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, path)


def _put_rows(schema: str) -> None:
    with db.engine.begin() as connection:
        connection.exec_driver_sql(f"SELECT {schema}.put()")
