"""One page of a long list, by keyset: the hundredth page costs what the first does."""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, literal, select, tuple_

from portal.db import Base, db
from portal.queries.filters import Expression
from portal.queries.order import in_order
from portal.queries.walking import texts_in_order, walked

PAGE = 50

M = TypeVar("M")


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows in order. `before` and `after` are the cursors of the neighbours, or empty."""

    rows: Sequence[M]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Order:
    """By `column`, which is never NULL, and then by the row's `key`, both the same way.

    `beside` are other tables that the column is of, each with what joins it: one row or none.
    `plain` is the column as it is kept, of few different texts, where an index has it.
    """

    column: Expression
    key: Expression
    descending: bool = False
    beside: Sequence[tuple[Any, Any]] = ()
    plain: Any = None

    def reversed(self) -> "Order":
        return replace(self, descending=not self.descending)

    def joined(self, query: Select[Any]) -> Select[Any]:
        """The query with the tables that the column is of."""
        for table, how in self.beside:
            query = query.outerjoin(table, how)
        return query

    @property
    def terms(self) -> tuple[Any, Any]:
        if self.descending:
            return self.column.desc(), self.key.desc()
        return self.column.asc(), self.key.asc()

    def beyond(self, edge: tuple[Any, Any]) -> Any:
        """The condition that a row comes after the one at `edge`."""
        value, key = literal(edge[0], self.column.type), literal(edge[1], self.key.type)
        here, there = tuple_(self.column, self.key), tuple_(value, key)
        return here < there if self.descending else here > there


def page_of(
    query: Select[M],
    order: Order,
    cursor: str = "",
    size: int = PAGE,
    *,
    rows: Select[M] | None = None,
) -> Page[M]:
    """The page of `query` at `cursor`: "after-ID" or "before-ID" of a row of its neighbour.

    A cursor whose row is gone leads to the first page. The keys are found first, so that what is
    sorted is narrow; then their rows, of `rows` where that asks for less than `query` again.
    """
    way, _, number = cursor.partition("-")
    key = key_in(number)
    edge = _edge(order, key) if key is not None else None
    backwards = way == "before" and edge is not None
    facing = order.reversed() if backwards else order
    found = _rows(query if rows is None else rows, _keys(query, facing, edge, size + 1))
    more, shown = len(found) > size, found[:size]
    if backwards:
        return _page(shown[::-1], has_before=more, has_after=True)
    return _page(shown, has_before=edge is not None, has_after=more)


def part_of(
    found: Sequence[M], cursor: str, place: Callable[[Any], Any], kind: type[Base], size: int = PAGE
) -> Page[M]:
    """What `page_of` gives, of rows that are here already, in the order of `place`.

    The row of `kind` at the cursor may be none of them by now: the page begins where it would
    stand.
    """
    way, _, number = cursor.partition("-")
    key = key_in(number)
    edge = db.session.get(kind, key) if key is not None else None
    begin = 0
    if edge is not None and way == "before":
        begin = max(0, bisect_left(found, place(edge), key=place) - size)
    elif edge is not None:
        begin = bisect_right(found, place(edge), key=place)
    rows = list(found[begin : begin + size])
    return _page(rows, has_before=begin > 0, has_after=begin + size < len(found))


def key_in(text: str) -> int | None:
    """The key of a row that `text` names in digits; None where no row can have it."""
    is_key = text.isascii() and text.isdigit() and len(text) <= 10
    return int(text) if is_key and int(text) < 1 << 31 else None


def count_of(query: Select[Any]) -> int:
    """How many rows `query` selects."""
    rows = query.order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(rows)) or 0


def in_order_of(query: Select[M], order: Order) -> Select[M]:
    """All of its rows, in this order."""
    return order.joined(query).order_by(None).order_by(*order.terms)


def _keys(
    query: Select[Any], order: Order, edge: tuple[Any, Any] | None, many: int
) -> Sequence[Any]:
    of = order.joined(query).with_only_columns(order.key, maintain_column_froms=True)
    groups = None if order.plain is None else texts_in_order(order.plain)
    if groups is None:
        if edge is not None and isinstance(order.column, in_order):
            return _keys(*_worked_out(query, order), edge, many)
        of = of if edge is None else of.where(order.beyond(edge))
        return db.session.scalars(of.order_by(None).order_by(*order.terms).limit(many)).all()
    found: list[Any] = []
    for some in walked(of.order_by(None), order, groups, edge):
        found += db.session.scalars(some.limit(many - len(found)))
        if len(found) == many:
            break
    return found


def _worked_out(query: Select[Any], order: Order) -> tuple[Select[Any], Order]:
    """The same with each row's place worked out once, not to compare and again to sort by."""
    columns = order.column.label("place"), order.key.label("key")
    every = order.joined(query).with_only_columns(*columns, maintain_column_froms=True)
    found = every.order_by(None).offset(0).subquery()  # OFFSET keeps it from being merged away
    return select(found.c.key), Order(found.c.place, found.c.key, order.descending)


def _rows(query: Select[M], keys: Sequence[Any]) -> list[M]:
    """The rows of these keys, by their own ids: what was joined to order them is not needed."""
    own = query.column_descriptions[0]["entity"].id
    found = db.session.execute(query.where(own.in_(keys)).add_columns(own)) if keys else ()
    by_key = {row[-1]: row[0] for row in found}
    return [by_key[key] for key in keys]


def _edge(order: Order, number: int) -> tuple[Any, Any] | None:
    query = order.joined(select(order.key)).with_only_columns(
        order.column, order.key, maintain_column_froms=True
    )
    row = db.session.execute(query.where(order.key == number)).first()
    return (row[0], row[1]) if row else None


def _page(rows: list[M], *, has_before: bool, has_after: bool) -> Page[M]:
    def cursor(way: str, row: Any) -> str:
        return f"{way}-{row.id}"

    return Page(
        rows,
        cursor("before", rows[0]) if rows and has_before else "",
        cursor("after", rows[-1]) if rows and has_after else "",
    )


def in_turn(query: Select[M]) -> Iterator[M]:
    """The rows of `query` as they are read, asked for with the first of them and not before.

    What is written in between ends the transaction, and on PostgreSQL what was asked in it.
    """
    yield from db.session.scalars(query.execution_options(yield_per=1000))
