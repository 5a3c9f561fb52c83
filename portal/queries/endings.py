"""What is not finished in a campaign: what closing it would leave as it is."""

from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from policies.lifecycle import CLOSED_REVIEWS, RemovalState, ReviewState
from portal.db import db
from portal.models import Campaign, Removal, Review
from portal.queries.deadlines import open_reviews_in


@dataclass(frozen=True)
class Unfinished:
    """A review that is not over: what is `undecided` in it, and what is still `active`."""

    review: Review
    undecided: int
    active: int

    @property
    def in_words(self) -> str:
        """ "In review: 12 of 214 accounts undecided." """
        state, items = self.review.state, self.review.frozen.get("items", 0)
        if state is ReviewState.PENDING:
            return f"Not started: {_accounts(self.undecided)} not reviewed."
        if state is ReviewState.IN_REVIEW and self.undecided:
            return f"In review: {self.undecided:,} of {_accounts(items)} undecided."
        if state is ReviewState.IN_REVIEW:
            return f"In review: all of {_accounts(items)} decided, not all signed off."
        if state is ReviewState.REMEDIATION:
            return f"In remediation: {_accounts(self.active)} rejected, not verified to be gone."
        if state is ReviewState.READY:
            return "Ready to submit, and not submitted."
        return f"In error: {self.review.error}"


def unfinished_in(campaign: Campaign) -> list[Unfinished]:
    """Every review of the campaign that is not over, by the name of its application."""
    query = (
        select(Review)
        .where(Review.campaign_id == campaign.id, Review.state.not_in(CLOSED_REVIEWS))
        .options(joinedload(Review.application))
    )
    reviews = db.session.scalars(query).all()
    undecided = {left.review.id: left.accounts for left in open_reviews_in(campaign)}
    active = _active_by_review(campaign)
    found = [Unfinished(r, undecided.get(r.id, 0), active.get(r.id, 0)) for r in reviews]
    return sorted(found, key=lambda each: (each.review.application.name.casefold(), each.review.id))


def _active_by_review(campaign: Campaign) -> dict[int, int]:
    rows = db.session.execute(
        select(Removal.review_id, func.count())
        .join(Review, Review.id == Removal.review_id)
        .where(
            Review.campaign_id == campaign.id,
            Removal.state == RemovalState.ACTION_REQUIRED,
        )
        .group_by(Removal.review_id)
    )
    return dict(rows.all())


def _accounts(count: int) -> str:
    return f"{count:,} account{'' if count == 1 else 's'}"
