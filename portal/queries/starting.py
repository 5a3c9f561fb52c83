"""Which reviews of a campaign can be started as they are."""

from collections.abc import Sequence

from sqlalchemy import select

from policies.lifecycle import CampaignState, ReviewState
from portal.db import db
from portal.models import Campaign, Review
from portal.queries.application_facts import last_lists

STARTING = frozenset({CampaignState.PREPARED, CampaignState.ACTIVE})


def unstarted_in(campaign: Campaign) -> Sequence[Review]:
    """The reviews of a campaign that nobody has started."""
    its = Review.campaign_id == campaign.id, Review.state == ReviewState.PENDING
    return db.session.scalars(select(Review).where(*its).order_by(Review.id)).all()


def fresh_in(campaign: Campaign) -> int:
    """How many of these have lists that are fresh enough to start on."""
    ids = [review.application_id for review in unstarted_in(campaign)]
    lists = last_lists(ids) if ids else {}
    return sum(bool(found) and all(each.is_fresh for each in found) for found in lists.values())


def campaigns_to_start() -> Sequence[Campaign]:
    """Campaigns of which somebody wants all started that can be."""
    wanted = Campaign.start_wanted_at.is_not(None)
    return db.session.scalars(select(Campaign).where(wanted).order_by(Campaign.id)).all()
