"""Finding items: whose they are, which are in view, and one page of them at any depth."""

from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    and_,
    exists,
    false,
    func,
    or_,
    select,
    tuple_,
)
from sqlalchemy.orm import InstrumentedAttribute, selectinload

from policies.fields import ITEM_FIELDS
from policies.filters import Field, Filter
from policies.lifecycle import ReviewState, Verdict
from policies.permissions import Actor
from policies.scopes import Access, Scope
from portal.db import db
from portal.models import Assignment, Item, Review
from portal.queries.filters import where

PAGE = 50
INDEXED = {"label"}  # with review_id; reading straight ahead is quicker than more indexes


@dataclass(frozen=True)
class Sort:
    """An order of items: a field's key, and which way. Ties are broken by id."""

    key: str = "label"
    descending: bool = False


@dataclass(frozen=True)
class Page:
    """One page of items. `before` and `after` are the cursors of the neighbours, or None."""

    items: Sequence[Item]
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Progress:
    """How many items there are, and where they stand."""

    total: int = 0
    approved: int = 0
    rejected: int = 0
    signed_off: int = 0
    privileged: int = 0

    def __sub__(self, other: "Progress") -> "Progress":
        return Progress(*(a - b for a, b in zip(astuple(self), astuple(other), strict=True)))

    @property
    def decided(self) -> int:
        return self.approved + self.rejected

    @property
    def undecided(self) -> int:
        return self.total - self.decided


def items_seen_by(actor: Actor, review: Review, *, scanning: bool = False) -> ColumnElement[bool]:
    """The condition that an item of `review` is one `actor` may see (SEE_ITEM in SQL).

    `scanning`: every item must be looked at anyway, so read them in the order they lie in.
    """
    of_review = _range_of(review) if scanning else Item.review_id == review.id
    if actor.has(Scope.REVIEWS, Access.READ) or _has_all(actor, review):
        return of_review
    if actor.person_id not in review.reviewer_ids:
        clears = actor.person_id == review.remediation_owner_id and review.signed_off_at
        return and_(of_review, Item.verdict == Verdict.REJECTED) if clears else false()
    return and_(of_review, _assigned(actor))


def items_decided_by(actor: Actor, review: Review) -> ColumnElement[bool]:
    """The condition that `actor` may decide an item now (DECIDE_ITEM in SQL)."""
    conditions = [
        Item.review_id == review.id,
        Item.level == review.level,
        Item.signed_off.is_(False),
        or_(Item.person_id.is_(None), Item.person_id != actor.person_id),
    ]
    if not (actor.has(Scope.REVIEWS, Access.ACT) or _has_all(actor, review)):
        conditions.append(_assigned(actor, Item.level))
    return and_(*conditions)


def item_columns(fields: Mapping[str, Field]) -> dict[str, Any]:
    """The column or expression behind each field, attributes of the lists included."""
    columns: dict[str, Any] = {}
    for key in fields:
        if key.startswith("a."):
            columns[key] = func.coalesce(Item.attributes[key[2:]].as_string(), "")
        elif key.startswith("p."):
            columns[key] = func.coalesce(Item.person_attributes[key[2:]].as_string(), "")
        else:
            columns[key] = getattr(Item, key)
    return columns


def fields_of(review: Review) -> dict[str, Field]:
    """Everything the items of `review` can be filtered, sorted and shown by."""
    names: list[str] = review.frozen.get("attributes", [])
    return {**ITEM_FIELDS, **{name: Field(name, name[2:]) for name in names}}


def in_view(
    review: Review, chosen: Filter, actor: Actor, sort: Sort | None = None
) -> ColumnElement[bool]:
    """Exactly the items that the filtered table shows to `actor`, on all its pages."""
    by_index = not chosen and (sort is None or sort.key in INDEXED)
    seen = items_seen_by(actor, review, scanning=not by_index)
    if not chosen:
        return seen
    fields = fields_of(review)
    return and_(seen, where(chosen, fields, item_columns(fields)))


def page_of_items(
    condition: ColumnElement[bool], sort: Sort, cursor: str = "", *, column: Any, size: int = PAGE
) -> Page:
    """One page of the items under `condition`; the depth of the page costs nothing.

    A cursor is ">ID" (after that item) or "<ID" (before it); one that no longer
    exists leads to the first page.
    """
    edge = _edge(cursor, column)
    backwards = cursor.startswith("<") and edge is not None
    descending = sort.descending != backwards
    query = (
        select(Item)
        .where(condition)
        .order_by(*_order(column, descending))
        .limit(size + 1)
        .options(selectinload(Item.assignments), selectinload(Item.decided_by))
    )
    if edge is not None:
        query = query.where(_beyond(column, edge, descending))
    found = list(db.session.scalars(query))
    more, found = len(found) > size, found[:size]
    if backwards:
        found.reverse()
    has_before = more if backwards else edge is not None
    has_after = True if backwards else more
    return Page(
        found,
        f"<{found[0].id}" if found and has_before else None,
        f">{found[-1].id}" if found and has_after else None,
    )


