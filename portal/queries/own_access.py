"""What becomes of a reviewer's own access: nobody decides on themselves, so somebody else does."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import and_, func, select

from policies.permissions import Actor
from portal.db import db
from portal.models import Assignment, Item, Person, Review
from portal.queries.order import off_index


@dataclass(frozen=True)
class OwnAccess:
    """How many accounts of theirs are in the review, and the names of those who decide them."""

    accounts: int
    deciders: Sequence[str]


def own_access_in(review: Review, actor: Actor) -> OwnAccess | None:
    """What `actor` is to be told of their own accounts in a review; None where there are none."""
    own = and_(Item.person_id == actor.person_id, off_index(Item.review_id) == review.id)
    accounts = db.session.scalar(select(func.count()).where(own))
    if actor.person_id is None or not accounts:
        return None
    assigned = and_(Assignment.item_id == Item.id, Assignment.level == Item.level)
    names = (
        select(Person.name)
        .join(Assignment, Assignment.person_id == Person.id)
        .join(Item, assigned)
        .where(own)
        .distinct()
        .order_by(Person.name)
    )
    return OwnAccess(accounts, db.session.scalars(names).all())
