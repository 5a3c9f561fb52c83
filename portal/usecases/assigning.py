"""Assigning items: who reviews each, level by level, as a review is frozen."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Integer, Select, String, and_, func, insert, select

from policies.reviewers import Shares, shares
from portal.db import db
from portal.models import Assignment, Item, Review, Reviewer
from portal.queries.reviewing import KEY, Circles, circles_in, frozen_classes, item_classes
from portal.queries.rows import as_table

COLUMNS = ("item_id", "level", "person_id", "basis")


@dataclass(frozen=True)
class Assigned:
    """What became of a review's items. `why`: of those left to nobody, how many for which reason.

    `newcomers` review here though nobody knew it at the launch.
    """

    unassigned: int
    why: Mapping[str, int]
    newcomers: Sequence[Reviewer]


def assign_items(review: Review) -> Assigned:
    """A step: assign every item at every level; what is left to nobody is the queue."""
    circles = circles_in(review)
    real = ~Item.is_planted  # whose those are, portal.usecases.planting says
    classes = frozen_classes(review, circles, real)
    shared = shares(circles.of[review.application_id], classes)
    if rows := _rows(shared):
        query = _given(review, circles, rows, real)
        db.session.execute(insert(Assignment).from_select(COLUMNS, query, include_defaults=False))
    newcomers = _note_reviewers(review, shared)
    left = shared.unassigned[0]
    why = {"; ".join(reasons): count for reasons, count in left.items() if count}
    return Assigned(sum(left.values()), why, newcomers)


def assign_left_over(review: Review, level: int, ids: Any) -> None:
    """A step: give items that nobody has at a level to whom the campaign's rules lead now.

    `ids` selects them. Nobody gets an item that they have at another level.
    """
    circles = circles_in(review)
    circle = circles.of[review.application_id]
    rows = [
        row
        for row in _rows(shares(circle, frozen_classes(review, circles)))
        if row[len(KEY)] == level
    ]
    if not rows:
        return
    has = select(Assignment.item_id).where(Assignment.level == level)
    query = _given(review, circles, rows)
    item_id, _, person_id, _ = query.selected_columns
    twice = select(Assignment.item_id).where(
        Assignment.item_id == item_id, Assignment.person_id == person_id
    )
    query = query.where(item_id.in_(ids), item_id.not_in(has), ~twice.exists())
    db.session.execute(insert(Assignment).from_select(COLUMNS, query, include_defaults=False))


def _rows(shared: Shares) -> list[list[Any]]:
    """Who reviews which class: [*KEY, level, person, basis]."""
    return [
        [*alike, level, given.person_id, given.basis]
        for alike, by_level in shared.given.items()
        for level, found in enumerate(by_level, 1)
        for given in sorted(found.reviewers)
    ]


def _given(review: Review, circles: Circles, rows: list[list[Any]], *only: Any) -> Select[Any]:
    given = _as_table(rows)
    items = item_classes(review, circles, *only).subquery()
    alike = [items.c[name] == given.c[name] for name in KEY]
    query = select(items.c.id, given.c.level, given.c.person_id, given.c.basis)
    # An outer join, of which only the matches are taken: left to itself, SQLite may read all items
    # once for each of thousands of classes, which takes minutes, instead of looking each item up.
    found = func.coalesce(given.c.level, 0) > 0
    return query.select_from(items.outerjoin(given, and_(*alike))).where(found)


def _as_table(rows: list[list[Any]]) -> Any:
    names = (*KEY, "level", "person_id", "basis")
    kinds = (String, Integer, Integer, String, Integer, Integer, Integer, String)
    return as_table("given", dict(zip(names, kinds, strict=True)), rows)


def _note_reviewers(review: Review, shared: Shares) -> list[Reviewer]:
    """Say of each reviewer how many items they have, and on which basis; returns those new."""
    known = {(each.level, each.person_id): each for each in review.reviewers}
    newcomers = []
    for level, found in enumerate(shared.by_level, 1):
        for person_id, (basis, items) in found.items():
            reviewer = known.pop((level, person_id), None)
            if reviewer is None and items:
                newcomers.append(
                    Reviewer(
                        review_id=review.id,
                        level=level,
                        person_id=person_id,
                        basis=basis,
                        items=items,
                    )
                )
            elif reviewer is not None:
                reviewer.basis, reviewer.items = basis, items
    for idle in known.values():
        idle.items = 0
    db.session.add_all(newcomers)
    db.session.flush()
    db.session.expire(review, ["reviewers"])
    return newcomers
