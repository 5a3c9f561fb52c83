"""How far reviews are: of all campaigns in one list, by reviewer, on paper, and as CSV."""

from collections.abc import Iterator

from flask import Blueprint, Response
from flask.typing import ResponseReturnValue

from policies.permissions import SEE_CAMPAIGNS
from portal.models import Campaign, Review, ReviewerTally
from portal.queries.paging import count_of, in_turn, page_of
from portal.queries.review_lists import (
    CAMPAIGN_REVIEW_FIELDS,
    REVIEW_FIELDS,
    SORTS,
    Beside,
    beside_reviews,
    reviews_matching,
    reviews_order,
)
from portal.queries.reviewer_lists import (
    REVIEWER_FIELDS,
    reviewers_matching,
    reviewers_order,
    unstarted_by_person,
)
from portal.queries.reviewer_lists import SORTS as REVIEWER_SORTS
from portal.queries.standing import standing_of
from portal.web.access import requires
from portal.web.batches import in_batches
from portal.web.formats import exact
from portal.web.lists import Listing, csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("progress", __name__)

REVIEW_HEADER = (
    *("Campaign", "Application", "State", "Due (UTC)", "Accounts", "Approved", "Rejected"),
    "Changed",
    *("Undecided", "Reviewers", "Removes access", "Access to remove", "Removal overdue", "Problem"),
)
REVIEWER_HEADER = (
    *("Person", "Email", "Department", "Reviews", "Not started", "Accounts", "Left"),
    *("Last activity (UTC)", "Decided one by one", "Decided in bulk", "Share in bulk (%)"),
    *("Median seconds per decision", "Rejected", "Changed"),
    *("Against the recommendation", "Privileged access approved"),
    *("Access to remove", "Removals overdue"),
)


@bp.get("/reviews")
@requires(SEE_CAMPAIGNS)
def index() -> Response:
    listing = read_listing(REVIEW_FIELDS, SORTS, "due")
    query = reviews_matching(listing.filter, listing.text)
    order = reviews_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "progress/index.html",
        parts=("standing",),
        listing=listing,
        found=found,
        total=count_of(query),
        beside=beside_reviews([review.id for review in found.rows]),
    )


@bp.get("/reviews/csv")
@requires(SEE_CAMPAIGNS)
def index_csv() -> Response:
    return _reviews_csv("reviews", read_download(REVIEW_FIELDS, SORTS, "due"), None)


@bp.get("/campaigns/<int:campaign_id>/csv")
@requires(SEE_CAMPAIGNS, Campaign)
def reviews_csv(campaign: Campaign) -> Response:
    listing = read_download(CAMPAIGN_REVIEW_FIELDS, SORTS, "application")
    return _reviews_csv(f"campaign-{campaign.id}-reviews", listing, campaign)


@bp.get("/campaigns/<int:campaign_id>/reviewers")
@requires(SEE_CAMPAIGNS, Campaign)
def reviewers(campaign: Campaign) -> ResponseReturnValue:
    listing = read_listing(REVIEWER_FIELDS, REVIEWER_SORTS, "-left")
    query = reviewers_matching(campaign, listing.filter, listing.text)
    order = reviewers_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "progress/reviewers.html",
        parts=("standing",),
        campaign=campaign,
        standing=standing_of(campaign),
        listing=listing,
        found=found,
        total=count_of(query),
        unstarted=unstarted_by_person(campaign, [row.person_id for row in found.rows]),
    )


@bp.get("/campaigns/<int:campaign_id>/reviewers/csv")
@requires(SEE_CAMPAIGNS, Campaign)
def reviewers_csv(campaign: Campaign) -> Response:
    listing = read_download(REVIEWER_FIELDS, REVIEWER_SORTS, "-left")
    order = reviewers_order(listing.sort, descending=listing.descending)
    query = reviewers_matching(campaign, listing.filter, listing.text).order_by(*order.terms)
    name = f"campaign-{campaign.id}-reviewers"
    rows = _reviewer_rows(campaign, in_turn(query))
    return csv_answer(name, REVIEWER_HEADER, rows, about=campaign)


@bp.get("/campaigns/<int:campaign_id>/print")
@requires(SEE_CAMPAIGNS, Campaign)
def on_paper(campaign: Campaign) -> Response:
    """Everything of the two lists on one page, for print."""
    listing = read_listing(CAMPAIGN_REVIEW_FIELDS, SORTS, "application")
    everybody = read_listing({}, REVIEWER_SORTS, "-left")
    order = reviewers_order(everybody.sort, descending=True)
    return page(
        "progress/print.html",
        campaign=campaign,
        standing=standing_of(campaign),
        reviews=_with_beside(_ordered(listing, campaign)),
        people=in_turn(reviewers_matching(campaign, everybody.filter).order_by(*order.terms)),
    )


def _ordered(listing: Listing, campaign: Campaign | None) -> Iterator[Review]:
    order = reviews_order(listing.sort, descending=listing.descending)
    query = reviews_matching(listing.filter, listing.text, campaign=campaign)
    return in_turn(query.order_by(*order.terms))


def _with_beside(reviews: Iterator[Review]) -> Iterator[tuple[Review, Beside]]:
    for batch in in_batches(reviews):
        beside = beside_reviews([review.id for review in batch])
        yield from ((review, beside[review.id]) for review in batch)


def _reviews_csv(name: str, listing: Listing, campaign: Campaign | None) -> Response:
    rows = (_review_row(*pair) for pair in _with_beside(_ordered(listing, campaign)))
    return csv_answer(name, REVIEW_HEADER, rows, about=campaign)


def _review_row(review: Review, beside: Beside) -> list[str]:
    done, owner = beside.progress, review.remediation_owner
    named = ", ".join(name for name, _ in beside.reviewers)
    more = beside.reviewer_count - len(beside.reviewers)
    return [
        review.campaign.name,
        review.application.name,
        review.state.value,
        exact(review.campaign.due_at),
        *map(str, (done.total, done.approved, done.rejected, done.changed, done.undecided)),
        f"{named} and {more} more" if more > 0 else named,
        owner.name if owner else "",
        str(beside.removals),
        "yes" if beside.is_late else "no",
        review.error,
    ]


def _reviewer_rows(campaign: Campaign, rows: Iterator[ReviewerTally]) -> Iterator[list[str]]:
    for batch in in_batches(rows):
        unstarted = unstarted_by_person(campaign, [row.person_id for row in batch])
        yield from (_reviewer_row(row, unstarted.get(row.person_id, 0)) for row in batch)


def _reviewer_row(row: ReviewerTally, unstarted: int) -> list[str]:
    return [
        row.person.name,
        row.person.email or "",
        row.person.department,
        *map(str, (row.reviews, unstarted, row.items, row.left)),
        exact(row.last_at),
        *map(str, (row.single, row.bulk, row.bulk_share)),
        f"{row.pace:.1f}" if row.pace >= 0 else "",
        *map(str, (row.rejected, row.changed, row.against, row.privileged)),
        *map(str, (row.removals, row.overdue)),
    ]
