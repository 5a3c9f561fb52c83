"""Preparing a campaign: its reviews are there before its reviewers know of them.

Whoever runs reviews can start them, replace reviewers and decide. Nobody else sees any of it and
nobody is written to (portal.usecases.letters), and nothing is signed off, until it is launched.
"""

from policies.errors import Invalid
from policies.lifecycle import CAMPAIGN, OPEN_REVIEWS
from policies.permissions import RUN_CAMPAIGNS, Actor, require
from policies.publishing import check_complete
from policies.timing import Start, timing_from_data
from portal import clock
from portal.db import db
from portal.models import Campaign
from portal.queries.background import launch_key
from portal.queries.campaigns import matching_applications
from portal.queue import Job, enqueue
from portal.usecases.launching import new_reviews, scope_in_words, tell_opened
from portal.usecases.publishing import keep_dry_run
from portal.usecases.trail import record
from portal.usecases.troubles import forget_trouble
from portal.usecases.unit import after_commit, usecase


@usecase
def prepare_campaign(campaign: Campaign, *, by: Actor) -> None:
    """Open the reviews of a draft for those who run reviews, and for nobody else.

    Its plan is locked from here on, and its filters are not evaluated again. Raises Invalid
    where it recurs or has its own time, where something is missing, and where nothing matches.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    db.session.refresh(campaign, with_for_update={"of": Campaign})
    state, timing = CAMPAIGN.after(campaign.state, "prepare"), timing_from_data(campaign.timing)
    if timing.start is not Start.NOW:
        raise Invalid(
            "A campaign that launches by itself cannot be prepared by hand. Choose “Now” as its "
            "schedule: it then waits until you launch it."
        )
    check_complete(campaign.users, timing, clock.now(), keeps_time=False)
    applications = matching_applications(campaign)
    if not applications:
        raise Invalid("No application matches, so there is nothing to prepare.")
    keep_dry_run(campaign, by=by)
    campaign.state, campaign.zone = state, timing.zone
    campaign.due_at = timing.due(clock.now())
    campaign.scope_report = scope_in_words(campaign, applications)
    reviews = new_reviews(campaign, applications)
    record("campaign prepared", campaign, by=by, reviews=len(reviews), **campaign.scope_report)
    tell_opened(reviews, by=by)


@usecase
def launch_prepared(campaign: Campaign, *, by: Actor) -> None:
    """Have it launched as soon as a worker is free. Its reviewers have as many days as planned.

    Raises IllegalMove unless it is in preparation, Invalid where none of its reviews is open.
    """
    require(RUN_CAMPAIGNS, by, campaign)
    CAMPAIGN.after(campaign.state, "launch")
    if not any(review.state in OPEN_REVIEWS for review in campaign.reviews):
        raise Invalid("None of its reviews is open any more. Cancel the campaign instead.")
    forget_trouble(launch_key(campaign.id))
    campaign.starts_at = clock.now()
    campaign.due_at = timing_from_data(campaign.timing).due(campaign.starts_at)
    record("campaign launch asked for", campaign, by=by, due_at=campaign.due_at)
    after_commit(lambda: enqueue(Job.LAUNCH_CAMPAIGNS))
