"""Launching campaigns whose time has come."""

from functools import partial

import structlog
from sqlalchemy import Select, select

from jobs.careful import Careful
from jobs.job import job
from policies.errors import IllegalMove
from policies.lifecycle import TO_LAUNCH
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Campaign
from portal.queries.background import launch_key
from portal.queries.campaigns import due_campaigns
from portal.queue import Job, enqueue
from portal.usecases.launching import launch_campaign
from portal.usecases.troubles import Work

log = structlog.stdlib.get_logger("countersign.campaigns")


@job
def launch_due_campaigns() -> None:
    """Launch every scheduled campaign that is due, each in a transaction of its own.

    One that fails, or kills its worker, holds up no other; see jobs/careful.py. A launch may
    make the next of its series due, so it looks again until nothing new is.
    """
    careful, seen = Careful(Job.LAUNCH_CAMPAIGNS), set[int]()
    columns = due_campaigns().with_only_columns(Campaign.id, Campaign.name)
    while due := [row for row in db.session.execute(columns).all() if row.id not in seen]:
        careful.total += len(due)
        for number, name in due:
            seen.add(number)
            work = Work(Job.LAUNCH_CAMPAIGNS, launch_key(number), f"launch “{name}”", number)
            careful.do(work, partial(_launch, number), free=_if_scheduled(number))
    if seen:
        enqueue(Job.COUNT_CAMPAIGNS)


def _if_scheduled(number: int) -> Select[int]:
    return select(Campaign.id).where(Campaign.id == number, Campaign.state.in_(TO_LAUNCH))


def _launch(number: int) -> None:
    try:
        launch_campaign(db.session.get_one(Campaign, number), by=SYSTEM)
    except IllegalMove as refusal:  # another worker was first, or somebody changed their mind
        log.info("launch left to others", campaign=number, why=str(refusal))
        db.session.rollback()
