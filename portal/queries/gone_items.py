"""What is gone since the last completed review: the accounts that were in it, and are no more."""

from sqlalchemy import Select, exists, func, select

from policies.permissions import Actor
from portal.db import db
from portal.models import Assignment, GoneItem, Item, Review
from portal.queries.items import Share, seen_share
from portal.queries.paging import Order


def gone_from(review: Review, actor: Actor) -> Select[Item]:
    """Select the items of the last review whose accounts were gone at the freeze.

    Whoever sees only some of this review is shown what was theirs in the last one.
    """
    query = select(Item).join(GoneItem, GoneItem.item_id == Item.id)
    query = query.where(GoneItem.review_id == review.id)
    if seen_share(actor, review) in (Share.ALL, Share.ALL_BUT_OWN):
        return query
    theirs = (Assignment.item_id == Item.id, Assignment.person_id == actor.person_id)
    return query.where(exists().where(*theirs))


def gone_order() -> Order:
    """By name, which is the order in which items lie."""
    return Order(Item.id, Item.id)


def count_gone(review: Review, actor: Actor) -> int:
    """How many `actor` would be shown; nothing is asked where there was no review before."""
    if not review.frozen.get("since"):
        return 0
    each = gone_from(review, actor).with_only_columns(Item.id).subquery()
    return db.session.scalar(select(func.count()).select_from(each)) or 0
