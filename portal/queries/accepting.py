"""Which recommendations somebody may accept at once, counted before they do."""

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import ColumnElement, and_, func, not_, select
from sqlalchemy.orm import aliased

from policies.filters import Filter
from policies.lifecycle import Verdict
from policies.permissions import Actor
from policies.recommendations import Advice
from portal.db import db
from portal.models import Assignment, Item, Review
from portal.queries.bulks import decidable_in_view
from portal.queries.items import in_view, progress_of

_HELD_BACK = and_(Item.is_privileged, Item.recommendation == Advice.APPROVE.value)


@dataclass(frozen=True)
class Acceptances:
    """What accepting would decide now, and what it would leave alone."""

    approved: int
    rejected: int
    privileged: int  # would be approved, but is for somebody to look at
    without: int  # to look at closely, or without information
    decided: int  # or not theirs to decide

    @property
    def total(self) -> int:
        return self.approved + self.rejected


def acceptable(review: Review, chosen: Filter, actor: Actor) -> ColumnElement[bool]:
    """The items in view that `actor` decides by accepting: undecided, and with an advice."""
    advice = Item.recommendation.in_((Advice.APPROVE.value, Advice.REJECT.value))
    return and_(_undecided(review, chosen, actor), advice, not_(_HELD_BACK))


def acceptances(review: Review, chosen: Filter, actor: Actor) -> Acceptances:
    """What accepting in this view comes to, counted."""
    rows = db.session.execute(
        select(Item.recommendation, Item.is_privileged, func.count())
        .where(_undecided(review, chosen, actor))
        .group_by(Item.recommendation, Item.is_privileged)
    ).all()
    found: Counter[tuple[str, bool]] = Counter({(a, bool(p)): n for a, p, n in rows})
    approve, reject = Advice.APPROVE.value, Advice.REJECT.value
    approved, privileged = found[approve, False], found[approve, True]
    rejected = found[reject, False] + found[reject, True]
    without = found.total() - approved - privileged - rejected
    decided = progress_of(in_view(review, chosen, actor)).total - found.total()
    return Acceptances(approved, rejected, privileged, without, decided)


def _undecided(review: Review, chosen: Filter, actor: Actor) -> ColumnElement[bool]:
    """In view, theirs to decide, and neither decided nor voted on by them."""
    mine = decidable_in_view(review, chosen, actor)
    held = aliased(Assignment)
    voted = (
        select(held.item_id)
        .where(held.item_id == Item.id, held.level == Item.level)
        .where(held.person_id == actor.person_id, held.vote.is_not(None))
    )
    open_ = and_(mine, Item.verdict == Verdict.UNDECIDED)
    return and_(open_, ~voted.exists()) if review.is_joint else open_
