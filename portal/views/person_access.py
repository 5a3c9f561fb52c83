"""What one person holds everywhere, and what was decided on it."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response

from policies.permissions import SEE_APPLICATIONS, SEE_CAMPAIGNS
from portal.models import Person
from portal.queries import holdings, past_decisions
from portal.queries.holdings import beside_holdings, holdings_of, holdings_order
from portal.queries.paging import count_of, page_of
from portal.queries.past_decisions import decisions_on, decisions_order, places_of, with_places
from portal.queries.person_counts import counts_for
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("person_access", __name__, url_prefix="/people/<int:person_id>")

HELD = (
    *("Application", "Instance", "Login", "Kind", "Roles", "Privileged", "Status"),
    *("Answers for it", "Last used (UTC)", "Created", "List of (UTC)", "File", "Gone (UTC)"),
)
DECIDED = (
    *("When (UTC)", "Application", "Campaign", "Login", "Roles", "Level", "Decision", "How"),
    *("By", "Comment", "Outcome", "State of the review"),
)


@bp.get("/access")
@requires(SEE_APPLICATIONS, Person)
def access(person: Person) -> Response:
    listing = read_listing(holdings.HOLDING_FIELDS, holdings.SORTS, "application")
    query = holdings_of(person, listing.filter, listing.text, seen_by=current_actor())
    order = holdings_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "person_access/access.html",
        parts=("access_list",),
        person=person,
        counts=counts_for(person, current_actor()),
        listing=listing,
        found=found,
        total=count_of(query),
        beside=beside_holdings(found.rows),
    )


@bp.get("/access/csv")
@requires(SEE_APPLICATIONS, Person)
def access_csv(person: Person) -> Response:
    listing = read_download(holdings.HOLDING_FIELDS, holdings.SORTS, "application")
    order = holdings_order(listing.sort, descending=listing.descending)
    query = holdings_of(person, listing.filter, listing.text, seen_by=current_actor())
    rows = _held(person, query.order_by(*order.terms))
    return csv_answer("access", HELD, rows, about=person)


@bp.get("/decisions")
@requires(SEE_CAMPAIGNS, Person)
def decisions(person: Person) -> Response:
    listing = read_listing(past_decisions.DECISION_FIELDS, past_decisions.SORTS, "-decided")
    query = decisions_on(person, listing.filter, listing.text)
    order = decisions_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "person_access/decisions.html",
        parts=("decisions_list",),
        person=person,
        counts=counts_for(person, current_actor()),
        listing=listing,
        found=found,
        total=count_of(query),
        places=places_of(found.rows),
    )


@bp.get("/decisions/csv")
@requires(SEE_CAMPAIGNS, Person)
def decisions_csv(person: Person) -> Response:
    listing = read_download(past_decisions.DECISION_FIELDS, past_decisions.SORTS, "-decided")
    order = decisions_order(listing.sort, descending=listing.descending)
    query = decisions_on(person, listing.filter, listing.text).order_by(*order.terms)
    return csv_answer("decisions", DECIDED, _decided(query), about=person)


def _held(person: Person, query: Any) -> Iterator[list[str]]:
    for account, beside in holdings.with_beside_holdings(query):
        yield [
            beside.application.name,
            account.instance.name,
            account.login,
            account.kind.value,
            account.roles,
            "yes" if beside.is_privileged else "no",
            account.status,
            "yes" if account.person_id != person.id else "no",
            exact(account.last_used_at),
            account.created_on.isoformat() if account.created_on else "",
            exact(beside.sync.applied_at) if beside.sync else "",
            beside.sync.file_name if beside.sync else "",
            exact(account.gone_at),
        ]


def _decided(query: Any) -> Iterator[list[str]]:
    for decision, place in with_places(query):
        yield [
            exact(decision.decided_at),
            place.application,
            place.campaign,
            place.login,
            place.roles,
            str(decision.level),
            decision.said,
            decision.how.value,
            decision.by_name,
            decision.comment,
            place.outcome,
            place.state.value,
        ]
