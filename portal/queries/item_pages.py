"""One page of a list of items, in any order and at any depth; and how many there are in all.

First the ids of a page are found, then its items are read. Items lie in the order of their
labels (portal.usecases.freezing), so a list in that order is read from where the page begins
until it is full. In any other order all that is in view must be looked at. Where it is not known
how much that is, it is set aside and counted in passing; setting aside costs as much as looking.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal, or_, select, tuple_
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from portal.db import db
from portal.models import Item, Review
from portal.queries.item_sizes import Size, size_of
from portal.queries.paging import key_in

PAGE = 50


@dataclass(frozen=True)
class Sort:
    """An order of items: a field's key, and which way. Ties are broken by id."""

    key: str = "label"
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """One page of items. `before` and `after` are the cursors of the neighbours, or None.

    `size` is that of the whole list.
    """

    items: Sequence[Item]
    before: str | None
    after: str | None
    size: Size


def page_of_items(
    condition: ColumnElement[bool],
    sort: Sort,
    cursor: str = "",
    *,
    column: Any,
    known: Size | None = None,
) -> Page:
    """One page of the items under `condition`, by `column`.

    A cursor is ">ID" (after that item) or "<ID" (before it); one that no longer
    exists leads to the first page. `known` is how many there are, if that is known already.
    """
    edge = _edge(cursor, column)
    backwards = cursor.startswith("<") and edge is not None
    way = Sort(sort.key, sort.descending != backwards)
    if way.key == "label":
        found, size = _by_label(condition, way, edge), known or size_of(condition)
    else:
        found, size = _by_column(condition, way, edge, column, known)
    more, found = len(found) > PAGE, found[:PAGE]
    if backwards:
        found.reverse()
    has_before = more if backwards else edge is not None
    has_after = True if backwards else more
    return Page(
        _read(found),
        f"<{found[0]}" if found and has_before else None,
        f">{found[-1]}" if found and has_after else None,
        size,
    )


def _edge(cursor: str, column: Any) -> tuple[Any, int] | None:
    """Value and id of the item that a cursor names."""
    key = key_in(cursor[1:])
    if key is None:
        return None
    row = db.session.execute(select(column, Item.id).where(Item.id == key)).first()
    return (row[0], row[1]) if row else None


def _by_label(condition: ColumnElement[bool], way: Sort, edge: tuple[Any, int] | None) -> list[int]:
    query = select(Item.id)
    if edge is not None:  # the first bound named is where SQLite begins to read
        query = query.where(Item.id < edge[1] if way.descending else Item.id > edge[1])
    order = Item.id.desc() if way.descending else Item.id.asc()
    return list(db.session.scalars(query.where(condition).order_by(order).limit(PAGE + 1)))


def _by_column(
    condition: ColumnElement[bool],
    way: Sort,
    edge: tuple[Any, int] | None,
    column: Any,
    known: Size | None,
) -> tuple[list[int], Size]:
    if known:
        order = _Order(column, Item.id, way.descending, has_empty=_may_be_null(column))
        return list(
            db.session.scalars(_beyond(select(Item.id).where(condition), order, edge))
        ), known
    every = select(Item.id, Item.is_privileged, column.label("place")).where(condition).cte("every")
    order = _Order(every.c.place, every.c.id, way.descending, has_empty=_may_be_null(column))
    total = select(func.count()).select_from(every).scalar_subquery()
    privileged = select(func.count()).where(every.c.is_privileged).scalar_subquery()
    rows = _beyond(select(every.c.id, total, privileged), order, edge)
    found = db.session.execute(rows).all()
    return [row[0] for row in found], Size(*found[0][1:]) if found else size_of(condition)


def _beyond(query: Select[Any], order: "_Order", edge: tuple[Any, int] | None) -> Select[Any]:
    if edge is not None:
        query = query.where(order.beyond(*edge))
    return query.order_by(*order.terms).limit(PAGE + 1)


def _read(ids: Sequence[int]) -> Sequence[Item]:
    """These items, in this order, with what a row shows of them."""
    items = db.session.scalars(
        select(Item)
        .where(Item.id.in_(ids))
        .options(selectinload(Item.assignments), selectinload(Item.decided_by))
    )
    by_id = {item.id: item for item in items}
    return [by_id[number] for number in ids]


def items_with_ids(review: Review, ids: Collection[int]) -> Sequence[Item]:
    """These items of a review, with what a row shows of them; others are left out."""
    known = select(Item.id).where(Item.id.in_(ids), Item.review_id == review.id)
    return _read(db.session.scalars(known.order_by(Item.id)).all())


@dataclass(frozen=True)
class _Order:
    """By `column` and then by `id`. Empty values come first going up, last going down."""

    column: Any
    id: Any
    descending: bool
    has_empty: bool

    @property
    def terms(self) -> tuple[Any, Any]:
        if self.descending:
            last = self.column.desc().nulls_last() if self.has_empty else self.column.desc()
            return last, self.id.desc()
        first = self.column.asc().nulls_first() if self.has_empty else self.column.asc()
        return first, self.id.asc()

    def beyond(self, value: Any, number: int) -> ColumnElement[bool]:
        """The condition that a row comes after the one with this value and id."""
        after = self.id < number if self.descending else self.id > number
        if value is None:
            same = and_(self.column.is_(None), after)
            return same if self.descending else or_(same, self.column.is_not(None))
        here = tuple_(self.column, self.id)
        there = tuple_(literal(value, self.column.type), literal(number, self.id.type))
        beyond = here < there if self.descending else here > there
        if self.descending and self.has_empty:
            return or_(beyond, self.column.is_(None))
        return beyond


def _may_be_null(column: Any) -> bool:
    if not isinstance(column, InstrumentedAttribute):
        return False
    return bool(getattr(column.property.columns[0], "nullable", True))
