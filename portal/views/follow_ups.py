"""Having what is signed off reviewed again, in a campaign of its own."""

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import RUN_CAMPAIGNS
from portal.models import Review
from portal.queries.follow_ups import counted_again, follow_ups_of
from portal.queries.items import fields_of, in_view
from portal.usecases.follow_ups import review_again
from portal.web.access import current_actor, requires
from portal.web.filtering import Chosen, read_filter
from portal.web.pages import page
from portal.web.returning import way_back

bp = Blueprint("follow_ups", __name__, url_prefix="/reviews/<int:review_id>/follow-up")


@bp.get("")
@requires(RUN_CAMPAIGNS, Review)
def ask(review: Review) -> Response:
    return _page(review, _chosen(review))


@bp.post("")
@requires(RUN_CAMPAIGNS, Review)
def begin(review: Review) -> ResponseReturnValue:
    chosen, actor, reason = _chosen(review), current_actor(), request.form.get("reason", "")
    which = in_view(review, chosen.filter, actor)
    try:
        campaign = review_again(review, which, reason, chosen=chosen.words, by=actor)
    except Invalid as refusal:
        return _page(review, chosen, str(refusal), 422)
    flash("A draft was made. Nobody is told before you launch it.", "success")
    return redirect(url_for("publishing.summary", campaign_id=campaign.id), 303)


def _page(review: Review, chosen: Chosen, error: str = "", status: int = 200) -> Response:
    items, gone = counted_again(review, in_view(review, chosen.filter, current_actor()))
    response = page(
        "follow_ups/ask.html",
        review=review,
        chosen=chosen,
        items=items,
        gone=gone,
        before=follow_ups_of(review),
        error=error,
        reason=request.form.get("reason", ""),
        hidden=[*chosen.filter.as_query(), ("back", request.values.get("back", ""))],
        back=way_back(url_for("reviews.items", review_id=review.id)),
    )
    response.status_code = status
    return response


def _chosen(review: Review) -> Chosen:
    chosen = read_filter(fields_of(review))
    if chosen.error:
        raise Invalid(chosen.error)
    return chosen
