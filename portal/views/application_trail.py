"""The trail of one application."""

from collections.abc import Iterator, Sequence

from flask import Blueprint, Response
from sqlalchemy import Select

from policies.permissions import SEE_APPLICATION
from portal.models import Application, TrailLine
from portal.queries.application_trail import SORTS, TRAIL_FIELDS, trail_of, trail_order
from portal.queries.evidence_rows import snapshot
from portal.queries.paging import count_of, page_of
from portal.queries.trail import trail_rows
from portal.reports.columns import TRAIL
from portal.web.access import current_actor, requires
from portal.web.lists import Listing, csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("application_trail", __name__, url_prefix="/applications/<int:application_id>/trail")


@bp.get("")
@requires(SEE_APPLICATION, Application)
def index(application: Application) -> Response:
    listing = read_listing(TRAIL_FIELDS, SORTS, "-line")
    query = _asked(application, listing)
    order = trail_order(descending=listing.descending)
    return page(
        "application_trail/index.html",
        parts=("trail_list",),
        application=application,
        listing=listing,
        found=page_of(query, order, listing.cursor),
        total=count_of(query),
    )


@bp.get("/csv")
@requires(SEE_APPLICATION, Application)
def index_csv(application: Application) -> Response:
    listing = read_download(TRAIL_FIELDS, SORTS, "-line")
    query = _asked(application, listing)
    rows = _csv_rows(query.order_by(*trail_order(descending=listing.descending).terms))
    return csv_answer(f"trail-application-{application.id}", TRAIL, rows, about=application)


def _asked(application: Application, listing: Listing) -> Select[TrailLine]:
    return trail_of(application, listing.filter, listing.text, seen_by=current_actor())


def _csv_rows(query: Select[TrailLine]) -> Iterator[Sequence[str]]:
    with snapshot() as view:
        yield from trail_rows(view, query)
