"""The imports of one application: every list that came in, with what it changed."""

from flask import Blueprint, Response
from sqlalchemy import Select

from policies.permissions import SEE_APPLICATION
from portal.models import Application, Sync
from portal.queries.paging import count_of, in_turn, page_of
from portal.queries.syncs import SORTS, SYNC_FIELDS, sees_all_syncs_of, syncs_of, syncs_order
from portal.views.syncs import HEADER, csv_row
from portal.web.access import current_actor, requires
from portal.web.lists import Listing, csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint(
    "application_syncs", __name__, url_prefix="/applications/<int:application_id>/imports"
)

FIELDS = {
    key: SYNC_FIELDS[key] for key in ("instance", "state", "by", "file", "sha256", "uploaded")
}


@bp.get("")
@requires(SEE_APPLICATION, Application)
def index(application: Application) -> Response:
    listing = read_listing(FIELDS, SORTS, "-uploaded")
    query = _asked(application, listing)
    order = syncs_order(listing.sort, descending=listing.descending)
    return page(
        "application_syncs/index.html",
        parts=("syncs_list",),
        application=application,
        listing=listing,
        found=page_of(query, order, listing.cursor),
        total=count_of(query),
        sees_all=sees_all_syncs_of(application, current_actor()),
    )


@bp.get("/csv")
@requires(SEE_APPLICATION, Application)
def index_csv(application: Application) -> Response:
    listing = read_download(FIELDS, SORTS, "-uploaded")
    order = syncs_order(listing.sort, descending=listing.descending)
    syncs = in_turn(_asked(application, listing).order_by(*order.terms))
    return csv_answer("imports", HEADER, (csv_row(sync) for sync in syncs), about=application)


def _asked(application: Application, listing: Listing) -> Select[Sync]:
    return syncs_of(application, listing.filter, listing.text, seen_by=current_actor())
