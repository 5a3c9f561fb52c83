"""One page of a long list, by keyset: the hundredth page costs what the first does."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from sqlalchemy import Select, func, literal, select, tuple_

from portal.db import Base, db
from portal.queries.filters import Expression

PAGE = 50

M = TypeVar("M", bound=Base)


@dataclass(frozen=True)
class Page(Generic[M]):
    """The rows in order. `before` and `after` are the cursors of the neighbours, or empty."""

    rows: Sequence[M]
    before: str = ""
    after: str = ""


@dataclass(frozen=True)
class Order:
    """By `column`, which is never NULL, and then by the row's `key`, both the same way."""

    column: Expression
    key: Expression
    descending: bool = False

    def reversed(self) -> "Order":
        return Order(self.column, self.key, not self.descending)

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


def page_of(query: Select[M], order: Order, cursor: str = "", size: int = PAGE) -> Page[M]:
    """The page of `query` at `cursor`: "after-ID" or "before-ID" of a row of its neighbour.

    A cursor whose row is gone leads to the first page.
    """
    way, _, number = cursor.partition("-")
    key = key_in(number)
    edge = _edge(order, key) if key is not None else None
    backwards = way == "before" and edge is not None
    facing = order.reversed() if backwards else order
    if edge is not None:
        query = query.where(facing.beyond(edge))
    found = list(db.session.scalars(query.order_by(None).order_by(*facing.terms).limit(size + 1)))
    more, rows = len(found) > size, found[:size]
    if backwards:
        return _page(rows[::-1], has_before=more, has_after=True)
    return _page(rows, has_before=edge is not None, has_after=more)


def key_in(text: str) -> int | None:
    """The key of a row that `text` names in digits; None where no row can have it."""
    is_key = text.isascii() and text.isdigit() and len(text) <= 10
    return int(text) if is_key and int(text) < 1 << 31 else None


def count_of(query: Select[Any]) -> int:
    """How many rows `query` selects."""
    rows = query.order_by(None).subquery()
    return db.session.scalar(select(func.count()).select_from(rows)) or 0


def _edge(order: Order, number: int) -> tuple[Any, Any] | None:
    row = db.session.execute(select(order.column, order.key).where(order.key == number)).first()
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
