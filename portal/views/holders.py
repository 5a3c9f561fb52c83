"""The people of an application: who holds access, and through which accounts."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response

from policies.permissions import SEE_HOLDERS
from portal.models import Application
from portal.queries.holders import (
    HOLDER_FIELDS,
    SORTS,
    held_by,
    holders_count,
    holders_of,
    holders_order,
    nobodys_accounts,
    with_holdings,
)
from portal.queries.paging import page_of
from portal.queries.people import EVERYBODY
from portal.web.access import requires
from portal.web.formats import exact
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("holders", __name__, url_prefix="/applications/<int:application_id>/people")

HEADER = (
    *("Name", "Email", "Department", "Title", "Manager", "Standing", "Accounts"),
    *("Logins", "Roles", "Privileged", "Last used (UTC)"),
)


@bp.get("")
@requires(SEE_HOLDERS, Application)
def index(application: Application) -> Response:
    listing = read_listing(HOLDER_FIELDS, SORTS, "name")
    total = holders_count(application, listing.filter, listing.text)
    query = holders_of(application, listing.filter, listing.text, by=listing.sort, of=total)
    order = holders_order(application, listing.sort, listing.filter, descending=listing.descending)
    found = page_of(query, order, listing.cursor, rows=EVERYBODY)
    return page(
        "holders/index.html",
        parts=("holders_list",),
        application=application,
        listing=listing,
        found=found,
        total=total,
        held=held_by(application, found.rows),
        nobodys=nobodys_accounts(application),
    )


@bp.get("/csv")
@requires(SEE_HOLDERS, Application)
def index_csv(application: Application) -> Response:
    listing = read_download(HOLDER_FIELDS, SORTS, "name")
    order = holders_order(application, listing.sort, listing.filter, descending=listing.descending)
    query = holders_of(application, listing.filter, listing.text, by=listing.sort)
    return csv_answer(
        "people", HEADER, _csv_rows(application, query.order_by(*order.terms)), about=application
    )


def _csv_rows(application: Application, query: Any) -> Iterator[list[str]]:
    for person, held, manager in with_holdings(application, query):
        more = [f"and {held.more} more"] if held.more else []
        yield [
            person.name,
            person.email or "",
            person.department,
            person.title,
            manager or person.manager_email,
            person.standing.value,
            str(held.count),
            "; ".join([*(account.login for account in held.accounts), *more]),
            "; ".join([*held.roles, *more]),
            "yes" if held.is_privileged else "no",
            exact(held.used_at),
        ]
