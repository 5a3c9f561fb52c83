"""From one level of a review to the next, and from the last to removing what was rejected."""

from sqlalchemy import and_, false, or_, select, update

from policies.assignment import MovesOn
from policies.lifecycle import REVIEW, Verdict
from policies.permissions import Actor
from portal import clock
from portal.db import db
from portal.models import Item, ItemGrant, Review
from portal.queries.levels import reviewers_with_items
from portal.usecases.removals import count_losing, open_removals
from portal.usecases.trail import record


def advance_review(review: Review, by: Actor) -> None:
    """A step: on to the next level, to remediation, or to submission, once all have signed."""
    here = and_(Item.review_id == review.id, Item.level == review.level)
    if db.session.scalar(select(Item.id).where(here, Item.signed_off.is_(False)).limit(1)):
        return
    while review.level < review.levels:
        if _raise_level(review):
            _begin_level(review, by)
            return
    review.signed_off_at = clock.now()
    open_ = open_removals(review, by)
    review.state = REVIEW.after(review.state, "remediate" if open_ else "clear")
    if not open_:
        record("review cleared", review, by=by, rejected=count_losing(review))


def _begin_level(review: Review, by: Actor) -> None:
    """Write to its reviewers; what was rejected for good need not wait for them."""
    from portal.usecases.launching import invite_reviewers  # noqa: PLC0415  a cycle

    record("level started", review, by=by, level=review.level)
    if not review.campaign.who.waits:
        open_removals(review, by)
    invite_reviewers(review, among=reviewers_with_items(review), by=by)


def _raise_level(review: Review) -> int:
    """Move up what is to be looked at again; returns how many that are.

    That is what was approved, and what is left of what was changed, for what is taken away is so
    for good; or all of it, as if nothing were, where the level says so.
    """
    moves_on = review.campaign.who.levels[review.level - 1].moves_on
    again = [Verdict.APPROVED, Verdict.CHANGED]
    reduced = or_(Item.is_reduced, Item.verdict == Verdict.CHANGED)
    if moves_on is MovesOn.DECIDED:
        again, reduced = [*again, Verdict.REJECTED], false()
        _give_back(review)
    result = db.session.execute(
        update(Item)
        .where(
            Item.review_id == review.id,
            Item.level == review.level,
            Item.verdict.in_(again),
            ~Item.is_planted,
        )
        .values(
            level=review.level + 1,
            verdict=Verdict.UNDECIDED,
            comment="",
            signed_off=False,
            decided_by_id=None,
            decided_at=None,
            version=Item.version + 1,
            is_reduced=reduced,
        )
        .execution_options(synchronize_session=False)
    )
    review.level += 1
    return int(result.rowcount)  # type: ignore[attr-defined]  # an UPDATE has one


def _give_back(review: Review) -> None:
    """Nothing that this level would take away is taken: the last level's word counts."""
    here = select(Item.id).where(Item.review_id == review.id, Item.verdict == Verdict.CHANGED)
    db.session.execute(
        update(ItemGrant)
        .where(ItemGrant.item_id.in_(here), ItemGrant.taken_at == review.level)
        .values(taken_at=None)
        .execution_options(synchronize_session=False)
    )
