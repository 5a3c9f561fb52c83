"""What accounts of an application can hold: described for reviewers, and owned by somebody."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.permissions import EDIT_APPLICATION, EDIT_APPLICATIONS, SEE_APPLICATION
from portal.db import db
from portal.models import Application, Entitlement
from portal.queries.entitlements import (
    ENTITLEMENT_FIELDS,
    SORTS,
    entitlement_in,
    entitlements_of,
    entitlements_order,
    holders_of,
)
from portal.queries.paging import count_of, page_of
from portal.queries.people import addresses, people_named, person_by_address
from portal.usecases.entitlements import describe_entitlement, set_entitlement_owner
from portal.web.access import current_actor, requires
from portal.web.filtering import read_filter
from portal.web.formats import plural
from portal.web.lists import LONGEST_TEXT, csv_answer, read_download, read_listing
from portal.web.pages import page

bp = Blueprint(
    "entitlements", __name__, url_prefix="/applications/<int:application_id>/entitlements"
)

HEADER = ("Entitlement", "Kind", "Instance", "Description", "Owner", "Owner's email", "Accounts")


@bp.get("")
@requires(SEE_APPLICATION, Application)
def index(application: Application) -> Response:
    listing = read_listing(ENTITLEMENT_FIELDS, SORTS, "name")
    query = entitlements_of(application, listing.filter, listing.text)
    order = entitlements_order(listing.sort, descending=listing.descending)
    found = page_of(query, order, listing.cursor)
    return page(
        "entitlements/index.html",
        parts=("entitlements_list",),
        application=application,
        listing=listing,
        found=found,
        total=count_of(query),
        holders=holders_of([each.id for each in found.rows]),
        kept=urlencode(_kept()),
    )


@bp.get("/csv")
@requires(SEE_APPLICATION, Application)
def index_csv(application: Application) -> Response:
    listing = read_download(ENTITLEMENT_FIELDS, SORTS, "name")
    order = entitlements_order(listing.sort, descending=listing.descending)
    query = entitlements_of(application, listing.filter, listing.text).order_by(*order.terms)
    rows = db.session.scalars(query).all()
    held = holders_of([each.id for each in rows])
    return csv_answer("entitlements", HEADER, [_csv_row(each, held) for each in rows])


@bp.get("/<int:entitlement_id>")
@requires(EDIT_APPLICATION, Application)
def edit(application: Application, entitlement_id: int) -> Response:
    return _describing(application, _its(application, entitlement_id))


@bp.post("/<int:entitlement_id>")
@requires(EDIT_APPLICATION, Application)
def describe(application: Application, entitlement_id: int) -> ResponseReturnValue:
    entitlement, said = _its(application, entitlement_id), _text("description")
    try:
        describe_entitlement(application, entitlement, said, by=current_actor())
    except Invalid as refusal:
        return _describing(application, entitlement, said, str(refusal)), 422
    flash(f"Saved. Reviewers read it beside “{entitlement.name}”.", "success")
    return _back(application)


@bp.get("/owner")
@requires(EDIT_APPLICATIONS, Application)
def ask(application: Application) -> Response:
    return _asking(application)


@bp.post("/owner")
@requires(EDIT_APPLICATIONS, Application)
def own(application: Application) -> ResponseReturnValue:
    text, ids = _text("person"), [each.id for each in _chosen(application)]
    person = person_by_address(text) if text else None
    if text and person is None:
        return _asking(application, f"Nobody has the address “{text}”. Choose one below."), 422
    if len(ids) != request.form.get("seen", type=int):
        return _asking(application, "The list has changed meanwhile; look at it again."), 409
    try:
        count = set_entitlement_owner(application, ids, person, by=current_actor())
    except Invalid as refusal:
        return _asking(application, str(refusal)), 422
    who = f"{person.name} owns" if person else "Nobody owns"
    flash(f"{who} {plural(len(ids), 'entitlement')} now; {count:,} changed.", "success")
    return _back(application)


def _asking(application: Application, error: str = "") -> Response:
    """Of which entitlements, and who is to own them."""
    text, chosen = _text("person"), _chosen(application)
    owner = chosen[0].owner if len(chosen) == 1 and not text else None
    return page(
        "entitlements/owner.html",
        application=application,
        chosen=chosen,
        text=text or (owner.email if owner and owner.email else ""),
        candidates=[p for p in people_named(text) if p.email] if error and text else [],
        addresses=addresses(),
        error=error,
        kept=_kept(),
        back=_list_url(application),
    )


def _describing(
    application: Application, entitlement: Entitlement, said: str | None = None, error: str = ""
) -> Response:
    return page(
        "entitlements/edit.html",
        application=application,
        entitlement=entitlement,
        description=entitlement.description if said is None else said,
        error=error,
    )


def _chosen(application: Application) -> list[Entitlement]:
    """The one that is meant, or all that the filter finds. Invalid where it makes no sense."""
    only = request.values.get("only", type=int)
    if only is not None:
        return [_its(application, only)]
    read = read_filter(ENTITLEMENT_FIELDS)
    if read.error:
        raise Invalid(read.error)
    query = entitlements_of(application, read.filter, _text("q")[:LONGEST_TEXT])
    return list(
        db.session.scalars(query.order_by(*entitlements_order("name", descending=False).terms))
    )


def _its(application: Application, number: int) -> Entitlement:
    return entitlement_in(application, number) or abort(404)


def _kept() -> list[tuple[str, str]]:
    """What says which entitlements are meant."""
    only, text = _text("only"), _text("q")[:LONGEST_TEXT]
    if only:
        return [("only", only)]
    pairs = read_filter(ENTITLEMENT_FIELDS).filter.as_query()
    return [*pairs, *([("q", text)] if text else [])]


def _list_url(application: Application) -> str:
    pairs: Any = [pair for pair in _kept() if pair[0] != "only"]
    query = f"?{urlencode(pairs)}" if pairs else ""
    return url_for(".index", application_id=application.id) + query


def _back(application: Application) -> ResponseReturnValue:
    return redirect(_list_url(application), 303)


def _csv_row(each: Entitlement, held: dict[int, int]) -> list[str]:
    owner = each.owner
    who = (owner.name, owner.email or "") if owner else ("", "")
    said = (each.name, each.kind, each.instance.name, each.description)
    return [*said, *who, str(held.get(each.id, 0))]


def _text(name: str) -> str:
    return request.values.get(name, "").replace("\0", "").strip()