def progress_of(condition: ColumnElement[bool]) -> Progress:
    """Count the items under `condition` by where they stand."""
    rows = db.session.execute(
        select(Item.verdict, Item.signed_off, Item.is_privileged, func.count())
        .where(condition)
        .group_by(Item.verdict, Item.signed_off, Item.is_privileged)
    ).all()
    return Progress(
        total=sum(n for *_, n in rows),
        approved=sum(n for v, _, _, n in rows if v is Verdict.APPROVED),
        rejected=sum(n for v, _, _, n in rows if v is Verdict.REJECTED),
        signed_off=sum(n for _, signed, _, n in rows if signed),
        privileged=sum(n for _, _, privileged, n in rows if privileged),
    )


def size_of(condition: ColumnElement[bool]) -> Progress:
    """Only how many items there are under `condition`, and how many are privileged."""
    row = db.session.execute(
        select(func.count(), func.count().filter(Item.is_privileged)).where(condition)
    ).one()
    return Progress(total=row[0], privileged=row[1])


def left_for(actor: Actor, review: Review, whole: Progress) -> Progress:
    """The items that `actor` may decide now, counted; `whole` are all they see."""
    if review.state is not ReviewState.IN_REVIEW:
        return Progress()
    if not (actor.has(Scope.REVIEWS, Access.ACT) or _has_all(actor, review)):
        return progress_of(items_decided_by(actor, review))
    open_ = and_(
        Item.review_id == review.id, Item.level == review.level, Item.signed_off.is_(False)
    )
    untouched = review.level == 1 and not whole.signed_off
    own = progress_of(and_(open_, Item.person_id == actor.person_id))
    return (whole if untouched else progress_of(open_)) - own


def unassigned_items(review: Review) -> ColumnElement[bool]:
    """Items of the present level that nobody is assigned to."""
    assigned = exists().where(Assignment.item_id == Item.id, Assignment.level == Item.level)
    return and_(Item.review_id == review.id, Item.signed_off.is_(False), ~assigned)


def latest_decision_in(condition: ColumnElement[bool]) -> int:
    """The id of the newest decision on the items under `condition`; 0 for none."""
    return db.session.scalar(select(func.max(Item.decision_id)).where(condition)) or 0


def _has_all(actor: Actor, review: Review) -> bool:
    """Whether every item of the review's level is assigned to them, so no row need be asked."""
    total = review.frozen.get("items", 0)
    return any(
        r.person_id == actor.person_id and r.level == review.level and r.items == total
        for r in review.reviewers
    )


def _range_of(review: Review) -> ColumnElement[bool]:
    """The items of a review by the range of ids that its freeze gave them.

    They lie together, so this reads straight ahead, several times faster than by way of an
    index; `+ 0` keeps the database from taking one nevertheless.
    """
    first, last = review.frozen.get("first", 0), review.frozen.get("last", 0)
    return and_(Item.id.between(first, last), Item.review_id + 0 == review.id)


def _assigned(actor: Actor, level: Any = None) -> ColumnElement[bool]:
    assigned = exists().where(
        Assignment.item_id == Item.id, Assignment.person_id == actor.person_id
    )
    return assigned if level is None else assigned.where(Assignment.level == level)


def _edge(cursor: str, column: Any) -> tuple[Any, int] | None:
    if not cursor[1:].isdigit():
        return None
    row = db.session.execute(select(column, Item.id).where(Item.id == int(cursor[1:]))).first()
    return (row[0], row[1]) if row else None


def _order(column: Any, descending: bool) -> tuple[Any, Any]:
    # Empty values come first going up and last going down, on every database.
    if descending:
        first = column.desc().nulls_last() if _may_be_null(column) else column.desc()
        return first, Item.id.desc()
    first = column.asc().nulls_first() if _may_be_null(column) else column.asc()
    return first, Item.id.asc()


def _beyond(column: Any, edge: tuple[Any, int], descending: bool) -> ColumnElement[bool]:
    value, item_id = edge
    after = Item.id < item_id if descending else Item.id > item_id
    if value is None:
        same = and_(column.is_(None), after)
        return same if descending else or_(same, column.is_not(None))
    here, there = tuple_(column, Item.id), tuple_(value, item_id)
    beyond = here < there if descending else here > there
    return or_(beyond, column.is_(None)) if descending and _may_be_null(column) else beyond


def _may_be_null(column: Any) -> bool:
    if not isinstance(column, InstrumentedAttribute):
        return False
    return bool(getattr(column.property.columns[0], "nullable", True))


def value_of(item: Item, key: str) -> str | bool | date | datetime | None:
    """What one cell of the table shows."""
    if key.startswith("a."):
        return str(item.attributes.get(key[2:], "") or "")
    if key.startswith("p."):
        return str(item.person_attributes.get(key[2:], "") or "")
    value: str | bool | date | datetime | None = getattr(item, key)
    return value
