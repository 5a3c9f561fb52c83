"""Moments in SQL, the same on both databases: the day one falls on, and the seconds between two."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class day_of(FunctionElement[str]):  # noqa: N801  written as the function that it is in SQL
    """The day in UTC on which a moment falls, as text: "2026-12-04"."""

    name, type, inherit_cache = "day_of", sa.String(), True


class seconds_between(FunctionElement[float]):  # noqa: N801  as above
    """The seconds from the first moment to the second."""

    name, type, inherit_cache = "seconds_between", sa.Float(), True


@compiles(day_of, "sqlite")
def _day_on_sqlite(element: day_of, compiler: SQLCompiler, **how: Any) -> str:
    return f"substr({compiler.process(element.clauses, **how)}, 1, 10)"


@compiles(day_of)
def _day_on_others(element: day_of, compiler: SQLCompiler, **how: Any) -> str:
    moment = compiler.process(element.clauses, **how)
    return f"to_char({moment} AT TIME ZONE 'UTC', 'YYYY-MM-DD')"


@compiles(seconds_between, "sqlite")
def _seconds_on_sqlite(element: seconds_between, compiler: SQLCompiler, **how: Any) -> str:
    first, second = (compiler.process(each, **how) for each in element.clauses)
    return f"((julianday({second}) - julianday({first})) * 86400.0)"


@compiles(seconds_between)
def _seconds_on_others(element: seconds_between, compiler: SQLCompiler, **how: Any) -> str:
    first, second = (compiler.process(each, **how) for each in element.clauses)
    return f"CAST(extract(epoch FROM ({second} - {first})) AS float)"
