"""Accepting the recommendations on all in view: what it would do first, then doing it."""

from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import CommentMissing, Invalid, Stale
from policies.permissions import REVIEW_ACCESS
from portal.models import Review
from portal.queries.accepting import acceptances
from portal.queries.items import fields_of
from portal.queries.paging import key_in
from portal.usecases.recommendations import accept_recommendations
from portal.web.access import current_actor, requires
from portal.web.filtering import Chosen, read_filter
from portal.web.opened import opened_now, read_opened
from portal.web.pages import page
from portal.web.returning import way_back

bp = Blueprint("recommendations", __name__, url_prefix="/reviews/<int:review_id>/recommendations")


@bp.get("")
@requires(REVIEW_ACCESS, Review)
def confirm(review: Review) -> Response:
    return _confirmation(review, read_filter(fields_of(review)))


@bp.post("")
@requires(REVIEW_ACCESS, Review)
def accept(review: Review) -> ResponseReturnValue:
    chosen, seen = read_filter(fields_of(review)), key_in(request.form.get("seen", "")) or 0
    if chosen.error:
        raise Invalid(chosen.error)
    said: dict[str, Any] = {"comment": request.form.get("comment", ""), "opened": read_opened()}
    try:
        accept_recommendations(review, chosen.filter, seen=seen, by=current_actor(), **said)
    except Stale as stale:
        return _confirmation(review, chosen, stale=str(stale), status=409)
    except CommentMissing as missing:
        return _confirmation(review, chosen, missing=str(missing), status=422)
    return redirect(way_back(url_for("reviews.items", review_id=review.id)), 303)


def _confirmation(
    review: Review, chosen: Chosen, *, stale: str = "", missing: str = "", status: int = 200
) -> Response:
    response = page(
        "recommendations/confirm.html",
        review=review,
        chosen=chosen,
        counts=acceptances(review, chosen.filter, current_actor()),
        stale=stale,
        missing=missing,
        opened=opened_now(),
        back=way_back(url_for("reviews.items", review_id=review.id)),
    )
    response.status_code = status
    return response
