"""Finding what is to be removed, the access that is still active first."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, func, select, tuple_
from sqlalchemy.orm import contains_eager

from policies.lifecycle import RemovalState
from policies.permissions import Actor
from portal.db import db
from portal.models import Item, Removal, Review
from portal.queries.items import items_seen_by
from portal.queries.paging import key_in

PAGE = 50


@dataclass(frozen=True)
class RemovalPage:
    """One page. `after` is the cursor of the next, or None."""

    removals: Sequence[Removal]
    after: str | None


def removals_of(review: Review, actor: Actor) -> Select[Removal]:
    """The removals of a review whose items `actor` may see.

    "Action required" sorts before "inactive" and "no longer".
    """
    return (
        select(Removal)
        .join(Removal.item)
        .where(Removal.review_id == review.id, items_seen_by(actor, review))
        .order_by(Removal.state, Removal.item_id)
        .options(contains_eager(Removal.item))
    )


def page_of_removals(review: Review, actor: Actor, cursor: str) -> RemovalPage:
    """The page behind the removal with this item id; the first where there is none."""
    query = removals_of(review, actor).limit(PAGE + 1)
    key = key_in(cursor)
    edge = db.session.get(Removal, key) if key is not None else None
    if edge is not None and edge.review_id == review.id:
        place = tuple_(Removal.state, Removal.item_id)
        query = query.where(place > tuple_(edge.state, edge.item_id))
    found = list(db.session.scalars(query))
    return RemovalPage(found[:PAGE], str(found[PAGE - 1].item_id) if len(found) > PAGE else None)


def removal_of(item: Item) -> Removal | None:
    return db.session.get(Removal, item.id)


def unseen_removals(review: Review) -> int:
    """How much of what is to be removed no list since the sign-off has spoken of."""
    query = select(func.count()).where(
        Removal.review_id == review.id,
        Removal.state == RemovalState.ACTION_REQUIRED,
        Removal.checked_at.is_(None),
    )
    return db.session.scalar(query) or 0
