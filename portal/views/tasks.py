"""The employee portal's front page: what this person has to do."""

from dataclasses import dataclass

from flask import Blueprint, Response, url_for

from policies.lifecycle import RemovalState, ReviewState
from policies.permissions import ENTER_PORTAL, Actor
from portal import clock
from portal.models import Review
from portal.queries.items import Progress
from portal.queries.reviews import (
    progress_by_review,
    removals_by_state,
    reviews_done_by,
    reviews_to_do,
)
from portal.web.access import current_actor, requires
from portal.web.formats import long_date, plural
from portal.web.pages import page

bp = Blueprint("tasks", __name__, url_prefix="/tasks")


@dataclass(frozen=True)
class Task:
    """One thing to do, in a plain sentence."""

    title: str
    text: str
    url: str
    state: str
    review: Review
    progress: Progress | None = None


@bp.get("")
@requires(ENTER_PORTAL)
def index() -> Response:
    actor = current_actor()
    reviews = reviews_to_do(actor)
    progress = progress_by_review([review.id for review in reviews])
    tasks = [_task(actor, review, progress.get(review.id, Progress())) for review in reviews]
    return page("tasks/index.html", tasks=tasks, done=reviews_done_by(actor))


def _task(actor: Actor, review: Review, progress: Progress) -> Task:
    name, url = review.application.name, url_for("reviews.show", review_id=review.id)
    if review.state is ReviewState.REMEDIATION:
        return _remediation_task(actor, review, url)
    if review.state is ReviewState.READY:
        return Task(f"Submit the review of {name}", "Everything is done.", url, "needs you", review)
    late = clock.now() > review.campaign.due_at
    due = ("was due " if late else "due ") + long_date(review.campaign.due_at)
    if review.state is ReviewState.PENDING:
        return Task(f"Review who has access to {name}", _sentence(due), url, "needs you", review)
    text = f"{plural(progress.total, 'account')}, {progress.undecided:,} to go, {due}"
    return Task(f"Review who has access to {name}", text, url, "needs you", review, progress)


def _remediation_task(actor: Actor, review: Review, url: str) -> Task:
    open_ = removals_by_state(review).get(RemovalState.ACTION_REQUIRED, 0)
    mine = review.remediation_owner_id == actor.person_id
    if mine:
        title = f"Remove {plural(open_, 'account')} from {review.application.name}"
        return Task(title, "Then upload a fresh list.", url, "action required", review)
    owner = review.remediation_owner.name if review.remediation_owner else "nobody yet"
    title = f"Wait for {plural(open_, 'removal')} in {review.application.name}"
    return Task(title, f"{owner} removes the access you rejected.", url, "waiting", review)


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
