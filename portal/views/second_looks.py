"""Some of one's own approvals, drawn by lot, looked at again before signing off."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.lifecycle import Verdict
from policies.permissions import SIGN_OFF_REVIEW
from portal.models import Review
from portal.queries.care import sample_for
from portal.usecases.looking import draw_second_look, look_again
from portal.web.access import current_actor, requires
from portal.web.columns import badges_of
from portal.web.pages import page

bp = Blueprint("second_looks", __name__, url_prefix="/reviews/<int:review_id>/second-look")


@bp.get("")
@requires(SIGN_OFF_REVIEW, Review)
def show(review: Review) -> ResponseReturnValue:
    sample = sample_for(review, current_actor())
    if sample.look is None or not sample.left:
        return redirect(url_for("reviews.attest", review_id=review.id))
    return _page(review)


@bp.post("")
@requires(SIGN_OFF_REVIEW, Review)
def draw(review: Review) -> ResponseReturnValue:
    draw_second_look(review, by=current_actor())
    return redirect(url_for(".show", review_id=review.id), 303)


@bp.post("/answers")
@requires(SIGN_OFF_REVIEW, Review)
def answer(review: Review) -> ResponseReturnValue:
    said, comments = _said(), _comments()
    try:
        left = look_again(review, said, comments, by=current_actor())
    except Invalid as refusal:
        if not sample_for(review, current_actor()).left:  # no form to show it on
            raise
        return _page(review, str(refusal), 422)
    if left:
        flash(f"{left:,} still to look at.", "info")
    return redirect(url_for(".show", review_id=review.id), 303)


def _page(review: Review, refusal: str = "", status: int = 200) -> Response:
    sample = sample_for(review, current_actor())
    known: dict[str, Any] = {"sample": sample, "badges_of": badges_of, "care": review.care}
    response = page("second_looks/show.html", review=review, refusal=refusal, **known)
    response.status_code = status
    return response


def _said() -> dict[int, Verdict]:
    """By item, of those about which something was said."""
    words = {key[5:]: value for key, value in request.form.items() if key.startswith("said-")}
    known = {each.value: each for each in Verdict}
    return {int(k): known[v] for k, v in words.items() if k.isdecimal() and v in known}


def _comments() -> dict[int, str]:
    words = {key[4:]: value for key, value in request.form.items() if key.startswith("why-")}
    return {int(key): value for key, value in words.items() if key.isdecimal()}
