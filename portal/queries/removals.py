"""Finding what is to be removed, the access that is still active first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, select, tuple_
from sqlalchemy.orm import contains_eager

from portal.db import db
from portal.models import Item, Removal, Review

PAGE = 50


@dataclass(frozen=True)
class RemovalPage:
    """One page. `after` is the cursor of the next, or None."""

    removals: Sequence[Removal]
    after: str | None


def removals_of(review: Review) -> Select[Removal]:
    """Every removal of a review; "action required" sorts before "inactive" and "no longer"."""
    return (
        select(Removal)
        .join(Removal.item)
        .where(Removal.review_id == review.id)
        .order_by(Removal.state, Removal.item_id)
        .options(contains_eager(Removal.item))
    )


def page_of_removals(review: Review, cursor: str) -> RemovalPage:
    """The page behind the removal with this item id; the first where there is none."""
    query = removals_of(review).limit(PAGE + 1)
    edge = db.session.get(Removal, int(cursor)) if cursor.isdigit() else None
    if edge is not None and edge.review_id == review.id:
        place = tuple_(Removal.state, Removal.item_id)
        query = query.where(place > tuple_(edge.state, edge.item_id))
    found = list(db.session.scalars(query))
    return RemovalPage(found[:PAGE], str(found[PAGE - 1].item_id) if len(found) > PAGE else None)


def removal_of(item: Item) -> Removal | None:
    return db.session.get(Removal, item.id)
