"""Writing many rows of plain text into a table, the fastest way its database has.

Values are str, int or None: moments, dates and JSON come as text (see policies.lists).
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection

from portal.db import Base, db


def store_rows(model: type[Base], columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
    """Add `rows` to the table of `model`, inside the running transaction."""
    if not rows:
        return
    connection = db.session.connection()
    quote = connection.dialect.identifier_preparer.quote
    place = f"{quote(model.__tablename__)} ({', '.join(map(quote, columns))})"
    if connection.dialect.name == "postgresql":
        _copy(connection, place, rows)
    else:
        marks = ", ".join("?" * len(columns))
        statement = f"INSERT INTO {place} VALUES ({marks})"  # noqa: S608  our own names
        connection.exec_driver_sql(statement, rows)


def count_rows_anew(*models: type[Base]) -> None:
    """Tell PostgreSQL how much was just written: it plans by what it last counted, which may be
    an empty table, and would then join 100,000 rows one by one. SQLite needs no telling."""
    connection = db.session.connection()
    if connection.dialect.name == "postgresql":
        quote = connection.dialect.identifier_preparer.quote
        names = ", ".join(quote(model.__tablename__) for model in models)
        connection.exec_driver_sql(f"ANALYZE {names}")


def _copy(connection: Connection, place: str, rows: Sequence[Sequence[Any]]) -> None:
    connection.exec_driver_sql("SET LOCAL TIME ZONE 'UTC'")
    cursor: Any = connection.connection.cursor()
    with cursor.copy(f"COPY {place} FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)
