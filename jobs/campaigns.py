"""Launching campaigns whose time has come."""

from jobs.job import job
from policies.permissions import SYSTEM
from portal.db import db
from portal.queries.campaigns import due_campaigns
from portal.usecases.launching import launch_campaign


@job
def launch_due_campaigns() -> None:
    """Launch every scheduled campaign that is due, each in a transaction of its own."""
    while campaign := db.session.scalar(due_campaigns().limit(1)):
        launch_campaign(campaign, by=SYSTEM)
