"""Database values as the text of evidence, made by the database: a stream has no time to lose."""

from typing import Any

from sqlalchemy import Boolean, ColumnElement, String, case, cast, func, type_coerce
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

Expression = Any  # a mapped attribute or any SQL expression


class utc_text(FunctionElement[str]):  # noqa: N801  it reads as a function where it is used
    """A moment as 2026-12-04T16:30:05Z; an empty text for NULL."""

    type = String()
    inherit_cache = True


@compiles(utc_text)
def _utc_text(element: utc_text, compiler: SQLCompiler, **keywords: Any) -> str:
    moment = compiler.process(element.clauses, **keywords)
    return f"coalesce(replace(substr({moment}, 1, 19), ' ', 'T') || 'Z', '')"


@compiles(utc_text, "postgresql")
def _utc_text_postgresql(element: utc_text, compiler: SQLCompiler, **keywords: Any) -> str:
    moment = compiler.process(element.clauses, **keywords)
    pattern = 'YYYY-MM-DD"T"HH24:MI:SS"Z"'
    return f"coalesce(to_char({moment} AT TIME ZONE 'UTC', '{pattern}'), '')"


def yes_no(column: Expression) -> ColumnElement[str]:
    """ "yes" or "no"."""
    return case((type_coerce(column, Boolean), "yes"), else_="no")


def plain(column: Expression) -> ColumnElement[str]:
    """A text or an enum as it is stored; an empty text for NULL."""
    return func.coalesce(type_coerce(column, String), "")


def written(column: Expression) -> ColumnElement[str]:
    """A number, date or JSON as text; an empty text for NULL."""
    return func.coalesce(cast(column, String), "")
