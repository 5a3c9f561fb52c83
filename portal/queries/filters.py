"""The one compiler of the filter language (policies.filters) to SQL, for both databases.

Text is compared without regard to case. What is "not" something includes what is empty,
as a person who reads "Department is not Sales" would expect.

Measured on 100,000 rows of SQLite: LIKE, which ignores the case of ASCII by itself, takes
31 ms; lower(x) LIKE 41 ms; instr(lower(x), ?) 58 ms; our own fold() 137 ms. So plain LIKE
is used, and fold() only where the value typed has letters beyond ASCII.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.orm import InstrumentedAttribute
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

from policies.errors import Invalid
from policies.filters import Condition, Field, Fields, Filter, Kind, Op, Value, typed
from portal.db import Instant

Clause = sa.ColumnElement[bool]
Expression = sa.ColumnElement[Any] | InstrumentedAttribute[Any]

_OPPOSITES = {
    Op.IS_NOT: Op.IS,
    Op.NOT_CONTAINS: Op.CONTAINS,
    Op.NOT_EMPTY: Op.EMPTY,
}
NUMBER_TEXT = r"^-?[0-9]+([.][0-9]+)?$"
_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"


@dataclass(frozen=True)
class Several:
    """A field with several values, in rows of their own: owners, roles.

    `rows` selects them, correlated with the row that is filtered. The field matches when
    one of `columns` in one of these rows does, and "is not" when none does.
    """

    rows: sa.Select[*tuple[Any, ...]]
    columns: tuple[Expression, ...]


Columns = Mapping[str, Expression | Several]


def where(filter: Filter, fields: Fields, columns: Columns) -> Clause:  # noqa: A002  the word of the grammar
    """The condition that `filter` puts on rows; true for all where the filter is empty.

    `columns` says where each field is found: a column, any expression (an element of a
    JSON column included), or Several. Raises Invalid for a field that is not there.
    """
    if not filter:
        return sa.true()
    groups = (
        sa.and_(sa.true(), *(_condition(condition, fields, columns) for condition in group))
        for group in filter.groups
    )
    return sa.or_(*groups)


def contains(column: Expression, text: str) -> Clause:
    """Whether `column` contains `text`, whatever its case; `text` is data, never a pattern."""
    pattern = sa.literal(f"%{_escaped(text)}%", sa.String())
    if text.isascii():
        return _Like(column, pattern)
    return _Like(_Fold(column), _Fold(pattern))


def contains_any(column: Any, words: Sequence[str]) -> Clause:
    """Whether the text holds one of the words, whatever their case."""
    if not words:
        return sa.false()
    folded = sa.func.lower(column)
    return sa.or_(*(folded.contains(word.lower(), autoescape=True) for word in words))


def starts_with(column: Expression, text: str) -> Clause:
    """Whether `column` begins with `text`, whatever its case."""
    pattern = sa.literal(f"{_escaped(text)}%", sa.String())
    if text.isascii():
        return _Like(column, pattern)
    return _Like(_Fold(column), _Fold(pattern))


def same_text(column: Expression, text: str) -> Clause:
    """Whether `column` is `text`, whatever its case."""
    value = sa.literal(text, sa.String())
    return _Same(column, value) if text.isascii() else _Fold(column) == _Fold(value)


def _condition(condition: Condition, fields: Fields, columns: Columns) -> Clause:
    field, column = fields.get(condition.field), columns.get(condition.field)
    if field is None or column is None:
        raise Invalid(f"There is no field “{condition.field}” to filter by.")
    if condition.op not in _OPPOSITES:
        return _matches(column, field, condition)
    return _none(_matches(column, field, replace(condition, op=_OPPOSITES[condition.op])))


def _none(clause: Clause) -> Clause:
    """What does not match, and what cannot be said to because there is no value."""
    return sa.not_(sa.func.coalesce(clause, sa.false()))


def _matches(column: Expression | Several, field: Field, condition: Condition) -> Clause:
    if not isinstance(column, Several):
        return _compared(column.expression, field, condition)
    if condition.op is Op.EMPTY:
        return sa.not_(column.rows.exists())
    one = sa.or_(*(_compared(each.expression, field, condition) for each in column.columns))
    return column.rows.where(one).exists()


def _compared(column: sa.ColumnElement[Any], field: Field, condition: Condition) -> Clause:
    if condition.op is Op.EMPTY:
        return _empty(column)
    values = typed(condition, field)
    if condition.op is Op.BETWEEN:
        ends = zip((Op.LESS, Op.MORE), values, strict=True)
        return sa.and_(*(sa.not_(_held(column, field, op, end)) for op, end in ends))
    op = Op.IS if condition.op is Op.IN else condition.op
    return sa.or_(*(_held(column, field, op, value) for value in values))


def _held(column: sa.ColumnElement[Any], field: Field, op: Op, value: Value) -> Clause:
    """One comparison with one value."""
    if isinstance(value, bool):
        return _yes(column) if value else _none(_yes(column))
    if isinstance(value, date):
        return _dated(column, op, value)
    if isinstance(value, float):
        return _ordered(_as_number(column), op, sa.literal(value, sa.Float()))
    return _worded(column, field, op, value)


def _worded(column: sa.ColumnElement[Any], field: Field, op: Op, value: str) -> Clause:
    if op is Op.CONTAINS:
        return contains(_as_text(column), value)
    if op is Op.STARTS:
        return starts_with(_as_text(column), value)
    if isinstance(column.type, sa.Enum) and field.kind is Kind.CHOICE:
        return _as_text(column) == value.lower()  # exact, so that an index serves it
    return same_text(_as_text(column), value)


def _dated(column: sa.ColumnElement[Any], op: Op, day: date) -> Clause:
    """Moments are compared by their day in UTC, as ranges that an index can serve."""
    if not isinstance(column.type, Instant):
        found, wanted = _as_dates(column, day)
        return _ordered(found, op, wanted)
    begins, ends = _midnight(day), _midnight(day + timedelta(days=day < date.max))
    if op is Op.MORE:
        return column >= ends
    return column < begins if op is Op.LESS else sa.and_(column >= begins, column < ends)


def _ordered(left: sa.ColumnElement[Any], op: Op, right: sa.ColumnElement[Any]) -> Clause:
    if op is Op.MORE:
        return left > right
    return left < right if op is Op.LESS else left == right


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _as_dates(
    column: sa.ColumnElement[Any], day: date
) -> tuple[sa.ColumnElement[Any], sa.ColumnElement[Any]]:
    if isinstance(column.type, sa.Date):
        return column, sa.literal(day, sa.Date())
    text = _as_text(column)  # of a JSON attribute; ISO dates sort as text, anything else is none
    found = sa.case((text.regexp_match(_DATE), sa.func.substr(text, 1, 10)))
    return found, sa.literal(day.isoformat(), sa.String())


def _as_number(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, sa.Integer | sa.Numeric):
        return column
    text = _as_text(column)
    return sa.case((text.regexp_match(NUMBER_TEXT), sa.cast(text, sa.Float())))


def _as_text(column: sa.ColumnElement[Any]) -> sa.ColumnElement[Any]:
    if isinstance(column.type, sa.Enum):
        return sa.type_coerce(column, sa.String())
    if isinstance(column.type, sa.JSON):
        return sa.cast(column.as_string(), sa.String())  # SQLite gives a number as a number
    return column if isinstance(column.type, sa.String) else sa.cast(column, sa.String())


def _empty(column: sa.ColumnElement[Any]) -> Clause:
    if isinstance(column.type, sa.String | sa.JSON):
        return sa.or_(_as_text(column).is_(None), _as_text(column) == "")
    return column.is_(None)


def _yes(column: sa.ColumnElement[Any]) -> Clause:
    if isinstance(column.type, sa.Boolean):
        return column == sa.true()
    return sa.func.lower(_as_text(column)).in_(("yes", "true", "1"))


def _escaped(text: str) -> str:
    return text.replace("/", "//").replace("%", "/%").replace("_", "/_")


class _Like(FunctionElement[bool]):
    name, type, inherit_cache = "like_text", sa.Boolean(), True


class _Same(FunctionElement[bool]):
    name, type, inherit_cache = "same_text", sa.Boolean(), True


class _Fold(FunctionElement[str]):
    name, type, inherit_cache = "fold_text", sa.String(), True


def _write(element: type[FunctionElement[Any]], *, sqlite: str, otherwise: str) -> None:
    """Say how `element` is written: on SQLite, and on every other database."""

    def pen(words: str) -> Any:
        def write(element: FunctionElement[Any], compiler: SQLCompiler, **how: Any) -> str:
            return words.format(*(compiler.process(each, **how) for each in element.clauses))

        return write

    compiles(element)(pen(otherwise))
    compiles(element, "sqlite")(pen(sqlite))


_write(_Like, sqlite="({} LIKE {} ESCAPE '/')", otherwise="({} ILIKE {} ESCAPE '/')")
_write(_Same, sqlite="({} = {} COLLATE NOCASE)", otherwise="(lower({}) = lower({}))")
_write(_Fold, sqlite="fold({})", otherwise="lower({})")
