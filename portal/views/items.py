"""Deciding items: one in its row, or all in view."""

from collections.abc import Collection
from typing import Any

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy import and_

from policies.errors import CommentMissing, Invalid, Stale
from policies.lifecycle import Verdict
from policies.permissions import DECIDE_ITEM, REVIEW_ACCESS
from policies.picks import Picked, picks_in
from portal.models import Item, Review
from portal.queries.bulks import at_once, decidable_in_view, needing_comment, seen_in
from portal.queries.item_pages import items_with_ids
from portal.queries.item_sizes import size_of
from portal.queries.items import fields_of, in_view, latest_decision_in, progress_of
from portal.queries.paging import key_in
from portal.usecases.decisions import decide_item, decide_view, undo_bulk
from portal.usecases.undoing import undo_decision
from portal.web.access import current_actor, requires
from portal.web.filtering import Chosen, read_filter
from portal.web.opened import read_opened
from portal.web.pages import announced, page, part, wants_part
from portal.web.returning import way_back
from portal.web.rows import row_facts, rows_again

bp = Blueprint("items", __name__)

WORDS = {verdict: verdict.value for verdict in Verdict} | {Verdict.UNDECIDED: "withdrawn"}


@bp.post("/items/<int:item_id>/decision")
@requires(DECIDE_ITEM, Item)
def decide(item: Item) -> ResponseReturnValue:
    verdict = _verdict(request.form.get("verdict", ""))
    version = request.form.get("version", type=int, default=-1)
    comment = request.form.get("comment", "")
    try:
        said: dict[str, Any] = {"comment": comment, "version": version, "opened": read_opened()}
        decide_item(item, verdict, by=current_actor(), **said)
    except Stale as stale:
        if not wants_part():
            flash(f"{item.full_label}: {stale}", "warning")
        return row_of(item, 409, str(stale))
    except CommentMissing as missing:
        if not wants_part():
            flash(f"{item.full_label}: {missing}", "warning")
        return row_of(item, 422, str(missing), asks_why=True)
    return row_of(item, 200)


@bp.post("/items/<int:item_id>/undo")
@requires(DECIDE_ITEM, Item)
def undo_one(item: Item) -> ResponseReturnValue:
    decision_id = key_in(request.form.get("decision", "")) or 0
    try:
        undo_decision(item, decision_id=decision_id, by=current_actor())
    except Stale as stale:
        if not wants_part():
            flash(f"{item.full_label}: {stale}", "warning")
        return row_of(item, 409, str(stale))
    return row_of(item, 200, said="undone, now ")


@bp.get("/reviews/<int:review_id>/bulk")
@requires(REVIEW_ACCESS, Review)
def confirm(review: Review) -> Response:
    verdict = _verdict(request.args.get("verdict", ""))
    return _confirmation(review, read_filter(fields_of(review)), verdict)


@bp.post("/reviews/<int:review_id>/bulk")
@requires(REVIEW_ACCESS, Review)
def decide_all(review: Review) -> ResponseReturnValue:
    verdict, actor = _verdict(request.form.get("verdict", "")), current_actor()
    chosen = read_filter(fields_of(review))
    if chosen.error:
        raise Invalid(chosen.error)
    seen = key_in(request.form.get("seen", "")) or 0
    said: dict[str, Any] = {"comment": request.form.get("comment", ""), "opened": read_opened()}
    try:
        decide_view(review, chosen.filter, verdict, seen=seen, by=actor, **said)
    except Stale as stale:
        return _confirmation(review, chosen, verdict, stale=str(stale), status=409)
    except CommentMissing as missing:
        return _confirmation(review, chosen, verdict, stale=str(missing), status=422)
    return redirect(_back(review), 303)


