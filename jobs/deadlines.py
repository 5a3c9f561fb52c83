"""Due dates: told ahead, and, when they have come, done to what is undecided as was told."""

from collections.abc import Callable, Sequence
from functools import partial

from jobs.careful import Careful
from jobs.job import job
from policies.permissions import SYSTEM
from portal.db import db
from portal.models import Campaign, Review
from portal.queries.deadlines import campaigns_to_settle, campaigns_to_warn, reviews_to_end
from portal.queue import Job
from portal.usecases.deadlines import end_by_rule, foretell_deadline, settle_deadline
from portal.usecases.troubles import Work

Act = Callable[[Campaign], object]


@job
def mind_due_dates() -> None:
    """Each campaign and each review in a transaction of its own; what is done is not done again,
    and what fails holds up no other."""
    careful = Careful(Job.MIND_DUE_DATES)
    _each(careful, campaigns_to_warn(), "foretell", "tell people ahead of the due date of “{}”",
          partial(foretell_deadline, by=SYSTEM))  # fmt: skip
    _each(careful, campaigns_to_settle(), "settle", "let the due date of “{}” pass",
          partial(settle_deadline, by=SYSTEM))  # fmt: skip
    waiting = reviews_to_end()
    careful.total += len(waiting)
    for review_id in waiting:
        review = db.session.get_one(Review, review_id)
        what = f"end the review of {review.application.name} in “{review.campaign.name}”"
        work = Work(Job.MIND_DUE_DATES, f"end:{review_id}", what, review.campaign_id)
        careful.do(work, partial(_end, review_id))


def _each(careful: Careful, campaigns: Sequence[Campaign], key: str, what: str, act: Act) -> None:
    known = [(campaign.id, campaign.name) for campaign in campaigns]
    careful.total += len(known)
    for number, name in known:
        work = Work(Job.MIND_DUE_DATES, f"{key}:{number}", what.format(name), number)
        careful.do(work, partial(_act, act, number))


def _act(act: Act, number: int) -> None:
    act(db.session.get_one(Campaign, number))


def _end(review_id: int) -> None:
    end_by_rule(db.session.get_one(Review, review_id), by=SYSTEM)
