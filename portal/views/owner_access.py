"""Settings > App owners: who owns what, whether they may come in, and their invitations."""

from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.permissions import ADMINISTER, SEE_SETTINGS
from portal import clock
from portal.queries.owner_access import (
    KEY,
    OWNER_FIELDS,
    SORTS,
    held_invitations,
    owners_by_state,
    owners_matching,
    owners_order,
    owners_standing,
    owners_to_invite,
    owners_to_invite_again,
    with_standing,
)
from portal.queries.paging import count_of, key_in, page_of
from portal.queries.settings import setting
from portal.usecases.owner_access import (
    invite_owners_again,
    let_owners_in,
    shut_owners_out,
    withdraw_invitations,
)
from portal.web.access import current_actor, requires
from portal.web.formats import exact, plural
from portal.web.lists import csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint("owner_access", __name__, url_prefix="/settings/owners")

HEADER = (
    *("Email", "Name", "Applications", "Primary of", "State", "Why", "Visits in 30 days"),
    "Last seen (UTC)",
)


@bp.get("")
@requires(SEE_SETTINGS)
def index() -> Response:
    listing = read_listing(OWNER_FIELDS, SORTS, "name")
    query = owners_matching(listing.filter, listing.text)
    order = owners_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "owner_access/index.html",
        parts=("owners_list", "owners_notice"),
        listing=listing,
        found=found,
        total=count_of(query),
        standing=owners_standing(found.rows),
        picked=request.args.getlist("value"),
        **_switch(),
    )


@bp.get("/csv")
@requires(SEE_SETTINGS)
def index_csv() -> Response:
    listing = read_download(OWNER_FIELDS, SORTS, "name")
    order = owners_order(listing.sort, descending=listing.descending)
    query = owners_matching(listing.filter, listing.text).order_by(*order.terms)
    return csv_answer("app-owners", HEADER, _csv_rows(query))


@bp.get("/access")
@requires(ADMINISTER)
def confirm() -> Response:
    """What switching the access on, or off, would do."""
    counts = owners_by_state()
    return page(
        "owner_access/switch.html",
        is_on=setting(KEY),
        to_invite=owners_to_invite(),
        counts=counts,
        only_sso=setting("sign_in_only_by_sso"),
    )


@bp.post("/access/on")
@requires(ADMINISTER, fresh=True)
def switch_on() -> ResponseReturnValue:
    count = let_owners_in(by=current_actor())
    if not count:
        flash("App owners can come in now. There was nobody to invite.", "success")
    return redirect(url_for(".index"), 303)


@bp.post("/access/cancel")
@requires(ADMINISTER)
def cancel() -> ResponseReturnValue:
    count = withdraw_invitations(by=current_actor())
    flash(
        f"{plural(count, 'invitation')} withdrawn, nothing was sent. App owners cannot come in.",
        "success",
    )
    return redirect(url_for(".index"), 303)


@bp.post("/access/off")
@requires(ADMINISTER)
def switch_off() -> ResponseReturnValue:
    ended = shut_owners_out(by=current_actor())
    flash(
        f"App owners cannot come in any more; {plural(ended, 'session')} ended. Nobody was "
        "written to, and who owns what stays.",
        "success",
    )
    return redirect(url_for(".index"), 303)


@bp.get("/invitations")
@requires(ADMINISTER)
def choose() -> Response:
    """Whom a new letter would go to: those picked, or all who were invited and never came."""
    picked = _picked()
    people = owners_to_invite_again(picked)
    left_out = len(picked) - len(people) if picked is not None else 0
    return page(
        "owner_access/invite.html",
        people=people,
        picked=picked,
        left_out=left_out,
        is_on=setting(KEY),
        only_sso=setting("sign_in_only_by_sso"),
    )


@bp.post("/invitations")
@requires(ADMINISTER, fresh=True)
def invite() -> ResponseReturnValue:
    count = invite_owners_again(_picked(), by=current_actor())
    flash(f"{plural(count, 'invitation')} on the way; earlier links are closed.", "success")
    return redirect(url_for(".index"), 303)


def _picked() -> list[int] | None:
    """The ids of the people picked; None stands for everybody pending."""
    if request.values.get("all") == "1":
        return None
    keys = (key_in(text) for text in request.values.getlist("person"))
    return list(dict.fromkeys(key for key in keys if key is not None))


def _switch() -> dict[str, Any]:
    held = held_invitations()
    ends = max((each.try_at for each in held), default=clock.now())
    left = max(1, round((ends - clock.now()).total_seconds()))
    return {
        "is_on": setting(KEY),
        "held": len(held),
        "seconds": left,
        "counts": owners_by_state(),
        "invitable": len(owners_to_invite_again()) if setting(KEY) else 0,
    }


def _csv_rows(query: Any) -> Iterator[list[str]]:
    for person, owner in with_standing(query):
        yield [
            person.email or "",
            person.name,
            owner.applications,
            owner.primary_of,
            owner.state,
            owner.why,
            str(owner.visits),
            exact(owner.seen_at),
        ]
