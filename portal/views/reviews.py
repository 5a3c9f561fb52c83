"""One review: the data check, the table, sign-off, and where it stands."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, request, url_for
from flask.typing import ResponseReturnValue

from policies.chips import CHIPS
from policies.deadlines import in_zone
from policies.filters import Condition, Filter, Op
from policies.lifecycle import ReviewState
from policies.permissions import (
    RUN_CAMPAIGNS,
    SEE_REVIEW,
    SIGN_OFF_REVIEW,
    START_REVIEW,
    SUBMIT_REVIEW,
    Actor,
    can,
)
from policies.statements import sign_off_statement
from portal.models import Review
from portal.queries.bulks import last_bulk, last_step
from portal.queries.care import sample_for, work_of
from portal.queries.deadlines import foretold_of_review, spans_of
from portal.queries.drift import drift_of
from portal.queries.follow_ups import follow_ups_of
from portal.queries.gone_items import count_gone
from portal.queries.insight import start_view
from portal.queries.item_pages import page_of_items
from portal.queries.item_sizes import known_size, remember_size
from portal.queries.items import (
    Progress,
    fields_of,
    in_view,
    items_decided_by,
    items_of,
    left_for,
    progress_of,
    progress_seen_by,
)
from portal.queries.levels import levels_in
from portal.queries.own_access import own_access_in
from portal.queries.planted_people import told_of
from portal.queries.reviews import data_check, present_accounts_of, sign_offs_of
from portal.queries.table_views import views_for
from portal.queries.tally import chip_counts
from portal.usecases.freezing import start_review
from portal.usecases.relaunching import relaunch_review
from portal.usecases.reviews import cancel_review, sign_off, submit_review
from portal.web.access import current_actor, requires
from portal.web.chips import quick_filters
from portal.web.columns import column_of, read_columns
from portal.web.filtering import Chosen, read_filter
from portal.web.formats import plural
from portal.web.keys import SHORTCUTS
from portal.web.opened import opened_now
from portal.web.pages import announced, page
from portal.web.rows import rows_of, takes_picks

bp = Blueprint("reviews", __name__, url_prefix="/reviews/<int:review_id>")

PLACES = {
    ReviewState.PENDING: "reviews.check",
    ReviewState.IN_REVIEW: "reviews.items",
    ReviewState.REMEDIATION: "remediation.show",
    ReviewState.READY: "remediation.show",
    ReviewState.COMPLETED: "reviews.result",
    ReviewState.CANCELLED: "reviews.result",
    ReviewState.EXPIRED: "reviews.result",
    ReviewState.CLOSED: "reviews.result",
    ReviewState.ERROR: "reviews.result",
}


@bp.get("")
@requires(SEE_REVIEW, Review)
def show(review: Review) -> ResponseReturnValue:
    """Go where the review stands."""
    place = PLACES[review.state]
    if review.state is ReviewState.PENDING and not can(START_REVIEW, current_actor(), review):
        place = "reviews.result"
    start = start_view(review).as_query() if place == "reviews.items" else []
    return redirect(
        f"{url_for(place, review_id=review.id)}{'?' if start else ''}{urlencode(start)}"
    )


@bp.get("/start")
@requires(START_REVIEW, Review)
def check(review: Review) -> ResponseReturnValue:
    if review.state is not ReviewState.PENDING:
        return redirect(url_for(".show", review_id=review.id))
    accounts = present_accounts_of(review, limit=20)
    return page(
        "reviews/check.html",
        review=review,
        check=data_check(review),
        accounts=accounts,
        foretold=foretold_of_review(review),
        due=in_zone(review.due_at, review.campaign.zone),
    )


@bp.post("/start")
@requires(START_REVIEW, Review)
def start(review: Review) -> ResponseReturnValue:
    reason = request.form.get("acknowledgement", "")
    start_review(review, acknowledgement=reason, by=current_actor())
    return redirect(url_for(".show", review_id=review.id), 303)


@bp.get("/items")
@requires(SEE_REVIEW, Review)
def items(review: Review) -> ResponseReturnValue:
    if review.state is ReviewState.PENDING:
        return redirect(url_for(".show", review_id=review.id))
    table = table_of(review)
    seen = f"{plural(table['in_view'].total, review.noun)} in view"
    return announced(page("reviews/items.html", parts=("items_table", "more_rows"), **table), seen)


@bp.get("/sign-off")
@requires(SIGN_OFF_REVIEW, Review)
def attest(review: Review) -> ResponseReturnValue:
    if review.state is not ReviewState.IN_REVIEW:
        return redirect(url_for(".show", review_id=review.id))
    progress = progress_of(items_decided_by(current_actor(), review))
    signed = (review.application.name, *progress.signed)
    statement = sign_off_statement(*signed, by_entitlement=review.by_entitlement)
    actor = current_actor()
    care: dict[str, Any] = {"work": work_of(review, actor), "sample": sample_for(review, actor)}
    said: dict[str, Any] = {"progress": progress, "statement": statement}
    return page("reviews/sign_off.html", review=review, **said, **care)


@bp.post("/sign-off")
@requires(SIGN_OFF_REVIEW, Review)
def close(review: Review) -> ResponseReturnValue:
    sign_off(review, by=current_actor())
    flash("Signed off. Thank you: your part of this review is closed.", "success")
    return redirect(url_for(".result", review_id=review.id), 303)


@bp.post("/submission")
@requires(SUBMIT_REVIEW, Review)
def submit(review: Review) -> ResponseReturnValue:
    submit_review(review, by=current_actor())
    flash("Submitted. The review is completed and its report is being prepared.", "success")
    return redirect(url_for(".result", review_id=review.id), 303)


@bp.get("/result")
@requires(SEE_REVIEW, Review)
def result(review: Review) -> Response:
    progress = progress_seen_by(current_actor(), review)
    return page(
        "reviews/result.html",
        planted=told_of(review, current_actor()),
        review=review,
        progress=progress,
        sign_offs=sign_offs_of(review),
        spans=spans_of(review.campaign),
    )


@bp.get("/cancellation")
@requires(RUN_CAMPAIGNS, Review)
def confirm_cancel(review: Review) -> Response:
    names = dict.fromkeys(each.person.name for each in review.reviewers)
    progress = progress_of(items_of(review))
    return page("reviews/cancel.html", review=review, progress=progress, reviewers=list(names))


@bp.post("/cancellation")
@requires(RUN_CAMPAIGNS, Review)
def cancel(review: Review) -> ResponseReturnValue:
    cancel_review(review, request.form.get("reason", ""), by=current_actor())
    flash("The review was cancelled. What was decided in it stays in the evidence.", "success")
    return redirect(url_for("campaigns.show", campaign_id=review.campaign_id), 303)


@bp.post("/relaunch")
@requires(RUN_CAMPAIGNS, Review)
def relaunch(review: Review) -> ResponseReturnValue:
    carried = request.form.get("carry") == "1"
    fresh = relaunch_review(review, carry_decisions=carried, by=current_actor())
    flash("The review was relaunched. Its reviewers start it again on current data.", "success")
    return redirect(url_for(".show", review_id=fresh.id), 303)


def _rejected_below(review: Review, chosen: Chosen) -> list[tuple[str, str, bool]]:
    """Above the first level, what the levels below rejected: word, URL, and whether it is on."""
    if review.state is not ReviewState.IN_REVIEW:
        return []
    levels = range(1, review.level)
    return [(f"Rejected at level {n}", *chosen.toggle("level", str(n))) for n in levels]


def table_of(review: Review) -> dict[str, Any]:
    """Everything the table of items shows: the filter, one page of it, and how far it is."""
    actor = current_actor()
    fields = fields_of(review)
    chosen, columns = read_filter(fields), read_columns(fields, review, actor)
    view = in_view(review, chosen.filter, actor)
    column = column_of(columns.sort, fields, review)
    whole = progress_seen_by(actor, review)
    known = known_size(review, chosen.filter, actor, whole)
    cursor = request.args.get("at", "")
    rows = page_of_items(view, columns.sort, cursor, column=column, known=known)
    remember_size(review, chosen.filter, actor, rows.size)
    return {
        "review": review,
        "chosen": chosen,
        "columns": columns,
        "cells": columns.cells,
        "rows": rows,
        "in_view": rows.size,
        "progress": whole,
        "mine": (mine := left_for(actor, review, whole)),
        **_for_hands(review, mine, actor),
        "drift": drift_of(review),
        "own": own_access_in(review, actor),
        "gone": count_gone(review, actor),
        "again": follow_ups_of(review) if review.signed_off_at else [],
        "last_bulk": last_bulk(review, actor),
        "levels": levels_in(review) if review.levels > 1 else [],
        **rows_of(review, rows.items, actor),
        "quick": quick_filters(chosen, chip_counts(review, actor)),
        "below_levels": _rejected_below(review, chosen),
        "by_hand": _by_hand(chosen.filter),
        "no_filter": Filter(),
        "late": review.campaign.is_late,
        "due": in_zone(review.campaign.due_at, review.campaign.zone),
        "foretold": foretold_of_review(review),
        "bulk_query": _bulk_query(chosen.filter),
        "row_query": columns.as_query,
        "back_here": _back(),
    }


def _for_hands(review: Review, mine: Progress, actor: Actor) -> dict[str, Any]:
    """What the table offers besides its rows: ticking them, undoing, keys, views kept by name."""
    picks = takes_picks(review, mine)
    return {
        "picks": picks,
        "last_step": last_step(review, actor) if picks else None,
        "shortcuts": SHORTCUTS,
        "views": views_for(review, actor),
        "shares": can(RUN_CAMPAIGNS, actor, review),
    }


def _by_hand(chosen: Filter) -> bool:
    """Whether the filter holds anything that no quick filter stands for."""
    quick = {Condition(chip.field, Op.IS, chip.value) for chip in CHIPS}
    return not quick.issuperset(chosen.conditions)


def _bulk_query(chosen: Filter) -> str:
    """What a decision on all in view is asked with."""
    return urlencode([*chosen.as_query(), ("back", _back()), ("opened", opened_now())])


def _back() -> str:
    """This list as it is shown now, for forms to return to."""
    return request.full_path.rstrip("?")
