"""What a test begins with is kept, and brought back for later ones."""

import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import Connection, Table, func, select

from portal import clock
from portal.db import Base, db
from portal.models import Application, Link, Session, TrailLine

Rows = dict[Table, list[dict[str, Any]]]

APPEND_ONLY = (
    *("decisions", "sign_offs", "trail", "votes", "second_looks", "glances"),
)  # their triggers refuse even this
NOTED = (TrailLine, Session, Link, Application)  # one of them tells of all that anybody does


class Kept(NamedTuple):
    """What was stored at a moment: SQLite's file or PostgreSQL's rows, and the queue."""

    database: Path | Rows
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


def _copy_of_database(name: str) -> Path | Rows:
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
        return {
            table: _referred_first(table, [dict(row) for row in found.mappings()])
            for table, found in held
        }


def _referred_first(table: Table, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows so that whatever refers to another of the same table comes after it."""
    own = [key.parent.name for key in table.foreign_keys if key.column.table is table]
    if not own:
        return rows
    found: dict[Any, dict[str, Any]] = {None: {}}
    while ready := [
        row for row in rows if row["id"] not in found and all(row[name] in found for name in own)
    ]:
        found |= {row["id"]: row for row in ready}
    return [row for key, row in found.items() if key is not None]


def _put_file(copy: Path) -> None:
    db.engine.dispose()
    path = Path(str(db.engine.url.database))
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    shutil.copy(copy, path)


def _put_rows(rows: Rows) -> None:
    with db.engine.begin() as connection:
        _empty_tables(connection)
        for table, each in rows.items():
            if each:
                connection.execute(table.insert(), each)
        _number_anew(connection, rows)


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
