"""The order of names as people expect it: "ghost" before "Rita", "Öz" between "Otto" and "Paula".

Databases compare text byte by byte unless told otherwise, each in a way of its own. A name is
therefore put in order by a key: in small letters, and these without their accents. People keep
theirs (`Person.name_key`), so that an index has them in order.

Measured on 100,000 rows of SQLite: our own function for each name takes as long again as the
sort. So it is called only for names that have letters beyond ASCII.
"""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class in_order(FunctionElement[str]):  # noqa: N801  written as the function that it is in SQL
    """The key by which the text of a column is put in order; NULL stays NULL."""

    name, type, inherit_cache = "in_order", sa.String(), True


@compiles(in_order, "sqlite")
def _on_sqlite(element: in_order, compiler: SQLCompiler, **how: Any) -> str:
    text = compiler.process(element.clauses, **how)
    is_plain = f"length({text}) = length(CAST({text} AS BLOB))"
    return f"(CASE WHEN {is_plain} THEN lower({text}) ELSE name_key({text}) END)"


@compiles(in_order)
def _on_others(element: in_order, compiler: SQLCompiler, **how: Any) -> str:
    text = compiler.process(element.clauses, **how)
    plain = f"regexp_replace(normalize(lower({text}), NFKD), '[\\u0300-\\u036f]', '', 'g')"
    plain = f"translate(replace({plain}, 'ß', 'ss'), 'øłđħ', 'oldh')"
    is_plain = f"length({text}) = octet_length({text})"
    return f'((CASE WHEN {is_plain} THEN lower({text}) ELSE {plain} END) COLLATE "C")'


class off_index(FunctionElement[int]):  # noqa: N801  written as the function that it is in SQL
    """A whole number as it is, which SQLite is not to look up in an index.

    It takes an index on any equation it finds; PostgreSQL decides by what it counted.
    """

    name, type, inherit_cache = "off_index", sa.Integer(), True


@compiles(off_index, "sqlite")
def _beside_index(element: off_index, compiler: SQLCompiler, **how: Any) -> str:
    return f"({compiler.process(element.clauses, **how)} + 0)"


@compiles(off_index)
def _as_it_is(element: off_index, compiler: SQLCompiler, **how: Any) -> str:
    return compiler.process(element.clauses, **how)
