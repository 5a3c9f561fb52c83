"""Settings > Hidden applications: those that lists and campaigns leave out, and back again."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import EDIT_APPLICATIONS, SEE_APPLICATIONS
from portal.models import Application
from portal.queries.application_facts import overviews
from portal.queries.applications import (
    application_fields,
    application_sorts,
    applications_order,
    hidden_applications,
    rows_of_applications,
)
from portal.queries.paging import count_of, page_of
from portal.usecases.applications import hide_application, unhide_application
from portal.web.access import current_actor, requires
from portal.web.formats import exact
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("hidden_applications", __name__, url_prefix="/settings/hidden-applications")

HEADER = ("Name", "Primary owner", "Accounts", "Privileged", "Last list (UTC)")


@bp.get("")
@requires(SEE_APPLICATIONS)
def index() -> Response:
    listing = read_listing(_fields(), application_sorts(), "name")
    query = hidden_applications(listing.filter, listing.text)
    order = applications_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "hidden_applications/index.html",
        parts=("hidden_list",),
        listing=listing,
        found=found,
        total=count_of(query),
        overviews=overviews([application.id for application in found.rows]),
    )


@bp.get("/csv")
@requires(SEE_APPLICATIONS)
def index_csv() -> Response:
    listing = read_download(_fields(), application_sorts(), "name")
    order = applications_order(listing.sort, descending=listing.descending)
    query = hidden_applications(listing.filter, listing.text).order_by(*order.terms)
    return csv_answer("hidden-applications", HEADER, _csv_rows(query))


@bp.post("/<int:application_id>/hide")
@requires(EDIT_APPLICATIONS, Application)
def hide(application: Application) -> ResponseReturnValue:
    hide_application(application, by=current_actor())
    flash(f"{application.name} is hidden. Lists and campaigns leave it out.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/<int:application_id>/show")
@requires(EDIT_APPLICATIONS, Application)
def show(application: Application) -> ResponseReturnValue:
    unhide_application(application, by=current_actor())
    flash(f"{application.name} is {application.state.value} again.", "success")
    return redirect(url_for("applications.show", application_id=application.id), 303)


def _fields() -> dict[str, Any]:
    """What they can be filtered by: they all have one state."""
    return {key: field for key, field in application_fields().items() if key != "state"}


def _csv_rows(query: Any) -> Iterator[list[str]]:
    for rows, beside in rows_of_applications(query):
        for application in rows:
            yield [
                application.name,
                application.owner.name if application.owner else "",
                str(beside[application.id].accounts),
                str(beside[application.id].privileged),
                exact(beside[application.id].listed_at),
            ]
