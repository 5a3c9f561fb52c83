"""What one person answers for: applications they own, reviews that wait for them, their letters."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response

from policies.permissions import ADMINISTER, SEE_APPLICATIONS, SEE_CAMPAIGNS
from portal.models import Letter, Person
from portal.queries import application_reviews, letters
from portal.queries.application_facts import overviews
from portal.queries.application_reviews import (
    outcomes,
    reviews_matching,
    reviews_order,
    to_review_by,
)
from portal.queries.applications import (
    application_fields,
    application_sorts,
    applications_order,
    rows_of_applications,
)
from portal.queries.holdings import owned_by
from portal.queries.paging import count_of, in_turn, page_of
from portal.queries.person_counts import counts_for
from portal.views import application_reviews as reviews_of_one
from portal.views import letters as all_letters
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import Listing, csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("person_duties", __name__, url_prefix="/people/<int:person_id>")

OWNED = ("Application", "State", "Primary", "Accounts", "Privileged", "Last list (UTC)")


@bp.get("/applications")
@requires(SEE_APPLICATIONS, Person)
def applications(person: Person) -> Response:
    listing = read_listing(application_fields(), application_sorts(), "name")
    query = owned_by(person, listing.filter, listing.text, seen_by=current_actor())
    order = applications_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    beside = overviews([application.id for application in found.rows])
    return _shown("applications", person, listing, found=found, query=query, overviews=beside)


@bp.get("/applications/csv")
@requires(SEE_APPLICATIONS, Person)
def applications_csv(person: Person) -> Response:
    listing = read_download(application_fields(), application_sorts(), "name")
    order = applications_order(listing.sort, descending=listing.descending)
    query = owned_by(person, listing.filter, listing.text, seen_by=current_actor())
    rows = _owned(person, query.order_by(*order.terms))
    return csv_answer("applications", OWNED, rows, about=person)


@bp.get("/reviews")
@requires(SEE_CAMPAIGNS, Person)
def reviews(person: Person) -> Response:
    listing = read_listing(application_reviews.REVIEW_FIELDS, application_reviews.SORTS, "due")
    query = reviews_matching(listing.filter, listing.text).where(to_review_by(person))
    order = reviews_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    beside = outcomes([review.id for review in found.rows])
    return _shown("reviews", person, listing, found=found, query=query, outcomes=beside)


@bp.get("/reviews/csv")
@requires(SEE_CAMPAIGNS, Person)
def reviews_csv(person: Person) -> Response:
    listing = read_download(application_reviews.REVIEW_FIELDS, application_reviews.SORTS, "due")
    order = reviews_order(listing.sort, descending=listing.descending)
    query = reviews_matching(listing.filter, listing.text).where(to_review_by(person))
    rows = reviews_of_one.csv_rows(query.order_by(*order.terms))
    return csv_answer("reviews", reviews_of_one.HEADER, rows, about=person)


@bp.get("/letters")
@requires(ADMINISTER, Person)
def letters_to(person: Person) -> Response:
    listing = read_listing(letters.LETTER_FIELDS, letters.SORTS, "-written")
    query = _letters(person, listing)
    order = letters.letters_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return _shown("letters", person, listing, found=found, query=query)


@bp.get("/letters/csv")
@requires(ADMINISTER, Person)
def letters_csv(person: Person) -> Response:
    listing = read_download(letters.LETTER_FIELDS, letters.SORTS, "-written")
    order = letters.letters_order(listing.sort, descending=listing.descending)
    rows = all_letters.csv_rows(in_turn(_letters(person, listing).order_by(*order.terms)))
    return csv_answer("letters", all_letters.HEADER, rows, about=person)


def _shown(tab: str, person: Person, listing: Listing, query: Any, **said: Any) -> Response:
    return page(
        f"person_duties/{tab}.html",
        parts=(f"{tab}_list",),
        person=person,
        counts=counts_for(person, current_actor()),
        listing=listing,
        total=count_of(query),
        **said,
    )


def _letters(person: Person, listing: Listing) -> Any:
    found = letters.letters_matching(listing.filter, listing.text)
    return found.where(Letter.person_id == person.id)


def _owned(person: Person, query: Any) -> Iterator[list[str]]:
    for rows, beside in rows_of_applications(query):
        for application in rows:
            owner, overview = application.owner, beside[application.id]
            yield [
                application.name,
                application.state.value,
                "yes" if owner and owner.id == person.id else "no",
                str(overview.accounts),
                str(overview.privileged),
                exact(overview.listed_at),
            ]
