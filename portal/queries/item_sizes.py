"""How many items there are in a view: counted once, and again when something changed that matters.

What was frozen never changes; where an item stands changes with a line in the trail.
"""

from collections.abc import Hashable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, select

from policies.filters import Filter
from policies.permissions import Actor
from portal.db import db
from portal.models import Item, Review
from portal.queries.filters import where
from portal.queries.items import (
    Progress,
    Share,
    fields_of,
    hides_below,
    item_columns,
    seen_share,
)
from portal.queries.tally import last_line

CHANGING = {
    "verdict",
    "comment",
    "level",
    "is_against",
    "decided_by",
}  # fields that decisions change; all others are frozen
INDEXED = {"verdict", "is_privileged"}  # fields in the index by which progress is counted
MOST_REMEMBERED = 2_000


@dataclass(frozen=True)
class Size:
    """How many items there are, and how many of them are privileged."""

    total: int = 0
    privileged: int = 0


_sizes: dict[Hashable, Size] = {}  # of this process, the oldest first


def size_of(condition: ColumnElement[bool]) -> Size:
    """Count the items under `condition`."""
    row = db.session.execute(
        select(func.count(), func.count().filter(Item.is_privileged)).where(condition)
    ).one()
    return Size(row[0], row[1])


def known_size(review: Review, chosen: Filter, actor: Actor, whole: Progress) -> Size | None:
    """The size of what `actor` sees by this filter, if it can be told without looking at items.

    `whole` is everything they see.
    """
    if not chosen:
        return Size(whole.total, whole.privileged)
    if hides_below(review, chosen, actor):
        return None
    key = _key(review, chosen, actor)  # before it is counted: what comes meanwhile has another
    known = _sizes.get(key)
    if known is None and chosen.fields <= INDEXED and seen_share(actor, review) is Share.ALL:
        matches = where(chosen, fields := fields_of(review), item_columns(fields, review))
        known = size_of(and_(Item.review_id == review.id, matches))
        _keep(key, known)
    return known


def remember_size(review: Review, chosen: Filter, actor: Actor, size: Size) -> None:
    """Keep a size for the next page of the same view, where decisions do not change it."""
    if not chosen.fields & CHANGING:
        _keep(_key(review, chosen, actor), size)


def _keep(key: Hashable, size: Size) -> None:
    if key is None or key in _sizes:
        return
    while len(_sizes) >= MOST_REMEMBERED:
        _sizes.pop(next(iter(_sizes)), None)
    _sizes[key] = size


def _key(review: Review, chosen: Filter, actor: Actor) -> Hashable:
    """What tells this view's size from every other's; None where that is not told so easily."""
    share = seen_share(actor, review)
    if hides_below(review, chosen, actor) or share not in {Share.ALL, Share.ALL_BUT_OWN}:
        return None
    as_of = review.frozen_at, last_line(review) if chosen.fields & CHANGING else 0
    alike = share is Share.ALL and "decided_by" not in chosen.fields  # which is about oneself
    return review.id, review.level, as_of, chosen, alike or actor.person_id
