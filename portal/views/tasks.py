"""The employee portal's front page: what this person has to do."""

from dataclasses import dataclass

from flask import Blueprint, Response, abort, redirect, url_for
from flask.typing import ResponseReturnValue

from policies.lifecycle import RemovalState, ReviewState
from policies.permissions import ENTER_PORTAL, Actor
from portal import clock
from portal.models import Review
from portal.queries.application_facts import overviews
from portal.queries.applications import open_reviews_of, own_applications
from portal.queries.delegations import people_away
from portal.queries.items import Progress, items_decided_by, progress_of
from portal.queries.reviews import removals_by_state, reviews_done_by, reviews_to_do
from portal.usecases.owner_access import close_guide
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
    tasks = [_task(actor, review) for review in reviews_to_do(actor)]
    mine = own_applications(actor)
    ids = [application.id for application in mine]
    return page(
        "tasks/index.html",
        tasks=tasks,
        done=reviews_done_by(actor),
        delegated=actor.person_id in people_away(),
        mine=mine,
        overviews=overviews(ids),
        reviews=open_reviews_of(ids),
    )


@bp.get("/help")
@requires(ENTER_PORTAL)
def help_owners() -> Response:
    return page("tasks/help.html", mine=own_applications(current_actor()) or abort(404))


@bp.post("/guide")
@requires(ENTER_PORTAL)
def put_guide_away() -> ResponseReturnValue:
    close_guide(by=current_actor())
    return redirect(url_for(".index"), 303)


def _task(actor: Actor, review: Review) -> Task:
    name, url = review.application.name, url_for("reviews.show", review_id=review.id)
    if review.state is ReviewState.REMEDIATION:
        return _remediation_task(actor, review, url)
    if review.state is ReviewState.READY:
        text = "Nothing is left but to submit it"
        return Task(f"Submit the review of {name}", text, url, "needs you", review)
    if review.state is ReviewState.PENDING:
        title = f"Review who has access to {name}"
        return Task(title, _sentence(_due(review)), url, _urgency(review), review)
    if actor.person_id not in review.reviewer_ids:
        return _remediation_task(actor, review, url_for("remediation.show", review_id=review.id))
    return _decision_task(actor, review, url)


def _decision_task(actor: Actor, review: Review, url: str) -> Task:
    name, mine = review.application.name, progress_of(items_decided_by(actor, review))
    title = f"Review who has access to {name}"
    if not mine.total:
        return Task(title, "Your part is done; others still decide", url, "waiting", review)
    if not mine.undecided:
        text = f"{plural(mine.total, review.noun)} decided, {_due(review)}"
        return Task(f"Sign off the review of {name}", text, url, _urgency(review), review, mine)
    text = f"{plural(mine.total, review.noun)}, {mine.undecided:,} to go, {_due(review)}"
    return Task(title, text, url, _urgency(review), review, mine)


def _remediation_task(actor: Actor, review: Review, url: str) -> Task:
    open_ = removals_by_state(review).get(RemovalState.ACTION_REQUIRED, 0)
    mine = review.remediation_owner_id == actor.person_id
    if mine:
        what = plural(open_, "entitlement" if review.by_entitlement else "account")
        title = f"Remove {what} from {review.application.name}"
        return Task(title, "Then upload a fresh list", url, "action required", review)
    owner = review.remediation_owner.name if review.remediation_owner else "nobody yet"
    title = f"Wait for {plural(open_, 'removal')} in {review.application.name}"
    return Task(title, f"{owner} removes the access you rejected", url, "waiting", review)


def _due(review: Review) -> str:
    late = clock.now() > review.due_at
    closed = "" if review.accepts_decisions else "; no more decisions are accepted"
    return f"{'was due' if late else 'due'} {long_date(review.due_at)}{closed}"


def _urgency(review: Review) -> str:
    return "overdue" if clock.now() > review.due_at else "needs you"


def _sentence(text: str) -> str:
    return text[0].upper() + text[1:]
