"""People: the list, and one of them with everything they hold."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, request

from policies.permissions import SEE_PEOPLE
from portal.models import Person
from portal.queries.paging import count_of, page_of
from portal.queries.people import (
    PEOPLE_FIELDS,
    SORTS,
    applications_owned_by,
    decisions_about,
    holdings_of,
    people_matching,
    people_order,
    places_of,
    reports_to,
    with_managers,
)
from portal.web.access import requires
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("people", __name__, url_prefix="/people")

HEADER = (
    *("Name", "Email", "Employee number", "Department", "Title", "Manager", "Standing"),
    *("Start date", "End date"),
)


@bp.get("")
@requires(SEE_PEOPLE)
def index() -> Response:
    listing = read_listing(PEOPLE_FIELDS, SORTS, "name")
    query = people_matching(listing.filter, listing.text)
    order = people_order(listing.sort, descending=listing.descending)
    return page(
        "people/index.html",
        parts=("people_list",),
        listing=listing,
        found=page_of(query, order, listing.cursor),
        total=count_of(query),
    )


@bp.get("/csv")
@requires(SEE_PEOPLE)
def index_csv() -> Response:
    listing = read_download(PEOPLE_FIELDS, SORTS, "name")
    order = people_order(listing.sort, descending=listing.descending)
    query = people_matching(listing.filter, listing.text).order_by(*order.terms)
    return csv_answer("people", HEADER, _csv_rows(query))


@bp.get("/<int:person_id>")
@requires(SEE_PEOPLE, Person)
def show(person: Person) -> Response:
    decisions = decisions_about(person, request.args.get("at", ""))
    return page(
        "people/show.html",
        person=person,
        reports=reports_to(person),
        holdings=holdings_of(person),
        owned=applications_owned_by(person),
        decisions=decisions,
        places=places_of(decisions.rows),
    )


def _csv_rows(query: Any) -> Iterator[list[str]]:
    """Asks only once the answer streams: the session of the request is closed by then."""
    for person, manager in with_managers(query):
        yield [
            person.name,
            person.email or "",
            person.employee_number or "",
            person.department,
            person.title,
            manager or person.manager_email,
            person.standing.value,
            person.start_date.isoformat() if person.start_date else "",
            person.end_date.isoformat() if person.end_date else "",
        ]
