"""Starting the reviews of a campaign that somebody wants started."""

from functools import partial

from sqlalchemy import select

from jobs.careful import Careful
from jobs.job import job
from policies.lifecycle import ReviewState
from portal.db import db
from portal.models import Campaign, Review
from portal.queries.background import troubles_of
from portal.queries.starting import campaigns_to_start, unstarted_in
from portal.queue import Job
from portal.usecases.starting import end_starting, start_if_fresh
from portal.usecases.troubles import Work


@job
def start_reviews() -> None:
    """Each in a transaction of its own; one that fails, or kills its worker, holds up no other.

    It stays wanted until there is nothing left to be tried again.
    """
    careful = Careful(Job.START_REVIEWS)
    for number in [campaign.id for campaign in campaigns_to_start()]:
        reviews = unstarted_in(db.session.get_one(Campaign, number))
        todo = [(review.id, review.application.name) for review in reviews]
        careful.total += len(todo)
        for key, name in todo:
            what = f"start the review of {name}"
            work = Work(Job.START_REVIEWS, _name(key), what, number)
            mine = Review.id == key, Review.state == ReviewState.PENDING
            careful.do(work, partial(_start, key), free=select(Review.id).where(*mine))
        campaign, failed = db.session.get_one(Campaign, number), troubles_of(Job.START_REVIEWS)
        if not any(_name(review.id) in failed for review in unstarted_in(campaign)):
            end_starting(campaign)


def _name(number: int) -> str:
    return f"start:{number}"


def _start(number: int) -> None:
    start_if_fresh(db.session.get_one(Review, number))
