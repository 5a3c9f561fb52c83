"""Taking rejected access away: the list, notes on it, and the fresh list that proves it."""

from collections.abc import Iterator
from typing import Any, BinaryIO, cast

from flask import Blueprint, Response, abort, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.errors import Invalid
from policies.lifecycle import RemovalState
from policies.permissions import SEE_ITEM, SEE_REVIEW, UPLOAD_LIST
from policies.statements import submit_statement
from portal.db import db
from portal.models import Instance, Item, Removal, Review, Sync
from portal.queries.removals import (
    page_of_removals,
    removal_of,
    removals_of,
    sizes_of,
    taken_from,
    unseen_removals,
)
from portal.queries.reviews import removals_by_state
from portal.usecases.remediation import note_removal
from portal.usecases.syncs import accounts_source, upload_list
from portal.web.access import current_actor, requires
from portal.web.lists import csv_answer
from portal.web.pages import page, part
from portal.web.returning import way_back

bp = Blueprint("remediation", __name__)

HEADER = (
    "Account",
    "Name",
    "Email",
    "Instance",
    "Roles",
    "Remove",
    "State",
    "Found status",
    "Note",
)


@bp.get("/reviews/<int:review_id>/remediation")
@requires(SEE_REVIEW, Review)
def show(review: Review) -> ResponseReturnValue:
    if not review.signed_off_at and not review.remediation:
        return redirect(url_for("reviews.show", review_id=review.id))
    rows = page_of_removals(review, current_actor(), request.args.get("at", ""))
    known = {"takes": taken_from(rows.removals), **_counts(review)}
    return page("remediation/show.html", review=review, rows=rows, **known)


@bp.get("/reviews/<int:review_id>/removals.csv")
@requires(SEE_REVIEW, Review)
def removals_csv(review: Review) -> Response:
    """What is to be removed, for whoever does it."""
    return csv_answer(f"removals-{review.id}", HEADER, _lines(review), about=review)


@bp.post("/items/<int:item_id>/note")
@requires(SEE_ITEM, Item)
def note(item: Item) -> ResponseReturnValue:
    removal = removal_of(item)
    if removal is None:
        abort(404)
    note_removal(removal, request.form.get("note", ""), by=current_actor())
    back = way_back(url_for(".show", review_id=item.review_id))
    return part(
        "remediation/show.html",
        "removal_row",
        or_go_to=f"{back}#removal_row-{item.id}",
        removal=removal,
        takes=taken_from([removal]),
        review=item.review,
    )


@bp.post("/reviews/<int:review_id>/lists")
@requires(UPLOAD_LIST, Review)
def upload(review: Review) -> ResponseReturnValue:
    """Take a fresh list; what it changes is shown before anything does."""
    try:
        sync = _kept(review)
    except Invalid as refusal:
        flash(str(refusal), "error")
        return redirect(url_for("reviews.show", review_id=review.id), 303)
    return redirect(url_for("syncs.show", sync_id=sync.id), 303)


def _kept(review: Review) -> Sync:
    sent = request.files.get("list")
    if sent is None or not sent.filename:
        raise Invalid("Choose a file first: a CSV or XLSX with the users of the application.")
    return upload_list(
        accounts_source(_instance(review), by=current_actor()),
        sent.filename,
        cast(BinaryIO, sent.stream),
        is_complete=request.form.get("complete") == "1",
        review=review,
        by=current_actor(),
    )


def _instance(review: Review) -> Instance:
    wanted = request.form.get("instance", type=int)
    instances = review.application.instances
    found = [instance for instance in instances if wanted in {None, instance.id}]
    if not found:
        raise Invalid("Choose one of the application’s instances.")
    return found[0]


def _counts(review: Review) -> dict[str, Any]:
    states = removals_by_state(review)
    open_ = states.get(RemovalState.ACTION_REQUIRED, 0)
    total, asked = sum(states.values()), sizes_of(Removal.review_id == review.id)
    said = (review.application.name, review.lines, asked.whole, asked.part)
    return {
        "open_": open_,
        "unseen": unseen_removals(review) if open_ else 0,
        "total": total,
        "verified": total - open_,
        "reduced": asked.part,
        "statement": submit_statement(*said, by_entitlement=review.by_entitlement),
    }


def _lines(review: Review) -> Iterator[tuple[str, ...]]:
    rows = db.session.scalars(
        removals_of(review, current_actor()).execution_options(yield_per=1000)
    )
    for some in rows.partitions():
        takes = taken_from(some)
        yield from (_line(removal, takes.get(removal.item_id, [])) for removal in some)


def _line(removal: Removal, takes: list[str]) -> tuple[str, ...]:
    item = removal.item
    return (
        item.login,
        item.label,
        item.email,
        item.instance,
        item.roles,
        "the account" if removal.is_whole else "; ".join(takes),
        removal.state.value,
        removal.found_status,
        removal.note,
    )
