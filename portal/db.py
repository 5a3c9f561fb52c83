"""The database session, the base of every model, and the column types they share."""

import ctypes
import enum
import sqlite3
import unicodedata
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    JSON,
    DateTime,
    Dialect,
    Engine,
    Enum,
    MetaData,
    Table,
    TypeDecorator,
    event,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, IntegrityError
from sqlalchemy.orm import DeclarativeBase, registry
from sqlalchemy.pool import ConnectionPoolEntry

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}


class Instant(TypeDecorator[datetime]):
    """A moment in UTC: always time-zone aware in Python, on every database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a moment without a time zone cannot be stored")
        value = value.astimezone(UTC)
        return value.replace(tzinfo=None) if dialect.name == "sqlite" else value

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


# KiB of pages that a connection of SQLite keeps. Every thread has one that reads; only one at a
# time writes, and what a writer cannot keep it writes twice.
READING, WRITING = 4_000, 16_000
# Bytes of a page, in databases yet to be made: long lists are read in a third less time than with
# the usual 4,096. And pages in the log before they go to their place: changed twice, they go once.
PAGE_BYTES, CHECKPOINT = 16_384, 2_000
LARGE = 20_000  # rows changed in one transaction, after which memory is given back

Json = JSON().with_variant(JSONB(), "postgresql")


_METADATA = MetaData(naming_convention=NAMING)
_TYPES: dict[Any, Any] = {
    datetime: Instant(),
    dict[str, Any]: Json,
    list[Any]: Json,
    enum.Enum: Enum(
        enum.Enum,
        native_enum=False,
        length=32,
        values_callable=lambda kind: [member.value for member in kind],
    ),
}


class Base(DeclarativeBase):
    registry = registry(metadata=_METADATA, type_annotation_map=_TYPES)


db = SQLAlchemy(model_class=Base)


def init_app(app: Flask) -> None:
    db.init_app(app)
    with app.app_context():
        engine = db.engine
    if engine.dialect.name == "sqlite":
        _make_private(engine.url.database or "")
        _tune_sqlite(engine)
        _take_turns(engine)


def _make_private(file: str) -> None:
    """Begin a new database as a file only its owner reads; SQLite's other files take after it."""
    if file and file != ":memory:" and Path(file).parent.is_dir():
        Path(file).touch(mode=0o600)


def _tune_sqlite(engine: Engine) -> None:
    # pysqlite begins transactions by itself, lazily and deferred; we begin them, and a
    # writer takes its lock at once: an upgrade in mid-transaction fails without waiting.
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"page_size={PAGE_BYTES}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            "foreign_keys=ON",
            "busy_timeout=15000",
            f"cache_size={-READING}",
            "temp_store=MEMORY",
            f"wal_autocheckpoint={CHECKPOINT}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        connection.create_function("fold", 1, fold, deterministic=True)
        connection.create_function("name_key", 1, name_key, deterministic=True)


def _take_turns(engine: Engine) -> None:
    """Begin transactions, and give a writer more pages while it has its turn."""

    # Past SQLAlchemy's own way of executing: these few words would cost what a statement does.
    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        execute = _of_sqlite(connection).execute
        if not connection.get_execution_options().get("writing", False):
            execute("BEGIN")
            return
        in_bulk = bool(connection.get_execution_options().get("in_bulk", False))
        execute(f"PRAGMA cache_size={-WRITING}")
        if in_bulk:
            execute("PRAGMA foreign_keys=OFF")  # see require_references
        connection.info["wrote"] = in_bulk, _of_sqlite(connection).total_changes
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # its failure is to be SQLAlchemy's

    @event.listens_for(engine, "checkin")
    def checkin(connection: sqlite3.Connection | None, record: ConnectionPoolEntry) -> None:
        wrote = record.info.pop("wrote", None)
        if connection is None or wrote is None:
            return
        in_bulk, changes_before = wrote
        connection.execute(f"PRAGMA cache_size={-READING}")  # which drops what is beyond it
        if in_bulk:
            connection.execute("PRAGMA foreign_keys=ON")
            connection.execute("PRAGMA shrink_memory")
        if connection.total_changes - changes_before > LARGE:
            give_memory_back()


def give_memory_back() -> None:
    """Return to the system what this process holds and does not use; glibc would keep it."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _of_sqlite(connection: Connection) -> sqlite3.Connection:
    return cast(sqlite3.Connection, connection.connection.dbapi_connection)


def require_references(connection: Connection, tables: Iterable[Table]) -> None:
    """Raise IntegrityError where a row of these tables points at nothing.

    For SQLite, which is told not to look while a whole list is written.
    """
    if connection.dialect.name != "sqlite":
        return
    for table in tables:
        query = f"PRAGMA foreign_key_check({table.name})"
        if broken := connection.exec_driver_sql(query).first():
            cause = sqlite3.IntegrityError(f"FOREIGN KEY constraint failed: {tuple(broken)}")
            raise IntegrityError(query, None, cause)


def is_clash(error: DBAPIError) -> bool:
    """Whether another transaction was in the way, so that the same again may well go through:
    it took a name that may be there once, took away what this one refers to, or both waited
    for each other (SQLSTATE 23505, 23503, 40P01, 40001)."""
    cause = error.orig
    if isinstance(cause, sqlite3.Error):
        return getattr(cause, "sqlite_errorcode", 0) in _SQLITE_CLASHES
    return getattr(cause, "sqlstate", None) in {"23505", "23503", "40P01", "40001"}


_SQLITE_CLASHES = {
    sqlite3.SQLITE_CONSTRAINT_UNIQUE,
    sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY,
    sqlite3.SQLITE_CONSTRAINT_FOREIGNKEY,
}


def fold(text: str | None) -> str | None:
    """Lower case for comparison, the same in Python and (as a function) in SQLite."""
    return text.lower() if text is not None else None


# Letters that Unicode does not take apart, and the accents of those that it does.
_WITHOUT_ACCENT = str.maketrans("øłđħ", "oldh", "".join(map(chr, range(0x300, 0x370))))


def name_key(text: str | None) -> str | None:
    """What names are put in order by (portal.queries.order): small letters without accents."""
    if text is None:
        return None
    if text.isascii():
        return text.lower()
    return unicodedata.normalize("NFKD", text.casefold()).translate(_WITHOUT_ACCENT)
