"""The reviews of one application over all campaigns: what each came to, and its report."""

from collections.abc import Iterator

from flask import Blueprint, Response
from sqlalchemy import Select

from policies.permissions import SEE_APPLICATION
from portal.models import Application, Review
from portal.queries.application_reviews import (
    REVIEW_FIELDS,
    SORTS,
    outcomes,
    reviews_matching,
    reviews_order,
    reviews_seen_by,
    with_outcomes,
)
from portal.queries.paging import count_of, page_of
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import Listing, csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint(
    "application_reviews", __name__, url_prefix="/applications/<int:application_id>/reviews"
)

FIELDS = {key: field for key, field in REVIEW_FIELDS.items() if key != "application"}
HEADER = (
    *("Campaign", "Application", "State", "Due (UTC)", "Accounts", "Approved", "Rejected"),
    *("Verified removals", "Submitted (UTC)"),
)


@bp.get("")
@requires(SEE_APPLICATION, Application)
def index(application: Application) -> Response:
    listing = read_listing(FIELDS, SORTS, "-launched")
    query = _asked(application, listing)
    order = reviews_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "application_reviews/index.html",
        parts=("reviews_list",),
        application=application,
        listing=listing,
        found=found,
        total=count_of(query),
        outcomes=outcomes([review.id for review in found.rows]),
    )


@bp.get("/csv")
@requires(SEE_APPLICATION, Application)
def index_csv(application: Application) -> Response:
    listing = read_download(FIELDS, SORTS, "-launched")
    order = reviews_order(listing.sort, descending=listing.descending)
    query = _asked(application, listing).order_by(*order.terms)
    return csv_answer("reviews", HEADER, csv_rows(query), about=application)


def csv_rows(query: Select[Review]) -> Iterator[list[str]]:
    """The rows of a CSV of reviews."""
    for review, outcome in with_outcomes(query):
        yield [
            review.campaign.name,
            review.application.name,
            review.state.value,
            exact(review.campaign.due_at),
            str(outcome.progress.total),
            str(outcome.progress.approved),
            str(outcome.progress.rejected),
            str(outcome.removed),
            exact(review.submitted_at),
        ]


def _asked(application: Application, listing: Listing) -> Select[Review]:
    query = reviews_matching(listing.filter, listing.text)
    mine = Review.application_id == application.id, reviews_seen_by(current_actor())
    return query.where(*mine)
