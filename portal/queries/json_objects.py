"""A JSON object as it is after one of its values is set, or taken out: for whole sets of rows."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from portal.db import Json
from portal.queries.filters import Expression


def with_value(column: Expression, key: str, value: str | int) -> sa.ColumnElement[Any]:
    """The object in `column` with `value` under `key`."""
    return _With(column, _key(key), sa.literal(json.dumps(value), sa.String()))


def without_key(column: Expression, key: str) -> sa.ColumnElement[Any]:
    """The object in `column` without what is under `key`."""
    return _Without(column, _key(key))


def _key(key: str) -> sa.ColumnElement[str]:
    return sa.literal(key, sa.String())


class _With(FunctionElement[Any]):
    name, type, inherit_cache = "with_value", Json, True


class _Without(FunctionElement[Any]):
    name, type, inherit_cache = "without_key", Json, True


def _write(element: type[FunctionElement[Any]], *, sqlite: str, otherwise: str) -> None:
    def pen(words: str) -> Any:
        def write(element: FunctionElement[Any], compiler: SQLCompiler, **how: Any) -> str:
            return words.format(*(compiler.process(each, **how) for each in element.clauses))

        return write

    compiles(element)(pen(otherwise))
    compiles(element, "sqlite")(pen(sqlite))


_PATH = "'$.\"' || {1} || '\"'"
_write(
    _With,
    sqlite="json_set({0}, " + _PATH + ", json({2}))",
    otherwise="({0} || jsonb_build_object(CAST({1} AS TEXT), CAST({2} AS JSONB)))",
)
_write(
    _Without,
    sqlite="json_remove({0}, " + _PATH + ")",
    otherwise="({0} - CAST({1} AS TEXT))",
)
