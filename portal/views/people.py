"""People: the list, one of them, and who reports to them."""

from collections.abc import Iterator, Sequence
from typing import Any

from flask import Blueprint, Response, request

from policies.permissions import SEE_PEOPLE
from portal.models import Person
from portal.queries.paging import count_of, in_order_of, page_of
from portal.queries.people import (
    ATTRIBUTES,
    EVERYBODY,
    SORTS,
    attribute_names,
    beside_people,
    people_fields,
    people_matching,
    people_order,
    reports_of_person,
    with_beside,
)
from portal.queries.person_counts import counts_for
from portal.web.access import current_actor, requires
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("people", __name__, url_prefix="/people")

HEADER = (
    *("Name", "Email", "Employee number", "Department", "Title", "Manager", "Standing"),
    *("Start date", "End date", "Accounts", "Privileged", "Manager has left"),
)


@bp.get("")
@requires(SEE_PEOPLE)
def index() -> Response:
    listing = read_listing(people_fields(), SORTS, "name")
    query = people_matching(listing.filter, listing.text)
    order = people_order(listing.sort, descending=listing.descending)
    found, names = page_of(query, order, listing.cursor, rows=EVERYBODY), attribute_names()
    return page(
        "people/index.html",
        parts=("people_list",),
        listing=listing,
        found=found,
        total=count_of(query),
        beside=beside_people(found.rows),
        choices=[(ATTRIBUTES + name, name) for name in names],
        shown=_chosen(names),
    )


@bp.get("/csv")
@requires(SEE_PEOPLE)
def index_csv() -> Response:
    listing = read_download(people_fields(), SORTS, "name")
    order = people_order(listing.sort, descending=listing.descending)
    query = in_order_of(people_matching(listing.filter, listing.text), order)
    names = attribute_names()
    return csv_answer("people", [*HEADER, *names], _csv_rows(query, names))


@bp.get("/<int:person_id>")
@requires(SEE_PEOPLE, Person)
def show(person: Person) -> Response:
    return page(
        "people/show.html",
        person=person,
        counts=counts_for(person, current_actor()),
        beside=beside_people([person])[person.id],
    )


@bp.get("/<int:person_id>/reports")
@requires(SEE_PEOPLE, Person)
def reports(person: Person) -> Response:
    listing = read_listing(people_fields(), SORTS, "name")
    query = reports_of_person(person, listing.filter, listing.text)
    order = people_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor, rows=EVERYBODY)
    return page(
        "people/reports.html",
        parts=("people_list",),
        person=person,
        counts=counts_for(person, current_actor()),
        listing=listing,
        found=found,
        total=count_of(query),
        beside=beside_people(found.rows),
        shown=[],
    )


@bp.get("/<int:person_id>/reports/csv")
@requires(SEE_PEOPLE, Person)
def reports_csv(person: Person) -> Response:
    listing = read_download(people_fields(), SORTS, "name")
    order = people_order(listing.sort, descending=listing.descending)
    query = in_order_of(reports_of_person(person, listing.filter, listing.text), order)
    return csv_answer("reports", HEADER, _csv_rows(query, []), about=person)


def _chosen(names: Sequence[str]) -> list[str]:
    """The lists' own columns that the URL asks for, in their order."""
    wanted = set(request.args.getlist("cols"))
    return [name for name in names if ATTRIBUTES + name in wanted]


def _csv_rows(query: Any, names: Sequence[str]) -> Iterator[list[str]]:
    """Asks only once the answer streams: the session of the request is closed by then."""
    for person, beside in with_beside(query):
        yield [
            person.name,
            person.email or "",
            person.employee_number or "",
            person.department,
            person.title,
            beside.manager,
            person.standing.value,
            person.start_date.isoformat() if person.start_date else "",
            person.end_date.isoformat() if person.end_date else "",
            str(beside.accounts),
            "yes" if beside.is_privileged else "no",
            "yes" if beside.manager_left else "no",
            *(str(person.attributes.get(name, "")) for name in names),
        ]