@bp.post("/reviews/<int:review_id>/selection")
@requires(REVIEW_ACCESS, Review)
def decide_picked(review: Review) -> ResponseReturnValue:
    """Decide exactly the rows that are ticked, as they were looked at."""
    verdict, actor = _verdict(request.form.get("verdict", "")), current_actor()
    picks, comment = picks_in(request.form.getlist("pick")), request.form.get("comment", "")
    try:
        seen = seen_in(review, picks, actor)
        chosen = Picked(ids=tuple(sorted(picks)))
        facts: dict[str, Any] = {"comment": comment, "seen": seen, "opened": read_opened()}
        bulk = decide_view(review, chosen, verdict, **facts, by=actor)
    except Stale as stale:
        return _picked_rows(review, picks, str(stale), kind="warning", status=409)
    except CommentMissing as missing:
        return _picked_rows(review, picks, str(missing), kind="warning", status=422)
    return _picked_rows(review, picks, f"{bulk.count:,} {WORDS[verdict]}.")


@bp.post("/reviews/<int:review_id>/bulk/<bulk_id>/undo")
@requires(REVIEW_ACCESS, Review)
def undo(review: Review, bulk_id: str) -> ResponseReturnValue:
    count = undo_bulk(review, bulk_id, by=current_actor())
    flash(f"Undone: {count:,} stand as they stood before.", "success")
    return redirect(_back(review), 303)


def row_of(
    item: Item,
    status: int,
    conflict: str = "",
    *,
    said: str = "",
    changing: dict[str, Any] | None = None,
    asks_why: bool = False,
) -> ResponseReturnValue:
    """The row as it stands now, and how far the review is; or back to the row, without htmx.

    `changing` has what to choose from, while one chooses what the account is to lose.
    """
    review = item.review
    back = way_back(url_for("reviews.items", review_id=review.id))
    facts = row_facts(review, [item], current_actor(), back)
    answer = part(
        "reviews/items.html",
        "item_row",
        "progress_bar",
        or_go_to=f"{back}#item_row-{item.id}",
        status=status,
        item=item,
        conflict=conflict,
        changing=changing,
        asks_why=asks_why,
        **facts,
    )
    whole, name = facts["progress"], item.full_label
    said = f"{name}: {said}{item.verdict.value}. {whole.decided:,} of {whole.total:,} decided."
    quiet = conflict or changing  # a conflict is an alert in the row
    return announced(answer, "" if quiet else said)


def _picked_rows(
    review: Review, picks: Collection[int], said: str, *, kind: str = "success", status: int = 200
) -> ResponseReturnValue:
    """The rows that were picked as they stand now; or back to the list, without htmx."""
    back = way_back(url_for("reviews.items", review_id=review.id))
    items = items_with_ids(review, picks)
    facts = row_facts(review, items, current_actor(), back)
    if not wants_part():
        flash(said, kind)
    answer = rows_again(facts, items, or_go_to=back, status=status)
    whole = facts["progress"]
    told = "" if kind != "success" else f" {whole.decided:,} of {whole.total:,} decided."
    return announced(answer, said + told)


def _confirmation(
    review: Review, chosen: Chosen, verdict: Verdict, *, stale: str = "", status: int = 200
) -> Response:
    """Show exactly what a decision on all in view will do."""
    actor = current_actor()
    view = in_view(review, chosen.filter, actor)
    decidable = progress_of(decidable_in_view(review, chosen.filter, actor))
    mine = at_once(review, chosen.filter, verdict, actor)
    news = and_(mine, Item.verdict != verdict)
    changing, everything, touched = progress_of(news), progress_of(view), progress_of(mine)
    response = page(
        "reviews/bulk.html",
        review=review,
        chosen=chosen,
        verdict=verdict,
        changing=changing,
        already=touched.total - changing.total,
        one_by_one=decidable.total - touched.total,
        needing=size_of(and_(news, needing_comment(review, verdict))).total,
        care=review.care,
        not_mine=everything.total - decidable.total,
        seen=latest_decision_in(mine),
        stale=stale,
        opened=request.values.get("opened", ""),
        back=_back(review),
    )
    response.status_code = status
    return response


def _back(review: Review) -> str:
    """The list one came from, or its groups."""
    lists = ("reviews.items", "item_groups.index")
    return way_back(*(url_for(each, review_id=review.id) for each in lists))


def _verdict(word: str) -> Verdict:
    try:
        return Verdict(word)
    except ValueError:
        raise Invalid("Say approved, rejected, changed or undecided.") from None
