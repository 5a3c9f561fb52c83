"""Who reviews in a campaign: everybody with what they have left, and changing it while it runs."""

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid, Refusal
from policies.lifecycle import ReviewState
from policies.permissions import RUN_CAMPAIGNS, SEE_CAMPAIGNS
from portal.db import db
from portal.forms.taker import TakerForm, read_taker
from portal.models import Campaign, Person, Review
from portal.queries.people import addresses, people_named, person_by_address
from portal.queries.reassigning import Duty, changes_in, duties_in, unassigned_by_review
from portal.queries.reviews import reviews_of
from portal.usecases.handing import Handed
from portal.usecases.reassigning import add_reviewer, replace_reviewer
from portal.web.access import current_actor, requires
from portal.web.formats import plural
from portal.web.pages import page

bp = Blueprint("reviewers", __name__)

OPEN = (ReviewState.PENDING, ReviewState.IN_REVIEW)


@bp.get("/campaigns/<int:campaign_id>/assignments")
@requires(SEE_CAMPAIGNS, Campaign)
def index(campaign: Campaign) -> Response:
    return _page(campaign, TakerForm())


@bp.post("/campaigns/<int:campaign_id>/assignments")
@requires(RUN_CAMPAIGNS, Campaign)
def add(campaign: Campaign) -> ResponseReturnValue:
    form = read_taker(request.form, person_by_address, people_named)
    if form.errors or form.person is None:
        return _page(campaign, form, 422)
    review, level = _place(campaign)
    try:
        done = add_reviewer(review, level, form.person, form.reason, by=current_actor())
    except Invalid as refusal:
        return _page(campaign, form, 422, refusal)
    return _done(campaign, f"{form.person.name} reviews {review.application.name}", done)


@bp.get("/campaigns/<int:campaign_id>/assignments/<int:person_id>/replacement")
@requires(RUN_CAMPAIGNS, Campaign)
def ask(campaign: Campaign, person_id: int) -> Response:
    return _ask(campaign, _person(person_id), TakerForm())


@bp.post("/campaigns/<int:campaign_id>/assignments/<int:person_id>/replacement")
@requires(RUN_CAMPAIGNS, Campaign)
def replace(campaign: Campaign, person_id: int) -> ResponseReturnValue:
    form, giver = read_taker(request.form, person_by_address, people_named), _person(person_id)
    if form.errors or form.person is None:
        return _ask(campaign, giver, form, 422)
    chosen = [d.reviewer.review for d in _open_duties(campaign, giver) if _is_meant(d)]
    reviews = list(dict.fromkeys(chosen))
    try:
        done = replace_reviewer(reviews, giver, form.person, form.reason, by=current_actor())
    except Invalid as refusal:
        return _ask(campaign, giver, form, 422, refusal)
    return _done(campaign, f"{form.person.name} replaces {giver.name}", done)


def _done(campaign: Campaign, what: str, done: Handed) -> ResponseReturnValue:
    noun = campaign.granularity.noun
    moved = f": {plural(done.moved, noun)}" if done.moved else ""
    rest = f" {plural(done.kept, noun)} stayed, being their own." if done.kept else ""
    flash(f"{what}{moved}.{rest}", "success")
    return redirect(url_for(".index", campaign_id=campaign.id), 303)


def _page(
    campaign: Campaign, form: TakerForm, status: int = 200, refusal: Refusal | None = None
) -> Response:
    reviews = reviews_of(campaign)
    response = page(
        "reviewers/index.html",
        campaign=campaign,
        duties=duties_in(campaign),
        reviews=[each for each in reviews if each.state in OPEN],
        unassigned=unassigned_by_review(campaign),
        changes=changes_in(campaign),
        form=form,
        errors=[*form.errors, *([(str(refusal), "#person")] if refusal else [])],
        addresses=addresses(),
        place=request.form.get("place", ""),
    )
    response.status_code = status
    return response


def _ask(
    campaign: Campaign,
    giver: Person,
    form: TakerForm,
    status: int = 200,
    refusal: Refusal | None = None,
) -> Response:
    """Show what `giver` still has, and ask who takes over."""
    response = page(
        "reviewers/replace.html",
        campaign=campaign,
        giver=giver,
        duties=_open_duties(campaign, giver),
        form=form,
        errors=[*form.errors, *([(str(refusal), "#person")] if refusal else [])],
        addresses=addresses(),
    )
    response.status_code = status
    return response


def _open_duties(campaign: Campaign, person: Person) -> list[Duty]:
    theirs = [d for d in duties_in(campaign) if d.reviewer.person_id == person.id]
    return [duty for duty in theirs if not duty.is_over]


def _is_meant(duty: Duty) -> bool:
    wanted = request.form.get("review", "")
    return wanted in ("", str(duty.reviewer.review_id))


def _place(campaign: Campaign) -> tuple[Review, int]:
    """The review and the level that were chosen: "17:2"."""
    key, _, level = request.form.get("place", "").partition(":")
    found = [each for each in reviews_of(campaign) if str(each.id) == key]
    if not found or not level.isdecimal():
        raise Invalid("Choose the review that gets another reviewer.")
    return found[0], int(level)


def _person(person_id: int) -> Person:
    person = db.session.get(Person, person_id) if person_id < 1 << 31 else None
    return person or abort(404)
