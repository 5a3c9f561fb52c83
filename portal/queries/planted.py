"""Planted accounts: leaving them out of what is about real access, and what came of them.

That an item is planted says Item.is_planted. What is still being decided counts them like the
others, so that nobody can tell; once nothing can change any more at the first level, where they
end, every count leaves them out (`Review.tells_planted`). Evidence never has them among the rest.
"""

from typing import Any

from sqlalchemy import ColumnElement, Select, and_, or_, select

from policies.lifecycle import Verdict
from portal.db import db
from portal.models import Decision, Item, Review
from portal.models.review import DECIDING


def real_in(ids: Any) -> ColumnElement[bool]:
    """The items of these reviews that are of real access."""
    return and_(Item.review_id.in_(ids), ~Item.is_planted)


def planted_ids(ids: Any) -> Select[Any]:
    """Select the ids of those that are not: few, and found by an index."""
    return select(Item.id).where(Item.is_planted, Item.review_id.in_(ids))


def told_ids(ids: Any) -> Select[Any]:
    """The same of those reviews only that tell of them by now."""
    is_over = or_(Review.level > 1, Review.state.not_in(DECIDING))
    return planted_ids(ids).join(Review, Review.id == Item.review_id).where(is_over)


def told_by_review(ids: Any) -> dict[int, list[tuple[Verdict, bool, bool]]]:
    """Of those, by review, where each stands: its verdict, signed off, privileged."""
    standing = (Item.review_id, Item.verdict, Item.signed_off, Item.is_privileged)
    found: dict[int, list[tuple[Verdict, bool, bool]]] = {}
    rows: Any = db.session.execute(told_ids(ids).with_only_columns(*standing))
    for review_id, verdict, signed_off, privileged in rows:
        found.setdefault(review_id, []).append((verdict, signed_off, privileged))
    return found


def taken_in(ids: Any) -> tuple[ColumnElement[bool], ...]:
    """The decisions that somebody took in these reviews, as far as they are counted."""
    told = Decision.item_id.in_(told_ids(ids))
    return Decision.review_id.in_(ids), Decision.by_person_id.is_not(None), ~told


def counted_lines(review: Any, expected: int) -> int:
    """How many lines of a review are counted; `review` is its row, `expected` are those of one that
    nobody began."""
    frozen: dict[str, int] = review.frozen or {}
    is_over = review.level > 1 or review.state not in DECIDING
    return frozen.get("items", expected) - (frozen.get("planted", 0) if is_over else 0)
