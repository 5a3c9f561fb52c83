"""What launching a campaign in preparation would do, from the reviews that it has."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from policies.lifecycle import OPEN_REVIEWS
from portal import clock
from portal.db import db
from portal.models import Campaign, Review, Reviewer
from portal.queries.series import timing_of


@dataclass(frozen=True)
class Preparation:
    """Its open reviews, how many people would be written to, and when it would be due."""

    reviews: int
    people: int
    due_at: datetime


def preparation_of(campaign: Campaign) -> Preparation:
    """Ask for it."""
    open_ = Review.campaign_id == campaign.id, Review.state.in_(OPEN_REVIEWS)
    asked = (
        select(func.count(Reviewer.person_id.distinct()))
        .join(Review, Review.id == Reviewer.review_id)
        .where(*open_, Reviewer.level == Review.level)
        .where(or_(Reviewer.items > 0, Review.frozen_at.is_(None)))
    )
    return Preparation(
        db.session.scalar(select(func.count()).select_from(Review).where(*open_)) or 0,
        db.session.scalar(asked) or 0,
        timing_of(campaign).due(clock.now()),
    )
