"""The details of one item, beside the table or as a page of their own."""

from flask import Blueprint, Response, url_for

from policies.permissions import SEE_ITEM
from policies.recommendations import UNSAID
from portal.models import Item
from portal.queries.deadlines import spans_of
from portal.queries.item_details import details_of
from portal.web.access import current_actor, requires
from portal.web.columns import badges_of
from portal.web.pages import page
from portal.web.returning import way_back

bp = Blueprint("item_details", __name__)


@bp.get("/items/<int:item_id>")
@requires(SEE_ITEM, Item)
def show(item: Item) -> Response:
    return page(
        "item_details/show.html",
        parts=("item_details",),
        item=item,
        review=item.review,
        found=details_of(item, current_actor()),
        badges=badges_of(item),
        unsaid=UNSAID,
        back=way_back(url_for("reviews.items", review_id=item.review_id)),
        spans=spans_of(item.review.campaign),
    )
