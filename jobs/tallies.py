"""Counting where campaigns stand, as often as something is told of them."""

from functools import partial

from jobs.careful import Careful
from jobs.job import job
from portal.db import db
from portal.models import Campaign
from portal.queries.counting import campaigns_to_count, count_of_campaign
from portal.queue import Job
from portal.usecases.tallies import keep_count
from portal.usecases.troubles import Work


@job
def count_campaigns() -> None:
    """Count every campaign of which there is something new."""
    waiting = campaigns_to_count()
    careful = Careful(Job.COUNT_CAMPAIGNS, len(waiting))
    for number in waiting:
        work = Work(Job.COUNT_CAMPAIGNS, f"count:{number}", "count where a campaign stands")
        careful.do(work, partial(_count, number))


def _count(number: int) -> None:
    campaign = db.session.get(Campaign, number)
    if campaign is not None:
        count = count_of_campaign(campaign)
        db.session.rollback()
        keep_count(number, count)
