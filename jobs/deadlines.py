"""Due dates: told ahead, and, when they have come, done to what is undecided as was told."""

from jobs.job import job
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Review
from portal.queries.deadlines import campaigns_to_settle, campaigns_to_warn, reviews_to_end
from portal.usecases.deadlines import end_by_rule, foretell_deadline, settle_deadline


@job
def mind_due_dates() -> None:
    """Each campaign and each review in a transaction of its own; what is done is not done again."""
    for campaign in campaigns_to_warn():
        foretell_deadline(campaign, by=SYSTEM)
    for campaign in campaigns_to_settle():
        settle_deadline(campaign, by=SYSTEM)
    for review_id in reviews_to_end():
        end_by_rule(db.session.get_one(Review, review_id), by=SYSTEM)
