"""The accounts that were in the last completed review, and are no more."""

from flask import Blueprint, Response, request

from policies.permissions import SEE_REVIEW
from portal.models import Review
from portal.queries.gone_items import count_gone, gone_from, gone_order
from portal.queries.item_details import compared_with
from portal.queries.paging import page_of
from portal.web.access import current_actor, requires
from portal.web.pages import page

bp = Blueprint("gone_items", __name__, url_prefix="/reviews/<int:review_id>/gone")


@bp.get("")
@requires(SEE_REVIEW, Review)
def index(review: Review) -> Response:
    return page(
        "gone_items/index.html",
        parts=("gone_list",),
        review=review,
        found=page_of(gone_from(review, current_actor()), gone_order(), request.args.get("at", "")),
        total=count_gone(review, current_actor()),
        since=compared_with(review),
    )
