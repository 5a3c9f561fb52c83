"""Starting every review of a campaign whose list is fresh, at once."""

from policies.errors import IllegalMove, Invalid
from policies.permissions import RUN_CAMPAIGNS, SYSTEM, Actor, require
from portal import clock
from portal.models import Campaign, Review
from portal.queries.reviews import data_check
from portal.queries.starting import STARTING, fresh_in
from portal.queue import Job, enqueue
from portal.usecases.freezing import start_review
from portal.usecases.saying import lock_review
from portal.usecases.trail import record
from portal.usecases.unit import after_commit, bookkeeping, usecase


@usecase
def want_started(campaign: Campaign, *, by: Actor) -> None:
    """Have each of its reviews started that nobody has, and whose list is fresh.

    A worker does so, one by one. Invalid where none could be, IllegalMove where the campaign is
    neither active nor in preparation.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    if campaign.state not in STARTING:
        raise IllegalMove(f"Cannot start reviews of this campaign: it is {campaign.state.value}.")
    count = fresh_in(campaign)
    if not count:
        raise Invalid("None of its reviews waits on a fresh list. Bring lists first.")
    campaign.start_wanted_at = clock.now()
    record("start of reviews asked for", campaign, by=by, reviews=count)
    after_commit(lambda: enqueue(Job.START_REVIEWS))


@usecase
def start_if_fresh(review: Review, *, by: Actor = SYSTEM) -> bool:
    """Start a review, unless somebody did meanwhile or its list does not pass the data check."""
    lock_review(review)
    if review.frozen_at or review.campaign.state not in STARTING or not data_check(review).passed:
        return False
    start_review(review, by=by)
    return True


@bookkeeping
def end_starting(campaign: Campaign) -> None:
    """All of them were tried."""
    campaign.start_wanted_at = None
