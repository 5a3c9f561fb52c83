"""The accounts of an application, as the last list left them."""

from collections.abc import Iterator

from flask import Blueprint, Response

from policies.permissions import SEE_APPLICATION
from portal.models import Account, Application
from portal.queries.accounts import (
    ACCOUNT_FIELDS,
    EVERY_ACCOUNT,
    SORTS,
    accounts_count,
    accounts_of,
    accounts_order,
    flags_of,
    is_orphan,
)
from portal.queries.paging import in_turn, page_of
from portal.queries.settings import setting
from portal.web.access import requires
from portal.web.formats import exact
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("accounts", __name__, url_prefix="/applications/<int:application_id>/accounts")

HEADER = (
    *("Login", "Name", "Email", "Person", "Department", "Kind", "Status", "Roles", "Orphan"),
    *("Owner", "Instance", "Last used (UTC)", "Created", "Gone (UTC)"),
)


@bp.get("")
@requires(SEE_APPLICATION, Application)
def index(application: Application) -> Response:
    listing = read_listing(ACCOUNT_FIELDS, SORTS, "login")
    query = accounts_of(application, listing.filter, listing.text, by=listing.sort)
    order = accounts_order(listing.sort, descending=listing.descending)
    return page(
        "accounts/index.html",
        parts=("accounts_list",),
        application=application,
        listing=listing,
        found=page_of(query, order, listing.cursor, rows=EVERY_ACCOUNT),
        total=accounts_count(application, listing.filter, listing.text),
        flags_of=flags_of(application.privileged_words or setting("privileged_words")),
    )


@bp.get("/csv")
@requires(SEE_APPLICATION, Application)
def index_csv(application: Application) -> Response:
    listing = read_download(ACCOUNT_FIELDS, SORTS, "login")
    order = accounts_order(listing.sort, descending=listing.descending)
    query = accounts_of(application, listing.filter, listing.text).order_by(*order.terms)
    accounts = in_turn(query)
    return csv_answer("accounts", HEADER, _csv_rows(accounts))


def _csv_rows(accounts: Iterator[Account]) -> Iterator[list[str]]:
    for account in accounts:
        person, owner = account.person, account.owner
        yield [
            account.login,
            account.name,
            account.email,
            person.name if person else "",
            person.department if person else "",
            account.kind.value,
            account.status,
            account.roles,
            "yes" if is_orphan(account) else "no",
            owner.name if owner else "",
            account.instance.name,
            exact(account.last_used_at),
            account.created_on.isoformat() if account.created_on else "",
            exact(account.gone_at),
        ]
